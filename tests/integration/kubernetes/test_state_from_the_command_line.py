"""The command line with its state in a Secret: apply, plan on another machine, move the state there and back."""

import json

import pytest

from reconciler import catalog
from reconciler.cli.app import run
from reconciler.localspace import create_space, serve

ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: lobby}\nspec: {layout: 2x2}\n"


@pytest.fixture
def reconciler(cluster, tmp_path, monkeypatch, capsys):
    """Run a command line in a project of one served Space; what it prints."""
    space = create_space(":memory:", kinds=catalog.kinds())
    with serve(space, port=0) as server:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        monkeypatch.setenv("SIGNALWIRE_SPACE", f"127.0.0.1:{server.port}")
        monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "local")
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "local")
        (tmp_path / "rooms.yaml").write_text(ROOM)

        def ran(*words, code=0):
            capsys.readouterr()
            found = run(list(words))
            out, err = capsys.readouterr()
            assert found == code, out + err
            return out + err

        yield ran
    space.close()


def use(tmp_path, state):
    (tmp_path / "reconciler.yaml").write_text(f"manifests: [rooms.yaml]\nstate: {state}\n")


def test_apply_and_the_next_plan_elsewhere(reconciler, tmp_path, namespace, api):
    use(tmp_path, f"kubernetes:{namespace}/state")
    reconciler("apply", "--yes")
    found = api.get(f"/api/v1/namespaces/{namespace}/secrets/state")
    assert found["type"] == "reconciler.dev/state"
    assert not list(tmp_path.glob(".reconciler/*.state.json"))
    assert "No changes" in reconciler("plan")
    assert "Room/lobby" in reconciler("state", "list")


def test_the_state_moves_from_a_file_into_the_cluster(reconciler, tmp_path, namespace):
    use(tmp_path, "state.json")
    reconciler("apply", "--yes")
    record = reconciler("state", "pull")
    (tmp_path / "pulled.json").write_text(record)
    assert json.loads(record)["resources"][0]["name"] == "lobby"
    use(tmp_path, f"kubernetes:{namespace}/state")
    reconciler("state", "push", "pulled.json")
    assert "No changes" in reconciler("plan")


def test_a_cluster_that_is_not_there_is_one_sentence(reconciler, tmp_path, monkeypatch):
    use(tmp_path, "kubernetes:rooms/state")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    told = reconciler("plan", code=1)
    assert "no Kubernetes cluster can be reached" in told
    assert "Traceback" not in told
