// Every item's units by state, at all locations together and at each.
const STATES = ['available', 'committed', 'reserved', 'safety_stock', 'damaged', 'on_hand'];
const sum = (item, state) => item.stock.reduce((total, level) => total + level.quantities[state], 0);
let items = [];

const draw = () => {
  const wanted = document.getElementById('search').value.toLowerCase();
  const shown = items.filter((item) => `${item.sku} ${item.title}`.toLowerCase().includes(wanted));
  table('items', ['', say('item'), ...STATES.map(say)], shown.map((item) => {
    const link = element('a', { href: `/admin/stock/${item.variant_id}?shop=${data.shop}&locale=${data.locale}` },
      element('strong', {}, item.title), element('small', {}, item.sku ?? '—', item.tracked ? '' : ` · ${say('notTracked')}`));
    const picture = element('img', { src: `/images/${item.handle}.svg`, alt: '', width: 36, height: 36, loading: 'lazy' });
    return row([picture, link, ...STATES.map((state) => number(sum(item, state)))]);
  }));
};

document.getElementById('search').addEventListener('input', draw);
every(2000, async () => {
  items = (await control('GET', 'items')).data;
  draw();
});
