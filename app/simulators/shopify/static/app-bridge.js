// A stand-in for App Bridge: the same globals and elements, answered by the simulated store's admin.
(() => {
  const ADMIN = new URL(document.currentScript.src).origin;
  const given = new URLSearchParams(location.search);
  const KEPT = 'simulated-admin';
  const LONGEST_WAIT = 10_000;

  // Only the first address carries these; a frame that navigates by itself must still know them.
  const remembered = (() => {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
    } catch {
      return {};
    }
  })();
  const known = (name) => given.get(name) ?? remembered[name] ?? '';
  const config = {
    apiKey: document.querySelector('meta[name="shopify-api-key"]')?.content ?? '',
    shop: known('shop'),
    host: known('host'),
    locale: known('locale') || 'en',
  };
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(config));
  } catch {
    // Storage may be closed to a framed page.
  }

  const waiting = new Map();
  let count = 0;
  const isFramed = window.parent !== window;
  const tell = (type, content = {}) => {
    if (isFramed) window.parent.postMessage({ type, ...content }, ADMIN);
  };
  const ask = (type, told = {}) =>
    new Promise((resolve, reject) => {
      count += 1;
      const id = count;
      waiting.set(id, { resolve, reject });
      tell(type, { ...told, id });
      setTimeout(() => {
        if (waiting.delete(id)) reject(new Error(`the admin did not answer ${type}`));
      }, LONGEST_WAIT);
    });

  const told = {
    answer({ id, value, error }) {
      const asker = waiting.get(id);
      waiting.delete(id);
      if (error) asker?.reject(new Error(error));
      else asker?.resolve(value);
    },
    navigate({ href }) {
      // A plain link, as a custom element may hold its address as a property only.
      const link = document.createElement('a');
      link.setAttribute('href', href);
      link.hidden = true;
      document.body.append(link);
      const before = location.href;
      const event = new CustomEvent('shopify:navigate', { bubbles: true, cancelable: true });
      link.dispatchEvent(event);
      link.remove();
      // An app that does not listen is loaded anew, as in the real admin.
      setTimeout(() => {
        const moved = location.href !== before || location.pathname === href;
        if (!event.defaultPrevented && !moved) location.assign(href);
      }, 400);
    },
    save: () => bar?.requestSubmit?.(),
    discard: () => bar?.reset?.(),
  };
  window.addEventListener('message', (event) => {
    if (event.origin === ADMIN && event.source === window.parent && event.data?.admin) {
      told[event.data.type]?.(event.data);
    }
  });

  // The address shown by the admin follows the app's own, without what the admin had added.
  const ADDED = ['embedded', 'host', 'shop', 'locale', 'id_token', 'session', 'timestamp', 'hmac'];
  const mirror = () => {
    const address = new URL(location.href);
    for (const name of ADDED) address.searchParams.delete(name);
    tell('path', { path: address.pathname + address.search });
  };
  for (const name of ['pushState', 'replaceState']) {
    const original = history[name].bind(history);
    history[name] = (...values) => {
      original(...values);
      mirror();
    };
  }
  window.addEventListener('popstate', mirror);

  // The links of <s-app-nav> are shown by the admin, not here.
  const sendLinks = () => {
    const found = document.querySelectorAll('s-app-nav s-link, s-app-nav a');
    const links = [...found]
      .filter((link) => link.getAttribute('rel') !== 'home')
      .map((link) => {
        const address = new URL(link.getAttribute('href') ?? link.href, location.href);
        return { href: address.pathname + address.search, label: link.textContent.trim() };
      });
    tell('links', { links });
  };
  customElements.define(
    's-app-nav',
    class extends HTMLElement {
      connectedCallback() {
        this.style.display = 'none';
        this.watcher = new MutationObserver(sendLinks);
        this.watcher.observe(this, { childList: true, subtree: true, characterData: true, attributes: true });
        sendLinks();
      }
      disconnectedCallback() {
        this.watcher?.disconnect();
        sendLinks();
      }
    },
  );

  // Forms with data-save-bar: changed means the admin shows the bar, sent or reset hides it.
  let bar = null;
  const saveBar = (on, form = null) => {
    bar = on ? form : null;
    tell('saveBar', { on });
  };
  document.addEventListener('input', (event) => {
    const form = event.target.closest?.('form[data-save-bar]');
    if (form) saveBar(true, form);
  });
  for (const name of ['submit', 'reset']) {
    document.addEventListener(name, (event) => {
      if (event.target.matches?.('form[data-save-bar]')) saveBar(false);
    });
  }

  // Every request to the app's own server carries an ID token, and one refusal is tried again.
  const plainFetch = window.fetch.bind(window);
  const isOwn = (address) => new URL(address, location.href).origin === location.origin;
  window.fetch = async (input, options = {}) => {
    const address = input instanceof Request ? input.url : String(input);
    if (!isOwn(address)) return plainFetch(input, options);
    const send = async (isAgain) => {
      const request = input instanceof Request ? input.clone() : input;
      const headers = new Headers(options.headers ?? (input instanceof Request ? input.headers : undefined));
      if (isAgain || !headers.has('Authorization')) {
        headers.set('Authorization', `Bearer ${await ask('idToken')}`);
      }
      return plainFetch(request, { ...options, headers });
    };
    const response = await send(false);
    const stale = response.headers.get('X-Shopify-Retry-Invalid-Session-Request');
    return response.status === 401 && stale ? send(true) : response;
  };

  const plainOpen = window.open.bind(window);
  window.open = (address, ...rest) => {
    if (!String(address).startsWith('shopify:')) return plainOpen(address, ...rest);
    tell('open', { href: String(address) });
    return null;
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="shopify:"]');
    if (!link) return;
    event.preventDefault();
    tell('open', { href: link.getAttribute('href') });
  });

  const nothing = async () => undefined;
  window.shopify = {
    config,
    environment: { embedded: isFramed, mobile: false, pos: false, intent: null },
    idToken: () => ask('idToken'),
    user: () => ask('user'),
    loading: (on = true) => tell('loading', { on: Boolean(on) }),
    toast: {
      show(message, options = {}) {
        tell('toast', { message: String(message), isError: Boolean(options.isError) });
        return String(count);
      },
      hide() {},
    },
    saveBar: {
      async show(id) {
        saveBar(true, document.getElementById(id)?.closest('form') ?? document.querySelector('form'));
      },
      async hide() {
        saveBar(false);
      },
      leaveConfirmation: nothing,
    },
    modal: { show: nothing, hide: nothing, toggle: nothing },
    scopes: {
      query: async () => ({ granted: [], optional: [], required: [] }),
      async request(scopes) {
        await ask('grant', { scopes: [...scopes] });
        return { result: 'granted-all' };
      },
      revoke: nothing,
    },
    webVitals: { onReport: nothing },
    intents: { invoke: nothing },
    resourcePicker: nothing,
    picker: nothing,
    reviews: { request: nothing },
    support: { registerHandler: nothing },
    ready: Promise.resolve(),
  };

  // The page that only fetches a fresh token and goes where it was asked to.
  const reload = given.get('shopify-reload');
  if (reload) {
    ask('idToken').then((token) => {
      const address = new URL(reload, location.href);
      if (address.origin !== location.origin) return;
      address.searchParams.set('id_token', token);
      location.replace(address);
    });
  } else {
    mirror();
  }
})();
