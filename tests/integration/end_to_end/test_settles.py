"""The main job, by chance: whatever is declared comes about, stays, goes back when it is no longer declared, and the next plan is empty."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.localspace import Settings
from tests.effort import examples
from tests.integration.end_to_end.driver import Site, statuses
from tests.integration.end_to_end.worlds import SECRETS, Model, composed, documents, shown, texts

KNOBS = st.builds(
    Settings,
    put=st.sampled_from(["merge", "replace"]),
    colours=st.sampled_from(["as_sent", "upper", "lower"]),
    instants=st.sampled_from(["Z", "offset", "fraction"]),
    links=st.sampled_from(["absolute", "relative"]),
    created=st.sampled_from(["documented", 200, 201]),
    empty_page=st.none() | st.just(0),
)


def settle(site, model, found, text):
    desired = site.declared(text, **SECRETS)
    plan = site.plan(desired)
    assert site.plan(desired) == plan
    assert statuses(site.carry(plan)).keys() <= {"done"}
    again = site.plan(desired)
    assert (again.actions, again.record_removals) == ((), ())
    model.declare(composed(found))
    assert shown(site) == (model.fields, model.urls)


@settings(
    max_examples=examples(300),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
@given(st.data(), KNOBS)
@pytest.mark.long
def test_what_is_declared_comes_about_and_nothing_is_left_to_do(data, knobs):
    with Site(knobs, parallel=data.draw(st.sampled_from([1, 3]))) as site:
        model = Model()
        for _ in range(2):
            found = data.draw(documents())
            settle(site, model, found, data.draw(texts(found)))
