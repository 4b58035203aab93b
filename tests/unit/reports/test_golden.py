"""Every report against a file in golden/.

After a wanted change run ``RECONCILER_UPDATE_GOLDEN=1 pytest tests/unit/reports``, and read the diff.
"""

import os
import re
from pathlib import Path

import pytest

from reconciler import catalog
from reconciler.core.errors import Invalid, ManifestError, ReconcilerError, Refused
from reconciler.reports.formats import DRIFT_FORMATS, OUTCOME_FORMATS, PLAN_FORMATS, PROBLEM_FORMATS
from reconciler.reports.text.explain import explain_text
from reconciler.reports.text.outcomes import outcome_line
from reconciler.reports.text.problems import error_text
from reconciler.reports.text.show import show_json, show_text
from reconciler.reports.text.style import RenderStyle
from tests.unit.reports.cases import (
    CANARY,
    DRIFTS,
    HOSTILE,
    OUTCOME_LIST,
    OUTCOMES,
    PLANS,
    PROBLEM_LIST,
    PROBLEMS,
    SHOWN,
)

GOLDEN = Path(__file__).parent / "golden"
KINDS = catalog.kinds()
ERRORS = {
    "error-plain": ReconcilerError("there is no Room/standup"),
    "error-refused": Refused(
        "12 of 14 Rooms would be deleted\nRoom/lobby is in session",
        hint="--allow-delete Room=12\n--allow-live",
    ),
    "error-manifest": ManifestError(PROBLEM_LIST[:1]),
    "error-hostile": ReconcilerError(HOSTILE, hint=HOSTILE),
    "error-api": Invalid(
        "Room/x: the Space refuses layout: 'grid' is not allowed",
        hint="'reconciler explain Room.layout' lists what is",
        status=422,
        request="POST /api/video/rooms",
        request_id="9f1c",
    ),
}
EXPLAINED = {
    "explain-Conference": ("Conference", ""),
    "explain-Theme": ("Theme", ""),
    "explain-Stream": ("Stream", ""),
    "explain-Role": ("Role", ""),
    "explain-Conference.layout": ("Conference", "layout"),
    "explain-Conference.tone_on_entry_and_exit": ("Conference", "tone_on_entry_and_exit"),
    "explain-Conference.streams": ("Conference", "streams"),
    "explain-Conference.streams.url": ("Conference", "streams.url"),
    "explain-Conference.theme": ("Conference", "theme"),
    "explain-Conference.metadata": ("Conference", "metadata"),
    "explain-Conference.metadata.labels": ("Conference", "metadata.labels"),
    "explain-Conference.created_at": ("Conference", "created_at"),
    "explain-Room.max_members": ("Room", "max_members"),
    "explain-Room.join_until": ("Room", "spec.join_until"),
    "explain-Room.meta": ("Room", "meta"),
    "explain-Room.display_name": ("Room", "display_name"),
    "explain-Theme.dark.primary": ("Theme", "dark.primary"),
    "explain-Role.permissions": ("Role", "permissions"),
    "explain-Preset.presets": ("Preset", "appliesTo"),
}


def texts():
    """Every golden file's name and what should be in it."""
    for reports, formats in (
        (PLANS, PLAN_FORMATS),
        (DRIFTS, DRIFT_FORMATS),
        (OUTCOMES, OUTCOME_FORMATS),
        (PROBLEMS, PROBLEM_FORMATS),
    ):
        for name, report in reports.items():
            yield f"{name}.txt", formats["text"](report)
            if not (
                report.colour
                or report.ascii
                or report.verbose
                or report.width != RenderStyle().width
            ):
                yield f"{name}.json", formats["json"](report)
    total = len(OUTCOME_LIST) + 5
    yield (
        "outcome-lines.txt",
        "".join(
            outcome_line(one, number=index, total=total) + "\n"
            for index, one in enumerate(OUTCOME_LIST, 1)
        ),
    )
    yield "show.txt", show_text(SHOWN)
    yield "show-colour.txt", show_text(SHOWN, look=RenderStyle(colour=True, width=140))
    yield "show-narrow.txt", show_text(SHOWN, look=RenderStyle(width=60, lines=24))
    yield "show-none.txt", show_text(())
    yield "show.json", show_json(SHOWN)
    yield from ((f"{name}.txt", error_text(error)) for name, error in ERRORS.items())
    yield "error-colour.txt", error_text(ERRORS["error-api"], look=RenderStyle(colour=True))
    yield from (
        (f"{name}.txt", explain_text(KINDS[kind], path, kinds=KINDS))
        for name, (kind, path) in EXPLAINED.items()
    )


TEXTS = dict(texts())


@pytest.mark.parametrize("name", TEXTS)
def test_reports_are_as_they_were(name):
    path = GOLDEN / name
    if os.environ.get("RECONCILER_UPDATE_GOLDEN"):
        path.write_text(TEXTS[name], encoding="utf-8", newline="\n")
    assert TEXTS[name] == path.read_bytes().decode()


def test_every_golden_file_has_a_case():
    assert {path.name for path in GOLDEN.iterdir()} == set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_no_report_shows_a_secret(name):
    assert CANARY not in TEXTS[name]
    assert "canary" not in TEXTS[name]


@pytest.mark.parametrize("name", TEXTS)
def test_no_report_obeys_what_it_shows(name):
    text = (
        re.sub(r"\x1b\[[0-9;]+m", "", TEXTS[name])
        if "colour" in name or name == "drift-unmanaged.txt"
        else TEXTS[name]
    )
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", text
    )
    assert not re.search(r"^\s*::|##\[|##vso\[", text, re.MULTILINE)


@pytest.mark.parametrize("name", TEXTS)
def test_no_line_ends_in_blanks(name):
    assert not re.search(r"[ \t]$", TEXTS[name], re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in TEXTS if "ascii" in name])
def test_ascii_is_ascii(name):
    assert TEXTS[name].isascii()
