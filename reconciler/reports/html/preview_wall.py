"""Wall of live previews: one self-contained file, or the page of the preview server."""

import base64
import html
from collections.abc import Callable, Mapping

from reconciler.core.previews import Previewed
from reconciler.core.resources import Address
from reconciler.core.value_text import plain
from reconciler.reports.html.assets import WALL_SEARCH, WALL_STYLE
from reconciler.reports.html.page import policy
from reconciler.reports.text.previews import (
    PreviewReport,
    counts_text,
    livest_first,
    note_text,
    session_line,
    standing_text,
)

_SourceOf = Callable[[Previewed], str]


def _text(text: str) -> str:
    """``text`` escaped for HTML text and attributes; invisible characters are made visible."""
    return html.escape(plain(text), quote=True)


def _picture(one: Previewed, source: str) -> str:
    if not source:
        return f'<p class="blank" data-part="blank">{_text(note_text(one) or "no picture")}</p>'
    alt = f"Thumbnail of the session in {one.address}"
    return f'<img src="{_text(source)}" alt="{_text(alt)}" width="320" height="180" data-part="picture">'


def _card(one: Previewed, source: str, *, created_at: str) -> str:
    kind = one.standing.replace(" ", "-")
    live = "no" if one.session is None else "yes"
    return (
        f'<li class="card" data-address="{_text(str(one.address))}" data-live="{live}">'
        f"{_picture(one, source)}"
        f"<h2>{_text(one.title or one.address.name)}</h2>"
        f'<p class="address">{_text(str(one.address))}</p>'
        f'<p><span class="standing {kind}" data-part="standing">{_text(standing_text(one))}</span></p>'
        f'<p class="session" data-part="session">{_text(session_line(one, created_at))}</p>'
        "</li>"
    )


def counts_line(report: PreviewReport) -> str:
    """For example ``2 of 5 rooms live, 1 preview, 1 drifted. As of 2026-… UTC``."""
    at = f"{report.created_at[:10]} {report.created_at[11:19]} UTC"
    return f"{counts_text(report)}. As of {at}."


# Hidden until the script runs. With one room there is nothing to search.
_SEARCH = """<form id="tools" class="tools" role="search" aria-label="Filter the rooms" hidden>
<input type="search" id="search" placeholder="Search names, states, sessions" aria-label="Search" aria-keyshortcuts="/">
<label class="chip"><input type="checkbox" name="live">in session</label>
<output id="found" class="found" role="status"></output>
</form>
<p id="nothing" hidden>No rooms match these filters. Press Escape to clear them.</p>
"""


def _body(
    report: PreviewReport, source: _SourceOf, *, seconds: float | None = None, script: str = ""
) -> str:
    cards = "\n".join(
        _card(one, source(one), created_at=report.created_at) for one in livest_first(report.rooms)
    )
    refreshed = f' data-seconds="{seconds:g}"' if seconds is not None else ""
    tools = _SEARCH if len(report.rooms) > 1 else ""
    return (
        f"<body{refreshed}>\n<main>\n<header><h1>Rooms of {_text(report.space)}</h1>\n"
        f'<p role="status" data-part="counts">{_text(counts_line(report))}</p></header>\n{tools}'
        f'<ul class="wall">\n{cards}\n</ul>\n</main>\n{script}</body>'
    )


def _document(head: str, body: str) -> str:
    start = '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    return f"{start}{head}\n</head>\n{body}\n</html>\n"


def _title(report: PreviewReport) -> str:
    viewport = '<meta name="viewport" content="width=device-width">'
    return f"{viewport}\n<title>Rooms of {_text(report.space)}: live sessions and previews</title>"


def wall(report: PreviewReport, pictures: Mapping[Address, bytes]) -> str:
    """The wall as one file with its ``pictures`` (WebP). It loads nothing; its script searches."""

    def source(one: Previewed) -> str:
        body = pictures.get(one.address)
        return f"data:image/webp;base64,{base64.b64encode(body).decode()}" if body else ""

    held = policy(WALL_STYLE, WALL_SEARCH)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{held}">'
    head = f"{meta}\n{_title(report)}\n<style>{WALL_STYLE}</style>"
    body = _body(report, source, script=f"<script>{WALL_SEARCH}</script>\n")
    return _document(head, body)


def page(report: PreviewReport, path_of: _SourceOf, *, seconds: float) -> str:
    """The served page, with its style sheet and scripts; pictures reload every ``seconds``.

    ``path_of`` gives the path of a room's picture. Without script the whole page reloads.
    """
    again = f'<noscript><meta http-equiv="refresh" content="{seconds:g}"></noscript>'
    links = (
        '<link rel="icon" href="/icon.svg">\n'
        '<link rel="stylesheet" href="/page.css">\n'
        '<script src="/page.js" defer></script>\n'
        '<script src="/search.js" defer></script>'
    )
    head = f"{_title(report)}\n{links}\n{again}"
    return _document(
        head, _body(report, lambda one: path_of(one) if one.preview_url else "", seconds=seconds)
    )
