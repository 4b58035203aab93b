"""How a case of a catalogue is read: a bad file as it is, or what somebody did to a good one; and what must be said beside it.

`NAME.expected` holds `exit: N` and then standard error, whole. Beside it stands either the bad file itself, with any
ending, or `NAME.edit`, with one thing on each line that is done to a good file, in order:

    set actions[0].name "x"     put a JSON value there           keep 20          only the first bytes
    drop actions[0]             take it out                      cut 20           without the last bytes
    twice actions[0]            once more, after itself          flip 20          the lowest bit of that byte
    reverse actions             in the other order               line 3 TEXT      one line more, as line 3
    sealed                      digest or checksum made to fit   repeat 9 [       nothing but this text, that often
    counted                     a summary made to fit            pad 9            so many blanks more at the end
    encoded utf-16              in another encoding              folder, pipe, link PATH, hard-link, mode 644, gone

A new case is a new pair of files. `RECONCILER_UPDATE_CATALOGUES=1 pytest tests/faults/catalogues`
writes what is said; read the diff.
"""

import copy
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

UPDATE = "RECONCILER_UPDATE_CATALOGUES" in os.environ
EDIT, EXPECTED = ".edit", ".expected"


class Form(NamedTuple):
    """How a kind of file becomes JSON values and text again, and how what proves it whole is made to fit."""

    load: Callable[[str], Any]
    dump: Callable[[Any], str]
    seal: Callable[[Any], None]


def _way(path):
    return [
        int(index) if index else key for index, key in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path)
    ]


def _inner(document, way):
    for step in way:
        document = document[step]
    return document


def _set(document, path, value):
    *way, last = _way(path)
    _inner(document, way)[last] = json.loads(value)


def _drop(document, path):
    *way, last = _way(path)
    del _inner(document, way)[last]


def _twice(document, path):
    *way, last = _way(path)
    _inner(document, way).insert(last + 1, copy.deepcopy(_inner(document, way)[last]))


def _reverse(document, path):
    _inner(document, _way(path)).reverse()


def _counted(document):
    for verb in ("create", "update", "rename", "adopt", "delete"):
        document["summary"][verb] = sum(action["action"] == verb for action in document["actions"])


def _line(path, number, text=""):
    lines = path.read_bytes().split(b"\n")
    lines.insert(int(number) - 1, text.encode())
    path.write_bytes(b"\n".join(lines))


def _flip(path, offset):
    content = bytearray(path.read_bytes())
    content[int(offset)] ^= 1
    path.write_bytes(content)


def _link(path, target):
    path.unlink()
    path.symlink_to(target)


def _instead(path, make):
    path.unlink()
    make(path)


IN_JSON = {"set": _set, "drop": _drop, "twice": _twice, "reverse": _reverse, "counted": _counted}
IN_FILE = {
    "keep": lambda path, size: path.write_bytes(path.read_bytes()[: int(size)]),
    "cut": lambda path, size: path.write_bytes(path.read_bytes()[: -int(size)]),
    "flip": _flip,
    "line": _line,
    "repeat": lambda path, times, text: path.write_text(text * int(times), encoding="utf-8"),
    "pad": lambda path, size: path.write_bytes(path.read_bytes() + b" " * int(size)),
    "encoded": lambda path, encoding: path.write_bytes(
        path.read_text(encoding="utf-8").encode(encoding)
    ),
    "folder": lambda path: _instead(path, Path.mkdir),
    "pipe": lambda path: _instead(path, os.mkfifo),
    "link": _link,
    "hard-link": lambda path: path.with_name("another-name").hardlink_to(path),
    "mode": lambda path, mode: path.chmod(int(mode, 8)),
    "gone": Path.unlink,
}
ARGUMENTS = {"set": 2, "line": 2, "repeat": 2}


def edit(path, line, form):
    """Do what one line of an `.edit` file says to the good file at ``path``."""
    word, *rest = line.split(" ", ARGUMENTS.get(line.partition(" ")[0], 1))
    if word in IN_FILE:
        IN_FILE[word](path, *rest)
        return
    document = form.load(path.read_text(encoding="utf-8"))
    if word == "sealed":
        form.seal(document)
    else:
        IN_JSON[word](document, *rest)
    path.write_text(form.dump(document), encoding="utf-8")


def put(case, path, form):
    """Put the bad file of ``case`` where the good one is, which is at ``path``."""
    if case.suffix == EDIT:
        for line in case.read_text(encoding="utf-8").splitlines():
            edit(path, line, form)
    else:
        mode = path.stat().st_mode
        shutil.copyfile(case, path)
        path.chmod(mode)


def cases(folder):
    """The cases of a folder, each as a parameter that bears its name."""
    found = sorted(path for path in folder.iterdir() if path.suffix != EXPECTED)
    return [pytest.param(path, id=path.stem) for path in found]


def check(case, code, said):
    """``said``, with the exit code, is exactly what stands beside the case."""
    told = f"exit: {code}\n{said}"
    expected = case.with_suffix(EXPECTED)
    if UPDATE:
        expected.write_text(told, encoding="utf-8", newline="\n")
    assert told == expected.read_text(encoding="utf-8")


def check_pairs(folder, least):
    """Every case has one expectation and the other way round, and none got lost."""
    beside = [path.stem for path in folder.iterdir() if path.suffix == EXPECTED]
    named = [path.stem for path in folder.iterdir() if path.suffix != EXPECTED]
    assert sorted(beside) == sorted(named)
    assert len(named) == len(set(named)) >= least
