"""``python3 dev.py lock``: uv resolves what pyproject.toml asks for, for all Pythons and systems at once."""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from devtools import lock
from devtools.environments import uv_command
from devtools.progress import Failed

_COMPILE = (
    "pip",
    "compile",
    "-",
    "--universal",
    "--quiet",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
)
_DIRECT = "-r -"  # what uv calls its standard input


def _least_python(root: Path) -> str:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return str(settings["project"]["requires-python"]).removeprefix(">=")


def _compile(
    uv: list[str], root: Path, requirements: list[str], output: Path, *options: str
) -> str:
    """What uv makes of ``requirements``; it keeps the versions that it finds in ``output``, and writes there."""
    command = [
        *uv,
        *_COMPILE,
        "--python-version",
        _least_python(root),
        "--output-file",
        str(output),
        *options,
    ]
    done = subprocess.run(
        command,
        cwd=root,
        input="\n".join(requirements),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"uv could not resolve what pyproject.toml asks for:\n{done.stderr}")
    return output.read_text(encoding="utf-8").replace(_DIRECT, "pyproject.toml")


def _pins(text: str) -> str:
    """The lines of a lock that pin a version, as constraints for uv."""
    lines = (line.partition("\\")[0].strip() for line in text.splitlines())
    return "\n".join(line for line in lines if "==" in line and not line.startswith("#"))


def renew(root: Path, python: str, *, keep: bool) -> list[str]:
    """Write the lock anew with the newest releases, or with ``keep`` with those it has where they still fit. What moved."""
    file = root / lock.NAME
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    uv = uv_command(root, python, before)
    asked = lock.asked(root)
    everything = [requirement for part in lock.PARTS for requirement in asked[part]]
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder, "pinned.txt")
        pinned.write_text(_pins(before) if keep else "", encoding="utf-8")
        compiled = _compile(uv, root, everything, pinned, "--generate-hashes")
        pinned.write_text(_pins(compiled), encoding="utf-8")
        names = {}
        for at, part in enumerate(lock.PARTS[:-1]):
            needed = [requirement for one in lock.PARTS[: at + 1] for requirement in asked[one]]
            output = Path(folder, f"{part}.txt")
            names[part] = set(
                lock.versions(_compile(uv, root, needed, output, "--constraint", str(pinned)))
            )
    after = lock.written(root, compiled, names)
    file.write_text(after, encoding="utf-8", newline="\n")
    return lock.moved(before, after)


def main(root: Path, python: str, words: list[str]) -> None:
    """Renew, and say what moved; or with ``--part PART`` print what pip would install for it."""
    if words[:1] == ["--part"] and len(words) == 2 and words[1] in lock.PARTS:
        sys.stdout.write(lock.requirements(lock.read(root), words[1]))
        return
    if words not in ([], ["--keep"]):
        raise Failed(f"lock takes --keep, or --part with one of {', '.join(lock.PARTS)}")
    lines = renew(root, python, keep=bool(words))
    print("\n".join(lines) if lines else "Nothing moved.")
    print(f"{lock.NAME} is written. Run the tests, and commit it with pyproject.toml.")
