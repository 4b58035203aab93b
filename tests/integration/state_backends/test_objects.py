"""The record in an object store: a real HTTP server that speaks S3, keeps to conditions or does not, and loses answers."""

import json
import os
import socket

import pytest
import trustme

from reconciler.core.errors import Refused, StateError
from reconciler.core.network_access import access
from reconciler.state.backends.base import Snapshot
from reconciler.state.backends.object_head import CHUNK_LINES
from reconciler.state.backends.object_store import EARLIER, ObjectBackend
from reconciler.state.lock_record import LockRecord
from reconciler.state.record import Entry
from reconciler.state.remote import SharedState
from tests.integration.state_backends.places import PATIENT, made, resource
from tests.integration.state_backends.s3_server import BUCKET
from tests.unit.space.proxies import Behind, ConnectProxy

A = resource("ada", 0)
HEAD = "team/prod/head.json"


def opened(address=f"s3://{BUCKET}/team", *, name="prod", timing=PATIENT, backend=None):
    return SharedState(
        backend or ObjectBackend(address, name=name), space="local", project="local", timing=timing
    )


# A store that ignores conditions


@pytest.mark.parametrize(
    ("lies", "told"),
    [
        ({"create"}, "it overwrites an object that was only to be created"),
        ({"match"}, "it overwrites a version that is not the one that was read"),
        ({"create", "match"}, "it overwrites an object that was only to be created"),
    ],
)
def test_a_store_that_ignores_conditions_is_refused_before_anything_is_kept_there(s3, lies, told):
    s3.lies = lies
    with (
        pytest.raises(StateError, match=told) as refusal,
        opened().lock(reason="apply", since="now"),
    ):
        pass
    assert refusal.value.message.startswith(
        f"s3://{BUCKET}/team/prod: this store cannot keep a state safely"
    )
    assert "state: git" in refusal.value.hint
    for attempt in (
        lambda store, state: store.write(state),
        lambda store, state: store.push(state),
        lambda store, state: store.note(state, Entry(A)),
    ):
        store = opened()
        with pytest.raises(StateError, match="cannot keep a state safely"):
            attempt(store, store.read())
    assert s3.kept == {}


def test_a_store_that_began_to_lie_is_refused_by_the_next_run(s3):
    store = opened()
    written = store.write(store.read())
    before = dict(s3.kept)
    s3.lies = {"match"}
    with pytest.raises(StateError, match="cannot keep a state safely"):
        opened().write(written)
    assert s3.kept == before


def test_the_test_leaves_nothing_behind_and_is_made_once_a_run(s3):
    store = opened()
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        for number in range(5):
            store.note(state, made("ada", number))
    tests = [
        request for request in s3.requests if request.startswith("PUT") and "selftest" in request
    ]
    assert (len(tests), len(set(tests))) == (4, 1)
    assert [key for key in s3.kept if "selftest" in key or "clock" in key] == []


# Answers that get lost on the way


def test_a_write_whose_answer_was_lost_on_the_wire_counts_once(s3):
    store = opened()
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        for number in range(3):
            s3.lost_answers = 1
            store.note(state, made("ada", number))
        s3.lost_answers = 1
        assert store.write(store.read()).serial == 2
    assert sorted(address.name for address in opened().read().resources) == [
        "ada-0",
        "ada-1",
        "ada-2",
    ]


def test_a_lock_whose_answer_was_lost_on_the_wire_is_ours(s3):
    backend = ObjectBackend(f"s3://{BUCKET}/team", name="prod")
    backend._check_conditional_writes()
    s3.lost_answers = 1
    with opened(backend=backend).lock(reason="apply", since="now") as _:
        assert json.loads(json.loads(s3.kept[HEAD][0])["head"])["lock"]["reason"] == "apply"
    assert opened().unlock() == ""


def test_a_store_that_is_busy_for_a_moment_is_asked_again(s3):
    store = opened()
    with store.lock(reason="apply", since="now"):
        s3.broken = 2
        state = store.write(store.read())
        s3.broken = 1
        store.note(state, Entry(A))
    assert opened().read().resources == {A.address: A}


# What is kept


def test_a_long_journal_is_put_away_in_parts_and_the_head_stays_small(s3):
    store = opened()
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        sizes = []
        for number in range(150):
            store.note(state, made("ada", number))
            sizes.append(len(s3.kept[HEAD][0]))
        assert len([key for key in s3.kept if "/journal/" in key]) == 2
        assert len(opened().read().resources) == 150
        assert max(sizes) < 64 * 800
        store.write(store.read())
    assert [key for key in s3.kept if "/journal/" in key] == []
    assert len(opened().read().resources) == 150


def test_the_last_records_are_kept_and_no_more(s3):
    store = opened()
    state = store.read()
    for _ in range(EARLIER + 4):
        state = store.write(state)
    serials = sorted(
        json.loads(content)["serial"]
        for key, (content, *_) in s3.kept.items()
        if "/records/" in key
    )
    assert serials == list(range(state.serial - EARLIER, state.serial + 1))


def test_who_reads_while_another_writes_gets_the_one_or_the_other(s3):
    store = opened()
    state = store.write(store.read())
    backend = ObjectBackend(f"s3://{BUCKET}/team", name="prod")
    part, moved = backend._part, []

    def late(name):
        if not moved:
            moved.append(name)
            now = state
            for _ in range(EARLIER + 2):
                now = store.write(now)
        return part(name)

    backend._part = late
    assert opened(backend=backend).read().serial == 1 + EARLIER + 2


def test_a_record_whose_object_is_gone_is_gone(s3):
    store = opened()
    store.write(store.read())
    for key in [key for key in s3.kept if "/records/" in key]:
        del s3.kept[key]
    with pytest.raises(
        StateError, match=f"s3://{BUCKET}/team/prod is missing, but its mark is still there"
    ):
        opened().read()


def test_a_journal_whose_object_is_gone_is_refused(s3):
    store = opened()
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        for number in range(70):
            store.note(state, made("ada", number))
    for key in [key for key in s3.kept if "/journal/" in key]:
        del s3.kept[key]
    with pytest.raises(StateError, match="this line of the journal is damaged"):
        opened().read()


def test_a_head_that_is_gone_while_records_are_there_is_no_beginning(s3):
    store = opened()
    written = store.write(store.read().with_entries(Entry(A)))
    del s3.kept[HEAD]
    with pytest.raises(StateError, match="is missing, but its records are still there") as refusal:
        opened().read()
    assert (
        refusal.value.hint
        == f"restore an earlier version (the objects s3://{BUCKET}/team/prod/records/…) with: reconciler state push"
    )
    assert opened().push(written).serial == 2
    assert opened().read().resources == {A.address: A}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"head": 5}',
        b'{"head": "", "record": [], "chunks": [], "earlier": [], "journal": ""}',
    ],
)
def test_a_head_that_is_none_of_ours_is_refused(s3, content):
    store = opened()
    store.write(store.read())
    s3.kept[HEAD] = (content, *s3.kept[HEAD][1:])
    with pytest.raises(StateError, match=r"its head.json was damaged or edited"):
        opened().read()


@pytest.mark.parametrize("name", ["prod", "eu/west", "..", ".", "ü b", "%2E", "127.0.0.1_8080"])
def test_every_environment_has_a_folder_of_its_own(s3, name):
    store = opened(name=name)
    written = store.write(store.read().with_entries(Entry(A)))
    assert opened(name=name).read() == written
    assert opened().read().serial == (1 if name == "prod" else 0)
    assert all(key.startswith("team/") for key in s3.kept)


# Time, and words


@pytest.mark.parametrize("ahead", [-86400.0, 0.0, 86400.0])
def test_the_stores_clock_decides_whatever_it_shows(s3, ahead):
    s3.ahead = ahead
    with opened().lock(reason="apply", since="then"):
        with pytest.raises(Refused) as refusal, opened().lock(reason="apply", since="now"):
            pass
        assert "if it died, its lock ends by itself in 60 s" in refusal.value.hint
        s3.ahead += 61.0
        with pytest.raises(Refused, match="is locked"), opened().lock(reason="apply", since="now"):
            pass
        s3.ahead += 2.0
        with opened().lock(reason="destroy", since="now"):
            pass


def test_rights_that_are_missing_are_told_without_secrets(s3):
    s3.denied = True
    with pytest.raises(StateError) as refusal:
        opened().read()
    assert refusal.value.message.startswith(f"s3://{BUCKET}/team/prod: cannot be read: ")
    assert (
        refusal.value.hint
        == "check the credentials in the environment, and their permissions on this bucket"
    )
    assert "canary" not in refusal.value.message


def test_a_bucket_that_is_not_there_is_no_beginning(s3):
    for attempt in (
        opened("s3://another/team").read,
        ObjectBackend("s3://another/team", name="prod")._check_conditional_writes,
    ):
        with pytest.raises(StateError, match=r"s3://another/team/prod: cannot be (read|written)"):
            attempt()


def test_a_look_at_the_record_writes_nothing(s3):
    opened().read()
    assert {request.split()[0] for request in s3.requests} == {"GET"}


def test_between_two_looks_nothing_is_fetched_twice(s3):
    store = opened()
    store.write(store.read().with_entries(Entry(A)))
    reader = opened()
    reader.read()
    s3.requests.clear()
    reader.read()
    assert s3.requests == [f"GET {HEAD}"]


@pytest.mark.parametrize("by", ["connection.proxy", "HTTPS_PROXY"])
def test_a_store_is_reached_through_the_proxy_and_trusted_by_the_file_of_cas(
    tmp_path, monkeypatch, by
):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    missing = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    for name, value in {
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_ENDPOINT_URL": "https://s3.example.com",
    }.items():
        monkeypatch.setenv(name, value)
    with Behind(authority, "s3.example.com", missing) as store, ConnectProxy(store.port) as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        if by == "HTTPS_PROXY":
            monkeypatch.setenv(by, address)
        written = {"proxy": address} if by == "connection.proxy" else {}
        reached = access(os.environ, ca_file=str(tmp_path / "ca.pem"), **written)
        with pytest.raises(StateError, match="cannot be read"):
            ObjectBackend("s3://bucket/reconciler", name="prod", access=reached).load()
        assert proxy.asked[0].startswith(b"CONNECT s3.example.com:443 ")
        assert b"/bucket/reconciler/prod/head.json " in store.heads[0]


# What goes wrong on the way, each with its own words


def told_by(address=f"s3://{BUCKET}/team"):
    with pytest.raises(StateError) as refusal:
        ObjectBackend(address, name="prod").load()
    return refusal.value


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_missing_is_told():
    error = told_by("s3://nowhere/team")
    assert "there is no such bucket or container" in error.message
    assert "<" not in error.message
    assert "create it first" in error.hint


@pytest.mark.usefixtures("s3")
def test_plain_http_is_told_with_the_word_that_allows_it(monkeypatch):
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    error = told_by()
    assert "plain HTTP" in error.message
    assert "AWS_ALLOW_HTTP=true" in error.hint


def test_a_store_that_is_not_there_is_told(s3, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    assert "nothing answers at the address of the store" in told_by().message


def test_a_request_that_is_refused_is_told(s3):
    s3.refused = True
    error = told_by()
    assert "the store refuses the request" in error.message
    assert "InvalidRequest: not in this way" in error.message
    assert "AWS_REGION" in error.hint


def test_what_is_denied_is_told(s3):
    s3.denied = True
    error = told_by()
    assert "the credentials may not do this" in error.message
    assert "credentials" in error.hint


def test_full_parts_of_the_journal_are_written_once(s3):
    """Each note writes the head; a full part is an object of its own that stays as it is."""
    store = opened()
    with store.lock(reason="apply", since="now"):
        state = store.write(store.read())
        for number in range(2 * CHUNK_LINES + 5):
            store.note(state, Entry(resource("ada", number)))
        journal = [one for one in s3.requests if one.startswith("PUT") and "/journal/" in one]
        assert len(journal) == 2
        assert len(opened().read().resources) == len(store.read().resources)


@pytest.mark.parametrize("kept", [0, CHUNK_LINES - 1, CHUNK_LINES, 2 * CHUNK_LINES + 3])
def test_a_journal_of_many_parts_comes_back_line_by_line(s3, kept):
    def backend():
        return ObjectBackend(f"s3://{BUCKET}/team", name="prod")

    lines = tuple(f"{number}\n" for number in range(3 * CHUNK_LINES + 5))
    first = backend()
    written = first.swap(first.load(), Snapshot(LockRecord("w"), "{}", lines))
    assert backend().load().snapshot.journal == lines
    # Another journal that begins as this one did, and one that does not.
    for other in (
        (*lines[:kept], *(f"other {line}" for line in lines)),
        tuple(f"new {line}" for line in lines[:kept]),
    ):
        written = first.swap(written, Snapshot(LockRecord("v"), "{}", other))
        assert backend().load().snapshot.journal == other
