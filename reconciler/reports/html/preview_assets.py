"""The style, the script and the icon of the wall of previews."""

ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#044ef4"/>
<path d="M3 5h7v6H3zm8 2 2-2v6l-2-2z" fill="#fff"/></svg>
"""

STYLE = """
:root { color-scheme: light dark; --line: #c9ced6; --quiet: #56606e; --card: #ffffff; --page: #f2f4f7; --ink: #16191f;
  --good: #11693a; --warn: #8a4b00; --bad: #b3122f; --take: #6b2fa0; }
@media (prefers-color-scheme: dark) { :root { --line: #3a414c; --quiet: #a3adba; --card: #1b1f26; --page: #111418; --ink: #eef1f5;
  --good: #5fd394; --warn: #ffb860; --bad: #ff8095; --take: #cda2f5; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
main { max-width: 90rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: .6rem 0 0; overflow-wrap: anywhere; }
p { margin: .15rem 0; }
.wall { list-style: none; margin: 1.2rem 0 0; padding: 0; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .75rem; break-inside: avoid; }
.card img { display: block; width: 100%; height: auto; aspect-ratio: 16 / 9; object-fit: contain; background: #000; border-radius: .35rem; }
.blank { box-sizing: border-box; width: 100%; display: grid; place-items: center; aspect-ratio: 16 / 9; margin: 0;
  padding: 0 1rem; text-align: center; color: var(--quiet);
  border: 1px dashed var(--line); border-radius: .35rem; overflow-wrap: anywhere; }
.address, .session { color: var(--quiet); overflow-wrap: anywhere; }
.standing { font-weight: 600; overflow-wrap: anywhere; }
.in-sync { color: var(--good); } .drifted { color: var(--warn); } .missing { color: var(--bad); } .not-managed { color: var(--take); }
.trouble { color: var(--bad); font-weight: 600; }
"""

# The picture's address never changes; its content does. A fetch that bypasses every cache sees the new one, where giving an
# <img> the address that it has already may show the old one for ever.
SCRIPT = """"use strict";
const every = Number(document.body.dataset.seconds) * 1000;
const part = (card, name) => card.querySelector(`[data-part="${name}"]`);

async function refresh(image, address) {
  const answer = await fetch(address, {cache: "no-store"});
  if (!answer.ok) return;
  const before = image.src;
  image.src = URL.createObjectURL(await answer.blob());
  await image.decode().catch(() => undefined);
  if (before.startsWith("blob:")) URL.revokeObjectURL(before);
}

function put(card, room) {
  const shown = part(card, "picture");
  if (room.picture && !shown) {
    const image = document.createElement("img");
    Object.assign(image, {width: 320, height: 180, src: room.picture, alt: `What is going on in ${room.address}`});
    image.dataset.part = "picture";
    part(card, "blank").replaceWith(image);
  } else if (room.picture) {
    refresh(shown, room.picture).catch(() => undefined);
  } else {
    const blank = document.createElement("p");
    blank.className = "blank";
    blank.dataset.part = "blank";
    blank.textContent = room.note || "no picture";
    (shown || part(card, "blank")).replaceWith(blank);
  }
  const standing = part(card, "standing");
  standing.textContent = room.standing;
  standing.className = `standing ${room.kind}`;
  part(card, "session").textContent = room.session;
}

async function look() {
  const status = document.querySelector('[data-part="counts"]');
  try {
    const answer = await fetch("/rooms.json", {cache: "no-store"});
    const seen = await answer.json();
    const cards = new Map([...document.querySelectorAll("[data-address]")].map((card) => [card.dataset.address, card]));
    for (const room of seen.rooms) if (cards.has(room.address)) put(cards.get(room.address), room);
    status.textContent = seen.trouble || seen.counts;
    status.className = seen.trouble ? "trouble" : "";
  } catch {
    status.textContent = "The server of this page does not answer; what is shown is old.";
    status.className = "trouble";
  }
}

setInterval(look, every);
"""
