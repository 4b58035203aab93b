// Tables and blocks that scroll can be reached by keyboard, and each group of buttons has a name of its own.
function label() {
  document.querySelectorAll(".md-typeset__scrollwrap").forEach((wrap) => {
    wrap.tabIndex = 0;
    wrap.setAttribute("role", "group");
    wrap.setAttribute("aria-label", "Table");
  });
  document.querySelectorAll(".md-code__nav").forEach((nav, index) => nav.setAttribute("aria-label", `Code block ${index + 1}`));
}
new MutationObserver(label).observe(document.body, { childList: true, subtree: true });
label();
