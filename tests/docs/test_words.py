"""The pages are in plain words; what the program prints is quoted as it is."""

import re

import pytest

from tests.docs.pages import FENCE, GENERATED, PAGES, PROJECT, relative
from tests.docs.words import avoided, found

# The words of these are those of the code, of the benchmarks, and of each change's author.
NOT_OURS = {*GENERATED, PROJECT / "docs" / "PERFORMANCE.md", PROJECT / "CHANGELOG.md"}
PROSE = [page for page in PAGES if page not in NOT_OURS]


def blanked(match):
    """As many lines as before, and no words."""
    return "\n" * match[0].count("\n")


def words_of(page):
    """The text that a person wrote: no blocks, no code spans, no addresses of links, no comments, nothing generated."""
    text = FENCE.sub(blanked, page.read_text(encoding="utf-8"))
    text = re.sub(
        r"<!-- (scoreboard|generated).*?<!-- end of \1 -->", blanked, text, flags=re.DOTALL
    )
    text = re.sub(r"<!--.*?-->", blanked, text, flags=re.DOTALL)
    return re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`\n]*`", "", text))


@pytest.mark.parametrize("page", PROSE, ids=relative)
def test_a_page_is_in_plain_words(page):
    listed = [
        f"{relative(page)}:{one.line}: {one.word!r}: write {one.instead}"
        for one in found(words_of(page))
    ]

    assert listed == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A field is managed from then on.", []),
        ("The mend is easy.", ["mend"]),
        ("Recommend it; amended text; a bearer token.", []),
        ("WHOEVER reads", ["WHOEVER"]),
        ("parts, apart\nby `---`", ["apart by"]),
        ("one somebody, and two\nmended", ["somebody", "mended"]),
    ],
)
def test_the_list_finds_whole_words_in_order(text, words):
    assert [one.word.replace("\n", " ") for one in found(text)] == words


def test_a_line_number_is_that_of_the_word():
    assert [one.line for one in found("one\ntwo whoever\n\nmend")] == [2, 4]


def test_every_entry_says_what_to_write_instead():
    assert [pattern.pattern for pattern, instead in avoided() if not instead] == []
    assert len(avoided()) > 30
    assert (PROJECT / "tests" / "words_to_avoid.txt").is_file()
