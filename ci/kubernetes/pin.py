"""Write go.mod for a version of Kubernetes: ``python3 ci/kubernetes/pin.py 1.37.2``.

k8s.io/kubernetes is not made to be required: its go.mod replaces its staging modules by folders
that its archive does not have. Each of them is published under the same minor and patch version.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
HELM = "v4.3.2"


def downloaded(version: str) -> str:
    """The go.mod of that version of k8s.io/kubernetes."""
    answer = subprocess.check_output(
        ["go", "mod", "download", "-json", f"k8s.io/kubernetes@v{version}"], cwd="/"
    )
    return Path(json.loads(answer)["GoMod"]).read_text()


def go_mod(version: str) -> str:
    """The text of our go.mod: one ``replace`` for each staging module."""
    theirs = downloaded(version)
    staging = re.findall(r"^\t(k8s\.io/\S+) => \./staging/", theirs, re.MULTILINE)
    etcd = re.search(r"^\tgo\.etcd\.io/etcd/client/v3 (v\S+)", theirs, re.MULTILINE)[1]
    go = re.search(r"^go (\S+)", theirs, re.MULTILINE)[1]
    library = re.sub(r"^\d+", "v0", version)
    lines = [
        "// Written by pin.py. Tools of the tests: nothing of this is shipped.",
        "module reconciler.dev/ci/kubernetes",
        "",
        f"go {go}",
        "",
        f"godebug default=go{go.rpartition('.')[0]}",
        "",
        f"require k8s.io/kubernetes v{version}",
        "",
        f"require go.etcd.io/etcd/server/v3 {etcd}",
        "",
        "tool helm.sh/helm/v4/cmd/helm",
        "",
        f"require helm.sh/helm/v4 {HELM}",
        "",
        "replace (",
        *(f"\t{name} => {name} {library}" for name in staging),
        ")",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (HERE / "go.mod").write_text(go_mod(sys.argv[1]))
    subprocess.run(["go", "mod", "tidy"], cwd=HERE, check=True)
