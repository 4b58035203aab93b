"""requirements.lock: every package that dev.py installs, with the hash of each of its files, in parts that build on each other.

pip reads it (``--require-hashes``); ``python3 dev.py lock`` writes it. Its head repeats what pyproject.toml asked for when it was written,
so that a lock that does not fit is seen without asking any index.
"""

import itertools
import re
import tomllib
from pathlib import Path
from typing import Any

NAME = "requirements.lock"
PARTS = ("local", "test", "dev")  # each is installed with those before it
RENEW = "renew it: python3 dev.py lock"

_PURPOSE = {
    "local": "the program, its local Space, and what installs it from here",
    "test": "the tests",
    "dev": "all the rest",
}
_HEAD = """\
# Every package that dev.py installs, with the hash of each of its files. Written by: python3 dev.py lock
# For Python {python} on Linux, macOS and Windows. pyproject.toml asks for:
"""
_ASKED = re.compile(r"^#   (?P<part>\w+): (?P<requirement>\S.*)$", re.MULTILINE)
_SECTION = re.compile(r"^# == (?P<part>\w+): .*\n", re.MULTILINE)
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)
_OWN_EXTRAS = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)\[(?P<extras>[^\]]+)\]$")


class Unfit(Exception):
    """The lock does not belong to pyproject.toml, or is none; the text says why."""


def canonical(name: str) -> str:
    """A package's name in the one spelling that can be compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _expanded(project: dict[str, Any], extra: str) -> set[str]:
    """What an extra asks for; extras of this project that it names are taken apart."""
    found: set[str] = set()
    for requirement in project["optional-dependencies"][extra]:
        own = _OWN_EXTRAS.match(requirement)
        if own and canonical(own["name"]) == canonical(project["name"]):
            for inner in own["extras"].split(","):
                found |= _expanded(project, inner.strip())
        else:
            found.add(requirement)
    return found


def asked(root: Path) -> dict[str, list[str]]:
    """What pyproject.toml asks for, by part. An extra that no part names belongs to the last."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    wanted = {
        "local": {
            *project["dependencies"],
            *settings["build-system"]["requires"],
            *_expanded(project, "local"),
        }
    }
    wanted["test"] = _expanded(project, "test")
    wanted["dev"] = set().union(
        *(_expanded(project, extra) for extra in project["optional-dependencies"])
    )
    seen: set[str] = set()
    parts: dict[str, list[str]] = {}
    for part in PARTS:
        parts[part] = sorted(wanted[part] - seen)
        seen |= wanted[part]
    return parts


def _head(root: Path) -> str:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [
        f"#   {part}: {requirement}\n"
        for part, requirements in asked(root).items()
        for requirement in requirements
    ]
    return _HEAD.format(python=settings["project"]["requires-python"]) + "".join(lines)


def _differences(lock: str, root: Path) -> list[str]:
    now = {
        (part, requirement)
        for part, requirements in asked(root).items()
        for requirement in requirements
    }
    then = {(found["part"], found["requirement"]) for found in _ASKED.finditer(lock)}
    added = [
        f"{requirement} ({part}) is in pyproject.toml and not in the lock"
        for part, requirement in sorted(now - then)
    ]
    return added + [
        f"{requirement} ({part}) is in the lock and not in pyproject.toml"
        for part, requirement in sorted(then - now)
    ]


def read(root: Path) -> str:
    """The lock's text, which belongs to pyproject.toml. Unfit where it does not."""
    try:
        text = (root / NAME).read_text(encoding="utf-8")
    except OSError as error:
        raise Unfit(f"{NAME} cannot be read ({error.strerror}); {RENEW}") from error
    differences = _differences(text, root)
    if differences:
        raise Unfit("\n  ".join([f"{NAME} does not fit pyproject.toml; {RENEW}", *differences]))
    if not text.startswith(_head(root)) or set(_sections(text)) != set(PARTS):
        raise Unfit(f"{NAME} is not as it was written; {RENEW}")
    return text


def _sections(lock: str) -> dict[str, str]:
    pieces = _SECTION.split(lock)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def requirements(lock: str, part: str) -> str:
    """What pip is to install for ``part``, in its own format: that part and those before it."""
    sections = _sections(lock)
    return "".join(sections[one] for one in PARTS[: PARTS.index(part) + 1])


def versions(text: str) -> dict[str, str]:
    """The versions that a lock, or a part of one, pins, by package; several of one package with a comma."""
    found: dict[str, str] = {}
    for pin in _PINNED.finditer(text):
        name = canonical(pin["name"])
        found[name] = f"{found[name]}, {pin['version']}" if name in found else pin["version"]
    return found


def blocks(compiled: str) -> dict[str, str]:
    """What uv wrote, by package: the line with the version, its hashes, and who needs it."""
    found: dict[str, str] = {}
    starts = [*(pin.start() for pin in _PINNED.finditer(compiled)), len(compiled)]
    for start, end in itertools.pairwise(starts):
        block = compiled[start:end].rstrip() + "\n"
        name = canonical(block.partition("==")[0])
        found[name] = found.get(name, "") + block
    return found


def outdated(before: str, after: str) -> list[str]:
    """The packages installed from ``before`` that are to go first: those that are needed no longer, or have other hashes now."""
    old, new = blocks(before), blocks(after)
    kept = {name for name in old if name in new and _pins_of(old[name]) == _pins_of(new[name])}
    return sorted(set(old) - kept)


def _pins_of(block: str) -> list[str]:
    """Versions and hashes, without who needs the package."""
    return [line for line in block.splitlines() if not line.lstrip().startswith("#")]


def written(root: Path, compiled: str, names: dict[str, set[str]]) -> str:
    """The lock's text: what uv wrote for everything, in parts; ``names`` says what each part needs, the last one needs all."""
    left = blocks(compiled)
    text = _head(root)
    for part in PARTS:
        chosen = sorted(left if part == PARTS[-1] else names[part] & set(left))
        text += f"\n# == {part}: {_PURPOSE[part]}\n" + "".join(left.pop(name) for name in chosen)
    return text


def moved(before: str, after: str) -> list[str]:
    """One line for each package that a renewal adds, takes out, or moves."""
    old, new = versions(before), versions(after)
    lines = []
    for name in sorted({*old, *new}):
        if name not in old:
            lines.append(f"+ {name} {new[name]}")
        elif name not in new:
            lines.append(f"- {name} {old[name]}")
        elif old[name] != new[name]:
            lines.append(f"~ {name} {old[name]} → {new[name]}")
    return lines


def lower_bound(requirement: str) -> tuple[str, str]:
    """The package that a requirement names, and its lower bound."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement)[0]
    return name, re.split(r"[,;]", requirement.partition(">=")[2])[0].strip()


def untrue_bounds(bounds: dict[str, str], versions: dict[str, str]) -> list[str]:
    """The lower bounds that are not what was installed where the oldest releases were asked for: no test sees those."""
    return [
        f"{name}>={bounds[name]}: {version} is the oldest"
        for name, version in sorted(versions.items())
        if bounds[name] and _release(bounds[name]) != _release(version)
    ]


def _release(version: str) -> list[str]:
    parts = version.split(".")
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return [part.lstrip("0") or "0" for part in parts]
