"""Reads a saved plan without trusting it, and compares it with the same plan made again."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler import __version__, catalog
from reconciler.core.errors import Refused, UsageError
from reconciler.core.plan_model import VERBS, Plan
from reconciler.core.text import printable
from reconciler.engine.saved_plan.document import PlannedAgain, binding, plan_document
from reconciler.engine.saved_plan.file import AGAIN, MANIFEST, read_document
from reconciler.engine.saved_plan.staleness import differences, edits
from reconciler.engine.selection import Selection

if TYPE_CHECKING:
    from jsonschema import ValidationError

_MOST_LINES = 20
_THIS = f"reconciler {__version__}"
_LONGEST_LINE = 300

# What else this tool reads and writes as JSON, each by keys that a plan lacks.
_DOCUMENTS = (
    ({"apiVersion", "kind"}, "is a manifest", MANIFEST),
    ({"lineage", "serial"}, "is a state record", AGAIN),
    (
        {"drift", "summary"},
        "is a drift report, which cannot be applied",
        AGAIN,
    ),
    ({"outcomes", "summary"}, "is the result of an apply", AGAIN),
    ({"$schema"}, "is a JSON Schema", AGAIN),
)


def _check_format(file: str, document: Any, known: str) -> None:
    """UsageError unless ``document`` is a plan in format ``known``."""
    if not isinstance(document, dict):
        what = "a single value"
        if isinstance(document, list | str):
            what = "a list" if isinstance(document, list) else "a text"
        raise UsageError(f"--plan {file}: is not a plan: it holds {what}", hint=AGAIN)
    other = next(((what, mend) for keys, what, mend in _DOCUMENTS if keys <= document.keys()), None)
    if other:
        raise UsageError(f"--plan {file}: is not a plan: it {other[0]}", hint=other[1])
    if "format_version" not in document:
        raise UsageError(f"--plan {file}: is not a plan: it has no format_version", hint=AGAIN)
    version = document["format_version"]
    if version != known:
        made_by = document.get("made_by")
        by = f" (created by {printable(made_by[:60])})" if isinstance(made_by, str) else ""
        said = printable(version[:20]) if isinstance(version, str) else json.dumps(version)[:20]
        raise UsageError(
            f"--plan {file}: has format {said}{by}, and this is reconciler {__version__}, which knows format {known}",
            hint=f"plan and apply with the same version of the tool; {AGAIN}",
        )


def _difference_text(wrong: "ValidationError") -> str:
    """Describe a value that the schema does not allow, in JSON terms."""
    wanted: Any = wrong.validator_value
    found: Any = wrong.instance
    if wrong.validator == "type":
        return f"{wanted if isinstance(wanted, str) else ' or '.join(wanted)} is expected, and this is {json.dumps(found)[:60]}"
    if wrong.validator == "required":
        return f"{', '.join(field for field in wanted if field not in found)} is missing"
    if wrong.validator == "additionalProperties":
        known = wrong.schema.get("properties", {}) if isinstance(wrong.schema, dict) else {}
        return f"unknown field {', '.join(map(repr, sorted(set(found) - set(known))))}"
    shown = json.dumps(found)[:60]
    texts = {
        "enum": f"{shown} is none of {', '.join(map(str, wanted)) if wrong.validator == 'enum' else ''}",
        "minLength": "this text is empty",
        "minimum": f"{shown} is less than {wanted}",
        "pattern": f"{shown} does not have the expected form",
    }
    return texts.get(str(wrong.validator), wrong.message)


def _field(wrong: "ValidationError") -> str:
    """``actions[0].changes[0].origin: ``: where a plan is wrong; '' for the whole of it."""
    path = wrong.json_path.removeprefix("$").removeprefix(".")
    return f"{printable(path[:100])}: " if path else ""


def _check_seal(file: str, document: Mapping[str, Any]) -> None:
    """Refused if the contents do not match the digest or the summary."""
    canonical = json.dumps(binding(document), sort_keys=True, separators=(",", ":"))
    if document["digest"] != "sha256:" + hashlib.sha256(canonical.encode()).hexdigest():
        raise Refused(
            f"--plan {file}: this plan was edited or damaged after it was saved (wrong digest); nothing was written",
            hint=f"check who can write the file; {AGAIN}",
        )
    actions = Counter(action["action"] for action in document["actions"])
    wrong = [verb for verb in VERBS if document["summary"][verb] != actions[verb]]
    if wrong:
        raise Refused(
            f"--plan {file}: this plan was edited after it was saved (its summary has {document['summary'][wrong[0]]} to {wrong[0]}, "
            f"its list {actions[wrong[0]]}); nothing was written",
            hint=f"check who can write the file; {AGAIN}",
        )


def read_saved(file: str) -> dict[str, Any]:
    """Return the plan document in ``file``; its contents match its digest, nothing more.

    UsageError if it is no plan or has an unknown format; Refused if it was edited.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415  # slow to import, and only a saved plan needs it

    document = read_document(file)
    schema = catalog.documents()["plan.schema.json"]
    _check_format(file, document, schema["properties"]["format_version"]["const"])
    wrong = next(Draft202012Validator(schema).iter_errors(document), None)
    if wrong is not None:
        what = f"{_field(wrong)}{printable(_difference_text(wrong)[:200])}"
        raise UsageError(f"--plan {file}: is not a usable plan: {what}", hint=AGAIN)
    _check_seal(file, document)
    found: dict[str, Any] = document
    return found


def selection_of(document: Mapping[str, Any]) -> Selection:
    """Return the selection that the saved plan was made with."""
    flags = document.get("selection", {})
    return Selection(
        tuple(flags.get("targets", ())),
        tuple(flags.get("selectors", ())),
        prune=flags.get("prune", True),
    )


def selection_meant(saved: Mapping[str, Any] | None, given: Selection) -> Selection:
    """Return the selection of the saved plan, or that of the flags without one."""
    if saved is None:
        return given
    if given != Selection():
        raise UsageError(
            "--plan applies a whole plan: --target, --selector and --no-prune belong to 'reconciler plan'",
            hint="leave them out; or plan only a part, with: reconciler plan --target KIND/NAME --out FILE",
        )
    return selection_of(saved)


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"


def _stale(document: Mapping[str, Any], lines: tuple[str, ...]) -> Refused:
    """Build the error: what changed, which plan it was, and whether the tool's version differs."""
    shown = "".join(f"\n  - {_clipped(line)}" for line in lines[:_MOST_LINES])
    more = f"\n  - and {len(lines) - _MOST_LINES} more" if len(lines) > _MOST_LINES else ""
    of = f" of commit {printable(document['commit'])[:12]}" if document.get("commit") else ""
    other = document.get("made_by", _THIS)
    by = (
        f"\n  - the plan was made by {printable(other[:60])}, and this is {_THIS}"
        if other != _THIS
        else ""
    )
    when = printable(document["created_at"][:40])
    return Refused(
        f"the plan{of} saved at {when} is stale, nothing was written:{by}{shown}{more}", hint=AGAIN
    )


def _edited(lines: tuple[str, ...]) -> Refused:
    shown = "".join(f"\n  - {_clipped(line)}" for line in lines[:_MOST_LINES])
    return Refused(
        f"this plan was edited after it was saved; nothing was written:{shown}",
        hint=f"check who can write the file; {AGAIN}",
    )


def check_same(document: Mapping[str, Any], plan: Plan, *, selection: Selection) -> None:
    """Refused unless ``plan`` equals the saved one in all but time and sessions."""
    if (document["space"], document["project"]) != (plan.space, plan.project):
        there = (
            f"{printable(document['space'][:100])} (project {printable(document['project'][:100])})"
        )
        raise Refused(
            f"the saved plan is for {there}, and you are on {plan.space} (project {plan.project})",
            hint="choose the Space of the plan with --env or --space; or make a new plan for this one",
        )
    again = PlannedAgain(plan, left_out=selection.left_out, selection=selection.document)
    fresh = plan_document(again)
    # Another version may describe the same actions in other words.
    same_version = document.get("made_by", _THIS) == _THIS
    if same_version and (edited := edits(document, fresh)):
        raise _edited(edited)
    lines = differences(document, fresh) or (
        () if document["digest"] == fresh["digest"] else ("the saved plan was edited",)
    )
    if lines:
        raise _stale(document, lines)
