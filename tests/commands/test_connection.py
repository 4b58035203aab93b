import os
import socket
from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import CREDENTIALS, MANIFESTS, room

COMMANDS = [
    ["plan", MANIFESTS],
    ["apply", MANIFESTS, "--yes"],
    ["drift", MANIFESTS],
    ["destroy", MANIFESTS, "--yes"],
]
NAMES = ("SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN")
every_command = pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])


@pytest.fixture
def fails(reconciler, declare):
    """Run a command that must fail with 1, print nothing on standard output and record nothing; gives the message."""

    def ran(*arguments):
        declare(room("lobby"))
        code, out, err = reconciler(*arguments)
        assert (code, out) == (1, ""), err
        assert list(Path().glob(".reconciler/*.state.json")) == []
        return err

    return ran


@every_command
def test_missing_credentials_are_all_named_at_once(fails, arguments):
    err = fails(*arguments)

    assert [name for name in (*NAMES, "--space") if name not in err] == []
    assert "local" in err  # the way to try it without an account


@pytest.mark.parametrize("absent", NAMES)
def test_what_is_there_is_not_named_as_missing(fails, monkeypatch, absent):
    for name in NAMES:
        monkeypatch.setenv(name, "example.signalwire.com" if name == NAMES[0] else "x")
    monkeypatch.delenv(absent)

    err = fails("plan", MANIFESTS)

    assert [name for name in NAMES if name in err] == [absent]


@pytest.mark.parametrize("value", ["", "   "])
@pytest.mark.parametrize("blank", NAMES[1:])
def test_a_blank_variable_is_as_good_as_missing(fails, space, monkeypatch, blank, value):
    monkeypatch.setenv(blank, value)

    assert fails("plan", MANIFESTS)
    assert space.space.requests == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("http://example.signalwire.com", "https"),
        ("example.com", "signalwire.com"),
        ("example.signalwire.com.evil.org", "signalwire.com"),
        ("user:pw@example.signalwire.com", "user"),
        ("example.signalwire.com/api", "/"),
        ("example.signalwire.com:99999", "99999"),
        ("exa mple.signalwire.com", "exa"),
        ("//example.signalwire.com", ""),
        ("ftp://example.signalwire.com", ""),
        ("loacl", ""),
    ],
)
def test_a_space_that_cannot_be_is_refused_before_anything_is_sent(fails, monkeypatch, given, told):
    for name in NAMES:
        monkeypatch.setenv(name, "x")
    monkeypatch.setattr(
        socket, "create_connection", lambda *_, **__: pytest.fail("something was sent")
    )

    err = fails("plan", MANIFESTS, "--space", given)

    assert told in err
    assert "pw" not in err.replace("password", "")


def test_a_bare_word_is_answered_with_the_host_that_it_may_mean(fails, monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, "x")

    assert "acme.signalwire.com" in fails("plan", MANIFESTS, "--space", "acme")


@every_command
def test_a_wrong_token_is_an_error_with_a_hint(fails, serving, arguments):
    space = serving(credentials=("project", "another"))

    err = fails(*arguments)

    assert [word for word in ("401", "token", "project", "GET /") if word not in err] == []
    assert space.writes == []


@every_command
def test_a_token_without_the_scope_is_an_error_that_says_so(fails, space, arguments):
    space.space.knobs = Settings(faults=(Fault(status=403),))

    err = fails(*arguments)

    assert [word for word in ("403", "scope") if word not in err] == []


def test_a_space_that_is_down_is_an_error_that_names_it(fails, space, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setenv("SIGNALWIRE_SPACE", f"127.0.0.1:{port}")

    assert f"127.0.0.1:{port}" in fails("apply", MANIFESTS, "--yes")
    assert space.writes == []


@every_command
@pytest.mark.parametrize(
    "fault",
    [
        {"action": "garbage"},
        {"action": "empty"},
        {"status": 200, "body": '{"data": null}'},
        {"status": 200, "body": "[]"},
    ],
    ids=["HTML", "nothing", "no list", "a list"],
)
def test_an_answer_that_cannot_be_is_an_error_and_never_an_empty_space(
    apply, reconciler, space, arguments, fault
):
    apply(room("lobby"))
    space.space.knobs = Settings(faults=(Fault(method="GET", path_regex="/rooms", **fault),))

    code, out, err = reconciler(*arguments)

    assert (code, out) == (1, "")
    assert "/rooms" in err
    assert space.writes == [("POST", "Room")]


def test_an_answer_cut_short_is_an_error_and_never_an_empty_space(apply, reconciler, space):
    apply(room("lobby"))
    space.space.knobs = Settings(
        faults=(Fault(method="GET", path_regex="/rooms", action="truncated"),)
    )

    code, out, err = reconciler("apply", MANIFESTS, "--yes")

    assert (code, out) == (1, "")
    assert "/rooms" in err
    assert space.writes == [("POST", "Room")]


def test_a_redirect_is_not_followed(fails, space):
    space.space.knobs = Settings(
        faults=(Fault(status=302, headers={"Location": "https://elsewhere.example.com/"}),)
    )

    assert "elsewhere.example.com" in fails("plan", MANIFESTS)


def test_the_id_of_the_request_is_told(fails, space):
    space.space.knobs = Settings(faults=(Fault(status=404, headers={"X-Request-ID": "req-4711"}),))

    assert fails("plan", MANIFESTS).count("req-4711") >= 1


def test_what_a_space_says_is_shown_without_its_control_characters(fails, space):
    space.space.knobs = Settings(
        faults=(Fault(status=400, body='{"error": "\\u001b[2Jgone\\u202e\\r"}'),)
    )

    err = fails("plan", MANIFESTS)

    assert not {"\x1b", "\u202e", "\r"} & set(err)
    assert "gone" in err


def test_a_token_can_come_from_a_file(done, declare, serving, monkeypatch):
    space = serving(credentials=("project", "from-a-file"))
    monkeypatch.delenv("SIGNALWIRE_API_TOKEN")
    Path("token").write_text("from-a-file\n", encoding="utf-8")
    Path("token").chmod(0o600)
    declare(room("lobby"))

    done("apply", MANIFESTS, "--yes", "--token-file", "token")

    assert space.space.requests


def test_a_token_file_that_is_not_there_is_an_error_that_names_it(fails, space):
    assert "nowhere" in fails("plan", MANIFESTS, "--token-file", "nowhere")
    assert space.space.requests == []


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_gets_nothing(done, declare, space, monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    declare(room("lobby"))

    done("plan", MANIFESTS)

    assert len(space.space.requests) == 2


def test_an_empty_page_that_has_a_next_one_is_not_the_end_of_the_list(
    apply, reconciler, plan, space
):
    apply(room("lobby"))
    space.space.knobs = Settings(empty_page=0)

    assert plan()["summary"]["noop"] == 1
    assert reconciler("drift", MANIFESTS).code == 0


def prod(tmp_path, *lines):
    (tmp_path / "reconciler.yaml").write_text(
        "environments:\n  prod:\n" + "".join(f"    {line}\n" for line in lines)
    )


def test_a_file_of_the_repository_alone_sends_no_token_anywhere(
    declare, fails, monkeypatch, tmp_path
):
    declare(room("a"))
    prod(tmp_path, "space: elsewhere.signalwire.com")
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", CREDENTIALS[0])
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", CREDENTIALS[1])

    said = fails("plan", MANIFESTS, "--env", "prod")

    assert "it is unknown whether SIGNALWIRE_API_TOKEN belongs to it" in said
    assert "SIGNALWIRE_SPACE=elsewhere.signalwire.com" in said


def test_a_space_of_this_machine_in_reconciler_yaml_takes_the_token_of_the_surroundings(
    declare, done, monkeypatch, space, tmp_path
):
    declare(room("a"))
    prod(tmp_path, f"space: {os.environ['SIGNALWIRE_SPACE']}")
    monkeypatch.delenv("SIGNALWIRE_SPACE")

    assert "1 to create" in done("plan", MANIFESTS, "--env", "prod").out


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"x" * 5000, "more than one token"), (b"\xff\xfe", "in UTF-16, not in UTF-8")],
)
def test_a_token_file_that_holds_something_else_is_an_error(
    declare, fails, monkeypatch, space, tmp_path, content, why
):
    declare(room("a"))
    (tmp_path / "token").write_bytes(content)

    assert why in fails("plan", MANIFESTS, "--token-file", "token")
