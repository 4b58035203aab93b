"""Every file in `good/` looks as if it could be misread and is not; `NAME.expected.json` says what it means.

`desired` maps each address to its attributes once composed; `env` and `var` are what the references are filled in from.
A new case is a new pair of files.
"""

import json
from pathlib import Path

import pytest

from reconciler import catalog
from reconciler.core.resources import Secret
from reconciler.manifest.load import load

GOOD = Path(__file__).parent / "good"
CASES = sorted(
    path
    for path in GOOD.iterdir()
    if not path.name.endswith(".expected.json") and not path.name.startswith(".")
)


def test_every_case_has_its_expectation_and_the_other_way_round():
    assert {path.stem for path in CASES} == {
        path.name.removesuffix(".expected.json") for path in GOOD.glob("*.expected.json")
    }


def revealed(value):
    """What would be sent: what comes from the environment in clear."""
    if isinstance(value, dict):
        return {name: revealed(item) for name, item in value.items()}
    return (
        value.value
        if isinstance(value, Secret)
        else [revealed(item) for item in value]
        if isinstance(value, list)
        else value
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_good_manifest(path):
    expected = json.loads((GOOD / f"{path.stem}.expected.json").read_text(encoding="utf-8"))
    loaded = load(
        [str(path)],
        kinds=catalog.kinds(),
        variables=expected.get("var", {}),
        environment=expected.get("env", {}),
    )
    desired = {str(resource.address): revealed(resource.attributes) for resource in loaded.desired}

    assert loaded.problems == ()
    assert desired == expected["desired"]
    assert json.dumps(desired, sort_keys=True) == json.dumps(
        expected["desired"], sort_keys=True
    )  # 1, 1.0 and true are not the same
