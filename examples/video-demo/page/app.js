"use strict";
const TWICE_A_MINUTE = 30_000;
const $ = (id) => document.getElementById(id);
const OWN = {microphone: ["audioMute", "audioUnmute"], camera: ["videoMute", "videoUnmute"]};
let call = null;
let rooms = [];

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
  const inside = room.members === null ? "empty" : `${room.members} inside`;
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
    rooms = seen.rooms;
    rooms.forEach(show);
    for (const role of ["host", "guest"]) $(`try-${role}`).disabled = !rooms.some((room) => room.name === "lounge");
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
    const session = new window.SignalWire.Video.RoomSession({token: await token(room, role), rootElement: $("stage")});
    session.on("layout.changed", ({layout}) => say(`In ${room.title} as ${role}; layout ${layout.name}.`));
    for (const change of ["member.joined", "member.left"]) session.on(change, () => people(session));
    session.on("room.left", () => { if (call === session) leave().then(look); });
    await session.join();
    call = session;
    $("call").hidden = false;
    say(`In ${room.title} as ${role}.`);
    await Promise.all([offerLayouts(session, role), people(session)]);
  } catch (error) {
    say(`Could not join: ${error.message || error}`);
  }
}

async function offerLayouts(session, role) {
  const {layouts} = await session.getLayouts().catch(() => ({layouts: []}));
  if (layouts.length) list(layouts, role === "host" ? (name) => session.setLayout({name}) : null);
}

async function people(session) {
  const {members} = await session.getMembers().catch(() => ({members: []}));
  $("people").textContent = members.map((member) => member.name).join(", ");
}

async function turn(button) {
  const off = button.getAttribute("aria-pressed") === "true";
  const [mute, unmute] = OWN[button.id];
  try {
    await call[off ? unmute : mute]();
    button.setAttribute("aria-pressed", String(!off));
  } catch (error) {
    say(`That is not allowed: ${error.message || error}`);
  }
}

async function leave() {
  const session = call;
  call = null;
  $("call").hidden = true;
  for (const name of Object.keys(OWN)) $(name).setAttribute("aria-pressed", "false");
  if (session) await session.leave().catch(() => undefined);
}

// The address says whom a second tab is to join as.
async function start() {
  await look();
  const asked = new URLSearchParams(location.search);
  const room = rooms.find((one) => one.name === asked.get("join"));
  if (asked.has("user")) $("user").value = asked.get("user");
  if (room) await join(room, asked.get("role"));
}

$("who").addEventListener("submit", (event) => event.preventDefault());
$("leave").addEventListener("click", () => leave().then(look));
for (const name of Object.keys(OWN)) $(name).addEventListener("click", (event) => turn(event.currentTarget));
$("try-host").addEventListener("click", () => join(rooms.find((room) => room.name === "lounge"), "host"));
$("try-guest").addEventListener("click", () => window.open("/?join=lounge&role=guest&user=Bob", "_blank", "noopener"));
start();
setInterval(look, TWICE_A_MINUTE);
