"""The Helm chart: rendered by helm, taken by a real API server, its scripts run, its values documented."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from devtools import kubernetes
from reconciler.state.remote import SharedState

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "reconciler"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
GIT = {"git": {"url": "https://git.example.org/team/rooms.git", "secretName": "git"}}
FILES = {"files": {"reconciler.yaml": "environments: {prod: {space: local}}\n"}}
PROD = {"mode": "watch", "credentials": {"secretName": "signalwire-prod"}}

SETUPS = {
    "nothing": {"manifests": GIT},
    "watch": {"manifests": GIT, "environments": {"prod": PROD}},
    "watch with files": {"manifests": FILES, "environments": {"prod": PROD}},
    "a ConfigMap": {"manifests": {"configMap": "rooms"}, "environments": {"prod": PROD}},
    "apply again and again": {
        "manifests": {"git": {"url": "git@git.example.org:team/rooms.git", "ref": "v1", "path": "a/b"}},
        "environments": {"prod": PROD | {"apply": True, "interval": 60, "args": ["--parallel", "4"]}},
    },
    "drift": {
        "manifests": GIT,
        "environments": {"prod": PROD | {"mode": "drift", "schedule": "*/10 * * * *", "timeZone": "Europe/Oslo"}},
    },
    "apply": {
        "manifests": FILES,
        "environments": {"prod": PROD | {"mode": "apply", "suspend": True, "deadlineSeconds": 1000000}},
    },
    "state in the cluster": {
        "manifests": GIT,
        "environments": {"prod": PROD | {"state": {"kubernetes": "reconciler-prod"}}},
    },
    "state in PostgreSQL or S3": {
        "manifests": GIT,
        "environments": {"prod": PROD | {"state": {"secretName": "state-prod"}, "env": {"PGHOST": "db"}}},
    },
    "state in git": {"manifests": {"git": GIT["git"]}, "environments": {"prod": PROD}},
    "many, and everything else": {
        "image": {"repository": "registry.example.org/rooms", "tag": "@sha256:" + "a" * 64, "pullSecrets": ["r"]},
        "manifests": GIT,
        "environments": {
            f"site-{number}": PROD | {"mode": mode, "name": f"site{number}", "suspend": number > 3}
            for number, mode in enumerate(("watch", "drift", "apply", "watch", "drift"))
        },
        "serviceAccount": {"create": True, "annotations": {"eks.amazonaws.com/role-arn": "arn"}},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "podLabels": {"team": "rooms"},
        "podAnnotations": {"a": "b"},
    },
    "an account of others": {
        "manifests": GIT,
        "environments": {"prod": PROD | {"state": {"kubernetes": "s"}}},
        "serviceAccount": {"create": False, "name": "rooms"},
    },
}  # fmt: skip


@pytest.fixture(scope="session")
def helm():
    """Run helm; what it prints, or its words where it must fail."""
    missing = kubernetes.why_missing("helm")
    if missing:
        pytest.skip(missing)

    def run(*words, values=None, code=0, **variables):
        ran = subprocess.run(
            [kubernetes.program("helm"), *words, *(["--values", "-"] if values is not None else [])],
            input=None if values is None else json.dumps(values),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "HOME": "/nonexistent", **variables},
        )  # fmt: skip
        assert (ran.returncode == 0) == (code == 0), ran.stdout + ran.stderr
        return ran.stdout if code == 0 else ran.stdout + ran.stderr

    return run


@pytest.fixture(scope="session")
def rendered(helm):
    """The objects that helm makes of values; the same values are rendered once."""
    texts = {}

    def render(values, namespace="rooms"):
        known = json.dumps(values), namespace
        if known not in texts:
            texts[known] = helm(
                "template", "rooms", str(CHART), "--namespace", namespace, values=values
            )
        return [one for one in yaml.safe_load_all(texts[known]) if one]

    return render


def pods(objects):
    """The Pod templates among rendered objects."""
    for one in objects:
        if one["kind"] == "Deployment":
            yield one["spec"]["template"]
        elif one["kind"] == "CronJob":
            yield one["spec"]["jobTemplate"]["spec"]["template"]


GROUPS = {
    "v1": "/api/v1",
    "apps/v1": "/apis/apps/v1",
    "batch/v1": "/apis/batch/v1",
    "rbac.authorization.k8s.io/v1": "/apis/rbac.authorization.k8s.io/v1",
}


def collection(one, namespace):
    return f"{GROUPS[one['apiVersion']]}/namespaces/{namespace}/{one['kind'].lower()}s"


@pytest.mark.parametrize("setup", SETUPS)
def test_the_api_server_takes_what_is_rendered(rendered, helm, api, namespace, setup):
    helm("lint", "--strict", str(CHART), values=SETUPS[setup])
    for one in rendered(SETUPS[setup], namespace):
        api.post(collection(one, namespace), one, dryRun="All")


@pytest.mark.parametrize("setup", SETUPS)
def test_the_pods_fit_the_restricted_standard(rendered, api, namespace, setup):
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    api.patch(f"/api/v1/namespaces/{namespace}", {"metadata": {"labels": labels}})
    objects = rendered(SETUPS[setup], namespace)
    assert len(list(pods(objects))) == len(SETUPS[setup].get("environments", {}))
    for template in pods(objects):
        pod = {"metadata": {"generateName": "x-"}, "spec": template["spec"]}
        api.post(f"/api/v1/namespaces/{namespace}/pods", pod, dryRun="All")


def test_the_command_is_the_one_that_was_asked_for(rendered):
    def command(setup):
        (template,) = pods(rendered(SETUPS[setup]))
        (container,) = template["spec"]["containers"]
        return container["command"], container["workingDir"]

    assert command("apply again and again") == (
        ["sh", "/scripts/watch.sh", "--interval", "60", "--apply", "--env", "prod", "--parallel", "4"],
        "/checkout/repository/a/b",
    )  # fmt: skip
    assert command("watch with files") == (
        ["reconciler", "watch", "--interval", "300", "--env", "prod"],
        "/manifests",
    )
    assert command("drift") == (["reconciler", "drift", "--env", "prod"], "/checkout/repository")
    assert command("apply") == (["reconciler", "apply", "--yes", "--env", "prod"], "/manifests")


def test_no_pod_has_a_token_of_the_cluster_unless_its_state_is_there(rendered):
    tokens = {
        setup: [one["spec"]["automountServiceAccountToken"] for one in pods(rendered(values))]
        for setup, values in SETUPS.items()
    }
    assert {setup for setup, values in tokens.items() if any(values)} == {
        "state in the cluster",
        "an account of others",
    }


def test_no_secret_stands_in_an_object(rendered):
    for values in SETUPS.values():
        secrets = [one for one in rendered(values) if one["kind"] == "Secret"]
        assert all("data" not in one and "stringData" not in one for one in secrets)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"manifests": {}}, "set exactly one of git.url, files and configMap"),
        ({"manifests": GIT | {"configMap": "x"}}, "set exactly one of git.url, files and configMap"),
        ({"manifests": {"git": {"url": "https://ada:canary@host/x"}}}, "/manifests/git/url"),
        ({"manifests": GIT, "enviroments": {}}, "enviroments"),
        ({"manifests": GIT, "environments": {"prod": {"mode": "watch"}}}, "credentials"),
        ({"manifests": GIT, "environments": {"prod": PROD | {"mode": "destroy"}}}, "/environments/prod/mode"),
        ({"manifests": GIT, "environments": {"Prod": PROD}}, "'Prod' does not match"),
        ({"manifests": GIT, "environments": {"prod": PROD | {"intervall": 5}}}, "intervall"),
    ],
)  # fmt: skip
def test_wrong_values_are_refused_with_the_field(helm, values, told):
    assert told in helm("template", "rooms", str(CHART), values=values, code=1)


def test_an_install_an_upgrade_and_an_uninstall_keep_the_state(
    helm, cluster, api, namespace, monkeypatch
):
    from reconciler.state.backends.kubernetes import KubernetesBackend  # noqa: PLC0415  # an extra

    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    values = SETUPS["state in the cluster"]
    words = ["rooms", str(CHART), "--namespace", namespace]
    helm("install", *words, values=values)
    backend = KubernetesBackend(f"kubernetes:{namespace}/reconciler-prod")
    store = SharedState(backend, space="local", project="local")
    with store.lock(reason="apply", since="now"):
        written = store.write(store.read())
    helm("upgrade", *words, values=values | {"podLabels": {"a": "b"}})
    assert store.read() == written
    helm("uninstall", "rooms", "--namespace", namespace)
    assert store.read() == written
    assert api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"] == []


def leaves(schema, path=""):
    """Every value that can be set: ``environments.NAME.mode``."""
    for name, inner in schema.get("properties", {}).items():
        if inner.get("properties") or isinstance(inner.get("additionalProperties"), dict):
            yield from leaves(inner, f"{path}{name}.")
            if "properties" in inner or "properties" in inner["additionalProperties"]:
                continue
        yield f"{path}{name}", inner
    more = schema.get("additionalProperties")
    if isinstance(more, dict) and "properties" in more:
        yield from leaves(more, f"{path}NAME.")


def test_every_value_has_its_line_in_the_readme():
    page = (CHART / "README.md").read_text()
    rows = dict(re.findall(r"^\| `([^`]+)` \| [^|]* \| (.+) \|$", page, re.MULTILINE))
    known = {name: inner["description"] for name, inner in leaves(SCHEMA) if name != "global"}
    assert rows == known


def test_the_defaults_of_the_readme_are_those_of_the_chart():
    page = (CHART / "README.md").read_text()
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for name, shown in re.findall(r"^\| `([^`]+)` \| `([^`]*)` \|", page, re.MULTILINE):
        value = values
        for part in name.split("."):
            value = value[part]
        assert yaml.safe_load(shown) == value, name


# The scripts


def git(folder, *words):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", *who, "-C", str(folder), *words], check=True, capture_output=True, text=True
    ).stdout.strip()


RECONCILER = """#!/bin/sh
echo "start $* $(cat rooms.yaml)" >>"$LOG"
trap 'sleep 0.2; echo "stop $(cat rooms.yaml)" >>"$LOG"; exit 0' TERM
[ ! -e end ] || exit 7
while :; do sleep 0.05; done
"""


@pytest.fixture
def checkout(tmp_path):
    """A repository with manifests, and the variables with which the scripts run."""
    origin = tmp_path / "origin"
    subprocess.run(["git", "init", "-q", "-b", "main", str(origin)], check=True)
    commit(origin, "one")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "reconciler"
    program.write_text(RECONCILER)
    program.chmod(0o755)
    work = tmp_path / "work"
    variables = {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LOG": str(tmp_path / "log"),
        "MANIFESTS_URL": f"file://{origin}",
        "MANIFESTS_REF": "main",
        "MANIFESTS_CHECKOUT": str(work),
        "MANIFESTS_FOLDER": str(work / "rooms"),
        "MANIFESTS_POLL_SECONDS": "0.1",
    }
    subprocess.run(["sh", CHART / "files/checkout.sh"], env=variables, check=True)
    return origin, variables


def commit(origin, text, **more):
    for name, content in {"rooms.yaml": text, **more}.items():
        (origin / "rooms").mkdir(exist_ok=True)
        (origin / "rooms" / name).write_text(content)
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", text)


@contextlib.contextmanager
def watching(variables, *words):
    with subprocess.Popen(
        ["sh", CHART / "files/watch.sh", *words], env=variables, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def logged(variables, lines):
    """The log as soon as it has so many lines."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        log = Path(variables["LOG"])
        found = log.read_text().splitlines() if log.exists() else []
        if len(found) >= lines:
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_new_commit_is_read_by_a_new_watch_after_the_old_one_has_ended(checkout):
    origin, variables = checkout
    with watching(variables, "--env", "prod") as process:
        logged(variables, 1)
        commit(origin, "two")
        assert logged(variables, 3) == ["start watch --env prod one", "stop one", "start watch --env prod two"]  # fmt: skip
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert logged(variables, 4)[3:] == ["stop two"]


def test_a_watch_that_ends_ends_the_pod_with_its_code(checkout):
    origin, variables = checkout
    commit(origin, "two", end="x")
    with watching(variables) as process:
        assert process.wait(30) == 7


def test_a_remote_that_does_not_answer_changes_nothing(checkout):
    origin, variables = checkout
    with watching(variables) as process:
        logged(variables, 1)
        origin.rename(origin.with_name("away"))
        time.sleep(0.5)
        assert process.poll() is None
        origin.with_name("away").rename(origin)
        commit(origin, "two")
        assert logged(variables, 3)[-1] == "start watch two"


def test_a_checkout_is_made_again_after_a_restart(checkout):
    origin, variables = checkout
    commit(origin, "two")
    subprocess.run(["sh", CHART / "files/checkout.sh"], env=variables, check=True)
    assert (Path(variables["MANIFESTS_FOLDER"]) / "rooms.yaml").read_text() == "two"
