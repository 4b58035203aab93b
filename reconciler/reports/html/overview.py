"""Top of the HTML page: title, counts, refusals, notes, and the search and filter form."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.core.plan_model import SHOWN_ORDER, Action
from reconciler.core.text import count
from reconciler.core.value_text import address_text, plain
from reconciler.reports.html.cards import causes_of, sign_of
from reconciler.reports.html.markup import Markup, element, together
from reconciler.reports.html.report_mode import ReportMode
from reconciler.reports.text.plan import LEFT_AS_IS, PlanReport, left_as_is_texts

_MOST_NOTES = 500


def title_of(view: ReportMode) -> str:
    """The page's title: kind of report, counts, Space."""
    space, number = plain(view.report.plan.space), len(view.report.plan.actions)
    if view.drift:
        return (
            f"{count(number, 'resource')} drifted on {space}" if number else f"No drift on {space}"
        )
    return f"{count(number, 'change')} to {space}" if number else f"No changes to {space}"


def _count(number: int, words: str, verb: str = "") -> Markup:
    inside = [element("b", sign_of(verb) if verb else None, f"{number:,}"), words]
    return (
        element("a", inside, class_=f"count {verb}", href=f"#{verb}")
        if verb
        else element("span", inside, class_="count")
    )


def _counts(view: ReportMode) -> Iterator[Markup]:
    plan = view.report.plan
    for verb in SHOWN_ORDER:
        number = sum(view.part(action) == verb for action in plan.actions)
        if number:
            yield _count(number, view.title(verb).lower() if view.drift else f"to {verb}", verb)
    summary = plan.summary
    rest = (
        {"noop": "unchanged", "unmanaged": "unmanaged"}
        if view.drift
        else {"noop": "unchanged", "drifted": "drifted", "unmanaged": "unmanaged"}
    )
    yield from (_count(summary[key], word) for key, word in rest.items() if summary[key])


def _facts(report: PlanReport) -> Iterator[Markup]:
    plan = report.plan
    at = f"{report.created_at[:10]} {report.created_at[11:16]} UTC"
    facts = {
        "Project": plan.project,
        "Environment": report.environment_text,
        "Made": at,
        "Commit": report.commit,
        "By": report.made_by,
    }
    yield from (
        element("span", f"{word} ", element("code", plain(fact)))
        for word, fact in facts.items()
        if fact
    )
    if report.next_steps:
        yield element("a", "Next step", href="#next")


def header(view: ReportMode) -> Markup:
    """Title, Space, time, and the counts, each linked to its part."""
    brow = element(
        "p", element("b", "reconciler"), f" · {'drift' if view.drift else 'plan'}", class_="eyebrow"
    )
    counts = element("nav", _counts(view), class_="counts", aria_label="Counts")
    facts = element("div", _facts(view.report), class_="facts")
    return element(
        "header", element("div", brow, element("h1", title_of(view)), facts, counts, class_="wide")
    )


def _refusals(report: PlanReport) -> Markup | None:
    if not report.refusals:
        return None
    items = [
        element(
            "li",
            plain(reason),
            element("span", "consent: ", element("code", plain(consent)), class_="consent")
            if consent
            else None,
        )
        for reason, consent in report.refusals
    ]
    heading = element("h2", "Apply would refuse", id="refused")
    return element(
        "section", heading, element("ul", items), class_="panel refused", aria_labelledby="refused"
    )


def _note(title: str, lines: Sequence[str]) -> Markup | None:
    if not lines:
        return None
    more = [f"and {len(lines) - _MOST_NOTES:,} more"] if len(lines) > _MOST_NOTES else []
    items = [element("li", element("bdi", line)) for line in [*lines[:_MOST_NOTES], *more]]
    return element(
        "div",
        element("details", element("summary", title, f" ({len(lines):,})"), element("ul", items)),
        class_="panel notes",
    )


def _renames(report: PlanReport) -> list[str]:
    return [
        f"{address_text(old)} and {address_text(new)}: "
        f"put renamedFrom: {plain(old.name)} into the metadata of {address_text(new)}"
        for old, new in report.plan.suggestions
    ]


def _next_steps(report: PlanReport) -> Markup | None:
    """How to go on, each step with its command."""
    if not report.next_steps:
        return None
    items = [
        element("li", f"{step.name}: ", element("code", plain(step.command)))
        for step in report.next_steps
    ]
    heading = element("h2", "Next step", id="next")
    return element("section", heading, element("ul", items), class_="panel", aria_labelledby="next")


def _unmanaged(report: PlanReport) -> Markup | None:
    found = report.plan.unmanaged if report.show_unmanaged else ()
    return _note("Unmanaged, not changed", [address_text(address) for address in found])


def closing(view: ReportMode) -> Markup:
    """What follows the changes: unmanaged resources, and the next steps."""
    return together(_unmanaged(view.report), _next_steps(view.report))


def notes(view: ReportMode) -> Markup | None:
    """Refusals of apply, and notes about the plan as a whole."""
    report, plan = view.report, view.report.plan
    protection = [
        f"Protection {'begins' if protect else 'ends'}: {address_text(address)}"
        for address, protect in plan.protection
    ]
    gone = [address_text(address) for address in plan.gone]
    renamed = [f"{address_text(old)} is {address_text(new)} now" for old, new in plan.renamed]
    if view.drift:
        return None
    return together(
        _refusals(report),
        _note("These look like renames; a rename keeps the id", _renames(report)),
        _note(LEFT_AS_IS, left_as_is_texts(plan)),
        _note("Protection", protection),
        _note("Left out of this plan", [plain(report.left_out)] if report.left_out else []),
        _note(
            "No longer in the Space and no longer declared; apply removes them from the state", gone
        ),
        _note("Renamed outside and declared by the new name; apply records it", renamed),
    )


def _chips(actions: Iterable[Action], view: ReportMode) -> Markup | None:
    verbs = {view.part(action) for action in actions}
    if len(verbs) < 2:
        hidden = (
            element("input", type="checkbox", name="action", value=verb, checked=True)
            for verb in verbs
        )
        return element("fieldset", hidden, hidden=True)
    boxes = [
        element(
            "label",
            element("input", type="checkbox", name="action", value=verb, checked=True),
            view.title(verb),
            class_="chip",
        )
        for verb in SHOWN_ORDER
        if verb in verbs
    ]
    return element("fieldset", element("legend", "Kinds of change", class_="unseen"), boxes)


def _causes(actions: Iterable[Action]) -> Markup | None:
    words = {
        "manifest": "manifest changed",
        "drift": "drift",
        "conflict": "conflict",
        "released": "no longer declared",
    }
    known = {cause for action in actions for cause in causes_of(action).split()}
    if len(known) < 2:
        return None
    options = [
        element("option", word, value=cause) for cause, word in words.items() if cause in known
    ]
    return element(
        "select",
        element("option", "any cause", value=""),
        options,
        name="cause",
        aria_label="Cause",
    )


def tools(view: ReportMode) -> Markup | None:
    """Search and filters, hidden until the script runs; None if there is nothing to choose."""
    actions = view.report.plan.actions
    if len(actions) < 2:
        return None
    search = element(
        "input",
        type="search",
        id="search",
        placeholder="Search names, fields, values, files",
        aria_label="Search",
        aria_keyshortcuts="/",
    )
    box = element("input", type="checkbox", name="live")
    live = (
        element("label", box, "in session", class_="chip")
        if any(action.session is not None for action in actions)
        else None
    )
    unfold = element("button", "Unfold all", type="button", id="unfold", aria_pressed="false")
    result = element("output", id="found", class_="found", role="status")
    first = element("div", search, result, unfold, class_="wide")
    second = element("div", _chips(actions, view), live, _causes(actions), class_="wide")
    inside = together(first, second)
    return element(
        "form",
        inside,
        id="tools",
        class_="tools",
        role="search",
        aria_label="Filter the changes",
        hidden=True,
    )
