"""The fields before and after a PUT: which differ without being asked, and what is read to know it."""

from dataclasses import replace

import pytest

from reconciler.core.plan_model import FieldChange
from reconciler.executor.context import ExecutionContext
from reconciler.executor.put import compare_after_put, unasked_changes
from reconciler.localspace import Fault, Settings
from tests.integration.end_to_end.driver import room
from tests.unit.core.worlds import KINDS, live

START, END = "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"
ROOM = replace(KINDS["Room"], required_on_update={"join_until": END})


def tools(site):
    return ExecutionContext(site.client, site.kinds, site.state.key)


def shown(fields):
    """A room with these fields, and all others as they are where nobody set them."""
    there = live("Room", fields.get("name", "lobby"), 1)
    return replace(there, attributes=there.attributes | fields)


def moved(*fields):
    return [FieldChange(field, before, after, "drift") for field, before, after in fields]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({}, {}, []),
        ({"layout": "3x3"}, {"layout": "5x5"}, []),  # which was asked for
        ({"updated_at": START}, {"updated_at": END}, []),
        ({"id": "1"}, {"id": "2"}, []),
        ({"name": "lobby", "display_name": "x"}, {"name": "foyer", "display_name": "x"}, []),
        ({"quality": "1080p"}, {"quality": "720p"}, moved(("quality", "1080p", "720p"))),
        ({"join_until": None}, {"join_until": END}, []),  # which every update has to set
        ({"join_until": END}, {"join_until": None}, moved(("join_until", END, None))),
        ({"join_from": None}, {"join_from": END}, moved(("join_from", None, END))),
        ({"join_from": START}, {"join_from": "2027-01-01T01:00:00+01:00"}, []),
        (
            {"join_from": "2027-01-01T01:00:00+01:00"},
            {"join_from": "2028-01-01T02:00:00+02:00"},
            moved(("join_from", START, END)),
        ),
        ({"max_members": None}, {"max_members": 20}, []),  # as null means there
        (
            {"fps": 30, "meta": {"a": 1}, "quality": "720p"},
            {"quality": "4k", "fps": 20, "meta": {"a": 2}},
            moved(("quality", "720p", "4k"), ("meta", {"a": 1}, {"a": 2}), ("fps", 30, 20)),
        ),
    ],
)
def test_what_differs_in_two_answers_with_the_same_fields_needs_no_reading(
    site, before, after, changes
):
    mark = site.mark
    context = tools(site)
    found = unasked_changes(
        context,
        ROOM,
        shown(before),
        shown(after),
        asked={"layout": "5x5"},
    )
    by_path = sorted(found, key=lambda change: change.path)
    assert by_path == sorted(changes, key=lambda change: change.path)
    assert (site.mark, context.findings.notes) == (mark, [])


def without(there, *fields):
    kept = {field: value for field, value in there.attributes.items() if field not in fields}
    return replace(there, attributes=kept)


@pytest.fixture
def there(site):
    """A room as the Space shows it, with a description and without an end."""
    site.give(room("lobby", "layout: 3x3, description: ours"))
    (found,) = site.look()
    return replace(found, children={})


def compared(site, before, after, *faults):
    site.space.knobs = Settings(faults=faults)
    mark, context = site.mark, tools(site)
    found = unasked_changes(context, site.kinds["Room"], before, after, asked={"layout": "3x3"})
    return found, context.findings.notes, [one.method for one in site.space.requests[mark:]]


def test_a_field_that_an_answer_lacks_is_read_and_lost_only_if_the_reading_lacks_it_too(
    site, there
):
    lacking = without(there, "description")
    assert compared(site, there, lacking) == ([], [], ["GET"])
    older = replace(there, attributes=there.attributes | {"unheard": 1})
    assert compared(site, older, lacking) == (moved(("unheard", 1, None)), [], ["GET"])


def test_a_null_that_an_answer_lacks_and_what_was_asked_for_are_not_read(site, there):
    assert there.attributes["join_until"] is None
    assert compared(site, there, without(there, "join_until")) == ([], [], [])
    assert compared(site, without(there, "join_until"), there) == ([], [], [])
    assert compared(site, without(there, "layout"), there) == ([], [], [])


def test_a_field_that_only_the_answer_has_is_new_only_if_it_has_a_value_in_a_reading(site, there):
    assert compared(site, without(there, "description"), there) == (
        moved(("description", "", "ours")),
        [],
        ["GET"],
    )


@pytest.mark.parametrize("status", [404, 403])
def test_what_cannot_be_read_after_an_answer_with_less_in_it_is_unknown(site, there, status):
    unreadable = Fault("GET", "/rooms/", status=status)
    lacking = without(there, "description", "quality")
    other = replace(lacking, attributes=lacking.attributes | {"max_members": 7})
    note = "it is unknown whether the update changed {}, which its answer lacks"
    fields = ", ".join(field for field in there.attributes if field in ("description", "quality"))
    assert compared(site, there, other, unreadable) == (
        moved(("max_members", 20, 7)),
        [note.format(fields)],
        ["GET"],
    )


def test_what_only_the_answer_has_is_no_change_where_it_cannot_be_read(site, there):
    unreadable = Fault("GET", "/rooms/", status=403)
    before = without(there, "description")
    assert compared(site, before, there, unreadable) == ([], [], ["GET"])


def test_what_moved_is_kept_with_its_kind_and_nothing_without_a_change(site, there):
    context = tools(site)
    kind = site.kinds["Room"]
    compare_after_put(context, kind, there, there, asked={})
    assert (context.findings.moved, context.findings.kinds) == ([], set())
    after = replace(there, attributes=there.attributes | {"quality": "4k"})
    for _ in range(2):
        compare_after_put(context, kind, there, after, asked={})
    assert context.findings.moved == moved(("quality", "720p", "4k")) * 2
    assert context.findings.kinds == {"Room"}
