"""The canonical style: each folder of formats/ is a case, before and after; and what holds whatever the file looks like."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import catalog
from reconciler.manifest.document import Source
from reconciler.manifest.editing.apply import read_source
from reconciler.manifest.editing.operations import identical
from reconciler.manifest.editing.text_edits import Uneditable
from reconciler.manifest.formatting.document import formatted
from reconciler.manifest.formatting.emitter import manifest_text
from tests.effort import examples
from tests.unit.manifest.test_properties import PIECES, rooms

KINDS = catalog.kinds()
CASES = sorted((Path(__file__).parent / "formats").iterdir())
SETTINGS = settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    derandomize=True,
)
MORE = """\
  # c
# d
    # e
\n
  - a
  - b: 1
    c: 2
- x
  d:
  e: &z
    q: 1
  f: *z
  g: |+\n    a\n\n
  h: >\n   x\n   y
--- # c
... # t
i: {a: 1, b: [c,\n d], # e\n  f: 'g\n  h'}
  j: "x\\\n     y"
\tk
  l:   # x
  m:\n    plain\n    more
kind: Room
spec:
metadata:
  -\n    # x\n    y: 1
""".splitlines(keepends=True)
pieces = st.lists(st.sampled_from([*PIECES, *MORE, *MORE]), max_size=14).map("".join)


def tidy(content, name="a.yaml"):
    return formatted(Source(name, content), KINDS)


def said(content, name="a.yaml"):
    return [document.value for document in read_source(Source(name, content))[1]]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_case_has_one_tidy_form(case):
    before = next(case.glob("before.*"))
    after = (case / f"after{before.suffix}").read_bytes()

    assert tidy(before.read_bytes(), before.name) == after
    assert tidy(after, before.name) == after


@given(text=pieces, crlf=st.booleans())
@SETTINGS
def test_tidying_says_the_same_and_is_done_once(text, crlf):
    content = text.replace("\n", "\r\n" if crlf else "\n").encode()
    try:
        before = said(content)
        once = tidy(content)
    except Uneditable:
        return
    assert identical(said(once), before)
    assert tidy(once) == once


def odd(document, draw):
    """A document as somebody might write it: odd order, odd indentation, comments everywhere."""
    lines = []
    step = draw(st.sampled_from([1, 2, 3, 4, 7]))
    for key in draw(st.permutations(list(document))):
        value = document[key]
        lines.append(f"# above {key}")
        if not isinstance(value, dict) or not value:
            lines += manifest_text({key: value}).rstrip("\n").split("\n")
            continue
        lines.append(f"{key}:   # beside {key}")
        for inner in draw(st.permutations(list(value))):
            lines += ["", " " * step + f"# above {inner}"][draw(st.integers(0, 1)) :]
            lines += [
                " " * step + line if line else ""
                for line in manifest_text({inner: value[inner]}).rstrip("\n").split("\n")
            ]
        lines.append(" " * step + f"# below {key}")
    return "\n".join(lines) + "\n"


@given(spec=rooms, chosen=st.data())
@SETTINGS
def test_every_order_and_indentation_has_the_same_tidy_form_but_for_comments(spec, chosen):
    document = {
        "apiVersion": "reconciler.dev/v1",
        "kind": "Room",
        "metadata": {"name": "a", "labels": {"x": "y"}},
        "spec": spec,
    }

    once = tidy(odd(document, chosen.draw).encode())

    assert identical(said(once), [document])
    assert tidy(once) == once
    wanted = manifest_text(
        {**document, "spec": {name: spec[name] for name in KINDS["Room"].fields if name in spec}}
    )
    bare = [
        line.partition("   # beside")[0]
        for line in once.decode().split("\n")
        if line.strip() and not line.strip().startswith("# ")
    ]
    assert bare == [
        line for line in wanted.split("\n") if line.strip() and not line.strip().startswith("# ")
    ]


def test_what_import_writes_is_tidy():
    document = {
        "apiVersion": "reconciler.dev/v1",
        "kind": "Room",
        "metadata": {"name": "hall"},
        "spec": {
            "presets": ["a"],
            "display_name": "x\ny\n",
            "meta": {"a": [1, {"b": []}]},
            "streams": [{"url": "${env:A}"}],
        },
    }
    content = manifest_text(document, document).encode()

    assert tidy(content) == content


@pytest.mark.parametrize("text", ["a: [1\n", "a: 1\na: 2\n", "? |\n  two\n  lines\n: x\n"])
def test_what_is_not_in_order_is_left_alone_with_words(text):
    with pytest.raises(Uneditable):
        tidy(text.encode())
