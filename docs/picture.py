"""The README's picture: a small story told to the tool itself, and its coloured plan as SVG."""

# ruff: noqa: INP001  # a script's neighbour, not a package

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

from reconciler import catalog
from reconciler.cli.app import run
from reconciler.localspace import create_space
from reconciler.space.client import writer
from reconciler.space.observe import find
from reconciler.space.target import target

_HEAD = "apiVersion: reconciler.dev/v1\nkind: {kind}\nmetadata: {metadata}\nspec:\n"
_CHANGED = "layout: grid-responsive"


def _manifest(kind: str, metadata: str, *lines: str) -> str:
    return _HEAD.format(kind=kind, metadata=f"{{{metadata}}}") + "".join(
        f"  {line}\n" for line in lines
    )


_WEBINAR = _manifest(
    "Preset", "name: webinar", "appliesTo: [Conference]", _CHANGED, "enable_room_previews: true"
)
_TOWN_HALL = _manifest(
    "Conference",
    "name: town-hall, protect: true",
    "presets: [webinar]",
    "display_name: Town Hall",
    "size: large",
)
_STANDUP = _manifest("Room", "name: standup", "max_members: 12", "meta: {team: growth}")
_CORNER = _manifest("Room", "name: corner", "layout: 2x2")
_HUDDLE = _manifest("Room", "name: huddle, renamedFrom: corner", "layout: 2x2")
_LAB = _manifest("Room", "name: lab", "record_on_start: true", "max_members: 4")
_KITCHEN = _manifest("Room", "name: kitchen", "enable_room_previews: true", "quality: 1080p")

_BEFORE = {
    "presets.yaml": [_WEBINAR],
    "conferences.yaml": [_TOWN_HALL],
    "rooms.yaml": [_STANDUP, _CORNER, _LAB],
}
_AFTER = _BEFORE | {
    "presets.yaml": [_WEBINAR.replace(_CHANGED, "layout: highlight-1-responsive")],
    "rooms.yaml": [_STANDUP, _HUDDLE, _KITCHEN],
}


class _Screen(io.TextIOWrapper):
    """A terminal as far as the tool can tell."""

    def isatty(self) -> bool:
        return True


@contextlib.contextmanager
def _stage() -> Iterator[None]:
    """An empty folder to work in, and an environment that says nothing but the width of the screen."""
    kept, folder = dict(os.environ), Path.cwd()
    with tempfile.TemporaryDirectory() as empty:
        for name in list(os.environ):
            if name.startswith(("SIGNALWIRE_", "RECONCILER_")) or name in {"NO_COLOR", "LINES"}:
                del os.environ[name]
        os.environ.update(COLUMNS="104", TERM="xterm")
        os.chdir(empty)
        try:
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(kept)


def _reconciler(*arguments: str, screen: type[io.TextIOWrapper] = io.TextIOWrapper) -> str:
    shown, told = (
        screen(io.BytesIO(), encoding="utf-8"),
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8"),
    )
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(told):
        code = run(arguments)
    for stream in (shown, told):
        stream.seek(0)
    if code:
        raise SystemExit(told.read())
    return shown.read()


def _declare(manifests: dict[str, list[str]]) -> None:
    for name, documents in manifests.items():
        Path(name).write_text("---\n".join(documents), encoding="utf-8")


def _click_in_the_dashboard() -> None:
    space = create_space(".reconciler/local-space.sqlite", kinds=catalog.kinds())
    room = catalog.kinds()["Room"]
    with (
        contextlib.closing(space),
        writer(target("local", project="local", token="local"), application=space) as client,  # noqa: S106
    ):
        standup = find(client, room, "standup", catalog.kinds())
        if standup is None:
            raise SystemExit("the story has no stand-up")
        client.put(room.item.replace("{id}", standup.id), {"max_members": 50})


def coloured_plan() -> str:
    """The plan of the story, with the codes that colour it on a terminal."""
    with _stage():
        _declare(_BEFORE)
        _reconciler("apply", ".", "--space", "local", "--yes")
        _click_in_the_dashboard()
        _declare(_AFTER)
        return _reconciler("plan", ".", "--space", "local", screen=_Screen)


_CODE = re.compile(r"\x1b\[([\d;]*)m")
_LOOKS = {
    "1": 'font-weight="bold"',
    "2": 'fill="#8b949e"',
    "31": 'fill="#ff7b72"',
    "32": 'fill="#7ee787"',
    "33": 'fill="#e3b341"',
}
_LOOKS |= {
    "35": 'fill="#d2a8ff"',
    "36": 'fill="#79c0ff"',
    "1;31": 'fill="#ff7b72" font-weight="bold"',
}
_WIDE, _HIGH, _EDGE = 8.4, 20, 24


def plain(text: str) -> str:
    """``text`` without its colours."""
    return _CODE.sub("", text)


def _spans(line: str) -> Iterator[tuple[int, str, str]]:
    """Column, look and text of each coloured run, blanks at its edges left out: every run is placed for itself."""
    column, look = 0, ""
    for part in re.split(r"(\x1b\[[\d;]*m)", line):
        code = _CODE.fullmatch(part)
        if code:
            look = _LOOKS.get(code[1], "")
        elif part:
            for run_of_text in re.finditer(r"\S+(?: \S+)*", part):
                yield column + run_of_text.start(), look, run_of_text.group()
            column += len(part)


def svg(text: str, *, title: str) -> str:
    """Terminal output as a picture: light text on a dark card, each run where it stands in its line."""
    lines = text.rstrip("\n").split("\n")
    width = round(max(len(plain(line)) for line in lines) * _WIDE + 2 * _EDGE)
    height = len(lines) * _HIGH + 2 * _EDGE
    rows = [
        f'<text x="{_EDGE + column * _WIDE:.1f}" y="{_EDGE + number * _HIGH + 14}" textLength="{len(words) * _WIDE:.1f}" '
        f'lengthAdjust="spacingAndGlyphs"{look and " " + look}>{escape(words, quote=False)}</text>'
        for number, line in enumerate(lines)
        for column, look, words in _spans(line)
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-labelledby="title" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" '
        'font-size="14" fill="#e6edf3" xml:space="preserve">'
    )
    card = f'<rect width="{width}" height="{height}" rx="10" fill="#161b22"/>'
    return (
        "\n".join([head, f'<title id="title">{escape(title)}</title>', card, *rows, "</svg>"])
        + "\n"
    )
