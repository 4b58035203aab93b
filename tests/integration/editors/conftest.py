"""Tools that others wrote and editors and CI use; ``.ci/run`` installs them outside of the clone."""

import os
import shutil
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reconciler-tests"


def installed(name, *places):
    """A tool in one of ``places`` of the cache, or on the path; else the test is skipped."""
    for place in places:
        if (CACHE / place).exists():
            return CACHE / place
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (.ci/run installs it)")
    return Path(found)


@pytest.fixture(scope="session")
def node():
    """The JavaScript runtime."""
    return installed("node")


@pytest.fixture(scope="session")
def ajv(node):
    """The folder of packages that holds ajv."""
    place = CACHE / "editor-tools" / "node_modules"
    if not (place / "ajv").is_dir():
        pytest.skip("ajv is not installed (.ci/run installs it)")
    return place


@pytest.fixture(scope="session")
def check_jsonschema():
    """The command of check-jsonschema."""
    return installed("check-jsonschema", "check-jsonschema/bin/check-jsonschema")


@pytest.fixture(scope="session")
def yaml_language_server(node):
    """The command line of the server that VS Code's YAML extension and other editors run."""
    file = installed(
        "yaml-language-server",
        "editor-tools/node_modules/yaml-language-server/bin/yaml-language-server",
    )
    return [str(node), str(file), "--stdio"]
