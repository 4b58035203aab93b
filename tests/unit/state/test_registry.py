"""Which store the words after ``state:`` open, for whom, and with which rights."""

import sys

import pytest

from reconciler.core.errors import Locked, StateError, UsageError
from reconciler.core.network_access import DIRECTLY
from reconciler.installation import extra_hint
from reconciler.state.backends.local import LocalState
from reconciler.state.checks import check_environment
from reconciler.state.held import HeldState
from reconciler.state.loopback import is_local
from reconciler.state.record import Entry, new_state
from reconciler.state.registry import is_shared, store_at
from reconciler.state.remote import SharedState
from tests.unit.core.worlds import applied

ROOM = applied("Room", "a", 1)


def at(written, tmp_path, **options):
    given = {
        "file": tmp_path / "own" / "x.state.json",
        "folder": tmp_path,
        "environment": "prod",
        "space": "s",
        "project": "p",
        "environ": {},
        "notify": lambda _: None,
    }
    return store_at(written, **given | options)


def test_a_path_opens_the_local_file_and_nothing_else(tmp_path):
    store = at("states/x.json", tmp_path)
    assert isinstance(store, LocalState)
    with store.lock(reason="apply", since="now"):
        store.write(store.read())
    assert (tmp_path / "own" / "x.state.json").exists()
    assert (store.read().space, store.read().project) == ("s", "p")


def test_a_local_record_is_checked_for_its_kinds_and_its_environment(tmp_path):
    store = at("", tmp_path, owner="prod", owners=["prod", "dev"])
    with store.lock(reason="apply", since="now"):
        written = store.write(store.read().with_entries(Entry(ROOM)))
    assert written.environment == "prod"
    with pytest.raises(StateError, match="there is no kind of resource 'Room'"):
        at("", tmp_path, kinds=["Conference"]).read()
    with pytest.raises(StateError, match="this record is of environment 'prod'"):
        at("", tmp_path, owner="dev", owners=["prod", "dev"]).read()
    assert at("", tmp_path, kinds=["Room"], owner="renamed", owners=["renamed"]).read().resources


@pytest.mark.parametrize(("mode", "refused"), [("group", False), ("", True), ("own", True)])
def test_a_group_may_use_a_local_file_where_that_is_written(tmp_path, mode, refused):
    store = at("", tmp_path, mode=mode)
    with store.lock(reason="apply", since="now"):
        store.write(store.read())
    (tmp_path / "own" / "x.state.json").chmod(0o660)
    if refused:
        with pytest.raises(StateError, match="others may read or write the state"):
            store.read()
    else:
        assert store.read().serial == 1


def test_an_object_store_is_opened_with_the_network_of_the_project(tmp_path):
    asked = []

    def reach():
        asked.append(1)
        return DIRECTLY

    store = at("s3://bucket/team", tmp_path, reach=reach, environment="dev")
    assert (isinstance(store, SharedState), store.place, asked) == (
        True,
        "s3://bucket/team/dev",
        [1],
    )
    assert (store.space, store.project) == ("s", "p")
    at("postgresql://host/db", tmp_path, reach=reach)
    assert asked == [1]


@pytest.mark.parametrize(
    ("written", "shared"),
    [("git", True), ("GIT:x", False), ("S3://b/x", True), ("s3:b", False), ("./git", False)],
)
def test_what_is_shared(written, shared):
    assert is_shared(written) is shared


@pytest.mark.parametrize("written", ["s3://b/x#part", "s3://b/x?sig=1", "gs:///x"])
def test_an_object_has_neither_a_query_nor_a_fragment(tmp_path, written):
    with pytest.raises(UsageError, match="does not name a place"):
        at(written, tmp_path)


@pytest.mark.parametrize(
    ("written", "environ", "error"),
    [
        ("postgresql://u:${env:PW}@h/d", {"PW": "x"}, ""),
        ("postgresql://u:${env:PW}@h/d", {"PW": ""}, "PW is not set"),
        ("postgresql://u:x${env:PW}@h/d", {"PW": "x"}, "a password in clear"),
        ("postgresql://h/d?sslmode=x&sslpassword=y", {}, "a password in clear"),
        ("postgresql://h/d?password=${env:PW}", {"PW": "x"}, ""),
        ("postgresql://u@h/d", {}, ""),
        ("git:ssh://u@h/x", {}, ""),
        ("git:https://h/x", {}, ""),
    ],
)
def test_a_password_is_filled_in_and_never_written(tmp_path, written, environ, error):
    if not error:
        assert isinstance(at(written, tmp_path, environ=environ), SharedState)
        return
    with pytest.raises(UsageError, match=error):
        at(written, tmp_path, environ=environ)


@pytest.mark.parametrize(
    ("own", "written", "others", "refused"),
    [
        ("dev", "prod", ["dev", "prod"], True),
        ("dev", "dev", ["dev", "prod"], False),
        ("dev", "", ["dev", "prod"], False),
        ("", "prod", ["prod"], False),
        ("dev", "gone", ["dev", "prod"], False),
    ],
)
def test_a_record_belongs_to_its_environment_as_long_as_that_exists(own, written, others, refused):
    state = new_state("s", "p")
    object.__setattr__(state, "environment", written)
    if not refused:
        check_environment(state, own, others, where="x")
        return
    with pytest.raises(StateError, match="and you are in 'dev'"):
        check_environment(state, own, others, where="x")


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("", True),
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("/run/postgresql", True),
        ("@socket", True),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("db", False),
    ],
)
def test_what_is_this_machine(host, local):
    assert is_local(host) is local


# A store whose lock is kept


@pytest.fixture
def held(tmp_path):
    return HeldState(LocalState(tmp_path / "x.state.json", space="s", project="p"))


def test_within_a_kept_lock_the_same_thread_takes_it_again(held, tmp_path):
    other = LocalState(tmp_path / "x.state.json", space="s", project="p")
    with held.keep(reason="watch", since="now"):
        for _ in range(2):
            with held.lock(reason="apply", since="now"):
                held.write(held.read())
        with held.keep(reason="watch", since="now"):
            pass
        with held.lock(reason="apply", since="now"):
            pass
        with pytest.raises(Locked), other.lock(reason="apply", since="now"):
            pass
    with (
        other.lock(reason="apply", since="now"),
        pytest.raises(Locked),
        held.lock(reason="apply", since="now"),
    ):
        pass
    assert (held.read().serial, held.place) == (2, other.place)


def test_a_record_that_does_not_exist_yet_is_one_and_the_same(held):
    first = held.read()
    assert held.read() is first
    with held.lock(reason="apply", since="now"):
        written = held.write(first)
        held.note(written, Entry(ROOM))
        assert held.read().resources == {ROOM.address: ROOM}
        held.noting(written, Entry(removed=ROOM))()
        assert held.read().resources == {}
        assert held.push(written).serial == 2
    assert held.unlock() == ""


def test_a_location_of_no_known_form_is_told_all_of_them(tmp_path):
    with pytest.raises(UsageError) as told:
        at("ftp://host/path", tmp_path)
    assert (
        "a file, git, git:REMOTE, s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH,"
        " postgresql://HOST/DATABASE or kubernetes:NAMESPACE/NAME"
    ) in f"{told.value.message} {told.value.hint}"


FORMS = (
    "write a file, git, git:REMOTE, s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH,"
    " postgresql://HOST/DATABASE or kubernetes:NAMESPACE/NAME"
)
OWN_WAYS = "leave them out: git gets credentials in its own ways"
REMOTE = "write git, or git:REMOTE with the name or URL of a remote"
CLEAR = "leave it to PGPASSWORD or a password file, or write ${env:NAME} in its place"


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        ("ftp://host/path", "ftp:// is not a place for a state", FORMS),
        (
            "Postgresq://h/d",
            "postgresq:// is not a place for a state; did you mean 'postgresql'?",
            FORMS,
        ),
        *(
            (
                f"git:{scheme}://{user}@h/x",
                "the remote's URL contains a user and password",
                OWN_WAYS,
            )
            for scheme in ("http", "https")
            for user in ("u:p", "u", ":p")
        ),
        ("postgresql://u:p@h/d", "it contains a password in clear", CLEAR),
        ("git:ssh://u:p@h/x", "it contains a password in clear", CLEAR),
        ("postgres://h/d?a=b&password=p", "it contains a password in clear", CLEAR),
        ("git:-x", "'-x' is not a remote", REMOTE),
        ("git:ext::sh", "'ext::sh' is not a remote", REMOTE),
        ("git:a\x1b" + "b" * 90, f"{'a' + chr(92) + 'x1b' + 'b' * 55!r} is not a remote", REMOTE),
        ("s3:///path", "'s3:///path' does not name a place", "write s3://… without ? and #"),
        ("GS://b?sig=x", "'GS://b' does not name a place", "write gs://… without ? and #"),
        (
            "az://" + "c" * 100 + "#x",
            f"{'az://' + 'c' * 75!r} does not name a place",
            "write az://… without ? and #",
        ),
        ("git:${env:A_1}", "A_1 is not set", "set A_1 in the environment"),
    ],
)
def test_what_is_said_of_a_place_that_cannot_be_used(tmp_path, written, message, hint):
    with pytest.raises(UsageError) as told:
        at(written, tmp_path)
    assert (told.value.message, told.value.hint) == (f"state: {message}", hint)


@pytest.mark.parametrize("written", ["git:ssh://[::1/x", "postgresql://[::1/d"])
def test_an_address_that_cannot_be_taken_apart_is_left_to_its_backend(tmp_path, written):
    try:
        at(written, tmp_path)
    except (UsageError, StateError) as error:
        assert "password" not in error.message  # noqa: PT017


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("postgres://h:5/d", "postgresql://h:5/d (prod)"),
        ("postgresql://h/d", "postgresql://h/d (prod)"),
        ("kubernetes:a/b", "the Secret a/b"),
        ("az://c/x", "az://c/x/prod"),
        ("gs://c", "gs://c/prod"),
    ],
)
def test_each_place_is_called_by_its_own_name(tmp_path, monkeypatch, written, place):
    pytest.importorskip("lightkube")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "a")
    assert at(written, tmp_path).place == place


@pytest.mark.parametrize(
    ("scheme", "written", "extra"),
    [
        ("s3://", "s3://b/x", "objects"),
        ("postgres://", "postgres://h/d", "postgres"),
        ("kubernetes", "kubernetes:a/b", "kubernetes"),
    ],
)
def test_packages_that_are_missing_are_told(tmp_path, monkeypatch, scheme, written, extra):
    module = {"objects": "object_store"}.get(extra, extra)
    # None in the table of modules makes the import fail, as without the package.
    monkeypatch.setitem(sys.modules, f"reconciler.state.backends.{module}", None)
    with pytest.raises(UsageError) as told:
        at(written, tmp_path)
    assert (told.value.message, told.value.hint) == (
        f"state: {scheme}… needs packages that are not installed (the extra '{extra}')",
        extra_hint(extra),
    )


def test_all_references_to_the_environment_are_filled_in(tmp_path):
    environ = {"H": "db.example", "D": "rooms"}
    store = at("postgresql://${env:H}/${env:D}", tmp_path, environ=environ)
    assert store.place == "postgresql://db.example/rooms (prod)"
