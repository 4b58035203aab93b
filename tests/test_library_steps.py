"""What a program that reconciles in steps gets: values, exact plans, exact deletions, facts."""

import json
import threading
from dataclasses import replace

import pytest
from werkzeug.test import Client

import reconciler
from reconciler import catalog
from reconciler.core.errors import (
    Incomplete,
    Interrupted,
    Locked,
    Refused,
    Unreachable,
    UsageError,
)
from reconciler.engine.saved_plan.document import plan_document
from reconciler.localspace import Fault, Settings, create_space, serve
from reconciler.operator.conditions import Verdict, status_of
from reconciler.reports.text.plan import PlanReport
from reconciler.state.backends.local import LocalState

ROOMS = "/api/video/rooms"


def value(kind="Room", name="a", *, protect=False, **spec):
    metadata = {"name": name, **({"protect": True} if protect else {})}
    return {"apiVersion": "reconciler.dev/v1", "kind": kind, "metadata": metadata, "spec": spec}


def rooms(*names, **spec):
    return reconciler.load_values({name: value(name=name, **spec) for name in names})


class Hands:
    """Another client of the Space."""

    def __init__(self, space):
        self._client = Client(space)
        self._auth = ("p", "t")

    def post(self, name):
        return self._client.post(ROOMS, json={"name": name}, auth=self._auth).json["id"]

    def put(self, name, /, **fields):
        found = self._client.get(f"{ROOMS}/{name}", auth=self._auth).json
        self._client.put(f"{ROOMS}/{found['id']}", json=fields, auth=self._auth)

    def enter(self, name):
        body = {"kind": "Room", "name": name, "members": 2}
        return self._client.post("/control/sessions", json=body, auth=self._auth)

    @property
    def names(self):
        return sorted(one["name"] for one in self._client.get(ROOMS, auth=self._auth).json["data"])


@pytest.fixture
def space():
    made = create_space(":memory:", kinds=catalog.kinds())
    yield made
    made.close()


@pytest.fixture
def hands(space):
    return Hands(space)


@pytest.fixture
def folder(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o700)
    return kept


@pytest.fixture
def site(space, folder):
    with reconciler.connect(
        "local", project="local", token="local", state=folder / "state.json", application=space
    ) as connected:
        yield connected


def addresses(*names):
    return [reconciler.Address("Room", name) for name in names]


def lists(space):
    return sum(one.method == "GET" and one.path == ROOMS for one in space.requests)


def test_values_are_declared_as_files_are_and_an_empty_set_is_one(site, hands):
    assert len(site.apply(rooms("a", "b"))) == 2
    assert hands.names == ["a", "b"]

    nothing = reconciler.load_values({})
    assert [one.action for one in site.plan(nothing).actions] == ["delete", "delete"]
    assert {one.rule for one in site.refusals(site.plan(nothing))} == {"mass-delete"}


def test_a_wrong_value_stops_itself_only_and_keeps_what_it_has(site, hands):
    site.apply(rooms("a", "b"))

    half = reconciler.load_values(
        {
            "ns/a": value(name="a", layout="gird"),
            "ns/b": value(name="b", layout="2x2"),
            "ns/c": value(name="c", presets=["brand"]),
            "ns/brand": value("Preset", "brand", max_members=999),
        }
    )

    assert {problem.place.file for problem in half.problems} == {"ns/a", "ns/c", "ns/brand"}
    assert half.wrong == set(addresses("a", "c"))
    assert [(one.action, one.address.name) for one in site.plan(half).actions] == [("update", "b")]
    site.apply(half)
    assert hands.names == ["a", "b"]


@pytest.mark.parametrize(
    "wrong",
    [
        "no mapping",
        None,
        {"kind": "Rooom", "metadata": {"name": "a"}},
        {"kind": "Room", "metadata": {"nmae": "a"}},
        {"kind": "Room", "metadata": {"name": ["a"]}},
        {"kind": ["Room"]},
        {"kind": "Room", "metadata": {"name": "a"}, "spec": {"meta": {1: 2}}},
        {"kind": "Room", "metadata": {"name": "a"}, "spec": {"meta": {"x": float("nan")}}},
    ],
)
def test_a_value_that_may_be_any_resource_deletes_none(site, hands, wrong):
    site.apply(rooms("a", "b"))
    some = reconciler.load_values({"wrong": wrong, "b": value(name="b")})

    assert some.problems
    assert site.plan(some).actions == ()
    assert hands.names == ["a", "b"]


def test_texts_in_values_stand_for_themselves(site, space, monkeypatch):
    monkeypatch.setenv("NOT_ASKED", "filled in")
    site.apply(rooms("a", description="${env:NOT_ASKED} $${x}"))

    assert [one.attributes["description"] for one in site.observe()] == ["${env:NOT_ASKED} $${x}"]


def test_a_plan_is_applied_as_it_was_made_and_lists_once(site, space, hands):
    plan = site.plan(rooms("a", "b"))
    before = lists(space)

    outcomes = site.apply(plan)

    assert [one.action for one in outcomes] == list(plan.actions)
    assert lists(space) == before
    assert hands.names == ["a", "b"]


def test_a_plan_of_another_record_is_refused(site, hands):
    plan = site.plan(rooms("a", "b"))
    site.apply(rooms("c"))

    with pytest.raises(Refused, match="record has changed"):
        site.apply(plan)
    assert hands.names == ["c"]


def test_what_changed_in_the_space_since_the_plan_is_seen_by_the_action(site, hands):
    site.apply(rooms("a", layout="2x2"))
    plan = site.plan(rooms("a", layout="3x3"))
    hands.put("a", layout="5x5")

    with pytest.raises(Incomplete) as partly:
        site.apply(plan)

    assert "layout changed since the plan" in partly.value.outcomes[0].error


def test_a_plan_may_lose_actions_but_not_change_them(site, hands):
    plan = site.plan(rooms("a", "b"))
    forged = replace(plan, actions=tuple(replace(one, id="another") for one in plan.actions))
    with pytest.raises(Refused, match="changed after it was made"):
        site.apply(forged)

    assert len(site.apply(plan.without(addresses("b")))) == 1
    assert hands.names == ["a"]


def test_protection_of_an_unchanged_room_is_an_effect_and_holds(site, hands):
    site.apply(rooms("a", "b", "c"))
    assert not site.plan(rooms("a", "b", "c")).has_effect

    protected = site.plan(rooms("a", "b", "c", protect=True))
    assert protected.actions == ()
    assert protected.has_effect
    assert site.apply(protected) == ()

    refused = site.refusals(site.plan(rooms("b", "c")))
    assert [(one.rule, one.addresses, one.consent) for one in refused] == [
        ("protected", tuple(addresses("a")), "")
    ]
    with pytest.raises(Refused):
        site.delete(["Room/a"])
    assert hands.names == ["a", "b", "c"]


def test_protection_holds_although_the_change_beside_it_failed(site, space, hands):
    site.apply(rooms("a", "b"))
    space.knobs = Settings(faults=(Fault(method="PUT", action="status", status=422),))
    with pytest.raises(Incomplete):
        site.apply(rooms("a", layout="5x5", protect=True), prune=False)

    assert [one.rule for one in site.refusals(site.plan(rooms("b")))] == ["protected"]


def test_deletion_is_of_exactly_what_is_named(site, hands):
    site.apply(rooms("a", "b", "c"))
    hands.post("stranger")

    assert [one.status for one in site.delete(["Room/a", "Room/stranger"])] == ["done"]
    assert hands.names == ["b", "c", "stranger"]

    plan = site.plan(rooms("c", "d"), delete=addresses("b"))
    assert [(one.action, one.address.name) for one in plan.actions] == [
        ("create", "d"),
        ("delete", "b"),
    ]
    assert site.plan(rooms("c", "d"), delete=[]).without(addresses("d")).actions == ()


def test_the_limits_hold_for_named_deletions_and_a_consent_names_them_too(site, hands):
    site.apply(rooms("a", "b"))
    plan = site.plan(reconciler.load_values({}), delete=addresses("a", "b"))

    (refused,) = site.refusals(plan)
    assert (refused.rule, set(refused.addresses)) == ("mass-delete", set(addresses("a", "b")))
    with pytest.raises(Refused) as error:
        site.apply(plan)
    assert error.value.refusals == (refused,)

    some = reconciler.Consent(allow_delete=["Room/a"])
    assert site.refusals(plan, consent=some) == (refused,)
    both = reconciler.Consent(allow_delete=refused.addresses)
    assert site.refusals(plan, consent=both) == ()
    assert len(site.apply(plan, consent=both)) == 2


def test_deletions_of_earlier_runs_count(site):
    site.apply(rooms("a", "b", "c", "d"))
    recent = reconciler.RecentChanges(deleted={"Room": 3})

    with pytest.raises(Refused, match="more than the share of 50%"):
        site.delete(["Room/a"], recent=recent)


def test_the_limits_are_those_of_the_program(space, folder):
    with reconciler.connect(
        "local",
        project="local",
        token="local",
        state=folder / "state.json",
        application=space,
        limits=reconciler.Limits(max_delete_count=0),
    ) as strict:
        strict.apply(rooms("a", "b", "c"))
        with pytest.raises(Refused, match="more than the 0 that the safety limits allow"):
            strict.delete(["Room/a"])


def test_a_live_session_is_a_refusal_with_its_address(site, hands):
    site.apply(rooms("a", "b"))
    hands.enter("a")
    plan = site.plan(rooms("b"), delete=addresses("a"))

    (refused,) = site.refusals(plan)
    assert (refused.rule, refused.addresses) == ("live-session", tuple(addresses("a")))
    assert site.refusals(plan, consent=reconciler.Consent(allow_live=["Room/a"])) == ()


def test_what_is_forgotten_stays_and_is_adopted_with_consent_only(site, hands):
    site.apply(rooms("a", "b"))

    assert site.forget(["Room/a", "Room/never"]) == tuple(addresses("a"))
    assert hands.names == ["a", "b"]
    plan = site.plan(rooms("a", "b"))
    (refused,) = site.refusals(plan)
    assert (refused.rule, refused.problem) == (
        "not-ours",
        "Room/a exists in the Space and was not created by this tool",
    )
    site.apply(plan, consent=reconciler.Consent(adopt=refused.addresses))
    assert not site.plan(rooms("a", "b")).has_effect


@pytest.mark.parametrize("wrong", [["a"], ["Roam/a"], "Room/a"])
def test_what_is_no_address_is_an_error(site, wrong):
    with pytest.raises(UsageError):
        site.delete(wrong)


def test_the_facts_after_a_pass(site, hands):
    site.apply(rooms("a", "b", protect=True))
    hands.put("a", layout="5x5")
    hands.enter("b")

    wanted = reconciler.load_values(
        {one: value(name=one, layout="2x2", protect=True) for one in ("a", "b")}
    )
    site.apply(site.plan(wanted).without(addresses("b")))
    hands.put("a", layout="5x5")
    plan = site.plan(wanted)
    known = {str(one.address): one for one in site.facts(plan).values()}

    assert {(one.name, one.protected, one.exists) for one in known.values()} == {
        ("a", True, True),
        ("b", True, True),
    }
    assert [(one.path, one.before, one.after) for one in known["Room/a"].drift] == [
        ("layout", "5x5", "2x2")
    ]
    assert [one.path for one in known["Room/b"].pending] == ["layout"]
    assert known["Room/b"].drift == ()
    assert known["Room/a"].session is None
    assert known["Room/b"].session is not None
    assert known["Room/a"].applied_at.endswith("Z")

    outcomes = site.apply(plan)
    after = site.facts(plan, outcomes)
    assert [one.pending for one in after.values()] == [(), ()]
    assert {one.id for one in after.values()} == {live.id for live in site.observe()}


def test_the_lock_is_kept_over_steps_and_refused_to_others(site, space, folder):
    other = LocalState(folder / "state.json", space="local", project="local")
    refused = []

    def take():
        try:
            with other.lock(reason="another", since="2027-01-01T00:00:00Z"):
                pass
        except Locked:
            refused.append(True)

    with site.locked(reason="a pass"):
        site.apply(site.plan(rooms("a", "b", "c")))
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
        site.delete(["Room/a"])
        site.forget(["Room/b"])

    assert refused == [True]
    take()
    assert refused == [True]


@pytest.fixture
def slow(space, folder):
    space.knobs = Settings(faults=(Fault(method="GET", action="hang", seconds=20),))
    with (
        serve(space, port=0) as server,
        reconciler.connect(
            f"127.0.0.1:{server.port}", project="p", token="t", state=folder / "state.json"
        ) as connected,
    ):
        yield connected


def test_a_plan_ends_at_its_deadline(slow):
    with pytest.raises(Unreachable):
        slow.plan(rooms("a"), timeout=0.2)


def test_a_plan_is_stopped_from_another_thread(space, folder):
    asked = threading.Event()
    space.knobs = Settings(
        faults=(Fault(action="status", status=429, headers={"Retry-After": "20"}),)
    )
    with (
        serve(space, port=0, on_request=lambda *_: asked.set()) as server,
        reconciler.connect(
            f"127.0.0.1:{server.port}", project="p", token="t", state=folder / "state.json"
        ) as connected,
    ):

        def stop():
            asked.wait(10)
            connected.stop()

        threading.Thread(target=stop).start()
        with pytest.raises(Interrupted):
            connected.plan(rooms("a"))


def test_secrets_of_a_first_plan_are_known_again(site):
    stream = rooms("a", streams=[{"url": "rtmp://live.example.com/app/key"}])

    site.apply(site.plan(stream))

    assert not site.plan(stream).has_effect


def test_a_secret_that_the_space_gives_back_is_in_no_plan_and_no_status(site, hands):
    """As a name, as the new name of a managed room, and in a text: what the operator writes."""
    key = "q7Zk-Gr33ting-w9"
    declared = reconciler.load_values(
        {
            "a": value(streams=[{"url": f"rtmp://live.example.com/app/{key}"}]),
            "b": value(name="b", description="x"),
        }
    )
    site.apply(declared)
    hands.post(f"theirs-{key}")
    hands.put("b", name=f"b-{key}", description=f"my {key}")

    plan = site.plan(declared)
    facts = site.facts(plan)
    statuses = [
        status_of(Verdict("DriftReported"), fact, {}, generation=1, now="")
        for fact in facts.values()
    ]
    document = plan_document(PlanReport(created_at="", plan=plan, show_unmanaged=True))

    assert [change.path for change in facts["Room", "b"].drift] == ["name", "description"]
    assert len(plan.unmanaged) == 1
    assert key not in json.dumps([document, statuses])
    assert site.apply(plan)[0].status == "done"
    assert hands.names == ["a", "b", f"theirs-{key}"]
