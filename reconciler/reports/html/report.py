"""HTML pages of plans and drift: groups, then cards, then one line for each further action."""

from collections.abc import Callable, Iterator, Sequence

from reconciler.core.deferred_dataclass import replace
from reconciler.core.drift import drifted_part
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.plan_model import SHOWN_ORDER, Action, Verb
from reconciler.reports.grouping import Group, Rest, grouped
from reconciler.reports.html.cards import card, row
from reconciler.reports.html.groups import group
from reconciler.reports.html.markup import Markup, element, together
from reconciler.reports.html.overview import closing, header, notes, title_of, tools
from reconciler.reports.html.page import page
from reconciler.reports.html.report_mode import ReportMode
from reconciler.reports.html.value_cells import layouts_in
from reconciler.reports.html.wireframes import wireframes
from reconciler.reports.plan_details import enriched
from reconciler.reports.text.plan import PlanReport

# Length of all cards: browsers open that at once, and mail systems accept it.
MOST_CHARACTERS = 6_000_000
_MOST_ROWS = 20_000
# With more cards than this, a browser draws only those in view.
_MANY = 150


class _Part(NamedTuple):
    verb: Verb
    folds: Sequence[Group]
    rest: Sequence[Rest]
    number: int


def _parts(view: ReportMode) -> Iterator[_Part]:
    for verb in SHOWN_ORDER:
        actions = [action for action in view.report.plan.actions if view.part(action) == verb]
        if actions:
            folding = grouped(actions)
            yield _Part(verb, folding.folds, folding.rest, len(actions))


def _as_cards(
    rest: Sequence[Rest], view: ReportMode, *, room: int
) -> tuple[list[Markup], list[Action], int]:
    """The cards that fit, the actions that do not, and the room left."""
    cards: list[Markup] = []
    for index, one in enumerate(rest):
        shown = card(one.action, view, shared=one.shared)
        if len(shown) > room:
            return cards, [other.action for other in rest[index:]], room
        room -= len(shown)
        cards.append(shown)
    return cards, [], room


def _rows(actions: Sequence[Action], view: ReportMode) -> Markup | None:
    if not actions:
        return None
    items = [row(action, view) for action in actions[:_MOST_ROWS]]
    hidden = len(actions) - len(items)
    more = f", and {hidden:,} that are only counted" if hidden else ""
    words = element(
        "p",
        f"{len(items):,} more in short{more}: 'reconciler plan --format json' has all of them.",
        class_="words",
    )
    return together(words, element("ul", items, class_="rows"))


def _section(part: _Part, view: ReportMode, *, room: int) -> tuple[Markup, int]:
    groups = [group(fold, view) for fold in part.folds]
    cards, rest, room = _as_cards(part.rest, view, room=room - sum(map(len, groups)))
    heading = element(
        "h2",
        view.title(part.verb),
        " ",
        element("small", f"{part.number:,}"),
        id=f"{part.verb}-title",
    )
    folds = element("span", id=part.verb)
    section = element(
        "section",
        folds,
        heading,
        groups,
        cards,
        _rows(rest, view),
        class_="part",
        aria_labelledby=f"{part.verb}-title",
    )
    return section, room


def _page(view: ReportMode, nothing: Callable[[ReportMode], str]) -> str:
    room, sections = MOST_CHARACTERS, []
    for part in _parts(view):
        section, room = _section(part, view, room=max(room, 0))
        sections.append(section)
    layouts: set[str] = set()
    for action in view.report.plan.actions:
        for change in action.changes:
            layouts.update(layouts_in(change))
    empty = element("p", nothing(view), class_="nothing") if not sections else None
    unfound = element(
        "p",
        "No changes match these filters. Press Escape to clear them.",
        id="nothing",
        class_="nothing",
        hidden=True,
    )
    many = "many" if len(view.report.plan.actions) > _MANY else None
    main = element(
        "main",
        element("div", notes(view), sections, empty, unfound, closing(view), class_="wide"),
        id="main",
        tabindex="-1",
        class_=many,
    )
    foot = element(
        "footer",
        element(
            "div",
            "Created by reconciler. This page loads nothing and sends nothing.",
            class_="wide",
        ),
    )
    return page(title_of(view), wireframes(layouts), header(view), tools(view), main, foot)


def plan_html(report: PlanReport) -> str:
    """The plan as one self-contained HTML document."""
    return _page(
        ReportMode(enriched(report)),
        lambda view: f"Nothing to do: {view.report.plan.noop:,} unchanged.",
    )


def drift_html(report: PlanReport) -> str:
    """Drift as one self-contained HTML document."""
    own = replace(enriched(report), plan=drifted_part(report.plan))
    return _page(
        ReportMode(own, drift=True),
        lambda view: f"No drift: {view.report.plan.noop:,} as last applied.",
    )
