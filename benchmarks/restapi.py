"""The peer that people would pick: OpenTofu or Terraform with the generic provider Mastercard/restapi.

Needs two binaries, whose paths are options of run.py: ``--tofu`` and ``--restapi-provider``.
"""

import base64
import json
import shutil
import urllib.request
from pathlib import Path
from typing import NamedTuple

import rooms
from peers import QUIET
from spaces import OURS, PROJECT, environment, seen, space
from timing import Failed, cost_of

SOURCE = "Mastercard/restapi"
BINARY = "terraform-provider-restapi"
PARALLEL = 10  # the default of Terraform and of OpenTofu
HEAD = """\
terraform {{
  required_providers {{
    restapi = {{ source = "{source}" }}
  }}
}}
provider "restapi" {{
  uri                  = "http://{where}"
  write_returns_object = true
  id_attribute         = "id"
  update_method        = "PUT"
  headers = {{
    Authorization = "Basic {credentials}"
    Content-Type  = "application/json"
  }}
}}
locals {{
  undeclared = {undeclared}
}}
"""
BLOCK = """\
resource "restapi_object" "{name}" {{
  path              = "/api/video/rooms"
  data              = jsonencode({fields})
  ignore_changes_to = local.undeclared
}}
"""
CONFIGURATION = """\
provider_installation {{
  dev_overrides {{
    "{source}" = {folder}
  }}
  direct {{}}
}}
"""


class Tools(NamedTuple):
    """The paths of the program (tofu or terraform) and of the provider's binary."""

    program: Path
    provider: Path


class Used(NamedTuple):
    """What a command took, and what the Space saw of it."""

    wall: float
    cpu: float
    memory: float
    requests: int
    connections: int


def configuration(size, where):
    """The rooms as a user of the provider writes them.

    All fields that the API answers and that no room declares are listed as ignored: the one setting
    of the provider that is quiet after an apply and still finds what was changed outside.
    """
    undeclared = sorted(rooms.answer(0).keys() - {"name", *rooms.fields(0)})
    head = HEAD.format(
        source=SOURCE,
        where=where,
        credentials=base64.b64encode(f"{PROJECT}:none".encode()).decode(),
        undeclared=json.dumps(undeclared),
    )
    blocks = (
        BLOCK.format(
            name=rooms.name(number),
            fields=json.dumps({"name": rooms.name(number), **rooms.fields(number)}),
        )
        for number in range(size)
    )
    return head + "".join(blocks)


def _surroundings(folder, provider):
    """The environment in which the program takes the provider from a folder of its own."""
    overridden = folder / "provider"
    overridden.mkdir()
    shutil.copy(provider, overridden / BINARY)
    file = folder / "config"
    file.write_text(CONFIGURATION.format(source=SOURCE, folder=json.dumps(str(overridden))))
    return QUIET | {"TF_CLI_CONFIG_FILE": str(file)}


def _change_outside(where, share):
    """Change the description of one room in ``share`` at the Space."""
    with urllib.request.urlopen(f"http://{where}/api/video/rooms") as answer:
        listed = json.load(answer)["data"]
    for room in listed[:: max(1, share)]:
        request = urllib.request.Request(
            f"http://{where}/api/video/rooms/{room['id']}",
            data=json.dumps({"description": "changed outside"}).encode(),
            method="PUT",
        )
        urllib.request.urlopen(request).close()  # noqa: S310  # http on loopback


def _used(command, folder, surroundings, where, *, codes=(0,)):
    before = seen(where)
    cost = cost_of(command, folder, surroundings, codes=codes)
    after = seen(where)
    return Used(*cost, after.requests - before.requests, after.connections - before.connections)


def _three(folder, latency, prepare):
    """Used by a creation, a plan without changes, and one with 1 % changed outside."""
    with space(0, latency) as where:
        create, plan, surroundings = prepare(folder, where)
        found = {"create": _used(create, folder, surroundings, where)}
        found["plan without changes"] = _used(plan, folder, surroundings, where)
        _change_outside(where, 100)
        found["plan, 1 % changed outside"] = _used(plan, folder, surroundings, where, codes=(2,))
    return found


def compared(folder, size, *, latency, tools):
    """By work and by who did it the Used, and by name why something is missing."""

    def theirs(here, where):
        (here / "main.tf").write_text(configuration(size, where))
        words = [tools.program, "apply", "-auto-approve", "-input=false"]
        plan = [tools.program, "plan", "-input=false", "-detailed-exitcode"]
        return words, plan, _surroundings(here, tools.provider)

    def ours(here, where):
        rooms.write_manifests(here / "new", size)
        words = [*OURS, "apply", "new", "--yes", "--parallel", str(PARALLEL)]
        return words, [*OURS, "plan", "new", "--detailed-exitcode"], environment(where)

    found, missing = {}, {}
    for name, prepare in (("reconciler", ours), (tools.program.name, theirs)):
        here = folder / name
        here.mkdir(parents=True)
        try:
            for work, used in _three(here, latency, prepare).items():
                found[f"{work}, {name}"] = used
        except (Failed, OSError) as error:
            missing[f"{name} with {SOURCE}"] = str(error)
    return found, missing
