"""The pages in a real browser: nothing is fetched, nothing fails, the keyboard reaches everything, and they read without script."""

import re
import shutil

import pytest

from reconciler.reports.formats import DRIFT_FORMATS, PLAN_FORMATS
from tests.unit.reports.pictures import MARKUP, WALL, WHOLE, hostile, large

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install -e .[test]"
)
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
]
PAGES = {
    "plan": PLAN_FORMATS["html"](WHOLE),
    "drift": DRIFT_FORMATS["html"](WHOLE),
    "layouts": PLAN_FORMATS["html"](WALL),
    "hostile": PLAN_FORMATS["html"](hostile(MARKUP)),
}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        started = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def show(browser, tmp_path):
    """Opens a page; what it says on the console, and what it asks for, is gathered in ``page.told`` and must stay empty."""
    contexts, pages = [], []

    def opened(text, **settings):
        file = tmp_path / f"{len(contexts)}.html"
        file.write_text(text, encoding="utf-8")
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.told = []
        page.on("console", lambda message: page.told.append(message.text))
        page.on("pageerror", lambda error: page.told.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith(("file:", "data:")) else page.told.append(asked.url)
            ),
        )
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield opened
    assert [page.told for page in pages] == [[] for _ in pages]
    for context in contexts:
        context.close()


def waits_for(page, found):
    playwright.expect(page.locator("#found")).to_have_text(re.compile(f"^{found}"))


def cards(page):
    return page.locator("[data-action]:visible").count()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show, name, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe is not installed: pip install -e .[test]",
    )
    page = show(PAGES[name], color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = axe.Axe().run(page).response["violations"]
    assert [
        (one["id"], one["impact"], [node["target"] for node in one["nodes"]][:3]) for one in found
    ] == []


def test_swatches_wireframes_and_screens_are_seen(show):
    page = show(PAGES["plan"])
    for drawing in (".swatch", ".wireframe", ".callscreen"):
        box = page.locator(drawing).first.bounding_box()
        assert box["width"] > 10
        assert box["height"] > 10
    colour = page.evaluate("getComputedStyle(document.querySelector('.swatch rect')).fill")
    assert colour.startswith("rgb(")


def test_the_search_is_worked_by_keyboard_alone(show):
    page = show(PAGES["plan"])
    whole = cards(page)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("old-standup")
    waits_for(page, "1 of ")
    assert cards(page) == 1
    assert page.locator("section.part:visible").count() == 1
    page.keyboard.press("Escape")
    waits_for(page, rf"{whole} entries")
    assert cards(page) == whole


def test_the_filters_are_worked_by_keyboard_alone(show):
    page = show(PAGES["plan"])
    page.locator("input[name=action][value=delete]").focus()
    page.keyboard.press("Space")
    playwright.expect(page.locator("[data-action=delete]:visible")).to_have_count(0)
    page.locator("input[name=live]").focus()
    page.keyboard.press("Space")
    playwright.expect(page.locator("[data-live=no]:visible")).to_have_count(0)
    assert cards(page) > 0
    page.locator("select[name=cause]").select_option("drift")
    playwright.expect(
        page.locator("[data-causes]:visible:not([data-causes~=drift])")
    ).to_have_count(0)


def test_the_first_tab_leads_past_the_filters_and_focus_is_seen(show):
    page = show(PAGES["plan"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the changes"
    assert page.locator(".skip").bounding_box()["width"] > 20
    page.keyboard.press("Enter")
    playwright.expect(page.locator("#main")).to_be_focused()


def test_a_group_unfolds_by_keyboard(show):
    page = show(PAGES["plan"])
    page.locator(".members summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".members li:visible").count() == 37
    page.locator("#unfold").focus()
    page.keyboard.press("Enter")
    assert page.locator("#unfold").get_attribute("aria-pressed") == "true"


def test_without_script_all_is_there_and_nothing_is_offered_that_would_not_work(show):
    page = show(PAGES["plan"], java_script_enabled=False)
    assert page.locator("article:visible").count() == PAGES["plan"].count("<article")
    assert page.locator("#tools:visible").count() == 0
    page.locator(".members summary").click()
    assert page.locator(".members li:visible").count() == 37


def test_hostile_text_runs_nothing(show):
    page = show(PAGES["hostile"])
    assert (
        page.evaluate(
            "document.querySelectorAll('script, iframe, object, embed, [onerror], [onload]').length"
        )
        == 1
    )


def test_a_narrow_screen_does_not_scroll_sideways(show):
    page = show(PAGES["plan"], viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_prints(show):
    assert show(PAGES["plan"]).pdf()[:5] == b"%PDF-"


def test_ten_thousand_changes_open_and_filter(show):
    page = show(PLAN_FORMATS["html"](large(500, 9500)))
    page.locator("#search").fill("gone-00042")
    waits_for(page, "1 of ")
    assert cards(page) == 1
