"""Suggestions ("did you mean") for resource names and labels."""

from collections.abc import Collection, Iterable, Sequence

from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.core.resources import Address, Desired
from reconciler.core.text import count, did_you_mean, nearest, printable
from reconciler.engine.manifests import load_manifests
from reconciler.engine.state_location import recorded_state
from reconciler.engine.workspace import Workspace
from reconciler.manifest.discovery import SUFFIXES

_MOST_LABELS = 10


def known_resources(workspace: Workspace, paths: tuple[str, ...]) -> set[Address]:
    """Return declared and recorded addresses, as far as readable; does not ask the Space."""
    declared = {one.address for one in load_manifests(workspace, paths).desired}
    try:
        return declared | set(recorded_state(workspace).read().resources)
    except ReconcilerError:
        return declared


def named(name: str, known: Iterable[Address]) -> str:
    """Return ``; did you mean 'Room/lobby'?`` for a known or similar name, else ''."""
    listed = sorted(known)
    near = nearest(name, dict.fromkeys(one.name for one in listed))
    matches = [repr(str(one)) for one in listed if one.name == near]
    return f"; did you mean {' or '.join(matches)}?" if matches else ""


def either(words: Sequence[str]) -> str:
    """``Room``, ``Conference or Room``, ``Conference, ConferenceRoom or Room``."""
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def path_hint(text: str) -> str:
    """The hint for a file where a name is expected; '' if ``text`` does not look like one."""
    if not text.endswith(SUFFIXES):
        return ""
    return f"name files and folders with --path {printable(text)}"


def without_kind(text: str, known: Iterable[Address]) -> UsageError:
    """Return the error for a name without a kind."""
    near = named(text.strip("/"), known)
    return UsageError(
        f"{text!r} is not KIND/NAME{near}",
        hint=path_hint(text) or ("" if near else "write it as KIND/NAME, such as Room/lobby"),
    )


def nothing_selected(
    flags: str, selectors: Sequence[str], desired: Collection[Desired]
) -> UsageError:
    """Return the error for an empty selection, with the existing labels."""
    found: set[str] = set()
    for one in desired:
        found.update(f"{key}={value}" for key, value in one.labels.items())
    labels = sorted(found)
    unknown = [selector for selector in selectors if selector not in found]
    near = did_you_mean(unknown[0], labels) if unknown else ""
    hint = "no resource has a label: write them into metadata.labels"
    if labels:
        hint = f"the labels are {', '.join(labels[:_MOST_LABELS])}"
        if len(labels) > _MOST_LABELS:
            hint += f" and {count(len(labels) - _MOST_LABELS, 'other')}"
    return UsageError(f"no resource is selected by {flags}{near}", hint=hint)
