"""Drift reports: the drifted actions, the unchanged resources, and where each is declared."""

from collections.abc import Collection, Iterable, Mapping

from reconciler.core.deferred_dataclass import fields
from reconciler.core.drift import drifted_part
from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.resources import SECRET_TEXT, Address, Desired, Place
from reconciler.core.value_text import sides
from reconciler.reports.text.drift import DriftReport
from reconciler.reports.text.history import Written
from reconciler.reports.text.plan import PlanReport

_LONGEST_VALUE = 500


def drifted_actions(report: PlanReport) -> tuple[Action, ...]:
    """The actions that stand for drift, by address."""
    return tuple(sorted(drifted_part(report.plan).actions, key=lambda action: action.address))


def unchanged(report: PlanReport) -> tuple[Address, ...]:
    """Compared resources that are as last applied; empty if the report lists none."""
    compared = report.compared if isinstance(report, DriftReport) else ()
    drifted = {action.address for action in drifted_actions(report)}
    drifted |= {
        action.known.address for action in drifted_actions(report) if action.known is not None
    }
    return tuple(address for address, _ in compared if address not in drifted)


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def change_text(change: FieldChange) -> str:
    """One safe line: ``live X, declared Y``. For a secret, only that it changed."""
    live, declared = map(_clipped, sides(change.before, change.after))
    also = ", and the manifest changed too" if change.origin == "conflict" else ""
    return (
        f"{SECRET_TEXT} changed"
        if declared == live == SECRET_TEXT
        else f"live {live}, declared {declared}"
    ) + also


def drift_report(
    report: PlanReport,
    *,
    desired: Iterable[Desired],
    managed: Collection[Address],
    written: Mapping[Address, tuple[str, str]] | None = None,
) -> DriftReport:
    """``report`` with the ``managed`` resources that were compared, located by ``desired``.

    ``written`` has the time and the commit at which each was last applied.
    """
    places: dict[Address, Place] = {}
    for one in desired:
        origin = one.origins.get("")
        if origin is not None:
            places[one.address] = origin.place
    addresses = sorted({*managed, *(action.address for action in drifted_actions(report))})
    known = {field.name: getattr(report, field.name) for field in fields(PlanReport)}
    known["written"] = {address: Written(*one) for address, one in (written or {}).items()}
    compared = tuple((address, places.get(address)) for address in addresses)
    return DriftReport(**known, compared=compared)
