// The community's React package: a call, its members and its preview.
import {createElement as h, useState} from "react";
import {createRoot} from "react-dom/client";
import {RoomPreview, Video, useMembers} from "@signalwire-community/react";

const asked = new URLSearchParams(location.hash.slice(1));

function Names({session}) {
  const {members} = useMembers(session);
  return h("p", {id: "names"}, members.map((member) => member.name).join(", "));
}

function App() {
  const [session, setSession] = useState(null);
  const [preview, setPreview] = useState(null);
  return h("main", null,
    h(Video, {token: asked.get("token"), onRoomReady: setSession, onRoomJoined: (told) => setPreview(told.room_session.preview_url)}),
    session && h(Names, {session}),
    preview && h("div", {id: "preview"}, h(RoomPreview, {previewUrl: preview})));
}

createRoot(document.getElementById("app")).render(h(App));
