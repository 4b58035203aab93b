"""Whatever goes wrong on the way: nothing is made twice, nothing is said to be done that is not, and the next run ends it."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.localspace import Fault, Settings
from tests.effort import examples
from tests.integration.end_to_end.driver import Site, statuses
from tests.integration.end_to_end.worlds import SECRETS, Model, composed, documents, shown, texts

DEEDS = st.one_of(
    st.sampled_from(
        ["reset_before_commit", "reset_after_commit", "hang", "truncated", "garbage", "empty"]
    ).map(lambda action: {"action": action}),
    st.fixed_dictionaries(
        {"status": st.sampled_from([401, 403, 422, 500, 502, 503])},
        optional={"committed": st.just(True)},
    ),
)
# No answer of a list is spoilt: without one there is no plan, and nothing to see here.
WHERE = st.sampled_from(
    [
        ("POST", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("*", "/streams"),
        ("GET", "/(rooms|conferences)/[^/]+$"),
    ]
)


@st.composite
def faults(draw):
    found = []
    for (method, path), deed in draw(st.lists(st.tuples(WHERE, DEEDS), max_size=3)):
        lied = deed.get("committed") and deed["status"] < 500
        fault = {key: value for key, value in deed.items() if key != "committed" or not lied}
        found.append(
            Fault(
                method,
                path,
                times=draw(st.none() | st.integers(1, 3)),
                after=draw(st.integers(0, 3)),
                **fault,
            )
        )
    return tuple(found)


def committed(site, since):
    return {(one.kind, one.id) for one in site.space.ledger[since:]}


@settings(
    max_examples=examples(120),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
@given(st.data(), st.sampled_from(["merge", "replace"]), faults())
@pytest.mark.long
def test_the_next_run_ends_what_faults_left_over(data, put, broken):
    with Site(Settings(put=put), parallel=data.draw(st.sampled_from([1, 3]))) as site:
        model = Model()
        for number in range(2):
            found = data.draw(documents())
            desired = site.declared(data.draw(texts(found)), **SECRETS)
            plan, mark = site.plan(desired), len(site.space.ledger)
            site.space.knobs = Settings(put=put, faults=broken if number else ())
            outcomes = site.carry(plan)
            site.space.knobs = Settings(put=put)
            check_report(site, outcomes, mark)
            model.declare(composed(found))
        # What was made and could not be recorded is adopted by the next run, and one that is unknown twice is not made twice.
        assert statuses(site.apply(desired)).keys() <= {"done"}
        assert site.plan(desired).actions == ()
        assert shown(site) == (model.fields, model.urls)


def check_report(site, outcomes, mark):
    """Done is done, and what is said to have failed or to be left out was not made nor deleted."""
    touched = site.space.ledger[mark:]
    made = {
        (one.kind, one.body["name"])
        for one in touched
        if one.method == "POST" and "name" in one.body
    }
    deleted = {one.id for one in touched if one.method == "DELETE"}
    for outcome in outcomes:
        action = outcome.action
        if action.action == "create" and action.record.id == "" and not action.known:
            was_made = tuple(action.address) in made
            assert was_made or outcome.status != "done"
            assert not was_made or outcome.status != "skipped"
            assert (
                not was_made or outcome.status != "failed" or action.address in site.state.resources
            )
        if action.action == "delete":
            assert action.id in deleted or outcome.status != "done"
            assert action.id not in deleted or outcome.status in ("done", "unknown")
