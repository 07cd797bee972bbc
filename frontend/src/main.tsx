// The start: stand-ins if Polaris is not there, the language, and the app.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './App';
import { Problem } from './api/client';
import { localeFor, startLanguage } from './i18n';
import { adminLocale } from './shell/appBridge';
import { SessionProvider } from './shell/session';
import './styles/base.css';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refused stays refused; only a lost connection is worth another try.
      retry: (count, error) => !(error instanceof Problem && error.body.status < 500) && count < 2,
    },
  },
});

async function start(): Promise<void> {
  // Polaris is a plain blocking script, so by now it has loaded or failed.
  if (!customElements.get('s-page')) await import('./polaris-lite');
  await startLanguage(localeFor(adminLocale()));
  const root = document.getElementById('root');
  if (!root) throw new Error('the page has no root');
  createRoot(root).render(
    <QueryClientProvider client={queries}>
      <BrowserRouter>
        <SessionProvider>
          <App />
        </SessionProvider>
      </BrowserRouter>
    </QueryClientProvider>,
  );
}

start();
