"use strict";
// A person whose camera is one colour and whose microphone is one tone, so that a test can tell who is seen and heard.
const asked = new URLSearchParams(location.hash.slice(1));
const EVENTS = [
  "room.joined", "room.started", "room.updated", "room.ended", "room.left", "room.audienceCount", "member.joined", "member.left",
  "member.updated", "member.talking", "member.promoted", "member.demoted", "memberList.updated", "layout.changed",
  "recording.started", "recording.updated", "recording.ended", "playback.started", "playback.updated", "playback.ended",
  "stream.started", "stream.ended", "media.connected", "media.disconnected", "camera.updated", "camera.disconnected",
  "microphone.updated", "microphone.disconnected", "speaker.updated",
];
const seen = [];
let session = null;
let ears = null;

function camera() {
  const canvas = document.createElement("canvas");
  canvas.width = 640;
  canvas.height = 360;
  const paint = canvas.getContext("2d");
  let turn = 0;
  setInterval(() => {
    paint.fillStyle = asked.get("colour");
    paint.fillRect(0, 0, 640, 360);
    paint.fillStyle = "#ffffff";
    paint.fillRect((turn += 8) % 640, 0, 8, 8);
  }, 100);
  return canvas.captureStream(10).getVideoTracks()[0];
}

function microphone() {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const out = context.createMediaStreamDestination();
  const volume = context.createGain();
  volume.gain.value = 0.3;
  tone.frequency.value = Number(asked.get("pitch"));
  tone.connect(volume).connect(out);
  tone.start();
  return out.stream.getAudioTracks()[0];
}

const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  (await real(wanted)).getTracks().forEach((track) => track.stop());
  return new MediaStream([...(wanted.audio ? [microphone()] : []), ...(wanted.video ? [camera()] : [])]);
};

async function joined() {
  session = new SignalWire.Video.RoomSession({
    token: asked.get("token"), rootElement: document.getElementById("root"), logLevel: "error",
  });
  for (const name of EVENTS) session.on(name, (told) => seen.push([name, told]));
  await session.join();
}

// What came of a call: its result, or the code that it was refused with.
function tried(promise) {
  return promise.then((result) => ({done: true, result: result ?? null}), (error) => ({done: false, code: String(error.code ?? error)}));
}

async function device(kind) {
  return (await navigator.mediaDevices.enumerateDevices()).find((one) => one.kind === kind && one.deviceId !== "default").deviceId;
}

function names() {
  return seen.map(([name]) => name);
}

function watch() {
  const video = document.getElementById("watch") || Object.assign(document.createElement("video"), {id: "watch", muted: true});
  if (!video.isConnected) document.body.append(video);
  if (video.srcObject !== session.remoteStream) {
    video.srcObject = session.remoteStream;
    video.play().catch(() => undefined);
  }
  return video;
}

// The colour in the middle of a member's tile in the composite that this page receives, as [red, green, blue].
function colourOf(memberId) {
  const layouts = seen.filter(([name]) => name === "layout.changed");
  const layer = layouts.at(-1)[1].layout.layers.find((one) => one.member_id === memberId);
  const video = watch();
  if (!layer || !video.videoWidth) return null;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const paint = canvas.getContext("2d");
  paint.drawImage(video, 0, 0);
  const x = Math.floor((layer.x + layer.width / 2) * canvas.width / 100);
  const y = Math.floor((layer.y + layer.height / 2) * canvas.height / 100);
  return [...paint.getImageData(x, y, 1, 1).data].slice(0, 3);
}

function isColour(memberId, wanted) {
  const found = colourOf(memberId);
  return found !== null && found.every((level, channel) => Math.abs(level - wanted[channel]) < 60);
}

// How loud a pitch is in what this page receives, in decibels.
function loudness(pitch) {
  if (ears === null || ears.stream !== session.remoteStream) {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(session.remoteStream).connect(analyser);
    ears = {stream: session.remoteStream, context, analyser};
  }
  const levels = new Float32Array(ears.analyser.frequencyBinCount);
  ears.analyser.getFloatFrequencyData(levels);
  const bin = Math.round(pitch * ears.analyser.fftSize / ears.context.sampleRate);
  return Math.max(...levels.slice(bin - 2, bin + 3));
}
