"""Facts of the published document that the schemas of the kinds do not hold."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.named_tuple import NamedTuple

# A POST answers 200, except for these.
CREATED: Mapping[str, int] = {"/rooms/{id}/streams": 201}

# Collections whose create can omit the name; a name is then made from this field.
NAMED_AFTER: Mapping[str, str] = {"/conferences": "display_name"}

# Field that keeps the requested name if the resource is created under another one.
TITLE = "display_name"

# Type of a kind's sessions in the logs.
LOG_TYPES: Mapping[str, str] = {"/conferences": "video_conference_session"}
LOG_TYPE = "video_room_session"


class TokenFamily(NamedTuple):
    """Tokens of each resource of a collection: names, and paths to list, read and reset them."""

    list: str
    item: str
    reset: str
    names: tuple[str, ...]


TOKENS: Mapping[str, TokenFamily] = {
    "/conferences": TokenFamily(
        list="/conferences/{id}/conference_tokens",
        item="/conference_tokens/{id}",
        reset="/conference_tokens/{id}/reset",
        names=("moderator", "guest"),
    )
}

# Fields of a token's POST besides the fields of its kind.
TOKEN_SUBJECTS: Mapping[str, Mapping[str, Any]] = {
    "/room_tokens": {
        "room_name": {"type": "string", "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$"},
        "user_name": {"type": "string", "maxLength": 100},
    }
}
TOKEN_REQUIRED: Mapping[str, tuple[str, ...]] = {"/room_tokens": ("room_name",)}

# Claims of a room token: the service's short names where known, else the field's own.
CLAIMS: Mapping[str, str] = {
    "user_name": "u",
    "room_name": "r",
    "permissions": "s",
    "auto_create_room": "acr",
    "join_from": "jf",
    "join_until": "ju",
    "remove_at": "rat",
    "remove_after_seconds_elapsed": "rse",
    "join_as": "ja",
}
# Tokens of the first collection admit to resources of the second, and may create them.
JOINED: Mapping[str, str] = {"/room_tokens": "/rooms"}

# Fields that a session copies from its room or conference, and their values without one.
INHERITED: Mapping[str, Any] = {
    "display_name": None,
    "max_members": None,
    "quality": "720p",
    "fps": 20,
    "join_from": None,
    "join_until": None,
    "remove_at": None,
    "remove_after_seconds_elapsed": None,
    "layout": "grid-responsive",
    "record_on_start": False,
    "tone_on_entry_and_exit": False,
    "room_join_video_off": False,
    "user_join_video_off": False,
    "prioritize_handraise": False,
    "sync_audio_video": None,
    "enable_room_previews": False,
}
SESSION_START: Mapping[str, Any] = {
    "locked": False,
    "end_time": None,
    "duration": None,
    "status": "in-progress",
    "cost_in_dollars": 0.0,
    "locked_cover": "",
}
LISTED_ONLY = ("cost_in_dollars", "enable_room_previews", "locked_cover")
ACTIVE_SESSION = (
    "id",
    "room_id",
    "name",
    "display_name",
    "join_from",
    "join_until",
    "remove_at",
    "remove_after_seconds_elapsed",
    "layout",
    "max_members",
    "fps",
    "quality",
    "start_time",
    "end_time",
    "duration",
    "status",
    "record_on_start",
    "enable_room_previews",
    "preview_url",
)
INSTANTS = frozenset(
    {
        *(
            "join_from",
            "join_until",
            "remove_at",
            "start_time",
            "end_time",
            "join_time",
            "leave_time",
        ),
        *("started_at", "ended_at", "finished_at", "created_at", "updated_at"),
    }
)
