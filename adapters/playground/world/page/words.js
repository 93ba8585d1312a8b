// CommonMark, as much of it as chat needs, made into nodes. Nothing is ever
// parsed as HTML: text becomes text, and only the marks below become elements.

export function make(tag, props = {}, ...children) {
  const { dataset, aria, ...rest } = props;
  const e = Object.assign(document.createElement(tag), rest);
  Object.assign(e.dataset, dataset);
  for (const [k, v] of Object.entries(aria ?? {})) e.setAttribute(k === 'role' ? 'role' : 'aria-' + k, v);
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

const long = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const brief = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: 'numeric', minute: '2-digit', hour12: true });
const zone = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short', hour: 'numeric' });

const hour = (d) => clock.format(d).replace(/\s/g, '').toLowerCase();
const zoneOf = (d) => zone.formatToParts(d).find((p) => p.type === 'timeZoneName').value;

export const shortTime = hour;
export const briefTime = (d) => `${brief.format(d).replace(',', '')}, ${hour(d)} ${zoneOf(d)}`;
export const longTime = (d) => `${long.format(d).replace(',', '')}, ${hour(d)} ${zoneOf(d)}`;

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0' };

// One alternative for each thing that may stand in a line.
const inline = new RegExp([
  /\\([!-/:-@[-`{-~])/, //                               1 escaped
  /(`+)([^]*?[^`])\2(?!`)/, //                            2,3 code
  /<!(time|user|room):([^>\s]+)>/, //                     4,5 token
  /\[((?:\\.|[^\]\\])*)\]\(<?((?:\\.|\([^\s<>()]*\)|[^\s<>()\\])*)>?\)/, // 6,7 link, with one pair of brackets in it
  /<((?:https?:\/\/|mailto:)[^\s<>]+)>/, //               8 address in brackets
  /(https?:\/\/[^\s<>]*[^\s<>.,;:!?'")\]*_])/, //         9 bare address
  /(\*\*\*|\*\*|__|~~|\*|_)/, //                                 10 emphasis
  /&(amp|lt|gt|quot|nbsp);/, //                           11 entity
  /( {2,}\n|\\\n|\n)/, //                                 12 line break
].map((r) => r.source).join('|'), 'g');

const emphasis = { '***': 'strong', '**': 'strong', __: 'strong', '*': 'em', _: 'em', '~~': 's' };

// closing finds where an emphasis that begins before `from` ends.
function closing(text, mark, from) {
  for (let i = text.indexOf(mark, from); i > 0; i = text.indexOf(mark, i + 1)) {
    const before = text[i - 1], after = text[i + mark.length] ?? ' ';
    if (i === from || /[\s\\]/.test(before)) continue;
    if (mark.length === 1 && (after === mark || before === mark)) continue;
    if (mark[0] === '_' && /\w/.test(after)) continue;
    return i;
  }
  return -1;
}

function link(address, ...children) {
  if (!/^(https?:|mailto:)/i.test(address)) return null;
  return make('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, ...children);
}

const unescape = (s) => s.replace(/\\([!-/:-@[-`{-~])/g, '$1');

function token(kind, id, names) {
  if (kind === 'time') {
    const d = new Date(Number(id) * 1000);
    if (Number.isNaN(d.getTime())) return id;
    return make('time', { dateTime: d.toISOString() }, longTime(d));
  }
  const bare = id.slice(id.lastIndexOf(':') + 1); // the bot may say which platform: north:ada
  return make('span', { className: 'mention' }, kind === 'user' ? '@' + names.person(bare) : names.room(bare));
}

export function line(text, names, into = document.createDocumentFragment()) {
  let at = 0;
  inline.lastIndex = 0;
  for (let m; (m = inline.exec(text)); ) {
    const next = inline.lastIndex;
    let node = null, end = next;
    if (m[1]) node = m[1];
    else if (m[2]) node = make('code', {}, m[3].trim() || m[3]);
    else if (m[4]) node = token(m[4], m[5], names);
    else if (m[7] !== undefined) node = link(unescape(m[7]), line(m[6], names));
    else if (m[8]) node = link(m[8], m[8].replace(/^mailto:/, ''));
    else if (m[9]) node = link(m[9], m[9]);
    else if (m[11]) node = entities[m[11]];
    else if (m[12]) node = make('br');
    else if (m[10]) {
      const before = text[m.index - 1] ?? ' ', after = text[next] ?? ' ';
      const opens = !/\s/.test(after) && !(m[10][0] === '_' && /\w/.test(before));
      const stop = opens ? closing(text, m[10], next) : -1;
      if (stop > 0) {
        node = make(emphasis[m[10]], {}, line(text.slice(next, stop), names));
        if (m[10] === '***') node = make('em', {}, node);
        end = stop + m[10].length;
      }
    }
    inline.lastIndex = end; // line() calls itself, and the expression is shared
    if (node === null) continue;
    into.append(text.slice(at, m.index), node);
    at = end;
  }
  into.append(text.slice(at));
  return into;
}

const item = /^ {0,3}(?:[-*+]|\d{1,9}[.)])\s+/;

// rich makes paragraphs, lists, quotations, headings and code blocks.
export function rich(text, names) {
  const out = document.createDocumentFragment();
  const lines = text.split('\n');
  while (lines.length) {
    const first = lines[0];
    if (!first.trim()) {
      lines.shift();
    } else if (/^ {0,3}```/.test(first)) {
      lines.shift();
      const code = [];
      while (lines.length && !/^ {0,3}```\s*$/.test(lines[0])) code.push(lines.shift());
      lines.shift();
      out.append(make('pre', {}, make('code', {}, code.join('\n'))));
    } else if (/^ {0,3}>/.test(first)) {
      const said = [];
      while (lines.length && /^ {0,3}>/.test(lines[0])) said.push(lines.shift().replace(/^ {0,3}> ?/, ''));
      out.append(make('blockquote', {}, rich(said.join('\n'), names)));
    } else if (/^ {0,3}#{1,6}\s/.test(first)) {
      out.append(make('p', { className: 'heading' }, line(lines.shift().replace(/^ *#+\s+/, '').replace(/\s+#+\s*$/, ''), names)));
    } else if (/^ {0,3}([-*_])( *\1){2,} *$/.test(first)) {
      lines.shift();
      out.append(make('hr'));
    } else if (item.test(first)) {
      const numbered = /^\s*\d/.test(first);
      const list = make(numbered ? 'ol' : 'ul', numbered ? { start: parseInt(first, 10) } : {});
      while (lines.length && item.test(lines[0]) && /^\s*\d/.test(lines[0]) === numbered) {
        const words = [lines.shift().replace(item, '')];
        while (lines.length && lines[0].trim() && !item.test(lines[0])) words.push(lines.shift().trim());
        list.append(make('li', {}, line(words.join('\n'), names)));
      }
      out.append(list);
    } else {
      const words = [lines.shift()];
      while (lines.length && lines[0].trim() && !/^ {0,3}(```|>|#{1,6}\s)/.test(lines[0]) && !item.test(lines[0])) words.push(lines.shift());
      out.append(make('p', {}, line(words.join('\n').trim(), names)));
    }
  }
  return out;
}
