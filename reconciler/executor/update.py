"""One PUT of one resource: read when its turn has come, sent at once, and looked for where its answer is lost."""

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
    """The resource in the answer to a write. ProtocolError where the answer is about another one."""
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
    """What is there now, after an answer was lost; where that cannot be told the lost answer is what counts."""
    try:
        found = look()
    except ApiError as error:
        raise lost from error
    if found is None:
        raise lost
    return found


@dataclass(slots=True)
class Update:
    """``fields``, and a new ``name`` where it is a rename, for the resource of ``resource_id``; ``before`` is what was read last."""

    tools: ExecutionContext
    kind: Kind
    action: Action
    fields: Mapping[str, Any]
    resource_id: str
    name: str | None = None
    before: Live | None = None

    def send(self, reading: Reading) -> Live:
        """PUT what ``reading`` gives with the fields over it; it is called right before each PUT leaves. Raises an ApiError.

        Where the answer is lost it is looked for, and what did not take is repeated once, unless somebody else wrote meanwhile.
        """
        try:
            return self._put(reading)
        except ApiError as error:
            if self.before is None or not unknown_outcome(error):
                raise
            lost, known = error, self.before
        there = self._there(lost)
        if not self._lacking(there):
            compare_after_put(self.tools, self.kind, known, there, asked=self.fields)
            return there
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

        answer = send_put(self.tools, self.kind, self.fields, body, path=path)
        after = resource_in_answer(
            self.kind, answer, request=f"PUT {path}", names=names, resource_id=self.resource_id
        )
        assert self.before is not None  # the body was read for what was sent
        compare_after_put(self.tools, self.kind, self.before, after, asked=self.fields)
        return after

    def _there(self, lost: ApiError) -> Live:
        return found_after_loss(
            lambda: fetch(
                self.tools.writer,
                self.kind,
                self.resource_id,
                self.tools.kinds,
                with_children=False,
            ),
            lost,
        )

    def _lacking(self, there: Live) -> set[str]:
        missing = {change.path for change in unsettled(self.kind, self.fields, there)}
        return missing | ({self.kind.key} if self.name not in (None, there.address.name) else set())

    def _unchanged(self, known: Live, lost: ApiError) -> Live:
        """What is there, where nobody else wrote what is still to be written; the lost answer counts where that cannot be told."""
        try:
            check_sessions(self.tools, self.action)
        except ApiError as error:
            raise lost from error
        there = self._there(lost)
        were = {field: known.attributes.get(field) for field in self.fields}
        foreign = {change.path for change in unsettled(self.kind, were, there)}
        if (
            there.address.name not in (known.address.name, self.name)
            or self._lacking(there) & foreign
        ):
            raise lost
        return there
