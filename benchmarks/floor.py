"""The least that could be done by hand: the C loader, the list, a comparison. No schema, no state, no position, no guard."""

import sys
from pathlib import Path

import yaml

KEPT = ("display_name", "description", "max_members", "quality", "layout", "enable_room_previews")


def declared(folder):
    """The declared rooms by name."""
    found = {}
    for path in sorted(Path(folder).glob("*.yaml")):
        for document in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader):
            found[document["metadata"]["name"]] = document["spec"]
    return found


def live(space):
    """The rooms of the Space by name."""
    import httpx  # noqa: PLC0415  # the bare parse does without

    found, number = {}, 0
    with httpx.Client(base_url=f"http://{space}/api/video", auth=("p", "t")) as client:
        while True:
            page = client.get("/rooms", params={"page_size": 1000, "page_number": number}).json()
            found |= {room["name"]: room for room in page["data"]}
            if "next" not in page["links"]:
                return found
            number += 1


if __name__ == "__main__":
    wanted = declared(sys.argv[1])
    if len(sys.argv) > 2:
        there = live(sys.argv[2])
        differ = [
            name
            for name, spec in wanted.items()
            if {key: there.get(name, {}).get(key) for key in KEPT} != spec
        ]
        print(f"{len(differ)} of {len(wanted)} differ")
