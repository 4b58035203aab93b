"""Takes the steps of a probe, each recorded before it is sent, and judges the questions."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.errors import (
    ApiError,
    Forbidden,
    Invalid,
    NotFound,
    ProtocolError,
    RateLimited,
    Unauthorized,
)
from reconciler.core.facts import Fact, Facts, Unanswered, facts_of
from reconciler.core.kinds import Kind, Kinds, resources
from reconciler.core.resources import Live
from reconciler.core.text import is_uuid
from reconciler.engine.probe import looks
from reconciler.engine.probe.bench import NO_SESSION, Bench, Made, Seen
from reconciler.engine.probe.cleanup import has_scratch_name
from reconciler.engine.probe.judges import Judgement
from reconciler.engine.probe.questions import QUESTIONS, Question
from reconciler.engine.probe.scratch import Entry, Scratch
from reconciler.engine.probe.steps import STEPS, UPDATE, Step
from reconciler.engine.probe.values import clearable_fields
from reconciler.executor.results import unknown_outcome
from reconciler.space.client import Writer
from reconciler.space.live_resource import unwrapped
from reconciler.space.paths import expand
from reconciler.space.response_json import Document

_LOOKS: dict[str, Callable[[Bench, Writer, looks.Time], None]] = {
    "list": looks.look_at_list,
    "pages": looks.look_at_pages,
    "idle": looks.look_at_idle,
}
# Lists are looked at right after the creations; the rest needs only the first resource.
_AFTER = "create_full"
_MOST_ADAPTIONS = 3


class Stopped(Exception):  # a signal, not an error
    """The run is to end: what was created is deleted, and no fact is concluded."""


@dataclass(slots=True)
class Probe:
    """One run over all kinds. ``live`` is what the Space had before, ``note`` shows progress.

    ``unread`` are kinds whose lists the Space or the token keeps out of reach: they are left out.
    """

    client: Writer
    kinds: Kinds
    scratch: Scratch
    time: looks.Time
    wall: Callable[[], float]
    live: Sequence[Live]
    unread: Collection[str] = ()
    stopped: Callable[[], bool] = lambda: False
    benches: list[Bench] = field(default_factory=list)
    questions: tuple[Question, ...] = QUESTIONS
    note: Callable[[str], None] = lambda _: None

    def run(self) -> None:
        """Take every step that a question needs. Stopped, or the ApiError that ends the run."""
        sessions, unread = self._sessions()
        places = [looks.place_of(self.kinds[one.address.kind], one) for one in self.live]
        for kind in resources(self.kinds):
            bench = Bench(kind, self.kinds, self.scratch.record.mark)
            self.benches.append(bench)
            self.note(f"Trying out a {kind.name}.")
            needed = {
                step
                for question in self.questions
                if applies(question, kind)
                for step in question.looks_at
            }
            bench.silent = unread or bench.silent
            if kind.name in self.unread:
                continue
            if "sessions" in needed:
                looks.look_at_sessions(bench, self.client, sessions, places)
            self._take_steps(bench, needed)

    def _sessions(self) -> tuple[list[Mapping[str, Any]], str]:
        """Return some live sessions; without access to them none, and why."""
        try:
            return looks.live_sessions(self.client), ""
        except (Forbidden, Invalid, NotFound, ProtocolError):
            return [], "the list of sessions could not be read"

    def _take_steps(self, bench: Bench, needed: set[str]) -> None:
        # Everything else compares with a resource that was never changed.
        needed |= {"create", _AFTER}
        for step in STEPS:
            if step.name in needed and not self._take(bench, step):
                return
            if step.name == _AFTER:
                for name, look in _LOOKS.items():
                    if name in needed:
                        self._check_stop()
                        with suppress(ProtocolError):  # then the question has no answer
                            look(bench, self.client, self.time)

    def _check_stop(self) -> None:
        if self.stopped():
            raise Stopped

    def _take(self, bench: Bench, step: Step) -> bool:
        """Take one step; whether the next ones make sense."""
        self._check_stop()
        if any(label and label not in bench.made for label in (step.to, step.needs)):
            return True  # what it is about could not be made
        take = self._create if step.method == "POST" else self._send
        take(bench, step)
        for _ in range(_MOST_ADAPTIONS):
            if not step.adapts or not _adapt(bench, bench.seen[step.name]):
                break
            take(bench, step)
        return "plain" in bench.made

    def _create(self, bench: Bench, step: Step) -> None:
        kind, path, body, parent = bench.kind, bench.kind.collection, {}, ""
        template = path
        if step.child:
            parent = bench.made[step.to].id
            children = [bench.kinds[name] for name in kind.children.values()]
            kind = next(one for one in children if bench.kind.name in one.parents)
            template = kind.parents[bench.kind.name]
            path = expand(template, id=parent)
            body = _child_body(kind, bench.name(step.makes))
        else:
            body = bench.completed(step.body(bench), creates=True)
        entry = Entry(kind.name, path, (str(body[kind.key]),), self.wall(), parent=parent)
        self.scratch.announce(entry)
        try:
            seen = self._exchange(kind, "POST", path, template, body)
        except ApiError as error:
            if not unknown_outcome(error):
                self.scratch.forget(entry)
            raise
        bench.seen[step.name] = seen
        if seen.accepted:
            self._created(bench, step, entry, seen, key=kind.key)
        elif 400 <= seen.status < 500:
            self.scratch.forget(entry)

    def _created(self, bench: Bench, step: Step, entry: Entry, seen: Seen, *, key: str) -> None:
        made = Made(str(seen.content["id"]), str(seen.content.get(key)))
        if any(one.id == made.id for one in bench.made.values()):
            self.scratch.forget(entry)  # the answer is a resource that is already recorded
            return
        if made.id.lower() in self.scratch.record.before:
            self.scratch.forget(entry)  # it existed before: it is not touched
            return
        self.scratch.change(entry, id=made.id)
        if not step.child and not has_scratch_name(
            bench.kind, entry, self.scratch.record.mark, seen.content
        ):
            return  # perhaps a resource of another owner, made since the probe began
        bench.made[step.makes] = made

    def _send(self, bench: Bench, step: Step) -> None:
        made = bench.made[step.to]
        if step.renames:
            entry = next(one for one in self.scratch.record.entries if one.id == made.id)
            self.scratch.change(entry, names=(*entry.names, bench.name(step.renames)))
        kind, method, body = bench.kind, step.method, None
        if method == UPDATE:
            method, body = kind.update, bench.completed(step.body(bench), creates=False)
        path = expand(kind.item, id=made.id)
        bench.seen[step.name] = self._exchange(kind, method, path, kind.item, body)

    def _exchange(
        self, kind: Kind, method: str, path: str, template: str, body: dict[str, Any] | None
    ) -> Seen:
        """Send a request. A refusal and a lost answer are seen; other errors end the run."""
        try:
            reply = self.client.exchange(method, path, body=body)
        except (Unauthorized, Forbidden, RateLimited):
            raise
        except ApiError as error:
            if method == "GET" or not (_is_refusal(error) or unknown_outcome(error)):
                raise
            return Seen(
                method,
                template,
                body or {},
                error.status or 0,
                attributes=error.attributes,
                codes=error.codes,
                lost=not _is_refusal(error),
            )
        content, answer = _resource(kind, reply.content or {}, f"{method} {path}"), reply.answer
        # An answer without the resource, or about another one, shows nothing.
        known = str(content.get("id")).lower()
        lost = not is_uuid(known) or (method != "POST" and known not in path.lower())
        if answer is None:
            return Seen(method, template, body or {}, lost=True)
        return Seen(method, template, body or {}, answer.status, content, answer.headers, lost=lost)


def _resource(kind: Kind, answer: Document, request: str) -> Document:
    """Return the resource in ``answer``; empty if its envelope is missing."""
    try:
        return unwrapped(kind, answer, request)
    except ProtocolError:
        return {}


def _adapt(bench: Bench, seen: Seen) -> bool:
    """Leave out what the Space refused; whether the step is worth another try."""
    optional = {name.partition(".")[0] for name in seen.attributes}
    kind = bench.kind
    optional -= {*kind.required, *kind.required_on_create, *kind.required_on_update}
    found = optional & seen.sent.keys() - {kind.key} - bench.refused
    bench.refused |= found
    return seen.refused and bool(found)


def _is_refusal(error: ApiError) -> bool:
    return error.status is not None and 400 <= error.status < 500


def _child_body(kind: Kind, name: str) -> dict[str, Any]:
    """Return the body of a sub-resource whose key has ``name`` in it."""
    scheme = next(iter(kind.url_schemes.get(kind.key, ("https",))))
    return {kind.key: f"{scheme}://reconciler-probe.invalid/{name}"}


def applies(question: Question, kind: Kind) -> bool:
    """Whether the kind has what the question is about."""
    spellings = {kind.spellings[field] for field in kind.attributes}
    return {
        "kind": True,
        "colours": "colour" in spellings,
        "instants": "instant" in spellings,
        "children": bool(kind.children),
        "clearable": bool(clearable_fields(kind)),
        "session": bool(kind.session),
    }[question.scope]


def _judgement(probe: Probe, bench: Bench, question: Question) -> Judgement:
    if bench.kind.name in probe.unread:
        return "the list of this kind is out of reach"
    if any(_is_missing(bench, step) for step in question.looks_at):
        return "a request that it needs was not answered"
    return question.judge(bench)


def judged(probe: Probe, space: str, *, date: str, version: str) -> Facts:
    """Return the answer, or the reason for none, to every question about every kind."""
    facts: list[Fact] = []
    unanswered: list[Unanswered] = []
    for bench in probe.benches:
        for question in probe.questions:
            if not applies(question, bench.kind):
                continue
            found = _judgement(probe, bench, question)
            if isinstance(found, str):
                unanswered.append(Unanswered(question.id, bench.kind.name, found))
            else:
                facts.append(
                    Fact(question.id, bench.kind.name, found.answer, found.evidence, date, version)
                )
    return facts_of(space, facts, unanswered)


def with_earlier(found: Facts, earlier: Facts) -> Facts:
    """Return the facts, and earlier ones that this probe had no session to ask again."""
    open_now = {(one.question, one.kind) for one in found.unanswered if one.why == NO_SESSION}
    kept = [one for one in earlier.facts if (one.question, one.kind) in open_now]
    answered = {(one.question, one.kind) for one in kept}
    left = [one for one in found.unanswered if (one.question, one.kind) not in answered]
    return facts_of(found.space, (*found.facts, *kept), left)


def _is_missing(bench: Bench, step: str) -> bool:
    if step in _LOOKS or step == "sessions":
        return False
    if step == "create_second_child":
        return False  # not sent if the first one was refused
    seen = bench.seen.get(step)
    return seen is None or seen.lost or (step in ("create", _AFTER) and not seen.accepted)
