"""The record of a resource after each of its sub-resources was written, or one of them was not."""

import json
from dataclasses import replace

import pytest

from reconciler.core.errors import Invalid, NotFound, ProtocolError, ServerError, Unreachable
from reconciler.core.intents import Intent
from reconciler.core.plan_model import FieldChange
from reconciler.core.resources import Address, Applied, AppliedChild, Secret
from reconciler.executor.context import ExecutionContext
from reconciler.executor.results import Conflict, InDoubt
from reconciler.executor.sub_resources import write_children
from reconciler.localspace import Fault, Settings
from tests.integration.end_to_end.driver import room

LOBBY = Address("Room", "lobby")
A, B, C, D, E = (f"rtmp://{name}.example/x" for name in "abcde")
ALWAYS = Intent(LOBBY, {}, "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "streams")
LONG_AGO = ALWAYS._replace(until="2020-01-01T00:00:01Z")


def fields(url):
    return {"url": Secret(url)}


def added(url):
    return FieldChange("streams[9]", None, fields(url), "manifest", child="streams")


class Streams:
    """A room with streams, its record, and the changes of them."""

    def __init__(self, site, *urls):
        self.site = site
        site.give(room("lobby"))
        self.parent = site.fetch("Room", "lobby")["id"]
        self.path = f"/rooms/{self.parent}/streams"
        self.ids = {url: site.client.post(self.path, {"url": url})["id"] for url in urls}

    def sealed(self, url):
        return {"url": Secret(url).sealed(self.site.state.key)}

    def child(self, url, now=None):
        return AppliedChild(self.ids[url], self.sealed(now or url))

    def changed(self, url, after):
        number = [*self.ids].index(url)
        after = fields(after) if after else None
        return FieldChange(
            f"streams[{number}]",
            fields(url),
            after,
            "manifest",
            child="streams",
            child_id=self.ids[url],
        )

    def record(self, *children):
        ones = {"streams": tuple(sorted(children, key=lambda one: one.id))} if children else {}
        return Applied(LOBBY, self.parent, {}, ones)

    def made(self):
        """What the Space has beside the streams that were there at first."""
        pages = self.site.client.pages(self.path, page_size=None)
        every = [one for page in pages for one in page]
        return [
            AppliedChild(one["id"], self.sealed(one["url"]))
            for one in every
            if one["id"] not in self.ids.values()
        ]

    def write(self, *changes, record=None, before=None, client=None, check=None, **options):
        """What is returned, and the requests that were sent, without the ids in their paths."""
        site, client = self.site, client or self.site.client
        mark = site.mark
        context = ExecutionContext(client, site.kinds, site.state.key, **options)
        checked = {"check": check} if check else {}
        record = record or self.record()
        found, error = write_children(context, changes, record=record, before=before, **checked)
        sent = [
            f"{one.method} {'one' if '/rooms/' not in one.path else 'list'}"
            for one in site.space.requests[mark:]
        ]
        return found, error, sent


def in_order(record):
    """A record with its streams in the order of their ids, which they have once all is written."""
    sorted_ones = tuple(sorted(record.children["streams"], key=lambda one: one.id))
    return replace(record, children={"streams": sorted_ones})


CHANGE, REMOVAL, ADDITION = (
    ["GET one", "PUT one"],
    ["GET one", "DELETE one"],
    ["GET list", "POST list"],
)


@pytest.mark.parametrize(
    ("refused", "sent"),
    [
        ("PUT", CHANGE),
        ("DELETE", CHANGE + REMOVAL),
        ("POST", CHANGE + REMOVAL + ADDITION),
        ("", CHANGE + REMOVAL + ADDITION),
    ],
)
def test_the_record_has_what_was_done_before_the_first_error(site, refused, sent):
    streams = Streams(site, A, B, D)
    before = streams.record(*map(streams.child, (A, B, D)))
    planned = streams.record(
        streams.child(A, C), streams.child(D), AppliedChild("", streams.sealed(E))
    )
    changes = (streams.changed(A, C), streams.changed(B, None), added(E))
    if refused:
        site.space.knobs = Settings(faults=(Fault(refused, "/streams", status=422),))
    record, error, requests = streams.write(*changes, record=planned, before=before)
    left = {
        "PUT": [streams.child(A), streams.child(B), streams.child(D)],
        "DELETE": [streams.child(A, C), streams.child(B), streams.child(D)],
        "POST": [streams.child(A, C), streams.child(D)],
        "": [streams.child(A, C), streams.child(D), *streams.made()],
    }[refused]
    assert (in_order(record), requests) == (streams.record(*left), sent)
    assert isinstance(error, Invalid) if refused else error is None


def test_what_the_list_has_since_the_plan_is_not_added_again(site):
    streams = Streams(site, A)
    record, error, requests = streams.write(added(A))
    assert (record, requests) == (streams.record(), ["GET list"])
    assert isinstance(error, Conflict)
    assert f"added by another client since the plan was made, id {streams.ids[A]}" in error.message


def test_a_list_that_cannot_be_read_before_an_addition_stops_it(site):
    streams = Streams(site)
    site.space.knobs = Settings(faults=(Fault("GET", "/streams", status=404),))
    _, error, requests = streams.write(added(A))
    assert "POST list" not in requests
    assert isinstance(error, Conflict)


def test_changes_of_fields_are_left_to_others(site):
    streams = Streams(site)
    layout = FieldChange("layout", "3x3", "5x5", "manifest")
    record, error, requests = streams.write(layout, added(A), layout)
    assert (record, error, requests) == (streams.record(*streams.made()), None, ADDITION)


def test_before_each_change_and_removal_is_checked_and_never_before_an_addition(site):
    streams = Streams(site, A, B)
    before = streams.record(streams.child(A), streams.child(B))
    marks = []
    streams.write(
        added(E),
        streams.changed(A, C),
        streams.changed(B, None),
        before=before,
        check=lambda: marks.append(site.space.requests[-1].method),
    )
    assert marks == ["POST", "PUT"]


def test_what_the_check_raises_is_returned(site):
    streams = Streams(site, A)
    before = streams.record(streams.child(A))
    busy = Conflict("busy")

    def check():
        raise busy

    assert streams.write(streams.changed(A, C), before=before, record=before, check=check) == (
        before,
        busy,
        [],
    )


def recorded_but_not_listed(streams, *urls):
    """A record with streams that a list which lags left out: the plan adds them again."""
    return streams.record(*map(streams.child, urls))


def test_a_recorded_stream_that_the_list_left_out_is_recognised_and_not_made_again(site):
    streams = Streams(site, A, B)
    before = recorded_but_not_listed(streams, A, B)
    assert streams.write(added(B), before=before, record=streams.record()) == (
        streams.record(streams.child(B)),
        None,
        ["GET one"],
    )


def test_a_recorded_stream_that_is_gone_or_has_another_address_is_made_again(site):
    streams = Streams(site, A, B)
    before = recorded_but_not_listed(streams, A, B)
    site.client.delete(f"/streams/{streams.ids[A]}")
    site.client.put(f"/streams/{streams.ids[B]}", {"url": C})
    for url in (A, B):
        record, error, requests = streams.write(added(url), before=before)
        assert (error, requests) == (None, ["GET one", *ADDITION])
        assert record.children["streams"][0] in streams.made()


def test_a_stream_of_the_record_serves_one_addition_alone(site):
    streams = Streams(site, A)
    before = recorded_but_not_listed(streams, A)
    record, error, requests = streams.write(added(A), added(A), before=before)
    assert (record, error, requests) == (
        streams.record(streams.child(A), *streams.made()),
        None,
        ["GET one", *ADDITION],
    )


def losing(site, method, *, then=lambda: None):
    """A client of a Space that loses the first request of a method on its way."""
    lost = [then]

    def space(environ, start_response):
        if environ["REQUEST_METHOD"] == method and lost:
            lost.pop()()
            raise ConnectionResetError("cut")
        return site.space(environ, start_response)

    return site.writing_to(space)


@pytest.mark.parametrize(
    ("url", "window", "known", "ours"),
    [
        (A, ALWAYS, False, True),
        (A, ALWAYS._replace(since="", until=""), False, True),  # of which no time is known
        (A, LONG_AGO, False, False),
        (A, ALWAYS, True, False),
        (B, ALWAYS, False, False),
    ],
)
def test_after_a_lost_post_a_stream_is_ours_if_new_in_its_time_and_as_sent(
    site, url, window, known, ours
):
    streams = Streams(site)
    intended = []

    def intend(intent):
        intended.append(intent)
        return window

    context = ExecutionContext(site.client, site.kinds, site.state.key)

    def meanwhile():
        there = site.client.post(streams.path, {"url": url})
        if known:
            context.known.add([there["id"]])

    with losing(site, "POST", then=meanwhile) as client:
        record, error, _ = streams.write(
            added(A), client=client, intend=intend, known=context.known
        )
    expected = Intent(LOBBY, streams.sealed(A), child="streams")
    if ours:
        assert (record, error) == (streams.record(*streams.made()), None)
        assert intended == [expected]
    else:
        assert (record, isinstance(error, Unreachable)) == (streams.record(), True)
        assert intended == [expected, window]  # its window is longer: it was in flight until now


def test_after_a_lost_post_a_stream_that_the_plan_changes_is_not_the_new_one(site):
    streams = Streams(site, A)
    before = streams.record(streams.child(A))
    with losing(site, "POST") as client:
        record, error, _ = streams.write(
            added(A),
            streams.changed(A, C),
            before=before,
            record=before,
            client=client,
            intend=lambda _: ALWAYS,
        )
    assert (record, isinstance(error, Unreachable)) == (before, True)


def test_a_stream_that_the_space_made_at_another_time_is_a_strangers(site):
    streams = Streams(site)
    record, error, _ = streams.write(added(A), intend=lambda _: LONG_AGO)
    assert (record, isinstance(error, Conflict)) == (streams.record(), True)
    assert "did not create" in error.message


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_answer_with_other_values_than_were_sent_is_no_answer(site, method):
    streams = Streams(site, A)
    before = streams.record(streams.child(A))
    shown = next(iter(site.client.pages(streams.path, page_size=None)))[0]
    body = json.dumps(shown | {"url": B})
    unread = Fault("GET", "/streams", status=500, after=1)  # the reading before the write
    odd = Fault(method, "/streams", action="garbage", committed=False, body=body)
    site.space.knobs = Settings(faults=(odd, unread))
    change = added(C) if method == "POST" else streams.changed(A, C)
    record, error, _ = streams.write(change, before=before, record=before)
    path = streams.path if method == "POST" else f"/streams/{streams.ids[A]}"
    assert isinstance(error, ProtocolError)
    assert (record, error.message, error.hint, error.request) == (
        before,
        f"{method} {path}: the Space answered with other values than were sent",
        "it is not known whether they were saved; check with: reconciler plan",
        f"{method} {path}",
    )
    assert isinstance(error.__cause__, ServerError)


def test_a_stream_that_is_gone_is_removed_and_cannot_be_changed(site):
    streams = Streams(site, A, B)
    before = streams.record(streams.child(A), streams.child(B))
    for url in (A, B):
        site.client.delete(f"/streams/{streams.ids[url]}")
    record, error, requests = streams.write(
        streams.changed(A, None), streams.changed(B, C), before=before, record=before
    )
    assert (record, requests) == (streams.record(streams.child(B)), ["GET one", "GET one"])
    assert (type(error), error.message, error.hint) == (
        Conflict,
        "streams[1] was removed since the plan was made",
        "plan again and check what changed",
    )


def test_a_removal_that_answers_404_is_done(site):
    streams = Streams(site, A)
    before = streams.record(streams.child(A))
    site.space.knobs = Settings(faults=(Fault("DELETE", status=404, committed=True),))
    record, error, _ = streams.write(streams.changed(A, None), before=before, record=before)
    assert (record, error) == (replace(before, children={"streams": ()}), None)


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("after", [C, None])
def test_a_change_whose_answer_is_lost_is_sent_again_only_without_effect(site, after, committed):
    streams = Streams(site, A)
    before = streams.record(streams.child(A))
    method = "PUT" if after else "DELETE"
    lost = Fault(method, "/streams/", times=1, status=500, committed=committed)
    site.space.knobs = Settings(faults=(lost,))
    record, error, requests = streams.write(streams.changed(A, after), before=before)
    left = streams.record(streams.child(A, C)) if after else streams.record()
    assert (record, error) == (left, None)
    assert requests.count(f"{method} one") == (1 if committed else 2)


def test_while_a_lost_addition_may_still_come_only_additions_wait(site):
    streams = Streams(site, A)
    before = streams.record(streams.child(A))
    record, error, requests = streams.write(
        added(E),
        streams.changed(A, C),
        added(D),
        before=before,
        record=before,
        doubts={(LOBBY, "streams"): 12.0},
    )
    assert (record, requests) == (streams.record(streams.child(A, C)), CHANGE)
    assert isinstance(error, InDoubt)
    assert error.message == (
        "streams[9] is not created yet: an earlier run sent a creation and got no answer,"
        " and it may still take effect"
    )
    assert error.hint == "run it again in 12 s: by then the result can be read"


def test_a_list_that_became_empty_stays_where_it_is_declared(site):
    streams = Streams(site, A)
    before = streams.record(streams.child(A))
    gone = streams.changed(A, None)
    declared = replace(streams.record(), children={"streams": ()})
    assert streams.write(gone, before=before, record=declared)[:2] == (declared, None)
    streams = Streams(site, B)
    before = streams.record(streams.child(B))
    assert streams.write(streams.changed(B, None), before=before)[:2] == (streams.record(), None)


def test_a_removal_that_answers_404_while_the_stream_is_there_is_not_done(site):
    streams = Streams(site, A)
    before = streams.record(streams.child(A))
    site.space.knobs = Settings(faults=(Fault("DELETE", status=404),))
    record, error, _ = streams.write(streams.changed(A, None), before=before, record=before)
    assert (record, type(error)) == (before, NotFound)


@pytest.mark.parametrize("committed", [True, False])
def test_an_answer_about_another_stream_is_not_recorded(site, committed):
    streams = Streams(site, A, C)
    before = streams.record(streams.child(A))
    theirs = json.dumps({"id": streams.ids[C], "url": C})
    odd = Fault("PUT", "/streams/", times=1, action="garbage", committed=committed, body=theirs)
    site.space.knobs = Settings(faults=(odd,))
    record, error, requests = streams.write(streams.changed(A, C), before=before)
    assert (record, error) == (streams.record(streams.child(A, C)), None)
    assert requests.count("PUT one") == (1 if committed else 2)


def test_the_id_of_a_changed_stream_keeps_its_spelling(site):
    streams = Streams(site, A)
    loud = AppliedChild(streams.ids[A].upper(), streams.sealed(A))
    change = replace(streams.changed(A, C), child_id=loud.id)
    record, error, _ = streams.write(change, before=streams.record(loud))
    assert (record.children["streams"][0].id, error) == (loud.id, None)
