import errno

import pytest

from reconciler.core.errors import (
    Cancelled,
    CredentialsError,
    Incomplete,
    Interrupted,
    Invalid,
    Locked,
    ManifestError,
    ReconcilerError,
    Refused,
    StateError,
    UsageError,
    UsageErrors,
    all_of,
    raise_all,
    why_not_listening,
)
from reconciler.core.resources import Place, Problem


def problem(line, *, pointer="spec.size", severity="error", hint=""):
    place = Place("m.yaml", line, 3)
    return Problem(place, f"number {line}", pointer=pointer, severity=severity, hint=hint)


def test_the_first_problems_are_named_with_the_hint_of_the_first():
    error = ManifestError([problem(1, hint="do this"), problem(2, hint="do that", pointer="")])
    assert error.message == (
        "2 problems in the manifests: m.yaml:1:3: spec.size: number 1; m.yaml:2:3: number 2"
    )
    assert (error.hint, len(error.problems)) == ("do this", 2)


@pytest.mark.parametrize(
    ("number", "rest"),
    [(3, "number 3"), (4, "number 3 (and 1 more)"), (9, "number 3 (and 6 more)")],
)
def test_many_problems_are_counted(number, rest):
    message = ManifestError([problem(line) for line in range(1, number + 1)]).message
    assert message.startswith(f"{number} problems")
    assert message.endswith(rest)


def test_errors_come_before_warnings():
    error = ManifestError([problem(1, severity="warning"), problem(2)])
    assert error.message == "2 problems in the manifests: m.yaml:2:3: spec.size: number 2"
    assert [one.place.line for one in error.problems] == [1, 2]


def test_without_a_problem_there_is_a_number_alone():
    assert (ManifestError([]).message, ManifestError([]).hint) == (
        "0 problems in the manifests",
        "",
    )


def test_each_error_keeps_what_it_is_given():
    part = Incomplete("one of two", hint="run it again", outcomes=[])
    assert (str(part), part.message, part.hint, part.outcomes, part.exit_code) == (
        "one of two",
        "one of two",
        "run it again",
        (),
        4,
    )
    refused = Refused("no", hint="--yes", refusals=())
    assert (refused.message, refused.hint, refused.refusals, refused.exit_code) == (
        "no",
        "--yes",
        (),
        3,
    )
    assert (Cancelled().message, Cancelled().exit_code) == ("Cancelled. Nothing was changed.", 3)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EADDRINUSE, "Address already in use"), "another program uses this port"),
        (
            OSError(errno.EACCES, "Permission denied"),
            "ports below 1024 need rights that this user does not have",
        ),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign"), "Cannot assign"),
        (OSError("a\x1bb"), "a\\x1bb"),
        (OverflowError("port must be 0-65535."), "port must be 0-65535."),
    ],
)
def test_why_a_server_has_no_port(error, words):
    assert why_not_listening(error) == words


def test_an_error_of_the_api_has_what_was_asked_and_answered():
    bare = Invalid("no")
    assert (bare.message, bare.hint, bare.status, bare.request, bare.request_id) == (
        *("no", "", None),
        *("", ""),
    )
    assert (bare.attributes, bare.codes) == ((), ())
    whole = Invalid(
        *("no",),
        hint="do",
        status=422,
        request="PUT /a",
        request_id="7",
        attributes=["size"],
        codes=["too_big"],
    )
    assert (whole.hint, whole.status, whole.request, whole.request_id) == ("do", 422, "PUT /a", "7")
    assert (whole.attributes, whole.codes) == (("size",), ("too_big",))


ONE, TWO = UsageError("--a is wrong", hint="use --b"), UsageError("--c is wrong", hint="use --d")
BARE, AGAIN = UsageError("--e is wrong"), UsageError("--f is wrong", hint="use --b")
GONE = Refused("no")


def fails(error):
    def check():
        raise error

    return check


def raised(*checks):
    with pytest.raises(ReconcilerError) as found:
        all_of(*checks)
    return found.value


def test_what_several_checks_return_is_a_list():
    assert all_of() == []
    assert all_of(lambda: 1, lambda: None, lambda: "a") == [1, None, "a"]


def test_one_error_of_several_checks_is_raised_as_it_is():
    assert raised(lambda: 1, fails(ONE), lambda: 2) is ONE


def test_several_errors_are_one_with_each_hint_once():
    whole = raised(fails(ONE), lambda: 1, fails(BARE), fails(TWO), fails(AGAIN))
    assert type(whole) is UsageErrors
    assert (whole.message, whole.hint, whole.errors) == (
        "--a is wrong; --e is wrong; --c is wrong; --f is wrong",
        "use --b; use --d",
        (ONE, BARE, TWO, AGAIN),
    )
    # Those of a check that found several are told beside the others.
    assert raised(fails(UsageErrors([ONE, TWO])), fails(BARE)).errors == (ONE, TWO, BARE)


def test_an_error_of_another_sort_ends_the_checks_and_yields_to_what_was_found_before():
    assert raised(fails(GONE), fails(ONE)) is GONE
    assert raised(lambda: 1, fails(ONE), fails(GONE)) is ONE
    assert raised(fails(ONE), fails(TWO), fails(GONE)).errors == (ONE, TWO)


def test_without_errors_nothing_is_raised():
    assert raise_all([]) is None


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (UsageError, 1),
        (ManifestError, 1),
        (CredentialsError, 1),
        (StateError, 1),
        (Invalid, 1),
        (Refused, 3),
        (Cancelled, 3),
        (Locked, 3),
        (Incomplete, 4),
        (Interrupted, 130),
    ],
)
def test_each_error_has_its_exit_code(error, exit_code):
    assert error.exit_code == exit_code
