import pytest

from reconciler.manifest.document import Source
from reconciler.manifest.parse.decoding import decode


def told(content):
    text, problems = decode(Source("a.yaml", content))
    return text.characters, [(p.place.line, p.place.column, p.message) for p in problems]


@pytest.mark.parametrize("content", [b"", b"a: b\r\n", "é: 😀\n".encode(), b"\xef\xbb\xbfa: b"])
def test_utf_8_with_and_without_a_mark(content):
    assert told(content) == (content.decode("utf-8-sig"), [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_wide_encodings(encoding):
    characters, problems = told("apiVersion: x\n".encode(encoding))
    assert characters == ""
    assert "manifests are UTF-8" in problems[0][2]


def test_latin_1_has_line_column_and_offset():
    assert told("a: b\nc: é\n".encode("latin-1")) == (
        "",
        [(2, 4, "byte 0xE9 at byte offset 8 is not UTF-8")],
    )


def test_the_mark_counts_as_bytes_and_not_as_a_column():
    assert told(b"\xef\xbb\xbfab\xff") == ("", [(1, 3, "byte 0xFF at byte offset 5 is not UTF-8")])


def test_each_hidden_character_is_told_once_and_the_rest_can_still_be_read():
    characters, problems = told("\ufeffé: a\x07b\n\u202ec\x07\n".encode())
    assert characters == "é: a·b\n·c·\n"
    assert problems == [
        (1, 5, r"the hidden character \x07 (U+0007) at byte offset 8 is not allowed"),
        (2, 1, r"the hidden character \u202e (U+202E) at byte offset 11 is not allowed"),
    ]
