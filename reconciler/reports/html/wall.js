"use strict";
const every = Number(document.body.dataset.seconds) * 1000;
const part = (card, name) => card.querySelector(`[data-part="${name}"]`);

// A picture keeps its address while its content changes. A fetch past every cache gets the new
// content; setting the same address again may show the old picture permanently.
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
    Object.assign(image, {width: 320, height: 180, src: room.picture, alt: `Thumbnail of the session in ${room.address}`});
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
  card.dataset.live = room.live;
}

async function look() {
  const status = document.querySelector('[data-part="counts"]');
  try {
    const answer = await fetch("/rooms.json", {cache: "no-store"});
    const seen = await answer.json();
    const cards = new Map([...document.querySelectorAll("[data-address]")].map((card) => [card.dataset.address, card]));
    for (const room of seen.rooms) if (cards.has(room.address)) put(cards.get(room.address), room);
    document.dispatchEvent(new Event("refreshed"));
    status.textContent = seen.trouble || seen.counts;
    status.className = seen.trouble ? "trouble" : "";
  } catch {
    status.textContent = "The server of this page does not answer; what is shown is old.";
    status.className = "trouble";
  }
}

setInterval(look, every);
