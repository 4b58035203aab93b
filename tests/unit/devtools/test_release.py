"""A release: the tag, the version, the changelog and the metadata fit together, and the notes are the changelog's."""

import re
import tomllib
from pathlib import Path

import pytest

from devtools import release
from reconciler import __version__

PROJECT = Path(__file__).parents[3]
CHANGELOG = """\
# Changelog

## [Unreleased]

## [1.2.0] - 2026-11-30

### Added

- A thing ([page](docs/ci.md#github), [site](https://example.org/a), [above](#top)).

## [1.1.0] - 2026-10-01

- Earlier.
"""
URLS = 'Source = "https://github.com/acme/rooms"\nIssues = "https://github.com/acme/rooms/issues"\n'


@pytest.fixture
def project(tmp_path):
    """A project that can be released as v1.2.0 of acme/rooms; parts of it may be written otherwise."""

    def written(*, version="1.2.0", changelog=CHANGELOG, urls=URLS):
        (tmp_path / "reconciler").mkdir(exist_ok=True)
        (tmp_path / "reconciler" / "__init__.py").write_text(
            f'"""x"""\n__version__ = "{version}"\n'
        )
        (tmp_path / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
        (tmp_path / "pyproject.toml").write_text(f"[project.urls]\n{urls}")
        return tmp_path

    return written


def ran(root, capsys, *words):
    code = release.main([*words, "--repository", "acme/rooms"], root=root)
    out, err = capsys.readouterr()
    return code, out, err


def test_what_fits_can_be_released(project, capsys):
    assert ran(project(), capsys, "check", "--tag", "v1.2.0") == (
        0,
        "version=1.2.0\nprerelease=false\n",
        "",
    )


def test_a_candidate_is_a_prerelease(project, capsys):
    root = project(version="1.2.0rc1", changelog=CHANGELOG.replace("[1.2.0]", "[1.2.0rc1]"))

    assert ran(root, capsys, "check", "--tag", "v1.2.0rc1")[:2] == (
        0,
        "version=1.2.0rc1\nprerelease=true\n",
    )


@pytest.mark.parametrize(
    ("tag", "changed", "said"),
    [
        ("v1.3.0", {}, "the tag is v1.3.0 and the version of the package 1.2.0"),
        ("1.2.0", {}, "the tag is 1.2.0 and the version of the package 1.2.0: tag v1.2.0"),
        ("v1.2", {"version": "1.2"}, "the version 1.2 is not of the form 1.2.3 or 1.2.3rc1"),
        ("v1.2.0", {"changelog": "# Changelog\n"}, "0 sections for 1.2.0"),
        ("v1.2.0", {"changelog": CHANGELOG * 2}, "2 sections for 1.2.0"),
        (
            "v1.2.0",
            {"changelog": CHANGELOG.replace("2026-11-30", "unreleased")},
            "the section for 1.2.0 has no date",
        ),
        (
            "v1.2.0",
            {"changelog": CHANGELOG.replace("2026-11-30", "2026-13-30")},
            "the section for 1.2.0 has no date",
        ),
        (
            "v1.2.0",
            {"changelog": "## [1.2.0] - 2026-11-30\n\n## [1.1.0] - 2026-10-01\n\n- x\n"},
            "the section for 1.2.0 is empty",
        ),
        (
            "v1.2.0",
            {"urls": URLS.replace("acme/rooms/issues", "OWNER/reconciler/issues")},
            "project.urls.Issues is https://github.com/OWNER/reconciler/issues",
        ),
        (
            "v1.2.0",
            {"urls": URLS.replace('acme/rooms"', 'acme/rooms-2"')},
            "project.urls.Source is https://github.com/acme/rooms-2",
        ),
    ],
)
def test_what_does_not_fit_is_named(project, capsys, tag, changed, said):
    code, out, err = ran(project(**changed), capsys, "check", "--tag", tag)

    assert (code, out) == (1, "")
    assert said in err


def test_the_notes_are_the_section_with_links_that_lead_somewhere(project, capsys):
    code, out, _ = ran(project(), capsys, "notes", "--tag", "v1.2.0")

    at = "https://github.com/acme/rooms/blob/v1.2.0"
    assert (code, out) == (
        0,
        f"### Added\n\n- A thing ([page]({at}/docs/ci.md#github), [site](https://example.org/a), [above](#top)).\n",
    )


def test_the_notes_of_a_version_that_is_not_there_are_an_error(project, capsys):
    code, out, err = ran(project(), capsys, "notes", "--tag", "v9.9.9")

    assert (code, out, err) == (
        1,
        "",
        "CHANGELOG.md: 0 sections for 9.9.9; write one: ## [9.9.9]\n",
    )


def test_this_project_has_notes_for_its_version(capsys):
    code = release.main(["notes"])

    assert (code, "### " in capsys.readouterr().out) == (0, True)
    assert release.version(PROJECT) == __version__


def test_the_metadata_names_one_repository():
    """It is the placeholder until there is one; a release of another repository is refused by the check."""
    urls = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "urls"
    ]
    owners = {re.match(r"https://github\.com/([\w.-]+/[\w.-]+)", url)[1] for url in urls.values()}

    assert {"Documentation", "Source", "Changelog", "Issues"} <= set(urls)
    assert len(owners) == 1
