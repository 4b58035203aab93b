"""What a probe holds about one kind: its scratch resources, and what was seen of them."""

import re
from collections.abc import Mapping
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.facts import Exchange
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.engine.probe.scratch import mark_field, mark_text, scratch_name
from reconciler.engine.probe.values import clearable_fields, other_values, valid_value
from reconciler.executor.request_bodies import completed

_OWN_NAME = "(the name sent)"
_OTHER_NAME = "(another name)"
NO_SESSION = "no session was live"
_PLAIN = (bool, int, float, type(None))
_FORMS = {
    "colour": re.compile(r"#[0-9a-fA-F]{3,8}"),
    "instant": re.compile(r"\d{4}-\d\d-\d\d[T ][0-9:.]{5,18}(Z|[+-]\d\d:?\d\d)?"),
}


class Made(NamedTuple):
    """A scratch resource in the Space: its id, and its name there."""

    id: str
    name: str


class Seen(NamedTuple):
    """A request, and its answer: ``content`` if it was accepted, else the complaints.

    ``lost`` means that the answer did not arrive. ``path`` has {id} in place of ids.
    """

    method: str
    path: str
    sent: Mapping[str, Any] = {}
    status: int = 0
    content: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}
    attributes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    lost: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the Space answered that it did this."""
        return 200 <= self.status < 300 and not self.lost

    @property
    def refused(self) -> bool:
        """Whether the Space refused the values."""
        return self.status in (400, 422)


@dataclass(slots=True)
class Bench:
    """The experiments on one kind. ``seen`` is by step, ``made`` by label.

    ``noticed`` holds what is not the answer to one step: pages, sessions, the lag of lists; each
    with an exchange that shows it. ``silent`` says why nothing was noticed of sessions, ``refused``
    are optional fields whose values the Space refuses.
    """

    kind: Kind
    kinds: Kinds
    mark: str
    seen: dict[str, Seen] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    noticed: dict[str, tuple[Any, Exchange]] = field(default_factory=dict)
    silent: str = NO_SESSION
    refused: set[str] = field(default_factory=set)

    @property
    def clearable(self) -> tuple[str, ...]:
        """Fields that only null could unset and that could be set."""
        return tuple(one for one in clearable_fields(self.kind) if one not in self.refused)

    def name(self, label: str) -> str:
        """Return the name to give to the scratch resource with this label.

        It differs between kinds: a resource of one kind may be shown under its name by another.
        """
        return scratch_name(self.mark, f"{self.kind.name.lower()}-{label}")

    def required(self, *, creates: bool) -> dict[str, Any]:
        """Return the fields that every request needs, and in a creation the mark."""
        text = mark_text(self.mark)
        fields = {
            name: valid_value(self.kind, name, self.mark) or text for name in self.kind.required
        }
        marked = mark_field(self.kind)
        if creates and marked:
            fields[marked] = text
        return fields

    def completed(self, fields: Mapping[str, Any], *, creates: bool) -> dict[str, Any]:
        """Return ``fields`` and what such a request must have beside them."""
        kind = self.kind
        return completed(fields, kind.required_on_create if creates else kind.required_on_update)

    def every_field(self, *, creates: bool) -> dict[str, Any]:
        """Return a value for every field that the request takes, other than a new resource has."""
        first = self.seen["create"].content
        other_verb = self.kind.update_only if creates else self.kind.create_only
        leave_out = self.refused | other_verb
        others = other_values(self.kind, first, self.mark, leave_out=leave_out)
        return {**self.required(creates=creates), **others}

    def one_field(self) -> dict[str, Any]:
        """Return the required fields and one more, with its value changed back."""
        for name, value in self.every_field(creates=False).items():
            if self.kind.spellings[name] == "boolean":
                return {**self.required(creates=False), name: not value}
        return self.required(creates=False)

    def cleared(self) -> dict[str, Any]:
        """Return every field, with null for those that only null can unset."""
        return {**self.every_field(creates=False), **dict.fromkeys(self.clearable)}

    def exchange(self, step: str, *fields: str) -> Exchange:
        """Return what ``step`` shows about ``fields``, without names, ids and free text."""
        seen = self.seen[step]
        return Exchange(
            f"{seen.method} {seen.path}",
            self._shown(seen.sent, fields, seen),
            seen.status,
            self._shown(seen.content, fields, seen),
        )

    def _shown(
        self, values: Mapping[str, Any], fields: tuple[str, ...], seen: Seen
    ) -> dict[str, Any]:
        sent = {**(self.seen["put_all"].sent if "put_all" in self.seen else {}), **seen.sent}
        shown = {}
        for name in fields:
            if name not in values:
                continue
            value = values[name]
            if name == self.kind.key:
                value = _OWN_NAME if value == sent.get(name) else _OTHER_NAME
            elif name in self.kind.secret or not self._is_plain(name, value):
                same = value == sent.get(name)
                value = "(as sent)" if same else "(another value)" if value else "(empty)"
            shown[name] = value
        return shown

    def _is_plain(self, name: str, value: Any) -> bool:
        """Whether a value can be shown: it is no free text and no object."""
        if isinstance(value, _PLAIN):
            return True
        form = _FORMS.get(self.kind.spellings.get(name, ""))
        if not isinstance(value, str):
            return False
        is_of_enum = value in self.kind.fields.get(name, {}).get("enum", ())
        return is_of_enum or (form is not None and form.fullmatch(value) is not None)
