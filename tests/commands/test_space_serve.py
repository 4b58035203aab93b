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


KNOBS = {
    "": "knobs.json: not JSON: it is empty",
    "{": "knobs.json:1:2: not JSON: a key in double quotes is missing",
    "{'put': 'merge'}": "knobs.json:1:2: not JSON: a key in double quotes is missing",
    '{"latency": }': "knobs.json:1:13: not JSON: a value is missing",
    '{"latency": NaN}': "not JSON: NaN is not a number in JSON",
    '{"put": "merge"} {}': "knobs.json:1:18: not JSON: there is text after its end",
    "[" * 100_000: "knobs.json: not JSON: it is nested too deep",
    "\udcff": "knobs.json: not JSON: it is not UTF-8 text",
    "[]": "knobs.json: the knobs: an object is expected, not []",
    '{"colours": "red"}': 'colours: "red" is none of as_sent, upper, lower',
    '{"colurs": "upper"}': 'the knobs: "colurs" is none of active_session, ',
    '{"faults": 3}': "faults: a list of objects is expected",
    '{"faults": [3]}': "faults: an object is expected, not 3",
    '{"faults": [{"path_regex": "("}]}': 'path_regex: "(" is no regular expression',
    '{"faults": [{"path_regex": 3}]}': "path_regex: 3 is not a text",
    '{"faults": [{"method": ["POST"]}]}': 'method: ["POST"] is not a text, such as POST',
    '{"faults": [{"headers": {"Retry-After": 1}}]}': "headers: an object of texts is expected",
    '{"faults": [{"committed": "yes"}]}': 'committed: "yes" is neither true nor false',
    '{"put_resets": "name"}': "put_resets: a list of names of fields is expected",
}


@pytest.mark.parametrize(("content", "said"), KNOBS.items(), ids=[key[:40] for key in KNOBS])
def test_knobs_that_cannot_be_are_an_error_with_an_example(reconciler, content, said):
    Path("knobs.json").write_bytes(content.encode("utf-8", "surrogateescape"))

    code, out, err = reconciler("space", "serve", "--port", "0", "--knobs", "knobs.json")

    assert (code, out, err.startswith("error: --knobs knobs.json")) == (1, "", True)
    assert said in err
    assert '{"put": "replace", "latency": 0.1}' in err
    assert not any(words in err for words in ("Expecting", "char ", "Traceback", "Settings("))


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
