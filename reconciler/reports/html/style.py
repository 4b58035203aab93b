"""The look of every page: one sheet, light and dark, for screens and for paper. Colour never says anything alone."""

STYLE = r"""
:root {
  color-scheme: light dark;
  --page: #f7f8fa; --card: #ffffff; --ink: #14171f; --soft: #565d6d; --line: #e1e4ea; --well: #f1f3f6;
  --accent: #3a4fd0; --focus: #3a4fd0;
  --add: #11753c; --add-well: #e5f5ea; --remove: #b3261e; --remove-well: #fdecea;
  --change: #8a5300; --change-well: #fdf1dc; --move: #0f6a85; --move-well: #e2f3f8; --take: #6b3fa8; --take-well: #f1eafa;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Segoe UI Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1116; --card: #161a21; --ink: #e8ebf1; --soft: #9aa3b4; --line: #2a303b; --well: #1d222b;
    --accent: #9db0ff; --focus: #9db0ff;
    --add: #62d491; --add-well: #11301e; --remove: #ff9d95; --remove-well: #3b1917;
    --change: #f0bd6a; --change-well: #35270f; --move: #6fd0ec; --move-well: #0f2e39; --take: #c9a8ff; --take-well: #2b1f42;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 7.75rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 var(--sans);
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
.wide { max-width: 68rem; margin: 0 auto; padding: 0 1.5rem; }
h1, h2, h3, p, ul, figure, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.015em; font-weight: 650; text-wrap: balance; }
h2 { font-size: 1.0625rem; letter-spacing: -0.005em; font-weight: 650; }
h3 { font: 600 0.9375rem/1.4 var(--mono); letter-spacing: -0.01em; }
a { color: var(--accent); text-underline-offset: 0.2em; }
code, .mono { font: 0.8125rem/1.5 var(--mono); letter-spacing: -0.01em; unicode-bidi: isolate; white-space: pre-wrap; }
bdi { unicode-bidi: isolate; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.unseen:not(:focus):not(:active) {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.skip {
  position: absolute; left: 1rem; top: 0.75rem; z-index: 9; padding: 0.5rem 0.875rem; background: var(--card);
  border-radius: 6px;
}
.symbols { position: absolute; }

header { padding: 2.75rem 0 1.75rem; }
.eyebrow { color: var(--soft); font-size: 0.8125rem; margin-bottom: 0.5rem; }
.eyebrow b { color: var(--ink); font-weight: 600; }
.facts { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin-top: 0.75rem; color: var(--soft); font-size: 0.875rem; }
.counts { display: flex; flex-wrap: wrap; gap: 0.625rem; margin-top: 1.5rem; }
.count {
  display: block; min-width: 7.25rem; padding: 0.75rem 1rem 0.6875rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; text-decoration: none; color: var(--soft); font-size: 0.8125rem; line-height: 1.35;
}
.count b { display: flex; align-items: center; gap: 0.5rem; font-size: 1.5rem; font-weight: 600; color: var(--ink); line-height: 1.3; }
a.count:hover { border-color: currentColor; }
.sign {
  display: inline-grid; place-items: center; flex: none; width: 1.375rem; height: 1.375rem; border-radius: 6px;
  font: 700 0.875rem/1 var(--mono); color: var(--ink); background: var(--well);
}
.create .sign { color: var(--add); background: var(--add-well); }
.delete .sign { color: var(--remove); background: var(--remove-well); }
.update .sign { color: var(--change); background: var(--change-well); }
.rename .sign { color: var(--move); background: var(--move-well); }
.adopt .sign { color: var(--take); background: var(--take-well); }

.panel { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.125rem 1.25rem; margin-bottom: 1rem; }
.panel h2 + * { margin-top: 0.625rem; }
.panel.notes { padding: 0 1.25rem; margin-bottom: 0.5rem; }
.panel li { padding: 0.25rem 0; }
.panel li + li { border-top: 1px solid var(--line); }
.refused { border-color: var(--remove); border-left-width: 4px; }
.consent { display: block; color: var(--soft); font-size: 0.8125rem; }
.notes { color: var(--soft); font-size: 0.875rem; }
.notes ul { columns: 18rem; margin-top: 0.5rem; }

.tools {
  position: sticky; top: 0; z-index: 5; background: color-mix(in srgb, var(--page) 94%, transparent);
  border-bottom: 1px solid var(--line); padding: 0.75rem 0; backdrop-filter: blur(6px);
}
.tools .wide { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
.tools .wide + .wide { margin-top: 0.5rem; }
.tools input[type=search], .tools select, button {
  font: 0.875rem/1.3 var(--sans); color: var(--ink); background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: 0.4375rem 0.75rem;
}
.tools input[type=search] { flex: 1 1 14rem; min-width: 9rem; border-color: var(--soft); }
button { cursor: pointer; }
button:hover { border-color: var(--soft); }
.tools fieldset { display: flex; flex-wrap: wrap; gap: 0.375rem; border: 0; margin: 0; padding: 0; }
.chip {
  display: inline-flex; gap: 0.375rem; align-items: center; padding: 0.3125rem 0.625rem; font-size: 0.8125rem; cursor: pointer;
  border: 1px solid var(--line); border-radius: 8px; background: var(--card);
}
.chip input { margin: 0; accent-color: var(--accent); }
.found { color: var(--soft); font-size: 0.8125rem; margin: 0 0.5rem; min-width: 7rem; text-align: right; }

main { margin-top: 1.75rem; }
section.part { margin-bottom: 2.5rem; }
.part > h2 { display: flex; gap: 0.5rem; align-items: baseline; margin-bottom: 0.75rem; }
.part > h2 small { color: var(--soft); font-weight: 400; font-size: 0.875rem; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; margin-bottom: 0.875rem; overflow: hidden;
}
.many .card { content-visibility: auto; contain-intrinsic-size: auto 12rem; }
.card > * { padding-left: 1.25rem; padding-right: 1.25rem; }
.top { display: flex; flex-wrap: wrap; gap: 0.375rem 0.75rem; align-items: center; padding-top: 0.875rem; padding-bottom: 0.8125rem; }
.top h3 { flex: 0 1 auto; }
.kind { color: var(--soft); font-weight: 400; }
.words { color: var(--soft); font-size: 0.8125rem; }
.id { color: var(--soft); font-size: 0.75rem; margin-left: auto; }
.badge {
  display: inline-flex; align-items: center; gap: 0.375rem; padding: 0.0625rem 0.5rem; border-radius: 999px;
  font-size: 0.75rem; line-height: 1.6;
  border: 1px solid var(--line); color: var(--soft);
}
.badge.live { color: var(--remove); border-color: currentColor; font-weight: 600; }
.badge.drift, .badge.conflict { color: var(--change); border-color: currentColor; }
.badge.conflict { font-weight: 700; }
.badge a { color: inherit; }

table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
.changes table { table-layout: fixed; min-width: 40rem; }
.changes { border-top: 1px solid var(--line); padding: 0 !important; overflow-x: auto; }
.changes th, .changes td { padding: 0.5625rem 0.625rem; text-align: left; vertical-align: top; }
.changes th:first-child { padding-left: 1.25rem; }
.changes td:last-child, .changes th:last-child { padding-right: 1.25rem; }
.changes thead th {
  font-weight: 500; font-size: 0.75rem; color: var(--soft); padding-top: 0.5rem; padding-bottom: 0.1875rem;
  white-space: nowrap;
}
.changes tbody tr + tr { border-top: 1px solid var(--line); }
.changes tbody th { font: 500 0.8125rem/1.5 var(--mono); }
.field { width: 20%; }
.side { width: 26%; }
.both { width: 54%; }
.why { width: 6.25rem; }
.place { color: var(--soft); font-size: 0.8125rem; }
.place small { display: block; font-size: 0.75rem; }
.value {
  display: inline; padding: 0.0625rem 0.3125rem; border-radius: 4px; -webkit-box-decoration-break: clone;
  box-decoration-break: clone; text-decoration: none;
}
del.value { background: var(--remove-well); }
ins.value { background: var(--add-well); }
.value mark {
  background: none; color: inherit; font-weight: 700; text-decoration: underline; text-underline-offset: 0.2em;
  text-decoration-thickness: 2px;
}
del mark { text-decoration-color: var(--remove) !important; }
ins mark { text-decoration-color: var(--add) !important; }
.unset { color: var(--soft); font-style: italic; }
.swatch { width: 1em; height: 1em; vertical-align: -0.14em; margin-right: 0.375rem; }
.swatch rect { stroke: var(--soft); stroke-opacity: 0.6; }
.wireframe { display: block; width: 7rem; height: 3.9375rem; margin: 0.375rem 0 0.1875rem; }
.wireframe, .symbols { color: var(--soft); }
.screen { fill: var(--well); stroke: currentColor; stroke-opacity: 0.45; }
symbol rect:not(.screen) { fill: currentColor; fill-opacity: 0.42; }
symbol rect.lead { fill-opacity: 0.85; }
symbol rect.more { fill-opacity: 0.1; stroke: currentColor; stroke-opacity: 0.7; stroke-dasharray: 3 2; }

.palette {
  display: flex; flex-wrap: wrap; gap: 1rem 1.75rem; align-items: flex-start; border-top: 1px solid var(--line);
  padding-top: 1rem; padding-bottom: 1.125rem;
}
.screens { display: flex; flex-wrap: wrap; gap: 1rem; }
.screenshot figcaption { color: var(--soft); font-size: 0.75rem; margin-top: 0.25rem; }
.callscreen { display: block; width: 13.75rem; height: 8.625rem; }
.callscreen .edge { stroke: var(--soft); stroke-opacity: 0.5; }
.contrast { width: auto; flex: 1 1 18rem; font-size: 0.8125rem; }
.contrast th, .contrast td { text-align: left; padding: 0.1875rem 0.75rem 0.1875rem 0; font-weight: 400; white-space: nowrap; }
.contrast thead { color: var(--soft); }
.contrast tbody th { color: var(--soft); }
.low { color: var(--remove); font-weight: 600; }

.evidence {
  display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.25rem; border-top: 1px solid var(--line);
  padding-top: 0.75rem; padding-bottom: 0.875rem; font-size: 0.875rem;
}
.evidence dt { color: var(--soft); }
.evidence .inuse { font-weight: 600; color: var(--remove); }
.live-row {
  display: flex; gap: 1rem; align-items: center; border-top: 1px solid var(--line); padding-top: 0.75rem;
  padding-bottom: 0.75rem; font-size: 0.875rem;
}
.thumb { display: block; width: 12rem; height: auto; border-radius: 8px; border: 1px solid var(--line); }
.shared { border-top: 1px solid var(--line); padding-top: 0.5rem; padding-bottom: 0.625rem; color: var(--soft); font-size: 0.8125rem; }
details summary { cursor: pointer; padding-top: 0.625rem; padding-bottom: 0.625rem; color: var(--accent); font-size: 0.875rem; }
.members { border-top: 1px solid var(--line); }
.members ul { columns: 17rem; column-gap: 2rem; padding-bottom: 0.875rem; font-size: 0.8125rem; }
.members li { break-inside: avoid; padding: 0.125rem 0; }
.members small { color: var(--soft); display: block; }
.rows { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 0.375rem 1.25rem; }
.row {
  display: flex; gap: 0.75rem; padding: 0.3125rem 0; font-size: 0.8125rem; align-items: baseline;
  content-visibility: auto; contain-intrinsic-size: auto 1.75rem;
}
.row + .row { border-top: 1px solid var(--line); }
.row > code { flex: 0 1 auto; }
.nothing { padding: 2rem 0 4rem; color: var(--soft); }
footer { color: var(--soft); font-size: 0.8125rem; padding: 1.25rem 0 3rem; border-top: 1px solid var(--line); }
[hidden] { display: none !important; }

@media (max-width: 44rem) {
  .wide { padding: 0 1rem; }
  .changes thead { display: none; }
  .changes table { min-width: 0; }
  del.value::before { content: '\2212\00a0'; }
  ins.value::before { content: '+\00a0'; }
  .changes tr, .changes th, .changes td { display: block; width: auto; padding: 0.125rem 1.25rem; }
  .changes tr { padding: 0.5rem 0; }
  .id { margin-left: 0; }
  .tools { position: static; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media (forced-colors: active) { .value, .sign, .badge { border: 1px solid; } }
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --well: #f3f3f3; }
  .tools, .skip { display: none; }
  .card, .panel { break-inside: avoid; content-visibility: visible !important; }
  details::details-content { content-visibility: visible; height: auto; }
  body { font-size: 10.5pt; }
  .wide { max-width: none; padding: 0; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
