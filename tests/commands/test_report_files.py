"""``--report FILE``: reports beside what is printed, in the format that the ending names."""

import json
import xml.etree.ElementTree as ET

import pytest

from tests.commands.words import MANIFESTS, room, write_manifests

BEGINNINGS = {
    "html": "<!doctype html>",
    "htm": "<!doctype html>",
    "md": "<!-- reconciler:",
    "markdown": "<!-- reconciler:",
    "json": "{",
    "txt": "Space ",
    "xml": "<?xml",
    "sarif": "{",
    "sarif.json": "{",
}
COMMANDS = {
    "plan": ("html", "htm", "md", "markdown", "json", "txt"),
    "drift": ("html", "htm", "md", "markdown", "json", "txt", "xml", "sarif", "sarif.json"),
    "validate": ("json", "txt", "xml", "sarif", "sarif.json"),
}


def flags(endings):
    return [part for ending in endings for part in ("--report", f"r.{ending}")]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_ending_gets_its_format(command, apply, reconciler, space, tmp_path):
    apply(room("a", layout="2x2"))
    space.change("Room", "a", layout="5x5")
    _, alone, _ = reconciler(command, MANIFESTS)

    code, out, err = reconciler(command, MANIFESTS, *flags(COMMANDS[command]))

    assert code == {"plan": 0, "drift": 2, "validate": 0}[command]
    assert out == alone
    for ending in COMMANDS[command]:
        text = (tmp_path / f"r.{ending}").read_text(encoding="utf-8")
        start = "Valid" if (command, ending) == ("validate", "txt") else BEGINNINGS[ending]
        assert text.lower().startswith(start.lower())
        assert f"Wrote r.{ending}\n" in err
    json.loads((tmp_path / "r.json").read_text())
    if command != "plan":
        ET.parse(tmp_path / "r.xml")  # noqa: S314  # our own output
        assert "runs" in json.loads((tmp_path / "r.sarif").read_text())


def test_what_is_printed_may_be_json_while_a_page_is_written(apply, reconciler, space, tmp_path):
    apply(room("lobby-1", layout="2x2"))
    space.change("Room", "lobby-1", layout="5x5")

    _, out, _ = reconciler("drift", MANIFESTS, "--format", "json", "--report", "d.html")

    assert json.loads(out)["summary"]["drifted"] == 1
    assert "lobby-1" in (tmp_path / "d.html").read_text()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["report", "report.pdf", "report.csv", ".html/x"])
def test_an_ending_that_names_no_format_is_refused_first(command, name, reconciler, tmp_path):
    code, out, err = reconciler(command, MANIFESTS, "--report", name)

    assert (code, out) == (1, "")
    assert "there is no report in the format" in err or "the name has no ending" in err
    assert "use one of " in err


@pytest.mark.parametrize("ending", ["xml", "sarif"])
def test_a_format_that_the_command_lacks_is_named(ending, reconciler):
    code, _, err = reconciler("plan", MANIFESTS, "--report", f"p.{ending}")

    assert code == 1
    assert "reconciler plan writes no report as" in err
    assert ".html, .md, .json or .txt" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_folder_is_told_before_anything_is_read(command, reconciler):
    code, _, err = reconciler(command, "nowhere", "--report", "no/such/r.json")

    assert code == 1
    assert "--report no/such/r.json: the folder no/such does not exist" in err


@pytest.mark.parametrize("name", ["x.html", "x.md", "x.txt", "x.sarif", "X.HTML"])
def test_out_saves_a_plan_and_takes_no_name_of_a_report(name, reconciler, tmp_path):
    write_manifests(room("a"))

    code, _, err = reconciler("plan", MANIFESTS, "--format", "html", "--out", name)

    assert code == 1
    assert f"for a report: --report {name}; for the saved plan: --out plan.json" in err
    assert not (tmp_path / name).exists()


def test_out_and_report_cannot_share_a_file(reconciler):
    code, _, err = reconciler("plan", MANIFESTS, "--out", "p.json", "--report", "./p.json")

    assert code == 1
    assert "--out and --report both name p.json" in err


def test_a_plan_is_saved_and_reported_at_once(space, done, reconciler, tmp_path):
    write_manifests(room("lobby-1"))

    done("plan", MANIFESTS, "--out", "p.json", "--report", "p.html")

    assert "lobby-1" in (tmp_path / "p.html").read_text()
    assert json.loads((tmp_path / "p.json").read_text())["summary"]["create"] == 1


def test_problems_are_written_too(reconciler, tmp_path):
    write_manifests(room("a", layout="grid"))

    code, _, _ = reconciler("validate", MANIFESTS, "--report", "v.xml", "--report", "v.txt")

    assert code == 1
    assert "layout" in (tmp_path / "v.xml").read_text()
    assert "layout" in (tmp_path / "v.txt").read_text()
