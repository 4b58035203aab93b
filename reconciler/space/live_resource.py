"""Decodes one live resource from an answer: name, session, secrets."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from reconciler.core.errors import ProtocolError
from reconciler.core.kinds import Kind
from reconciler.core.resources import Address, Applied, Attributes, Live, Secret
from reconciler.core.session_urls import with_secret_urls
from reconciler.core.text import is_uuid, printable
from reconciler.space.ends import time_of_end
from reconciler.space.paths import is_name
from reconciler.space.redaction import retry_hint, with_request
from reconciler.space.response_json import Document


def inconsistent(request: str, what: str) -> ProtocolError:
    """Error for an answer that contradicts itself or the request."""
    return ProtocolError(
        with_request(what, request),
        hint=retry_hint(request),
        request=request,
    )


def unwrapped(kind: Kind, answer: Document, request: str) -> Document:
    """The fields of the resource in ``answer``, out of the kind's envelope if it has one.

    The wrapper's id identifies the resource. Writable fields are read inside, where requests put
    them, and undocumented fields of the wrapper if nothing inside has their name. ProtocolError if
    the envelope is missing.
    """
    envelope = kind.envelope
    if envelope is None:
        return answer
    inner = answer.get(envelope.content)
    if not isinstance(inner, dict):
        raise inconsistent(request, f"the answer of a {kind.name} has no object {envelope.content}")
    fields = dict(inner)
    # The names to which others move would hide those of the wrapper: "id" of what is inside.
    for name in envelope.renamed.values():
        fields.pop(name, None)
    inside = frozenset(fields)
    for name, inner_name in envelope.renamed.items():
        if inner_name in inner:
            fields[name] = inner[inner_name]
    for name in envelope.beside:
        is_written_inside = name in kind.attributes and name in inside
        if name in answer and not is_written_inside:
            fields[name] = answer[name]
    # A flag that no document names may be set outside too, and must be seen before a deletion.
    for name, value in answer.items():
        if name not in (envelope.content, *envelope.renamed):
            fields.setdefault(name, value)
    return fields


def _with_secrets(kind: Kind, answer: Document, request: str) -> Attributes:
    """The answer's fields without the session; fields that the kind calls secret as Secret.

    They stay in ``answer``: a copy of each element of a long list would double its memory.
    """
    if kind.session:
        answer.pop(kind.session, None)
    for name in kind.secret & answer.keys():
        value = answer[name]
        if value is not None and not isinstance(value, str):
            raise inconsistent(request, f"the {name} of {kind.name} {answer['id']} is not text")
        answer[name] = value if value is None else Secret(value)
    return answer


def _name(kind: Kind, answer: Document) -> str:
    """The resource's name, or its id if no manifest could declare the name."""
    name = answer.get(kind.key)
    # Kinds with lookup by name read a UUID as an id, so manifests cannot use one as a name.
    usable = kind.type != "child" and (is_name(name) or (not kind.lookup and is_uuid(name)))
    return str(name if usable else answer["id"])


def goes_on(session: object) -> bool:
    """Whether a session is in progress by its own fields; it is unless they say it ended."""
    if not isinstance(session, dict) or not session:
        return False
    status = session.get("status")
    if status in ("in-progress", "completed"):
        return bool(status == "in-progress")
    # The end of a session of an unknown status may be a scheduled one.
    end = time_of_end(session.get("end_time"), session.get("start_time"))
    return end is None or end > datetime.now(UTC)


def _session_in_progress(told: object) -> Document | None:
    """Return the session that is in progress, or the first such of a list; None if there is none."""
    for session in told if isinstance(told, list) else [told]:
        if isinstance(session, dict) and goes_on(session):
            return session
    return None


def live_of(kind: Kind, answer: Document, request: str) -> Live:
    """The resource in ``answer``, without children. ProtocolError for an invalid id.

    It takes ``answer`` over, which must not be used any more.
    """
    answer = unwrapped(kind, answer, request)
    if not is_uuid(answer.get("id")):
        what = (
            f"the id of a {kind.name} is {printable(repr(answer['id']))[:60]}, which is not a UUID"
            if answer.get("id")
            else ""
        )
        raise inconsistent(request, what or f"the answer has a {kind.name} without an id")
    # Null or no session proves nothing: before a disruptive action the session list is read as
    # well.
    session = _session_in_progress(answer.get(kind.session)) if kind.session else None
    return Live(
        Address(kind.name, _name(kind, answer)),
        answer["id"],
        _with_secrets(kind, answer, request),
        session=session and with_secret_urls(session),
    )


def as_live(kind: Kind, answer: Document | None, *, request: str) -> Live:
    """The resource in a write's answer, without children. ProtocolError if it has none."""
    if answer is None:
        raise inconsistent(request, f"the answer has no {kind.name} in it")
    return live_of(kind, answer, request)


def as_recorded(lives: Iterable[Live], records: Collection[Applied]) -> list[Live]:
    """``lives`` with the recorded spelling of their ids: letter case means nothing."""
    live = list(lives)
    ids = {one.id for one in live}
    others = [one for one in records if one.id not in ids]
    if not others:  # the usual case
        return live
    from reconciler.core.recorded_ids import recorded_spelling  # noqa: PLC0415  # most need it not

    return list(map(recorded_spelling(others), live))
