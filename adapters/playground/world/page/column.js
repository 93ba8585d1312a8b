// One platform: who one is there, its rooms, what is said in the open one, and
// the place to write.

import { avatar, message } from './message.js';
import { Composer } from './composer.js';
import { openForm, sure } from './dialogs.js';
import { make } from './words.js';

const shown = 200; // messages drawn at once; older ones are in the API

// badge says how many messages are new, if any.
export const badge = (n) => n > 0 && make('i', {}, n > 99 ? '99+' : n, make('span', { className: 'unseen' }, ' new'));

export class Column {
  // api sends to the world; all holds posts, by id and in order; names knows
  // people and rooms of both sides, since the bot speaks of both; told is called
  // when who one is or what is unread has changed.
  constructor(platform, me, { api, all, names, told }) {
    Object.assign(this, { platform, me, api, all, names, told });
    this.room = platform.rooms[0].id;
    this.unread = new Map(); // room → how many
    this.drafts = new Map(); // room → what was being written there
    this.el = document.getElementById('column').content.firstElementChild.cloneNode(true);
    this.el.id = platform.id;
    const find = (s) => this.el.querySelector(s);
    Object.assign(this, { log: find('.log'), scroll: find('.scroll'), newer: find('.newer'), rooms_: find('.rooms'), people_: find('.people') });
    const h = find('h2');
    h.textContent = platform.name;
    h.id = 'name-' + platform.id;
    this.el.setAttribute('aria-labelledby', h.id);
    this.rooms_.setAttribute('aria-label', 'Rooms on ' + platform.name);
    this.stuck = true; // at the end, and to stay there when the log is made smaller
    this.scroll.addEventListener('scroll', () => {
      this.stuck = this.atEnd();
      if (this.stuck) this.newer.hidden = true;
    });
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.scroll);
    this.newer.addEventListener('click', () => this.toEnd());
    this.log.addEventListener('keydown', (e) => this.key(e));
    this.log.addEventListener('focusin', (e) => this.current(e.target.closest('.say')));
    this.composer = new Composer(find('.composer'), platform.id, {
      sigil: platform.sigil,
      commands: () => this.platform.commands,
      people: () => [{ id: 'datahour', name: 'Data Hour', about: 'the bot' }, ...this.people()],
      rooms: () => this.rooms(),
      send: (text, to) => this.send(text, to),
      last: () => [...this.all.values()].reverse().find((p) => p.room === this.room && p.by === this.me && !p.deleted),
      edit: (p) => this.composer.editing(p, this.typed(p.text)),
      leave: () => this.log.lastElementChild?.focus(),
    });
    this.actions = {
      press: (post, b, e) => this.press(post, b, e),
      choose: (post, option) => this.act('choose', { message: post.id, option }),
      react: (post, name, add) => this.act(add ? 'react' : 'unreact', { message: post.id, name }),
      reply: (post) => this.composer.replyTo(post, post.name),
      edit: (post) => this.composer.editing(post, this.typed(post.text)),
      remove: async (post) => (post.only || (await sure('Delete this message?', 'Delete', true))) && this.act('delete', { message: post.id }),
    };
  }

  people() { return this.platform.people; }
  rooms() { return this.platform.rooms; }
  who(id) { return this.platform.people.find((p) => p.id === id); }
  direct() { return '@' + this.me; }
  roomName(id) { return id.startsWith('@') ? 'Data Hour' : this.names.room(id); }

  // typed turns tokens back into what a person would type.
  typed(text) {
    return (text ?? '').replace(/<!(user|room):([^>]+)>/g, (_, kind, id) => (kind === 'user' ? '@' : this.platform.sigil) + id);
  }

  // draw shows everything afresh.
  draw() {
    if (!this.who(this.me)) this.me = this.people()[0].id;
    if (this.room.startsWith('@')) this.room = this.direct();
    this.drawBot();
    this.drawPeople();
    this.drawRooms();
    this.drawLog(true);
  }

  drawBot() {
    const b = this.el.querySelector('.presence');
    b.textContent = this.platform.connected ? 'Data Hour is here' : 'Data Hour is away';
    b.classList.toggle('away', !this.platform.connected);
  }

  drawPeople() {
    const focused = this.people_.contains(document.activeElement);
    const first = (p) => p.name.split(' ')[0];
    const short = (p) => (this.people().some((o) => o !== p && first(o) === first(p)) ? p.name : first(p));
    this.people_.replaceChildren(...this.people().map((p) => make('label', { title: [p.name, p.about].filter(Boolean).join(', ') },
      make('input', { type: 'radio', name: 'me-' + this.platform.id, value: p.id, checked: p.id === this.me, onchange: () => this.become(p.id) }),
      make('span', {}, avatar(p.name), make('b', {}, short(p)), (p.organiser || p.about) && make('small', {}, p.about || 'organiser')))));
    const mine = this.people_.querySelector(':checked');
    if (focused) mine?.focus();
    mine?.closest('label').scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  become(id) {
    this.me = id;
    this.composer.forget();
    this.composer.say('');
    if (this.room.startsWith('@')) this.room = this.direct();
    this.told('me');
  }

  drawRooms() {
    const all = [...this.rooms(), { id: this.direct(), name: 'Direct', direct: true }];
    const focused = this.rooms_.contains(document.activeElement) && document.activeElement.dataset.room;
    this.rooms_.replaceChildren(...all.map((r) => {
      const n = this.unread.get(r.id) ?? 0;
      return make('button', { type: 'button', className: r.direct ? 'direct' : '', dataset: { room: r.id }, title: r.direct ? 'Direct messages with the bot' : '',
        aria: { current: String(r.id === this.room) }, onclick: () => this.open(r.id) }, r.name, badge(n));
    }));
    if (focused) this.rooms_.querySelector(`[data-room="${CSS.escape(focused)}"]`)?.focus();
    const name = this.roomName(this.room);
    const to = this.room.startsWith('@') ? 'Write to Data Hour' : `Write in ${name}`;
    this.composer.place(`${to}, as ${this.names.person(this.me)}`, `Write as ${this.names.person(this.me).split(' ')[0]}, or type /`);
  }

  open(room) {
    this.composer.forget();
    this.composer.say('');
    this.drafts.set(this.room, this.composer.box.value);
    this.room = room;
    this.composer.box.value = this.drafts.get(room) ?? '';
    this.composer.size();
    this.drawRooms();
    this.drawLog();
    this.look();
  }

  // look marks the open room as read, when there is somebody to look.
  look() {
    if (!this.visible() || !this.unread.delete(this.room)) return;
    this.drawRooms();
    this.told('unread');
  }

  visible() { return !document.hidden && this.el.offsetParent !== null; }
  inRoom() { return [...this.all.values()].filter((p) => p.room === this.room && (!p.only || p.only === this.me)); }

  // drawLog draws the open room; with stay, it is the one that was drawn before,
  // and whoever has scrolled back in it stays there.
  drawLog(stay) {
    const top = stay && !this.stuck ? this.scroll.scrollTop : null;
    this.scroll.setAttribute('aria-live', 'off'); // a room that is opened is not read out from its beginning
    this.scroll.setAttribute('aria-label', `Messages in ${this.roomName(this.room)} on ${this.platform.name}`);
    this.log.replaceChildren();
    const posts = this.inRoom();
    for (const p of posts.slice(-shown)) this.put(p);
    if (!posts.length) this.log.append(make('li', { className: 'empty' }, this.room.startsWith('@') ? 'Nothing yet. What you write here, only the bot reads.' : 'Nothing has been said here yet.'));
    const unread = posts.filter((p) => p.by !== this.me).at(-this.unread.get(this.room) || posts.length);
    if (unread) this.node(unread.id)?.classList.add('first-new');
    if (top === null) this.toEnd();
    else this.scroll.scrollTop = top;
    requestAnimationFrame(() => this.scroll.setAttribute('aria-live', 'polite'));
  }

  node(id) { return this.log.querySelector(`[data-id="${CSS.escape(id)}"]`); }

  // put draws a post in its place, or again where it is.
  put(p) {
    const old = this.node(p.id);
    if (p.deleted && p.only) {
      old?.remove();
      return;
    }
    const look = { me: this.me, organiser: this.who(this.me)?.organiser, names: this.names, about: (post) => this.who(post.by)?.organiser && 'organiser' };
    const next = message(p, look, this.actions);
    if (old) {
      const held = old.contains(document.activeElement) && !old.querySelector(':scope > .replies')?.contains(document.activeElement) && (document.activeElement.dataset.k ?? '');
      const replies = old.querySelector(':scope > .replies');
      if (replies) next.append(replies);
      next.tabIndex = old.tabIndex;
      old.replaceWith(next);
      if (held !== false) ((held && next.querySelector(`[data-k="${CSS.escape(held)}"]`)) || next).focus();
      return;
    }
    this.log.querySelector('.empty')?.remove();
    const root = p.thread && this.node(p.thread);
    if (root) {
      let replies = root.querySelector(':scope > .replies');
      if (!replies) root.append((replies = make('ol', { className: 'replies' })));
      replies.append(next);
    } else {
      this.log.append(next);
    }
    if (!this.log.querySelector('.say[tabindex="0"]')) next.tabIndex = 0;
  }

  // arrive takes in a post that is new or has changed.
  arrive(p, isNew) {
    const mine = p.by === this.me;
    const open = p.room === this.room;
    if (p.only && p.only !== this.me) return;
    if (open) {
      const end = this.atEnd();
      this.put(p);
      if (isNew) {
        this.node(p.id)?.classList.add('new');
        if (end || mine || p.only) this.reveal(p);
        else this.newer.hidden = false;
      } else if (end) this.toEnd();
    }
    if (isNew && !mine && !(open && this.visible())) {
      this.unread.set(p.room, (this.unread.get(p.room) ?? 0) + 1);
      this.drawRooms();
      this.told('unread');
    }
  }

  reveal(p) {
    if (p.thread) this.node(p.id)?.scrollIntoView({ block: 'nearest' });
    else this.toEnd();
  }

  atEnd() { return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 60; }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.newer.hidden = true;
  }

  async send(text, { reply, edit }) {
    const to = { as: this.me, room: this.room, thread: reply?.id };
    if (edit) await this.api('edit', { as: this.me, message: edit.id, text });
    else if (text.startsWith('/')) await this.outcome(await this.api('command', { ...to, text }));
    else await this.api('say', { ...to, text, id: crypto.randomUUID() });
    this.toEnd();
  }

  // act does something to a message and shows what is wrong with it, if anything.
  async act(path, what) {
    try {
      await this.outcome(await this.api(path, { as: this.me, ...what }));
      this.composer.say('');
    } catch (problem) {
      this.composer.say(problem.message, true);
    }
  }

  async press(post, b, button) {
    if (b.confirm && !(await sure(b.confirm, b.label, b.style === 'danger'))) return;
    button.setAttribute('aria-busy', 'true');
    await this.act('press', { message: post.id, button: b.command });
    button.removeAttribute('aria-busy');
  }

  // outcome opens the form that an answer may bring, and the one after it.
  async outcome(out) {
    if (!out.form) return;
    const me = this.me;
    let next = null;
    openForm(out.form, this, async (values) => {
      const result = await this.api('submit', { as: me, trigger: out.trigger, values });
      if (!result.answered) return { '': result.notice };
      next = result.form ? result : null;
      return result.errors;
    }).then(() => next && this.outcome(next));
  }

  // current is the message that the keys speak of: the only one of the log that
  // Tab reaches, with its tools.
  current(li) {
    if (!li) return;
    for (const other of this.log.querySelectorAll('.say[tabindex="0"]')) {
      other.tabIndex = -1;
      for (const b of other.querySelectorAll(':scope > .tools button')) b.tabIndex = -1;
    }
    li.tabIndex = 0;
    for (const b of li.querySelectorAll(':scope > .tools button')) b.tabIndex = 0;
  }

  key(e) {
    const li = e.target.closest('.say');
    if (e.key === 'Escape') {
      this.composer.box.focus();
      return;
    }
    if (!li || e.target !== li || e.ctrlKey || e.metaKey || e.altKey) return;
    const all = [...this.log.querySelectorAll('.say')];
    const at = all.indexOf(li);
    const go = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[e.key];
    const post = this.all.get(li.dataset.id);
    if (go !== undefined) {
      if (go === all.length) this.composer.box.focus();
      else all[Math.max(0, go)].focus();
    } else if (post.deleted) return;
    else if (e.key === 'r' && !post.only) this.actions.reply(post);
    else if (e.key === 'l' && !post.only) this.actions.react(post, '👍', !post.reactions?.some((r) => r.name === '👍' && r.people.includes(this.me)));
    else if (e.key === 'e' && post.by === this.me) this.actions.edit(post);
    else if (e.key === 'Delete') this.actions.remove(post);
    else return;
    e.preventDefault();
  }
}
