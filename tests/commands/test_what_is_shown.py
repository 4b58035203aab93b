"""No text of the environment, and no hidden text of the Space, stands in any output as it is: every command, every format."""

import functools
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.core.plan_model import Action, FieldChange, Plan
from reconciler.core.resources import Address, Origin, Place, Secret
from reconciler.reports.formats import DRIFT_FORMATS, PLAN_FORMATS
from reconciler.reports.text.plan import PlanReport
from tests.commands.words import MANIFESTS, room
from tests.effort import examples

CANARY, OTHER = "canary-of-the-environment", "another-canary-by-now"
PLAN_FORMS = ("text", "json", "markdown", "html")
DRIFT_FORMS = (*PLAN_FORMS, "junit", "sarif")
META = {"note": "to ${env:STAGE}", "list": ["${env:STAGE}", "x"], "plain": "as it is"}


@pytest.fixture
def staged(space, declare, monkeypatch):
    monkeypatch.setenv("STAGE", CANARY)
    declare(room("a", display_name="On ${env:STAGE}", meta=META), room("b", description="b"))
    return space


@pytest.fixture
def shown(reconciler):
    """Run a command; its output holds no canary, nor do the files but the manifests."""

    def ran(*arguments):
        result = reconciler(*arguments)
        texts = [
            path.read_bytes().decode(errors="replace")
            for path in Path().rglob("*")
            if path.is_file() and path.name != MANIFESTS
        ]
        for text in (result.out, result.err, *texts):
            assert CANARY not in text, arguments
            assert OTHER not in text, arguments
        return result

    return ran


def test_no_output_and_no_file_has_what_a_reference_stands_for(staged, shown, monkeypatch):
    for form in PLAN_FORMS:
        assert "${env:STAGE}" in shown("plan", MANIFESTS, "--format", form).out
    assert shown("plan", MANIFESTS, "--out", "plan.json").code == 0
    assert shown("show", "Room/a", "--path", MANIFESTS).code == 0
    assert shown("apply", "--plan", "plan.json", "--yes", "--debug").code == 0
    assert shown("apply", MANIFESTS, "--yes", "--format", "json").code == 0
    assert staged.get("Room", "a")["display_name"] == f"On {CANARY}"
    assert staged.get("Room", "a")["meta"] == {
        "note": f"to {CANARY}",
        "list": [CANARY, "x"],
        "plain": "as it is",
    }
    assert "No changes" in shown("plan", MANIFESTS).out
    for form in ("text", "json"):
        assert "${env:STAGE}" in shown("show", "Room/a", "--path", MANIFESTS, "--format", form).out
        assert shown("validate", MANIFESTS, "--format", form).code == 0
        assert shown("previews", "--path", MANIFESTS, "--format", form).code == 0
    assert shown("state", "show", "Room/a").code == 0

    monkeypatch.setenv("STAGE", OTHER)
    for form in PLAN_FORMS:
        assert "(secret)" in shown("plan", MANIFESTS, "--format", form).out
    for form in DRIFT_FORMS:
        assert shown("drift", MANIFESTS, "--format", form).code == 0
    assert shown("apply", MANIFESTS, "--yes").code == 0
    assert staged.get("Room", "a")["meta"]["list"] == [OTHER, "x"]


def test_a_value_that_is_declared_no_longer_is_not_shown_either(staged, shown, declare):
    assert shown("apply", MANIFESTS, "--yes").code == 0
    declare(room("a"), room("b", description="b"))
    for form in PLAN_FORMS:
        shown("plan", MANIFESTS, "--format", form)
    declare(room("b", description="b"))
    staged.change("Room", "a", layout="5x5")
    for form in DRIFT_FORMS:
        shown("drift", MANIFESTS, "--format", form)
    for form in PLAN_FORMS:
        shown("plan", MANIFESTS, "--format", form)


def test_drift_of_a_value_of_the_environment_is_found_and_pull_leaves_it(staged, shown):
    assert shown("apply", MANIFESTS, "--yes").code == 0
    staged.change("Room", "a", display_name="By hand")
    found = shown("drift", MANIFESTS, "--format", "json")
    assert found.code == 2
    (change,) = found.json["drift"][0]["changes"]
    assert (change["path"], change["before"], change["after"], change["origin"]) == (
        "display_name",
        "(secret)",
        "On ${env:STAGE}",
        "drift",
    )
    before = Path(MANIFESTS).read_text()
    assert "${env:STAGE}" in before
    shown("pull", "--all", MANIFESTS)
    assert Path(MANIFESTS).read_text() == before


def test_a_saved_plan_is_stale_once_the_variable_has_another_value(staged, shown, monkeypatch):
    assert shown("plan", MANIFESTS, "--out", "plan.json").code == 0
    monkeypatch.setenv("STAGE", OTHER)
    stale = shown("apply", "--plan", "plan.json", "--yes")
    assert (stale.code, staged.writes) == (3, [])
    monkeypatch.setenv("STAGE", CANARY)
    assert shown("apply", "--plan", "plan.json", "--yes").code == 0
    assert staged.get("Room", "a")["display_name"] == f"On {CANARY}"


def test_a_text_that_is_written_out_instead_of_its_variable_is_no_change(
    staged, shown, declare, reconciler
):
    assert shown("apply", MANIFESTS, "--yes").code == 0
    declare(
        room("a", display_name=f"On {CANARY}", meta={**META, "note": f"to {CANARY}"}),
        room("b", description="b"),
    )
    assert "No changes" in reconciler("plan", MANIFESTS).out


def test_a_state_that_has_the_value_in_clear_is_read_and_sealed(
    staged, shown, declare, reconciler, monkeypatch
):
    declare(room("a", display_name=f"On {CANARY}"))
    assert reconciler("apply", MANIFESTS, "--yes").code == 0
    declare(room("a", display_name="On ${env:STAGE}"))
    assert "No changes" in reconciler("plan", MANIFESTS).out
    monkeypatch.setenv("STAGE", OTHER)
    planned = reconciler("plan", MANIFESTS, "--format", "json")
    assert [
        (one["before"], one["after"], one["origin"])
        for one in planned.json["actions"][0]["changes"]
    ] == [("(secret)", "On ${env:STAGE}", "manifest")]


@pytest.mark.parametrize(
    "name",
    [
        "GITHUB_TOKEN",
        "AWS_REGION",
        "PGPASSWORD",
        "MY_SECRET",
        "APIKEY",
        "RECONCILER_WEBHOOK",
        "CI_JOB_ID",
        "db_password",
        "INPUT_TOKEN",
    ],
)
def test_no_variable_named_like_a_secret_is_read_unless_the_project_lists_it(
    name, space, declare, reconciler, monkeypatch
):
    monkeypatch.setenv(name, CANARY)
    declare(room("a", description=f"${{env:{name}}}"))
    for command in (("validate",), ("validate", "--without-env"), ("plan",)):
        refused = reconciler(*command, MANIFESTS)
        assert refused.code == 1
        assert (
            f"manifests may not read the environment variable {name}" in refused.out + refused.err
        )
        assert CANARY not in refused.out + refused.err
    Path("reconciler.yaml").write_text(f"env: [{name}]\n")
    planned = reconciler("plan", MANIFESTS)
    assert planned.code == 0
    assert f"${{env:{name}}}" in planned.out
    assert CANARY not in planned.out


def test_where_the_project_lists_variables_no_other_is_read(
    space, declare, reconciler, monkeypatch
):
    monkeypatch.setenv("STAGE", CANARY)
    Path("reconciler.yaml").write_text("env: [OTHER]\n")
    declare(room("a", description="${env:STAGE}"))
    refused = reconciler("validate", MANIFESTS)
    assert refused.code == 1
    assert "the project file does not list it" in refused.out


def test_names_do_not_come_from_the_environment(space, declare, reconciler, monkeypatch):
    monkeypatch.setenv("STAGE", CANARY)
    declare(room("${env:STAGE}"))
    refused = reconciler("validate", MANIFESTS)
    assert refused.code == 1
    assert "cannot come from the environment" in refused.out
    assert CANARY not in refused.out


def test_what_is_no_manifest_is_told_without_its_text(reconciler, tmp_path):
    private = Path("private.txt")
    private.write_text("canary: [of a private file\n")
    Path("app.yaml").write_text("canary: {of: another\n")
    Path("reconciler.yaml").write_text("manifests: [private.txt, app.yaml]\n")
    refused = reconciler("validate")
    assert refused.code == 1
    assert "canary" not in refused.out + refused.err


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_two_sides_that_print_alike_are_told_apart(form, space, declare, done, reconciler):
    declare(room("a", display_name="Stand-up", description="☎", meta={"k": "clé"}))
    done("apply", MANIFESTS, "--yes")
    space.change(
        "Room",
        "a",
        display_name="St\u0430nd-up",
        description="☎\ufe0f",
        meta={"k": "cl\u0435\u0301"},
    )
    out = re.sub("</?mark>", "", reconciler("drift", MANIFESTS, "--format", form).out)
    for spelled in (r"\u0430", r"\x61", r"\ufe0f", r"\u0435", r"\u0301", r"\xe9"):
        assert spelled in out


@functools.cache
def hidden():
    """Every character that is not seen: found where it is used, since that reads Unicode's whole table."""
    controls = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp")
    ]
    return [
        *controls,
        "\u034f",
        "\ufe01",
        "\u180b",
        "\u115f",
        "\ufff0",
        "\U000e0080",
        "\U000e0141",
        "\U000e0fff",
        "\ud800",
    ]


ORDERS = [
    "::error::x",
    "##[group]x",
    "<script>alert(1)</script>",
    "![x](https://x)",
    "@everyone",
    "]]>",
    "`",
]
TEXTS = st.lists(
    st.one_of(
        st.deferred(lambda: st.sampled_from(hidden())), st.sampled_from(ORDERS), st.characters()
    ),
    max_size=8,
).map("".join)


@functools.cache
def raw():
    return re.compile(
        "[" + "".join(map(re.escape, (char for char in hidden() if char not in "\n\ud800"))) + "]"
    )


def report(text, secret):
    at = Origin(Place("rooms.yaml", 1, 1))
    changes = (
        FieldChange("description", text, f"{text}x", "drift", at),
        FieldChange("meta", {text: text}, {text: [text]}, "conflict", at),
        FieldChange("display_name", Secret(secret), Secret(secret, "${env:STAGE}"), "drift", at),
    )
    session = {
        "start_time": text,
        "preview_url": f"https://cdn.example.net/{secret}?sig={secret}",
        "note": f"https://x/{secret}",
    }
    session[text] = text
    actions = (
        Action(
            "update",
            Address("Room", "a"),
            text,
            changes,
            session=session,
            live_name=text,
            updated_at=text,
        ),
        Action(
            "delete", Address("Room", "b"), "1", (), session=session, reason=text, live_name=text
        ),
    )
    return PlanReport(
        plan=Plan(text or "x", text, actions, 0, ()),
        created_at="2026-11-29T00:00:00Z",
        left_out=text,
    )


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS, st.text("abcdefghij", min_size=12, max_size=12))
def test_no_report_has_a_hidden_character_or_a_secret(text, secret):
    for name, rendered in [*PLAN_FORMATS.items(), *DRIFT_FORMATS.items()]:
        shown = rendered(report(text, secret))
        assert raw().search(shown) is None, name
        assert secret not in shown, name
        assert not any(line.lstrip().startswith("::") for line in shown.splitlines()), name
        shown.encode()
