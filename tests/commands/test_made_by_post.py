"""What a POST answers, seen from the command line: strangers stay strangers, and no run makes one more."""

from datetime import UTC, datetime

from tests.commands.words import MANIFESTS, room


def test_a_space_that_keeps_its_own_names_gets_one_room_and_is_told(reconciler, declare, serving):
    space = serving(made_name="suffixed", put_name="ignored")
    declare(room("standup", max_members=5))
    first = reconciler("apply", MANIFESTS, "--yes")
    assert first.code == 4
    assert "the Space gave it another name, Room/standup_" in first.out
    assert "Room/standup_" in reconciler("state", "list").out
    for _ in range(3):
        assert reconciler("apply", MANIFESTS, "--yes").code == 4
    assert reconciler("watch", MANIFESTS, "--apply", "--interval", "1", "--rounds", "1").code == 4
    assert [method for method, _ in space.writes].count("POST") == 1


def test_the_next_apply_gives_it_its_name(reconciler, declare, serving):
    space = serving(made_name="suffixed")
    declare(room("standup", max_members=5))
    assert reconciler("apply", MANIFESTS, "--yes").code == 4
    assert reconciler("apply", MANIFESTS, "--yes").code == 0
    assert space.writes == [("POST", "Room"), ("PUT", "Room")]
    assert reconciler("plan", MANIFESTS, "--detailed-exitcode").code == 0


def test_a_strangers_room_that_the_list_left_out_is_never_taken_over(reconciler, declare, serving):
    """Find-or-create, and a list that lags behind: the room of others is there before and after."""
    space = serving(taken="answered", lag_lists=1)
    clock, space.space._clock = space.space._clock, lambda: datetime(2024, 1, 1, tzinfo=UTC)
    space.create("Room", name="e", max_members=8)
    space.space._clock = clock
    declare(*(room(name, max_members=8) for name in "abce"))
    first = reconciler("apply", MANIFESTS, "--yes")
    assert first.code == 4, first
    assert "that this run did not create" in first.out
    declare(*(room(name, max_members=8) for name in "abc"))
    assert reconciler("apply", MANIFESTS, "--yes").code == 0
    assert "DELETE" not in [method for method, _ in space.writes]
