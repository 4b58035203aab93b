"""Every bad answer of the catalogue, over a real socket: the exact message, nothing leaked, nobody else asked, no traceback."""

import os
import re

import pytest

from tests.unit.space import hostile
from tests.unit.space.canaries import leaks

CASES = hostile.cases()
BASE = r"(GET|POST|PUT|DELETE) /api/video/(rooms|room_sessions)(/[\w-]+)?(/streams|/members)?(\?[ -~]*)? HTTP/1\.1"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.sampled(4)
def test_a_bad_answer(case, loopback):
    expected = hostile.FOLDER / f"{case.name}.expected"
    played = hostile.play(case, loopback)
    if os.environ.get("RECONCILER_UPDATE_GOLDEN"):
        expected.write_text(played.text, encoding="utf-8", newline="\n")
    assert played.text == expected.read_text(encoding="utf-8")
    everything = played.text + played.told
    assert (
        leaks(everything, hostile.TOKEN)
        == leaks(everything, hostile.SECRET)
        == leaks(everything, "canary-stream-key")
        == []
    )
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", everything
    )
    assert [line for line in played.requests if not re.fullmatch(BASE, line)] == []


def test_every_expected_message_has_its_case():
    assert {path.stem for path in hostile.FOLDER.glob("*.expected")} == {
        case.name for case in CASES
    }


def test_a_message_names_request_and_request_id_once():
    for case in CASES:
        text = (hostile.FOLDER / f"{case.name}.expected").read_text(encoding="utf-8")
        assert (
            max(text.count("request id"), len(re.findall(r"HTTP \d", text)), text.count(" /rooms"))
            <= 1
        ), case.name
