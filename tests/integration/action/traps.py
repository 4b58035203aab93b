"""A checkout full of traps: each file that a tool might run or obey in passing leaves a trace where it does."""

import json
import subprocess
from pathlib import Path

# Names of the standard library, of what the product imports, of what sets an environment up, and of the product's own script.
MODULES = (
    *(
        "json",
        "secrets",
        "re",
        "shlex",
        "subprocess",
        "zipfile",
        "urllib",
        "dataclasses",
        "site",
        "runpy",
        "encodings",
    ),
    *(
        "click",
        "yaml",
        "httptools",
        "httpx",
        "httpcore",
        "anyio",
        "h11",
        "idna",
        "lightkube",
        "conftest",
        "jsonschema",
        "deepdiff",
        "certifi",
        "werkzeug",
        "obstore",
        "psycopg",
    ),
    *(
        "venv",
        "ensurepip",
        "pip",
        "setuptools",
        "hatchling",
        "reconciler",
        "github",
        "sitecustomize",
        "usercustomize",
    ),
)
PACKAGES = ("click", "yaml", "pip", "reconciler", "hatchling", "urllib", "encodings")
PROGRAMS = (
    "python",
    "python3",
    "python3.11",
    "pip",
    "uv",
    "git",
    "reconciler",
    "env",
    "mktemp",
    "bash",
    "sh",
    "make",
    "ssh",
    "uname",
    "dirname",
    "sha256sum",
    "cut",
    "cp",
)
# Settings of git that run a program, in a file that the repository's own settings include.
INCLUDED = (
    ("core", "fsmonitor"),
    ("core", "sshCommand"),
    ("core", "editor"),
    ("core", "askPass"),
    ("credential", "helper"),
    ("diff", "external"),
    ("gpg", "program"),
    ("sequence", "editor"),
    ('filter "trap"', "process"),
    ('merge "trap"', "driver"),
    ('remote "origin"', "uploadpack"),
    ('remote "origin"', "receivepack"),
)
NOWHERE = "http://127.0.0.1:9/simple"


class Traps:
    """The folder of the checkout, and the file in which a trap that was sprung leaves its name and the environment it saw."""

    def __init__(self, folder: Path, trace: Path) -> None:
        self.folder, self.trace = folder, trace

    @property
    def sprung(self) -> str:
        """What the traps left; '' where none was sprung."""
        return (
            self.trace.read_text(encoding="utf-8", errors="replace") if self.trace.exists() else ""
        )

    def python(self, name: str) -> str:
        """A line of Python that leaves a trace."""
        return f"import os; open({str(self.trace)!r}, 'a').write({name!r} + ' ' + repr(dict(os.environ)) + chr(10))\n"

    def shell(self, name: str) -> str:
        """A line of a shell that leaves a trace."""
        return f"echo '{name}' >> '{self.trace}'; env >> '{self.trace}'"

    def write(self, path: str, text: str, *, program: bool = False) -> None:
        """A file of the checkout."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if program:
            file.chmod(0o755)

    def git(self, *words: str) -> None:
        """Run git in the checkout."""
        subprocess.run(["git", "-C", str(self.folder), *words], check=True, capture_output=True)


def lay(folder: Path, trace: Path) -> Traps:
    """Lay all traps in ``folder``; they leave their traces in ``trace``, which lies elsewhere."""
    traps = Traps(folder, trace)
    for name in MODULES:
        if name in PACKAGES:
            traps.write(f"{name}/__init__.py", traps.python(f"{name}/__init__.py"))
            traps.write(f"{name}/__main__.py", traps.python(f"{name}/__main__.py"))
        else:
            traps.write(f"{name}.py", traps.python(f"{name}.py"))
    for name in PROGRAMS:
        if not (folder / name).is_dir():
            traps.write(name, f"#!/bin/sh\n{traps.shell(name)}\nexit 1\n", program=True)
    _lay_settings(traps)
    _lay_git(traps)
    return traps


def _lay_settings(traps: Traps) -> None:
    traps.write("trap.pth", traps.python("trap.pth"))
    traps.write("startup.py", traps.python("startup.py"))
    traps.write(
        ".env",
        f"PYTHONPATH={traps.folder}\nPYTHONSTARTUP=startup.py\nPIP_INDEX_URL={NOWHERE}\nSIGNALWIRE_SPACE=evil.example\n",
    )
    traps.write(".envrc", traps.shell(".envrc") + "\n")
    traps.write("pip.conf", f"[global]\nindex-url = {NOWHERE}\nrequire-virtualenv = true\n")
    traps.write(".pip/pip.conf", f"[global]\nindex-url = {NOWHERE}\n")
    traps.write("uv.toml", f'index-url = "{NOWHERE}"\n')
    traps.write("setup.cfg", "[install]\nprefix = evil\n")
    traps.write("setup.py", traps.python("setup.py"))
    traps.write("requirements.txt", "./evil\n")
    traps.write("constraints.txt", "click==0.0.1\n")
    traps.write(".python-version", "2.7\n")
    traps.write(".tool-versions", "python 2.7.18\nuv 0.0.1\n")
    traps.write("mise.toml", '[tools]\npython = "2.7"\n[env]\nPYTHONPATH = "."\n')
    traps.write("pyvenv.cfg", f"home = {traps.folder}\ninclude-system-site-packages = true\n")
    traps.write("Makefile", f".DEFAULT_GOAL := all\nall:\n\t{traps.shell('Makefile')}\n")
    traps.write(".netrc", "default login evil password evil\n")
    traps.write(".pypirc", f"[pypi]\nrepository = {NOWHERE}\nusername = evil\n")
    traps.write("uv.lock", 'version = 1\n[[package]]\nname = "evil"\nversion = "1"\n')
    traps.write("requirements.lock", "./evil\n")
    for folder in ("rooms", "conf", ".config/pip", "pip"):
        traps.write(f"{folder}/pip.conf", f"[global]\nindex-url = {NOWHERE}\n")
    for name in ("pytest.ini", "tox.ini", ".coveragerc", ".pydistutils.cfg", ".condarc"):
        traps.write(name, "[pytest]\naddopts = -p conftest\n[install]\nprefix = evil\n")
    for name in (".bashrc", ".bash_profile", ".profile", ".zshenv", ".pdbrc"):
        traps.write(name, traps.shell(name) + "\n")
    traps.write(
        "pyproject.toml",
        f'[build-system]\nrequires = []\nbuild-backend = "hatchling"\nbackend-path = ["."]\n[tool.uv]\nindex-url = "{NOWHERE}"\n',
    )


def _lay_git(traps: Traps) -> None:
    """A repository whose own settings and hooks run programs, as in an archive that somebody unpacked."""
    subprocess.run(
        ["git", "init", "-q", "-b", "main", str(traps.folder)], check=True, capture_output=True
    )
    traps.write(".gitattributes", "* filter=trap diff=trap merge=trap\n")
    included = "".join(
        f"[{section}]\n\t{name} = {json.dumps(traps.shell(f'included {name}') + '; cat')}\n"
        for section, name in INCLUDED
    )
    traps.write(".gitconfig", included)
    traps.write(".git/included", included)
    traps.git("config", "include.path", str(traps.folder / ".gitconfig"))
    traps.git("config", "includeIf.onbranch:**.path", "included")
    for hook in ("post-index-change", "reference-transaction", "pre-push", "post-checkout"):
        traps.write(f".git/hooks/{hook}", f"#!/bin/sh\n{traps.shell(hook)}\n", program=True)
    for name, what in (
        ("core.fsmonitor", "fsmonitor"),
        ("filter.trap.clean", "filter.clean"),
        ("filter.trap.smudge", "filter.smudge"),
        ("diff.trap.textconv", "textconv"),
        ("core.pager", "pager"),
        ("core.alternateRefsCommand", "alternateRefsCommand"),
    ):
        traps.git("config", name, traps.shell(what) + "; cat")


def hostile(folder: Path) -> dict[str, str]:
    """What an environment file or a careless job sets, by which the folder one works in becomes part of every Python."""
    return {
        "PYTHONPATH": f".:{folder}",
        "PYTHONSTARTUP": str(folder / "startup.py"),
        "PYTHONUSERBASE": str(folder),
        "PYTHONPYCACHEPREFIX": str(folder / "cache"),
        "PIP_CONFIG_FILE": "pip.conf",
    }
