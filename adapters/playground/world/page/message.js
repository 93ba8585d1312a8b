// Drawing one message: who, when, the words or the bot's post, reactions, and
// what may be done with it.

import { line, longTime, make, rich, shortTime } from './words.js';

const marks = [['👍', 'Agree'], ['❤️', 'Love'], ['🎉', 'Celebrate'], ['👀', 'Looking']];

const initials = (name) => name.split(/\s+/).map((w) => w[0]).filter((c, i, all) => i === 0 || i === all.length - 1).join('').toUpperCase();

export function avatar(name, bot) {
  return make('span', { className: bot ? 'avatar bot' : 'avatar', aria: { hidden: 'true' } }, bot ? '' : initials(name));
}

// message draws post for the person who looks. `on` is told what they do: press,
// choose, react, reply, edit, remove.
export function message(post, look, on) {
  const bot = post.by === 'datahour', world = post.by === 'playground';
  const li = make('li', { className: 'say', tabIndex: -1, dataset: { id: post.id } });
  if (post.only) li.classList.add('private');
  if (bot) li.classList.add('by-bot');
  if (world) li.classList.add('by-world');
  if (post.by === look.me) li.classList.add('mine');
  if (post.deleted) {
    li.classList.add('deleted');
    li.append(make('p', {}, `A message by ${post.name} was deleted.`));
    return li;
  }
  const at = new Date(post.at);
  const who = make('div', { className: 'who' },
    make('b', {}, post.name),
    look.about(post) && make('span', { className: 'home' }, look.about(post)),
    post.only && make('span', { className: 'only' }, 'Only you can see this'),
    make('time', { dateTime: post.at, title: longTime(at) }, shortTime(at), post.edited && make('span', {}, ' (edited)')));
  const body = make('div', { className: 'body' });
  if (post.post) body.append(...content(post.post, look, (b, e) => on.press(post, b, e), (o) => on.choose(post, o)));
  else body.append(rich(post.text ?? '', look.names));
  li.append(avatar(post.name, bot), who, body, reactions(post, look, on), tools(post, look, on));
  return li;
}

function content(c, look, press, choose) {
  const out = [];
  if (c.title) out.push(make('h3', {}, c.title));
  if (c.text) out.push(make('div', { className: 'text' }, rich(c.text, look.names)));
  if (c.fields?.length) {
    const dl = make('dl');
    for (const f of c.fields) dl.append(make('div', {}, make('dt', {}, f.name), make('dd', {}, rich(f.value, look.names))));
    out.push(dl);
  }
  if (c.image) out.push(picture(c.image));
  const row = make('div', { className: 'actions' });
  for (const b of c.buttons ?? []) {
    if (b.url) {
      if (/^https?:/i.test(b.url)) row.append(make('a', { className: 'button', href: b.url, target: '_blank', rel: 'noopener noreferrer', dataset: { k: b.label } }, b.label));
      continue;
    }
    row.append(make('button', { type: 'button', className: b.style || 'plain', dataset: { k: b.label }, onclick: (e) => press(b, e.currentTarget) }, b.label));
  }
  if (c.select) row.append(menu(c.select, choose));
  if (row.childNodes.length) out.push(row);
  if (c.small) out.push(make('p', { className: 'small' }, line(c.small, look.names)));
  if (c.meta?.length) out.push(make('p', { className: 'small' }, ...c.meta.flatMap((m, i) => (i ? [' · ', line(m, look.names)] : [line(m, look.names)]))));
  return out;
}

// menu acts at once when it was chosen from with the mouse or a finger. With the
// keyboard one looks around first, so a button beside it says when.
function menu(select, choose) {
  const s = make('select', { dataset: { k: 'menu' }, aria: { label: select.label } }, make('option', { value: '', selected: true }, select.label));
  for (const o of select.options ?? []) s.append(make('option', { value: o.value }, o.label));
  const go = make('button', { type: 'button', className: 'plain', hidden: true, dataset: { k: 'choose' }, onclick: () => take() }, 'Choose');
  let byKey = false;
  const take = () => {
    if (s.value) choose(s.value);
    s.value = '';
    go.hidden = true;
  };
  s.addEventListener('keydown', () => (byKey = true));
  s.addEventListener('pointerdown', () => (byKey = false));
  s.addEventListener('change', () => {
    if (byKey) go.hidden = !s.value;
    else take();
  });
  return make('span', { className: 'menu' }, s, go);
}

function picture(image) {
  const alt = image.alt || 'Picture';
  const img = make('img', { src: image.url, alt, loading: 'lazy' });
  img.addEventListener('error', () => img.replaceWith(make('p', { className: 'small' }, 'Picture: ' + alt)));
  return img;
}

function reactions(post, look, on) {
  const row = make('div', { className: 'reactions' });
  for (const r of post.reactions ?? []) {
    const mine = r.people.includes(look.me);
    const who = r.people.map((p) => look.names.person(p)).join(', ');
    row.append(make('button', { type: 'button', className: 'count', title: who, dataset: { k: r.name },
      aria: { pressed: String(mine), label: `${r.name} ${r.people.length}, by ${who}` }, onclick: () => on.react(post, r.name, !mine) }, `${r.name} ${r.people.length}`));
  }
  return row;
}

function tools(post, look, on) {
  const row = make('div', { className: 'tools', aria: { role: 'group', label: 'What to do with it' } });
  const add = (label, title, what) => row.append(make('button', { type: 'button', title, tabIndex: -1, dataset: { k: 'tool ' + title }, onclick: what }, label));
  if (!post.only) {
    for (const [mark, title] of marks) {
      const mine = post.reactions?.some((r) => r.name === mark && r.people.includes(look.me));
      add(mark, title, () => on.react(post, mark, !mine));
    }
    add('Reply', 'Reply in a thread', () => on.reply(post));
  }
  if (post.by === look.me) add('Edit', 'Edit', () => on.edit(post));
  if (post.by === look.me || post.only || look.organiser) add(post.only ? 'Dismiss' : 'Delete', post.only ? 'Dismiss' : 'Delete', () => on.remove(post));
  return row;
}
