"""Virtual environments: from the lock for daily work, and at either end of what pyproject.toml allows."""

import hashlib
import json
import os
import subprocess
import time
import tomllib
from pathlib import Path

from devtools import lock
from devtools.progress import Failed, Progress, pip_install

_STAMP = "installed.json"
_UV = "uv>=0.9"


def interpreter(folder: Path) -> Path:
    """The Python of the virtual environment in ``folder``."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _digest(root: Path, locked: str) -> str:
    """What an environment was made from: the lock, and how this project is built and installed."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    about = [settings["build-system"], settings["project"], settings["tool"]["hatch"], locked]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _stamped(folder: Path) -> tuple[str, str]:
    """Which part is installed in ``folder``, and from what; empty if unknown."""
    try:
        found = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        return (found["part"], found["digest"]) if found["part"] in lock.PARTS else ("", "")
    except (OSError, ValueError, KeyError, TypeError):
        return "", ""


def _bare(python: str, folder: Path) -> None:
    """A virtual environment with pip in it, at ``folder``."""
    made = interpreter(folder)
    if not made.exists() and subprocess.call([python, "-m", "venv", str(folder)]) != 0:
        raise Failed(
            "no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv"
        )
    if subprocess.call([str(made), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0:
        return
    if subprocess.call([str(made), "-m", "ensurepip"], stdout=subprocess.DEVNULL) != 0:
        raise Failed(
            f"{folder} has no pip, and none could be put there; delete the folder and try again"
        )


def _version_of(python: str) -> str:
    done = subprocess.run(
        [python, "-c", "import platform; print(platform.python_version())"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def environment(root: Path, part: str, python: str, folder: Path) -> Path:
    """The Python of an environment with this project and ``part`` of the lock; nothing is installed where it is there already."""
    locked = lock.read(root)
    digest = _digest(root, locked)
    had, made_from = _stamped(folder)
    if (
        made_from == digest
        and lock.PARTS.index(had) >= lock.PARTS.index(part)
        and interpreter(folder).exists()
    ):
        return interpreter(folder)
    if had:
        part = max(had, part, key=lock.PARTS.index)
    started = time.monotonic()
    with Progress(folder, steps=3) as progress:
        progress.step(f"Python {_version_of(python)} in {folder.name}")
        _bare(python, folder)
        (folder / _STAMP).unlink(missing_ok=True)
        chosen = lock.requirements(locked, part)
        progress.step(f"{len(lock.versions(chosen))} packages of {lock.NAME} ({part})")
        _remove_outdated(folder, chosen)
        (folder / lock.NAME).write_text(chosen, encoding="utf-8")
        # Wheels alone: what builds from source would fetch its tools past the lock.
        from_lock = [
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--no-compile",
            "--requirement",
            str(folder / lock.NAME),
        ]
        pip_install(interpreter(folder), from_lock, progress, of=len(lock.versions(chosen)))
        progress.step("this project, editable")
        pip_install(
            interpreter(folder),
            ["--no-deps", "--no-build-isolation", "--no-index", "--editable", str(root)],
            progress,
            of=1,
        )
    (folder / _STAMP).write_text(json.dumps({"part": part, "digest": digest}), encoding="utf-8")
    print(
        f"{folder.name} is set up ({time.monotonic() - started:.0f} s). The next time nothing is installed.",
        flush=True,
    )
    return interpreter(folder)


def _remove_outdated(folder: Path, chosen: str) -> None:
    """Take out what an earlier lock brought and this one does not: pip looks at no hash of what is there already."""
    file = folder / lock.NAME
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    names = lock.outdated(before, chosen)
    command = [
        str(interpreter(folder)),
        "-m",
        "pip",
        "uninstall",
        "--yes",
        "--quiet",
        "--disable-pip-version-check",
        *names,
    ]
    if names and subprocess.call(command, stderr=subprocess.DEVNULL) != 0:
        raise Failed(
            f"{', '.join(names)} could not be taken out of {folder}; delete the folder and try again"
        )


def uv_command(root: Path, python: str, locked: str) -> list[str]:
    """uv, in an environment of its own: the version of the lock, or a new one where there is no lock yet."""
    folder = root / ".venv-uv"
    block = lock.blocks(locked).get("uv", "")
    wanted = folder / "uv.txt"
    script = interpreter(folder).with_name("uv.exe" if os.name == "nt" else "uv")
    if not (script.exists() and wanted.exists() and wanted.read_text(encoding="utf-8") == block):
        with Progress(folder, steps=1) as progress:
            progress.step("uv, which resolves")
            _bare(python, folder)
            (folder / "requirements.txt").write_text(block, encoding="utf-8")
            chosen = (
                ["--require-hashes", "--requirement", str(folder / "requirements.txt")]
                if block
                else [_UV]
            )
            pip_install(interpreter(folder), ["--only-binary", ":all:", *chosen], progress, of=1)
        wanted.write_text(block, encoding="utf-8")
    return [str(script)]


def end(root: Path, which: str, python: str) -> Path:
    """The Python of an environment with the ``newest`` releases, or the ``oldest`` that pyproject.toml allows; not from the lock."""
    locked = (root / lock.NAME).read_text(encoding="utf-8") if (root / lock.NAME).exists() else ""
    uv = uv_command(root, python, locked)
    folder = root / f".venv-{which}"
    resolution = {"newest": "highest", "oldest": "lowest-direct"}[which]
    with Progress(folder, steps=2) as progress:
        progress.step(f"Python {_version_of(python)} in {folder.name}")
        _bare(python, folder)
        progress.step(f"the {which} releases that pyproject.toml allows")
        command = [*uv, "pip", "install", "--quiet", "--python", str(interpreter(folder))]
        command += ["--upgrade", "--resolution", resolution, "--editable", f"{root}[test]"]
        if subprocess.call(command) != 0:
            raise Failed("uv could not install them; the lines above say why")
    _tell_versions(root, interpreter(folder), which)
    return interpreter(folder)


def _tell_versions(root: Path, python: Path, which: str) -> None:
    """Which releases of the packages that pyproject.toml names are installed; Failed where a lower bound is not what came."""
    asked = lock.asked(root)
    bounds = dict(
        lock.lower_bound(requirement) for part in ("local", "test") for requirement in asked[part]
    )
    code = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    done = subprocess.run(
        [str(python), "-c", code, *sorted(bounds)], capture_output=True, text=True, check=True
    )
    versions: dict[str, str] = json.loads(done.stdout)
    print(", ".join(f"{name} {version}" for name, version in versions.items()), flush=True)
    untrue = lock.untrue_bounds(bounds, versions) if which == "oldest" else []
    if untrue:
        raise Failed(
            "\n  ".join(
                [
                    "pyproject.toml has lower bounds that cannot be tested; raise them to what was installed",
                    *untrue,
                ]
            )
        )
