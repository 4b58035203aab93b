(() => {
  'use strict';
  const form = document.getElementById('tools');
  const items = [...document.querySelectorAll('[data-action]')];
  if (!form || !items.length) return;
  const search = document.getElementById('search');
  const found = document.getElementById('found');
  const nothing = document.getElementById('nothing');
  const parts = [...document.querySelectorAll('section.part')];
  const texts = new Map();
  const text = item => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };
  const fits = (item, words, actions, cause, live) =>
    actions.has(item.dataset.action) &&
    (!cause || item.dataset.causes.split(' ').includes(cause)) &&
    (!live || item.dataset.live === 'yes') &&
    words.every(word => text(item).includes(word));
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const actions = new Set([...form.querySelectorAll('input[name=action]:checked')].map(box => box.value));
    const cause = form.elements.cause ? form.elements.cause.value : '';
    const live = form.elements.live ? form.elements.live.checked : false;
    let shown = 0;
    for (const item of items) {
      const fit = fits(item, words, actions, cause, live);
      if (item.hidden === fit) item.hidden = !fit;
      if (fit) shown += 1;
    }
    for (const part of parts) part.hidden = !part.querySelector('[data-action]:not([hidden])');
    nothing.hidden = shown > 0;
    const entries = items.length === 1 ? '1 entry' : `${items.length} entries`;
    found.textContent = shown === items.length ? entries : `${shown} of ${entries}`;
  };
  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(apply, 60); };
  const unfold = open => document.querySelectorAll('main details').forEach(one => { one.open = open; });
  const clear = () => { form.reset(); apply(); };
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('input', soon);
  form.addEventListener('reset', () => setTimeout(apply, 0));
  document.getElementById('unfold').addEventListener('click', event => {
    const open = event.currentTarget.getAttribute('aria-pressed') !== 'true';
    event.currentTarget.setAttribute('aria-pressed', String(open));
    unfold(open);
  });
  document.addEventListener('keydown', event => {
    const typing = event.target.closest('input, select, textarea');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); search.focus(); }
    if (event.key === 'Escape' && form.contains(event.target)) clear();
  });
  addEventListener('beforeprint', () => unfold(true));
  form.hidden = false;
  apply();
})();
