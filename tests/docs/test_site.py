"""docs/ builds into a site without a broken link, every page is in its navigation, and no page loads from another host."""

import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.docs.pages import PROJECT

pytest.importorskip("zensical", reason="zensical is not installed: pip install -e .[docs]")
CONFIGURATION = PROJECT / "zensical.toml"
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
LABELLED = "document.querySelectorAll('.md-typeset__scrollwrap[tabindex]').length == document.querySelectorAll('.md-typeset table').length"
LOADED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(https?:)?//|<link\b[^>]*stylesheet[^>]*\bhref=[\"']?(https?:)?//"
)


def build(folder):
    """The site of ``folder``, strictly."""
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with the configuration and a copy of the pages, built."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "zensical.toml").write_bytes(CONFIGURATION.read_bytes())
    (folder / "docs").mkdir()
    for file in (PROJECT / "docs").iterdir():
        if file.is_file():
            (folder / "docs" / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.fixture(scope="module")
def site(project):
    """The built pages."""
    done = build(project)
    assert done.returncode == 0, done.stdout + done.stderr
    return project / "build" / "site"


def navigation(entries):
    """The pages of the navigation in order."""
    for entry in entries:
        for inner in entry.values():
            yield from navigation(inner) if isinstance(inner, list) else (inner,)


def test_every_page_is_in_the_navigation_once():
    entries = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))["project"]["nav"]

    assert sorted(navigation(entries)) == sorted(
        page.name for page in (PROJECT / "docs").glob("*.md")
    )


def test_every_page_is_built(site):
    assert {page.stem for page in (PROJECT / "docs").glob("*.md")} <= {
        page.stem for page in site.glob("*.html")
    }
    assert list(site.rglob("*.py")) == []


def test_no_page_loads_anything_from_another_host(site):
    pages = {page.name: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}

    assert [name for name, text in pages.items() if LOADED.search(text)] == []
    # The theme fetches these from another host where a page has a diagram, a gallery or a code cell.
    assert [
        name
        for name, text in pages.items()
        if re.search(r'class="(mermaid|glightbox|pyodide)', text)
    ] == []


def test_the_search_finds_words_of_the_glossary(site):
    assert "lease" in (site / "search.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("link", ["missing.md", "glossary.md#no-such-section"])
@pytest.mark.sampled(2)
def test_a_broken_link_ends_the_build(site, project, tmp_path, link):
    copy = tmp_path / "copy"
    (copy / "docs").mkdir(parents=True)
    (copy / "zensical.toml").write_text(
        '[project]\nsite_name = "one"\nsite_dir = "build/site"\n', encoding="utf-8"
    )
    (copy / "docs" / "index.md").write_text(f"# One\n\n[a link]({link})\n", encoding="utf-8")
    (copy / "docs" / "glossary.md").write_bytes((project / "docs" / "glossary.md").read_bytes())

    assert build(copy).returncode != 0


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.long
def test_axe_finds_nothing_on_the_site(site, scheme, width):
    engine = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install -e .[test]"
    )
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe is not installed: pip install -e .[test]",
    )
    found = {}
    with (
        engine.sync_playwright() as driver,
        driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 800}
        ).new_page()
        for name in ("index", "start", "comparison", "troubleshooting"):
            page.goto((site / f"{name}.html").as_uri())
            page.wait_for_function(LABELLED)
            found[name] = [
                violation["id"] for violation in axe.Axe().run(page).response["violations"]
            ]

    assert found == {"index": [], "start": [], "comparison": [], "troubleshooting": []}
