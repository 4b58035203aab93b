"""dev.py in a project of its own: what it installs comes from the lock, whole or not at all, and only once."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from devtools import lock

pytestmark = pytest.mark.long  # it makes virtual environments
ROOT = Path(__file__).parents[3]
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "sample-project"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["alpha>=1"]
[project.optional-dependencies]
local = []
test = ["beta>=1"]
dev = []
[tool.hatch]
"""
# A build backend in a few lines: the sample needs none from an index.
BACKEND = """\
import zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "sample_project-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as archive:
        archive.writestr("sample_project-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: sample-project\\nVersion: 1.0\\n")
        archive.writestr("sample_project-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr("sample_project-1.0.dist-info/RECORD", "")
    return name

build_editable = build_wheel
"""
SHOWN = "import importlib.metadata as m; print(sorted(d.name for d in m.distributions() if d.name not in {'pip', 'setuptools'}))"


def wheel(folder, name, *needs):
    """A package of one module, in a wheel; its hash."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    about = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(
            f"{name}-1.0.dist-info/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{about}",
        )
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return f"{name}==1.0 \\\n    --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


class Project:
    def __init__(self, folder):
        self.folder = folder
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        shutil.copy(ROOT / "dev.py", folder)
        shutil.copytree(
            ROOT / "devtools", folder / "devtools", ignore=shutil.ignore_patterns("__pycache__")
        )
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (folder / "backend.py").write_text(BACKEND)
        (folder / "examples").mkdir()
        (folder / "examples" / "demo.py").write_text(SHOWN)
        self.pins = (
            wheel(self.wheels, "alpha")
            + wheel(self.wheels, "beta", "gamma")
            + wheel(self.wheels, "gamma")
        )
        self.lock(self.pins)

    def lock(self, pins):
        (self.folder / lock.NAME).write_text(
            lock.written(
                self.folder, pins, {"local": {"alpha"}, "test": {"alpha", "beta", "gamma"}}
            )
        )

    def run(self, *words):
        """dev.py, with nothing but a folder of wheels as an index."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "PYTHON", "COV_"))
        }
        variables = kept | {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_CONFIG_FILE": os.devnull,
        }
        command = [sys.executable, "dev.py", *words]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done

    def stamp(self):
        file = self.folder / ".venv" / "installed.json"
        return json.loads(file.read_text())["part"] if file.exists() else None


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


def test_a_set_up_tells_its_steps_and_is_done_once(project):
    first, second = project.run("demo"), project.run("demo")

    assert first.returncode == second.returncode == 0
    assert first.stdout.splitlines()[0] == "Setting up .venv"
    assert [line[:5] for line in first.stdout.splitlines()[1:4]] == ["[1/3]", "[2/3]", "[3/3]"]
    assert "1 packages of requirements.lock (local)" in first.stdout
    assert second.stdout == "['alpha', 'sample-project']\n"
    assert project.stamp() == "local"

    # What needs more gets it, and what needs less than is there gets nothing new.
    more, less = project.run("setup"), project.run("demo")
    assert "3 packages of requirements.lock (dev)" in more.stdout
    assert less.stdout == "['alpha', 'beta', 'gamma', 'sample-project']\n"
    assert project.stamp() == "dev"


def test_a_wrong_hash_fails_the_set_up_and_says_so(project):
    project.lock(
        project.pins.replace(
            hashlib.sha256(
                (project.wheels / "gamma-1.0-py3-none-any.whl").read_bytes()
            ).hexdigest(),
            "0" * 64,
        )
    )

    done = project.run("setup")

    assert done.returncode == 1
    assert "dev.py: gamma==1.0" in done.stderr
    assert "another hash" in done.stderr
    assert project.stamp() is None
    project.lock(project.pins)
    assert project.run("setup").returncode == 0


def test_a_package_that_the_lock_forgot_fails_the_set_up(project):
    project.lock(
        "".join(block for name, block in lock.blocks(project.pins).items() if name != "gamma")
    )

    done = project.run("setup")

    assert done.returncode == 1
    assert "gamma" in done.stderr
    assert project.stamp() is None
    project.lock(project.pins)
    assert project.run("setup").returncode == 0


def test_a_lock_that_does_not_fit_fails_before_anything_is_made(project):
    (project.folder / "pyproject.toml").write_text(PYPROJECT.replace("alpha>=1", "alpha>=1.1"))

    for task in ("setup", "demo", "test", "lint"):
        done = project.run(task, "--venv", "other")
        assert (done.returncode, done.stdout) == (1, "")
        assert "alpha>=1.1 (local) is in pyproject.toml and not in the lock" in done.stderr
    assert not (project.folder / "other").exists()
    (project.folder / "pyproject.toml").write_text(PYPROJECT)


def test_an_environment_without_pip_gets_it(project):
    folder = project.folder / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)

    assert project.run("demo", "--venv", str(folder)).returncode == 0
    assert project.run("demo", "--venv", str(folder)).stdout == "['alpha', 'sample-project']\n"
