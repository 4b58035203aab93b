"""Differences between a saved plan and the same plan made again."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.core.value_text import plain, sides
from reconciler.engine.saved_plan.document import BESIDE, binding

_WHY = {
    "manifests": "the manifests were changed since the plan was made",
    "state": "the state was written since the plan was made: this plan or another one was applied",
}


_PARTS = {
    "origin": "origin",
    "declared_at": "place in the manifests",
    "declared_via": "preset or theme",
}

_OF_ACTION = {"reason": "reason for the action", "renamed_from": "old name"}


def _by_address(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {f"{action['kind']}/{action['name']}": action for action in document["actions"]}


def _fields(saved: Mapping[str, Any], fresh: Mapping[str, Any]) -> Iterator[str]:
    then = {change["path"]: change for change in saved["changes"]}
    now = {change["path"]: change for change in fresh["changes"]}
    for path in sorted(then.keys() | now.keys()):
        if path not in then:
            yield f"{path} would change now too"
        elif path not in now:
            yield f"{path} needs no change any more"
        elif then[path] != now[path]:
            yield f"{path} {_difference(then[path], now[path])}"


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Say how a change differs from the one in the saved plan."""
    if before["before"] != after["before"]:
        then_there, now_there = sides(before["before"], after["before"])
        return f"was {then_there} and is {now_there} now"
    if before["after"] != after["after"]:
        wanted, planned = sides(after["after"], before["after"])
        return f"would become {wanted} now; the saved plan says {planned}"
    part = next(name for name in _PARTS if before.get(name) != after.get(name))
    now, then = (one.get(part) or "none" for one in (after, before))
    return f"has another {_PARTS[part]}: {now} now, {then} in the saved plan"


def _bound(action: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in action.items() if key not in BESIDE}


def _rest(saved: Mapping[str, Any], fresh: Mapping[str, Any]) -> Iterator[str]:
    """Say what differs of two actions whose verb and changes are the same."""
    then, now = _bound(saved), _bound(fresh)
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            values = (one.get(name) or "none" for one in (now, then))
            is_now, was = (plain(str(value)) for value in values)
            yield f"has another {_OF_ACTION.get(name, name)}: {is_now} now, {was} in the saved plan"


def _action(
    address: str, saved: Mapping[str, Any] | None, fresh: Mapping[str, Any] | None
) -> Iterator[str]:
    if saved is None or fresh is None:
        verb = (saved or fresh or {})["action"]
        where = "needed now, but not in the saved plan"
        if fresh is None:
            where = "in the saved plan, but no longer needed"
        yield f"{address}: the {verb} is {where}"
    elif _bound(saved) != _bound(fresh):
        words = (
            [f"the saved plan says {saved['action']}, but {fresh['action']} is needed now"]
            if saved["action"] != fresh["action"]
            else list(_fields(saved, fresh))
        )
        words = words or list(_rest(saved, fresh))
        since = fresh.get("updated_at")
        when = f" (last changed {since})" if since and since != saved.get("updated_at") else ""
        yield from (f"{address}: {word}{when}" for word in words)


def _digested(action: Mapping[str, Any]) -> tuple[Any, ...]:
    """What of an action no move of a manifest changes: that changes places only."""
    changes = [
        [change[name] for name in ("path", "before", "after", "origin")]
        for change in action["changes"]
    ]
    return action["action"], action["id"], action.get("reason"), changes


def _edited_part(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    reason_alone = {**then, "reason": None} == {**now, "reason": None}
    return f"the {'reason of the ' if reason_alone else ''}{now['action']}"


def edits(saved: Mapping[str, Any], fresh: Mapping[str, Any]) -> tuple[str, ...]:
    """Return, in sentences, which actions of ``saved`` were edited in its file; empty if none.

    What the plan presumes has a digest of its actions: if manifests, state and actions are as they
    were, and the list differs, the file was changed and its digest made to fit.
    """
    if saved.get("presumes") != fresh.get("presumes"):
        return ()
    old, new = _by_address(saved), _by_address(fresh)
    found: list[str] = []
    for address in sorted(old.keys() | new.keys()):
        then, now = old.get(address), new.get(address)
        if then is None or now is None:
            done = "removed from it" if then is None else "added to it"
            found.append(f"{address}: the {(then or now or {})['action']} was {done}")
        elif _digested(then) != _digested(now):
            found.append(f"{address}: {_edited_part(then, now)} was changed in it")
    return tuple(plain(line) for line in found)


def differences(saved: Mapping[str, Any], fresh: Mapping[str, Any]) -> tuple[str, ...]:
    """Return, in sentences, how the new document differs from ``saved``; empty if equal.

    Both come from ``plan_document`` and are compared whole, so that an edited file is a difference.
    """
    then, now = binding(saved), binding(fresh)
    if then == now:
        return ()
    found: list[str] = []
    for name, why in _WHY.items():
        if then.get("presumes", {}).get(name) != now.get("presumes", {}).get(name):
            found.append(why)
    old, new = _by_address(saved), _by_address(fresh)
    for address in sorted(old.keys() | new.keys()):
        found += _action(address, old.get(address), new.get(address))
    return tuple(plain(line) for line in found) or (
        "the saved plan was edited, or something that it does not list has changed",
    )
