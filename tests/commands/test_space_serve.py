import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.commands.words import LOCAL_FILE, MANIFESTS, RECONCILER, room


@pytest.fixture
def serve(monkeypatch):
    """Start ``space serve`` and take over the environment that it prints; gives the process."""
    running = []

    def start(*flags):
        process = subprocess.Popen(
            [*RECONCILER, "space", "serve", "--port", "0", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        for _ in range(3):
            name, _, value = (
                process.stdout.readline().strip().removeprefix("export ").partition("=")
            )
            monkeypatch.setenv(name, value)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_what_it_prints_is_all_that_the_other_commands_need(serve, declare, done, reconciler):
    serve()
    declare(room("lobby", layout="2x2"))

    done("apply", MANIFESTS, "--yes")

    assert reconciler("plan", MANIFESTS, "--detailed-exitcode").code == 0


def test_the_file_is_that_of_the_embedded_space(serve, declare, done):
    declare(room("lobby", layout="2x2"))
    done("apply", MANIFESTS, "--space", "local", "--yes")
    serve()

    assert LOCAL_FILE.exists()
    assert done("plan", MANIFESTS, "--format", "json").json["summary"]["adopt"] == 1


def test_another_file_is_another_space(serve, declare, done):
    declare(room("lobby"))
    done("apply", MANIFESTS, "--space", "local", "--yes")
    serve("--data", "other.sqlite")

    assert done("plan", MANIFESTS, "--format", "json").json["summary"]["create"] == 1
    assert Path("other.sqlite").exists()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_it_serves_until_it_is_stopped_and_then_leaves_no_traceback(serve, declare, done, stop):
    process = serve()
    declare(room("lobby"))
    done("apply", MANIFESTS, "--yes")

    process.send_signal(stop)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "Traceback" not in out + err


def test_knobs_bend_it(serve, declare, reconciler):
    Path("knobs.json").write_text(
        json.dumps({"faults": [{"method": "POST", "status": 403}]}), encoding="utf-8"
    )
    serve("--knobs", "knobs.json")
    declare(room("lobby"))

    assert reconciler("apply", MANIFESTS, "--yes").code == 4


@pytest.mark.parametrize("content", ["{", '{"colours": "red"}', '{"colurs": "upper"}', "[]"])
def test_knobs_that_cannot_be_are_an_error(reconciler, content):
    Path("knobs.json").write_text(content, encoding="utf-8")

    code, out, err = reconciler("space", "serve", "--port", "0", "--knobs", "knobs.json")

    assert (code, out) == (1, "")
    assert "knobs" in err.lower()


def test_a_port_that_is_taken_is_an_error_that_names_it(reconciler):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        code, out, err = reconciler("space", "serve", "--port", port)

    assert (code, out) == (1, "")
    assert str(port) in err


def test_a_file_that_is_something_else_is_an_error_that_names_it(reconciler):
    Path("notes.txt").write_text(
        "not a database, but long enough to be read as one\n" * 20, encoding="utf-8"
    )

    code, out, err = reconciler("space", "serve", "--port", "0", "--data", "notes.txt")

    assert (code, out) == (1, "")
    assert "notes.txt" in err
