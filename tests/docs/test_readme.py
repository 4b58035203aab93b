import itertools
import os
import re
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from reconciler import catalog
from reconciler.cli.app import COMMANDS
from reconciler.manifest.load import load
from reconciler.manifest.project import load_project
from tests.docs.pages import (
    EXAMPLES,
    PAGES,
    PROJECT,
    WRITTEN,
    anchors,
    blocks,
    links,
    relative,
    steps,
)
from tests.docs.terminal import Terminal, agrees, copy_examples

TYPED = [page for page in PAGES if any(block.language == "console" for block in blocks(page))]
DECLARED = [
    pytest.param(block.text, id=f"{relative(page)}:{block.line}")
    for page in PAGES
    for block in blocks(page)
    if block.language == "yaml"
]
MOST_LINES = 260
MOST_LINES_OF_THE_README = 150
MACHINE = re.compile(
    r"(?<![\w.:/])/(?:home|root|tmp|Users|opt|srv|mnt|var|usr)/|\b[A-Z]:\\\\|\.\./shared|pypi\.org|pythonhosted"
)


@pytest.fixture
def terminal(monkeypatch, tmp_path):
    """A terminal in a fresh clone, with nothing in the environment that speaks to the tool."""
    for name in list(os.environ):
        if name.startswith(("SIGNALWIRE_", "RECONCILER_")) or name in {
            "NO_COLOR",
            "COLUMNS",
            "SOURCE_DATE_EPOCH",
        }:
            monkeypatch.delenv(name)
    copy_examples(tmp_path)
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        yield Terminal(monkeypatch, stack)


def typed(page):
    """Every step of a page in order; None for a block that is somebody else's doing."""
    for block in blocks(page):
        if block.language == "console":
            yield from ((block, step) for step in steps(block))
        elif block.language == "outside":
            yield block, None


@pytest.mark.sampled(2)
@pytest.mark.parametrize("page", TYPED, ids=relative)
def test_every_command_of_a_page_prints_what_the_page_shows(page, terminal, monkeypatch):
    if EXAMPLES in page.parents:
        monkeypatch.chdir(page.parent.relative_to(PROJECT))
    for (block, step), (_, following) in itertools.pairwise([*typed(page), (None, None)]):
        if step is None:
            terminal.change_outside(block)
            continue
        printed = terminal.type(step)

        assert agrees(step.shown, printed), (
            f"{relative(page)}: $ {step.command}\nprints\n{printed}\nand the page shows\n"
            + "\n".join(step.shown)
        )
        if following is None or following.command != "echo $?":
            assert terminal.code == 0, (
                f"{relative(page)}: $ {step.command}\nends with {terminal.code}\n{printed}"
            )


@pytest.mark.parametrize("text", DECLARED)
def test_a_block_of_yaml_loads_without_a_problem(text, tmp_path):
    documents = list(yaml.safe_load_all(text))
    names = dict.fromkeys(
        re.findall(r"\$\{(?:env|var):(\w+)\}", text), "rtmp://live.example/app/key"
    )
    if "apiVersion" not in documents[0]:
        file = tmp_path / "reconciler.yaml"
        file.write_text(text, encoding="utf-8")
        load_project(file, schema=catalog.documents()["project.schema.json"])
        return
    file = tmp_path / "manifests.yaml"
    file.write_text(text, encoding="utf-8")
    loaded = load(
        [str(file)],
        kinds=catalog.kinds(),
        variables=names,
        environment=names,
        literal_secrets="refuse",
    )

    assert loaded.problems == ()
    assert len(loaded.desired) + len(loaded.fragments) == len(documents)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_leads_somewhere(page):
    lost = []
    for link in links(page):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        known = there.exists() and (not anchor or anchor in anchors(there))
        lost += [] if known else [link]

    assert lost == []


def test_every_page_is_reached_from_the_readme():
    reached, ahead = set(), [PROJECT / "README.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        inner = (
            (page.parent / link.partition("#")[0]).resolve()
            for link in links(page)
            if not link.startswith("http")
        )
        ahead += [there for there in inner if there.suffix == ".md" and there not in reached]

    assert set(PAGES) <= reached


@pytest.mark.parametrize("page", WRITTEN, ids=relative)
def test_a_page_names_only_commands_that_exist(page):
    named = set(re.findall(r"(?:`|\$ )reconciler (\w+)", page.read_text(encoding="utf-8")))

    assert named <= set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_page_names_no_path_of_a_machine(page):
    text = page.read_text(encoding="utf-8")

    assert MACHINE.findall(text) == []
    assert [path for path in (PROJECT.parent, Path.home()) if f"{path}/" in text] == []


def test_a_page_is_short_enough_to_be_read():
    lengths = {
        relative(page): len(page.read_text(encoding="utf-8").splitlines()) for page in WRITTEN
    }

    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}
    assert lengths["README.md"] <= MOST_LINES_OF_THE_README


def test_what_pages_may_show_is_compared_line_by_line():
    assert agrees(["a … c", "…", "end"], "a b c\nany\nlines\nend\n")
    assert agrees([], "whatever")
    assert not agrees(["a"], "a\nb\n")
    assert not agrees(["a b"], "a c\n")
