// The vendor's server-side SDK: listens to rooms, asks who is in them, and mutes. Each line that it prints is a JSON array.
import {SignalWire} from "@signalwire/realtime-api";

const say = (...words) => process.stdout.write(`${JSON.stringify(words)}\n`);
const [host] = process.argv.slice(2);
const client = await SignalWire({project: "p", token: "t", host});

await client.video.listen({
  onRoomStarted: async (room) => {
    say("room.started", room.name);
    await room.listen({
      onMemberJoined: async (member) => {
        say("member.joined", member.name);
        if (member.name !== "Bob") return;
        await room.audioMute({memberId: member.id});
        const {members} = await room.getMembers();
        say("members", ...members.map((one) => one.name).sort());
      },
      onMemberLeft: (member) => say("member.left", member.name),
      onMemberUpdated: (member) => say("member.updated", member.id),
      onRoomUpdated: (updated) => say("room.updated", updated.locked),
      onLayoutChanged: (told) => say("layout.changed", (told.layout ?? told).name),
    });
    const {roomSessions} = await client.video.getRoomSessions();
    say("rooms", ...roomSessions.map((one) => one.name));
    say("listening");
  },
  onRoomEnded: (room) => say("room.ended", room.name),
});
say("connected");
