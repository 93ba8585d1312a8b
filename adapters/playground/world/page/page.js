// The page: it opens the stream, keeps what it is told, and hands it to the two
// columns, one for each platform.

import { badge, Column } from './column.js';
import { addPerson } from './dialogs.js';
import { briefTime, longTime, make } from './words.js';

const by = (id) => document.getElementById(id);
const posts = new Map(); // by id, in order
const columns = new Map(); // by platform
const start = { north: 'ada', south: 'florence' };
let ahead = 0; // how far the bot's clock is ahead of this one, in ms
let stream = null;

const all = (what) => [...columns.values()].flatMap((c) => c.platform[what]);
const names = {
  person: (id) => (id === 'datahour' ? 'Data Hour' : all('people').find((p) => p.id === id)?.name ?? id),
  room: (id) => all('rooms').find((r) => r.id === id)?.name ?? id,
};

async function api(path, body) {
  let answer;
  try {
    answer = await fetch('api/' + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  } catch {
    throw new Error('The playground does not answer. Is it still running?');
  }
  const out = await answer.json();
  if (!answer.ok) throw new Error(out.error);
  return out;
}

function follow() {
  stream?.close();
  const who = [...columns.values()].map((c) => c.me);
  const as = who.length ? who : Object.values(start);
  stream = new EventSource('api/live?' + as.map((a) => 'as=' + encodeURIComponent(a)).join('&'));
  const on = (name, take) => stream.addEventListener(name, (e) => take(JSON.parse(e.data)));
  on('state', begin);
  on('post', (p) => {
    const isNew = !posts.has(p.id);
    posts.set(p.id, p);
    columns.get(p.platform)?.arrive(p, isNew);
  });
  on('person', (p) => {
    const c = columns.get(p.platform);
    if (!c.who(p.id)) c.platform.people.push(p);
    c.drawPeople();
  });
  on('commands', (t) => (columns.get(t.platform).platform.commands = t.commands ?? []));
  on('bot', (b) => {
    const c = columns.get(b.platform);
    c.platform.connected = b.connected;
    c.drawBot();
    clockButtons();
  });
  on('clock', setClock);
  stream.addEventListener('error', () => trouble('Not connected to the playground. Trying again …'));
  stream.addEventListener('open', () => trouble(''));
}

function trouble(text) {
  by('trouble').textContent = text;
  by('trouble').hidden = !text;
}

// begin takes in the whole state: when the page opens, when one becomes somebody
// else, and when the line was cut.
function begin(state) {
  posts.clear();
  for (const p of state.posts) posts.set(p.id, p);
  for (const p of state.platforms) {
    let c = columns.get(p.id);
    if (!c) {
      c = new Column(p, start[p.id] ?? p.people[0].id, { api, all: posts, names, told: (what) => (what === 'me' ? follow() : sides()) });
      columns.set(p.id, c);
      by('worlds').append(c.el);
    }
    c.platform = p;
    c.draw();
  }
  setClock(state.clock);
  by('public').hidden = !state.public;
  if (state.public) by('public').href = state.public;
  sides();
  clockButtons();
}

// sides are the buttons by which a narrow screen shows one platform at a time.
function sides() {
  by('sides').replaceChildren(...[...columns.values()].map((c) => {
    const n = [...c.unread.values()].reduce((a, b) => a + b, 0);
    const here = document.body.dataset.side === c.platform.id;
    return make('button', { type: 'button', dataset: { side: c.platform.id }, aria: { current: String(here) },
      onclick: () => side(c.platform.id) }, c.platform.name, badge(n));
  }));
  const total = [...columns.values()].reduce((a, c) => a + [...c.unread.values()].reduce((x, y) => x + y, 0), 0);
  document.title = (total ? `(${total}) ` : '') + 'Playground: North and South';
}

function side(id) {
  const focused = by('sides').contains(document.activeElement);
  document.body.dataset.side = id;
  columns.get(id).toEnd();
  columns.get(id).look();
  sides();
  if (focused) by('sides').querySelector('[aria-current="true"]').focus();
}

document.addEventListener('visibilitychange', () => columns.forEach((c) => c.look()));

// The clock is the bot's: the page shows it and asks for it to be moved.
function setClock(c) {
  ahead = new Date(c.now).getTime() - Date.now();
  tick();
}

const narrow = matchMedia('(max-width: 52rem)');

function tick() {
  const now = new Date(Date.now() + ahead);
  const text = (narrow.matches ? briefTime : longTime)(now);
  if (by('now').textContent === text) return;
  by('now').textContent = text;
  by('now').dateTime = now.toISOString();
}
setInterval(tick, 1000);

const movers = [...document.querySelectorAll('[data-to]')];
let moving = false;

let quiet = 0;

function clockSays(text, ms) {
  clearTimeout(quiet);
  by('clock-said').textContent = text;
  if (ms) quiet = setTimeout(() => clockSays(''), ms);
}

function clockButtons() {
  const here = [...columns.values()].some((c) => c.platform.connected);
  for (const b of movers) b.disabled = !here || moving;
}

for (const b of movers) {
  b.addEventListener('click', async () => {
    moving = true;
    clockButtons();
    clockSays('Moving the clock …');
    try {
      const out = await api('clock', { to: b.dataset.to });
      clockSays(out.answered ? out.post?.post?.text ?? '' : out.notice, 8000);
    } catch (problem) {
      clockSays(problem.message, 8000);
    }
    moving = false;
    clockButtons();
    b.focus();
  });
}

by('add-person').addEventListener('click', () => addPerson([...columns.values()].map((c) => c.platform), async (v) => {
  const p = await api('people', { name: v.name, platform: v.platform, organiser: v.organiser === 'yes' });
  columns.get(p.platform).become(p.id);
}));

// First steps are shown until somebody has said "Got it".
function steps(show) {
  by('steps').hidden = !show;
  by('show-steps').setAttribute('aria-expanded', String(show));
}
by('show-steps').addEventListener('click', () => steps(by('steps').hidden));
by('hide-steps').addEventListener('click', () => {
  localStorage.setItem('steps', 'done');
  steps(false);
  by('show-steps').focus();
});
steps(localStorage.getItem('steps') !== 'done');

for (const b of document.querySelectorAll('.try')) {
  b.addEventListener('click', () => {
    side(b.dataset.on);
    columns.get(b.dataset.on).open(b.dataset.in);
    columns.get(b.dataset.on).composer.write(b.dataset.say + ' ');
  });
}

// A slash anywhere begins a command on the side that is being used.
document.addEventListener('keydown', (e) => {
  if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input, textarea, select, dialog')) return;
  const c = columns.get(e.target.closest('.column')?.id ?? document.body.dataset.side);
  if (!c) return;
  e.preventDefault();
  c.composer.write('/');
});

follow();
