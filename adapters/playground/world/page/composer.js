// Writing: sending with Enter, completing commands, people and rooms, replying
// and editing.

import { make } from './words.js';

export class Composer {
  // hooks: send(text, {reply, edit}), commands(), people(), rooms(), sigil,
  // leave(), last() gives one's latest message.
  constructor(form, id, hooks) {
    this.form = form;
    this.hooks = hooks;
    this.box = form.querySelector('textarea');
    this.list = form.querySelector('.completion');
    this.about = form.querySelector('.about');
    this.status = form.querySelector('.said');
    this.box.id = 'say-' + id;
    form.querySelector('label').htmlFor = this.box.id;
    this.list.id = 'completion-' + id;
    this.box.setAttribute('aria-controls', this.list.id);
    this.offers = [];
    this.at = -1;
    this.reply = this.edit = null;
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      this.send();
    });
    this.about.querySelector('button').addEventListener('click', () => this.forget(true));
    this.box.addEventListener('input', () => this.changed());
    this.box.addEventListener('keydown', (e) => this.key(e));
    this.box.addEventListener('blur', () => this.offer([]));
  }

  place(label, placeholder) {
    this.form.querySelector('label').textContent = label;
    this.box.placeholder = placeholder;
  }

  say(text, problem = false) {
    this.status.textContent = text;
    this.status.classList.toggle('problem', problem);
  }

  write(text) {
    this.box.value = text;
    this.box.focus();
    this.changed();
  }

  replyTo(post, name) {
    this.forget();
    this.reply = post;
    this.tell(`Replying to ${name}`);
  }

  editing(post, text) {
    this.forget();
    this.edit = post;
    this.tell('Editing your message');
    this.write(text);
  }

  tell(text) {
    this.about.hidden = false;
    this.about.querySelector('span').textContent = text;
    this.box.focus();
  }

  forget(focus) {
    if (this.edit) this.box.value = '';
    this.reply = this.edit = null;
    this.about.hidden = true;
    this.size();
    if (focus) this.box.focus();
  }

  async send() {
    const text = this.box.value.trim();
    if (!text) return;
    const { reply, edit } = this;
    this.box.value = '';
    this.forget();
    this.offer([]);
    this.say(text.startsWith('/') && !edit ? 'Asking the bot …' : '');
    try {
      await this.hooks.send(text, { reply, edit });
      this.say('');
    } catch (problem) {
      this.say(problem.message, true);
      if (this.box.value) return; // something else is being written by now
      if (edit) this.editing(edit, text);
      else {
        if (reply) this.replyTo(reply, reply.name);
        this.write(text);
        this.offer([]);
      }
    }
  }

  size() {
    this.box.style.height = 'auto';
    this.box.style.height = Math.min(this.box.scrollHeight + 2, innerHeight / 3) + 'px';
  }

  changed() {
    this.size();
    if (this.status.classList.contains('problem')) this.say('');
    this.offer(this.suggest());
  }

  // suggest gives what may stand where the cursor is.
  suggest() {
    const before = this.box.value.slice(0, this.box.selectionStart);
    if (/^\/[^\n]*$/.test(before) && !this.edit) {
      const typed = before.slice(1).toLowerCase();
      const rows = this.hooks.commands();
      const fit = rows.filter((c) => c.name.startsWith(typed));
      if (fit.length && !fit.some((c) => c.name === typed.trim() && typed.endsWith(' '))) return fit.map((c) => this.command(c));
      const running = rows.filter((c) => typed.startsWith(c.name + ' ')).sort((a, b) => b.name.length - a.name.length)[0];
      const word = /(?:^|\s)([@#~][\w-]*)$/.exec(before);
      if (!word) return running ? [{ ...this.command(running), hint: true }] : [];
    }
    const m = /(?:^|[\s(])([@#~])([\w-]*)$/.exec(before);
    if (!m) return [];
    const typed = m[2].toLowerCase();
    if (m[1] === '@') {
      return this.hooks.people().filter((p) => p.id.startsWith(typed) || p.name.toLowerCase().includes(typed)).slice(0, 8)
        .map((p) => ({ replace: m[2].length + 1, text: '@' + p.id, name: '@' + p.id, summary: p.name, tag: p.about }));
    }
    if (m[1] !== this.hooks.sigil) return [];
    return this.hooks.rooms().filter((r) => r.id.startsWith(typed)).map((r) => ({ replace: m[2].length + 1, text: r.name, name: r.name, summary: '' }));
  }

  command(c) {
    return { replace: Infinity, text: '/' + c.name, name: '/' + c.name, args: c.arguments, summary: c.summary, tag: c.organisers ? 'organisers' : '' };
  }

  offer(offers) {
    this.offers = offers;
    const real = offers.filter((o) => !o.hint);
    this.at = real.length && real[0].replace !== Infinity ? 0 : -1;
    this.list.replaceChildren(...offers.map((o, i) => make('li', { id: `${this.list.id}-${i}`, aria: { role: 'option', selected: 'false', disabled: String(Boolean(o.hint)) },
      // Not click: the box must not lose its place first.
      onpointerdown: (e) => {
        e.preventDefault();
        if (!o.hint) this.take(o);
      } },
    make('b', {}, o.name), o.args && make('code', {}, o.args), make('span', {}, o.summary ?? ''), o.tag && make('i', {}, o.tag))));
    this.list.hidden = !offers.length;
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((li, i) => li.setAttribute('aria-selected', String(i === this.at)));
    const li = this.list.children[this.at];
    if (li) {
      this.box.setAttribute('aria-activedescendant', li.id);
      li.scrollIntoView({ block: 'nearest' });
    } else this.box.removeAttribute('aria-activedescendant');
  }

  take(o) {
    const end = this.box.selectionStart, begin = Math.max(0, end - o.replace);
    const rest = this.box.value.slice(end);
    const text = o.text + (rest.startsWith(' ') ? '' : ' ');
    this.box.value = this.box.value.slice(0, begin) + text + rest;
    this.box.selectionStart = this.box.selectionEnd = begin + text.length;
    this.changed();
  }

  key(e) {
    const open = this.offers.some((o) => !o.hint);
    if (e.isComposing) return;
    if (open && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) {
      e.preventDefault();
      const n = this.offers.length;
      this.at = e.key === 'ArrowDown' ? (this.at + 1) % n : (this.at <= 0 ? n : this.at) - 1;
      this.mark();
    } else if (open && e.key === 'Tab' && !e.shiftKey) {
      e.preventDefault();
      this.take(this.offers[Math.max(0, this.at)]);
    } else if (e.key === 'Enter' && !e.shiftKey) {
      e.preventDefault();
      const o = this.offers[this.at];
      if (open && o && this.box.value.trim() !== o.text) this.take(o);
      else this.send();
    } else if (e.key === 'Escape') {
      e.preventDefault();
      if (this.offers.length) this.offer([]);
      else if (this.reply || this.edit) this.forget(true);
      else this.hooks.leave();
    } else if (e.key === 'ArrowUp' && !this.box.value) {
      const post = this.hooks.last();
      if (post) {
        e.preventDefault();
        this.hooks.edit(post);
      }
    }
  }
}
