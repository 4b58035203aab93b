"""A pass writes what differs, and a pass that finds all as it was writes nothing of its items."""

from reconciler.core.plan_model import Plan
from reconciler.core.resources import Address
from reconciler.engine.resource_facts import Fact
from reconciler.operator.claims import claims
from reconciler.operator.cluster import Cluster
from reconciler.operator.inputs import Inputs
from reconciler.operator.reporting import Reporter
from reconciler.operator.resources import item_of
from reconciler.operator.verdicts import Results
from tests.unit.operator.bodies import body, room, snapshot

NAMES = [f"room-{number}" for number in range(20)]


class Answers:
    """The API server as its client shows it: keeps what is written."""

    def __init__(self):
        self.patches, self.events = {}, []

    def patch(self, _, name, patch, **__):
        self.patches[name] = patch
        return {"metadata": {"name": name}}

    def create(self, event, **_):
        self.events.append(event["involvedObject"]["name"])


def reported(*items, known):
    answers = Answers()
    results = Results(Inputs(claims(items, {})), Plan("", "", (), 0, ()))
    report = Reporter(snapshot(*items), Cluster(answers)).report(results, known, ())
    return answers, report


def facts(names):
    return {
        Address("Room", name): Fact(Address("Room", name), f"id-{name}", name) for name in names
    }


def with_status(name, patch):
    status = {key: value for key, value in patch["status"].items() if value is not None}
    return item_of(body("Room", name, spaceRef={"name": "main"}, status=status), "Room")


def test_each_item_is_told_once():
    first, _ = reported(*map(room, NAMES), known=facts(NAMES))
    assert first.patches.keys() == {*NAMES, "main"}

    items = [with_status(name, first.patches[name]) for name in NAMES]
    second, report = reported(*items, known=facts(NAMES))
    assert second.patches.keys() == {"main"}
    assert second.events == []
    assert report.managed == len(NAMES)


def test_one_that_changed_is_told_beside_those_that_did_not():
    first, _ = reported(*map(room, NAMES), known=facts(NAMES))
    items = [with_status(name, first.patches[name]) for name in NAMES]

    second, _ = reported(*items, known=facts(NAMES[1:]))
    assert second.patches.keys() == {NAMES[0], "main"}


def test_what_may_go_is_released_and_counted():
    marked = [room(name, deleting=True) for name in NAMES[:3]]
    answers, report = reported(*marked, room("stays"), known=facts(["stays"]))

    assert report.left == 0
    assert all(answers.patches[one.metadata.name]["metadata"]["finalizers"] == [] for one in marked)
