"""A pattern that is compiled at first use matches as a compiled one does."""

import re

from reconciler.core.regex import regex
from reconciler.late_patterns import patterns_compiled_at_first_use


def test_it_has_the_methods_and_attributes_of_a_compiled_pattern():
    ours, theirs = regex(r"(a+)b", re.IGNORECASE), re.compile(r"(a+)b", re.IGNORECASE)

    for text in ("xAAbab", "b", ""):
        assert ours.findall(text) == theirs.findall(text)
        assert ours.sub(r"<\1>", text) == theirs.sub(r"<\1>", text)
        assert bool(ours.search(text)) == bool(theirs.search(text))
    assert (ours.pattern, ours.flags, ours.groups) == (theirs.pattern, theirs.flags, theirs.groups)


def test_bytes_and_later_calls():
    pattern = regex(rb"\d+")

    assert [bool(pattern.fullmatch(text)) for text in (b"12", b"a", b"3")] == [True, False, True]


def test_a_library_may_use_its_patterns_while_it_is_imported():
    with patterns_compiled_at_first_use():
        pattern = re.compile(r"\d+")

        assert pattern.fullmatch("12")
        assert not pattern.fullmatch("a")
