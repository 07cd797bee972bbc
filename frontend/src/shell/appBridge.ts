// The typed edge of App Bridge: identity, toasts and navigation come from the admin around us.

interface Bridge {
  idToken(): Promise<string>;
  config?: { locale?: string; shop?: string };
  scopes?: { request(scopes: string[]): Promise<{ result: string }> };
  toast?: { show(message: string, options?: { isError?: boolean }): void };
}

function bridge(): Bridge | undefined {
  return (window as unknown as { shopify?: Bridge }).shopify;
}

/** A fresh ID token; they live one minute, so it is asked for with every request. */
export async function idToken(): Promise<string> {
  const found = bridge();
  if (!found) throw new Error('App Bridge has not loaded');
  return found.idToken();
}

/** The admin's language, as `zh-CN`. */
export function adminLocale(): string {
  return bridge()?.config?.locale ?? new URLSearchParams(location.search).get('locale') ?? 'en';
}

/** A short word of success; failures are shown where they happened, never as a toast. */
export function toast(message: string): void {
  bridge()?.toast?.show(message);
}

/** Asks the merchant for optional scopes; whether they were granted. */
export async function requestScopes(scopes: string[]): Promise<boolean> {
  const answer = await bridge()?.scopes?.request(scopes);
  return answer?.result === 'granted-all';
}

/** Calls back with the path whenever the admin's own navigation is clicked. */
export function onNavigate(go: (path: string) => void): () => void {
  const listener = (event: Event) => {
    const path = (event.target as HTMLElement | null)?.getAttribute?.('href');
    if (path) go(path);
  };
  document.addEventListener('shopify:navigate', listener);
  return () => document.removeEventListener('shopify:navigate', listener);
}

/** Opens an address outside the frame. */
export function openOnTop(address: string): void {
  window.open(address, '_top');
}
