"""A saved plan: read from its file, and held against the same plan made again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from reconciler import catalog
from reconciler.cli.pipeline import Selection
from reconciler.core.errors import Refused, UsageError
from reconciler.core.model import Plan
from reconciler.core.text import printable
from reconciler.reports import PlanReport, moved, plan_document

MOST_BYTES = 64 * 1024**2
_AGAIN = "make it again with: reconciler plan --out FILE"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def read_saved(file: str) -> dict[str, Any]:
    """The document in ``file``. UsageError where it is not a plan, or one of a format that this version does not know."""
    try:
        with Path(file).open("rb") as content:
            text = content.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--plan {file}: cannot be read: {error.strerror}") from error
    if len(text) > MOST_BYTES:
        raise UsageError(f"--plan {file}: is larger than {MOST_BYTES // 1024**2} MiB", hint=_AGAIN)
    try:
        document = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--plan {file}: is not a plan: {printable(str(error))[:200]}", hint=_AGAIN) from error
    version = document.get("format_version") if isinstance(document, dict) else None
    schema = catalog.documents()["plan.schema.json"]
    if version is not None and version != schema["properties"]["format_version"]["const"]:
        raise UsageError(f"--plan {file}: has format {printable(str(version))[:20]}, which this version does not know", hint=_AGAIN)
    wrong = next(Draft202012Validator(schema).iter_errors(document), None)
    if wrong is not None:
        raise UsageError(f"--plan {file}: is not a plan: {printable(wrong.json_path)}: {printable(wrong.message)[:200]}", hint=_AGAIN)
    found: dict[str, Any] = document
    return found


def selection_of(document: Mapping[str, Any]) -> Selection:
    """The flags that the saved plan was made with."""
    flags = document.get("selection", {})
    return Selection(tuple(flags.get("targets", ())), tuple(flags.get("selectors", ())), prune=flags.get("prune", True))


def check_same(document: Mapping[str, Any], plan: Plan, *, selection: Selection) -> None:
    """Refused unless ``plan``, made now, is the saved one: same Space, manifests, state, actions and live values."""
    if (document["space"], document["project"]) != (plan.space, plan.project):
        there = f"{printable(document['space'])} (project {printable(document['project'])})"
        raise Refused(f"the saved plan is for {there}, and you are on {plan.space} (project {plan.project})", hint="check the credentials")
    report = PlanReport(plan=plan, created_at="", left_out=selection.left_out, selection=selection.document)
    lines = moved(document, plan_document(report))
    if lines:
        shown = "".join(f"\n  - {line}" for line in lines[:20]) + (f"\n  - and {len(lines) - 20} more" if len(lines) > 20 else "")
        of = f" of commit {printable(document['commit'])[:12]}" if document.get("commit") else ""
        raise Refused(f"the plan{of} saved at {printable(document['created_at'])} is stale, nothing was written:{shown}", hint=_AGAIN)
