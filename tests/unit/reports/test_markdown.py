import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.core.text import hidden_characters
from reconciler.reports.formats import DRIFT_FORMATS, PLAN_FORMATS
from reconciler.reports.markdown.comment import LIMIT
from reconciler.reports.markdown.fence import code, fenced, length, short
from reconciler.reports.text.plan import PlanReport
from tests.effort import examples
from tests.unit.reports.cases import CANARY, DELETE, NOW, PLANS, UPDATE, plan
from tests.unit.reports.pictures import (
    BRANDED,
    DRIFT_PAGES,
    HOSTILES,
    PLAN_PAGES,
    WHOLE,
    hostile,
    large,
)

GOLDEN = Path(__file__).parent / "golden_pages"
plan_markdown, drift_markdown = PLAN_FORMATS["markdown"], DRIFT_FORMATS["markdown"]
TEXTS = {f"{name}.md": plan_markdown(report) for name, report in PLAN_PAGES.items()}
TEXTS |= {f"{name}.md": drift_markdown(report) for name, report in DRIFT_PAGES.items()}
OWN_HTML = re.compile(
    r"<!-- reconciler:(plan|drift):[0-9a-f]{16} -->|<details( open)?>|</details>|</?summary>|</?b>|</?sub>|[A-Za-z0-9 :;,-]+|\n"
)
ACTIVE = {"link_open", "image", "table_open", "s_open", "em_open", "hr", "list_item_open"}


def tokens(text, *, html=True):
    parser = MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])
    for token in parser.parse(text):
        yield token
        yield from token.children or ()


def live_text(text):
    """What a reader that knows mentions, issues and bare links would look at: everything but code."""
    return "\n".join(
        token.content
        for token in tokens(text)
        if token.type in ("text", "html_block", "html_inline")
    )


def assert_inert(text):
    for html in (True, False):
        assert {token.type for token in tokens(text, html=html)}.isdisjoint(ACTIVE)
    for token in tokens(text):
        if token.type in ("html_block", "html_inline"):
            assert OWN_HTML.sub("", token.content) == "", token.content
    assert not re.search(r"@|#\d|https?:|www\.|evil", live_text(text))


@pytest.mark.parametrize("name", TEXTS)
def test_markdown_is_as_it_was(name):
    path = GOLDEN / name
    if os.environ.get("RECONCILER_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(TEXTS[name], encoding="utf-8", newline="\n")
    assert TEXTS[name] == path.read_bytes().decode()


@pytest.mark.parametrize("name", TEXTS)
def test_no_comment_shows_a_secret_or_obeys_what_it_shows(name):
    assert "canary" not in TEXTS[name]
    assert CANARY not in TEXTS[name]
    assert hidden_characters(TEXTS[name]) == []
    assert not re.search(r"^\s*::|##\[|##vso\[", TEXTS[name], re.MULTILINE)
    assert_inert(TEXTS[name])


@pytest.mark.parametrize("text", HOSTILES, ids=range(len(HOSTILES)))
@pytest.mark.parametrize("write", [plan_markdown, drift_markdown], ids=["plan", "drift"])
def test_hostile_text_is_inert_wherever_it_stands(text, write):
    written = write(hostile(text))
    assert length(written) <= LIMIT
    assert_inert(written)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.text(st.sampled_from("`~@#[]()!<>&*_-|\n\r\t :/\\1aé\u202e\u0301\U0001f600"), max_size=60)
)
def test_no_text_gets_out_of_its_code(text):
    written = plan_markdown(hostile(text))
    assert length(written) <= LIMIT
    assert_inert(written)


@given(
    st.lists(
        st.text(st.sampled_from("`a \t"), max_size=30).map(lambda text: text.replace("\t", "~")),
        min_size=1,
        max_size=5,
    )
)
def test_a_fence_holds_whatever_it_is_given(lines):
    fences = [token for token in tokens(fenced(lines) + "\nafter") if token.type == "fence"]
    assert [token.content for token in fences] == ["\n".join(lines) + "\n"]


@given(st.text(max_size=200))
def test_a_code_span_is_one(text):
    spans = [
        token.type
        for token in tokens(f"x {code(text)} y")
        if token.type not in ("paragraph_open", "paragraph_close", "inline")
    ]
    assert spans == ["text", "code_inline", "text"]


@given(st.text(max_size=3000), st.integers(5, 60))
def test_short_is_short_for_those_who_count_utf_16_too(text, width):
    assert length(short(text, width)) <= 2 * width + 1


def test_deletions_stand_first_and_the_counts_at_once():
    text = plan_markdown(PLANS["plan-everything"])
    assert "2 to delete, 1 to rename, 1 to adopt, 2 to create, 2 to update" in text[:500]
    assert (
        text.index("#### Delete 2")
        < text.index("Rename 1")
        < text.index("Create 2")
        < text.index("Update 2")
    )


def test_the_marker_is_the_same_for_every_report_on_one_space_and_no_other():
    first, again, drift = (
        plan_markdown(PLANS["plan-short"]),
        plan_markdown(PLANS["plan-empty"]),
        drift_markdown(PLANS["plan-short"]),
    )
    markers = [text.splitlines()[0] for text in (first, again, drift)]
    assert markers[0] == markers[1] != markers[2]
    assert plan_markdown(hostile("-->")).splitlines()[0] != markers[0]


def test_identical_edits_are_read_once():
    text = plan_markdown(PlanReport(plan(*BRANDED), NOW))
    assert text.count("#E30613") == 1
    assert "! 37 Conferences" in text
    assert all(action.address.name in text for action in BRANDED)


def test_evidence_stands_with_its_deletion():
    text = plan_markdown(WHOLE)
    assert "    use            at least 12 sessions, 3,412 member-minutes in 30 days\n" in text
    assert "    dies with it   2 streams, 2 tokens (guest, moderator)\n" in text


def test_a_comment_is_never_too_long_and_says_what_was_cut():
    text = plan_markdown(large(40, 3000))
    assert LIMIT - 3000 < length(text) <= LIMIT
    assert "40 to delete, 3000 to update" in text[:500]
    said = re.search(
        r"\*\*Cut to fit a comment\*\*: of 3040 actions, (\d+) by name only, (\d+) not at all",
        text[:700],
    )
    shown = [line for line in text.splitlines() if line.startswith("! Room/room-")]
    assert len(shown) + int(said[2]) == 3000
    assert sum("2 fields" in line for line in shown) == int(said[1])
    assert all(f"- Room/gone-{number:05}   no longer declared" in text for number in range(40))
    assert re.search(r"Digest of the whole plan: `sha256:[0-9a-f]{64}`", text)
    assert_inert(text)


def test_padding_cannot_hide_a_deletion():
    padded = plan(*large(0, 5000).plan.actions, DELETE)
    text = plan_markdown(PlanReport(padded, NOW))
    assert "1 to delete" in text[:500]
    assert text.index("- Room/old-standup") < 1500


def test_more_deletions_than_fit_are_counted():
    text = plan_markdown(large(9000, 0))
    assert length(text) <= LIMIT
    assert re.search(r"of 9000 actions, .*\d+ not at all", text[:700])


def test_the_digest_is_that_of_the_plan_whatever_is_shown():
    digest = re.compile(r"sha256:[0-9a-f]{64}")
    small, whole = PlanReport(plan(UPDATE), NOW), PlanReport(plan(UPDATE), NOW, verbose=True)
    assert (
        digest.findall(plan_markdown(small))
        == digest.findall(plan_markdown(whole))
        == digest.findall(PLAN_FORMATS["json"](small))
    )
