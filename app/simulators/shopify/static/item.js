// One item: its units by location and state, a count by hand, and who changed what and why.
const STATES = ['available', 'committed', 'reserved', 'safety_stock', 'damaged', 'quality_control', 'incoming', 'on_hand'];
const variant = Number(data.variant);
const query = `variant_id=${variant}`;

const counted = (level) => {
  const field = element('input', { type: 'number', value: level.quantities.available, 'aria-label': say('available') });
  const save = async () => {
    await control('POST', 'stock', {
      variant_id: variant,
      location: level.location_id, quantity: Number(field.value), reason: 'cycle_count_available',
    });
    field.blur();
  };
  return element('td', { class: 'number count' }, field, element('button', { type: 'button', class: 'quiet', onclick: act(save, refresh) }, say('edit')));
};

const changes = (entry) =>
  element('td', {}, ...entry.changes.map((one) =>
    element('div', {}, element('span', { class: one.delta < 0 ? 'minus' : 'plus' }, `${one.delta > 0 ? '+' : ''}${one.delta}`),
      ` ${say(one.name)} → ${one.after} · ${one.location}`, one.ledger ? element('small', {}, ` ${one.ledger}`) : null)));

async function refresh() {
  const [levels, history, all] = await Promise.all([
    control('GET', `stock?${query}`), control('GET', `history?${query}&limit=60`), control('GET', 'items'),
  ]);
  const item = all.data.find((one) => one.variant_id === variant);
  document.getElementById('title').textContent = item ? `${item.title} · ${item.sku ?? '—'}` : '';
  const picture = document.getElementById('picture');
  if (item && picture.hidden) Object.assign(picture, { src: `/images/${item.handle}.svg`, hidden: false });
  document.getElementById('order-one').onclick = act(
    () => control('POST', 'orders', { lines: [{ variant_id: variant, quantity: 1 }] }), refresh);
  table('levels', [say('location'), ...STATES.map(say), say('edit')], levels.data.map((level) =>
    row([level.location, ...STATES.map((state) => number(level.quantities[state])), counted(level)])));
  table('history', [say('when'), say('reason'), say('by'), say('change'), say('reference')], history.data.map((entry) =>
    row([time(entry.created_at), entry.reason, entry.actor, changes(entry), element('td', { class: 'reference' }, entry.reference ?? '')])));
}

every(2500, refresh);
