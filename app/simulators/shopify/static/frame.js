// The page around the app: gives it identity, shows its links, toasts and save bar, mirrors its path.
const frame = document.getElementById('app');
const tell = (message) => frame.contentWindow?.postMessage({ admin: true, ...message }, data.appOrigin);

const answers = {
  async idToken() {
    const answer = await control('GET', `id-token?user=${data.user}`);
    return answer.id_token;
  },
  async grant({ scopes }) {
    const shop = await (await fetch(`/_control/${data.shop}`)).json();
    await control('POST', 'scopes', { scopes: [...new Set([...shop.scopes, ...scopes])] });
  },
  async user() {
    return { id: Number(data.user), accountAccess: 'full' };
  },
};

const showLinks = (links, path) => {
  document.getElementById('app-links').replaceChildren(
    ...links.map((link) =>
      element('a', {
        href: link.href,
        'aria-current': path === link.href || path.startsWith(`${link.href}/`) ? 'page' : undefined,
        onclick: (event) => {
          event.preventDefault();
          tell({ type: 'navigate', href: link.href });
        },
      }, link.label),
    ),
  );
};

let links = [];
let path = data.path.split('?')[0];
const told = {
  links(message) {
    links = message.links;
    showLinks(links, path);
  },
  path(message) {
    path = message.path.split('?')[0];
    const address = new URL(location.href);
    if (message.path === '/') address.searchParams.delete('path');
    else address.searchParams.set('path', message.path);
    history.replaceState(null, '', address);
    showLinks(links, path);
  },
  toast(message) {
    toast(message.message, message.isError);
  },
  loading(message) {
    document.getElementById('loading').hidden = !message.on;
  },
  saveBar(message) {
    document.getElementById('save-bar').hidden = !message.on;
  },
  open(message) {
    // shopify:admin/orders/1 and the like: our own pages, as far as there are such.
    const wanted = message.href.replace('shopify:admin/', '');
    const page = wanted.startsWith('products') ? 'stock' : wanted.startsWith('orders') ? 'orders' : 'stock';
    location.assign(`/admin/${page}?shop=${data.shop}&locale=${data.locale}`);
  },
};

window.addEventListener('message', async (event) => {
  if (event.origin !== data.appOrigin || event.source !== frame.contentWindow) return;
  const { type, id } = event.data ?? {};
  if (answers[type]) {
    try {
      tell({ type: 'answer', id, value: await answers[type](event.data) });
    } catch (error) {
      tell({ type: 'answer', id, error: String(error) });
    }
  } else if (told[type]) {
    told[type](event.data);
  }
});

document.getElementById('app-home').addEventListener('click', (event) => {
  event.preventDefault();
  tell({ type: 'navigate', href: '/' });
});
document.getElementById('save').addEventListener('click', () => tell({ type: 'save' }));
document.getElementById('discard').addEventListener('click', () => tell({ type: 'discard' }));

// Only now, as the app begins to ask as soon as it is there.
frame.src = frame.dataset.source;
