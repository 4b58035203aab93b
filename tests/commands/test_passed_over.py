"""A renamedFrom that would be dropped is told and refused; one that was carried out earlier, or never applied here, is silent."""

from tests.commands.words import MANIFESTS, room


def described(**names):
    return [room(name, description=text, renamed_from=old) for name, (text, old) in names.items()]


def test_one_spent_rename_drops_no_fresh_ones_in_silence(apply, declare, refused, space):
    apply(*described(x=("1", None), y=("2", None), z=("3", None)))
    apply(*described(x=("2", "y"), y=("1", "x"), z=("3", None)))
    declare(*described(x=("2", "y"), y=("3", "z"), z=("2", "x")))
    told = refused()
    why = "Room/x is still declared, and its own renamedFrom: y was carried out earlier"
    assert f"Room/z says renamedFrom: x, which would be ignored: {why}" in told
    assert "Room/y says renamedFrom: z, which would be ignored" in told


def test_what_was_carried_out_before_is_silent(apply, declare, done, space):
    apply(room("a", description="1"))
    apply(room("b", description="1", renamed_from="a"))
    declare(room("b", description="2", renamed_from="a"), room("c"))
    assert "would be ignored" not in done("plan", MANIFESTS).out
    done("apply", MANIFESTS, "--yes")


def test_where_the_old_name_was_never_managed_it_is_silent(apply, done, space):
    apply(room("b", renamed_from="a"), room("a", renamed_from="b"))
    assert "would be ignored" not in done("plan", MANIFESTS).out
