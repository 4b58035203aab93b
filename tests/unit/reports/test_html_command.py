"""The pages as the command line makes them, with what they ask the Space for the reader's sake."""

import json
import re

import pytest
from click.testing import CliRunner
from werkzeug.test import Client

from reconciler import catalog
from reconciler.cli.app import program
from reconciler.localspace import create_space

MANIFEST = """\
apiVersion: reconciler.dev/v1
kind: Conference
metadata: {name: town-hall}
spec: {display_name: Town Hall, enable_room_previews: true, light_primary: "#044EF4", streams: [{url: "${env:HALL}"}]}
---
apiVersion: reconciler.dev/v1
kind: Room
metadata: {name: lobby}
spec: {layout: 3x3}
"""
SECRET = "rtmp://live.example/k3y-canary"
HEADERS = {"Authorization": "Basic bG9jYWw6bG9jYWw="}


@pytest.fixture
def space(tmp_path, monkeypatch):
    """A local Space to which the manifest was applied: a function that sends a request to it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HALL", SECRET)
    (tmp_path / "m.yaml").write_text(MANIFEST)
    run("apply", "--yes")
    client = Client(
        create_space(tmp_path / ".reconciler" / "local-space.sqlite", kinds=catalog.kinds())
    )

    def send(method, path, **body):
        answer = client.open(path, method=method, headers=HEADERS, json=body or None)
        assert answer.status_code < 300, answer.text
        return json.loads(answer.text or "{}")

    return send


def run(command, *words):
    result = CliRunner().invoke(program, [command, "--space", "local", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.stdout


def ids(space, collection):
    return {one["name"]: one["id"] for one in space("GET", f"/api/video/{collection}")["data"]}


def test_a_deletion_comes_with_what_would_die(space, tmp_path):
    session = space("POST", "/control/sessions", kind="Conference", name="town-hall", members=3)
    space("DELETE", f"/control/sessions/{session['id']}")
    (tmp_path / "m.yaml").write_text(MANIFEST.split("---")[1])
    for form in ("html", "markdown"):
        shown = run("plan", "--format", form)
        assert "1 session, 0 member-minutes in 30 days" in shown
        assert "1 stream, 2 tokens (guest, moderator)" in shown
        assert "canary" not in shown
        assert "vpt_" not in shown


def test_a_drifted_room_is_seen_beside_its_live_session(space):
    space("POST", "/control/sessions", kind="Conference", name="town-hall", members=2)
    number = ids(space, "conferences")["town-hall"]
    space(
        "PUT", f"/api/video/conferences/{number}", display_name="Town Hall", light_primary="#E30613"
    )
    page = run("drift", "--format", "html")
    assert re.search(r'<img src="data:image/webp;base64,[A-Za-z0-9+/=]{100,}"', page)
    assert "previews on" in page
    assert "in session since" in page
    assert 'aria-label="Call screen, light theme, live"' in page
    assert "6.17:1 passes" in page


def test_a_new_resource_wears_the_default_palette(space, tmp_path):
    (tmp_path / "n.yaml").write_text(
        MANIFEST.split("---", maxsplit=1)[0]
        .replace("town-hall", "new")
        .replace("#044EF4", "#E30613")
    )
    page = run("plan", "--format", "html")
    assert 'aria-label="Call screen, light theme, after"' in page
    assert 'aria-label="Call screen, light theme, before"' not in page


def badges(page):
    return re.findall(r"previews (?:on|off)(?=</span>)", page)


def test_a_plan_says_whether_previews_will_be_on_and_drift_whether_they_are(space, tmp_path):
    (tmp_path / "n.yaml").write_text(
        MANIFEST.split("---", maxsplit=1)[0].replace("town-hall", "new")
    )
    assert badges(run("plan", "--format", "html")) == ["previews on"]
    number = ids(space, "conferences")["town-hall"]
    space(
        "PUT",
        f"/api/video/conferences/{number}",
        display_name="Town Hall",
        enable_room_previews=False,
    )
    assert badges(run("drift", "--format", "html")) == ["previews off"]
    assert badges(run("plan", "--format", "html")) == ["previews on"] * 2


def test_formats_for_machines_ask_for_nothing_besides(space):
    shown = run("plan", "--format", "json")
    assert json.loads(shown)["actions"] == []
