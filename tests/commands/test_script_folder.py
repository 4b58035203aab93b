"""The folder of the console script is not searched for modules: programs are in it, of other projects too."""

import os
import subprocess
import sys

import pytest

SCRIPT = "import sys\nfrom reconciler.cli.main import main\nsys.exit(main())\n"
TRAP = "import pathlib\npathlib.Path(__file__ + '.loaded').touch()\n"


@pytest.fixture
def folder(tmp_path):
    """A folder with a console script, and beside it a module under the name of one that we import."""
    made = tmp_path / "bin"
    made.mkdir()
    (made / "reconciler").write_text(SCRIPT)
    (made / "json.py").write_text(TRAP)
    return made


def loaded(folder, *words, **variables):
    """Whether a command line loads the module in ``folder``."""
    surroundings = {**os.environ, **variables}
    (folder.parent / "work").mkdir()
    subprocess.run(
        [sys.executable, *words, "--help"],
        cwd=folder.parent / "work",
        env=surroundings,
        check=False,
        capture_output=True,
        timeout=60,
    )
    return (folder / "json.py.loaded").exists()


def test_a_module_beside_the_script_is_not_loaded(folder):
    assert not loaded(folder, folder / "reconciler")


def test_a_link_to_the_script_is_the_script(folder):
    (folder.parent / "link").symlink_to(folder / "reconciler")

    assert not loaded(folder, folder.parent / "link")


def test_what_the_user_names_as_a_folder_of_modules_is_searched(folder):
    assert loaded(folder, folder / "reconciler", PYTHONPATH=str(folder))


def test_a_program_of_another_name_has_its_modules_beside_it(folder):
    (folder / "reconciler").rename(folder / "own.py")

    assert loaded(folder, folder / "own.py")


def test_a_program_that_starts_without_its_folder_keeps_what_is_first(folder):
    assert loaded(folder, "-P", folder / "reconciler", PYTHONPATH=str(folder))
