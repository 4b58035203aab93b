"""A probe that is killed or stopped at any request: the next --clean leaves the Space as it was."""

import json
import re
import threading
from contextlib import contextmanager, suppress

import pytest

from reconciler.core.errors import Incomplete, Interrupted, Refused, StateError, UsageError
from reconciler.core.kinds import resources
from reconciler.engine.probe.scratch import mark_field
from reconciler.localspace import Fault
from reconciler.localspace.settings import Settings
from reconciler.space.paths import whole_path
from tests.effort import EXTENT
from tests.unit.engine.probe.conftest import ALL_KINDS


class Killed(BaseException):
    """The process is gone: no request after this one reaches the Space."""


class Mortal:
    """An application in front of a Space that dies at its n-th request, before or after it."""

    def __init__(self, space, number, *, after):
        self.space, self.number, self.after = space, number, after
        self.count, self.dead = 0, False

    def __call__(self, environ, start_response):
        self.count += 1
        if self.dead or (self.count == self.number and not self.after):
            self.dead = True
            raise Killed
        answer = self.space(environ, start_response)
        if self.count == self.number:
            self.dead = True
            raise Killed
        return answer


def number_of_requests(bed, *kinds):
    one = bed(*kinds)
    one.probe()
    return len(one.space.requests)


def number_of_creation(bed, kind_name, creation):
    """The number of the request that is the n-th creation of a kind."""
    one = bed(ALL_KINDS)
    one.probe()
    path = whole_path(ALL_KINDS[kind_name].collection)
    asked = [(seen.method, seen.path) for seen in one.space.requests]
    return [n for n, seen in enumerate(asked, start=1) if seen == ("POST", path)][creation - 1]


def strangers(one):
    """Resources of somebody else with like names."""
    for name in ("reconciler-probe-", "reconciler-probe-0123456789abcdef-full", "a"):
        for kind in one.resources:
            one.create(kind, name)


# The long run dies at every request, in shares; the usual one at some.
SHARES = 4
STEP = {"quick": 15, "usual": 4, "long": 1}[EXTENT] * SHARES


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize(
    "settings", [{}, {"made_name": "suffixed", "put": "replace", "one_room": "shown"}], ids=str
)
@pytest.mark.sampled(8)
def test_killed_at_every_request_the_next_clean_leaves_the_space_as_it_was(
    bed, settings, share, after
):
    most = number_of_requests(bed, ALL_KINDS)
    tried = left_something = 0
    for number in range(1 + share * STEP // SHARES, most + 1, STEP):
        tried += 1
        one = bed(ALL_KINDS, **settings)
        strangers(one)
        before = one.all()
        one.app = Mortal(one.space, number, after=after)
        with pytest.raises(Killed):
            one.probe(allowed=20)
        left_something += one.all() != before
        one.app = one.space
        one.clean()
        assert one.all() == before, number
        one.time.sleep(100)
        one.clean()
        assert not one.record.exists(), number
        assert one.all() == before
    assert left_something > tried / 2


def test_the_next_probe_refuses_until_the_leftovers_are_cleaned(bed):
    one = bed()
    one.app = Mortal(one.space, 12, after=True)
    with pytest.raises(Killed):
        one.probe()
    one.app = one.space
    written = len(one.space.ledger)
    with pytest.raises(Refused, match="left resources behind") as refused:
        one.probe()
    assert "probe --clean" in refused.value.hint
    assert len(one.space.ledger) == written
    one.time.sleep(100)
    assert one.clean().deleted > 0
    assert one.probe().facts.facts


@pytest.mark.parametrize(
    "action", ["reset_after_commit", "truncated", "garbage", "empty", "reset_before_commit"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.long
def test_a_lost_answer_leaves_nothing_behind_and_no_wrong_fact(bed, method, action):
    whole = {(one.question, one.kind): one.answer for one in bed().probe().facts.facts}
    for number in range(0, 12, 2):
        one = bed(faults=(Fault(method, "", action=action, times=1, after=number),))
        facts = one.probe().facts
        assert one.all() == {}, number
        assert {
            (fact.question, fact.kind): fact.answer
            for fact in facts.facts
            if whole[fact.question, fact.kind] != fact.answer
        } == {}, number


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, "not everything could be deleted"),
        (204, "is still there, although its deletion was confirmed"),
    ],
    ids=["refused", "confirmed and not done"],
)
def test_a_deletion_that_is_not_done_is_kept_in_the_record_and_done_later(bed, status, said):
    one = bed(faults=(Fault("DELETE", "", status=status),))
    with pytest.raises(Incomplete, match=said) as caught:
        one.probe()
    assert str(one.record) in caught.value.hint
    assert one.all()
    one.space.knobs = Settings()
    one.clean()
    assert one.all() == {}
    assert not one.record.exists()


@pytest.mark.parametrize("number", range(0, 30, 3))
@pytest.mark.sampled(3)
def test_a_signal_deletes_what_was_made_and_ends_with_130(bed, number):
    one, stop = bed(), threading.Event()

    @contextmanager
    def while_writing(_cancel):
        yield stop

    class Counting:
        count = 0

        def __call__(self, environ, start_response):
            self.count += 1
            if self.count > number:
                stop.set()
            return one.space(environ, start_response)

    one.app = Counting()
    with pytest.raises(Interrupted) as stopped:
        one.probe(while_writing=while_writing)
    assert stopped.value.exit_code == 130
    assert one.all() == {}
    assert not one.record.exists()
    assert not (one.folder / ".reconciler" / "local.facts.json").exists()


@pytest.mark.parametrize("name", [kind.name for kind in resources(ALL_KINDS)])
@pytest.mark.sampled(4)
def test_a_scratch_resource_that_was_given_another_name_is_left_alone(bed, name):
    one = bed(ALL_KINDS)
    one.app = Mortal(one.space, number_of_creation(bed, name, 2), after=True)
    with pytest.raises(Killed):
        one.probe()
    one.app = one.space
    taken = {key for key, (kind, *_) in one.all().items() if kind == name}
    assert taken
    for key in taken:
        one.update(ALL_KINDS[name], key, f"mine-{key[:4]}")
    with pytest.raises(Incomplete, match="was not deleted"):
        one.clean()
    assert {key for key, (kind, *_) in one.all().items() if kind == name} == taken


# Of a kind without a text for the mark, the random part of the name is the only proof.
@pytest.mark.parametrize("name", [one.name for one in resources(ALL_KINDS) if mark_field(one)])
@pytest.mark.sampled(4)
def test_a_resource_with_the_recorded_name_that_another_made_is_not_touched(bed, name):
    """The creation never arrives, and another owner makes a resource of its name."""
    one = bed(ALL_KINDS)
    one.app = Mortal(one.space, number_of_creation(bed, name, 1), after=False)
    with pytest.raises(Killed):
        one.probe()
    one.app = one.space
    entry = json.loads(one.record.read_text())["entries"][-1]
    assert (entry["id"], entry["kind"]) == ("", name)
    theirs = one.create(ALL_KINDS[name], entry["names"][0])
    one.clean()
    assert set(one.all()) == {theirs["id"]}


def test_a_record_that_was_edited_is_refused(bed):
    one = bed()
    one.app = Mortal(one.space, 12, after=True)
    with pytest.raises(Killed):
        one.probe()
    one.app = one.space
    document = json.loads(one.record.read_text())
    victim = one.ask("POST", "/rooms", {"name": "victim"})
    document["entries"][0] |= {"id": victim["id"], "names": ["victim"]}
    one.record.write_text(json.dumps(document))
    with pytest.raises(StateError, match="not the record of a probe"):
        one.clean()
    assert victim["id"] in one.all()


def test_the_record_of_another_project_is_not_cleaned_with_these_credentials(bed):
    one = bed()
    one.app = Mortal(one.space, 12, after=True)
    with pytest.raises(Killed):
        one.probe()
    one.app = one.space
    document = json.loads(one.record.read_text())
    one.record.write_text(json.dumps({**document, "project": "another"}))
    there = one.all()
    with pytest.raises(UsageError, match="of project another"):
        one.clean()
    assert one.all() == there
    assert one.record.exists()


@pytest.mark.long
def test_where_the_space_is_out_of_reach_the_cleanup_ends_soon_and_keeps_the_record(bed):
    one = bed()
    number = number_of_requests(bed) // 2

    class Gone:
        count = 0

        def __call__(self, environ, start_response):
            self.count += 1
            if self.count > number:
                raise ConnectionRefusedError
            return one.space(environ, start_response)

    one.app = Gone()
    with pytest.raises(Incomplete, match="not everything could be deleted"):
        one.probe()
    assert one.all()
    assert one.app.count - number < 12
    one.app = one.space
    one.clean()
    assert one.all() == {}


class AnswersAboutAnother:
    """An application in front of a Space that answers the n-th creation at a path with the resource of another owner.

    ``make`` makes that resource, after the probe began, and returns its id.
    """

    def __init__(self, one, kind, path, make, *, number=1):
        self.one, self.kind, self.path, self.make = one, kind, path, make
        self.left, self.theirs = number, None

    def __call__(self, environ, start_response):
        created = environ["REQUEST_METHOD"] == "POST" and self.path.fullmatch(environ["PATH_INFO"])
        self.left -= bool(created)
        if self.theirs or self.left:
            return self.one.space(environ, start_response)
        self.theirs = self.make()
        environ = environ | {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": whole_path(self.kind.item.replace("{id}", self.theirs)),
        }
        return self.one.space(environ, start_response)


@pytest.mark.parametrize("name", [one.name for one in resources(ALL_KINDS)])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.sampled(8)
def test_another_owner_s_resource_that_a_creation_is_answered_with_is_never_written(
    bed, name, number
):
    """It was made after the probe began, so it is not among the resources from before."""
    one, kind = bed(ALL_KINDS), ALL_KINDS[name]
    path = re.compile(re.escape(whole_path(kind.collection)))
    one.app = AnswersAboutAnother(
        one, kind, path, lambda: one.create(kind, "town-hall")["id"], number=number
    )
    with suppress(Incomplete):
        one.probe()
    with suppress(Incomplete):
        one.clean()
    theirs = one.app.theirs
    assert [key for key, (kind, *_) in one.all().items() if kind == name] == [theirs]
    written = [seen for seen in one.space.requests if seen.method not in ("GET", "POST")]
    assert [seen for seen in written if theirs in seen.path] == []


PARENTS = [(kind.name, parent) for kind in ALL_KINDS.values() for parent in kind.parents]


@pytest.mark.parametrize(("child", "parent"), PARENTS)
def test_another_owner_s_sub_resource_that_a_creation_is_answered_with_is_not_deleted(
    bed, child, parent
):
    one, kind = bed(ALL_KINDS), ALL_KINDS[child]
    above = one.create(ALL_KINDS[parent], "town-hall")["id"]
    path = re.compile(re.escape(whole_path(kind.parents[parent])).replace(r"\{id\}", "[^/]+"))
    body = {kind.key: "rtmps://live.example.com/app/theirs"}
    theirs = kind.parents[parent].replace("{id}", above)
    one.app = AnswersAboutAnother(one, kind, path, lambda: one.ask("POST", theirs, body)["id"])
    with suppress(Incomplete):
        one.probe()
    with suppress(Incomplete):
        one.clean()
    assert set(one.all()) == {above, one.app.theirs}
