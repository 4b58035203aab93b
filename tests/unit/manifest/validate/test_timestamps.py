from datetime import UTC, datetime

import pytest

from reconciler.manifest.validate.timestamps import instant_fault, instant_of


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


def test_moments_are_compared_in_utc():
    assert instant_of("2027-01-31T09:00:00+02:00") == datetime(2027, 1, 31, 7, tzinfo=UTC)
    assert instant_of("2027-01-31") == datetime(2027, 1, 31, tzinfo=UTC)
