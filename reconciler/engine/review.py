"""The last check before a write: refusals, and the question to the user."""

from collections.abc import Sequence

from reconciler.core.deferred_dataclass import replace
from reconciler.core.errors import Cancelled, Refused, UsageError
from reconciler.core.guard import refusals
from reconciler.core.plan_model import Plan
from reconciler.core.refusal import Refusal
from reconciler.core.text import printable
from reconciler.engine.options import ApplyOptions
from reconciler.engine.workspace import limits


def _consent_hint(refused: Sequence[Refusal]) -> str:
    """Return the flags that consent to the refusals, and whether they suffice."""
    flags = " ".join(sorted({refusal.consent for refusal in refused if refusal.consent}))
    if not flags:
        return ""
    if all(refusal.consent for refusal in refused):
        return f"to consent to exactly this: {flags}"
    fixed = dict.fromkeys(
        str(address) for one in refused if not one.consent for address in one.addresses
    )
    named = printable(", ".join(list(fixed)[:3])) + (", …" if len(fixed) > 3 else "")
    return f"no flag allows it for {named}: correct that first; flags for the rest: {flags}"


def check_consent(options: ApplyOptions, plan: Plan) -> None:
    """Refused or UsageError unless everything in ``plan`` may be done.

    The observer sees the plan and its refusals before the error. ``Refused.refusals`` holds them.
    """
    observer = options.observer
    asks = not (options.approved or options.saved) and observer.can_approve
    allowed = replace(limits(options.workspace), recent=options.recent)
    refused = refusals(plan, allowed, replace(options.consent, asks=asks))
    shown = observer.review(plan, refused)
    if refused:
        reasons = "; ".join(printable(refusal.reason) for refusal in refused[:3])
        more = "; …" if len(refused) > 3 else ""
        raise Refused(
            "refused for safety, nothing was written" + ("" if shown else f": {reasons}{more}"),
            hint=_consent_hint(refused),
            refusals=tuple(refused),
        )
    if options.approved or options.saved:
        return
    if not observer.can_approve:
        fix = "add --yes to answer yes in advance"
        if options.reason == "apply":
            fix = "add --yes to answer yes in advance, or apply a saved plan with --plan FILE"
        raise UsageError(
            f"{options.reason} cannot ask for consent without a terminal; nothing was written",
            hint=fix,
        )
    if not observer.approve(plan):
        raise Cancelled
