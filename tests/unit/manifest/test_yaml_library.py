"""PyYAML with patterns that are compiled at first use reads as PyYAML does."""

import json
import subprocess
import sys

import pytest

from reconciler.core.regex import regex
from reconciler.manifest.yaml_library import yaml

SCALARS = """
- [yes, No, on, 0o17, 017, 0b11, 0x1F, 1_000, 1:30, 1.5e+3, .inf, -.INF, .nan, ~, null, =]
- [2022-01-01, 2022-01-01T10:00:00Z, 2022-01-01 10:00:00.5 +02:00, 2022-1-1t1:00:00-5]
- {<<: {a: 1}, b: "text", c: '', d: !!str 1}
"""
READS = f"""
import json, sys, threading
if sys.argv[1] == "ours":
    from reconciler.manifest.yaml_library import yaml
else:
    import yaml
texts = [{SCALARS!r}, "a: \\x07", "a: \\U0001F600", "- \\ud7ff"]
found = []
for text in texts:
    for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        try:
            found.append(repr(yaml.load(text, Loader=loader)))
        except yaml.YAMLError as error:
            found.append(str(error))
found.append(yaml.safe_dump(["yes", "1", "2022-01-01", "~", "<<", "plain"]))
print(json.dumps(found))
"""


def read(which):
    run = subprocess.run(
        [sys.executable, "-c", READS, which], capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def test_every_loader_reads_and_writes_as_with_compiled_patterns():
    assert read("ours") == read("theirs")


def test_its_patterns_are_deferred():
    code = """
from reconciler.manifest.yaml_library import yaml
import re
print(type(yaml.reader.Reader.NON_PRINTABLE).__name__, type(re.compile("a")).__name__)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.split() == [type(regex("a")).__name__, "Pattern"]


@pytest.mark.parametrize("_round", range(3))
def test_other_threads_get_compiled_patterns_meanwhile(_round):
    code = """
import re, sys, threading
done, kinds = threading.Event(), set()
def compiling():
    while not done.is_set():
        kinds.add(type(re.compile("a+")).__name__)
other = threading.Thread(target=compiling)
sys.setswitchinterval(1e-6)
other.start()
import reconciler.manifest.yaml_library
done.set()
other.join()
print(kinds)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "{'Pattern'}"


def test_it_is_the_library_itself():
    assert yaml is sys.modules["yaml"]
