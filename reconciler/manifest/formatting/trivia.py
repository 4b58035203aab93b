"""Comments and blank lines between values, and the values they belong to."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.core.named_tuple import NamedTuple
from reconciler.manifest.parse.syntax import BLOCK_HEADER, Node, Outline, nodes_of


class Comment(NamedTuple):
    """A comment on its own line and its column; a blank line has neither."""

    column: int
    text: str


class Gap(NamedTuple):
    """A trailing comment with the blanks before it, and the lines after it."""

    beside: str
    remarks: list[Comment]


_BLANK = Comment(-1, "")


def _beside(first: str) -> str:
    comment = first.rstrip()
    return comment if not comment or comment[0] in " \t" else f" {comment}"


def gap_of(text: str, start: int, end: int) -> Gap:
    """Comments and blank lines between ``start`` and ``end``."""
    lines = text[start:end].split("\n")
    fresh = start == 0
    beside = "" if fresh else _beside(lines[0])
    own = lines if fresh else lines[1:]
    last = own[-1:] if own and own[-1].strip() else []
    remarks = [
        Comment(len(line) - len(line.lstrip()), line.strip()) if line.strip() else _BLANK
        for line in [*own[:-1], *last]
    ]
    return Gap(beside if "#" in beside else "", remarks)


def comment_lines(remarks: Iterable[Comment], indent: int) -> list[str]:
    """The comments as lines at ``indent``."""
    return [" " * indent + remark.text if remark.text else "" for remark in remarks]


def without_leading_blanks(remarks: Sequence[Comment]) -> list[Comment]:
    """The lines from the first comment on."""
    first = next((index for index, remark in enumerate(remarks) if remark.text), len(remarks))
    return list(remarks[first:])


def split_header(remarks: Sequence[Comment]) -> tuple[list[Comment], list[Comment]]:
    """The header of a whole mapping, up to the last blank line, and its first key's comments."""
    last = max((index for index, remark in enumerate(remarks) if not remark.text), default=-1)
    header = without_leading_blanks(remarks[: last + 1])
    return header, list(remarks[last + 1 :])


def split_footer(remarks: Sequence[Comment], outer: int) -> tuple[list[Comment], list[Comment]]:
    """Comments deeper than column ``outer``, which end the collection, and the rest."""
    taken = 0
    for index, remark in enumerate(remarks):
        if remark.text and remark.column <= outer:
            break
        taken = index + 1 if remark.text else taken
    return list(remarks[:taken]), list(remarks[taken:])


def _leaves(root: Node) -> Iterator[Node]:
    return (node for node in nodes_of(root) if node.type in ("scalar", "alias"))


def comments_in(text: str, found: Sequence[Outline]) -> list[str]:
    """All comments, sorted, to compare before and after."""
    gaps: list[str] = []
    at = 0
    for outline in found:
        for leaf in _leaves(outline.root):
            gaps.append(text[at : leaf.start])
            at = leaf.end
            # The header of a block scalar may have a comment; its lines are content.
            if leaf.style in ("|", ">") and BLOCK_HEADER.match(text, leaf.start):
                gaps.append(text[leaf.start : leaf.end].partition("\n")[0])
    gaps.append(text[at:])
    lines = "\n".join(gaps).split("\n")
    return sorted("#" + line.partition("#")[2].strip() for line in lines if "#" in line)
