"""The house rules that a machine can see: floors, sizes, docstrings, what ships, and nothing of the machine it was written on."""

import ast
import email
import functools
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from reconciler import __version__

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "reconciler").rglob("*.py"))
SCHEMAS = sorted((ROOT / "schemas").glob("*.json"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def parsed(path):
    return ast.parse(path.read_text())


def named(path):
    return str(path.relative_to(ROOT))


def tracked():
    """The files that are, or are about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is not a checkout of the repository")
    return [
        path
        for name in listed.stdout.decode().split("\0")
        if name and (path := ROOT / name).is_file()
    ]


@pytest.mark.skipif(
    importlib.util.find_spec("importlinter") is None,
    reason="import-linter is not installed: pip install -e .[dev]",
)
def test_imports_run_downward():
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    ran = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_there_are_contracts_for_every_room():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    mentioned = {part.strip() for layer in layers for part in layer.split("|")}
    rooms = {
        f"reconciler.{path.parent.name}" for path in (ROOT / "reconciler").glob("*/__init__.py")
    }
    assert rooms <= mentioned


def test_no_module_is_longer_than_300_lines():
    assert {
        named(path): lines
        for path in MODULES
        if (lines := len(path.read_text().splitlines())) > 300
    } == {}


def functions(path):
    return [node for node in ast.walk(parsed(path)) if isinstance(node, Function)]


def _length(node):
    """Lines of a function. The signature of a command has a line for each flag, and is not counted."""
    is_command = any("click.command" in ast.unparse(one) for one in node.decorator_list)
    return node.end_lineno - (node.body[0] if is_command else node).lineno + 1


def test_no_function_is_longer_than_50_lines():
    long = {
        f"{named(path)}:{node.name}": length
        for path in MODULES
        for node in functions(path)
        if node.end_lineno - node.lineno >= 50 and (length := _length(node)) > 50
    }
    assert long == {}


def _is_setter(node):
    return any(
        isinstance(decorator, ast.Attribute) and decorator.attr == "setter"
        for decorator in node.decorator_list
    )


def public(path):
    """What a module offers: its functions and classes, and the methods of those classes."""
    for node in parsed(path).body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            for inner in node.body if isinstance(node, ast.ClassDef) else ():
                if (
                    isinstance(inner, Function)
                    and not inner.name.startswith("_")
                    and not _is_setter(inner)
                ):
                    yield f"{node.name}.{inner.name}", inner


def test_everything_public_and_every_module_has_a_docstring():
    silent = [
        f"{named(path)}:{name}"
        for path in MODULES
        for name, node in public(path)
        if not ast.get_docstring(node)
    ]
    assert silent + [named(path) for path in MODULES if not ast.get_docstring(parsed(path))] == []


def test_a_module_says_in_few_lines_what_it_is_for():
    # The tree of errors and the description of the local Space's own API are drawn where they are kept.
    drawn = {"reconciler/core/errors.py", "reconciler/localspace/__init__.py"}
    long = {
        named(path): len(text.splitlines())
        for path in MODULES
        if (text := ast.get_docstring(parsed(path)) or "")
    }
    assert {name: lines for name, lines in long.items() if lines > 6 and name not in drawn} == {}


def test_no_kind_is_known_by_name_in_python():
    documents = [json.loads(path.read_text()) for path in SCHEMAS]
    kinds = {document["title"] for document in documents if "x-reconciler" in document}
    assert {"Room", "ConferenceRoom"} <= kinds
    found = [
        f"{named(path)}:{node.lineno}: {node.value}"
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and node.value in kinds
    ]
    assert found == []


def test_nothing_is_left_to_do():
    words = re.compile(rb"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    assert [named(path) for path in MODULES if words.search(path.read_bytes())] == []


def test_nothing_names_a_place_of_the_machine_it_was_written_on():
    # Spelled backwards, so that this file is not among them.
    folders = [word[::-1] for word in ("krow", "toor", "sresU")]
    places = re.compile(
        rf"(?<![\w.{{}}$-])/(?:{'|'.join(folders)}|home/[a-z]+)(?:/|\b)(?!\w)".encode()
    )
    assert [named(path) for path in tracked() if places.search(path.read_bytes())] == []


def test_every_schema_is_in_the_wheel_by_its_settings():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"][
        "targets"
    ]
    assert settings["wheel"]["force-include"] == {"schemas": "reconciler/schemas"}
    assert {
        "/reconciler",
        "/schemas",
        "/tests",
        "/examples",
        "/LICENSE",
        "/README.md",
        "/CHANGELOG.md",
    } <= set(settings["sdist"]["include"])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the checkout by hatchling itself, without the network."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed: pip install hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "--target",
        "wheel",
        "--directory",
        str(folder),
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (found,) = folder.glob("*.whl")
    with zipfile.ZipFile(found) as archive:
        yield archive


def test_the_wheel_holds_the_package_and_its_schemas_and_nothing_else(wheel):
    code = {
        named(path)
        for path in (ROOT / "reconciler").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    schemas = {f"reconciler/schemas/{path.name}": path.read_bytes() for path in SCHEMAS}
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == code | set(schemas)
    assert {name: wheel.read(name) for name in schemas} == schemas


def test_the_wheel_has_the_console_script_and_the_licence(wheel):
    about = {
        name.partition(".dist-info/")[2]: name for name in wheel.namelist() if ".dist-info/" in name
    }
    assert b"reconciler = reconciler.cli.main:main" in wheel.read(about["entry_points.txt"])
    assert {"METADATA", "licenses/LICENSE"} <= set(about)


def test_dataclasses_named_tuples_and_patterns_are_made_at_first_use():
    # They are most of what a start takes: see these modules.
    may = {f"reconciler/core/{name}.py" for name in ("deferred_dataclass", "named_tuple", "regex")}
    early = re.compile(
        r"^from dataclasses import .*\bdataclass\b|^from typing import .*\bNamedTuple\b"
        r"|^\w+[^=\n]* = re\.compile\(",
        re.MULTILINE,
    )
    found = {named(path): early.findall(path.read_text("utf-8")) for path in MODULES}

    assert {name: lines for name, lines in found.items() if lines and name not in may} == {}


def test_the_wheel_s_metadata_has_the_version_and_the_urls(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    about = email.message_from_bytes(wheel.read(name))
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert (about["Name"], about["Version"]) == ("signalwire-reconciler", __version__)
    assert about.get_all("Project-URL") == [f"{label}, {url}" for label, url in urls.items()]
    assert about["License-Expression"] == "MIT"
