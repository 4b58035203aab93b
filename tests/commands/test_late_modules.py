"""Modules that load when they are used: they answer as ever, to all threads at once."""

import gettext
import inspect
import platform
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.late_modules import LATE, is_loaded

STARTED = "import sys; from reconciler.cli.late_modules import is_loaded, load_late; load_late()\n"


def ran(code):
    """What a new Python prints, which has loaded nothing yet."""
    return subprocess.run(
        [sys.executable, "-c", STARTED + code], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("name", [*LATE])
def test_a_module_is_loaded_when_something_of_it_is_looked_up(name):
    code = f"""
import {name}
before = is_loaded(sys.modules["{name}"])
{name}.__file__
print(before, is_loaded(sys.modules["{name}"]), sys.modules["{name}"].__name__)
"""

    assert ran(code) == f"False True {name}"


def test_names_can_be_imported_from_it():
    assert ran("from inspect import signature; print(signature(lambda one: None))") == "(one)"


def test_a_module_that_is_loaded_already_stays():
    code = "import inspect; inspect.ismodule(sys); load_late(); print(is_loaded(sys.modules['inspect']))"

    assert ran(code) == "True"


def test_all_threads_get_the_one_module():
    code = """
import threading, inspect, ipaddress
gate, found = threading.Barrier(16), []
def look():
    gate.wait()
    found.append((inspect.ismodule, ipaddress.ip_address("::1")))
threads = [threading.Thread(target=look) for _ in range(16)]
sys.setswitchinterval(1e-6)
for one in threads: one.start()
for one in threads: one.join()
print(len(found), len(set(found)), found[0][0] is sys.modules["inspect"].ismodule)
"""

    assert ran(code) == "16 1 True"


LINES = st.lists(
    st.sampled_from(["", "  ", "a", "  b", "    c  ", " d", "\te", "\r", "\b", "  \b", "é"])
)


@given(st.text() | LINES.map("\n".join))
def test_texts_are_cleaned_as_by_inspect(text):
    assert LATE["inspect"]("inspect").cleandoc(text) == inspect.cleandoc(text)


@pytest.mark.parametrize("value", [len, ran, lambda: None, int, "text", None])
def test_functions_are_told_as_by_inspect(value):
    assert LATE["inspect"]("inspect").isfunction(value) == inspect.isfunction(value)


@pytest.mark.parametrize("number", [0, 1, 2, 11])
def test_texts_that_nobody_translates_are_those_of_gettext(number):
    late = LATE["gettext"]("gettext")
    assert late.gettext("Usage:") == gettext.gettext("Usage:") == "Usage:"
    assert late.ngettext("room", "rooms", number) == gettext.ngettext("room", "rooms", number)


def test_click_does_not_load_gettext():
    code = "import click, gettext; print(is_loaded(sys.modules['gettext']), gettext.textdomain())"

    assert ran(code) == "False messages"


def test_a_dataclass_without_a_text_does_not_load_inspect():
    code = """
import dataclasses, inspect
@dataclasses.dataclass
class Bare:
    one: int
print(is_loaded(sys.modules["inspect"]), Bare(1), inspect.signature(Bare))
"""

    assert ran(code) == "False Bare(one=1) (one: int) -> None"


class Annotated:
    one: int
    two: "str | None" = None


class Heir(Annotated):
    pass


class Computed:
    __annotations__ = property(lambda _: {})


def annotated(one: int) -> "str":
    return str(one)


@pytest.mark.parametrize("of", [Annotated, Heir, Computed, annotated, sys, int, type])
@pytest.mark.parametrize("options", [{}, {"eval_str": True}])
def test_annotations_are_those_of_inspect(of, options):
    def said(module):
        try:
            return module.get_annotations(of, **options)
        except (TypeError, ValueError) as error:
            return type(error), str(error)

    ours = said(LATE["inspect"]("inspect"))
    assert ours == said(inspect)
    assert ours is not vars(of).get("__annotations__")


@pytest.mark.parametrize("of", [7, None, "text"])
def test_what_has_no_annotations_is_refused_as_by_inspect(of):
    with pytest.raises(TypeError) as theirs:
        inspect.get_annotations(of)
    with pytest.raises(TypeError) as ours:
        LATE["inspect"]("inspect").get_annotations(of)

    assert str(ours.value) == str(theirs.value)


def test_the_system_is_named_as_by_platform():
    assert LATE["platform"]("platform").system() == platform.system()


def test_click_does_not_load_uuid_and_converts_as_ever():
    code = """
import click, uuid
before = is_loaded(sys.modules["uuid"])
made = click.UUID.convert("00000000-0000-0000-0000-00000000000a", None, None)
print(before, isinstance(made, uuid.UUID), click.UUID.convert(made, None, None) is made)
"""

    assert ran(code) == "False True True"


def test_httpcore_does_not_load_ssl_until_it_is_used():
    code = """
import reconciler.space.http.pool, httpcore, ssl
print(is_loaded(sys.modules["ssl"]), httpcore._ssl.default_ssl_context.__annotations__)
print(isinstance(httpcore.default_ssl_context(), ssl.SSLContext), is_loaded(sys.modules["ssl"]))
print(issubclass(ssl.SSLWantReadError, OSError), type(ssl.SSLContext).__name__)
"""

    assert ran(code).splitlines() == [
        "False {'return': 'ssl.SSLContext'}",
        "True True",
        "True type",
    ]


def test_a_module_that_is_marked_as_missing_is_not_loaded():
    assert not is_loaded(None)
