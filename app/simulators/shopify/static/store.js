// What every page of the simulated store's admin shares: words, the control API, language, traffic.
const data = document.body.dataset;
const say = (word) => WORDS[data.locale]?.[word] ?? WORDS.en[word] ?? word;

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

const time = (text) =>
  new Date(text).toLocaleString(data.locale, {
    timeZone: data.zone, month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit',
  });

async function control(method, path, body) {
  const response = await fetch(`/_control/${data.shop}/${path}`, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await response.text();
  const content = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Error(content?.error ?? response.status);
  return content;
}

function toast(message, isError = false) {
  const shown = element('div', { class: isError ? 'toast error' : 'toast' }, message);
  document.getElementById('toasts').append(shown);
  setTimeout(() => shown.remove(), isError ? 6000 : 3500);
}

// A step a person takes: says why when it cannot be done, then shows how things are.
const act = (step, refresh) => async () => {
  try {
    await step();
  } catch (error) {
    toast(say('failed') + error.message, true);
  }
  await refresh?.();
};

// Draws a page's data now and again, unless somebody is typing in it.
function every(milliseconds, refresh) {
  const run = async () => {
    if (!document.hidden && !document.activeElement?.closest('table')) {
      try {
        await refresh();
      } catch {
        // The simulator is being restarted: the next round will tell.
      }
    }
    setTimeout(run, milliseconds);
  };
  run();
}

const row = (cells, tag = 'td') =>
  element('tr', {}, ...cells.map((cell) => (cell instanceof Node && cell.tagName === 'TD' ? cell : element(tag, {}, cell ?? ''))));
const number = (value, extra = '') =>
  element('td', { class: `number ${value < 0 ? 'below' : ''} ${value === 0 ? 'zero' : ''} ${extra}` }, value.toLocaleString(data.locale));
const table = (id, heads, rows) => {
  const whole = [element('thead', {}, row(heads, 'th')), element('tbody', {}, ...rows)];
  if (!rows.length) whole[1].append(row([say('none')]));
  document.getElementById(id).replaceChildren(...whole);
};

for (const found of document.querySelectorAll('[data-text]')) found.textContent = say(found.dataset.text);
for (const found of document.querySelectorAll('[data-placeholder]')) found.placeholder = say(found.dataset.placeholder);

document.getElementById('locale').addEventListener('change', (event) => {
  const address = new URL(location.href);
  address.searchParams.set('locale', event.target.value);
  location.assign(address);
});

const live = document.getElementById('live');
const showTraffic = (status) => {
  live.textContent = say(status.running ? 'liveOn' : 'liveOff');
  live.setAttribute('aria-pressed', String(status.running));
};
live.addEventListener('click', async () => {
  const running = live.getAttribute('aria-pressed') === 'true';
  showTraffic(await control(running ? 'DELETE' : 'POST', 'live', running ? undefined : { orders_per_minute: 12 }));
});
control('GET', 'live').then(showTraffic);
