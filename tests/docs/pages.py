"""The pages of the documentation, taken apart: blocks, commands with what they print, links, headings."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples"
GENERATED = {PROJECT / "docs" / "reference.md", PROJECT / "docs" / "commands.md"}
PAGES = sorted(
    [*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md"), *EXAMPLES.glob("*/README.md")]
)
WRITTEN = [page for page in PAGES if page not in GENERATED]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OUTSIDE = re.compile(r"^<!-- outside: (\w+)/([\w-]+) (\{.*\}) -->$", re.MULTILINE)
_HEREDOC = re.compile(r"(?P<command>.*) <<'(?P<end>\w+)'$")


class Block(NamedTuple):
    """A fenced block, or a step that the page does not show (``outside``: kind, name and fields that somebody changes)."""

    language: str
    text: str
    line: int


class Step(NamedTuple):
    """A command as typed, what is typed into it, and what it is said to print."""

    command: str
    typed: str
    shown: list[str]

    @property
    def words(self) -> list[str]:
        """The command's words, as a shell splits them."""
        return shlex.split(self.command)


def relative(page: Path) -> str:
    """The page's path in the project."""
    return page.relative_to(PROJECT).as_posix()


def blocks(page: Path) -> list[Block]:
    """All blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    found = [
        (match.start(), Block(match[1], match[2], text.count("\n", 0, match.start()) + 2))
        for match in FENCE.finditer(text)
    ]
    found += [
        (match.start(), Block("outside", " ".join(match.groups()), 0))
        for match in _OUTSIDE.finditer(text)
    ]
    return [block for _, block in sorted(found)]


def steps(block: Block) -> Iterator[Step]:
    """The commands of a console block; ``a && b`` is two."""
    lines = iter(block.text.splitlines())
    step: Step | None = None
    for line in lines:
        if not line.startswith("$ "):
            assert step, f"line {block.line}: output before any command"
            step.shown.append(line)
            continue
        if step:
            yield step
        *before, last = line[2:].split(" && ")
        yield from (Step(command, "", []) for command in before)
        heredoc = _HEREDOC.match(last)
        typed = (
            "".join(f"{inner}\n" for inner in iter(lambda: next(lines), heredoc["end"]))
            if heredoc
            else ""
        )
        step = Step(heredoc["command"] if heredoc else last, typed, [])
    if step:
        yield step


def prose(page: Path) -> str:
    """The page without its blocks and code spans."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text(encoding="utf-8")))


def links(page: Path) -> list[str]:
    """Where the page's links and pictures lead."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return re.findall(r"\]\(([^)\s]+)\)", text)


def anchors(page: Path) -> set[str]:
    """The anchors of the page's headings, as GitHub makes them."""
    headings = re.findall(
        r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
