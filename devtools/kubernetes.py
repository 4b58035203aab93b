"""A real Kubernetes API server for the tests, built from Go modules once and kept outside the clone.

``python3 -m devtools.kubernetes`` builds what is missing and prints where it is. It takes some 15
minutes of CPU the first time. What is built, and at which version, is said in ci/kubernetes.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

MODULE = Path(__file__).resolve().parent.parent / "ci" / "kubernetes"
PROGRAMS = {
    "etcd": "./etcd",
    "kube-apiserver": "./kube-apiserver",
    "kubectl": "./kubectl",
    "helm": "helm.sh/helm/v4/cmd/helm",
    "kube-controller-manager": "./kube-controller-manager",
}
CANNOT_BUILD = 3  # the exit code where there is no Go; an error of the build has another
NOT_BUILT = "not built: run python3 -m devtools.kubernetes, which needs Go {least} or newer"


class CannotBuild(Exception):
    """Why the programs cannot be built here, in a sentence."""


def pinned(pattern: str) -> str:
    """What go.mod says: a version without its ``v``."""
    found = re.search(pattern, (MODULE / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    return found[1]


def least_go() -> str:
    """The oldest version of Go that compiles it."""
    return pinned(r"^go (\S+)$")


def version() -> str:
    """The version of Kubernetes."""
    return pinned(r"^require k8s\.io/kubernetes v(\S+)$")


def folder() -> Path:
    """Where the programs of exactly these sources are kept for this machine kind."""
    digest = hashlib.sha256()
    for path in sorted(MODULE.rglob("*")):
        if path.name in {"go.mod", "go.sum", "main.go"}:
            digest.update(path.relative_to(MODULE).as_posix().encode() + path.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reconciler-ci"
    kind = f"{platform.system()}-{platform.machine()}".lower()
    return cache / f"kubernetes-{version()}-{kind}-{digest.hexdigest()[:12]}"


def program(name: str) -> Path | None:
    """The path of a program, or None where it is not built."""
    path = folder() / name
    return path if path.is_file() else None


def why_missing(*names: str) -> str | None:
    """Why a test that needs these programs cannot run, or None."""
    missing = [name for name in names if not program(name)]
    if missing:
        return f"{', '.join(missing)}: {NOT_BUILT.format(least=least_go())}"
    return None


def _numbers(text: str) -> tuple[int, ...]:
    """1.26.8 as numbers that compare."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def _checked_go() -> str:
    """The go command, where it is new enough or may fetch a newer toolchain itself."""
    go = shutil.which("go")
    if not go:
        raise CannotBuild("Go is not installed")
    found = subprocess.run(
        [go, "env", "GOVERSION"], cwd=MODULE, capture_output=True, text=True, check=False
    )
    # In the module's folder: there an older go fetches the toolchain that go.mod names, if it may.
    if found.returncode:
        raise CannotBuild(f"Go {least_go()} or newer is needed: {found.stderr.strip()}")
    if _numbers(found.stdout) < _numbers(least_go()):
        raise CannotBuild(f"Go {least_go()} or newer is needed, and this is {found.stdout.strip()}")
    return go


def _fetch(go: str) -> None:
    """Fetch the Go modules; CannotBuild where the machine cannot reach them."""
    found = subprocess.run(
        [go, "mod", "download"], cwd=MODULE, capture_output=True, text=True, check=False
    )
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CannotBuild(f"the Go modules cannot be fetched: {last[:200]}")


def _flags() -> str:
    """The version that kubectl and the server state; without it kubectl version fails."""
    major, minor, _ = version().split(".")
    stamp = "k8s.io/component-base/version"
    values = {"gitVersion": f"v{version()}", "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s", "-w", *(f"-X {stamp}.{key}={text}" for key, text in values.items())])


def build() -> Path:
    """Build each missing program; CannotBuild where there is no Go."""
    missing = [name for name in PROGRAMS if not program(name)]
    go = _checked_go() if missing else ""
    if missing:
        _fetch(go)
    folder().mkdir(parents=True, exist_ok=True)
    for name in missing:
        print(f"building {name}", file=sys.stderr, flush=True)
        # Renamed when whole: a test never starts half a program, nor does a second build.
        part = folder() / f"{name}.{os.getpid()}.part"
        command = [go, "build", "-trimpath", "-mod=readonly", "-ldflags", _flags()]
        try:
            subprocess.run([*command, "-o", str(part), PROGRAMS[name]], cwd=MODULE, check=True)
            part.rename(folder() / name)
        finally:
            part.unlink(missing_ok=True)
    return folder()


if __name__ == "__main__":
    try:
        print(build())
    except CannotBuild as reason:
        print(f"Kubernetes for the tests: {reason}", file=sys.stderr)
        sys.exit(CANNOT_BUILD)
