"""One PUT: what it sends, what answer is believed, and what follows a lost answer."""

from dataclasses import replace
from functools import partial

import pytest

from reconciler.core.errors import NotFound, ProtocolError, Refused, ServerError, Unreachable
from reconciler.core.facts import KEPT, OMITTED_FIELDS, Fact, facts_of
from reconciler.core.plan_model import Interruption
from reconciler.executor.context import ExecutionContext
from reconciler.executor.known_facts import KnownFacts
from reconciler.executor.recheck import recheck
from reconciler.executor.update import Update, found_after_loss
from reconciler.localspace import Fault, Settings
from reconciler.space.client import writer
from tests.integration.end_to_end.driver import Hours, room
from tests.unit.core.worlds import live

UNCERTAIN = (
    "it is not known whether the Space carried out this request; run the command again: "
    "it reads the Space first"
)


@pytest.fixture
def action(site):
    site.give(room("lobby", "layout: 3x3, description: ours"))
    (planned,) = site.plan(site.declared(room("lobby", "layout: 5x5, description: ours"))).actions
    return planned


def update_of(site, action, *, name=None, client=None, keeps=False):
    fact = Fact(OMITTED_FIELDS, "Room", KEPT, (), "2027-01-01", "1")
    facts = KnownFacts(facts_of("local", [fact] if keeps else [], []))
    context = ExecutionContext(client or site.client, site.kinds, site.state.key, facts=facts)
    return Update(context, site.kinds["Room"], action, action.body, action.id, name)


def send(update):
    return update.send(partial(recheck, update.context, update.kind, update.action))


def methods(site, mark):
    return [one.method for one in site.space.requests[mark:]]


def puts(*faults):
    return Settings(faults=tuple(Fault("PUT", "/rooms/", **fault) for fault in faults))


def test_an_update_is_one_reading_and_one_put(site, action):
    mark = site.mark
    update = update_of(site, action)
    after = send(update)
    assert (after.id, after.attributes["layout"], update.before.attributes["layout"]) == (
        action.id,
        "5x5",
        "3x3",
    )
    assert methods(site, mark) == ["GET", "PUT"]


def test_the_answer_to_a_rename_has_the_new_name_or_the_old_one(site, action):
    mark = site.mark
    assert send(update_of(site, action, name="foyer")).address.name == "foyer"
    assert methods(site, mark) == ["GET", "PUT"]
    site.outside("Room", "foyer", name="lobby", layout="3x3")
    site.space.knobs = Settings(put_name="ignored")
    mark = site.mark
    assert send(update_of(site, action, name="foyer")).address.name == "lobby"
    assert methods(site, mark) == ["GET", "PUT"]


def answering(site, **fields):
    """A Space that answers each PUT about another resource than was asked for."""

    class Space:
        def __call__(self, environ, start_response):
            answer = b"".join(site.space(environ, start_response))
            if environ["REQUEST_METHOD"] == "PUT":
                for field, (old, new) in fields.items():
                    answer = answer.replace(
                        f'"{field}":"{old}"'.encode(), f'"{field}":"{new}"'.encode()
                    ).replace(f'"{field}": "{old}"'.encode(), f'"{field}": "{new}"'.encode())
            return [answer]

    return writer(site.target, application=Space(), clock=Hours().clock)


@pytest.mark.parametrize("field", ["id", "name"])
def test_an_answer_about_another_resource_is_not_believed(site, action, field):
    other = {
        "id": (action.id, f"{'0' * 8}{action.id[8:]}"),
        "name": ("lobby", "hall"),
    }
    with answering(site, **{field: other[field]}) as client:
        mark = site.mark
        after = send(update_of(site, action, client=client))
    # So the resource is read: the update took effect.
    assert (after.id, after.address.name, after.attributes["layout"]) == (
        action.id,
        "lobby",
        "5x5",
    )
    assert methods(site, mark) == ["GET", "PUT", "GET"]


def test_an_id_in_other_letters_is_the_same_one(site, action):
    with answering(site, id=(action.id, action.id.upper())) as client:
        mark = site.mark
        send(update_of(site, action, client=client))
    assert methods(site, mark) == ["GET", "PUT"]


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ({"action": "reset_after_commit"}, 1),
        ({"action": "garbage"}, 1),
        ({"status": 500, "committed": True}, 1),
        ({"action": "reset_before_commit"}, 2),
        ({"status": 500}, 2),
    ],
)
def test_after_a_lost_answer_what_took_effect_is_not_sent_again(site, action, fault, sent):
    site.space.knobs = puts({"times": 1} | fault)
    mark = site.mark
    assert send(update_of(site, action)).attributes["layout"] == "5x5"
    assert methods(site, mark).count("PUT") == sent


def test_a_refusal_is_not_asked_again(site, action):
    site.space.knobs = puts({"status": 404})
    mark = site.mark
    with pytest.raises(NotFound):
        send(update_of(site, action))
    assert methods(site, mark) == ["GET", "PUT"]


def test_an_answer_that_is_lost_twice_is_unknown(site, action):
    site.space.knobs = puts({"action": "reset_before_commit", "times": 2})
    with pytest.raises(Unreachable):
        send(update_of(site, action))


def test_a_rename_that_did_not_happen_is_sent_again(site, action):
    site.space.knobs = puts({"action": "reset_before_commit", "times": 1})
    mark = site.mark
    unchanged = replace(action, body={})
    update = update_of(site, unchanged, name="foyer")
    assert send(update).address.name == "foyer"
    assert methods(site, mark).count("PUT") == 2


def test_what_is_lost_for_good_is_told_with_the_request_and_what_to_do(site, action):
    other = f"{'0' * 8}{action.id[8:]}"
    site.space.knobs = Settings(faults=(Fault("GET", "/rooms/", after=1, status=500),))
    with answering(site, id=(action.id, other)) as client, pytest.raises(ProtocolError) as told:
        send(update_of(site, action, client=client))
    request = f"PUT /rooms/{action.id}"
    assert (told.value.message, told.value.hint, told.value.request) == (
        f"{request}: the Space answered about another resource, Room/lobby, id {other}",
        UNCERTAIN,
        request,
    )
    assert isinstance(told.value.__cause__, ServerError)


def test_what_is_gone_before_the_first_put_is_not_looked_for(site, action):
    site.client.delete(f"/rooms/{action.id}")
    mark = site.mark
    update = update_of(site, action)

    def reading():
        raise Unreachable("not even read")

    with pytest.raises(Unreachable, match="not even read"):
        update.send(reading)
    assert (methods(site, mark), update.before) == ([], None)


def test_a_patch_has_its_own_method_and_only_the_changed_fields(site, action):
    update = update_of(site, action)
    update.kind = replace(update.kind, update="PATCH")
    mark = site.mark
    with pytest.raises(ProtocolError, match="405"):  # the local Space knows no PATCH of a room
        send(update)
    (sent, *_) = site.sent(mark)
    assert sent == ("PATCH", f"/rooms/{action.id}", {"layout": "5x5"})


def cutting(site, meanwhile):
    """A Space whose first PUT is lost on the way, while another client writes."""
    lost = [meanwhile]

    class Space:
        def __call__(self, environ, start_response):
            if environ["REQUEST_METHOD"] == "PUT" and lost:
                lost.pop()()
                raise ConnectionResetError("cut")
            return site.space(environ, start_response)

    return writer(site.target, application=Space(), clock=Hours().clock)


@pytest.mark.parametrize(
    ("fields", "sent_again"),
    [
        ({"max_members": 7}, True),
        ({"layout": "8x8"}, False),
        ({"name": "hall"}, False),
        ({"name": "foyer"}, True),
    ],
)
def test_after_a_loss_nothing_that_others_wrote_is_overwritten(site, action, fields, sent_again):
    renaming = replace(action, address=action.address._replace(name="foyer"))
    with cutting(site, lambda: site.outside("Room", "lobby", **fields)) as client:
        update = update_of(site, renaming, name="foyer", client=client)
        reading = partial(recheck, update.context, update.kind, action)
        if not sent_again:
            with pytest.raises(Unreachable):
                update.send(reading)
            return
        after = update.send(reading)
    assert (after.attributes["layout"], after.address.name) == ("5x5", "foyer")


def test_after_a_loss_a_session_that_began_is_not_disturbed(site, action):
    cut = replace(action, interrupts=(Interruption("layout"),))
    begin = partial(site.space.start_session, "Room", "lobby", members=1)
    with cutting(site, begin) as client, pytest.raises(Unreachable) as found:
        send(update_of(site, cut, client=client))
    assert isinstance(found.value.__cause__, Refused)
    assert site.fetch("Room", "lobby")["layout"] == "3x3"


def test_where_a_space_keeps_what_is_left_out_only_the_change_is_sent(site, action):
    mark = site.mark
    update = update_of(site, action, keeps=True)
    send(update)
    ((_, _, body),) = site.sent(mark)
    assert (body, update.partial) == ({"layout": "5x5"}, True)
    assert update.context.facts.answer(OMITTED_FIELDS, "Room") == KEPT


@pytest.mark.parametrize("fault", [{}, {"action": "reset_after_commit"}])
def test_what_such_a_put_reset_after_all_is_put_back_at_once(site, action, fault):
    faults = (Fault("PUT", "/rooms/", times=1, **fault),) if fault else ()
    site.space.knobs = Settings(put="replace", faults=faults)
    update = update_of(site, action, keeps=True)
    after = send(update)
    assert (after.attributes["layout"], after.attributes["description"]) == ("5x5", "ours")
    assert site.fetch("Room", "lobby")["description"] == "ours"
    assert update.context.facts.answer(OMITTED_FIELDS, "Room") is None
    assert (update.context.findings.moved, update.context.findings.notes) == (
        [],
        [("the PUT reset description, which it did not mention, and a second PUT put them back")],
    )


def test_an_answer_about_another_resource_to_what_is_put_back_is_not_believed_either(site, action):
    site.space.knobs = Settings(put="replace")
    answers = []

    def space(environ, start_response):
        answer = b"".join(site.space(environ, start_response))
        if environ["REQUEST_METHOD"] == "PUT":
            answers.append(answer)
            if len(answers) == 2:
                return [answer.replace(action.id.encode(), b"0" * 8 + action.id[8:].encode())]
        return [answer]

    with site.writing_to(space) as client:
        mark = site.mark
        after = send(update_of(site, action, client=client, keeps=True))
    assert (after.id, after.attributes["description"]) == (action.id, "ours")
    assert methods(site, mark) == ["GET", "PUT", "GET", "PUT", "GET"]


@pytest.mark.parametrize(
    ("theirs", "puts_after", "there"),
    [
        ({"quality": "1080p"}, 1, {"quality": "1080p", "description": "ours", "layout": "5x5"}),
        ({"layout": "8x8"}, 1, {"layout": "8x8", "description": "ours"}),
        ({"description": "theirs"}, 0, {"description": "theirs", "layout": "5x5"}),
    ],
)
def test_what_others_write_while_a_value_waits_to_be_put_back_stays(
    site, action, theirs, puts_after, there
):
    """The second PUT is told to wait, and is read for again."""
    site.space.knobs = Settings(put="replace")
    answered = []

    def space(environ, start_response):
        if environ["REQUEST_METHOD"] == "PUT":
            answered.append(environ["PATH_INFO"])
            if len(answered) == 2:
                site.space.knobs = Settings()
                site.outside("Room", "lobby", **theirs)
                site.space.knobs = Settings(put="replace")
                start_response("429 Too Many Requests", [("Retry-After", "2")])
                return [b""]
        return site.space(environ, start_response)

    with site.writing_to(space) as client:
        send(update_of(site, action, client=client, keeps=True))
    assert len(answered) == 2 + puts_after
    found = site.fetch("Room", "lobby")
    assert {field: found[field] for field in there} == there


def test_what_cannot_be_put_back_is_told(site, action):
    site.space.knobs = Settings(
        put="replace", faults=(Fault("PUT", "/rooms/", after=1, status=422),)
    )
    update = update_of(site, action, keeps=True)
    send(update)
    assert [(one.path, one.before) for one in update.context.findings.moved] == [
        ("description", "ours")
    ]
    assert update.context.findings.notes == []


def test_what_is_found_after_a_loss():
    lost, there = ServerError("lost"), live("Room", "lobby", 1)
    assert found_after_loss(lambda: there, lost) is there
    with pytest.raises(ServerError) as found:
        found_after_loss(lambda: None, lost)
    assert found.value is lost
    unseen = ProtocolError("unseen")

    def look():
        raise unseen

    with pytest.raises(ServerError) as found:
        found_after_loss(look, lost)
    assert (found.value, found.value.__cause__) == (lost, unseen)
