"""Corners that people do come into, each with what the contract promises there."""

from dataclasses import replace

import pytest

from reconciler.core.consent import Consent
from reconciler.core.guard import refusals
from reconciler.core.mass_changes import Limits
from reconciler.engine.credentials import resolve_target
from reconciler.engine.state_location import state_path
from reconciler.engine.workspace import open_workspace
from tests.integration.end_to_end.driver import hall, room, statuses, verbs

UUID_NAME = "0123abcd-0123-4123-8123-0123456789ab"


@pytest.mark.parametrize("key", ["__typename", "__", "_a", "a.b", "a']['b", "$ref", "", "Ünï"])
@pytest.mark.parametrize(
    "inside", ["{{{key}: {value}}}", "{{o: {{{key}: {value}}}}}"], ids=["on top", "inside"]
)
def test_whatever_a_key_of_meta_is_called_its_change_is_seen(site, key, inside):
    quoted = "'" + key.replace("'", "''") + "'"
    for value in (1, 2):
        site.give(room("lobby", f"meta: {inside.format(key=quoted, value=value)}"))
        meta = site.fetch("Room", "lobby")["meta"]
        assert meta.get("o", meta)[key] == value


def test_what_looks_like_a_seal_in_meta_settles(site):
    desired = site.give(room("lobby", "meta: {$sealed: x}"))
    assert (site.plan(desired).record_updates, site.fetch("Room", "lobby")["meta"]) == (
        (),
        {"$sealed": "x"},
    )


def test_a_json_manifest_may_escape_what_it_likes(site):
    text = '{"apiVersion": "reconciler.dev/v1", "kind": "Room", "metadata": {"name": "lobby"}, "spec": {"display_name": "\\ud83d\\ude00"}}'
    site.give(text)
    assert site.fetch("Room", "lobby")["display_name"] == "\U0001f600"


def test_a_conference_whose_name_has_the_form_of_an_id_settles_or_is_refused(site):
    try:
        desired = site.declared(hall(UUID_NAME))
    except AssertionError:
        return
    assert statuses(site.apply(desired)) == {"done": [f"Conference/{UUID_NAME}"]}
    assert site.plan(desired).actions == ()


def test_nobody_is_renamed_under_people_without_consent_whoever_made_it(site):
    site.client.post("/rooms", {"name": "old"})
    site.space.start_session("Room", "old", members=2)
    plan = site.plan(site.declared(room("new", renamedFrom="old")))
    assert [change.path for change in plan.actions[0].changes] == ["name"]
    assert [
        refusal.consent
        for refusal in refusals(plan, Limits(), Consent(adopt={"Room": 9, "Conference": 9}))
    ] == ["--allow-live Room/old"]
    assert refusals(plan, Limits(), Consent(adopt={"Room": 9}, allow_live={"Room": 1})) == ()
    assert statuses(site.carry(plan)) == {"failed": ["Room/new"]}


def test_deleting_all_that_is_left_needs_consent_whatever_the_limits_are(site):
    site.give(room("a") + room("b") + room("c"))
    site.client.delete(f"/rooms/{site.fetch('Room', 'a')['id']}")
    plan = replace(site.plan(()), declared=1)
    assert verbs(plan) == [("delete", "Room/b"), ("delete", "Room/c")]
    assert [refusal.consent for refusal in refusals(plan, Limits(1.0, 20), Consent())] == [
        "--allow-delete Room=2"
    ]


def test_a_trial_on_the_local_space_never_mixes_with_a_real_one(tmp_path, monkeypatch):
    (tmp_path / "reconciler.yaml").write_text(
        "environments:\n  dev: {space: example.signalwire.com, project_id: p, api_token: '${env:DEV_TOKEN}'}\n  local: {space: local}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEV_TOKEN", "canary")
    for name in ("SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    trial, real = open_workspace(env="dev", space="local"), open_workspace(env="dev")
    assert state_path(trial, resolve_target(trial)) != state_path(real, resolve_target(real))
