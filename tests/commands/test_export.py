"""reconciler export: a repository of manifests as resources of a cluster, and what cannot go."""

from pathlib import Path

import pytest
import yaml

from tests.commands.words import EXAMPLES, conference, manifest, room

URL = "rtmp://live.example.org/canary-key"
TO = ("export", "--to", "kubernetes")


def resources(out):
    return {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(out) if one}


def exported(ran):
    """The resources by kind and name."""
    return resources(ran.out)


def test_fields_go_as_they_are_and_metadata_becomes_control_words(done, declare):
    declare(
        manifest("Preset", "webinar", layout="3x3"),
        room(
            "lobby",
            labels={"team": "growth"},
            protect=True,
            presets=["webinar"],
            max_members=9,
        ),
    )
    made = exported(done(*TO, "--namespace", "rooms", "--space", "acme.signalwire.com"))
    assert made == {
        ("Space", "space"): {
            "apiVersion": "reconciler.dev/v1",
            "kind": "Space",
            "metadata": {"name": "space", "namespace": "rooms"},
            "spec": {
                "host": "acme.signalwire.com",
                "credentialsSecretRef": {"name": "space-credentials"},
            },
        },
        ("Preset", "webinar"): {
            "apiVersion": "reconciler.dev/v1",
            "kind": "Preset",
            "metadata": {"name": "webinar", "namespace": "rooms"},
            "spec": {"layout": "3x3"},
        },
        ("Room", "lobby"): {
            "apiVersion": "reconciler.dev/v1",
            "kind": "Room",
            "metadata": {"name": "lobby", "namespace": "rooms", "labels": {"team": "growth"}},
            "spec": {
                "spaceRef": {"name": "space"},
                "protect": True,
                "presets": ["webinar"],
                "max_members": 9,
            },
        },
    }


def test_a_name_that_no_cluster_takes_becomes_one_and_references_follow(done, declare):
    declare(
        manifest("Theme", "Brand_1", dark={"primary": "#102030"}),
        conference("Town_Hall", theme="Brand_1"),
    )
    made = exported(done(*TO))
    assert made["Conference", "town-hall"]["spec"]["roomName"] == "Town_Hall"
    assert made["Conference", "town-hall"]["spec"]["theme"] == "brand-1"
    assert ("Theme", "brand-1") in made


def test_two_names_that_become_one_are_told_and_the_second_stays_out(reconciler, declare):
    declare(room("Town_Hall"), room("town-hall"))
    ran = reconciler(*TO)
    assert (ran.code, len(exported(ran))) == (1, 1)
    assert "both become 'town-hall'" in ran.err


def test_urls_of_streams_become_keys_of_a_secret_and_are_never_shown(
    reconciler, declare, monkeypatch
):
    monkeypatch.setenv("HALL_RTMP", URL)
    declare(
        room(
            "hall",
            streams=[
                {"url": "${env:HALL_RTMP}"},
                {"url": "rtmp://b.example.org/${env:HALL_RTMP}"},
            ],
        )
    )
    ran = reconciler(*TO, "--secret", "urls")
    keys = ["HALL_RTMP", "room-hall-streams-1-url"]
    assert exported(ran)["Room", "hall"]["spec"]["streams"] == [
        {"urlFrom": {"secretKeyRef": {"name": "urls", "key": key}}} for key in keys
    ]
    assert all(key in ran.err for key in keys)
    assert "canary" not in ran.out + ran.err


def test_variables_are_filled_in_and_the_environment_cannot_go(reconciler, declare):
    Path("reconciler.yaml").write_text("vars: {TEAM: growth}\nenv: [WHAT]\n")
    declare(room("a", description="${var:TEAM} $${kept}"), room("b", description="${env:WHAT}"))
    ran = reconciler(*TO)
    assert list(exported(ran)) == [("Room", "a")]
    assert exported(ran)["Room", "a"]["spec"]["description"] == "growth ${kept}"
    assert (ran.code, "${env:WHAT} means nothing in a cluster" in ran.err) == (1, True)


@pytest.mark.parametrize("key", ["a b", "x" * 64, "-a"])
def test_a_label_that_no_cluster_takes_is_left_out_and_told(done, declare, key):
    declare(room("a", labels={key: "growth", "kept": "b"}))
    ran = done(*TO)
    assert exported(ran)["Room", "a"]["metadata"]["labels"] == {"kept": "b"}
    assert "is left out" in ran.err


def test_adoption_is_asked_for(done, declare):
    declare(room("a"))
    assert exported(done(*TO, "--adopt"))["Room", "a"]["spec"]["adoptionPolicy"] == "IfExists"


def test_wrong_manifests_are_refused_as_everywhere(reconciler, declare):
    declare(room("a", max_members=500))
    ran = reconciler(*TO)
    assert (ran.code, ran.out) == (1, "")
    assert "max_members" in ran.err


def test_the_quickstart_can_go(done):
    made = exported(done(*TO, EXAMPLES / "quickstart"))
    assert {kind for kind, _ in made} == {"Room", "Conference", "Preset", "Theme", "Role"}


def test_a_whole_company_can_go(done, company):
    made = exported(done(*TO, "--env", "production"))
    assert len(made) > 20
    assert made["Space", "production"]["spec"]["host"] == "meridian.signalwire.com"
