"""A plan without actions may have something to record: every command says so and does it."""

import re

import pytest

from reconciler.localspace import Fault, Settings
from tests.commands.words import MANIFESTS, room


def test_a_room_protected_a_minute_ago_is_not_deleted(apply, declare, reconciler, space):
    apply(room("a"), room("b"), room("c"))
    declare(room("a", protect=True), room("b"), room("c"))
    assert reconciler("watch", MANIFESTS, "--apply", "--rounds", "1", "--interval", "1").code == 0
    declare(room("b"), room("c"))

    refused = reconciler("apply", MANIFESTS, "--yes")

    assert refused.code == 3
    assert "Room/a is protected" in refused.out + refused.err
    assert space.names() == {"Room/a", "Room/b", "Room/c"}


@pytest.mark.parametrize(("flags", "said"), [((), "to record"), (("--apply",), "recorded")])
def test_a_watch_says_what_is_recorded(apply, declare, reconciler, space, flags, said):
    apply(room("a"))
    declare(room("a", protect=True))

    looked = reconciler("watch", MANIFESTS, "--rounds", "1", "--interval", "1", *flags)

    assert re.fullmatch(rf"\S+Z {said}: 1 resource\n", looked.out.splitlines(keepends=True)[-1])


def test_a_field_that_is_declared_with_its_live_value_is_to_be_recorded(
    apply, declare, done, reconciler, space
):
    apply(room("a"))
    space.change("Room", "a", layout="5x5")
    declare(room("a", layout="5x5"))

    planned = reconciler("plan", MANIFESTS, "--detailed-exitcode", "--verbose")

    assert planned.code == 0  # the Space is as declared: nothing has to be applied
    assert "The Space has it as declared; apply records it:\n    Room/a\n" in planned.out
    done("apply", MANIFESTS, "--yes")
    assert reconciler("plan", MANIFESTS, "--detailed-exitcode").code == 0


def test_protection_holds_although_the_change_beside_it_failed(apply, declare, reconciler, space):
    apply(room("a"), room("b"), room("c"))
    space.space.knobs = Settings(faults=(Fault(method="PUT", action="status", status=422),))
    declare(room("a", protect=True, layout="5x5"), room("b"), room("c"))
    assert reconciler("apply", MANIFESTS, "--yes").code == 4
    space.space.knobs = Settings()
    declare(room("b"), room("c"))

    refused = reconciler("apply", MANIFESTS, "--yes")

    assert refused.code == 3
    assert "Room/a is protected" in refused.out + refused.err
