"""What stands between values: comments and blank lines, and which of them belong to what."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reconciler.manifest.parse.syntax import BLOCK_HEADER, Node, Outline, nodes_of


class Comment(NamedTuple):
    """A comment on a line of its own, and its column; a blank line has neither."""

    column: int
    text: str


class Gap(NamedTuple):
    """The comment that ends a line, with the blanks before it, and the lines that follow."""

    beside: str
    remarks: list[Comment]


BLANK = Comment(-1, "")


def _beside(first: str) -> str:
    comment = first.rstrip()
    return comment if not comment or comment[0] in " \t" else f" {comment}"


def gap_of(text: str, start: int, end: int) -> Gap:
    """The comments and blank lines from ``start`` to ``end``, where nothing else stands."""
    lines = text[start:end].split("\n")
    fresh = start == 0
    beside = "" if fresh else _beside(lines[0])
    own = lines if fresh else lines[1:]
    last = own[-1:] if own and own[-1].strip() else []
    remarks = [
        Comment(len(line) - len(line.lstrip()), line.strip()) if line.strip() else BLANK
        for line in [*own[:-1], *last]
    ]
    return Gap(beside if "#" in beside else "", remarks)


def comment_lines(remarks: Iterable[Comment], indent: int) -> list[str]:
    """The remarks as lines at ``indent``."""
    return [" " * indent + remark.text if remark.text else "" for remark in remarks]


def without_leading_blanks(remarks: Sequence[Comment]) -> list[Comment]:
    """The remarks from the first comment on."""
    first = next((index for index, remark in enumerate(remarks) if remark.text), len(remarks))
    return list(remarks[first:])


def split_header(remarks: Sequence[Comment]) -> tuple[list[Comment], list[Comment]]:
    """What heads a whole mapping, down to the last blank line, and what belongs to its first key."""
    last = max((index for index, remark in enumerate(remarks) if not remark.text), default=-1)
    header = without_leading_blanks(remarks[: last + 1])
    return header, list(remarks[last + 1 :])


def split_footer(remarks: Sequence[Comment], outer: int) -> tuple[list[Comment], list[Comment]]:
    """What stands deeper than column ``outer`` and so ends the collection, and the rest, which belongs to what follows."""
    taken = 0
    for index, remark in enumerate(remarks):
        if remark.text and remark.column <= outer:
            break
        taken = index + 1 if remark.text else taken
    return list(remarks[:taken]), list(remarks[taken:])


def _leaves(root: Node) -> Iterator[Node]:
    return (node for node in nodes_of(root) if node.what in ("scalar", "alias"))


def comments_in(text: str, found: Sequence[Outline]) -> list[str]:
    """Every comment of the text, sorted: what must be there before and after."""
    gaps: list[str] = []
    at = 0
    for leaf in (leaf for outline in found for leaf in _leaves(outline.root)):
        gaps.append(text[at : leaf.start])
        at = leaf.end
        if leaf.style in ("|", ">") and BLOCK_HEADER.match(text, leaf.start):
            gaps.append(text[leaf.start : leaf.end].partition("\n")[0])
    gaps.append(text[at:])
    return sorted(
        "#" + line.partition("#")[2].strip()
        for gap in gaps
        for line in gap.split("\n")
        if "#" in line
    )
