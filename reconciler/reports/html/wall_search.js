(() => {
  'use strict';
  const form = document.getElementById('tools');
  if (!form) return;
  const search = document.getElementById('search');
  const found = document.getElementById('found');
  const nothing = document.getElementById('nothing');
  const cards = [...document.querySelectorAll('.card')];
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const live = form.elements.live.checked;
    let shown = 0;
    for (const card of cards) {
      const text = card.textContent.toLowerCase();
      const fit = (!live || card.dataset.live === 'yes') && words.every(word => text.includes(word));
      if (card.hidden === fit) card.hidden = !fit;
      if (fit) shown += 1;
    }
    nothing.hidden = shown > 0;
    const text = shown === cards.length ? `${shown} rooms` : `${shown} of ${cards.length} rooms`;
    if (found.textContent !== text) found.textContent = text;
  };
  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(apply, 60); };
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('input', soon);
  document.addEventListener('refreshed', apply);  // the served page has new states and sessions
  document.addEventListener('keydown', event => {
    const typing = event.target.closest('input, select, textarea');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); search.focus(); }
    if (event.key === 'Escape' && form.contains(event.target)) { form.reset(); apply(); }
  });
  form.hidden = false;
  apply();
})();
