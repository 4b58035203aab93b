"""A name or a label that leads nowhere is answered with the one that was meant."""

import pytest

from tests.commands.words import MANIFESTS, conference, room


@pytest.fixture
def declared(declare, space):
    declare(
        room("alpha", labels={"team": "ops"}),
        room("beta", labels={"team": "growth"}),
        conference("alpha"),
    )
    return space


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(
    "command",
    [["plan", MANIFESTS, "--target"], ["apply", MANIFESTS, "--yes", "--target"], ["show"]],
)
def test_a_name_without_its_kind_is_answered_with_all_that_bear_it(reconciler, command):
    code, out, err = reconciler(*command, "alpha")

    assert (code, out) == (1, "")
    assert "'alpha' is not KIND/NAME; did you mean 'Conference/alpha' or 'Room/alpha'?" in err
    assert "Room/lobby" not in err


@pytest.mark.usefixtures("declared")
def test_a_misspelled_name_without_its_kind_is_answered_with_the_nearest(reconciler):
    assert "'bet' is not KIND/NAME; did you mean 'Room/beta'?" in reconciler("show", "bet").err


@pytest.mark.usefixtures("declared")
def test_a_name_like_no_other_is_answered_with_the_form(reconciler):
    assert (
        "write it as KIND/NAME, such as" in reconciler("plan", MANIFESTS, "--target", "xyzzy").err
    )


def test_a_recorded_name_is_meant_as_well(apply, reconciler, space):
    apply(room("lobby"))

    assert "did you mean 'Room/lobby'?" in reconciler("state", "show", "lobby").err


@pytest.mark.usefixtures("declared")
def test_pull_takes_no_name_without_its_kind_for_a_file(reconciler):
    code, out, err = reconciler("pull", "beta", "--yes")

    assert (code, out) == (1, "")
    assert "'beta' is neither KIND/NAME nor a file or folder; did you mean 'Room/beta'?" in err


@pytest.mark.usefixtures("declared")
def test_a_label_that_nobody_has_is_answered_with_the_nearest_and_all_there_are(reconciler):
    err = reconciler("plan", MANIFESTS, "--selector", "team=opps").err

    assert "no resource is selected by --selector team=opps; did you mean 'team=ops'?" in err
    assert "the labels are team=growth, team=ops" in err


def test_where_there_is_no_label_at_all_that_is_said(reconciler, declare, space):
    declare(room("lobby"))

    assert "no resource has a label" in reconciler("plan", MANIFESTS, "--selector", "team=ops").err
