import json

from reconciler.core.resources import Address, Sealed, Secret
from reconciler.reports.text.show import ShowField, ShowResource, show_json, show_text
from tests.unit.reports.cases import at

PLACE = at("r.yaml", 1, 2)


def marked(field):
    return (
        show_text((ShowResource(Address("Room", "x"), (field,), "1"),))
        .splitlines()[2]
        .startswith("  ~ ")
    )


def test_a_declared_field_that_is_not_live_is_marked():
    assert marked(ShowField("a", "x", "y", "x", PLACE))
    assert marked(ShowField("a", 1, True, 1, PLACE))
    assert marked(ShowField("a", Secret("x"), Secret("y"), None, PLACE))
    assert marked(ShowField("a", Secret("x"), None, None, PLACE))


def test_equal_undeclared_and_incomparable_fields_are_not_marked():
    assert not marked(ShowField("a", "x", "x", "y", PLACE))
    assert not marked(ShowField("a", None, "y", None))
    assert not marked(ShowField("a", Secret("x"), Sealed("d"), None, PLACE))


def test_json_says_what_is_declared_and_where():
    text = show_json(
        (
            ShowResource(
                Address("Room", "x"),
                (
                    ShowField("a", 1, 2, None, at("r.yaml", 1, 2, "preset p")),
                    ShowField("b", None, 3, None),
                ),
                "1",
            ),
        )
    )
    assert json.loads(text)["resources"] == [
        {
            "kind": "Room",
            "name": "x",
            "id": "1",
            "protect": False,
            "active_session": None,
            "fields": [
                {
                    "path": "a",
                    "desired": 1,
                    "live": 2,
                    "applied": None,
                    "declared_at": "r.yaml:1:2",
                    "declared_via": "preset p",
                },
                {"path": "b", "desired": None, "live": 3, "applied": None, "declared_at": None},
            ],
        }
    ]


def test_what_is_not_declared_says_what_it_is_instead():
    rows = (
        ShowField("a", None, 1, None, note="default"),
        ShowField("b", 1, 1, 1, PLACE, note="unused"),
    )
    text = show_text((ShowResource(Address("Room", "x"), rows, "1", managed=False),))
    heading, _, first, second = text.splitlines()
    assert heading == "Room/x   id 1, not managed"
    assert first.endswith("  default")
    assert second.endswith("  r.yaml:1:2")
