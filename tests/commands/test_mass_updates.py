"""One changed preset reaches every room that uses it: more updates than is usual need consent, to that number."""

from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, rooms

NAMES = [f"r{number:03}" for number in range(101)]


@pytest.mark.parametrize(
    ("rule", "number", "flag"),
    [
        ("", 101, "--allow-update Room=101"),
        ("max_update_share: 0.5", 4, "--allow-update Room=4"),
        ("max_update_count: 3", 4, "--allow-update Room=4"),
    ],
)
def test_more_updates_than_is_usual_are_refused_and_consented_to_by_number(
    apply, declare, refused, done, reconciler, rule, number, flag
):
    Path("reconciler.yaml").write_text(
        f"safety: {{{rule}}}\n" if rule else "{}\n", encoding="utf-8"
    )
    apply(*rooms(*NAMES[:number]))
    declare(*rooms(*NAMES[:number], layout="5x5"))

    said = refused()

    assert f"{number} " in said
    assert f"to consent to exactly this: {flag}" in said
    assert flag.split()[0] in refused("--allow-update", f"Room={number - 1}")
    done("apply", MANIFESTS, "--yes", *flag.split())


@pytest.mark.parametrize(
    ("rule", "number"), [("", 100), ("max_update_share: 0.5", 1), ("max_update_count: 4", 4)]
)
@pytest.mark.usefixtures("space")
def test_as_many_as_the_limits_allow_need_no_consent(apply, declare, done, rule, number):
    Path("reconciler.yaml").write_text(
        f"safety: {{{rule}}}\n" if rule else "{}\n", encoding="utf-8"
    )
    apply(*rooms(*NAMES[:number]))
    declare(*rooms(*NAMES[:number], layout="5x5"))
    done("apply", MANIFESTS, "--yes")


@pytest.mark.parametrize("words", ["5", "Roof=5", "Room=many", "Room"])
def test_what_is_no_number_of_a_kind_is_told_with_its_flag(declare, reconciler, space, words):
    declare(*rooms("a"))
    code, _, err = reconciler("apply", MANIFESTS, "--yes", "--allow-update", words)
    assert (code, f"--allow-update {words}: " in err) == (1, True)
