"""A state in a Secret: each request to the API server, and what is read of its answers."""

import base64
import gzip
import json
import random
import re

import pytest

from reconciler.core.errors import StateError, UsageError

pytest.importorskip("lightkube")
import httpx2
from lightkube.config.kubeconfig import SingleConfig
from lightkube.config.models import Cluster, Context, User
from lightkube.core.client import Client

from reconciler.state.backends.base import Conflict, Snapshot, Unavailable, VersionedSnapshot
from reconciler.state.backends.kubernetes import MAX_SECRET, KubernetesBackend
from reconciler.state.lock_record import LockRecord, Version
from reconciler.state.safe_files import MAX_BYTES

SECRETS = "/api/v1/namespaces/prod/secrets"
PLACE = "the Secret prod/rooms"
RIGHTS = "the user or service account needs get, create and patch on this Secret"
LARGE = (
    "keep this state in an object store or PostgreSQL: state pull, change state:, then state push"
)
SNAPSHOT = Snapshot(LockRecord(newest=Version("lineage", 7)), '{"serial": 7}\n', ("a", "\u00e9"))


class Server:
    """An API server with one Secret, and what it was asked."""

    def __init__(self):
        self.secret = None
        self.version = 0
        self.asked = []
        self.answers = []

    def __call__(self, request):
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, request.url.path, body))
        if self.answers:
            return self.answers.pop(0)
        if request.method == "GET":
            return self._told() if self.secret else refusal(404)
        if request.method == "POST":
            if self.secret:
                return refusal(409)
            self.secret = body
        else:
            if self.secret is None:
                return refusal(404)
            if body["metadata"]["resourceVersion"] != str(self.version):
                return refusal(409)
            self.secret = self.secret | {"data": body["data"]}
        self.version += 1
        return self._told()

    def _told(self):
        metadata = {"name": "rooms", "resourceVersion": str(self.version)}
        return httpx2.Response(200, json={**self.secret, "metadata": metadata})

    def hold(self, *, data=None, kind="reconciler.dev/state", version=3):
        self.secret, self.version = {"type": kind}, version
        if data is not None:
            self.secret["data"] = data


def refusal(code, message="no"):
    return httpx2.Response(code, json={"code": code, "message": message, "status": "Failure"})


@pytest.fixture
def cluster():
    return Server()


@pytest.fixture
def backend(cluster):
    config = SingleConfig(
        context_name="x",
        context=Context(cluster="x", user="x"),
        cluster=Cluster(server="https://cluster.example"),
        user=User(token="t"),
    )
    with Client(config=config, transport=httpx2.MockTransport(cluster)) as client:
        yield KubernetesBackend("kubernetes:prod/rooms", shared=lambda: client)


def packed(content):
    """Compressed without the time: the same content has the same bytes."""
    return gzip.compress(content, mtime=0)


def value_of(page):
    return base64.b64encode(packed(json.dumps(page).encode())).decode()


def page_of(cluster):
    content = base64.b64decode(cluster.secret["data"]["state.json.gz"])
    assert content[4:8] == bytes(4)  # no time: the same state has the same bytes
    return json.loads(gzip.decompress(content))


def test_a_state_that_is_not_there_is_empty(cluster, backend):
    assert backend.load() == VersionedSnapshot()
    assert cluster.asked == [("GET", f"{SECRETS}/rooms", None)]


def test_the_first_write_makes_the_secret(cluster, backend):
    assert backend.swap(VersionedSnapshot(), SNAPSHOT) == VersionedSnapshot(SNAPSHOT, "1")
    ((method, path, body),) = cluster.asked
    assert (method, path) == ("POST", SECRETS)
    assert (body["metadata"], body["type"], body["data"].keys()) == (
        {"name": "rooms", "labels": {"app.kubernetes.io/managed-by": "reconciler"}},
        "reconciler.dev/state",
        {"state.json.gz"},
    )
    page = page_of(cluster)
    assert (page.keys(), page["record"], page["journal"]) == (
        {"head", "record", "journal"},
        '{"serial": 7}\n',
        ["a", "\u00e9"],
    )
    assert json.loads(page["head"])["newest"] == {"lineage": "lineage", "serial": 7}


def test_what_was_written_is_read(cluster, backend):
    backend.swap(VersionedSnapshot(), SNAPSHOT)
    assert backend.load() == VersionedSnapshot(SNAPSHOT, "1")


def test_a_later_write_is_a_patch_of_the_version_that_was_read(cluster, backend):
    first = backend.swap(VersionedSnapshot(), SNAPSHOT)
    bare = replace_snapshot(record=None)
    assert backend.swap(first, bare) == VersionedSnapshot(bare, "2")
    method, path, body = cluster.asked[-1]
    assert (method, path, body["metadata"]) == (
        "PATCH",
        f"{SECRETS}/rooms",
        {"resourceVersion": "1"},
    )
    assert body.keys() == {"metadata", "data"}
    assert backend.load() == VersionedSnapshot(bare, "2")


def replace_snapshot(**fields):
    return SNAPSHOT._replace(**fields)


def test_a_write_after_that_of_another_is_refused(cluster, backend):
    first = backend.swap(VersionedSnapshot(), SNAPSHOT)
    backend.swap(first, replace_snapshot(journal=()))
    for stale in (first, VersionedSnapshot()):
        with pytest.raises(Conflict):
            backend.swap(stale, SNAPSHOT)
    assert page_of(cluster)["journal"] == []


def test_a_secret_that_was_deleted_is_a_conflict_and_a_missing_namespace_is_an_error(
    cluster, backend
):
    with pytest.raises(Conflict):
        backend.swap(VersionedSnapshot(version="1"), SNAPSHOT)
    cluster.answers = [refusal(404, "namespaces not found")]
    with pytest.raises(StateError) as told:
        backend.swap(VersionedSnapshot(), SNAPSHOT)
    assert (told.value.message, told.value.hint) == (
        f"{PLACE} cannot be written: namespaces not found",
        RIGHTS,
    )


@pytest.mark.parametrize(
    ("code", "passing"),
    [(400, False), (403, False), (422, False), (429, True), (500, True), (503, True)],
)
@pytest.mark.parametrize("verb", ["read", "written", "written over"])
def test_a_refusal_is_told_with_what_was_done(cluster, backend, code, passing, verb):
    cluster.answers = [refusal(code, "no\x1bway " + "x" * 400)]
    there = VersionedSnapshot(version="1" if verb == "written over" else "")
    with pytest.raises(StateError) as told:
        backend.load() if verb == "read" else backend.swap(there, SNAPSHOT)
    assert type(told.value) is (Unavailable if passing else StateError)
    assert (told.value.message, told.value.hint) == (
        f"{PLACE} cannot be {verb.split()[0]}: " + ("no\\x1bway " + "x" * 400)[:300],
        RIGHTS,
    )


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError("refused\x1b"), httpx2.ReadTimeout("late"), OSError("no route")]
)
def test_a_network_that_fails_may_answer_later(cluster, backend, error):
    class Failing(list):
        def pop(self, _):
            raise error

    cluster.answers = Failing([1])
    with pytest.raises(Unavailable) as told:
        backend.load()
    shown = str(error).replace("\x1b", "\\x1b")
    assert (told.value.message, told.value.hint) == (
        f"{PLACE} cannot be read: {shown}",
        "look at the address of the cluster, its credentials and the network",
    )


@pytest.mark.parametrize("data", [None, {}, {"other": "eA=="}])
def test_a_secret_that_an_administrator_made_is_an_empty_state_with_a_version(
    cluster, backend, data
):
    cluster.hold(data=data)
    assert backend.load() == VersionedSnapshot(version="3")
    assert backend.swap(backend.load(), SNAPSHOT) == VersionedSnapshot(SNAPSHOT, "4")


@pytest.mark.parametrize("kind", ["Opaque", None, "x" * 100])
def test_a_secret_of_another_type_is_left_alone(cluster, backend, kind):
    cluster.hold(kind=kind)
    with pytest.raises(StateError) as told:
        backend.load()
    assert (told.value.message, told.value.hint) == (
        (
            f"{PLACE} holds something else: its type is {str(kind)[:80]!r},"
            " and that of a state is 'reconciler.dev/state'"
        ),
        "name another Secret in state:",
    )


HEAD = '{"newest": {"lineage": "", "serial": 0}}'
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "value",
    [
        "not base64!",
        base64.b64encode(b"no gzip").decode(),
        base64.b64encode(packed(b"no JSON")).decode(),
        base64.b64encode(packed(b"{}")[:-1]).decode(),
        base64.b64encode(packed(b"{}") + b"more").decode(),
        base64.b64encode(packed(DEEP.encode())).decode(),
        value_of([]),
        value_of({"record": None, "journal": []}),
        value_of({"head": HEAD, "journal": []}),
        value_of({"head": HEAD, "record": None}),
        value_of({"head": HEAD, "record": None, "journal": 5}),
        value_of({"head": HEAD, "record": 5, "journal": []}),
        value_of({"head": 5, "record": None, "journal": []}),
    ],
    ids=range(13),
)
def test_a_damaged_value_is_told(cluster, backend, value):
    cluster.hold(data={"state.json.gz": value})
    with pytest.raises(StateError) as told:
        backend.load()
    assert (told.value.message, told.value.hint) == (
        f"{PLACE}: its value state.json.gz is damaged",
        (
            "restore the Secret from a backup, or delete it and write a copy of the record:"
            " reconciler state push FILE"
        ),
    )


def test_a_value_that_unpacks_to_more_than_a_state_is_not_unpacked(cluster, backend):
    huge = gzip.compress(b" " * (MAX_BYTES + 1), compresslevel=1)
    cluster.hold(data={"state.json.gz": base64.b64encode(huge).decode()})
    with pytest.raises(StateError, match="is damaged"):
        backend.load()


def test_a_state_that_is_too_large_is_not_sent(cluster, backend):
    with pytest.raises(StateError) as told:
        backend.swap(VersionedSnapshot(), replace_snapshot(record=" " * MAX_BYTES))
    assert (told.value.message, told.value.hint) == (
        f"the state takes more than {MAX_BYTES // 1024**2} MiB",
        LARGE,
    )
    assert cluster.asked == []


@pytest.mark.parametrize(("size", "fits"), [(850, True), (1100, False)])
def test_a_secret_holds_one_mebibyte(cluster, backend, size, fits):
    # Random digits, which compress to half of their number.
    record = random.Random(1).randbytes(size * 1024).hex()
    if fits:
        backend.swap(VersionedSnapshot(), replace_snapshot(record=record))
        assert len(base64.b64decode(cluster.secret["data"]["state.json.gz"])) <= MAX_SECRET
        return
    with pytest.raises(StateError) as told:
        backend.swap(VersionedSnapshot(), replace_snapshot(record=record))
    said = re.fullmatch(
        rf"{PLACE} can hold 1024 KiB, and the state takes (\d+) KiB compressed", told.value.message
    )
    assert said
    assert 1100 <= int(said[1]) < 1300
    assert (told.value.hint, cluster.asked) == (LARGE, [])


def test_how_the_place_is_called(backend):
    assert (backend.place, backend.earlier) == (
        PLACE,
        "an earlier version (from a backup of the cluster)",
    )
    assert backend.silence(VersionedSnapshot()) is None


@pytest.mark.parametrize(
    "address",
    [
        "kubernetes:",
        *(f"kubernetes:{rest}" for rest in ("prod", "prod/", "/rooms", "a/B", "A/b", "a/b/c")),
        *(f"kubernetes:{rest}" for rest in ("-a/b", "a.b/c", "a/-b", f"{'a' * 64}/b")),
        f"kubernetes:a/{'b' * 254}",
        "kubernetes:a/\x1b" + "b" * 100,
    ],
)
def test_an_address_that_names_no_secret_is_refused(address):
    with pytest.raises(UsageError) as told:
        KubernetesBackend(address)
    shown = address.replace("\x1b", "\\x1b")[:80]
    assert (told.value.message, told.value.hint) == (
        f"state: {shown!r} does not name a Secret",
        "write kubernetes:NAMESPACE/NAME, in lower case, digits, '-' and '.'",
    )


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("kubernetes:a/b", "a/b"),
        ("kubernetes:a-1/b.c-2", "a-1/b.c-2"),
        (f"kubernetes:{'a' * 63}/{'b' * 253}", f"{'a' * 63}/{'b' * 253}"),
    ],
)
def test_an_address_names_a_namespace_and_a_secret(address, place):
    assert KubernetesBackend(address).place == f"the Secret {place}"


def test_a_client_that_others_use_stays_open(cluster, backend):
    backend.load()
    backend.close()
    assert backend.load() == VersionedSnapshot()
