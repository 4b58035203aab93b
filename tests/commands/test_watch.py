import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, room

SECRET_PATH = "/services/T000/canary-of-the-channel"


@pytest.fixture
def channel(stack, monkeypatch):
    """A chat channel on loopback: gives what it was told, and can be deaf."""
    said = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):  # as the base class names it
            said.append(
                (self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            )
            self.send_response(500 if "deaf" in said else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    stack.callback(server.server_close)
    stack.callback(thread.join)
    stack.callback(server.shutdown)
    monkeypatch.setenv("RECONCILER_WEBHOOK", f"http://127.0.0.1:{server.server_port}{SECRET_PATH}")
    return said


def watched(reconciler, *flags, rounds=1):
    return reconciler("watch", MANIFESTS, "--interval", "1", "--rounds", str(rounds), *flags)


def test_each_look_is_a_line(apply, reconciler, space):
    apply(room("a", layout="2x2"))
    assert re.fullmatch(r"\S+Z in sync: 1 resource\n", watched(reconciler).out)

    space.change("Room", "a", layout="5x5")
    before = len(space.space.ledger)

    assert re.fullmatch(r"\S+Z to do: 1 to update; 1 drifted\n", watched(reconciler).out)
    assert len(space.space.ledger) == before


def test_with_apply_it_is_put_back(apply, reconciler, space):
    apply(room("a", layout="2x2"))
    space.change("Room", "a", layout="5x5")

    code, out, _ = watched(reconciler, "--apply")

    assert (code, space.get("Room", "a")["layout"]) == (0, "2x2")
    assert out.splitlines()[-1].endswith("done: 1 to update; 1 drifted")


def test_what_needs_consent_is_refused_in_a_watch_too(apply, declare, reconciler, space):
    apply(*[room(name) for name in "abc"])
    declare(room("a"))

    code, _, err = watched(reconciler, "--apply")

    assert (code, space.names()) == (1, {"Room/a", "Room/b", "Room/c"})
    assert "--allow-delete Room=2" in err


def test_the_manifests_are_read_at_each_look(apply, declare, reconciler, monkeypatch, space):
    apply(room("a", layout="2x2"))
    monkeypatch.setattr(
        "reconciler.cli.commands.watch.time.sleep", lambda _: declare(room("a", layout="3x3"))
    )

    lines = watched(reconciler, rounds=2).out.splitlines()

    assert [line.split(" ", 1)[1] for line in lines] == [
        "in sync: 1 resource",
        "to do: 1 to update; 0 drifted",
    ]


def test_after_failures_it_waits_longer_and_goes_on(serving, apply, reconciler, monkeypatch):
    space = serving()
    apply(room("a"))
    waits = []

    def wait(seconds):
        waits.append(seconds)
        space.space.knobs = Settings(
            faults=() if len(waits) > 2 else (Fault(method="GET", action="status", status=403),)
        )

    monkeypatch.setattr("reconciler.cli.commands.watch.time.sleep", wait)
    code, out, _ = watched(reconciler, rounds=4)

    assert code == 0
    assert [line.split(" ", 1)[1] for line in out.splitlines()] == [
        "in sync: 1 resource",
        "failed, 1 time in a row",
        "failed, 2 times in a row",
        "in sync: 1 resource",
    ]
    assert 0.9 <= waits[0] <= 1.1
    assert 1.8 <= waits[1] <= 2.2
    assert 3.6 <= waits[2] <= 4.4


def test_a_last_look_that_fails_is_1(declare, reconciler, serving):
    serving(faults=(Fault(method="GET", action="status", status=401),))
    declare(room("a"))

    assert watched(reconciler).code == 1


def test_the_metrics_file_says_what_was_seen(apply, reconciler, space):
    apply(room("a", layout="2x2"), room("b"))
    space.change("Room", "a", layout="5x5")

    watched(reconciler, "--metrics", "reconciler.prom")

    text = Path("reconciler.prom").read_text(encoding="utf-8")
    assert re.search(
        r'^reconciler_resources\{space="127.0.0.1:\d+",state="drifted"\} 1$', text, re.MULTILINE
    )
    assert re.search(r"^reconciler_up\{.*\} 1$", text, re.MULTILINE)
    assert [path.name for path in Path().iterdir() if "prom" in path.name] == ["reconciler.prom"]
    assert (
        Path("reconciler.prom").stat().st_mode & 0o777 == 0o644
    )  # whoever scrapes it is somebody else


def test_a_metrics_file_that_cannot_be_written_ends_it(declare, reconciler, space):
    declare(room("a"))

    code, _, err = watched(reconciler, "--metrics", "no/such/folder/x.prom")

    assert (code, "--metrics no/such/folder/x.prom: cannot be written" in err) == (1, True)


def test_the_channel_is_told_once_of_drift_and_once_of_its_end(
    apply, channel, reconciler, monkeypatch, space
):
    apply(room("a", layout="2x2"))
    turns = iter(["5x5", "5x5", "2x2", "2x2"])
    monkeypatch.setattr(
        "reconciler.cli.commands.watch.time.sleep",
        lambda _: space.change("Room", "a", layout=next(turns)),
    )

    code, out, err = watched(reconciler, "--webhook", rounds=5)

    assert code == 0
    assert [(path, body["text"].split(": ", 1)[1]) for path, body in channel] == [
        (SECRET_PATH, "changed outside: Room/a"),
        (SECRET_PATH, "back to what the manifests declare"),
    ]
    assert "canary-of-the-channel" not in out + err


def test_a_deaf_channel_ends_no_watch_and_is_told_again(
    apply, channel, reconciler, monkeypatch, space
):
    channel.append("deaf")
    apply(room("a", layout="2x2"))
    space.change("Room", "a", layout="5x5")
    monkeypatch.setattr("reconciler.cli.commands.watch.time.sleep", lambda _: None)

    code, _, err = watched(reconciler, "--webhook", rounds=2)

    assert (code, len(channel)) == (0, 3)
    assert "the webhook at 127.0.0.1 answered 500" in err
    assert "canary-of-the-channel" not in err


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/canary-of-the-channel",
        "canary-of-the-channel",
        "https:///canary-of-the-channel",
    ],
)
def test_a_channel_must_be_reached_safely(apply, reconciler, monkeypatch, space, address):
    apply(room("a", layout="2x2"))
    space.change("Room", "a", layout="5x5")
    monkeypatch.setenv("RECONCILER_WEBHOOK", address)

    code, out, err = watched(reconciler, "--webhook")

    assert (code, "canary" in out + err) == (1, False)


def test_without_an_address_there_is_no_channel(declare, reconciler, space):
    declare(room("a"))

    code, _, err = watched(reconciler, "--webhook")

    assert (code, "RECONCILER_WEBHOOK" in err) == (1, True)


def test_the_metrics_are_written_before_the_channel_is_told(apply, done, space, monkeypatch):
    apply(room("a", layout="2x2"))
    space.change("Room", "a", layout="5x5")
    written = []

    class Channel(BaseHTTPRequestHandler):
        def do_POST(self):  # as the base class names it
            written.append(Path("m.prom").exists())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Channel) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("RECONCILER_WEBHOOK", f"http://127.0.0.1:{server.server_address[1]}/x")
        done("watch", MANIFESTS, "--rounds", "1", "--metrics", "m.prom", "--webhook")
        server.shutdown()
    assert written == [True]
