"use strict";
const TWICE_A_MINUTE = 30_000;
const $ = (id) => document.getElementById(id);
let call = null;
let joinable = false;

function say(words) {
  $("status").textContent = words;
}

async function picture(place, path, title) {
  const answer = await fetch(path, {cache: "no-store"});
  if (!answer.ok) return;
  const before = place.querySelector("img");
  const image = before || place.replaceChildren(document.createElement("img")) || place.querySelector("img");
  const old = image.src;
  image.alt = `What is going on in ${title}`;
  image.src = URL.createObjectURL(await answer.blob());
  await image.decode().catch(() => undefined);
  if (old.startsWith("blob:")) URL.revokeObjectURL(old);
}

function card(room) {
  const known = document.querySelector(`[data-room="${CSS.escape(room.name)}"]`);
  if (known) return known;
  const made = $("room").content.firstElementChild.cloneNode(true);
  made.dataset.room = room.name;
  made.querySelector("h2").textContent = room.title;
  for (const role of room.roles) {
    const button = document.createElement("button");
    button.textContent = `Join as ${role}`;
    button.addEventListener("click", () => join(room, role));
    made.querySelector(".joins").append(button);
  }
  $("rooms").append(made);
  return made;
}

function show(room) {
  const place = card(room);
  const inside = room.members === null ? "nobody is in it" : `${room.members} inside`;
  place.querySelector(".about").textContent = `${inside}; ${room.standing}`;
  const seen = place.querySelector(".seen");
  if (room.picture) picture(seen, room.picture, room.title).catch(() => undefined);
  else seen.textContent = room.note || "no preview";
}

function list(layouts, choose) {
  $("layouts").replaceChildren(...layouts.map((layout) => {
    const item = document.createElement("li");
    if (choose) {
      const button = document.createElement("button");
      button.textContent = layout;
      button.addEventListener("click", () => choose(layout));
      item.append(button);
    } else {
      item.textContent = layout;
    }
    return item;
  }));
}

async function look() {
  try {
    const answer = await fetch("/rooms.json", {cache: "no-store"});
    const seen = await answer.json();
    if (!answer.ok) throw new Error(seen.error);
    joinable = seen.joinable;
    seen.rooms.forEach(show);
    if (call) return;
    list(seen.layouts);
    say(window.SignalWire ? "Choose a room." : "The vendor's SDK is not here: run npm ci in the folder of this demo, and reload.");
  } catch (error) {
    say(error.message || "The server of this page does not answer.");
  }
}

async function token(room, role) {
  const body = JSON.stringify({room: room.name, role, user: $("user").value});
  const answer = await fetch("/token", {method: "POST", headers: {"Content-Type": "application/json"}, body});
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said.token;
}

async function join(room, role) {
  if (!$("who").reportValidity()) return;
  try {
    await leave();
    say(`Joining ${room.title}…`);
    const mine = await token(room, role);
    if (!joinable) {
      say(`The relay made a token for ${room.title} as ${role}. The local Space is no video server: in a real one you would be in now.`);
      return;
    }
    const session = new window.SignalWire.Video.RoomSession({token: mine, rootElement: $("stage")});
    session.on("layout.changed", ({layout}) => say(`In ${room.title} as ${role}; layout ${layout.name}.`));
    await session.join();
    call = session;
    $("call").hidden = false;
    say(`In ${room.title} as ${role}.`);
    await offerLayouts(session, role);
  } catch (error) {
    say(`Could not join: ${error.message || error}`);
  }
}

async function offerLayouts(session, role) {
  const {layouts} = await session.getLayouts().catch(() => ({layouts: []}));
  if (layouts.length) list(layouts, role === "host" ? (name) => session.setLayout({name}) : null);
}

async function leave() {
  const session = call;
  call = null;
  $("call").hidden = true;
  if (session) await session.leave();
}

$("who").addEventListener("submit", (event) => event.preventDefault());
$("leave").addEventListener("click", () => leave().then(look));
look();
setInterval(look, TWICE_A_MINUTE);
