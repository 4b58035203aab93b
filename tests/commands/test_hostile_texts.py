"""No text of a manifest, a path, a variable or the Space leaves unescaped, and no secret: all commands, all formats."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from reconciler.localspace import Settings, serve
from tests.commands import hostile_world as world
from tests.commands.test_secrets import leaks
from tests.commands.words import CREDENTIALS, write_manifests
from tests.effort import examples

SECRETS = [world.CANARY, world.STREAM, world.TOKEN, world.LOBBY]
PATH = "m"
MINT = ("tokens", "mint", "lobby", "--user", "{}", "--role", "host", "--path", PATH)
EVENTS = ("--log-format", "json")

# What is run in a world where the manifests are valid: words, and how standard output is read.
VALID = (
    *((("validate", PATH, "--format", form), form) for form in ("text", "json", "junit", "sarif")),
    *(
        (("plan", PATH, "--unmanaged", "-v", "--format", form), form)
        for form in ("text", "json", "markdown", "html")
    ),
    (("plan", PATH, "--unmanaged", *EVENTS), ""),
    (("plan", PATH, "--out", "plan.json", "--report", "r.html", "--report", "r.md"), ""),
    *(
        (("show", "plan.json", "--format", form), form)
        for form in ("text", "json", "markdown", "html")
    ),
    *(
        (("show", "Room/a", "Room/b", "--path", PATH, "-v", "--format", form), form)
        for form in ("text", "json")
    ),
    *(
        (("drift", PATH, "--unmanaged", "-v", "--format", form), form)
        for form in ("text", "json", "markdown", "html", "junit", "sarif")
    ),
    (
        ("drift", PATH, "--report", "d.html", "--report", "d.xml", "--report", "d.sarif", *EVENTS),
        "",
    ),
    *((("state", "list", "--format", form), form) for form in ("text", "json")),
    (("state", "show", "Room/a"), "json"),
    (("state", "pull"), "json"),
    *((("previews", "--path", PATH, "--format", form), form) for form in ("text", "json")),
    (("previews", "--path", PATH, "--html", "p.html"), ""),
    *(
        (("tokens", "list", "hall", "--path", PATH, "--format", form), form)
        for form in ("text", "json")
    ),
    *(
        (
            (*MINT, "--format", form),
            "",
        )
        for form in ("text", "json")
    ),
    (("pull", "--all", "--dry-run", PATH), "diff"),
    (("pull", "--all", "--yes", PATH, *EVENTS), ""),
    (("import", "--all", "--out", "imported", "--full"), ""),
    (("import", "--all", "--out", "{}", *EVENTS), ""),
    (("fmt", "--diff", "untidy"), "diff"),
    (("fmt", "--check", "untidy", *EVENTS), ""),
    (("export", PATH, "--to", "kubernetes"), "diff"),
    (("colours", PATH), ""),
    (("apply", PATH, "--format", "json", "--yes", *EVENTS), "json"),
    (("apply", PATH, "--yes", "--adopt", "Room/a"), ""),
    (("watch", PATH, "--rounds", "1", "--metrics", "w.prom"), ""),
    (("doctor",), ""),
    (("doctor", *EVENTS), ""),
    (("destroy", PATH, "--yes", "--format", "json"), ""),
    (("destroy", PATH, "--yes"), ""),
)
# What is refused, with the text in what is typed or in what is read.
REFUSED = (
    *((("validate", "bad", "--format", form), form) for form in ("text", "json", "junit", "sarif")),
    (("validate", "bad", *EVENTS), ""),
    (("validate", "bad", "--report", "v.xml", "--report", "v.sarif"), ""),
    (("plan", "bad"), ""),
    (("plan", "bad", *EVENTS), ""),
    (("fmt", "--diff", "bad"), "diff"),
    (("fmt", "--check", "bad"), ""),
    (("explain", "{}"), ""),
    (("explain", "Room.{}"), ""),
    (("schema", "{}"), ""),
    (("show", "Room/{}", "--path", PATH), ""),
    (("plan", PATH, "--target", "Room/{}"), ""),
    (("plan", PATH, "--selector", "{}={}"), ""),
    (("plan", "{}"), ""),
    (("plan", PATH, "--env", "{}"), ""),
    (("plan", PATH, "--format", "{}"), ""),
    (("apply", PATH, "--yes", "--adopt", "{}"), ""),
    (("apply", "--plan", "{}", "--yes"), ""),
    (("state", "show", "Room/{}"), ""),
    (("state", "mv", "Room/a", "Room/{}"), ""),
    (("state", "push", "{}"), ""),
    (("tokens", "list", "{}"), ""),
    (("tokens", "mint", "{}", "--user", "{}", "--role", "{}", "--path", PATH), ""),
    (("previews", "{}", "--path", PATH), ""),
    (("import", "Room/{}", "--out", "x"), ""),
    (("pull", "Room/{}", PATH), ""),
    (("doctor", "--space", "{}"), ""),
    (("{}",), ""),
    (("plan", "--{}"), ""),
)
# The Space refuses every request in its own words.
UNWELCOME = (
    (("plan", PATH), ""),
    (("plan", PATH, *EVENTS), ""),
    (("apply", PATH, "--yes"), ""),
    (("drift", PATH), ""),
    (("drift", PATH, "--format", "junit"), ""),
    (("previews", "--path", PATH), ""),
    (("doctor",), ""),
    (("import", "--all", "--out", "y"), ""),
)


@pytest.fixture
def hostile_space(kinds, stack, monkeypatch, new_folder):
    """Serve a Space whose answers hold a text; gives a function that begins anew with another text."""
    for name in ("CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def begin(text, number):
        distorted, outside = world.space_of(kinds, credentials=None)
        stack.callback(outside.space.close)
        server = stack.enter_context(serve(distorted, port=0))
        monkeypatch.setenv("SIGNALWIRE_SPACE", f"127.0.0.1:{server.port}")
        monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", CREDENTIALS[0])
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", world.TOKEN)
        usable = text.encode("utf-8", "replace").decode().replace("\x00", "")
        monkeypatch.setenv("STAGE", f"{world.CANARY} {world.visible(text)}")
        monkeypatch.setenv("WILD", f"{world.CANARY} {usable}")
        monkeypatch.setenv("HALL_RTMP", f"rtmps://live.example.com/{world.STREAM}")
        new_folder(number)
        return distorted, outside

    return begin


@pytest.fixture
def read(reconciler):
    """Run a command with the text in its words and check what it prints; gives all that was printed.

    What is wrong with it is added to ``read.wrong``.
    """

    def ran(words, form, text):
        typed = text.encode("utf-8", "replace").decode().replace("\x00", "")
        arguments = [word.replace("{}", typed) for word in words]
        result = reconciler(*arguments)
        events = result.err if "--log-format" in words else ""
        wrong = world.wrong_in(result.out, form) or world.wrong_in(result.err, "")
        wrong = wrong or world.wrong_in(events, "lines")
        if leaks(result.out + result.err, SECRETS):
            wrong = f"a secret: {leaks(result.out + result.err, SECRETS)}"
        if wrong:
            ran.wrong.append((" ".join(words), wrong))
        return result.out + result.err

    ran.wrong = []
    return ran


def wrong_files(*leave_out):
    """What is wrong with the files below the working folder, but those of ``leave_out``."""
    for path, content in world.files(*leave_out).items():
        if leaks(content, SECRETS):
            yield str(path), f"a secret: {leaks(content, SECRETS)}"
        elif path.parts[0] != ".reconciler":
            yield str(path), world.wrong_in(content, path.suffix[1:])


def live_a_life(outside):
    """What somebody else does once the manifests are applied."""
    outside.change("Room", "b", description=world.MARK)
    outside.change("Room", "a", meta={world.MARK: [world.MARK]}, description=world.MARK)
    outside.change("Conference", "hall", display_name=world.MARK)
    outside.stream_to("Room", "b", f"rtmp://live.example.com/{world.LOBBY}")
    for name in ("lobby", world.MARK):
        outside.space.start_session("Room", name, members=2)


# The commands that must have shown the text, in each of the three worlds: else nothing was tested.
MUST_SHOW = (
    {"plan", "drift", "show", "pull", "previews", "fmt", "state", "export"},
    {"plan", "explain", "schema", "state", "tokens", "previews"},
    {"plan", "apply", "drift", "doctor"},
)
NUMBERS = iter(range(1_000_000))


@settings(
    max_examples=examples(24),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=(Phase.explicit, Phase.generate),  # an example is dear: none is made smaller
)
@given(world.TEXTS)
@example(world.SEEN + "".join(world.ORDERS))
@example(world.SEEN + "".join(world.HIDDEN))
@example(world.SEEN + "".join(world.LINES))
@pytest.mark.long
def test_no_text_leaves_unescaped_and_no_secret_at_all(hostile_space, read, text):
    distorted, outside = hostile_space(text, next(NUMBERS))
    outside.create("Room", name=world.MARK, description=world.MARK)
    folder = Path(PATH, world.file_name(text))
    write_manifests(*world.declared(text), to=folder / f"{world.file_name(text)}.yaml")
    Path("untidy").mkdir()
    world.write_untidy(Path("untidy", f"{world.file_name(text)}.yaml"), text)
    Path("bad").mkdir()
    world.write_invalid(Path("bad"), text)
    begun = read(("apply", PATH, "--yes"), "text", text)
    assert "Applied: 4 created" in begun, begun
    live_a_life(outside)
    distorted.text = world.in_json(text)

    shown = [
        {words[0] for words, form in runs if world.SEEN in read(words, form, text)}
        for runs in (VALID, REFUSED)
    ]
    outside.space.knobs = world.refusing(text)
    shown.append({words[0] for words, form in UNWELCOME if world.SEEN in read(words, form, text)})
    outside.space.knobs = Settings()
    read.wrong += [(path, wrong) for path, wrong in wrong_files(PATH, "bad", "untidy") if wrong]

    assert read.wrong == [], "\n".join(map(" ".join, read.wrong))
    assert [sorted(one - of) for one, of in zip(MUST_SHOW, shown, strict=True)] == [[], [], []]
    shutil.rmtree(Path.cwd())
