"""Cards of the HTML page for grouped edits: the changes once, and the list of resources."""

from reconciler.core.plan_model import Action
from reconciler.core.text import count
from reconciler.core.value_text import address_text, masked_text, origin_text, plain
from reconciler.reports.grouping import Group
from reconciler.reports.html.cards import causes_of, change_table, live_badge, palettes, sign_of
from reconciler.reports.html.markup import Markup, element
from reconciler.reports.html.report_mode import ReportMode

_MOST_MEMBERS = 2_000
_MOST_NAMED = 3


def _headline(fold: Group) -> Markup:
    """The title: ``light_primary #044EF4 → #E30613 on 37 Conferences``."""
    if len(fold.changes) == 1:
        only = fold.changes[0]
        short = [
            text if len(text) <= 40 else text[:39] + "…"
            for text in map(masked_text, (only.before, only.after))
        ]
        what = f"{plain(only.path)} {short[0]} → {short[1]}"
    else:
        paths = [plain(change.path) for change in fold.changes]
        what = (
            " and ".join([", ".join(paths[:-1]), paths[-1]])
            if len(paths) <= _MOST_NAMED
            else f"{len(paths)} fields"
        )
    return element("h3", element("bdi", what), " on ", count(len(fold.actions), plain(fold.kind)))


def _places(fold: Group, action: Action) -> str:
    """Where the changes of this action are declared."""
    paths = {change.path for change in fold.changes}
    return ", ".join(
        dict.fromkeys(
            origin_text(one.declared_at)
            for one in action.changes
            if one.path in paths and one.declared_at
        )
    )


def _members(fold: Group, view: ReportMode) -> Markup:
    places = [_places(fold, action) for action in fold.actions]
    differ = len(set(places)) > 1
    items = [
        element(
            "li",
            element("code", address_text(action.address)),
            " " if action.session is not None else None,
            live_badge(action, view),
            element("small", place) if differ and place else None,
        )
        for action, place in zip(fold.actions[:_MOST_MEMBERS], places, strict=False)
    ]
    rest = len(fold.actions) - len(items)
    more = element("p", f"and {rest} more", class_="words") if rest else None
    return element(
        "details",
        element("summary", f"All {len(fold.actions)}"),
        element("ul", items),
        more,
        class_="members",
    )


def _top(fold: Group, view: ReportMode) -> Markup:
    live = sum(action.session is not None for action in fold.actions)
    badge = element("span", f"{live} in session", class_="badge live") if live else None
    return element(
        "div",
        sign_of("update"),
        _headline(fold),
        element("span", view.verb(fold.actions[0]), class_="words"),
        badge,
        class_="top",
    )


def group(fold: Group, view: ReportMode) -> Markup:
    """The card of a group, drawn with the colours of its first resource."""
    first = fold.actions[0]
    same_place = len({_places(fold, action) for action in fold.actions}) == 1
    drawn = list(palettes(first, fold.changes, view))
    note = (
        element("p", f"Drawn as {address_text(first.address)} looks.", class_="shared")
        if drawn
        else None
    )
    return element(
        "article",
        _top(fold, view),
        change_table(
            fold.changes,
            view,
            fresh=False,
            about=f"{len(fold.actions)} resources",
            with_place=same_place,
        ),
        drawn,
        note,
        _members(fold, view),
        class_="card update",
        data_action="update",
        data_causes=" ".join(
            sorted({change.origin for change in fold.changes} | set(causes_of(first).split()))
        ),
        data_live="yes" if any(action.session is not None for action in fold.actions) else "no",
    )
