"""Cards of the HTML page: one for each action, with changes, usage and the live session."""

import base64
from collections.abc import Iterator, Sequence

from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.session_urls import PREVIEW, UNUSABLE, address
from reconciler.core.text import count
from reconciler.core.value_text import address_text, origin_text, plain, session_text
from reconciler.reports.html.markup import Markup, element, together
from reconciler.reports.html.palette_preview import changed_schemes, palette_change, sides
from reconciler.reports.html.report_mode import ReportMode
from reconciler.reports.html.value_cells import drawn
from reconciler.reports.text.history import history_text
from reconciler.reports.text.style import RenderStyle, marks
from reconciler.reports.usage_text import deleted_with_text, intent_text, last_text, use_text

_LARGEST_THUMBNAIL = 1_000_000
_PREVIEWS = "enable_room_previews"
_CAUSES = {
    "manifest": "the manifest changed",
    "drift": "changed outside",
    "conflict": "changed outside, and the manifest too",
    "released": "no longer declared",
}


def causes_of(action: Action) -> str:
    """Origins of an action's changes, as words for the page's filter."""
    causes = {change.origin for change in action.changes} | ({"drift"} if action.drifted else set())
    return " ".join(sorted(causes)) or "manifest"


def sign_of(verb: str) -> Markup:
    """The sign of a verb."""
    return element("span", getattr(marks(RenderStyle()), verb), class_="sign", aria_hidden="true")


def _badge(text: str, style: str = "") -> Markup:
    return element("span", text, class_=f"badge {style}".strip())


def live_badge(action: Action, view: ReportMode) -> Markup | None:
    """A badge if a session is live."""
    return (
        _badge(session_text(action.session, today=view.today), "live")
        if action.session is not None
        else None
    )


def _previews(action: Action, view: ReportMode) -> Markup | None:
    """A badge for room previews: the value after apply in a plan, the live value in drift."""
    if view.drift and action.action == "create":  # missing: nothing is live
        return None
    value = view.report.beside.around.get(action.address, {}).get(_PREVIEWS)
    if not view.drift:
        value = next((change.after for change in action.changes if change.path == _PREVIEWS), value)
    return _badge(f"previews {'on' if value else 'off'}") if isinstance(value, bool) else None


def _top(action: Action, view: ReportMode) -> Markup:
    kind, _, name = address_text(action.address).partition("/")
    verb = view.verb(action)
    words = intent_text(action)
    return element(
        "div",
        sign_of(view.part(action)),
        element("h3", element("span", f"{kind}/", class_="kind"), element("bdi", name)),
        element("span", verb, ": " if words else None, words, class_="words"),
        live_badge(action, view),
        _badge("protected", "conflict") if action.protect and action.action == "delete" else None,
        _previews(action, view),
        element("span", element("span", "id ", class_="unseen"), plain(action.id), class_="id mono")
        if action.id
        else None,
        class_="top",
    )


def _place(change: FieldChange) -> Markup:
    where = origin_text(change.declared_at)
    at, _, via = where.partition(" (")
    if not at and change.origin == "released":
        return element("td", "no longer declared", class_="place")
    return element(
        "td",
        element("code", at) if at else None,
        element("small", via.removesuffix(")")) if via else None,
        class_="place",
    )


def _why(change: FieldChange) -> Markup:
    urgent = change.origin in ("drift", "conflict")
    word = (
        _badge(change.origin, change.origin)
        if urgent
        else element("span", change.origin, class_="words")
    )
    return together(word, element("span", f" ({_CAUSES[change.origin]})", class_="unseen"))


def _change_row(
    change: FieldChange, *, fresh: bool, heads: tuple[str, str], with_why: bool, with_place: bool
) -> Markup:
    """A table row for one change: path, values, origin, place of declaration.

    ``heads`` name the two values on narrow screens, which do not show the table's head.
    """
    both = drawn(change, fresh=fresh)
    if both.before is None:
        cells = [element("td", both.after, colspan=None if fresh else 2)]
    else:
        cells = [
            element("td", side, data_head=head)
            for head, side in zip(heads, (both.before, both.after), strict=True)
        ]
    why = element("td", _why(change)) if with_why else None
    return element(
        "tr",
        element("th", plain(change.path), scope="row"),
        cells,
        why,
        _place(change) if with_place else None,
    )


def change_table(
    changes: Sequence[FieldChange],
    view: ReportMode,
    *,
    fresh: bool,
    about: str,
    with_place: bool = True,
) -> Markup | None:
    """The changes as a table, which scrolls on narrow screens."""
    if not changes:
        return None
    # In a drift report every origin is drift, unless the manifest changed too.
    with_why = not fresh and not (view.drift and all(one.origin == "drift" for one in changes))
    sides = [("value", "both")] if fresh else [(word, "side") for word in view.heads]
    reason = [("why", "why")] if with_why else []
    heads = [
        ("field", "field"),
        *sides,
        *reason,
        *([("declared at", "place")] if with_place else []),
    ]
    head = element("tr", (element("th", word, scope="col", class_=style) for word, style in heads))
    rows = [
        _change_row(change, fresh=fresh, heads=view.heads, with_why=with_why, with_place=with_place)
        for change in changes
    ]
    table = element(
        "table",
        element("caption", f"Changes of {about}", class_="unseen"),
        element("thead", head),
        element("tbody", rows),
    )
    return element("div", table, class_="changes")


def palettes(action: Action, changes: Sequence[FieldChange], view: ReportMode) -> Iterator[Markup]:
    """The drawn call screen for each colour scheme with a changed colour."""
    fresh = action.action == "create"
    before, after = sides(
        tuple(changes), view.report.beside.around.get(action.address, {}), fresh=fresh
    )
    for scheme in changed_schemes(tuple(changes)):
        preview = palette_change(scheme, before, after, heads=view.heads)
        if preview is not None:
            yield preview


def _evidence(action: Action, view: ReportMode) -> Markup | None:
    evidence = view.report.beside.evidence.get(action.address)
    if evidence is None:
        return None
    rows = [
        ("Last session", last_text(evidence), ""),
        ("Use", use_text(evidence), "inuse" if evidence.in_use else ""),
    ]
    dies = deleted_with_text(evidence)
    rows += [("Dies with it", dies, "")] if dies else []
    return element(
        "dl",
        (
            (element("dt", word), element("dd", text, class_=style or None))
            for word, text, style in rows
        ),
        class_="evidence",
    )


def _link(action: Action) -> Markup | None:
    """The host of the preview. Not a link: the URL is a secret that shows the picture to anyone."""
    url = address((action.session or {}).get(PREVIEW))
    return (
        element("span", f"preview on {plain(url.shown)}") if url and url.shown != UNUSABLE else None
    )


def _live(action: Action, view: ReportMode) -> Markup | None:
    """The live session: its thumbnail, the host of its preview, or why there is none."""
    if action.session is None:
        return None
    picture = view.report.beside.thumbnails.get(action.address, b"")
    link = _link(action)
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" and len(picture) <= _LARGEST_THUMBNAIL:
        address = "data:image/webp;base64," + base64.b64encode(picture).decode()
        image = element(
            "img",
            src=address,
            alt=f"Thumbnail of the live session in {address_text(action.address)}",
            class_="thumb",
        )
    else:
        image = None
    if image is None and link is None:
        return element(
            "div",
            "In session, without a thumbnail: previews are off, or the Space has none.",
            class_="live-row",
        )
    return element("div", image, element("span", "Live now. ", link), class_="live-row")


def _history(action: Action, view: ReportMode) -> Markup | None:
    """Of drift, when it was changed, and which commit was applied."""
    words = history_text(action, view.report.written) if view.drift else ""
    return element("p", words, class_="words when") if words else None


def card(action: Action, view: ReportMode, *, shared: int = 0) -> Markup:
    """The card of one action. ``shared`` counts the changes shown in groups."""
    address = address_text(action.address)
    words = (
        f"{count(shared, 'more change')} that it shares with others, in the groups above."
        if shared
        else ""
    )
    return element(
        "article",
        _top(action, view),
        _live(action, view),
        _evidence(action, view),
        _history(action, view),
        change_table(action.changes, view, fresh=action.action == "create", about=address),
        palettes(action, action.changes, view),
        element("p", words, class_="shared") if words else None,
        class_=f"card {view.part(action)}",
        data_action=view.part(action),
        data_causes=causes_of(action),
        data_live="yes" if action.session is not None else "no",
    )


def row(action: Action, view: ReportMode) -> Markup:
    """One line for an action beyond the number of cards."""
    return element(
        "li",
        sign_of(view.part(action)),
        element("code", address_text(action.address)),
        live_badge(action, view),
        element(
            "span", view.verb(action), ", ", count(len(action.changes), "field"), class_="words"
        ),
        class_=f"row {view.part(action)}",
        data_action=view.part(action),
        data_causes=causes_of(action),
        data_live="yes" if action.session is not None else "no",
    )
