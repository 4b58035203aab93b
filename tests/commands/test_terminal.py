"""On a terminal the tool asks, paints and shows progress; everywhere else it does none of it."""

import os
import re
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, RECONCILER, conference, room

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")
PAINT = re.compile(r"\x1b\[[0-9;]*m")
PATIENCE = 20
QUESTION = "'yes'"
ASKED = re.compile(r"('yes'\s+to\s+continue|\[\?\]\s+help):\s*$")


def converse(process, ours, answer):
    """Read what a process shows on its terminal to the end, and answer its question once, when it has fallen silent."""
    shown, asked, end = "", False, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ready, _, _ = select.select([ours], [], [], 0.1)
        try:
            part = os.read(ours, 65536).decode() if ready else None
        except OSError:  # the other side was closed
            break
        shown += part or ""
        if answer and not asked and not ready and ASKED.search(shown):
            asked = True
            if isinstance(answer, int):
                process.send_signal(answer)
            else:
                os.write(ours, answer.encode())
    return shown


def as_from_a_shell():
    """Make standard input the terminal of the process, on which a typed Ctrl-C is a signal."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where the tests run in the background
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def on_a_terminal(declare):
    """Run a command on a terminal and give it an answer (text, or a signal) when it asks; gives the exit code and what was shown."""

    def ran(*arguments, answer="", environment=None):
        ours, theirs = pty.openpty()
        settings = os.environ | {"TERM": "xterm-256color"} | (environment or {})
        with subprocess.Popen(
            [*RECONCILER, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=settings,
            start_new_session=True,
            preexec_fn=as_from_a_shell,  # noqa: PLW1509  # no thread is running
        ) as process:
            os.close(theirs)
            try:
                shown = converse(process, ours, answer)
                return process.wait(timeout=PATIENCE), shown
            finally:
                process.kill()
                os.close(ours)

    declare(room("lobby", layout="2x2"))
    return ran


def test_apply_asks_and_yes_is_yes(on_a_terminal, space):
    code, shown = on_a_terminal("apply", MANIFESTS, answer="yes\n")

    assert code == 0, shown
    question = f"Apply 1 creation to {os.environ['SIGNALWIRE_SPACE']}? Type 'yes' to continue: "
    assert question in shown
    assert shown.index("Plan: ") < shown.index(QUESTION) < shown.index("Applied: ")
    assert space.names() == {"Room/lobby"}


@pytest.mark.parametrize(
    "answer",
    ["no\n", "\n", "y\n", "yes please\n", "\x04"],
    ids=["no", "nothing", "y", "more", "end of input"],
)
def test_any_other_answer_writes_nothing_and_is_no_success(on_a_terminal, space, answer):
    code, shown = on_a_terminal("apply", MANIFESTS, answer=answer)

    assert code == 3, shown
    assert shown.endswith("\nCancelled. Nothing was changed.\r\n")
    assert "error" not in shown
    assert space.writes == []


def test_an_interrupt_at_the_question_is_130_and_writes_nothing(on_a_terminal, space):
    code, shown = on_a_terminal("apply", MANIFESTS, answer=signal.SIGINT)

    assert code == 130, shown
    assert shown.endswith(": \r\nCancelled. Nothing was changed.\r\n")
    assert "error" not in shown
    assert space.writes == []


QUESTIONS = [
    ["apply", MANIFESTS],
    ["destroy", MANIFESTS],
    ["pull", "Room/lobby", MANIFESTS],
    ["pull", "--all", MANIFESTS],
    ["pull", "--interactive", MANIFESTS],
    ["probe"],
    ["tokens", "reset", "hall/guest"],
]
LEAVING = [signal.SIGINT, "\x03", signal.SIGTERM, "\x04", "no\n"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        pytest.param(command, answer, id=f"{' '.join(command)}-{answer!r}")
        for command in QUESTIONS
        for answer in LEAVING
        # There "no" is a choice for one field; it does not leave the question.
        if not ("--interactive" in command and answer == "no\n")
    ],
)
def test_leaving_a_question_changes_nothing_and_says_so_in_a_line_of_its_own(
    on_a_terminal, apply, space, command, answer
):
    apply(room("lobby", layout="2x2"), conference("hall"))
    space.change("Room", "lobby", layout="3x3")
    written = Path(MANIFESTS).read_bytes()
    writes = list(space.writes)

    code, shown = on_a_terminal(*command, answer=answer)

    left_by_a_signal = answer == "\x03" or not isinstance(answer, str)
    assert code == (130 if left_by_a_signal else 3), shown
    assert shown.splitlines()[-1] == "Cancelled. Nothing was changed.", shown
    assert shown.count("Cancelled") == 1
    assert "error" not in shown
    assert space.writes == writes
    assert Path(MANIFESTS).read_bytes() == written


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize("answer", [signal.SIGINT, "\x03"], ids=repr)
def test_leaving_a_question_after_files_were_written_says_that_they_were(
    on_a_terminal, apply, answer
):
    apply(room("lobby", layout="2x2"))
    shutil.rmtree(".reconciler")
    Path(MANIFESTS).unlink()

    code, shown = on_a_terminal("init", answer=answer)

    assert code == 130, shown
    assert shown.splitlines()[-2:] == [
        "Cancelled. The files listed above were written.",
        "Nothing was imported.",
    ]
    assert "Wrote in .:" in shown
    assert "Nothing was changed" not in shown
    _, again = on_a_terminal("init", answer=answer)
    assert again.splitlines()[-1] == "Cancelled. Nothing was changed."
    assert "Wrote in" not in again


def test_an_interrupt_at_the_question_gives_the_lock_back(shared_state, on_a_terminal, space):
    code, shown = on_a_terminal("apply", MANIFESTS, answer=signal.SIGINT)

    assert (code, shared_state(), space.writes) == (130, False, []), shown


def test_with_consent_given_nothing_is_asked(on_a_terminal, space):
    code, shown = on_a_terminal("apply", MANIFESTS, "--yes")

    assert code == 0
    assert QUESTION not in shown
    assert space.names() == {"Room/lobby"}


def test_destroy_asks_as_well(on_a_terminal, apply, space):
    apply(room("lobby"))

    code, shown = on_a_terminal("destroy", MANIFESTS, answer="no\n")

    assert code == 3
    assert "Apply 1 deletion (Room/lobby) to " in shown
    assert space.names() == {"Room/lobby"}


@pytest.mark.usefixtures("space")
def test_a_terminal_gets_colour(on_a_terminal):
    assert PAINT.search(on_a_terminal("plan", MANIFESTS)[1])


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["plan", MANIFESTS], {"NO_COLOR": "1"}),
        (["apply", MANIFESTS, "--yes"], {"NO_COLOR": "1"}),
        (["plan", "nowhere"], {"NO_COLOR": "1"}),
        (["plan", MANIFESTS], {"TERM": "dumb"}),
    ],
    ids=["plan", "apply", "error", "dumb"],
)
def test_where_colour_is_not_wanted_there_is_none(on_a_terminal, arguments, environment):
    assert PAINT.search(on_a_terminal(*arguments, environment=environment)[1]) is None


@pytest.mark.usefixtures("space")
def test_json_is_never_painted(on_a_terminal):
    assert "\x1b" not in on_a_terminal("plan", MANIFESTS, "--format", "json")[1]


def test_without_a_terminal_there_is_no_escape_in_any_stream(declare, process, space):
    declare(room("lobby", layout="2x2"))
    runs = [
        process("plan", MANIFESTS),
        process("apply", MANIFESTS, "--yes"),
        process("drift", MANIFESTS),
        process("plan", "nowhere"),
    ]

    assert [run for run in runs if "\x1b" in run.out + run.err] == []
    assert [run.code for run in runs] == [0, 0, 0, 1]
    assert space.names() == {"Room/lobby"}


def test_the_question_counts_each_verb_and_names_what_is_deleted(
    on_a_terminal, apply, space, declare
):
    apply(*[room(name, layout="2x2") for name in "abcdefgh"])
    declare(room("a", layout="3x3"), room("b", layout="3x3"), room("new"), room("c"))

    _, shown = on_a_terminal("apply", MANIFESTS, "--allow-delete", "Room=5", answer="no\n")

    asked = "Apply 1 creation, 3 updates, 5 deletions (Room/d, Room/e, Room/f and 2 more) to "
    assert asked in shown.replace("\r\n", " ")


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    ("environment", "painted"),
    [
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "3"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "0"}, False),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ],
)
@pytest.mark.parametrize(
    ("arguments", "stream"), [(["plan", MANIFESTS], "out"), (["plan", "nowhere"], "err")]
)
def test_colour_can_be_forced_without_a_terminal(
    declare, process, environment, painted, arguments, stream
):
    declare(room("lobby", layout="2x2"))

    shown = getattr(process(*arguments, env={**os.environ, **environment}), stream)

    assert bool(PAINT.search(shown)) is painted


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize("form", ["json", "markdown", "html"])
def test_what_programs_read_is_never_painted(declare, process, form):
    declare(room("lobby", layout="2x2"))

    shown = process("plan", MANIFESTS, "--format", form, env={**os.environ, "FORCE_COLOR": "1"})

    assert "\x1b" not in shown.out


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize("environment", [{"FORCE_COLOR": "0"}, {"CLICOLOR": "0"}])
def test_a_terminal_gets_no_colour_where_it_is_turned_off(on_a_terminal, environment):
    assert PAINT.search(on_a_terminal("plan", MANIFESTS, environment=environment)[1]) is None


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    "command",
    [
        ["plan", MANIFESTS],
        ["show", "Room/lobby", "--path", MANIFESTS],
        ["doctor"],
        ["previews", "--path", MANIFESTS],
        ["explain", "Room"],
        ["init", "my-rooms"],
        ["schema", "nothing"],
        ["plan", "--force"],
        ["plan", MANIFESTS, "--env", "production"],
    ],
    ids=" ".join,
)
def test_no_line_is_wider_than_the_terminal(on_a_terminal, command):
    _, shown = on_a_terminal(*command, environment={"COLUMNS": "60", "NO_COLOR": "1"})

    assert shown
    # A path has no place to break at.
    assert [line for line in shown.splitlines() if len(line) > 60 and " " in line.strip()] == []


@pytest.mark.usefixtures("space")
def test_a_list_of_the_state_has_a_heading_for_people_and_none_for_programs(
    on_a_terminal, apply, process
):
    apply(room("lobby", layout="2x2"))

    _, shown = on_a_terminal("state", "list", environment={"NO_COLOR": "1"})

    assert shown.split()[:4] == ["resource", "id", "last", "applied"]
    assert process("state", "list").out.startswith("Room/lobby  ")


@pytest.mark.usefixtures("space")
def test_what_doctor_says_stands_below_itself_on_a_narrow_terminal(on_a_terminal):
    _, shown = on_a_terminal("doctor", environment={"COLUMNS": "60", "NO_COLOR": "1"})

    lines = [line for line in shown.splitlines() if line]
    begins = {len(line) - len(line.lstrip()) for line in lines if line.startswith(" ")}
    assert begins == {20}
    assert {line[19:20] for line in lines} == {" "}
