"""Spans of a document that ``PlainReader`` read, without the YAML library, which is slow to import."""

from reconciler.manifest.document import Span
from reconciler.manifest.parse.plain_lines import START

_Inside = dict[str, tuple[int, int, Span]]


def _words(text: str, line: int, column: int) -> Span:
    """Span of a list or mapping of words on one line."""
    words = text[1:-1].split(", ") if len(text) > len("[]") else []
    column_of_word = column + 1
    items: list[Span] = []
    pairs: _Inside = {}
    for word in words:
        key, colon, value = word.partition(": ")
        if colon:
            mark = Span(line, column_of_word + len(key) + len(colon), value)
            pairs[key] = (line, column_of_word, mark)
        else:
            items.append(Span(line, column_of_word, word))
        column_of_word += len(word) + len(", ")
    return Span(line, column, inside=items if text[0] == "[" else pairs)


def _value(text: str, line: int, column: int) -> Span:
    """Span of a value on the line of its key."""
    if text[0] in "[{":
        return _words(text, line, column)
    if text[0] in "'\"":
        return Span(line, column, text[1:-1], text[0])
    return Span(line, column, text)


def plain_span(text: str, line: int) -> Span:
    """Span of the document in ``text``, after ``line`` lines. ``PlainReader`` has accepted it."""
    root = Span(line + 1, 1)
    levels: list[tuple[int, _Inside]] = []  # indentation and spans of each open mapping
    opening: tuple[str, int, int] | None = None  # a key whose mapping begins on a further line
    for number, written in enumerate(text.replace("\r\n", "\n").split("\n"), line + 1):
        content = written.lstrip(" ")
        if not content or content[0] == "#" or written == START:
            continue
        indent = len(written) - len(content)
        if not levels or opening:
            inside: _Inside = {}
            mark = Span(number, indent + 1, inside=inside)
            if opening:
                levels[-1][1][opening[0]] = (*opening[1:], mark)
            else:
                root = mark
            levels.append((indent, inside))
        while indent < levels[-1][0]:
            levels.pop()
        key, _, rest = content.partition(":")
        value = rest.lstrip(" ")
        opening = None if value else (key, number, indent + 1)
        if value:
            mark = _value(value, number, len(written) - len(value) + 1)
            levels[-1][1][key] = (number, indent + 1, mark)
    return root
