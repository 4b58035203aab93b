import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import catalog
from reconciler.core.resource_usage import ReportContext
from reconciler.core.resources import Address
from reconciler.reports.formats import DRIFT_FORMATS, PLAN_FORMATS
from reconciler.reports.html.assets import PAGE_SCRIPT, PAGE_STYLE
from reconciler.reports.html.markup import Markup, element, together
from reconciler.reports.html.page import policy
from reconciler.reports.html.report import MOST_CHARACTERS
from reconciler.reports.html.wireframes import layout_names, swatch
from reconciler.reports.plan_details import enriched
from reconciler.reports.text.plan import PlanReport
from tests.effort import examples
from tests.unit.reports.cases import CANARY, NOW, PLANS, UPDATE, plan
from tests.unit.reports.pictures import (
    BRANDED,
    DRIFT_PAGES,
    HOSTILES,
    LAYOUTS,
    PLAN_PAGES,
    WALL,
    WHOLE,
    hostile,
    large,
)

GOLDEN = Path(__file__).parent / "golden_pages"
plan_html, drift_html = PLAN_FORMATS["html"], DRIFT_FORMATS["html"]
TEXTS = {f"{name}.html": plan_html(report) for name, report in PLAN_PAGES.items()}
TEXTS |= {f"{name}.html": drift_html(report) for name, report in DRIFT_PAGES.items()}
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "script",
        "body",
        "header",
        "main",
        "nav",
        "section",
        "article",
        "footer",
        "div",
        "span",
    ),
    *(
        "h1",
        "h2",
        "h3",
        "p",
        "a",
        "b",
        "small",
        "bdi",
        "code",
        "mark",
        "ins",
        "del",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "details",
        "summary",
    ),
    *(
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "figure",
        "figcaption",
        "img",
        "svg",
        "symbol",
        "use",
        "rect",
        "circle",
    ),
    *(
        "path",
        "form",
        "fieldset",
        "legend",
        "label",
        "input",
        "select",
        "option",
        "button",
        "output",
    ),
}
ADDRESSES = {
    "href",
    "src",
    "action",
    "formaction",
    "xlink:href",
    "data",
    "poster",
    "srcset",
    "background",
    "style",
    "srcdoc",
    "ping",
}

ADDRESSED = {
    ("use", "href"): r"#layout-[\w-]+$",
    ("img", "src"): r"data:image/webp;base64,[A-Za-z0-9+/=]+$",
    ("a", "href"): r"#\w+$|https://",
}


class Page(HTMLParser):
    """The elements of a page, with what they could fetch or run."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.scripts, self.words = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [(tag, name, value) for name, value in attrs if name in ADDRESSES]
        self.scripts += [name for name, _ in attrs if name.startswith("on")]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_data(self, data):
        self.words.append(data)


def own_parts(text):
    """The page without what is the same on every page: the sheet, the script and their digests; a line for each element."""
    text = text.replace(PAGE_STYLE, "…").replace(PAGE_SCRIPT, "…")
    text = text.replace(policy(PAGE_STYLE, PAGE_SCRIPT), "…")
    return text.replace("><", ">\n<")


def assert_inert(text):
    page = Page(text)
    assert set(page.tags) <= TAGS
    assert page.tags.count("script") == 1
    assert page.scripts == []
    for tag, name, value in page.addresses:
        assert (tag, name) in {("a", "href"), ("use", "href"), ("img", "src")}
        assert re.match(
            r"#[\w.-]+$"
            if tag == "use"
            else r"data:image/webp;base64,[A-Za-z0-9+/=]+$"
            if tag == "img"
            else r"#\w+$|https://",
            value,
        )
    assert text.count("<script>") == text.count("<style>") == 1


@pytest.mark.parametrize("name", TEXTS)
def test_pages_are_as_they_were(name):
    path, shown = GOLDEN / name, own_parts(TEXTS[name])
    if os.environ.get("RECONCILER_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8", newline="\n")
    assert shown == path.read_bytes().decode()


def test_every_golden_page_has_a_case():
    known = {*TEXTS, *(f"{name}.md" for name in (*PLAN_PAGES, *DRIFT_PAGES))}
    assert {path.name for path in GOLDEN.iterdir()} == known


@pytest.mark.parametrize("name", TEXTS)
def test_no_page_shows_a_secret_or_runs_what_it_shows(name):
    assert CANARY not in TEXTS[name]
    assert "canary" not in TEXTS[name]
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]",
        TEXTS[name].replace(PAGE_STYLE, ""),
    )
    assert_inert(TEXTS[name])


@pytest.mark.parametrize("text", HOSTILES, ids=range(len(HOSTILES)))
@pytest.mark.parametrize("write", [plan_html, drift_html], ids=["plan", "drift"])
def test_hostile_text_is_inert_wherever_it_stands(text, write):
    assert_inert(write(hostile(text)))


@settings(max_examples=examples(40), deadline=None)
@given(
    st.text(st.sampled_from("<>&\"'/=`! \n\taé-;{}\u202e\U0001f600") | st.characters(), max_size=40)
)
def test_no_text_becomes_markup(text):
    assert_inert(plan_html(hostile(text)))


@given(st.text(), st.text())
def test_what_is_not_markup_is_escaped(text, value):
    page = Page(element("p", text, title=value))
    assert page.tags == ["p"]
    assert (
        "".join(page.words).replace("\r\n", "\n").replace("\r", "\n")
        == text.replace("\r\n", "\n").replace("\r", "\n")
        or "\x00" in text
    )


def test_an_attribute_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no attribute"):
        element("p", **{"a b": "x"})


def test_children_may_be_numbers_nothing_or_many():
    assert together("<", 3, None, ["a", (Markup("<b>"), None)]) == "&lt;3a<b>"


def test_a_swatch_is_of_a_colour_alone():
    with pytest.raises(ValueError, match="no colour"):
        swatch('#fff" onload="x')


def test_the_policy_lets_nothing_in_but_what_the_page_holds():
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; script-src 'sha256-[A-Za-z0-9+/=]{44}'; "
        r"img-src data:; base-uri 'none'; form-action 'none'",
        policy(PAGE_STYLE, PAGE_SCRIPT),
    )


def test_every_layout_is_drawn_before_and_after():
    page = plan_html(WALL)
    assert set(layout_names()) == set(LAYOUTS)
    assert all(
        page.count(f'href="#layout-{name}"') == 2 and page.count(f'id="layout-{name}"') == 1
        for name in LAYOUTS
    )


def test_the_layouts_that_are_drawn_are_those_of_the_schema():
    assert set(LAYOUTS) == set(catalog.kinds()["Room"].fields["layout"]["enum"])


def test_a_palette_is_drawn_with_its_contrasts():
    page = plan_html(WHOLE)
    for label in (
        "light theme, before",
        "light theme, after",
        "dark theme, before",
        "dark theme, after",
    ):
        assert f'aria-label="Call screen, {label}"' in page
    assert "2.9:1 below 3:1" in page
    assert "16.16:1 passes" in page


def test_a_colour_alone_is_a_swatch_and_no_screen_is_made_up():
    page = plan_html(PlanReport(plan(UPDATE), NOW))
    assert 'fill="#E30613"' in page
    assert "callscreen" not in page.replace(PAGE_STYLE, "")


def test_identical_edits_are_one_card_and_what_differs_has_its_own():
    page = plan_html(WHOLE)
    assert "light_primary and dark_primary</bdi> on 37 Conferences" in page
    assert page.count('<article class="card update"') == 3
    assert "2 more changes that it shares with others" in page


def test_one_identical_edit_names_its_values():
    only = [type(one)(one.action, one.address, one.id, one.changes[:1]) for one in BRANDED]
    assert "light_primary #044EF4 → #E30613</bdi> on 37 Conferences" in plan_html(
        PlanReport(plan(*only), NOW)
    )


def test_deletions_stand_first_with_their_evidence():
    page = plan_html(WHOLE)
    assert (
        page.index('id="delete-title"')
        < page.index('id="rename-title"')
        < page.index('id="create-title"')
    )
    assert "at least 12 sessions, 3,412 member-minutes in 30 days" in page
    assert "2 streams, 2 tokens (guest, moderator)" in page


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://evil.example/x",
        "//evil.example",
        "data:text/html,x",
        "https://",
        7,
        "https://[x",
    ],
)
def test_no_preview_is_linked_and_only_an_https_host_is_named(url):
    live = type(UPDATE)(
        UPDATE.action, UPDATE.address, UPDATE.id, UPDATE.changes, session={"preview_url": url}
    )
    page = plan_html(PlanReport(plan(live), NOW))
    assert '<a href="http' not in page
    assert "without a thumbnail" in page


@pytest.mark.parametrize("picture", [b"", b"<svg onload=x>", b"RIFF____WEBP" + b"x" * 1_000_001])
def test_only_a_webp_of_reasonable_size_is_shown(picture):
    live = type(UPDATE)(UPDATE.action, UPDATE.address, UPDATE.id, UPDATE.changes, session={})
    page = plan_html(
        enriched(
            PlanReport(plan(live), NOW),
            ReportContext({}, {}, {Address("Conference", "town-hall"): picture}),
        )
    )
    assert "<img" not in page


@pytest.mark.long
def test_ten_thousand_changes_are_one_file_of_bearable_size():
    page = plan_html(large(200, 9800))
    assert len(page) < MOST_CHARACTERS + 9_800 * 500
    assert page.count("data-action=") == 10_000
    assert "more in short" in page


def test_nothing_to_do_is_said():
    assert "Nothing to do: 40 unchanged." in plan_html(PLANS["plan-empty"])
