"""Each folder of edits/ is a case: before.yaml, what is done to it in edit.json, and after.yaml, or why it is refused."""

import json
from pathlib import Path

import pytest

from reconciler.manifest.document import Source
from reconciler.manifest.editing.apply import edited
from reconciler.manifest.editing.operations import Append, Drop, Put, Remove
from reconciler.manifest.editing.text_edits import Uneditable

CASES = sorted((Path(__file__).parent / "edits").iterdir())


def edit_of(written):
    match written:
        case {"put": path, "value": value}:
            return Put(written["document"], tuple(path), value, tuple(written.get("siblings", ())))
        case {"remove": path}:
            return Remove(written["document"], tuple(path))
        case {"drop": number}:
            return Drop(number)
        case {"append": document}:
            return Append(document)
    raise AssertionError(written)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_nothing_but_what_was_asked_for_differs(case):
    before = next(case.glob("before.*"))
    edits = [
        edit_of(written) for written in json.loads((case / "edit.json").read_text(encoding="utf-8"))
    ]
    refused = case / "refused.txt"
    source = Source(before.name, before.read_bytes())

    if refused.exists():
        with pytest.raises(Uneditable) as error:
            edited(source, edits)
        assert error.value.message + "\n" == refused.read_text(encoding="utf-8")
        assert error.value.edit in edits
    else:
        assert edited(source, edits) == (case / f"after{before.suffix}").read_bytes()


def test_there_are_enough_cases():
    assert len(CASES) >= 30
