import pytest

from reconciler.manifest.compose.variables import Variables, filled

VARIABLES = Variables(
    {
        "HOST": "example.com",
        "EMPTY": "",
        "LINES": "a\nb",
        "HIDDEN": "a\u202eb",
        "LOOP": "${env:HOST}",
    },
    {"office": "Oslo", "a-b.c": "x"},
)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("$ {env:HOST} $", "$ {env:HOST} $"),
        ("https://${env:HOST}/${var:office}", "https://example.com/Oslo"),
        ("${var:a-b.c}", "x"),
        ("$${env:HOST}", "${env:HOST}"),
        ("$$${env:HOST}", "$${env:HOST}"),
        ("${env:LOOP}", "${env:HOST}"),
    ],
)
def test_filled_once(text, result):
    assert filled(text, VARIABLES) == (result, [])


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("x ${env:NOPE}", 2, "NOPE is not set"),
        ("${env:HOTS}", 0, "did you mean 'HOST'?"),
        ("${var:ofice}", 0, "did you mean 'office'?"),
        ("${env:EMPTY}", 0, "EMPTY is empty"),
        ("${env:LINES}", 0, "LINES holds a newline"),
        ("${env:HIDDEN}", 0, "HIDDEN holds a hidden character"),
        ("${file:x}", 0, "'${file:x}' is not known"),
        ("${HOST}", 0, "'${HOST}' is not known"),
        ("${env:}", 0, "has no name"),
        ("${env:HOST:-x}", 0, "is not a name"),
        ("a ${env:HOST", 2, "never closed"),
    ],
)
def test_faults(text, offset, words):
    (fault,) = filled(text, VARIABLES)[1]
    assert fault.offset == offset
    assert words in fault.message
    assert fault.hint


def test_every_fault_of_a_text_is_told():
    assert [fault.offset for fault in filled("${env:A} ${env:HOST} ${var:B}", VARIABLES)[1]] == [
        0,
        21,
    ]


def test_shared_values_are_filled_in_once(load_text):
    loaded = load_text(
        """
apiVersion: reconciler.dev/v1
kind: Room
metadata: {name: lobby}
spec: {meta: {a: &shared {text: '$${env:X}'}, b: *shared}}
"""
    )
    assert loaded.desired[0].attributes == {
        "meta": {"a": {"text": "${env:X}"}, "b": {"text": "${env:X}"}}
    }
