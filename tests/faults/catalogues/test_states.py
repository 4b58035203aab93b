"""Every file in `states/` takes the place of a good record: what each command that reads it says, and that nothing is written."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler import catalog
from reconciler.state.record import checksum
from tests.faults.catalogues.cases import Form, cases, check, check_pairs, put
from tests.faults.catalogues.conftest import RECORD, kept, ran

SCHEMA = catalog.documents()["state.schema.json"]
STATES = Path(__file__).parent / "states"
COMMANDS = (("plan",), ("state", "list"), ("apply", "--yes"))


def _seal(document):
    document["checksum"] = checksum(document)


STATE = Form(json.loads, lambda document: json.dumps(document, indent=1) + "\n", _seal)


def outcomes(world):
    """What each command says, with its exit code; none may write anything. Where all say the same, it stands there once."""
    before = world.writes, kept()
    said = {}
    for command in COMMANDS:
        code, _, err = ran(*command)
        said[" ".join(command)] = code, world.masked(err)
        assert (world.writes, kept()) == before
    if len(set(said.values())) == 1:
        return said["plan"]
    return 0, "".join(f"$ {command}: {code}\n{err}" for command, (code, err) in said.items())


def test_every_case_has_its_expectation():
    check_pairs(STATES, least=40)


@pytest.mark.parametrize("case", cases(STATES))
def test_a_bad_record(here, case):
    put(case, Path(RECORD), STATE)

    code, said = outcomes(here)

    check(case, code, said)
    assert [name for name in re.findall(rf"{RECORD}\.\d", said) if not Path(name).is_file()] == []
    assert (
        code == 1
        or list(Draft202012Validator(SCHEMA).iter_errors(json.loads(Path(RECORD).read_bytes())))
        == []
    )


def test_no_backup_is_named_where_there_is_none(here):
    Path(f"{RECORD}.1").unlink()
    Path(RECORD).write_text("{", encoding="utf-8")

    code, said = outcomes(here)

    assert (code, f"{RECORD}.1" in said) == (1, False)
