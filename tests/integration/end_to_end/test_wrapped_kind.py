"""The words of a kind's block that another API needs: base, envelope, required fields, PATCH, deletion path, page size."""

import pytest

from reconciler import catalog
from reconciler.core.consent import Allowed, Consent
from reconciler.core.errors import Forbidden, Invalid, NotFound, ProtocolError, Unauthorized
from reconciler.core.guard import refusals
from reconciler.core.kinds import kind_from
from reconciler.core.mass_changes import Limits
from reconciler.core.resource_actions import room_ids
from reconciler.core.resources import Applied
from reconciler.core.text import is_uuid
from reconciler.engine.refresh import refresh
from reconciler.localspace import Fault, Settings
from reconciler.space.live_resource import live_of
from reconciler.space.occupancy import Asked, occupancy
from reconciler.space.read_only_lists import read_only_lists
from reconciler.state.record import Entry
from tests.integration.end_to_end.driver import Site, manifest, statuses, verbs
from tests.integration.end_to_end.wrapped import booth

BASE = "/api/stands/v2"
ID, INNER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def site_of():
    sites = []

    def made(**words):
        kind = kind_from(booth(**words))
        sites.append(Site(kinds={**catalog.kinds(), kind.name: kind}))
        return sites[-1]

    yield made
    for site in sites:
        site.__exit__()


@pytest.fixture
def site(site_of):
    return site_of()


def wrapped(**inside):
    """An answer in the envelope, with another title outside than inside."""
    own = {"id": INNER, "name": "a", "display_name": "Inside", "seats": 3, **inside}
    return {"id": ID, "type": "stand", "display_name": "Outside", "booth": own}


def test_paths_are_below_the_base_of_the_kind(site):
    kind = site.kinds["Booth"]
    assert (kind.collection, kind.item) == (f"{BASE}/booths", f"{BASE}/booths/{{id}}")
    assert kind.deletion == f"{BASE}/stands/{{id}}"
    assert site.kinds["Room"].deletion == site.kinds["Room"].item == "/rooms/{id}"
    site.give(manifest("Booth", "a", "seats: 3"))
    assert site.sent()[0] == ("POST", f"{BASE}/booths", {"name": "a", "lit": False, "seats": 3})


def test_an_undocumented_field_of_the_wrapper_is_read_unless_one_inside_has_its_name():
    kind = kind_from(booth())
    answer = {**wrapped(note="inside"), "note": "outside", "locked": True, "booth_id": ID}
    read = live_of(kind, answer, "GET")
    assert (read.attributes["note"], read.attributes["locked"]) == ("inside", True)
    assert read.attributes["booth_id"] == INNER
    assert (read.id, "booth" in read.attributes) == (ID, False)


def test_what_the_local_space_has_inside_has_an_id_also_without_a_format(site_of):
    answers = booth()["x-reconciler"]["answers"]
    inner = {"type": "string", "description": "The booth's id."}
    site = site_of(answers={**answers, "booth_id": inner})
    site.give(manifest("Booth", "a"))
    (live,) = (one for one in site.look() if one.address.kind == "Booth")
    assert is_uuid(live.attributes["booth_id"])
    assert live.attributes["booth_id"] != live.id


def test_the_resource_is_read_out_of_its_envelope():
    live = live_of(kind_from(booth()), wrapped(), "GET /x")
    assert (live.id, live.address.name) == (ID, "a")
    assert live.attributes == {
        "id": ID,
        "booth_id": INNER,
        "name": "a",
        "display_name": "Inside",
        "seats": 3,
        "type": "stand",
    }


@pytest.mark.parametrize("inner", [None, [], "text"])
def test_an_answer_without_the_envelope_is_no_resource(inner):
    answer = wrapped() | {"booth": inner}
    with pytest.raises(ProtocolError, match="no object booth"):
        live_of(kind_from(booth()), answer, "GET /x")


def test_the_local_space_answers_in_the_envelope(site):
    site.give(manifest("Booth", "a", "seats: 3"))
    (page,) = site.client.pages(f"{BASE}/booths", page_size=None)
    (found,) = page
    assert found.keys() == {"id", "type", "display_name", "created_at", "updated_at", "booth"}
    assert found["booth"].keys() == {"id", "name", "display_name", "lit", "seats", "quiet"}
    assert found["booth"]["id"] != found["id"]
    assert found["display_name"] == found["booth"]["display_name"] == "a"


def test_a_list_without_parameters_is_asked_without_and_read_to_its_end(site):
    site.give("".join(manifest("Booth", name * 3) for name in "abcdefghijklmnopqrstuvwxyz"))
    site.give(
        "".join(
            manifest("Booth", name * count)
            for name in "abcdefghijklmnopqrstuvwxyz"
            for count in (3, 4, 5)
        )
    )
    mark = site.mark
    assert len(site.look()) == 78
    asked = [one.query for one in site.space.requests[mark:] if one.path == f"{BASE}/booths"]
    assert [sorted(name for name, _ in query) for query in asked] == [
        [],
        ["page_number", "page_token"],
    ]
    with pytest.raises(Invalid, match="page_size"):
        list(site.client.pages(f"{BASE}/booths"))


def test_a_creation_has_the_required_fields_and_the_plan_says_so(site):
    (action,) = site.plan(site.declared(manifest("Booth", "a", "seats: 3"))).actions
    assert [(one.path, one.after, one.declared_at.via) for one in action.changes] == [
        ("seats", 3, ""),
        ("lit", False, "required by the Space"),
    ]


def test_a_declared_required_field_is_sent_as_declared(site):
    site.give(manifest("Booth", "a", "lit: true"))
    assert site.sent()[0][2] == {"name": "a", "lit": True}


def test_an_update_has_the_required_fields_as_they_are_or_as_the_plan_says(site):
    site.give(manifest("Booth", "a", "lit: true"))
    desired = site.declared(manifest("Booth", "a", "lit: true, seats: 5"))
    plan = site.plan(desired)
    assert [(one.path, one.before, one.after) for one in plan.actions[0].changes] == [
        ("seats", 2, 5),
        ("quiet", None, True),
    ]
    (outcome,) = site.carry(plan)
    assert (outcome.status, outcome.moved, outcome.notes) == ("done", (), ())
    method, path, body = site.sent()[-1]
    assert (method, path.rpartition("/")[0]) == ("PUT", f"{BASE}/booths")
    assert body == {"display_name": "a", "lit": True, "seats": 5, "quiet": True}
    assert site.plan(desired).actions == ()
    record = site.state.resources[plan.actions[0].address]
    assert "quiet" not in record.attributes
    # What is set by now is not written again.
    (action,) = site.plan(site.declared(manifest("Booth", "a", "lit: true, seats: 6"))).actions
    assert [one.path for one in action.changes] == ["seats"]


def test_a_rename_alone_has_the_required_fields(site):
    site.give(manifest("Booth", "a"))
    desired = site.declared(manifest("Booth", "b", renamedFrom="a"))
    plan = site.plan(desired)
    assert verbs(plan) == [("rename", "Booth/b")]
    assert statuses(site.carry(plan)) == {"done": ["Booth/b"]}
    assert site.sent()[-1][2].items() >= {"name": "b", "lit": False, "quiet": True}.items()
    assert site.plan(desired).actions == ()


def test_a_name_is_a_field_of_the_update_where_the_document_names_it(site_of):
    """Whatever the local Space makes of an undocumented name in a PUT."""
    site = site_of()
    site.space.knobs = site.space.knobs.__class__(put_name="refused")
    site.give(manifest("Booth", "a"))
    site.give(manifest("Booth", "b", renamedFrom="a"))
    assert [live.address.name for live in site.look()] == ["b"]


def test_an_adoption_without_changes_sends_nothing(site):
    site.client.post(f"{BASE}/booths", {"name": "a", "lit": True})
    mark = site.mark
    plan = site.plan(site.declared(manifest("Booth", "a", "lit: true")))
    assert (verbs(plan), plan.actions[0].changes) == ([("adopt", "Booth/a")], ())
    site.carry(plan)
    assert site.sent(mark) == []


def test_a_deletion_goes_to_the_path_of_deletions(site):
    site.give(manifest("Booth", "a") + manifest("Booth", "b"))
    (there,) = [live for live in site.look() if live.address.name == "a"]
    assert statuses(site.apply(site.declared(manifest("Booth", "b")))) == {"done": ["Booth/a"]}
    assert site.sent()[-1][:2] == ("DELETE", f"{BASE}/stands/{there.id}")
    with pytest.raises(NotFound):
        site.client.get(f"{BASE}/booths/{there.id}")


def test_a_patch_has_the_changed_and_the_required_fields_and_no_others(site_of):
    site = site_of(update="PATCH", required_on_update={"lit": False})
    site.give(manifest("Booth", "a", "lit: true, quiet: true"))
    site.give(manifest("Booth", "a", "lit: true, quiet: true, seats: 7"))
    method, _, body = site.sent()[-1]
    assert (method, body) == ("PATCH", {"seats": 7, "lit": True})
    site.give(manifest("Booth", "b", "lit: true, quiet: true, seats: 7", renamedFrom="a"))
    assert site.sent()[-1][0::2] == ("PATCH", {"name": "b", "lit": True})


def test_a_field_of_an_update_alone_brings_the_required_ones_of_an_update(site_of):
    site = site_of(update_only=["seats"])
    site.give(manifest("Booth", "a", "seats: 4"))
    assert [one[0] for one in site.sent()] == ["POST", "PUT"]
    assert site.sent()[-1][2].items() >= {"seats": 4, "quiet": True, "lit": False}.items()


# Live sessions that answers do not name, and lists that only some runs need


@pytest.fixture
def quiet(site_of):
    """A kind whose sessions only the list of sessions names, by the id inside the envelope."""
    return site_of(
        session="active_session",
        session_told=False,
        session_ids=["id", "booth_id"],
        list_if_used=True,
    )


def test_a_session_is_found_by_the_id_inside_and_the_answer_is_not_asked_for_it(quiet):
    quiet.give(manifest("Booth", "a"))
    session = quiet.space.start_session("Booth", "a", members=2)
    (live,) = quiet.look(quiet.declared(manifest("Booth", "a")))
    mark = quiet.mark
    kind = quiet.kinds["Booth"]
    asked = Asked(kind, live.id, "elsewhere", room_ids(kind, live))
    assert occupancy(quiet.client, quiet.kinds, asked).session["id"] == session
    assert [dict(one.query).get("room_id") for one in quiet.space.requests[mark:]] == [
        live.id,
        live.attributes["booth_id"],
    ]
    own = [one for one in quiet.space.requests if one.path.startswith(BASE)]
    assert not any("include_active_session" in dict(one.query) for one in own)
    with pytest.raises(Invalid, match="include_active_session"):
        quiet.client.get(f"{BASE}/booths", params={"include_active_session": True})


def test_a_deletion_during_such_a_session_is_refused(quiet):
    quiet.give(manifest("Booth", "a") + manifest("Booth", "b"))
    session = quiet.space.start_session("Booth", "a", members=2)
    plan = quiet.plan(quiet.declared(manifest("Booth", "b")))
    (outcome,) = quiet.carry(plan)
    assert (outcome.status, "a session is live" in outcome.error) == ("failed", True)
    quiet.space.end_session(session)
    assert statuses(quiet.carry(plan)) == {"done": ["Booth/a"]}


def test_a_kind_of_no_use_is_not_listed(quiet):
    quiet.give(manifest("Room", "r"))
    mark = quiet.mark
    quiet.look(quiet.declared(manifest("Room", "r")))
    assert [one.path for one in quiet.space.requests[mark:]] == [
        "/api/video/conferences",
        "/api/video/rooms",
    ]


@pytest.mark.parametrize("side", ["declared", "managed", "needed", "everything"])
def test_a_kind_in_use_is_listed(quiet, side):
    if side == "managed":
        quiet.give(manifest("Booth", "a"))
    mark = quiet.mark
    refresh(
        quiet.client,
        quiet.kinds,
        desired=quiet.declared(manifest("Booth", "a")) if side == "declared" else (),
        applied=quiet.state.resources,
        needed=["Booth"] if side == "needed" else [],
        everything=side == "everything",
    )
    assert f"{BASE}/booths" in [one.path for one in quiet.space.requests[mark:]]


# One room that two kinds show


ROOM_AS_WELL = {"same_as": {"Room": "booth_id"}}


def refused(plan):
    """What the guard says of the plan, whatever is consented to by number."""
    consent = Consent(
        adopt=Allowed(counts={"Room": 9, "Booth": 9}), allow_delete={"Room": 9, "Booth": 9}
    )
    return [one.reason for one in refusals(plan, Limits(), consent)]


@pytest.fixture
def twice(site_of):
    """A Space that shows a booth in the list of rooms as well."""
    site = site_of(**ROOM_AS_WELL)
    site.space.knobs = Settings(one_room="suffixed", seed=3)
    return site


def room_beside(site):
    (there,) = [live for live in site.look() if live.address.kind == "Room"]
    return there


def test_a_room_that_is_managed_as_another_kind_is_not_adopted(twice):
    twice.give(manifest("Booth", "a"))
    there = room_beside(twice)
    declared = manifest("Booth", "a") + manifest("Room", there.address.name)
    plan = twice.plan(twice.declared(declared))
    assert verbs(plan) == [("adopt", str(there.address))]
    (why,) = refused(plan)
    assert "is the same room as Booth/a (their ids are equal) and is managed" in why
    assert "reconciler state rm Booth/a" in why


def test_of_two_that_nobody_manages_the_wrapped_one_is_refused(twice):
    twice.client.post(f"{BASE}/booths", {"name": "a", "lit": True})
    there = room_beside(twice)
    declared = manifest("Booth", "a") + manifest("Room", there.address.name)
    plan = twice.plan(twice.declared(declared))
    (why,) = refused(plan)
    assert why.startswith(f"{there.address} exists in the Space and is the same room as Booth/a")


def test_the_deletion_of_one_face_of_a_managed_room_is_refused(twice):
    twice.give(manifest("Booth", "a"))
    there = room_beside(twice)
    address = there.address
    record = Applied(address, there.id, {})
    twice.state = twice.state.with_entries(Entry(record))
    (why,) = refused(twice.plan(twice.declared(manifest("Booth", "a"))))
    assert why.startswith(f"{address} would be deleted, and it is the same room as Booth/a")
    # Both go where both are to go, in either order.
    assert set(statuses(twice.apply(()))) == {"done"}


def test_a_resource_of_the_same_name_may_be_the_same_room(site_of):
    site = site_of(**ROOM_AS_WELL)
    site.give(manifest("Room", "a"))
    site.client.post(f"{BASE}/booths", {"name": "a", "lit": True})
    plan = site.plan(site.declared(manifest("Room", "a") + manifest("Booth", "a")))
    (why,) = refused(plan)
    assert why.startswith("Booth/a exists in the Space and may be the same room as Room/a")
    assert "give one of them another name" in why


def test_an_id_says_more_than_a_name(twice):
    """A room with the booth's name beside the one with its id is another room."""
    twice.give(manifest("Booth", "a"))
    twice.client.post("/rooms", {"name": "a"})
    plan = twice.plan(twice.declared(manifest("Booth", "a") + manifest("Room", "a")))
    assert (verbs(plan), refused(plan)) == ([("adopt", "Room/a")], [])


def test_creating_two_of_one_name_is_no_adoption(site_of):
    site = site_of(**ROOM_AS_WELL)
    site.give(manifest("Room", "a") + manifest("Booth", "a"))
    assert site.plan(()).same_rooms == {}


# Read-only lists, and scopes


def test_a_read_only_list_is_served_and_read(site_of):
    site = site_of(
        lists={
            "addresses": {
                "path": "/booth/{id}/addresses",
                "example": {"name": "{name}", "preview_url": "https://x.example/{name}"},
            }
        }
    )
    site.give(manifest("Booth", "a"))
    (live,) = site.look()
    (element,) = read_only_lists(site.client, site.kinds["Booth"], live)["addresses"]
    assert (element["name"], str(element["preview_url"])) == ("a", "(secret)")
    page = site.client.get(f"{BASE}/booth/{live.id}/addresses")
    assert (page["links"].keys(), len(page["data"])) == ({"self", "first"}, 1)
    with pytest.raises(NotFound):
        site.client.get(f"{BASE}/booth/{ID}/addresses")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_kind_names_the_scopes_it_needs(site_of, status):
    site = site_of(scopes=["voice", "fax"])
    site.space.knobs = Settings(faults=(Fault(path_regex="booths", status=status),))
    with pytest.raises((Forbidden, Unauthorized)) as caught:
        site.look(site.declared(manifest("Booth", "a")))
    assert caught.value.hint == "use an API token with the scope that Booth needs: voice or fax"
