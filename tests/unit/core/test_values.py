"""House rule 4: values are frozen. And what is not said of one is empty, but for these defaults."""

import pytest

from reconciler import core
from reconciler.core.consent import Allowed
from reconciler.core.mass_changes import RecentChanges
from reconciler.core.network_access import Trust
from tests.unit.values import check_frozen, dataclasses_in, defaults_in


@pytest.mark.parametrize("value", dataclasses_in(core), ids=lambda one: one.__name__)
def test_a_value_is_frozen(value):
    check_frozen(value)


def test_what_is_not_said_is_empty():
    assert defaults_in(core) == {
        "Access.trust": Trust(),
        **dict.fromkeys(
            ("Consent.adopt", "Consent.allow_delete", "Consent.allow_live", "Consent.allow_update"),
            Allowed(),
        ),
        "Kind.page_size": 1000,
        "Kind.scopes": ("video",),
        "Kind.session_ids": ("id",),
        "Kind.session_told": True,
        "Kind.update": "PUT",
        "Kind.volatile": {"updated_at"},
        "Limits.max_delete_count": 20,
        "Limits.max_delete_share": 0.5,
        "Limits.max_update_count": 100,
        "Limits.max_update_share": 1.0,
        "Limits.recent": RecentChanges(),
        "Problem.severity": "error",
        "Sealed.shown": "(secret)",
        "Secret.shown": "(secret)",
    }
