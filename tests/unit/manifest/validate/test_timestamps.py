import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.validate.timestamps import instant_doubt, instant_fault


@pytest.mark.parametrize(
    "text",
    [
        "2027-01-31",
        "2028-02-29",
        "2027-01-31T09:00:00Z",
        "2027-01-31T09:00:00+02:00",
        "2027-01-31T09:00:00.123-11:30",
        "0001-01-01",
        "9999-12-31T23:59:59Z",
    ],
)
def test_faultless(text):
    assert instant_fault(text) is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("tomorrow", "no known form"),
        ("", "no known form"),
        ("31/01/2027", "no known form"),
        ("2027-01-31\n", "no known form"),
        ("0000-01-01", "year"),
        ("2022-13-45", "month 13"),
        ("2027-02-29", "February 2027"),
        ("2027-04-31", "day 31"),
        ("2027-01-31T24:00:00Z", "hour 24"),
        ("2027-01-31T09:60:00Z", "minute 60"),
        ("2027-01-31T09:00:61Z", "second 61"),
        ("2022-01-01T23:59:60Z", "leap second"),
        ("2027-01-31T09:00Z", "seconds are missing"),
        ("2027-01-31 09:00:00Z", "capital T is expected"),
        ("2027-01-31T09:00:00", "no offset"),
        ("2027-01-31T09:00:00z", "not an offset"),
        ("2027-01-31T09:00:00Z\n", "not an offset"),
        ("2027-01-31T09:00:00+25:00", "no offset +25:00"),
        ("0001-01-01T00:00:00+14:00", "outside the years"),
    ],
)
def test_each_fault_has_its_sentence(text, word):
    fault = instant_fault(text)
    assert fault is not None
    assert word in fault[0]
    assert fault[1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-12-24 18:00", "2026-12-24T18:00:00Z"),
        ("2026-12-24T18:00:00", "2026-12-24T18:00:00Z"),
        ("2026-12-24T18:00:00.5", "2026-12-24T18:00:00Z"),
        ("2026-12-24t18:00:00z", "2026-12-24T18:00:00Z"),
        ("2026-12-24 18:00:00 UTC", "2026-12-24T18:00:00Z"),
        ("2026-12-24 18:00:00 +0200", "2026-12-24T18:00:00+02:00"),
        ("2026-12-24T18:00+2", "2026-12-24T18:00:00+02:00"),
        ("2022-01-01T23:59:60Z", "2022-01-01T23:59:59Z"),
        ("2022-01-01 23:59:60.25", "2022-01-01T23:59:59Z"),
        ("2022-12-31T24:00:00Z", "2023-01-01T00:00:00Z"),
        ("2026-1-2 9:05", "2026-01-02T09:05:00Z"),
        ("2026-1-2", "2026-01-02"),
    ],
)
def test_the_whole_corrected_value_is_told_at_once(text, value):
    fault = instant_fault(text)
    assert fault is not None
    assert f"write {value}" in fault[1]
    assert instant_fault(value) is None
    assert instant_doubt(value) is None


@pytest.mark.parametrize("fraction", [".5", ".123456789"])
def test_a_fraction_of_a_second_is_doubted(fraction):
    text = f"2026-12-24T18:00:00{fraction}Z"
    assert instant_fault(text) is None
    assert instant_doubt(text) == (
        "it has a fraction of a second, which a Space may drop",
        "write 2026-12-24T18:00:00Z",
    )
    assert instant_doubt("2026-12-24T18:00:00.000Z") is None


_PARTS = st.tuples(
    st.sampled_from(["0001-01-01", "2027-2-3", "2027-02-29", "9999-12-31", "2027-13-01"]),
    st.sampled_from(["T", "t", " ", "  ", "_"]),
    st.sampled_from(["0:00", "24:00", "23:59", "25:00", "09:60"]),
    st.sampled_from(["", ":00", ":59", ":60", ":61", ":00.5", ":60,25", ":00.000"]),
    st.sampled_from(["", "Z", "z", " UTC", "+0200", "-12", "+25:00", "Europe/Berlin", "\n"]),
)


@given(_PARTS)
def test_what_is_told_to_be_written_is_faultless(parts):
    fault = instant_fault("".join(parts)) or instant_doubt("".join(parts))
    if fault and fault[1].startswith("write 2") and "or as a bare date" not in fault[1]:
        value = fault[1].split()[1].rstrip(",")
        assert instant_fault(value) is None
        assert instant_doubt(value) is None
