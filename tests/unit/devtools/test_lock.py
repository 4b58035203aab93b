"""The lock: that it belongs to pyproject.toml, that each file has its hash, and that a renewal is readable."""

import itertools
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from devtools import lock

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / lock.NAME).read_text(encoding="utf-8")
PYPROJECT = """\
[build-system]
requires = ["maker>=1"]
[project]
name = "our-project"
requires-python = ">=3.11"
dependencies = ["click>=8", "certifi"]
[project.optional-dependencies]
local = ["werkzeug>=3"]
objects = ["obstore"]
rare = ["rare-thing>=2"]
test = ["our.project[local,objects]", "pytest>=8"]
dev = ["our_project[test]", "mypy"]
"""
COMPILED = """\
certifi==2026.1 \\
    --hash=sha256:aa
    # via pyproject.toml
click==8.5 ; python_full_version < '3.12' \\
    --hash=sha256:bb
click==8.6 ; python_full_version >= '3.12' \\
    --hash=sha256:cc
maker==1.2 \\
    --hash=sha256:dd
mypy==2.0 \\
    --hash=sha256:ee
pytest==9.0 \\
    --hash=sha256:ff
"""
NAMES = {"local": {"certifi", "click", "maker"}, "test": {"certifi", "click", "maker", "pytest"}}


def pinned():
    return {name: version.split(", ") for name, version in lock.versions(TEXT).items()}


def test_the_committed_lock_belongs_to_pyproject():
    assert lock.read(ROOT) == TEXT


@pytest.mark.parametrize("part", lock.PARTS)
def test_what_pyproject_asks_for_is_in_the_lock_in_a_version_that_it_allows(part):
    inside = lock.versions(lock.requirements(TEXT, part))
    for text in lock.asked(ROOT)[part]:
        asked = Requirement(text)
        versions = inside[lock.canonical(asked.name)].split(", ")
        assert all(asked.specifier.contains(version) for version in versions), f"{text}: {versions}"


def test_every_package_has_the_hashes_of_its_files_and_nothing_says_where_from():
    for name, block in lock.blocks(TEXT).items():
        pins = re.findall(rf"^{re.escape(name)}==", block, re.MULTILINE | re.IGNORECASE)
        hashed = re.findall(r" \\\n    --hash=sha256:[0-9a-f]{64}$", block, re.MULTILINE)
        assert len(hashed) >= len(pins) == len(pinned()[name])
    assert not re.search(r"://|index-url|find-links|@ ", TEXT)


def test_each_part_builds_on_those_before_it():
    texts = [lock.requirements(TEXT, part) for part in lock.PARTS]
    assert [later.startswith(earlier) for earlier, later in itertools.pairwise(texts)] == [
        True,
        True,
    ]
    assert set(lock.versions(texts[-1])) == set(pinned())
    assert "playwright" not in lock.versions(texts[0])


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / lock.NAME).write_text(lock.written(tmp_path, COMPILED, NAMES))
    return tmp_path


def test_what_is_asked_for_is_told_by_part(project):
    assert lock.asked(project) == {
        "local": ["certifi", "click>=8", "maker>=1", "werkzeug>=3"],
        "test": ["obstore", "pytest>=8"],
        "dev": ["mypy", "rare-thing>=2"],
    }


def test_a_lock_is_written_in_parts(project):
    text = lock.read(project)

    assert [list(lock.versions(lock.requirements(text, part))) for part in lock.PARTS] == [
        ["certifi", "click", "maker"],
        ["certifi", "click", "maker", "pytest"],
        ["certifi", "click", "maker", "pytest", "mypy"],
    ]
    assert lock.versions(text)["click"] == "8.5, 8.6"
    assert text.count("--hash=") == COMPILED.count("--hash=")
    assert "#   dev: rare-thing>=2\n" in text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            '"click>=8"',
            '"click>=9"',
            ["click>=9 (local) is in pyproject.toml", "click>=8 (local) is in the lock"],
        ),
        ('"click>=8", ', "", ["click>=8 (local) is in the lock and not in pyproject.toml"]),
        ('"mypy"', '"mypy", "ruff"', ["ruff (dev) is in pyproject.toml and not in the lock"]),
        (
            "maker>=1",
            "maker>=2",
            ["maker>=2 (local) is in pyproject.toml", "maker>=1 (local) is in the lock"],
        ),
        (
            'rare = ["rare-thing>=2"]',
            'rare = ["rare-thing>=2", "new>=1"]',
            ["new>=1 (dev) is in pyproject.toml"],
        ),
        ('"pytest>=8"', "", ["pytest>=8 (test) is in the lock"]),
        ('">=3.11"', '">=3.12"', ["not as it was written"]),
    ],
)
def test_a_lock_that_does_not_fit_is_refused_and_says_where(project, old, new, told):
    (project / "pyproject.toml").write_text(PYPROJECT.replace(old, new, 1))

    with pytest.raises(lock.Unfit) as refused:
        lock.read(project)

    assert [
        words for words in [*told, "python3 dev.py lock"] if words not in str(refused.value)
    ] == []


@pytest.mark.parametrize("text", ["", "click==8.5\n", None])
def test_a_lock_that_is_none_is_refused(project, text):
    file = project / lock.NAME
    file.write_text(text) if text is not None else file.unlink()

    with pytest.raises(lock.Unfit, match=r"python3 dev\.py lock"):
        lock.read(project)


def test_what_another_lock_brought_goes_where_it_is_not_the_same():
    before = COMPILED + "gone==1 \\\n    --hash=sha256:99\n"
    after = (
        COMPILED.replace("sha256:dd", "sha256:de")
        .replace("mypy==2.0", "mypy==2.1")
        .replace("# via pyproject.toml", "# via more")
    )
    assert lock.outdated(before, after) == ["gone", "maker", "mypy"]
    assert lock.outdated("", after) == []


def test_a_renewal_tells_what_moved():
    assert lock.moved("a==1 \\\nb==2 \\\nc==3 \\\n", "a==1 \\\nb==2.1 \\\nd==4 ; x \\\n") == [
        "~ b 2 → 2.1",
        "- c 3",
        "+ d 4",
    ]
    assert lock.moved(TEXT, TEXT) == []


def test_a_lower_bound_that_is_never_installed_is_untrue():
    bounds = {
        "click": "8.1",
        "certifi": "2024.2.2",
        "obstore": "0.12",
        "plain": "",
        "werkzeug": "3",
    }
    versions = {
        "click": "8.1.1",
        "certifi": "2024.02.02",
        "obstore": "0.12.0",
        "plain": "4",
        "werkzeug": "3.0.0",
    }
    assert lock.untrue_bounds(bounds, versions) == ["click>=8.1: 8.1.1 is the oldest"]


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("click>=8.1.7", ("click", "8.1.7")),
        ("import-linter>=2.1,<3", ("import-linter", "2.1")),
        ("psycopg[binary]>=3.2", ("psycopg", "3.2")),
        ("truststore>=0.10.5; sys_platform == 'darwin'", ("truststore", "0.10.5")),
        ("plain", ("plain", "")),
    ],
)
def test_the_lower_bound_of_a_requirement(requirement, expected):
    assert lock.lower_bound(requirement) == expected


def test_every_requirement_has_its_lower_bound():
    asked = lock.asked(Path(__file__).parents[3])
    found = dict(lock.lower_bound(requirement) for part in asked.values() for requirement in part)
    assert {
        name: bound for name, bound in found.items() if not re.fullmatch(r"[0-9.]+", bound)
    } == {}
