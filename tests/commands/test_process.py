"""The tool as a process: exit codes, closed pipes, other encodings, signals."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import threading
from functools import partial
from pathlib import Path

import pytest

from reconciler.localspace import Fault
from tests.commands.words import MANIFESTS, RECONCILER, counts, room, rooms

SCRIPT = Path(sys.executable).with_name("reconciler")


def recorded_names():
    """The names in the record, and in its journal where there is one: what the next run will know."""
    document = json.loads(
        next(Path(".reconciler").glob("*.state.json")).read_text(encoding="utf-8")
    )
    return {one["name"] for one in document["resources"]}


@pytest.fixture
def started():
    """Start a command line in a process of its own; it is ended with the test."""
    running = []

    def start(*arguments, **options):
        process = subprocess.Popen(
            [*RECONCILER, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def apply_of_thirty(serving, declare, started):
    """An apply of thirty rooms, two at a time, that has made some of them; gives the process and the Space."""
    space = serving(latency=0.03)
    reached = threading.Event()
    names = [f"r{number:02}" for number in range(30)]
    declare(*rooms(*names))
    process = started("apply", MANIFESTS, "--yes", "--parallel", "2")
    while len(space.space.ledger) < 4 and process.poll() is None:
        reached.wait(0.01)
    return process, space


@pytest.mark.skipif(
    not SCRIPT.exists(), reason="the console script is not installed beside this interpreter"
)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], 0),
        (["plna"], 1),
        (["validate", MANIFESTS], 0),
        (["plan", MANIFESTS, "--space", "local", "--detailed-exitcode"], 2),
        (["plan", MANIFESTS], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_the_console_script_ends_with_the_code_of_the_contract(declare, arguments, code):
    declare(room("lobby"))

    result = subprocess.run(
        [SCRIPT, *arguments], capture_output=True, text=True, timeout=30, check=False
    )

    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr


def test_a_refusal_is_3_and_a_partial_apply_is_4_as_a_process_too(apply, declare, process, space):
    apply(*rooms("a", "b"))
    declare(room("c"))

    assert process("apply", MANIFESTS, "--yes").code == 3
    assert space.names() == {"Room/a", "Room/b"}


@pytest.mark.parametrize(
    "arguments",
    [["schema", "Room"], ["explain", "Room"], ["--help"], ["plan", MANIFESTS, "--space", "local"]],
    ids=lambda value: value[0],
)
def test_a_reader_who_goes_away_is_no_reason_for_a_traceback(declare, arguments):
    declare(*rooms(*(f"r{number}" for number in range(800)), description="x" * 80))

    with subprocess.Popen(
        [*RECONCILER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        first = process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()

    assert first
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


def test_an_apply_whose_reader_is_gone_loses_nothing(declare, done, plan, space):
    declare(*rooms("a", "b", "c"))
    read, write = os.pipe()
    os.close(read)

    result = subprocess.run(
        [*RECONCILER, "apply", MANIFESTS, "--yes"],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    os.close(write)

    assert (result.returncode, "Traceback" in result.stderr) == (0, False)
    assert plan()["summary"] == counts(noop=3)
    assert len(space.writes) == 3


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_streams_that_were_closed_before_it_began_stop_no_apply(declare, plan, space, closed):
    declare(*rooms("a", "b", "c"))

    result = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *RECONCILER, "apply", MANIFESTS, "--yes"],
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert (result.returncode, b"Traceback" in result.stderr) == (0, False)
    assert plan()["summary"] == counts(noop=3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_under_the_output_is_no_reason_for_a_traceback(declare):
    declare(room("lobby"))

    with Path("/dev/full").open("w", encoding="utf-8") as full:
        result = subprocess.run(
            [*RECONCILER, "schema", "Room"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )

    assert "Traceback" not in result.stderr
    assert result.returncode == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_knows_few_letters_gets_what_it_can_show(declare, process, encoding):
    declare(room("lobby", display_name="Zoë → Łódź 🎥"))
    environment = os.environ | {"PYTHONIOENCODING": encoding}

    applied = process("apply", MANIFESTS, "--space", "local", "--yes", env=environment)
    declare(room("lobby", display_name="Zoë", layout="grid"))

    assert applied.code == 0, applied.err
    assert process("validate", MANIFESTS, env=environment).code == 1


def test_an_interrupted_apply_records_what_was_done_and_the_rerun_finishes(
    apply_of_thirty, done, plan
):
    process, space = apply_of_thirty
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 130, err
    assert "Traceback" not in out + err
    made = set(space.all("Room"))
    assert 4 <= len(made) < 30
    assert recorded_names() == made
    done("apply", MANIFESTS, "--yes")
    assert plan()["summary"] == counts(noop=30)
    assert len(space.writes) == 30


def test_an_interrupted_apply_says_how_much_was_done(apply_of_thirty):
    process, space = apply_of_thirty
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)

    made = len(space.all("Room"))
    assert f"{made} created" in out + err
    assert "stopped by a signal; what was done is recorded" in err


def test_an_apply_under_nohup_goes_on_when_the_terminal_is_gone(serving, declare, started, plan):
    space = serving(latency=0.03)
    declare(*rooms(*(f"r{number:02}" for number in range(30))))
    # As nohup starts it: hang-ups are ignored already.
    process = started(
        "apply",
        MANIFESTS,
        "--yes",
        "--parallel",
        "2",
        preexec_fn=partial(signal.signal, signal.SIGHUP, signal.SIG_IGN),
    )
    waited = threading.Event()
    while len(space.space.ledger) < 4 and process.poll() is None:
        process.send_signal(signal.SIGHUP)
        waited.wait(0.01)
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 0, out + err
    assert plan()["summary"] == counts(noop=30)


@pytest.mark.skipif(
    signal.getsignal(signal.SIGHUP) is signal.SIG_IGN,
    reason="these tests run under nohup themselves",
)
def test_an_apply_whose_terminal_hangs_up_stops_in_order(apply_of_thirty):
    process, space = apply_of_thirty
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 130, out + err
    assert recorded_names() == set(space.all("Room"))


def test_a_terminated_apply_loses_nothing_either(apply_of_thirty, done, plan):
    process, space = apply_of_thirty
    process.terminate()
    out, err = process.communicate(timeout=20)

    assert process.returncode != 0
    assert "Traceback" not in out + err
    assert len(space.all("Room")) < 30
    done("apply", MANIFESTS, "--yes")
    assert plan()["summary"] == counts(noop=30)


def test_an_interrupted_plan_is_130_without_a_traceback(serving, declare, started):
    space = serving(latency=1.0)
    declare(room("lobby"))
    process = started("plan", MANIFESTS)
    waited = threading.Event()
    while not space.space.requests and process.poll() is None:
        waited.wait(0.01)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "Traceback" not in out + err


def test_two_applies_at_once_never_write_at_once(apply_of_thirty, reconciler):
    process, space = apply_of_thirty

    code, _, err = reconciler("apply", MANIFESTS, "--yes")

    assert code == 3
    assert str(process.pid) in err
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert len(space.writes) == 30


def test_a_second_interrupt_does_not_wait_for_what_hangs(serving, declare, started, done, plan):
    space = serving(
        faults=(Fault("POST", path_regex="/rooms$", after=2, times=1, action="hang", seconds=600),)
    )
    declare(*rooms("a", "b", "c", "d"))
    process = started("apply", MANIFESTS, "--yes", "--parallel", "1")
    waited = threading.Event()
    while len(space.space.requests) < 5 and process.poll() is None:
        waited.wait(0.01)

    for _ in range(2):
        process.send_signal(signal.SIGINT)
        waited.wait(0.2)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, "Traceback" in out + err) == (130, False)
    assert set(space.all("Room")) == {"a", "b"}
    assert [line.split()[0] for line in done("state", "list").out.splitlines()] == [
        "Room/a",
        "Room/b",
    ]
    done("apply", MANIFESTS, "--yes")
    assert plan()["summary"] == counts(noop=4)


def test_an_interrupt_does_not_wait_for_a_space_that_hangs(serving, declare, started):
    space = serving(faults=(Fault("GET", action="hang", seconds=600),))
    declare(room("lobby"))
    process = started("plan", MANIFESTS)
    waited = threading.Event()
    while not space.space.requests and process.poll() is None:
        waited.wait(0.01)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, "Traceback" in out + err) == (130, False)


@pytest.mark.parametrize(
    ("seconds", "locked"),
    [(1, False), pytest.param(600, True, id="a Space that is silent for longer than a moment")],
)
def test_an_interrupt_while_an_apply_plans_gives_the_lock_back(
    serving, declare, started, shared_state, seconds, locked
):
    space = serving(faults=(Fault("GET", action="hang", seconds=seconds),))
    declare(room("lobby"))
    process = started("apply", MANIFESTS, "--yes")
    waited = threading.Event()
    while not space.space.requests and process.poll() is None:
        waited.wait(0.01)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, out, err.strip()) == (130, "", "error: interrupted")
    assert shared_state() == locked


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])
def test_a_room_whose_making_was_cut_off_is_made_once_and_is_ours(
    serving, declare, started, done, plan, committed
):
    space = serving(
        faults=(
            Fault(
                "POST",
                path_regex="/rooms$",
                after=1,
                times=1,
                action="hang",
                committed=committed,
                seconds=600,
            ),
        )
    )
    declare(*rooms("a", "b", "c", layout="3x3"))
    process = started("apply", MANIFESTS, "--yes", "--parallel", "1")
    waited = threading.Event()
    while (
        sum(request.method == "POST" for request in space.space.requests) < 2
        and process.poll() is None
    ):
        waited.wait(0.01)
    waited.wait(0.2)
    process.kill()
    process.wait(timeout=20)
    assert ("b" in space.all("Room")) == committed

    done("apply", MANIFESTS, "--yes")

    assert sorted(space.all("Room")) == ["a", "b", "c"]
    assert [method for method, _ in space.writes] == ["POST"] * 3
    assert plan()["summary"] == counts(noop=3)


def test_a_stranger_who_took_the_name_meanwhile_is_not_taken_for_ours(
    serving, declare, started, reconciler
):
    space = serving(
        faults=(
            Fault(
                "POST", path_regex="/rooms$", times=1, action="hang", committed=False, seconds=600
            ),
        )
    )
    declare(room("a", layout="3x3"))
    process = started("apply", MANIFESTS, "--yes")
    waited = threading.Event()
    while (
        not any(request.method == "POST" for request in space.space.requests)
        and process.poll() is None
    ):
        waited.wait(0.01)
    waited.wait(0.2)
    process.kill()
    process.wait(timeout=20)
    space.create("Room", name="a", layout="5x5")

    code, _, err = reconciler("apply", MANIFESTS, "--yes")

    assert (code, "--adopt Room/a" in err, space.get("Room", "a")["layout"]) == (3, True, "5x5")


def unread(end):
    """How many bytes wait in a pipe."""
    return int.from_bytes(fcntl.ioctl(end, termios.FIONREAD, bytes(4)), sys.byteorder)


def as_in_the_foreground():
    """A shell's background job, which these tests may be, has SIGINT ignored, and so have its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def stuck_in(stream, *arguments):
    """A command line whose ``stream`` nobody reads, once it waits there; the process, and the end to read from."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(theirs, b" " * 4096)
    os.read(ours, 4096)  # room for the first words alone
    os.set_blocking(theirs, True)
    # Buffered, as it is unless somebody asks for the opposite: a signal then comes into the buffer's own write.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE} | {stream: theirs}
    process = subprocess.Popen(
        [*RECONCILER, *arguments],
        stdin=subprocess.DEVNULL,
        env=environment,
        preexec_fn=as_in_the_foreground,  # noqa: PLW1509  # it takes no lock
        **streams,
    )
    os.close(theirs)
    waited, begun, sizes = threading.Event(), unread(ours), [0, 0]
    while process.poll() is None and (sizes[-1] <= begun or len(set(sizes[-8:])) > 1):
        sizes.append(unread(ours))
        waited.wait(0.05)
    return process, ours


def drained(end):
    """All that comes there until it is closed."""
    with os.fdopen(end, "rb") as stream:
        return stream.read().decode()


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    "arguments",
    [("plan", MANIFESTS), ("apply", MANIFESTS, "--yes"), ("schema", "Room")],
    ids=lambda value: value[0],
)
def test_an_interrupt_does_not_wait_for_a_reader_that_reads_no_more(declare, arguments):
    declare(*rooms(*(f"r{number:03}" for number in range(300))))
    process, end = stuck_in("stdout", *arguments)

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    os.close(end)
    assert (process.returncode, err.strip()) == (130, b"error: interrupted")


def test_an_apply_that_is_interrupted_while_nobody_reads_its_progress_records_what_was_done(
    declare, space, done, plan
):
    declare(*rooms(*(f"r{number:03}" for number in range(300))))
    process, end = stuck_in("stderr", "apply", MANIFESTS, "--yes", "--parallel", "1")

    process.send_signal(signal.SIGINT)
    err = drained(end)

    assert process.wait(timeout=20) == 130, err
    assert "stopped by a signal; what was done is recorded" in err
    made = set(space.all("Room"))
    assert 0 < len(made) < 300
    assert recorded_names() == made
    done("apply", MANIFESTS, "--yes")
    assert plan()["summary"] == counts(noop=300)


def test_a_second_interrupt_waits_for_no_reader_either(declare, space):
    declare(*rooms(*(f"r{number:03}" for number in range(300))))
    process, end = stuck_in("stderr", "apply", MANIFESTS, "--yes")

    for _ in range(2):
        process.send_signal(signal.SIGINT)
        threading.Event().wait(0.3)

    assert process.wait(timeout=20) == 130
    os.close(end)
    assert len(space.all("Room")) < 300
