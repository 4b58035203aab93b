"""The rooms that are measured: as manifests, as the Space would answer them, and as the state would record them."""

import json
import uuid
from pathlib import Path

LAYOUTS = ("3x3", "highlight-1-responsive", "5x5")
SHARE_OF_A_FILE = 10_000  # rooms; a file holds at most a million values


def fields(number, *, edition=0):
    """What is declared of room ``number``; another ``edition`` differs in two fields."""
    return {
        "display_name": f"Room {number}" + (f", edition {edition}" if edition else ""),
        "description": f"The room number {number}",
        "max_members": 10 + (number + edition) % 200,
        "quality": "720p",
        "layout": LAYOUTS[number % 3],
        "enable_room_previews": True,
    }


def name(number):
    """The name of room ``number``."""
    return f"room-{number:06d}"


def identifier(number):
    """The id of room ``number``: the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name(number)))


def manifest(number, *, edition=0):
    """The manifest of room ``number``."""
    spec = "".join(
        f"  {key}: {str(value).lower() if isinstance(value, bool) else value}\n"
        for key, value in fields(number).items()
    )
    if edition:
        spec = "".join(
            f"  {key}: {json.dumps(value)}\n"
            for key, value in fields(number, edition=edition).items()
        )
    head = f"---\napiVersion: reconciler.dev/v1\nkind: Room\nmetadata:\n  name: {name(number)}\n  labels: {{team: t{number % 7}}}\n"
    return f"{head}spec:\n{spec}"


def write_manifests(folder, size, *, changed=0):
    """The manifests of ``size`` rooms below ``folder``, ten thousand to a file; the first ``changed`` are of another edition."""
    folder.mkdir(parents=True)
    for start in range(0, size, SHARE_OF_A_FILE):
        numbers = range(start, min(size, start + SHARE_OF_A_FILE))
        text = "".join(manifest(number, edition=int(number < changed)) for number in numbers)
        (folder / f"rooms-{start:06d}.yaml").write_text(text)


def answer(number):
    """Room ``number`` as the Space answers it."""
    moment = "2026-01-01T00:00:00.000000Z"
    others = (
        "join_from",
        "join_until",
        "remove_at",
        "remove_after_seconds_elapsed",
        "meta",
        "sync_audio_video",
    )
    switches = (
        "record_on_start",
        "tone_on_entry_and_exit",
        "room_join_video_off",
        "user_join_video_off",
        "prioritize_handraise",
    )
    return {
        "id": identifier(number),
        "name": name(number),
        **fields(number),
        **dict.fromkeys(others),
        **dict.fromkeys(switches, False),
        "fps": 20,
        "created_at": moment,
        "updated_at": moment,
    }


def write_state(folder, size, space, project):
    """The state of a project in ``folder`` that has made ``size`` rooms in ``space``."""
    from reconciler.core.resources import (  # noqa: PLC0415
        Address,  # in a process of its own
        Applied,  # in a process of its own
    )
    from reconciler.state.backends.local import LocalState  # noqa: PLC0415
    from reconciler.state.record import new_state  # noqa: PLC0415

    records = [
        Applied(Address("Room", name(number)), identifier(number), fields(number))
        for number in range(size)
    ]
    store = LocalState(
        Path(folder) / ".reconciler" / f"{space.replace(':', '_')}.state.json",
        space=space,
        project=project,
    )
    state = new_state(space, project)
    store.write(state.with_entries(*(_entry(record) for record in records)))


def _entry(record):
    from reconciler.state.record import Entry  # noqa: PLC0415

    return Entry(record)
