from pathlib import Path

import pytest

from devtools.mutation import own_tests

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("package", "folders"),
    [
        ("core", ["tests/unit/core"]),
        ("state", ["tests/unit/state", "tests/integration/state_backends"]),
        ("engine", ["tests/unit/engine", "tests/commands"]),
        ("cli", ["tests/commands"]),
    ],
)
def test_a_package_has_its_own_tests_and_those_that_stand_beside(package, folders):
    assert own_tests(ROOT, package) == folders


def test_a_folder_that_is_missing_is_left_out(tmp_path):
    (tmp_path / "tests" / "commands").mkdir(parents=True)
    assert own_tests(tmp_path, "engine") == ["tests/commands"]
    assert own_tests(tmp_path, "core") == []
