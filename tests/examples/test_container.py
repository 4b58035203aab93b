"""`examples/container`: the image is small and needs no root, and what the manifests of Kubernetes start does what it says."""

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from reconciler import catalog
from reconciler.localspace import create_space, serve

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "examples" / "container"
RECONCILER = [sys.executable, "-m", "reconciler"]


def works(builder):
    """Whether ``builder`` is here, with its daemon where it has one."""
    if shutil.which(builder) is None:
        return False
    return (
        subprocess.run([builder, "info"], capture_output=True, timeout=60, check=False).returncode
        == 0
    )


BUILDERS = [name for name in ("docker", "podman") if works(name)]
KUBERNETES = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (FOLDER / "kubernetes").glob("*.yaml")
}
POD = {
    "deployment": KUBERNETES["deployment"]["spec"]["template"]["spec"],
    "cronjob": KUBERNETES["cronjob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"],
}
USER = 65532


def instructions():
    """The Dockerfile's instructions, each with its words."""
    lines = (FOLDER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]


def words_of(name):
    return [words for instruction, words in instructions() if instruction == name]


def test_the_image_needs_no_root_and_is_told_to_end_by_sigterm():
    assert words_of("USER") == [f"{USER}:{USER}"]
    assert words_of("STOPSIGNAL") == ["SIGTERM"]
    assert words_of("ENTRYPOINT") == [
        '["reconciler"]'
    ]  # no shell, which would keep the signal to itself
    last = [name for name, _ in instructions()]
    assert (
        "RUN" not in last[len(last) - last[::-1].index("FROM") :]
    )  # nothing is installed into what is shipped


@pytest.mark.parametrize("name", POD)
def test_the_pods_ask_for_nothing(name):
    pod = POD[name]
    (container,) = pod["containers"]
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }
    assert "memory" in container["resources"]["limits"]


def test_the_claim_and_the_files_are_those_that_the_pods_mount():
    claims = {
        volume["persistentVolumeClaim"]["claimName"]
        for pod in POD.values()
        for volume in pod["volumes"]
        if volume["name"] == "state"
    }
    assert claims == {KUBERNETES["state"]["metadata"]["name"]}
    kustomization = KUBERNETES["kustomization"]
    assert {f"{name}.yaml" for name in KUBERNETES} - {"kustomization.yaml"} == set(
        kustomization["resources"]
    )
    (generated,) = kustomization["configMapGenerator"]
    assert all((FOLDER / "kubernetes" / name).is_file() for name in generated["files"])


@pytest.fixture
def pod(tmp_path, monkeypatch):
    """The volumes of a pod as the kubelet mounts them, and a Space for its Secret; runs the arguments of a container."""
    rooms = tmp_path / "rooms"
    (rooms / "..2026_11_29").mkdir(parents=True)
    (rooms / "..data").symlink_to("..2026_11_29")
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(0o2770)
    for name in ("reconciler.yaml", "rooms.yaml"):
        text = (FOLDER / name).read_text(encoding="utf-8").replace("/state/", f"{state}/")
        (rooms / "..2026_11_29" / name).write_text(text, encoding="utf-8")
        (rooms / name).symlink_to(f"..data/{name}")
    for folder in (rooms / "..2026_11_29", rooms):
        folder.chmod(0o555)
    monkeypatch.chdir(rooms)
    with ExitStack() as stack:
        space = create_space(":memory:", kinds=catalog.kinds())
        stack.callback(space.close)
        server = stack.enter_context(serve(space, port=0))
        secret = {
            "SIGNALWIRE_SPACE": f"127.0.0.1:{server.port}",
            "SIGNALWIRE_PROJECT_ID": "p",
            "SIGNALWIRE_API_TOKEN": "t",
        }
        yield {**os.environ, **secret, "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}, state


def as_the_kubelet_mounts(state):
    for file in state.iterdir():
        file.chmod(0o660)


def test_what_the_pods_start_works_on_such_volumes(pod):
    environment, state = pod
    (watch,) = POD["deployment"]["containers"]
    arguments = [word.replace("0.0.0.0:9090", "127.0.0.1:0") for word in watch["args"]]
    ports = {port["name"]: port["containerPort"] for port in watch["ports"]}
    assert f"0.0.0.0:{ports['metrics']}" in watch["args"]
    with subprocess.Popen(
        [*RECONCILER, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        port = re.search(r":(\d+) has", running.stderr.readline())[1]
        while "done: 1 to create" not in running.stdout.readline():
            assert running.poll() is None
        for probe in ("livenessProbe", "readinessProbe"):
            path = watch[probe]["httpGet"]["path"]
            assert (
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20).status == 200
            )
        running.terminate()
        assert running.wait(20) == 130

    as_the_kubelet_mounts(state)
    (drift,) = POD["cronjob"]["containers"]
    ran = subprocess.run(
        [*RECONCILER, *drift["args"]],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "No drift" in ran.stdout


@pytest.fixture
def wheel(tmp_path):
    """A wheel of this checkout."""
    wheels = tmp_path / "wheels"
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(wheels),
        str(PROJECT),
    ]
    if subprocess.run(build, capture_output=True, timeout=300, check=False).returncode:
        pytest.skip("no wheel can be built here")
    return next(wheels.glob("*.whl"))


@pytest.mark.long
def test_the_steps_of_the_image_install_the_program(tmp_path, wheel):
    """What RUN does, on this machine: of this checkout, without the network, and into a folder of the test."""
    environment = {**os.environ, "RECONCILER": f"--no-index --no-deps {wheel}"}
    for step in words_of("RUN"):
        here = step.replace("/opt/reconciler", str(tmp_path / "opt"))
        subprocess.run(
            ["sh", "-ec", here], env=environment, check=True, capture_output=True, timeout=300
        )
    program = tmp_path / "opt" / "bin" / "reconciler"
    told = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.startswith("reconciler ")


@pytest.mark.skipif(not BUILDERS, reason="there is no builder of images that works here")
def test_the_image_can_be_built(wheel):
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    with_wheel = text.replace("ARG RECONCILER", "COPY *.whl /wheels/\nARG RECONCILER", 1)
    (wheel.parent / "Dockerfile").write_text(with_wheel, encoding="utf-8")
    words = [
        BUILDERS[0],
        "build",
        "--tag",
        "reconciler-example",
        "--build-arg",
        f"RECONCILER=/wheels/{wheel.name}",
        str(wheel.parent),
    ]
    built = subprocess.run(words, capture_output=True, text=True, timeout=900, check=False)
    assert built.returncode == 0, built.stderr
    run = [BUILDERS[0], "run", "--rm", "--read-only", "reconciler-example", "--version"]
    assert subprocess.run(
        run, capture_output=True, text=True, timeout=120, check=True
    ).stdout.startswith("reconciler ")
