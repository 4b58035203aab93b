"""What a release is checked against, and its notes: python3 -m devtools.release check | notes. The standard library alone.

check: the tag, the version of the package, the changelog and the URLs of the metadata fit together.
notes: the section of the changelog for a version, as the text of the release.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

_HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>.*))?$", re.MULTILINE)
_VERSION = re.compile(r'^__version__ = "(?P<version>[^"]+)"$', re.MULTILINE)
_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_FINAL = re.compile(r"\d+\.\d+\.\d+")
_PRE = re.compile(r"\d+\.\d+\.\d+(?:a|b|rc)\d+")
_RELATIVE_LINK = re.compile(r"\]\((?!https?://|#|mailto:)(?P<path>[^)\s]+)\)")


class Unfit(Exception):
    """This cannot be released; the text says why and what to do."""


class Section(NamedTuple):
    """The part of the changelog for one version."""

    version: str
    date: str
    text: str


def version(root: Path) -> str:
    """Return the version of the package."""
    found = _VERSION.search((root / "reconciler" / "__init__.py").read_text(encoding="utf-8"))
    if found is None:
        raise Unfit('reconciler/__init__.py: there is no line __version__ = "…"')
    return found["version"]


def sections(changelog: str) -> list[Section]:
    """Return the sections of a changelog, in its order."""
    headings = list(_HEADING.finditer(changelog))
    ends = [*(one.start() for one in headings[1:]), len(changelog)]
    return [
        Section(one["version"], one["date"] or "", changelog[one.end() : end].strip())
        for one, end in zip(headings, ends, strict=False)
    ]


def section(root: Path, wanted: str) -> Section:
    """Return the changelog's section for a version. Unfit unless there is exactly one with text."""
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = [one for one in sections(changelog) if one.version == wanted]
    if len(found) != 1:
        raise Unfit(f"CHANGELOG.md: {len(found)} sections for {wanted}; write one: ## [{wanted}]")
    if not found[0].text:
        raise Unfit(f"CHANGELOG.md: the section for {wanted} is empty")
    return found[0]


def notes(root: Path, wanted: str, *, repository: str) -> str:
    """Return the notes of a release. Links to files lead to those of the release's tag."""
    base = f"https://github.com/{repository}/blob/v{wanted}/"
    text = section(root, wanted).text
    return _RELATIVE_LINK.sub(lambda link: f"]({base}{link['path']})", text) + "\n"


def _wrong_urls(root: Path, repository: str) -> list[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    start = f"https://github.com/{repository}"
    return [
        f"pyproject.toml: project.urls.{name} is {url}, not of {start}: correct it"
        for name, url in project["urls"].items()
        if url != start and not url.startswith(f"{start}/")
    ]


def faults(root: Path, tag: str, *, repository: str) -> list[str]:
    """Return what speaks against a release of ``tag`` from ``repository`` (OWNER/NAME)."""
    current = version(root)
    found = []
    if not (_FINAL.fullmatch(current) or _PRE.fullmatch(current)):
        found.append(f"the version {current} is not of the form 1.2.3 or 1.2.3rc1")
    if tag != f"v{current}":
        found.append(f"the tag is {tag} and the version of the package {current}: tag v{current}")
    try:
        date = section(root, current).date
        if not _DATE.fullmatch(date):
            found.append(
                f"CHANGELOG.md: the section for {current} has no date: ## [{current}] - YYYY-MM-DD"
            )
    except Unfit as error:
        found.append(str(error))
    return found + _wrong_urls(root, repository)


def main(words: list[str], *, root: Path = ROOT) -> int:
    """Run a command; its result goes to standard output, what is wrong to standard error."""
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    parser.add_argument("command", choices=("check", "notes"))
    parser.add_argument("--tag", help="the tag that was pushed; by default that of the version")
    parser.add_argument("--repository", default="OWNER/reconciler", help="OWNER/NAME on GitHub")
    chosen = parser.parse_args(words)
    try:
        tag = chosen.tag or f"v{version(root)}"
        if chosen.command == "notes":
            print(notes(root, tag.removeprefix("v"), repository=chosen.repository), end="")
            return 0
        wrong = faults(root, tag, repository=chosen.repository)
    except Unfit as error:
        wrong = [str(error)]
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        current = tag.removeprefix("v")
        print(f"version={current}\nprerelease={str(not _FINAL.fullmatch(current)).lower()}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
