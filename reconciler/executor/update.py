"""One PUT of one resource: read right before it is sent, and checked after a lost answer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.core.errors import ApiError, ProtocolError, Refused
from reconciler.core.facts import KEPT, OMITTED_FIELDS
from reconciler.core.kinds import Kind
from reconciler.core.plan_model import Action, FieldChange
from reconciler.core.resources import Live
from reconciler.executor.context import ExecutionContext
from reconciler.executor.ownership import UNCERTAIN
from reconciler.executor.put import compare_after_put, send_put, unasked_changes
from reconciler.executor.recheck import DELETED, PLAN_AGAIN, check_sessions
from reconciler.executor.request_bodies import changed_body, unsettled, update_body
from reconciler.executor.results import Conflict, unknown_outcome
from reconciler.space.live_resource import as_live
from reconciler.space.observe import fetch
from reconciler.space.paths import expand
from reconciler.space.response_json import Document

_Reading = Callable[[], Live]


def found_after_loss(look: Callable[[], Live | None], lost: ApiError) -> Live:
    """Return the resource after a lost answer; raises ``lost`` if it cannot be read."""
    try:
        resource = look()
    except ApiError as error:
        raise lost from error
    if resource is None:
        raise lost
    return resource


@dataclass(slots=True)
class Update:
    """A PUT of ``fields``, and of ``name`` in a rename; ``before`` is the last reading.

    ``partial`` says whether the last body held the changed fields only.
    """

    context: ExecutionContext
    kind: Kind
    action: Action
    fields: Mapping[str, Any]
    resource_id: str
    name: str | None = None
    before: Live | None = None
    partial: bool = False

    def send(self, reading: _Reading) -> Live:
        """PUT the fields over the result of ``reading``, which runs right before each PUT leaves.

        After a lost answer the resource is read, and a PUT without effect is repeated once unless
        another client wrote meanwhile. Raises an ApiError.
        """
        try:
            return self._put(reading)
        except ApiError as error:
            if self.before is None or not unknown_outcome(error):
                raise
            lost, known = error, self.before
        current = self._current(lost)
        if not self._lacking(current):
            current = self._put_back(known, current)
            compare_after_put(self.context, self.kind, known, current, asked=self.fields)
            return current
        try:
            return self._put(lambda: self._unchanged(known, lost))
        except (Conflict, Refused) as error:
            raise lost from error

    def _put(self, reading: _Reading) -> Live:
        path = expand(self.kind.item, id=self.resource_id)
        names: set[str] = set()

        def body() -> Mapping[str, Any]:
            self.before = reading()
            names.update({self.before.address.name, self.name or self.before.address.name})
            keeps = self.context.facts.answer(OMITTED_FIELDS, self.kind.name) == KEPT
            self.partial = keeps
            make = changed_body if keeps else update_body
            return make(self.kind, self.before, self.fields, name=self.name)

        answer = send_put(self.context, self.kind, self.fields, body, path=path)
        after = self._resource_in(answer, path, names=names)
        assert self.before is not None  # the body was read for what was sent
        after = self._put_back(self.before, after)
        compare_after_put(self.context, self.kind, self.before, after, asked=self.fields)
        return after

    def _resource_in(self, answer: Document | None, path: str, *, names: Collection[str]) -> Live:
        """Return the resource in the answer to a PUT. ProtocolError if it is another one."""
        request = f"{self.kind.update} {path}"
        live = self.context.writer.hidden.shown(as_live(self.kind, answer, request=request))
        if live.address.name not in names or live.id.lower() != self.resource_id.lower():
            raise ProtocolError(
                f"{request}: the Space answered about another resource, {live.address}, id {live.id}",
                hint=UNCERTAIN,
                request=request,
            )
        return live

    def _put_back(self, before: Live, after: Live) -> Live:
        """Restore at once what a PUT of the changed fields reset, and drop the fact behind it.

        Returns the resource as it is then; what could not be restored is found by the comparison.
        """
        if not self.partial:
            return after
        moved = unasked_changes(self.context, self.kind, before, after, asked=self.fields)
        lost = [
            one.path
            for one in moved
            if one.path in self.kind.attributes and one.path in before.attributes
        ]
        if not lost:
            return after
        why = f"a {self.kind.update} changed {', '.join(lost)}, which it did not mention"
        self.context.facts.drop(OMITTED_FIELDS, self.kind.name, why)
        path = expand(self.kind.item, id=self.resource_id)
        names = {before.address.name, self.name or before.address.name}

        def body() -> Mapping[str, Any]:
            return self._restoring(before, after, [one for one in moved if one.path in lost])

        try:
            fields = dict.fromkeys((*lost, *self.fields))
            answer = send_put(self.context, self.kind, fields, body, path=path)
            restored = self._resource_in(answer, path, names=names)
        except Conflict:
            return after
        except ApiError as error:
            if not unknown_outcome(error):
                return after
            restored = self._current(error)
        self.context.findings.notes.append(
            f"the PUT reset {', '.join(lost)}, which it did not mention, and a second PUT put"
            " them back"
        )
        return restored

    def _restoring(
        self, before: Live, after: Live, lost: Sequence[FieldChange]
    ) -> Mapping[str, Any]:
        """Return a body with the values before ``lost`` over what is there now.

        What another client has set meanwhile stays. Conflict if nothing is left to restore.
        """
        current = self._read()
        if current is None or current.address.name != after.address.name:
            raise Conflict(DELETED, hint=PLAN_AGAIN)
        reset = {one.path: one.after for one in lost}
        foreign = {change.path for change in unsettled(self.kind, reset, current)}
        fields = {path: before.attributes[path] for path in reset if path not in foreign}
        if not fields:
            raise Conflict(f"{', '.join(reset)} changed meanwhile", hint=PLAN_AGAIN)
        return update_body(self.kind, current, fields, name=self.name)

    def _read(self) -> Live | None:
        return fetch(
            self.context.writer,
            self.kind,
            self.resource_id,
            self.context.kinds,
            with_children=False,
        )

    def _current(self, lost: ApiError) -> Live:
        return found_after_loss(self._read, lost)

    def _lacking(self, live: Live) -> set[str]:
        missing = {change.path for change in unsettled(self.kind, self.fields, live)}
        if self.name not in (None, live.address.name):
            missing.add(self.kind.key)
        return missing

    def _unchanged(self, known: Live, lost: ApiError) -> Live:
        """Return the resource if no other client wrote the remaining fields; else raise."""
        try:
            check_sessions(self.context, self.action)
        except ApiError as error:
            raise lost from error
        current = self._current(lost)
        values = {field: known.attributes.get(field) for field in self.fields}
        foreign = {change.path for change in unsettled(self.kind, values, current)}
        if (
            current.address.name not in (known.address.name, self.name)
            or self._lacking(current) & foreign
        ):
            raise lost
        return current
