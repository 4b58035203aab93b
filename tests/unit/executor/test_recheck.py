"""What is read right before a write, and what holds the write back."""

from dataclasses import replace

import pytest

from reconciler.core.errors import Forbidden, Refused, ServerError, Unauthorized
from reconciler.core.facts import ACTIVE_SESSION, SHOWN, Fact, facts_of
from reconciler.core.plan_model import Interruption
from reconciler.core.resources import Address
from reconciler.executor.context import ExecutionContext
from reconciler.executor.known_facts import KnownFacts
from reconciler.executor.recheck import check_sessions, recheck
from reconciler.executor.results import Conflict
from reconciler.localspace import Fault, Settings
from reconciler.space.session_list import SessionList
from tests.integration.end_to_end.driver import room

LOBBY = Address("Room", "lobby")
CUTS = (Interruption("max_members", 3),)
PLAN_AGAIN = "plan again and check what changed"
STREAMS = "layout: 3x3, streams: [{url: 'rtmp://a.example/x'}]"


def tools(site, **options):
    return ExecutionContext(site.client, site.kinds, site.state.key, **options)


def looked(site, action, **options):
    return recheck(tools(site, **options), site.kinds["Room"], action)


def held_back(site, action, *, hint=PLAN_AGAIN, **options):
    """What a conflict says; its hint is compared here."""
    with pytest.raises(Conflict) as found:
        looked(site, action, **options)
    assert found.value.hint == hint
    return found.value.message


@pytest.fixture
def update(site):
    """An update of the layout, as planned."""
    site.give(room("lobby", "layout: 3x3"))
    (action,) = site.plan(site.declared(room("lobby", "layout: 5x5"))).actions
    return action


@pytest.fixture
def deletion(site):
    """A deletion of a room with a stream, as planned."""
    site.give(room("lobby", STREAMS))
    (action,) = site.plan(()).actions
    return action


def reads(site, mark):
    return [one.path.removeprefix("/api/video") for one in site.space.requests[mark:]]


def test_an_update_reads_the_resource_alone(site, update):
    mark = site.mark
    live = looked(site, update)
    assert (live.address, live.id, live.attributes["layout"]) == (LOBBY, update.id, "3x3")
    assert reads(site, mark) == [f"/rooms/{update.id}"]
    assert live.children == {}


def test_a_deletion_reads_the_lists_and_the_sessions_first_and_the_resource_last(site, deletion):
    mark = site.mark
    live = looked(site, deletion)
    assert [child.attributes["url"] for child in live.children["streams"]] != []
    first, *between, last = reads(site, mark)
    assert (first, last) == (f"/rooms/{deletion.id}/streams", f"/rooms/{deletion.id}")
    assert set(between) == {"/room_sessions"}


def test_what_is_gone_is_none(site, update):
    site.client.delete(f"/rooms/{update.id}")
    assert looked(site, update) is None


def test_a_planned_field_that_changed_holds_the_write_back_and_any_other_does_not(site, update):
    site.outside("Room", "lobby", max_members=7)
    assert looked(site, update).attributes["max_members"] == 7
    site.outside("Room", "lobby", layout="8x8")
    assert held_back(site, update) == "layout changed since the plan was made"


def test_a_new_name_holds_the_write_back(site, update):
    site.outside("Room", "lobby", name="foyer")
    assert held_back(site, update) == "it was renamed to 'foyer' since the plan was made"


def test_a_read_only_field_that_an_answer_leaves_out_changed_nothing(site, update):
    more = replace(update, presumed=dict(update.presumed) | {"note": "x"})
    assert looked(site, more) is not None
    known = replace(update, presumed=dict(update.presumed) | {"description": "x"})
    assert held_back(site, known) == "description changed since the plan was made"


def test_a_stream_that_changed_holds_a_deletion_back(site, deletion):
    ((stream,),) = (deletion.presumed_children["streams"],)
    site.client.put(f"/streams/{stream.id}", {"url": "rtmp://b.example/x"})
    assert held_back(site, deletion) == "streams changed since the plan was made"
    # A plan that was saved without its streams compares none.
    assert looked(site, replace(deletion, presumed_children={})) is not None


def test_a_stream_of_others_holds_a_deletion_back(site, deletion):
    site.client.post(f"/rooms/{deletion.id}/streams", {"url": "rtmp://b.example/x"})
    hint = "declare its streams and apply, or remove them in the Space; then delete it"
    said = "1 stream that this tool did not create would be deleted with it"
    assert held_back(site, deletion, hint=hint) == said
    unknown = replace(deletion, known=None)
    assert held_back(site, unknown, hint=hint).startswith("2 streams that")


@pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (403, Forbidden)])
def test_refused_credentials_are_told_as_such(site, update, status, error):
    site.space.knobs = Settings(faults=(Fault("GET", "/rooms/", status=status),))
    with pytest.raises(error):
        looked(site, update)


def test_what_cannot_be_read_is_not_written(site, update):
    site.space.knobs = Settings(faults=(Fault("GET", "/rooms/", status=500),))
    with pytest.raises(ServerError) as unread:
        site.client.get(f"/rooms/{update.id}")
    assert unread.value.hint
    said = held_back(site, update, hint=unread.value.hint)
    assert said.startswith("it could not be read before the write, and nothing was sent: the Space")


def test_a_resource_whose_lists_are_missing_is_not_deleted(site, deletion):
    site.space.knobs = Settings(faults=(Fault("GET", "/streams", status=404),))
    assert held_back(site, deletion) == "it exists and its lists do not"


@pytest.fixture
def session(site, deletion):
    return site.space.start_session("Room", "lobby", members=3)


BOTH = pytest.mark.parametrize(
    "check",
    [
        looked,
        lambda site, action, **options: check_sessions(tools(site, **options), action),
    ],
    ids=["recheck", "check_sessions"],
)


@BOTH
def test_a_live_session_is_not_disturbed_without_consent(site, deletion, session, check):
    with pytest.raises(Refused) as found:
        check(site, deletion)
    assert (found.value.message, found.value.hint) == (
        "a session is live in it",
        "wait until it ends, or consent with --allow-live Room/lobby",
    )
    check(site, deletion, allow_live={LOBBY})
    with pytest.raises(Refused):
        check(site, deletion, allow_live={Address("Room", "foyer")})
    site.space.end_session(session)
    check(site, deletion)


def test_a_consent_is_good_under_the_old_name_and_the_new_one(site, update, request):
    renaming = replace(update, address=Address("Room", "foyer"), action="rename")
    site.space.start_session("Room", "lobby", members=1)
    for name in ("foyer", "lobby"):
        check_sessions(tools(site, allow_live={Address("Room", name)}), renaming)
    with pytest.raises(Refused, match="a session is live in it"):
        check_sessions(tools(site), renaming)


@BOTH
@pytest.mark.parametrize(("most", "refused"), [(None, True), (2, True), (3, False), (4, False)])
def test_a_limit_below_the_number_of_members_interrupts_them(site, update, check, most, refused):
    site.space.start_session("Room", "lobby", members=3)
    action = replace(update, interrupts=(Interruption("max_members", most),))
    if not refused:
        check(site, action)
        return
    with pytest.raises(Refused) as found:
        check(site, action)
    assert found.value.message == (
        "a session is live in it, and the new max_members would interrupt it"
    )


@BOTH
def test_a_session_that_cannot_be_read_may_be_live(site, update, check):
    action = replace(update, interrupts=(Interruption("max_members"),))
    check(site, action)
    site.space.knobs = Settings(
        faults=(Fault("GET", "/room_sessions", status=403),), active_session="absent"
    )
    with pytest.raises(Refused) as found:
        check(site, action)
    assert found.value.message.startswith("whether a session is live in it could not be read (")
    assert found.value.message.endswith("), and the new max_members would interrupt it")


@BOTH
def test_a_session_that_only_the_resource_shows_counts(site, deletion, session, check):
    site.space.knobs = Settings(faults=(Fault("GET", "/room_sessions", body='{"data": []}'),))
    with pytest.raises(Refused, match="a session is live in it"):
        check(site, deletion)


@BOTH
def test_a_session_that_only_the_list_shows_counts(site, deletion, session, check):
    site.space.knobs = Settings(active_session="absent")
    with pytest.raises(Refused, match="a session is live in it"):
        check(site, deletion)


def test_what_disturbs_nothing_asks_for_no_session(site, update):
    mark = site.mark
    check_sessions(tools(site), update)
    assert reads(site, mark) == []


def test_the_check_of_sessions_tells_what_is_gone(site, deletion):
    site.client.delete(f"/rooms/{deletion.id}")
    with pytest.raises(Conflict) as found:
        check_sessions(tools(site), deletion)
    assert (found.value.message, found.value.hint) == (
        "it was deleted since the plan was made",
        PLAN_AGAIN,
    )


def test_a_kind_without_sessions_is_not_asked_for_any(site, deletion):
    kinds = site.kinds | {"Room": replace(site.kinds["Room"], session="")}
    context = replace(tools(site), kinds=kinds)
    mark = site.mark
    check_sessions(context, deletion)
    assert reads(site, mark) == []
    assert recheck(context, kinds["Room"], deletion) is not None
    assert reads(site, mark) == [f"/rooms/{deletion.id}/streams", f"/rooms/{deletion.id}"]


def test_the_check_of_sessions_reads_no_streams(site, deletion):
    mark = site.mark
    check_sessions(tools(site), deletion)
    assert set(reads(site, mark)) == {"/room_sessions", f"/rooms/{deletion.id}"}


def shown(site):
    fact = Fact(ACTIVE_SESSION, "Room", SHOWN, (), "2027-01-01", "1")
    dropped = []
    facts = KnownFacts(facts_of("local", [fact], []), lambda _, *words: dropped.append(words))
    sessions = SessionList(site.client, site.kinds)
    return tools(site, facts=facts, sessions=sessions), facts, dropped


def test_where_answers_show_their_session_one_list_checks_several_writes(site, deletion):
    context, facts, dropped = shown(site)
    mark = site.mark
    for _ in range(2):
        check_sessions(context, deletion)
    assert reads(site, mark).count("/room_sessions") == 1
    assert (facts.answer(ACTIVE_SESSION, "Room"), dropped) == (SHOWN, [])


def test_without_a_list_of_sessions_each_write_reads_its_own(site, deletion, session):
    context = replace(shown(site)[0], sessions=None)
    mark = site.mark
    for _ in range(2):
        with pytest.raises(Refused, match="a session is live in it"):
            check_sessions(context, deletion)
    assert reads(site, mark).count(f"/rooms/{deletion.id}") == 2


def test_an_answer_that_hides_a_session_drops_the_fact(site, deletion, session):
    context, facts, dropped = shown(site)
    with pytest.raises(Refused):
        check_sessions(context, deletion)
    assert dropped == []
    site.space.knobs = Settings(active_session="absent")
    with pytest.raises(Refused):
        check_sessions(context, deletion)
    assert (facts.answer(ACTIVE_SESSION, "Room"), [one[:2] for one in dropped]) == (
        None,
        [(ACTIVE_SESSION, "Room")],
    )


@pytest.fixture
def rename(site, update):
    """A rename, as planned."""
    return replace(update, address=Address("Room", "two words"), action="rename")


def test_a_consent_is_asked_for_under_the_name_in_the_space(site, rename):
    site.space.start_session("Room", "lobby", members=1)
    with pytest.raises(Refused) as found:
        looked(site, rename)
    assert (found.value.message, found.value.hint) == (
        "a session is live in it",
        "wait until it ends, or consent with --allow-live Room/lobby",
    )
    assert looked(site, rename, allow_live={LOBBY}).address == LOBBY


def member_readings(site, action):
    mark = site.mark
    assert looked(site, action) is not None
    return [one.endswith("/members") for one in reads(site, mark)].count(True)


def test_members_are_counted_only_in_a_live_session_and_where_their_number_decides(site, update):
    limited = replace(update, interrupts=(Interruption("max_members", 3),))
    assert member_readings(site, limited) == 0
    site.space.start_session("Room", "lobby", members=3)
    assert member_readings(site, limited) == 1
    assert member_readings(site, update) == 0


def test_with_consent_no_session_is_read(site, deletion, session):
    mark = site.mark
    assert looked(site, deletion, allow_live={LOBBY}) is not None
    assert reads(site, mark) == [f"/rooms/{deletion.id}/streams", f"/rooms/{deletion.id}"]


def test_several_limits_are_named_together(site, update):
    site.space.start_session("Room", "lobby", members=3)
    limits = (Interruption("max_members", 2), Interruption("quality", 3), Interruption("layout"))
    with pytest.raises(Refused) as found:
        looked(site, replace(update, interrupts=limits))
    assert found.value.message == (
        "a session is live in it, and the new max_members, layout would interrupt it"
    )


def test_several_fields_that_changed_are_named_in_the_order_of_the_plan(site, update):
    presumed = {"quality": "720p", "layout": "3x3", "max_members": 20}
    site.outside("Room", "lobby", layout="8x8", quality="1080p")
    assert held_back(site, replace(update, presumed=presumed)) == (
        "quality, layout changed since the plan was made"
    )


def test_the_reading_of_a_deletion_has_its_streams(site, deletion):
    live = looked(site, deletion)
    ((recorded,),) = (deletion.known.children["streams"],)
    assert [one.id for one in live.children["streams"]] == [recorded.id]
    assert (live.address, live.id) == (LOBBY, deletion.id)
