"""All that is wrong with the options and arguments of a command is told by one run."""

import json

import pytest

from reconciler.core.errors import ProtocolError, UsageError, UsageErrors, all_of
from tests.commands.words import CREDENTIALS, MANIFESTS, manifest, room, write_manifests

PATH = ("--path", MANIFESTS)

# The command line, and a part of each message that must be printed, in this order.
LINES = {
    "unknown options": ("plan --nope --neither 3 --xyz", ["'--nope'", "'--neither'", "'--xyz'"]),
    "unknown and wrong": (
        "apply --nope --parallel 0 --format x",
        ["'--nope'", "'--parallel'", "'--format'"],
    ),
    "two wrong values": ("plan --format x --report a.foo", ["'--format'", "--report a.foo"]),
    "value missing": ("plan --format x --out", ["'--out' requires", "'--format'"]),
    "value too many": ("apply --yes=3 --parallel 0", ["'--yes' does not take", "'--parallel'"]),
    "missing options": ("kind draft", ["'--from'", "'--path'"]),
    "missing and extra": ("state rm Room/a Room/b --nope", ["'--nope'"]),
    "extra arguments": ("schema Room Theme --format x", ["'--format'", "'Theme'"]),
    "reports": ("drift --report a.foo --report no/b.html", ["a.foo", "no/b.html"]),
    "consents": (
        "apply --adopt Rom/a --adopt Room --allow-delete Room=x --allow-update 3 --allow-live zz",
        ["--adopt Rom/a", "--adopt Room", "--allow-live zz", "--allow-delete Room=x", "update 3"],
    ),
    "selection": ("apply --target Foo/x --target b --selector c", ["Foo/x", "'b'", "--selector c"]),
    "selection of a plan": (
        "plan --refresh-only --out p.html --target Foo/x",
        ["--refresh-only", "--out p.html", "Foo/x"],
    ),
    "targets": ("plan --target Room/x --target Room/y", ["Room/x", "Room/y"]),
    "rooms": ("previews aa bb --port 3", ["--port", "'aa'", "'bb'"]),
    "shown": ("show Foo/a Room/b", ["Foo/a", "Room/b"]),
    "imported": ("import Foo/a Room/b --matching zz* --out x", ["Foo/a", "Room/b", "'zz*'"]),
    "pulled": ("pull aa bb --yes", ["'aa'", "'bb'"]),
    "added": ("pull --add Room/x --add Room/y --yes", ["Room/x", "Room/y"]),
    "added without kind": ("pull --add x --add Foo/y --yes", ["'x'", "Foo/y"]),
    "moved": ("state mv Room/aa Foo/b", ["Room/aa", "Foo/b"]),
    "minted": ("tokens mint rom --user= --role nope", ["--user", "--role nope", "'rom'"]),
    "nothing minted": ("tokens mint rom", ["--user NAME", "--role NAME", "'rom'"]),
    "watched": ("watch --listen abc --webhook", ["--listen abc", "--webhook"]),
    "operator": (
        "operator --metrics a --healthz b",
        ["--state-namespace", "--metrics a", "--healthz b"],
    ),
}


@pytest.mark.parametrize("case", LINES)
@pytest.mark.usefixtures("space")
def test_all_problems_are_told_at_once(case, reconciler):
    write_manifests(room("lobby"), manifest("Role", "host", permissions=["room.lock"]))
    line, parts = LINES[case]
    words = [*line.split()]
    if words[0] in ("previews", "show", "tokens"):
        words += PATH
    elif words[0] == "pull" or case == "targets":
        words.append(MANIFESTS)

    code, out, err = reconciler(*words)

    errors = [text for text in err.splitlines() if text.startswith("error: ")]
    assert (code, out) == (1, "")
    assert len(errors) == len(parts), err
    assert [part for part, text in zip(parts, errors, strict=True) if part not in text] == []


def test_a_role_that_is_none_is_told_with_the_space_that_cannot_be_reached(reconciler, monkeypatch):
    write_manifests(room("lobby"))
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", CREDENTIALS[1])

    code, _, err = reconciler("tokens", "mint", "lobby", "--user=", "--role", "nope", *PATH)

    assert code == 1
    assert ("--user" in err, "--role nope" in err) == (True, True)


def test_as_events_they_are_one_error(reconciler):
    err = reconciler("plan", "--nope", "--format", "x", "--log-format", "json").err

    (event,) = [json.loads(line) for line in err.splitlines()]
    assert event["message"].startswith("no such option: '--nope'")
    assert event["message"].endswith(
        "; Invalid value for '--format': 'x' is not one of 'text', 'json', 'markdown', 'html'."
    )
    assert "\\x0a" not in event["hint"]


def test_a_hint_that_all_share_is_printed_once(reconciler):
    err = reconciler("plan", "--nope", "--neither").err

    assert err.count("reconciler plan --help lists them") == 1


def fails(error):
    def check():
        raise error

    return check


def test_checks_give_their_results_or_all_their_errors():
    one, two, three = UsageError("1"), UsageError("2"), UsageError("3")

    assert all_of(lambda: 1, lambda: 2) == [1, 2]
    with pytest.raises(UsageError) as alone:
        all_of(lambda: 1, fails(one))
    with pytest.raises(UsageErrors) as several:
        all_of(fails(UsageErrors([one, two])), fails(three))
    with pytest.raises(UsageError) as before:
        all_of(fails(one), fails(ProtocolError("no answer")))
    with pytest.raises(ProtocolError):
        all_of(lambda: 1, fails(ProtocolError("no answer")))

    assert (alone.value, before.value) == (one, one)
    assert several.value.errors == (one, two, three)
