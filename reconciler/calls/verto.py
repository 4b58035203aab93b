"""Verto messages inside the signalling: invites, media changes, digits, the end of a
call.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.calls.clients import Client, Leg
from reconciler.calls.entrance import enter
from reconciler.calls.hub import Hub
from reconciler.calls.room.model import Refused

_REJECT_ALL = "825"
_HOLDS = {"hold": "held", "unhold": "active", "toggleHold": "active"}


class Verto:
    """One message about a call; ``answer`` sends the result of it."""

    def __init__(
        self, hub: Hub, client: Client, answer: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self._hub = hub
        self._client = client
        self._answer = answer

    def receive(self, method: str, params: Mapping[str, Any]) -> None:
        """Carry out the message. Refused holds the reason if it is not done."""
        dialog = params.get("dialogParams")
        known = dialog if isinstance(dialog, dict) else params
        call_id = str(known.get("callID") or params.get("callID") or "")
        if method == "verto.invite":
            self._invite(call_id, known, params)
        elif method == "verto.modify":
            self._modify(call_id, params)
        elif method == "verto.bye":
            self._bye(call_id, params)
        elif method == "verto.info":
            self._answer({"callID": call_id, "message": "SENT"})
        else:
            self._answer({"callID": call_id, "method": method})

    def _invite(self, call_id: str, dialog: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        with self._hub.lock:
            leg = enter(self._hub, self._client, dialog)
            source = self._hub.source(leg)
            if leg.child:
                self._lay_out(leg, params)
        self._answer(
            {"message": "CALL CREATED", "callID": call_id, "sessid": self._client.protocol}
        )
        # Media takes its time; nobody else waits for it.
        try:
            sdp = self._hub.studio.answer(source, str(params.get("sdp") or ""))
        except ValueError:
            with self._hub.lock:
                self._client.call(
                    "verto.bye",
                    {"callID": call_id, "cause": "INCOMPATIBLE_DESTINATION", "causeCode": "88"},
                )
                self._hub.leave(self._client, call_id)
            return
        with self._hub.lock:
            self._hub.activate(self._client, leg, sdp)

    def _lay_out(self, leg: Leg, params: Mapping[str, Any]) -> None:
        """The layout that a screen asks for, if the person may set one."""
        asked = {
            "room_session_id": leg.session_id,
            "name": params.get("layout"),
            "positions": params.get("positions"),
        }
        if asked["name"]:
            try:
                self._hub.perform(self._client, "video.set_layout", asked)
            except Refused:
                return

    def _modify(self, call_id: str, params: Mapping[str, Any]) -> None:
        action = str(params.get("action"))
        with self._hub.lock:
            leg = self._client.legs.get(call_id)
            if leg is None:
                raise Refused("404", "There is no such call")
            source = self._hub.source(leg)
        if action != "updateMedia":
            self._answer(
                {"action": action, "callID": call_id, "holdState": _HOLDS.get(action, "active")}
            )
            return
        try:
            sdp = self._hub.studio.answer(source, str(params.get("sdp") or ""))
        except ValueError as error:
            raise Refused("422", "the offer cannot be read") from error
        self._answer({"action": action, "callID": call_id, "sdp": sdp})

    def _bye(self, call_id: str, params: Mapping[str, Any]) -> None:
        with self._hub.lock:
            everybody = str(params.get("causeCode")) == _REJECT_ALL
            self._hub.leave(self._client, call_id, all_of_them=everybody)
        self._answer(
            {
                "callID": call_id,
                "message": "CALL ENDED",
                "cause": params.get("cause", "NORMAL_CLEARING"),
                "causeCode": params.get("causeCode", "16"),
            }
        )
