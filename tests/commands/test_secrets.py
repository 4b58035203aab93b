"""No secret in any output or file, in any of the forms in which one could travel."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from reconciler.cli import app
from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, conference, room

KEY = "canary+Str3am/Key"
OTHER = "canary+0ther/Key!"
TOKEN = "PTcanary-t0ken/with+signs"
PROJECT = "canary-project-id"


def forms(secret):
    """The secret in clear, escaped, in hexadecimal, and in base64 at each of the three alignments."""
    for pad in range(3):
        whole = base64.b64encode(b"x" * pad + secret.encode()).decode()
        yield whole[4 if pad else 0 : len(whole) - 4]
    yield from (
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        secret.encode().hex(),
        base64.urlsafe_b64encode(secret.encode()).decode()[:-4],
    )


def leaks(text, secrets):
    return [form for secret in secrets for form in forms(secret) if form in text]


@pytest.fixture
def streaming(space, monkeypatch):
    """A Space and an environment full of canaries."""
    monkeypatch.setenv("HALL_RTMP", f"rtmps://live.example.com/app/{KEY}")
    monkeypatch.setenv("OTHER_RTMP", f"rtmps://live.example.com/app/{OTHER}")
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", TOKEN)
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", PROJECT)
    return space


@pytest.fixture
def written(capfd):
    """Everything that the test's runs wrote so far: descriptors 1 and 2 and all files but the manifests."""
    so_far = []

    def everything():
        so_far.extend(capfd.readouterr())
        files = [
            path.read_bytes().decode("utf-8", "replace")
            for path in Path().rglob("*")
            if path.is_file() and path.name != MANIFESTS
        ]
        return "\n".join(so_far + files)

    return everything


def run(*arguments):
    return app.run(list(arguments))


def went_well(*arguments):
    assert run(*arguments) in {0, 2}


def hall(variable="HALL_RTMP", **spec):
    return conference("hall", streams=[{"url": f"${{env:{variable}}}"}], **spec)


def test_the_canary_would_be_found():
    basic = base64.b64encode(f"{PROJECT}:{TOKEN}".encode()).decode()

    assert leaks(f"Authorization: Basic {basic}", [TOKEN])
    assert leaks(f"?url={quote(KEY, safe='')}", [KEY])


@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["plain", "debug"])
def test_no_secret_is_in_any_output_or_file_of_a_whole_life(streaming, declare, written, debug):
    declare(hall(), room("lobby", streams=[{"url": "${env:OTHER_RTMP}"}]))
    for form in ("text", "json"):
        went_well("plan", MANIFESTS, "--format", form, "--out", "plan.json", *debug)
    went_well("apply", MANIFESTS, "--yes", *debug)
    for form in ("text", "json"):
        went_well("show", "--path", MANIFESTS, "--format", form, "-v", *debug)
    declare(hall("OTHER_RTMP"), room("lobby"))
    streaming.ask(
        "PUT",
        f"/streams/{streaming.streams('Conference', 'hall')[0]['id']}",
        {"url": f"rtmp://else.example.com/{KEY}/2"},
    )
    for form in ("text", "json"):
        went_well("plan", MANIFESTS, "--format", form, "-v", "--out", f"{form}.json", *debug)
        went_well("drift", MANIFESTS, "--format", form, "-v", *debug)
    went_well("apply", MANIFESTS, "--yes", "--format", "json", *debug)
    went_well("doctor", *debug)
    went_well("destroy", "--yes", *debug)

    assert leaks(written(), [KEY, OTHER, TOKEN]) == []
    assert streaming.names() == set()


@pytest.mark.parametrize(
    "copied",
    [{"description": "{}"}, {"meta": {"k": "t", "z": ["{}", "y"]}}, {"meta": {"z": {"y": "x {}"}}}],
    ids=["text", "list", "object"],
)
def test_a_secret_that_was_copied_outside_to_another_field_is_hidden(
    streaming, declare, written, copied
):
    """By hand, into a field in which the manifest has no secret. ``pull`` writes no secret either."""
    streams = [{"url": "${env:HALL_RTMP}"}]
    declare(room("lobby", description="shown", meta={"k": "t"}, streams=streams))
    went_well("apply", MANIFESTS, "--yes")
    fields = json.loads(json.dumps(copied).replace("{}", f"rtmps://live.example.com/app/{KEY}"))
    streaming.space.set_fields("Room", "lobby", **fields)

    for form in ("text", "json", "markdown", "html"):
        went_well("plan", MANIFESTS, "--format", form, "-v", "--out", f"{form}.json")
        went_well("drift", MANIFESTS, "--format", form)
    went_well("show", "--path", MANIFESTS)
    assert run("pull", "--all", MANIFESTS, "--yes") == 4

    assert leaks(written(), [KEY, OTHER, TOKEN]) == []
    assert leaks(Path(MANIFESTS).read_text(), [KEY]) == []


def test_the_record_of_a_stream_holds_no_secret(streaming, apply):
    apply(hall(), room("lobby", streams=[{"url": "${env:OTHER_RTMP}"}]))

    files = {path.name: path.read_bytes().decode() for path in Path(".reconciler").iterdir()}

    assert {name: leaks(text, [KEY, OTHER, TOKEN]) for name, text in files.items()} == {
        name: [] for name in files
    }
    assert len(streaming.streams("Conference", "hall")) == 1


def test_every_secret_reads_the_same(streaming, declare, apply, plan):
    apply(hall())
    declare(hall("OTHER_RTMP"))

    values = {
        side: change[side]
        for one in plan()["actions"]
        for change in one["changes"]
        for side in ("before", "after")
    }

    assert values == {"before": {"url": "(secret)"}, "after": {"url": "(secret)"}}
    assert len(streaming.streams("Conference", "hall")) == 1


@pytest.mark.parametrize(
    ("command", "action"),
    [("apply", "status"), ("apply", "garbage"), ("plan", "garbage"), ("plan", "status")],
)
@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["plain", "debug"])
def test_a_space_that_echoes_secrets_in_its_errors_gives_none_away(
    streaming, declare, written, command, action, debug
):
    url = f"rtmps://live.example.com/app/{KEY}"
    basic = base64.b64encode(f"{PROJECT}:{TOKEN}".encode()).decode()
    message = f"url {url} is bad; you sent {TOKEN} as Basic {basic}"
    body = json.dumps(
        {
            "errors": [
                {
                    "type": "x",
                    "code": "invalid_parameter",
                    "message": message,
                    "attribute": "url",
                    "url": url,
                }
            ]
        }
    )
    method = "GET" if command == "plan" else "POST"
    declare(hall())
    streaming.space.knobs = Settings(
        faults=(
            Fault(
                method=method, path_regex="(streams|rooms)$", action=action, status=422, body=body
            ),
        )
    )

    code = run(command, MANIFESTS, *(["--yes"] if command == "apply" else []), *debug)

    # A garbled answer to a POST is looked up: what is there is done.
    assert code in ({0, 4} if (command, action) == ("apply", "garbage") else {1, 4})
    assert leaks(written(), [KEY, TOKEN]) == []


def test_a_secret_written_in_a_manifest_is_masked_in_what_is_said_of_it(declare, written):
    declare(
        room("lobby", streams=[{"url": f"http://live.example.com/app/{KEY}"}]),
        room("b", streams=[{"url": f"rtmp:///{OTHER}"}]),
    )

    assert run("validate", MANIFESTS) == 1
    assert leaks(written(), [KEY, OTHER]) == []


def test_a_missing_secret_names_the_variable(declare, reconciler, space):
    declare(hall("NOT_SET_HERE"))

    code, out, err = reconciler("plan", MANIFESTS)

    assert (code, out) == (1, "")
    assert "rooms.yaml:11:13" in err
    assert "NOT_SET_HERE" in err
    assert space.writes == []


@pytest.mark.parametrize(
    "token",
    [f"{TOKEN}\n{TOKEN}", f"{TOKEN} {TOKEN}", f"{TOKEN}\x00", f"{TOKEN}é"],
    ids=["line break", "blank", "NUL", "accent"],
)
def test_a_token_that_cannot_be_is_refused_without_showing_it(
    streaming, declare, reconciler, token
):
    declare(room("lobby"))
    Path("token").write_text(token, encoding="utf-8")
    Path("token").chmod(0o600)

    code, out, err = reconciler("plan", MANIFESTS, "--token-file", "token")

    assert (code, out) == (1, "")
    assert leaks(err, [TOKEN]) == []
    assert streaming.space.requests == []


def test_the_word_that_stands_for_a_token_in_trials_hides_no_variable(
    reconciler, declare, monkeypatch
):
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "local")
    monkeypatch.setenv("MAIN_STAGE", "rtmp://localhost/live/key")
    monkeypatch.setenv("STAGE", "local")
    declare(room("lobby", display_name="${env:STAGE}", streams=[{"url": "${env:MAIN_STAGE}"}]))

    assert reconciler("validate", MANIFESTS).code == 0


def test_a_variable_that_is_a_short_token_is_none(reconciler, declare, monkeypatch):
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "PTshort")
    monkeypatch.setenv("ALSO", "PTshort")
    declare(room("lobby", display_name="${env:ALSO}"))

    assert reconciler("validate", MANIFESTS).code == 1


def test_without_a_token_an_empty_variable_is_told_as_empty(reconciler, declare, monkeypatch):
    monkeypatch.setenv("BLANK", "")
    declare(room("lobby", display_name="${env:BLANK}"))

    assert "BLANK is empty" in reconciler("validate", MANIFESTS).out


GREETING = "canary Gr33ting/of the day"
ECHOES = {
    "refusal": {"action": "status", "status": 422, "body": {"error": f"no {GREETING} here"}},
    "cut": {"action": "status", "status": 404, "body": {"error": f"{'x' * 190}{GREETING}"}},
    "request id": {"action": "status", "status": 403, "headers": {"X-Request-ID": GREETING}},
    "garbage": {"action": "garbage", "body": f"not JSON: {GREETING}"},
}


@pytest.mark.parametrize("applied", [False, True], ids=["first", "prefetched"])
@pytest.mark.parametrize(
    ("command", "echo"),
    [
        *((["plan"], echo) for echo in ECHOES),
        *(
            (command, "refusal")
            for command in (["drift"], ["apply", "--yes"], ["show", "--path"], ["pull", "--all"])
        ),
    ],
)
def test_a_value_of_the_environment_that_a_list_echoes_is_not_shown(
    streaming, declare, written, monkeypatch, applied, echo, command
):
    """No request of the run holds it: it is read from the manifests alone."""
    monkeypatch.setenv("GREETING", GREETING)
    declare(conference("hall", description="${env:GREETING}"))
    if applied:
        went_well("apply", MANIFESTS, "--yes")
    fault = dict(ECHOES[echo])
    if isinstance(fault.get("body"), dict):
        fault["body"] = json.dumps(fault["body"])
    streaming.space.knobs = Settings(faults=(Fault("GET", "(rooms|conferences)$", **fault),))

    assert run(*command, MANIFESTS) == 1

    shown = written()
    assert "error: " in shown
    assert leaks(shown, [GREETING, "Gr33ting"]) == []
