// What was sent to the app, how often it had to be tried, and how badly delivery should behave.
const form = document.getElementById('knobs');
const refresh = async () => {
  const [found, knobs] = await Promise.all([control('GET', 'deliveries?limit=80'), control('GET', 'knobs')]);
  form.duplicate.checked = knobs.duplicate > 0;
  form.shuffle.checked = knobs.shuffle_seconds > 0;
  form.hold.checked = knobs.hold;
  table('deliveries', [say('when'), say('topic'), say('status'), say('tries'), ''], found.data.map((one) => {
    const last = one.tries.at(-1);
    const again = element('button', { type: 'button', class: 'quiet', onclick: act(() => control('POST', `deliveries/${one.webhook_id}/again`), refresh) }, say('again'));
    return row([
      time(one.triggered_at), element('code', {}, one.topic), element('span', { class: `badge ${one.state}` }, say(one.state)),
      `${one.tries.length}${last?.error ? ` · ${last.error}` : ''}`, again,
    ]);
  }));
};
form.addEventListener('change', async () => {
  await control('POST', 'knobs', {
    duplicate: form.duplicate.checked ? 1 : 0, shuffle_seconds: form.shuffle.checked ? 3 : 0, hold: form.hold.checked,
  });
});
every(1500, refresh);
