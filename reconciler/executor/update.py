"""One PUT of one resource: read right before it is sent, and checked after a lost answer."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.errors import ApiError, ProtocolError, Refused
from reconciler.core.kinds import Kind
from reconciler.core.plan_model import Action
from reconciler.core.resources import Live
from reconciler.executor.context import ExecutionContext
from reconciler.executor.ownership import UNCERTAIN
from reconciler.executor.put import compare_after_put, send_put
from reconciler.executor.recheck import check_sessions
from reconciler.executor.request_bodies import unsettled, update_body
from reconciler.executor.results import Conflict, unknown_outcome
from reconciler.space.live_resource import as_live
from reconciler.space.observe import fetch
from reconciler.space.paths import expand
from reconciler.space.response_json import Document

Reading = Callable[[], Live]


def resource_in_answer(
    kind: Kind,
    answer: Document | None,
    *,
    request: str,
    names: Collection[str],
    resource_id: str | None = None,
) -> Live:
    """Return the resource in the answer to a write. ProtocolError if it is another one."""
    live = as_live(kind, answer, request=request)
    if live.address.name not in names or (
        resource_id is not None and live.id.lower() != resource_id.lower()
    ):
        raise ProtocolError(
            f"{request}: the answer is about {live.address}, id {live.id}",
            hint=UNCERTAIN,
            request=request,
        )
    return live


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
    """A PUT of ``fields``, and of ``name`` in a rename; ``before`` is the last reading."""

    context: ExecutionContext
    kind: Kind
    action: Action
    fields: Mapping[str, Any]
    resource_id: str
    name: str | None = None
    before: Live | None = None

    def send(self, reading: Reading) -> Live:
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
            compare_after_put(self.context, self.kind, known, current, asked=self.fields)
            return current
        try:
            return self._put(lambda: self._unchanged(known, lost))
        except (Conflict, Refused) as error:
            raise lost from error

    def _put(self, reading: Reading) -> Live:
        path = expand(self.kind.item, id=self.resource_id)
        names: set[str] = set()

        def body() -> Mapping[str, Any]:
            self.before = reading()
            names.update({self.before.address.name, self.name or self.before.address.name})
            return update_body(self.kind, self.before, self.fields, name=self.name)

        answer = send_put(self.context, self.kind, self.fields, body, path=path)
        after = resource_in_answer(
            self.kind,
            answer,
            request=f"{self.kind.update} {path}",
            names=names,
            resource_id=self.resource_id,
        )
        assert self.before is not None  # the body was read for what was sent
        compare_after_put(self.context, self.kind, self.before, after, asked=self.fields)
        return after

    def _current(self, lost: ApiError) -> Live:
        return found_after_loss(
            lambda: fetch(
                self.context.writer,
                self.kind,
                self.resource_id,
                self.context.kinds,
                with_children=False,
            ),
            lost,
        )

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
