from reconciler.reports.text.style import (
    PLAIN,
    RenderStyle,
    Span,
    cell,
    clip,
    columns,
    finish,
    grid,
    paint,
)


def test_columns_count_what_a_terminal_shows():
    assert [columns(text) for text in ("abc", "会議", "e\u0301", "")] == [3, 4, 1, 0]


def test_clip_cuts_by_columns():
    assert [clip("会議室", width, more="…") for width in (6, 5, 4)] == ["会議室", "会議…", "会…"]


def test_columns_line_up_also_where_they_are_wide_or_empty():
    rows = [[cell("a"), (), cell("会"), cell("x")], [cell("bbb"), (), cell("c"), cell("y")]]
    assert grid(rows, PLAIN, indent=2) == ["  a    会  x", "  bbb  c   y"]


def test_a_row_with_a_wide_name_goes_on_in_the_next_line():
    assert grid(
        [[cell("abcdef"), cell("x")], [cell("a"), cell("y")]], PLAIN, indent=0, sizes=[3, 1]
    ) == ["abcdef", "     x", "a    y"]


def test_colour_is_put_in_on_request_only():
    spans = (Span("a", "add"), Span("b"), Span("", "bad"))
    assert paint(spans, PLAIN) == "ab"
    assert paint(spans, RenderStyle(colour=True)) == "\x1b[32ma\x1b[0mb"


def test_an_ascii_screen_gets_ascii():
    assert finish(["Straße"], RenderStyle(ascii=True)) == "Stra\\xdfe\n"
