"""The last check before anything is written: refusals, and the question to the user."""

from collections.abc import Sequence
from dataclasses import replace

from reconciler.core.errors import Cancelled, Refused, UsageError
from reconciler.core.guard import Refusal, refusals
from reconciler.core.plan_model import Plan
from reconciler.core.text import printable
from reconciler.engine.options import ApplyOptions
from reconciler.engine.workspace import limits


def consent_hint(refused: Sequence[Refusal]) -> str:
    """The flags that consent to what is refused, and whether they are enough."""
    flags = " ".join(sorted({refusal.consent for refusal in refused if refusal.consent}))
    if not flags:
        return ""
    if all(refusal.consent for refusal in refused):
        return f"to consent to exactly this: {flags}"
    return (
        f"some of this cannot be allowed with a flag: fix it first; to consent to the rest: {flags}"
    )


def check_consent(order: ApplyOptions, plan: Plan) -> None:
    """Refused or UsageError unless everything in ``plan`` may be done.

    The observer sees the plan with its refusals before the error is raised. ``Refused.refusals``
    holds them as values.
    """
    observer = order.observer
    asks = not (order.approved or order.saved) and observer.can_approve
    allowed = replace(limits(order.workspace), deleted_lately=order.deleted_lately)
    refused = refusals(plan, allowed, replace(order.consent, asks=asks))
    shown = observer.review(plan, refused)
    if refused:
        reasons = "; ".join(printable(refusal.reason) for refusal in refused[:3])
        more = "; …" if len(refused) > 3 else ""
        raise Refused(
            "refused for safety, nothing was written" + ("" if shown else f": {reasons}{more}"),
            hint=consent_hint(refused),
            refusals=tuple(refused),
        )
    if order.approved or order.saved:
        return
    if not observer.can_approve:
        mend = "give --yes"
        if order.reason == "apply":
            mend = "give --yes, or apply a saved plan with --plan"
        raise UsageError(
            f"{order.reason} cannot ask for consent without a terminal; nothing was written",
            hint=mend,
        )
    if not observer.approve(plan):
        raise Cancelled
