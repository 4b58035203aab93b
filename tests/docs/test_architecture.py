"""The architecture page names the layers, packages and interfaces as the code has them."""

import inspect
import re
import tomllib

import pytest

from reconciler.engine.observer import Observer
from tests.docs.pages import PROJECT, blocks

PAGE = PROJECT / "docs" / "architecture.md"
TEXT = PAGE.read_text(encoding="utf-8")


def layers():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [
        one for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers"
    ]
    return contract["layers"]


def test_the_layers_are_those_of_the_import_contract():
    (block,) = [one for one in blocks(PAGE) if one.language == "text"]

    assert block.text.splitlines() == layers()


def test_every_package_has_a_row():
    packages = {
        f"reconciler/{path.parent.name}/" for path in PROJECT.glob("reconciler/*/__init__.py")
    }

    assert packages <= set(re.findall(r"^\| `([^`]+)`", TEXT, re.MULTILINE))


def paths():
    """The files and folders that the page names, as paths below the project."""
    below_package = r"`((?:core|engine|executor|state|space|manifest|reports|cli)/[\w/.*]+)`"
    named = re.findall(r"`((?:reconciler|schemas)/[\w/.*]*)`", TEXT)
    return sorted({*named, *(f"reconciler/{path}" for path in re.findall(below_package, TEXT))})


@pytest.mark.parametrize("path", paths())
def test_every_path_exists(path):
    assert list(PROJECT.glob(path.rstrip("/")))


def test_the_observer_has_these_methods():
    table = TEXT.partition("**Observer**")[2].partition("**Runtime**")[0]
    named = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    methods = {name for name, _ in inspect.getmembers(Observer) if not name.startswith("_")}

    assert named == methods
