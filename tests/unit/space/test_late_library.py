"""Parts of the HTTP library that the command leaves for later are the same when they are looked up."""

import json
import os
import subprocess
import sys

import pytest

MISSING = "import sys; sys.modules.update(dict.fromkeys(['h2', 'anyio', 'trio']))\n"
AS_COMMAND = "from reconciler.cli.late_modules import load_late; load_late()\n"
OURS = "import reconciler.space.http.library\n"
PUBLIC = """
import httpcore, json
print(json.dumps({
    name: [repr(found).partition(" at ")[0], getattr(found, "__qualname__", ""), sorted(dir(found))]
    for name in httpcore.__all__ for found in [getattr(httpcore, name)]
}))
"""


def ran(code):
    """What a new Python prints, which has httpcore under its own name."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=own
    ).stdout.strip()


@pytest.fixture(scope="module")
def public():
    """What the library has without us, where what the command marks as missing is not installed."""
    return json.loads(ran(MISSING + PUBLIC))


def test_each_public_name_is_what_it_is_without_us(public):
    assert json.loads(ran(MISSING + AS_COMMAND + OURS + PUBLIC)) == public


def test_a_program_that_imports_us_has_the_whole_library_at_once(public):
    loaded = "print('httpcore._async.http11' in sys.modules)"

    assert ran(MISSING + OURS + loaded) == "True"
    assert json.loads(ran(MISSING + OURS + PUBLIC)) == public


def test_the_command_does_not_load_the_asynchronous_half():
    loaded = "print([name for name in sys.modules if name.startswith('httpcore._async')])"

    assert ran(MISSING + AS_COMMAND + OURS + loaded) == "[]"


@pytest.mark.parametrize(
    "code",
    [
        "import httpcore; print(httpcore.AsyncConnectionPool)",
        "from httpcore import AsyncConnectionPool; print(AsyncConnectionPool.__name__)",
        "from httpcore import *; print(AsyncConnectionPool)",
        "import httpcore; print(httpcore._async.connection_pool.AsyncConnectionPool.__name__)",
        "from httpcore._async.connection_pool import AsyncConnectionPool; print(AsyncConnectionPool.__name__)",
        "import httpcore._async; print(httpcore._async.AsyncConnectionPool.__name__)",
        "import httpcore; print(httpcore._sync.HTTPProxy)",
        "import httpcore; print(httpcore._sync.http_proxy.TunnelHTTPConnection)",
        "import httpcore; print(httpcore._backends.mock.MockBackend.__name__)",
        "import httpcore; print(issubclass(httpcore.HTTPProxy, httpcore.ConnectionPool))",
        "import httpcore; print(getattr(httpcore, 'nothing', None))",
    ],
)
def test_it_is_looked_up_in_every_way_as_without_us(code):
    assert ran(MISSING + AS_COMMAND + OURS + code) == ran(MISSING + code)


def test_it_says_what_it_lacks():
    code = "import httpcore; httpcore.nothing"
    with pytest.raises(subprocess.CalledProcessError) as failed:
        ran(AS_COMMAND + OURS + code)

    last = failed.value.stderr.splitlines()[-1]
    assert last == "AttributeError: module 'httpcore' has no attribute 'nothing'"


def test_all_threads_get_the_one_class():
    code = """
import threading, httpcore
gate, found = threading.Barrier(16), []
def look():
    gate.wait()
    found.append(httpcore.AsyncConnectionPool)
threads = [threading.Thread(target=look) for _ in range(16)]
sys.setswitchinterval(1e-6)
for one in threads: one.start()
for one in threads: one.join()
print(len(found), len(set(found)))
"""

    assert ran(MISSING + AS_COMMAND + OURS + code) == "16 1"


MADE_UP = {
    "__init__": "from ._async import AsyncPool\nfrom . import user\n{more}",
    "_async": "class AsyncPool: pass\nclass Other: pass",
    "user": "from ._async import Other\nclass Heir(Other): pass",
}


@pytest.mark.parametrize("more", ["", "def __getattr__(name):\n    return name.upper()\n"])
def test_a_library_that_uses_the_part_while_it_is_imported_gets_it(tmp_path, more):
    package = tmp_path / "madeup"
    package.mkdir()
    for name, text in MADE_UP.items():
        (package / f"{name}.py").write_text(text.replace("{more}", more))
    code = f"""
from reconciler.space.http.late_library import parts_loaded_late
sys.path.insert(0, {str(tmp_path)!r})
with parts_loaded_late("madeup"):
    import madeup
print(madeup.AsyncPool, madeup.user.Heir.__mro__[1], madeup._async.AsyncPool is madeup.AsyncPool)
"""

    assert ran(MISSING + AS_COMMAND + code) == (
        "<class 'madeup._async.AsyncPool'> <class 'madeup._async.Other'> True"
    )


def test_a_library_that_cannot_be_imported_leaves_nothing_behind():
    code = """
from reconciler.space.http.late_library import parts_loaded_late
before = set(sys.modules)
try:
    with parts_loaded_late("nosuchlibrary"):
        import nosuchlibrary
except ImportError as error:
    print(error, set(sys.modules) - before)
"""

    assert ran(AS_COMMAND.replace("from", "import sys\nfrom", 1) + code) == (
        "No module named 'nosuchlibrary' set()"
    )
