"""The peer's configuration declares the same rooms, and ignores what none of them declares."""

import json
import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def restapi(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    before = set(sys.modules)
    import restapi  # noqa: PLC0415  # a script's neighbour, which no package holds

    yield restapi
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def text(restapi):
    """The configuration of three rooms."""
    return restapi.configuration(3, "127.0.0.1:1")


def test_each_room_is_declared_with_the_fields_of_our_manifests(restapi, text):
    rooms = restapi.rooms
    declared = [json.loads(found) for found in re.findall(r"jsonencode\((.*)\)", text)]
    assert declared == [{"name": rooms.name(n), **rooms.fields(n)} for n in range(3)]


def test_what_the_space_answers_is_declared_or_ignored(restapi, text):
    rooms = restapi.rooms
    (ignored,) = re.findall(r"undeclared = (.*)", text)
    assert {*json.loads(ignored), "name", *rooms.fields(0)} == set(rooms.answer(0))
    assert len(json.loads(ignored)) == 15


@pytest.mark.long
def test_a_program_that_fails_is_told_as_missing(restapi, tmp_path):
    provider = tmp_path / "given"
    provider.write_text("")
    tools = restapi.Tools(Path("/bin/false"), provider)

    found, missing = restapi.compared(tmp_path / "run", 2, latency=0, tools=tools)

    assert {name.partition(", ")[2] for name in found} >= {"reconciler"}
    assert list(missing) == ["false with Mastercard/restapi"]
    works = ("create", "plan without changes", "plan, 1 % changed outside")
    assert [found[f"{work}, reconciler"].requests > 0 for work in works] == [True] * 3
