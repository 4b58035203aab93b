"""Kinds of a project's own and ConferenceRooms in a cluster: definitions, rights and the operator."""

import json
from pathlib import Path

import pytest
import yaml

from reconciler import catalog
from reconciler.core.errors import ReconcilerError
from reconciler.core.kinds import kind_from, resources
from reconciler.engine.project_kinds import kinds_at
from reconciler.kubernetes.admission import policies
from reconciler.kubernetes.definitions import declarable, definition_of, plural_of
from tests.integration.end_to_end.wrapped import booth

DEPLOYED = Path(__file__).parents[3] / "deploy" / "operator.yaml"
KINDS = {**catalog.kinds(), "Booth": kind_from(booth())}


@pytest.mark.parametrize("kind", resources(KINDS), ids=lambda kind: kind.name)
def test_each_resource_has_a_definition_with_columns_conditions_and_status(kind):
    spec = definition_of(kind, KINDS)["spec"]
    (version,) = spec["versions"]
    columns = {one["name"] for one in version["additionalPrinterColumns"]}
    root = version["schema"]["openAPIV3Schema"]["properties"]
    assert spec["names"]["plural"] == plural_of(kind.name)
    assert columns >= {"Space", "Ready", "Synced", "Drifted", "Age", "ID"}
    assert (
        root["spec"]["properties"].keys() >= {*kind.attributes, "spaceRef", "protect"} - kind.secret
    )
    assert "conditions" in root["status"]["properties"]
    guarded = policies(KINDS)[0]["spec"]["matchConstraints"]["resourceRules"][0]["resources"]
    assert plural_of(kind.name) in guarded


def test_the_operator_may_read_each_kind_and_write_to_each_resource_and_its_status():
    (role,) = [
        one for one in yaml.safe_load_all(DEPLOYED.read_text()) if one["kind"] == "ClusterRole"
    ]
    read, patched, status = [set(rule["resources"]) for rule in role["rules"][:3]]
    kinds = catalog.kinds()
    assert read == {"spaces", *(plural_of(kind.name) for kind in declarable(kinds))}
    assert patched == {"spaces", *(plural_of(kind.name) for kind in resources(kinds))}
    assert status == {f"{name}/status" for name in patched}


def test_the_operator_manages_the_kinds_that_it_is_given(tmp_path):
    file = tmp_path / "booth.schema.json"
    file.write_text(json.dumps(booth()))
    for path in (file, tmp_path):
        kinds = kinds_at([path])
        assert kinds.keys() - catalog.kinds().keys() == {"Booth"}
    assert kinds_at([]).keys() == catalog.kinds().keys()
    with pytest.raises(ReconcilerError, match="is not a file NAME"):
        kinds_at([file / "missing.schema.json"])
