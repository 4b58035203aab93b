"""TAB in real shells on a pseudo-terminal."""

import os
import shutil

import pytest

from tests.integration.shells.sessions import EVERYTHING, Session, program

pytestmark = pytest.mark.long

PROJECT = """\
manifests: [rooms.yaml, conferences]
environments:
  alpha: {space: local}
  beta: {space: local}
"""
ROOMS = """\
apiVersion: reconciler.dev/v1
kind: Room
metadata: {name: lobby, labels: {team: growth}}
spec: {}
---
apiVersion: reconciler.dev/v1
kind: Role
metadata: {name: guest}
spec: {}
"""
HALL = """\
apiVersion: reconciler.dev/v1
kind: Conference
metadata: {name: hall}
spec: {display_name: Hall}
"""
# What is typed, what TAB makes of its last word, and whether the word is done.
UNIQUE = [
    ("reconciler vali", "validate", True),
    ("reconciler state unl", "unlock", True),
    ("reconciler completion fi", "fish", True),
    ("reconciler plan roo", "rooms.yaml", True),
    ("reconciler apply roo", "rooms.yaml", True),
    ("reconciler validate conferences/ha", "conferences/hall.yaml", True),
    ("reconciler fmt conf", "conferences/", False),
    ("reconciler drift spac", "spaced out.yaml", True),
    ("reconciler show roo", "rooms.yaml", True),
    ("reconciler pull roo", "rooms.yaml", True),
    ("reconciler pull Room/lo", "Room/lobby", True),
    ("reconciler show Room/lo", "Room/lobby", True),
    ("reconciler import Roo", "Room/", False),
    ("reconciler import Room/lo", "Room/lobby", True),
    ("reconciler schema Pre", "Preset", True),
    ("reconciler explain Conference.siz", "Conference.size", True),
    ("reconciler tokens list ha", "hall", True),
    ("reconciler tokens list Con", "Conference/hall", True),
    ("reconciler tokens mint lob", "lobby", True),
    ("reconciler tokens mint lobby --role gu", "guest", True),
    ("reconciler plan --targ", "--target", True),
    ("reconciler plan --target Conf", "Conference/hall", True),
    ("reconciler plan --target=Conf", "--target=Conference/hall", True),
    ("reconciler plan --format js", "json", True),
    ("reconciler plan --format=js", "--format=json", True),
    ("reconciler plan rooms.yaml --format=mark", "--format=markdown", True),
    ("reconciler plan --env al", "alpha", True),
    ("reconciler plan --env=al", "--env=alpha", True),
    ("reconciler plan --env=alpha --target=Ro", "--target=Room/lobby", True),
    ("reconciler plan --selector te", "team=growth", True),
    ("reconciler plan --selector=team=gr", "--selector=team=growth", True),
    ("reconciler plan --token-file tok", "token.txt", True),
    ("reconciler plan --token-file=tok", "--token-file=token.txt", True),
    ("reconciler plan --space=loc", "--space=local", True),
    ("reconciler apply --allow-delete Ro", "Room=", False),
    ("reconciler state mv Room/lobby Ro", "Room/", False),
    ("reconciler schema --write conf", "conferences/", False),
    ("bin/reconciler plan roo", "rooms.yaml", True),
    ("bin/reconciler plan --format=ht", "--format=html", True),
]
# What is typed, and everything that is offered for the last word.
SEVERAL = [
    ("reconciler plan --format ", {"text", "json", "markdown", "html"}),
    ("reconciler plan --format=", {"text", "json", "markdown", "html"}),
    ("reconciler plan --env ", {"alpha", "beta"}),
    ("reconciler plan --env=", {"alpha", "beta"}),
    ("reconciler show --env alpha R", {"Room/lobby"}),
    ("reconciler schema Ro", {"Role", "Room"}),
    ("reconciler explain Ro", {"Role", "Room"}),
    ("reconciler plan --target ", {"Conference/hall", "Room/lobby"}),
]
NOTHING = ["reconciler plan --format=zzz", "reconciler plan --target=Nothing", "reconciler zzz"]


@pytest.fixture(scope="module", params=["bash", "zsh", "fish"])
def session(request, tmp_path_factory):
    """A shell with completion switched on, in a project."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "reconciler.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "rooms.yaml").write_text(ROOMS, encoding="utf-8")
    (folder / "conferences").mkdir()
    (folder / "conferences" / "hall.yaml").write_text(HALL, encoding="utf-8")
    (folder / "spaced out.yaml").write_text(ROOMS, encoding="utf-8")
    (folder / "token.txt").write_text("PT0\n", encoding="utf-8")
    home = folder / "home"
    home.mkdir()
    path = f"{program(folder / 'bin')}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    opened = Session(request.param, folder, environment)
    try:
        opened.prepare()
        yield opened
    finally:
        opened.close()


@pytest.mark.parametrize(("typed", "completed", "is_done"), UNIQUE, ids=[one[0] for one in UNIQUE])
def test_a_word_is_completed(session, typed, completed, is_done):
    before = typed.split(" ")[:-1]

    assert session.words_after(typed) == ([*before, completed], is_done)


@pytest.mark.parametrize(("typed", "offered"), SEVERAL, ids=[one[0] for one in SEVERAL])
def test_everything_that_fits_is_offered(session, typed, offered):
    words = typed.split(" ")
    option = words[-1].partition("=")[0] + "=" if "=" in words[-1] else ""
    if session.shell == "fish":
        found = session.output_of(f"complete --do-complete '{typed}'")
        found = [line.partition("\t")[0].removeprefix(option) for line in found]
    else:
        listed, _ = session.words_after(typed, key=EVERYTHING[session.shell])
        found = [word.removeprefix(option) for word in listed[len(words) - 1 :]]

    assert set(found) == offered
    assert len(found) == len(offered)


@pytest.mark.parametrize("typed", NOTHING)
def test_where_nothing_fits_the_line_stays_as_it_is(session, typed):
    assert session.words_after(typed) == (typed.split(" "), False)
