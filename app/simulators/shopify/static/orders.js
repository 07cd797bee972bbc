// Orders, newest first, with the steps that a customer or the merchant would take.
const form = document.getElementById('place');
const button = (word, step) => element('button', { type: 'button', class: 'quiet', onclick: act(step, refresh) }, say(word));

const steps = (order) => {
  const path = `orders/${order.id}`;
  const line = order.lines.find((one) => one.remaining) ?? order.lines[0];
  const open = order.lines.some((one) => one.remaining);
  const shipped = order.lines.find((one) => one.shipped && one.current);
  const found = [];
  if (open) {
    found.push(button('ship', () => control('POST', `${path}/fulfil`, {})));
    if (order.lines.reduce((total, one) => total + one.remaining, 0) > 1)
      found.push(button('shipOne', () => control('POST', `${path}/fulfil`, { lines: [{ line_id: line.id, quantity: 1 }] })));
    found.push(button('addOne', () => control('POST', `${path}/edit`, { lines: [{ line_id: line.id, delta: 1 }] })));
    if (!order.lines.some((one) => one.shipped)) found.push(button('cancel', () => control('POST', `${path}/cancel`, { restock: true })));
  }
  if (shipped) found.push(button('refund', () => control('POST', `${path}/refund`, { lines: [{ line_id: shipped.id, quantity: 1, restock_type: 'return' }] })));
  return element('td', { class: 'steps' }, ...found);
};

async function refresh() {
  const orders = (await control('GET', 'orders?limit=60')).data;
  table('orders', [say('order'), say('when'), say('lines'), say('location'), say('status'), ''], orders.map((order) =>
    row([
      order.name, time(order.created_at),
      element('td', {}, ...order.lines.map((line) => element('div', {}, `${line.current} × ${line.sku ?? line.title}`))),
      [...new Set(order.routes.filter((route) => route.status !== 'CANCELLED').map((route) => route.location))].join(', '),
      element('td', {}, element('span', { class: `badge ${order.fulfillment_status}` }, say(order.cancelled_at ? 'cancelled' : order.fulfillment_status))),
      steps(order),
    ])));
}

async function fill() {
  const [items, locations] = await Promise.all([control('GET', 'items'), control('GET', 'locations')]);
  form.sku.replaceChildren(...items.data.filter((item) => item.sku).map((item) =>
    element('option', { value: item.sku }, `${item.title} (${item.sku})`)));
  form.location.replaceChildren(element('option', { value: '' }, say('anyLocation')),
    ...locations.data.map((one) => element('option', { value: one.name }, one.name)));
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const body = { lines: [{ sku: form.sku.value, quantity: Number(form.quantity.value) }], count: Number(form.count.value) };
  if (form.location.value) body.location = form.location.value;
  act(() => control('POST', 'orders', body), refresh)();
});
fill();
every(2000, refresh);
