"""Messages fit the terminal: no line is wider than it, none is broken inside a word, and no word is lost."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.reports.text.style import RenderStyle, columns
from reconciler.reports.text.wrapping import wrapped_message

WORD = st.text(st.sampled_from("abcdé文'/.-"), min_size=1, max_size=20)
LINE = st.builds(
    lambda blanks, words: " " * blanks + "  ".join(" ".join(part) for part in words),
    st.integers(0, 8),
    st.lists(st.lists(WORD, min_size=1, max_size=12), max_size=4),
)


def _shown(text, width):
    return wrapped_message(text, RenderStyle(width=width, lines=40))


@given(st.lists(LINE, min_size=1, max_size=5), st.integers(60, 120))
def test_every_line_fits_and_every_word_is_kept(lines, width):
    text = "\n".join(lines)

    shown = _shown(text, width)

    assert shown.split() == text.split()
    assert [line for line in shown.split("\n") if columns(line) > width] == []


def test_a_text_after_a_label_goes_on_below_itself():
    line = "ok    space        acme.signalwire.com answers in 120 ms, and the token may read Room"

    assert _shown(line, 60).split("\n") == [
        "ok    space        acme.signalwire.com answers in 120 ms,",
        "                   and the token may read Room",
    ]


def test_a_hint_goes_on_a_little_deeper():
    assert _shown("  = " + "word " * 14 + "end", 60).split("\n")[1].startswith("    word")


def test_lines_of_files_and_text_for_a_file_stay_as_they_are():
    source = "   12 │ " + "word " * 30
    caret = "      │ " + " " * 80 + "^"

    assert _shown(f"{source}\n{caret}", 60) == f"{source}\n{caret}"
    assert wrapped_message("word " * 30, RenderStyle(width=60)) == "word " * 30
