// Forms, questions and the new person: all in one dialog element.

import { make, rich } from './words.js';

const dialog = document.getElementById('form');
const form = dialog.querySelector('form');
const part = (s) => dialog.querySelector(s);
let done = null; // settles what is open

dialog.addEventListener('close', () => done?.(null));
part('.plain').addEventListener('click', () => dialog.close());

// ask opens the dialog. `send` gets the values and gives errors by field (the
// form stays open, with all that was typed), or nothing.
function ask({ title, intro, fields, submit, cancel, danger }, names, people, rooms, send) {
  done?.(null);
  part('#form-title').textContent = title;
  part('.intro').replaceChildren(intro ? rich(intro, names) : '');
  part('.wrong').hidden = true;
  const go = part('.go');
  go.textContent = submit || 'Send';
  go.classList.toggle('danger', Boolean(danger));
  part('.plain').textContent = cancel || 'Cancel';
  const some = fields.some((f) => !f.optional); // where nothing has to be filled in, "optional" everywhere says nothing
  const drawn = fields.map((f, i) => field(f, i, people, rooms, some));
  part('.fields').replaceChildren(...drawn.map((d) => d.node));
  const opener = document.activeElement;
  return new Promise((resolve) => {
    done = (v) => {
      done = null;
      resolve(v);
      if (opener?.isConnected) opener.focus();
    };
    form.onsubmit = async (e) => {
      e.preventDefault();
      const mine = done; // another form may have taken the dialog's place
      const values = Object.fromEntries(drawn.map((d) => [d.name, d.value()]));
      go.disabled = true;
      let errors;
      try {
        errors = await send(values);
      } catch (problem) {
        errors = { '': problem.message };
      }
      go.disabled = false;
      if (done !== mine) return;
      if (!errors || !Object.keys(errors).length) {
        done(values);
        dialog.close();
        return;
      }
      show(errors, drawn);
    };
    if (!dialog.open) dialog.showModal();
    // What cannot be taken back is not done by an Enter too many.
    (dialog.querySelector('.fields :is(input, textarea, select)') ?? (danger ? part('.plain') : go)).focus();
  });
}

function show(errors, drawn) {
  let first = null;
  for (const d of drawn) {
    const text = errors[d.name];
    d.error.textContent = text ?? '';
    d.error.hidden = !text;
    for (const c of d.controls) c.setAttribute('aria-invalid', String(Boolean(text)));
    if (text) first ??= d.controls[0];
  }
  const others = Object.entries(errors).filter(([name]) => !drawn.some((d) => d.name === name)).map(([, text]) => text);
  part('.wrong').textContent = others.join(' ');
  part('.wrong').hidden = !others.length;
  first?.focus();
}

// field draws one field with its label, hint and place for an error.
function field(f, i, people, rooms, some) {
  const id = `field-${i}`;
  const error = make('p', { className: 'error', id: id + '-error', hidden: true });
  const hint = f.hint && make('p', { className: 'hint', id: id + '-hint' }, f.hint);
  const from = f.options?.length ? f.options
    : f.kind === 'people' ? people.map((p) => ({ label: p.name, value: p.id }))
    : f.kind === 'room' || f.kind === 'rooms' ? rooms.map((r) => ({ label: r.name, value: r.id })) : [];
  const label = make('span', {}, f.label, some && f.optional && f.kind !== 'bool' && make('small', {}, ' optional'));
  const d = { name: f.name, error };
  const describe = (c) => c.setAttribute('aria-describedby', `${hint ? id + '-hint ' : ''}${id}-error`);
  const one = (c, ...around) => {
    describe(c);
    c.id = id;
    if (!f.optional && c.type !== 'checkbox') c.required = true;
    if (f.max) c.maxLength = f.max;
    d.controls = [c];
    d.value ??= () => c.value;
    d.node = make('div', { className: 'field' }, make('label', { htmlFor: id }, label), hint, ...around, error);
  };
  switch (f.kind) {
    case 'area':
      one(...twice(make('textarea', { rows: 4, value: f.value ?? '' })));
      break;
    case 'number':
      one(...twice(make('input', { type: 'number', step: 'any', value: f.value ?? '' })));
      break;
    case 'select':
    case 'room':
      one(...twice(make('select', {}, ...(f.optional || !f.value ? [make('option', { value: '' }, 'Choose …')] : []),
        ...from.map((o) => make('option', { value: o.value, selected: o.value === f.value }, o.label)))));
      break;
    case 'multi':
    case 'people':
    case 'rooms': {
      const chosen = (f.value ?? '').split('\n');
      d.controls = from.map((o) => make('input', { type: 'checkbox', value: o.value, checked: chosen.includes(o.value) }));
      d.controls.forEach(describe);
      d.value = () => d.controls.filter((c) => c.checked).map((c) => c.value).join('\n');
      d.node = make('fieldset', { className: 'field' }, make('legend', {}, label), hint,
        make('div', { className: 'checks' }, ...from.map((o, n) => make('label', {}, d.controls[n], ' ', o.label))), error);
      break;
    }
    case 'bool': {
      const c = make('input', { type: 'checkbox', checked: ['yes', 'true'].includes(f.value) });
      d.value = () => (c.checked ? 'yes' : 'no');
      one(c);
      d.node = make('div', { className: 'field' }, make('div', { className: 'checks' }, make('label', {}, c, ' ', label)), hint, error);
      break;
    }
    case 'when': {
      const c = make('input', { value: f.value ?? '', placeholder: 'Wed 8pm', autocomplete: 'off' });
      const pick = make('input', { type: 'datetime-local', aria: { label: f.label + ': pick a time' }, className: 'pick' });
      pick.addEventListener('input', () => pick.value && (c.value = pick.value.replace('T', ' ')));
      one(c, make('div', { className: 'when' }, c, pick));
      break;
    }
    default:
      one(...twice(make('input', { value: f.value ?? '', autocomplete: 'off' })));
  }
  return d;
}

const twice = (c) => [c, c]; // the control, and what is drawn: here the same

export function openForm(f, column, send) {
  return ask(f, column.names, column.people(), column.rooms(), send);
}

// sure asks a question before something is done.
export async function sure(question, label, danger) {
  return (await ask({ title: question, fields: [], submit: label, cancel: 'Never mind', danger }, {}, [], [], () => null)) !== null;
}

export function addPerson(platforms, send) {
  return ask({ title: 'Add a person', submit: 'Add', fields: [
    { name: 'name', label: 'Name', kind: 'text', max: 80 },
    { name: 'platform', label: 'On', kind: 'select', value: platforms[0]?.id, options: platforms.map((p) => ({ label: p.name, value: p.id })) },
    { name: 'organiser', label: 'An organiser', kind: 'bool', hint: 'Marked as one here. What organisers may do, the bot decides from its own settings.' },
  ] }, {}, [], [], send);
}
