"""What a watch answers over HTTP, and how it ends."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, RECONCILER, room

NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def can_be_process_1():
    try:
        return (
            subprocess.run(
                [*NAMESPACE, "true"], capture_output=True, timeout=20, check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


as_process_1 = pytest.mark.skipif(
    not can_be_process_1(), reason="this machine lets nobody make a PID namespace"
)


@pytest.fixture
def start():
    """Start a command line in a process of its own, and give it; it is killed at the end."""
    running = []

    def started(*arguments, before=()):
        process = subprocess.Popen(
            [*before, *RECONCILER, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield started
    for process in running:
        process.kill()
        process.communicate()


def ask(port, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request(
            method, path, headers={name.title(): value for name, value in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()


@pytest.fixture
def watching(start):
    """Start a watch that answers, wait for its first look, and give the process and its port."""

    def started(*flags):
        process = start("watch", MANIFESTS, "--interval", "60", "--listen", "127.0.0.1:0", *flags)
        told = process.stderr.readline()
        port = int(
            re.fullmatch(r"http://127\.0\.0\.1:(\d+) has /healthz, /readyz and /metrics\.\n", told)[
                1
            ]
        )
        return process, port

    return started


def test_it_answers_health_and_metrics(watching, apply, space):
    apply(room("lobby", layout="2x2"))
    space.change("Room", "lobby", layout="5x5")
    process, port = watching()
    assert "1 drifted" in process.stdout.readline()

    assert ask(port, "/healthz") == (200, "text/plain; charset=utf-8", "ok\n")
    assert ask(port, "/readyz") == (200, "text/plain; charset=utf-8", "ok\n")
    status, content_type, text = ask(port, "/metrics")
    assert (status, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    plain = {family.name: family for family in text_string_to_metric_families(text)}
    status, content_type, text = ask(
        port, "/metrics", accept="application/openmetrics-text; version=1.0.0"
    )
    assert (status, content_type) == (
        200,
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
    )
    strict = {family.name: family for family in openmetrics(text)}
    assert plain.keys() == strict.keys()
    assert [one.value for one in strict["reconciler_up"].samples] == [1.0]
    assert ask(port, "/nothing")[0] == 404
    assert ask(port, "/metrics", method="HEAD")[2] == ""
    assert ask(port, "/metrics", method="DELETE")[0] == 501


def test_a_failed_look_is_alive_and_not_ready(watching, declare, space):
    declare(room("lobby"))
    space.space.knobs = Settings(faults=(Fault(status=401),))
    process, port = watching()
    process.stdout.readline()

    assert ask(port, "/healthz")[0] == 200
    assert ask(port, "/readyz") == (
        503,
        "text/plain; charset=utf-8",
        "the last round failed, 1 time in a row\n",
    )
    up = next(
        one
        for one in text_string_to_metric_families(ask(port, "/metrics")[2])
        if one.name == "reconciler_up"
    )
    assert [one.value for one in up.samples] == [0.0]


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    "address", ["9090x", "example.com:80", "127.0.0.1:99999", "127.0.0.1:-1", "", "::1:80"]
)
def test_an_address_that_is_none_is_an_error(reconciler, declare, address):
    declare(room("lobby"))
    result = reconciler("watch", MANIFESTS, "--rounds", "1", "--listen", address)
    assert result.code == 1
    assert "127.0.0.1:9090" in result.err


@pytest.mark.usefixtures("space")
def test_a_port_in_use_is_an_error(reconciler, declare):
    declare(room("lobby"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = reconciler(
            "watch", MANIFESTS, "--rounds", "1", "--listen", f"127.0.0.1:{taken.getsockname()[1]}"
        )
    assert result.code == 1
    assert "cannot listen there: another program uses this port" in result.err


@pytest.mark.usefixtures("space")
def test_a_client_that_says_nothing_holds_up_nobody(watching, apply):
    apply(room("lobby"))
    process, port = watching()
    process.stdout.readline()
    with socket.create_connection(("127.0.0.1", port)):
        assert ask(port, "/healthz")[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "flags", [[], ["--apply"], ["--listen", "127.0.0.1:0"]], ids=["plan", "apply", "listen"]
)
def test_a_watch_that_waits_ends_with_130(start, apply, stop, flags):
    apply(room("lobby"))
    process = start("watch", MANIFESTS, "--interval", "60", *flags)
    process.stdout.readline()
    process.send_signal(stop)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "error" not in err
    assert "Traceback" not in out + err


def inner(process):
    """The process that is number 1 of the namespace which ``process`` made."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    ends = time.monotonic() + 60
    while not children.read_text() and time.monotonic() < ends:
        time.sleep(0.01)
    return int(children.read_text().split()[0])


@pytest.mark.usefixtures("space")
@as_process_1
@pytest.mark.parametrize(
    "arguments",
    [
        ["watch", MANIFESTS, "--interval", "60"],
        ["watch", MANIFESTS, "--interval", "60", "--apply"],
        ["space", "serve", "--port", "0"],
    ],
    ids=["watch", "watch --apply", "space serve"],
)
def test_sigterm_ends_process_1_of_a_container(start, apply, arguments):
    apply(room("lobby"))
    process = start(*arguments, before=NAMESPACE)
    process.stdout.readline()
    os.kill(inner(process), signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in out + err


@as_process_1
@pytest.mark.usefixtures("space")
def test_sigterm_ends_process_1_that_reads_its_manifests(start):
    os.mkfifo("pipe")
    process = start("plan", "pipe", before=NAMESPACE)
    with Path("pipe").open("w"):  # opens once it is read
        os.kill(inner(process), signal.SIGTERM)
        assert process.wait(60) == 130
