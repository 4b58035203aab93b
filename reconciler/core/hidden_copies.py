"""Hides secrets that the Space shows where no manifest declares them: in plans and outcomes.

Only what is shown changes. What is compared, sent and recorded keeps its values.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reconciler.core.deferred_dataclass import replace
from reconciler.core.normalize import same
from reconciler.core.plan_model import Action, FieldChange, LeftAsIs, Outcome
from reconciler.core.redacted_values import as_secrets, without_texts
from reconciler.core.resources import SECRET_TEXT, Attributes, Secret, path_text
from reconciler.core.secret_texts import SecretTexts

_NOTHING = object()


def _inside(side: Any, name: str) -> Any:
    return side.get(name, _NOTHING) if isinstance(side, Mapping) else _NOTHING


def _without_keys(value: Any, secrets: SecretTexts) -> Any:
    """Replace each key that holds a secret, at any depth."""
    if isinstance(value, Mapping):
        return {
            SECRET_TEXT if secrets.in_text(name) else name: _without_keys(item, secrets)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_keys(item, secrets) for item in value]
    return value


def without_copies(value: Any, wanted: Any, secrets: SecretTexts) -> Any:
    """Return a live ``value`` with Secrets where it differs from ``wanted`` and holds a secret.

    Outside, a secret may have been copied to where the manifest has none.
    """
    if value is None or same(value, wanted) or not secrets.in_value(value):
        return value
    if isinstance(value, Mapping):
        shown = wanted if isinstance(wanted, Mapping) else {}
        return {
            SECRET_TEXT if name not in shown and secrets.in_text(name) else name: without_copies(
                item, _inside(wanted, name), secrets
            )
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return without_texts(_without_keys(value, secrets))
    return Secret(value.value) if isinstance(value, Secret) else as_secrets(value)


def hidden_fields(fields: Attributes, secrets: SecretTexts) -> dict[str, Any]:
    """Return ``fields`` of an answer that no manifest declares, such as a session's."""
    hidden: dict[str, Any] = without_copies(dict(fields), _NOTHING, secrets)
    return hidden


def hidden_change(change: FieldChange, secrets: SecretTexts) -> FieldChange:
    """Return ``change`` with the live value hidden where it holds a secret, and such keys."""
    before = change.before
    if change.steps and any(map(secrets.in_text, change.steps)) and change.after is None:
        steps = tuple(SECRET_TEXT if secrets.in_text(step) else step for step in change.steps)
        before = None if before is None else as_secrets(before)
        return replace(change, path=path_text(change.field, steps), steps=steps, before=before)
    hidden = without_copies(before, change.after, secrets)
    return change if hidden is before else replace(change, before=hidden)


def hidden_changes(
    changes: tuple[FieldChange, ...], secrets: SecretTexts
) -> tuple[FieldChange, ...]:
    """Return ``changes`` as reports may show them; the same tuple if nothing is hidden."""
    hidden = tuple(hidden_change(change, secrets) for change in changes)
    return changes if all(map(operator.is_, hidden, changes)) else hidden


def hidden_action(action: Action, secrets: SecretTexts) -> Action:
    """Return ``action`` as reports may show it."""
    changes = hidden_changes(action.changes, secrets)
    session = action.session and hidden_fields(action.session, secrets)
    moment = action.updated_at
    moment = None if moment is not None and secrets.in_text(moment) else moment
    if changes is action.changes and (session, moment) == (action.session, action.updated_at):
        return action
    return replace(action, changes=changes, session=session, updated_at=moment)


def hidden_actions(actions: Iterable[Action], secrets: SecretTexts) -> tuple[Action, ...]:
    """Return ``actions`` as reports may show them."""
    return tuple(hidden_action(action, secrets) for action in actions)


def hidden_outcome(outcome: Outcome, secrets: SecretTexts, text: Callable[[str], str]) -> Outcome:
    """Return ``outcome`` as reports may show it; ``text`` replaces secrets in messages."""
    if not (outcome.error or outcome.hint or outcome.unsettled or outcome.moved or outcome.notes):
        return outcome  # the usual one
    return replace(
        outcome,
        error=text(outcome.error),
        hint=text(outcome.hint),
        unsettled=hidden_changes(outcome.unsettled, secrets),
        moved=hidden_changes(outcome.moved, secrets),
        notes=tuple(map(text, outcome.notes)),
    )


def hidden_left_as_is(released: Iterable[LeftAsIs], secrets: SecretTexts) -> tuple[LeftAsIs, ...]:
    """Return released fields with their live values hidden where these hold a secret."""
    return tuple(
        one._replace(value=without_copies(one.value, _NOTHING, secrets)) for one in released
    )
