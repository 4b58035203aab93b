"""Live sessions of declared resources and their previews, as text and JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.previews import Previewed, Standing
from reconciler.core.session_urls import address, with_secret_urls
from reconciler.core.text import count
from reconciler.core.value_text import address_text, json_text, json_value, plain, session_text
from reconciler.engine.saved_plan.document import FORMAT_VERSION
from reconciler.reports.text.style import (
    Cell,
    RenderStyle,
    Span,
    Style,
    cell,
    finish,
    grid,
    paint,
)
from reconciler.reports.text.wrapping import shown_width

_STYLES: Mapping[Standing, Style] = {
    "in sync": "add",
    "drifted": "change",
    "to be applied": "dim",
    "not managed": "take",
    "missing": "remove",
}
_SESSION_FIELDS = ("id", "start_time", "members")


@dataclass(frozen=True, slots=True)
class PreviewReport(RenderStyle):
    """Sessions of one Space at one time (RFC 3339, UTC)."""

    space: str
    created_at: str
    rooms: Sequence[Previewed]
    left_out: int = 0  # rooms without a session, where only live ones are shown


def livest_first(rooms: Iterable[Previewed]) -> list[Previewed]:
    """Rooms with a preview, then rooms with a session, then the others; each by address."""
    return sorted(
        rooms, key=lambda one: (one.preview_url is None, one.session is None, one.address)
    )


def standing_text(one: Previewed) -> str:
    """``in sync``, ``drifted: layout, quality``; safe to print."""
    return f"{one.standing}: {', '.join(map(plain, one.drifted))}" if one.drifted else one.standing


def note_text(one: Previewed) -> str:
    """Why there is no picture, or what failed; empty if there is one."""
    return plain(one.trouble or one.why)


def session_line(one: Previewed, created_at: str) -> str:
    """``in session since 09:12 UTC, 3 members``, ``no session``."""
    return session_text(one.session, today=created_at) if one.session is not None else "no session"


def _row(one: Previewed, created_at: str) -> list[Cell]:
    url = address(one.preview_url)
    missing = one.standing == "missing"
    note = note_text(one) if one.session is not None or missing else ""
    if one.file:
        last = f"saved as {plain(one.file)}"
    elif note:
        last = note
    else:
        last = f"preview on {plain(url.shown)}" if url else ""
    style: Style = "bad" if one.trouble else "dim" if note else ""
    return [
        cell(address_text(one.address), "bold"),
        cell(standing_text(one), _STYLES[one.standing]),
        cell(last, style) if missing else cell(session_line(one, created_at)),
        cell("" if missing else last, style),
    ]


def _summary(rooms: Sequence[Previewed]) -> dict[str, int]:
    """Numbers of rooms, live rooms, previews and drifted rooms."""
    return {
        "rooms": len(rooms),
        "live": sum(one.session is not None for one in rooms),
        "previews": sum(one.preview_url is not None for one in rooms),
        "drifted": sum(one.standing == "drifted" for one in rooms),
    }


def counts_text(report: PreviewReport) -> str:
    """For example ``2 of 5 rooms live, 1 preview, 1 drifted``."""
    counts = _summary(report.rooms)
    rooms = count(counts["rooms"] + report.left_out, "room")
    previews = count(counts["previews"], "preview")
    return f"{counts['live']} of {rooms} live, {previews}, {counts['drifted']} drifted"


def _list(rows: Sequence[list[Cell]], look: RenderStyle) -> list[str]:
    """A line for each cell, for a screen that is too narrow for the table."""
    lines = []
    for name, *facts in rows:
        lines.append(paint(name, look))
        lines += [paint((Span("  "), *fact), look) for fact in facts if any(fact)]
    return lines


def _previews_text(report: PreviewReport) -> str:
    """One line for each declared room, live ones first: state, session, preview."""
    rows = [_row(one, report.created_at) for one in livest_first(report.rooms)]
    table = grid(rows, report, indent=0) if rows else []
    if report.lines and max(map(shown_width, table), default=0) > report.width:
        table = _list(rows, report)
    lines = [*table, ""] if rows else []
    return finish(
        [
            paint(cell(f"Space {plain(report.space)}"), report),
            "",
            *lines,
            f"{counts_text(report)}.",
        ],
        report,
    )


def _room_document(one: Previewed) -> dict[str, Any]:
    """One resource as JSON values."""
    session = (
        None
        if one.session is None
        else {name: json_value(with_secret_urls(one.session).get(name)) for name in _SESSION_FIELDS}
    )
    document: dict[str, Any] = {
        "kind": one.address.kind,
        "name": one.address.name,
        "display_name": one.title,
        "standing": one.standing,
        "drifted": list(one.drifted),
        "session": session,
        "preview_url": json_value(address(one.preview_url)),
        "reason": one.why or None,
    }
    return (
        document
        | ({"trouble": one.trouble} if one.trouble else {})
        | ({"file": one.file} if one.file else {})
    )


def _previews_json(report: PreviewReport) -> str:
    """The report as JSON text, by address."""
    rooms = sorted(report.rooms, key=lambda one: one.address)
    document = {
        "format_version": FORMAT_VERSION,
        "space": report.space,
        "created_at": report.created_at,
        "previews": [_room_document(one) for one in rooms],
        "summary": _summary(rooms),
    }
    return json_text(document)


# The keys are the choices of --format.
PREVIEW_FORMATS: Mapping[str, Callable[[PreviewReport], str]] = {
    "text": _previews_text,
    "json": _previews_json,
}
