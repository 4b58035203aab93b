import pytest

from reconciler.manifest.parse.scalars import UnusableScalar, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, None) for text in ("", "~", "null", "Null", "NULL")),
        *((text, True) for text in ("true", "True", "TRUE")),
        *((text, False) for text in ("false", "False", "FALSE")),
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("007", 7),
        ("0o17", 15),
        ("0xFF", 255),
        ("1.10", 1.1),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("20.0", 20.0),
    ],
)
def test_json_like_scalars(text, value):
    resolved = resolve(text)
    assert (resolved, type(resolved)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "on",
        "off",
        "yes",
        "no",
        "y",
        "n",
        "nuLL",
        "tRue",
        "1:30",
        "2022-01-01",
        "2022-01-01T00:00:00Z",
        "0b1",
        "1_000",
        "1e",
        "+",
        "-",
        ".",
        "0x",
        "0o8",
        "٣",
        "<<",
        "=",
        "nan",
        "inf",
    ],
)
def test_everything_else_is_text(text):
    assert resolve(text) == text


@pytest.mark.parametrize(
    "text",
    [
        ".nan",
        ".NaN",
        ".inf",
        "-.Inf",
        "1e999",
        "-1e999",
        "9" * 65,
        "0x" + "f" * 70,
        "0." + "1" * 80,
        "9" * 5000,
    ],
)
def test_numbers_that_no_manifest_can_hold(text):
    with pytest.raises(UnusableScalar):
        resolve(text)


def test_a_colour_read_as_an_endless_number_says_how_to_write_it():
    with pytest.raises(UnusableScalar) as caught:
        resolve("12e456")
    assert "#12e456" in caught.value.hint
