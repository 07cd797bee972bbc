// A stub of App Bridge: what the app asks for, the page around it answers, by message and by origin.
(() => {
  const query = new URLSearchParams(location.search);
  const around = document.referrer ? new URL(document.referrer).origin : '*';
  const waiting = new Map();
  let number = 0;

  const tell = (kind, content = {}) => {
    if (window.parent !== window) window.parent.postMessage({ bridge: kind, ...content }, around);
  };
  const ask = (kind) =>
    new Promise((resolve, reject) => {
      const id = ++number;
      waiting.set(id, resolve);
      tell(kind, { id });
      setTimeout(() => waiting.delete(id) && reject(new Error(`no answer to ${kind}`)), 10000);
    });

  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || (around !== '*' && event.origin !== around)) return;
    const { answer, id, value, navigate } = event.data ?? {};
    if (answer && waiting.has(id)) {
      waiting.get(id)(value);
      waiting.delete(id);
    }
    if (navigate) {
      const link = document.createElement('a');
      link.href = navigate;
      link.style.display = 'none';
      document.body.append(link);
      link.dispatchEvent(new CustomEvent('shopify:navigate', { bubbles: true }));
      link.remove();
    }
  });

  // The admin's address follows the app's.
  for (const name of ['pushState', 'replaceState']) {
    const real = history[name].bind(history);
    history[name] = (...given) => {
      real(...given);
      tell('path', { path: location.pathname + location.search });
    };
  }
  window.addEventListener('popstate', () =>
    tell('path', { path: location.pathname + location.search }),
  );

  // The app's links become the admin's navigation.
  const showNavigation = () => {
    const links = [...document.querySelectorAll('s-app-nav s-link, s-app-nav a')].map((link) => ({
      href: link.getAttribute('href') || link.href,
      label: link.textContent,
    }));
    if (links.length > 0) tell('navigation', { links });
  };
  new MutationObserver(showNavigation).observe(document.documentElement, {
    childList: true,
    subtree: true,
    characterData: true,
  });

  // Links into the admin leave the frame.
  document.addEventListener('click', (event) => {
    const link = event.composedPath().find((part) => part.tagName === 'A');
    if (link?.getAttribute('href')?.startsWith('shopify:')) {
      event.preventDefault();
      tell('toast', { message: link.getAttribute('href') });
    }
  });

  const quiet = () => Promise.resolve();
  window.shopify = {
    config: {
      apiKey: document.querySelector('meta[name="shopify-api-key"]')?.content,
      shop: query.get('shop'),
      host: query.get('host'),
      locale: query.get('locale') ?? 'en',
    },
    environment: { embedded: window.parent !== window, mobile: false, intent: false },
    idToken: () => ask('idToken'),
    user: () => Promise.resolve({ accountAccess: 'full' }),
    loading: (on) => tell('loading', { on: Boolean(on) }),
    toast: { show: (message) => tell('toast', { message }), hide: quiet },
    saveBar: { show: quiet, hide: quiet, leaveConfirmation: quiet },
    modal: { show: quiet, hide: quiet },
    webVitals: { onReport: quiet },
  };
})();
