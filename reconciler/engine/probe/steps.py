"""The requests of a probe as data: what is sent, in which order, and what each one creates."""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.core.deferred_dataclass import dataclass
from reconciler.engine.probe.bench import Bench


def _nothing(_: Bench) -> dict[str, Any]:
    return {}


UPDATE = "UPDATE"


@dataclass(frozen=True, slots=True)
class Step:
    """One request to the resource labelled ``to``; a POST creates the one labelled ``makes``.

    The method UPDATE stands for the one of the kind: PUT or PATCH. What every request of the kind
    must have is added to the body. ``body`` returns what is sent. A POST with ``child`` goes to each list of sub-resources of the
    resource ``to``. ``renames`` is the label whose name the resource may get; ``needs`` is a label
    that must have been created. A step that ``adapts`` is sent again without the optional fields that
    the Space refuses. What a step creates is recorded before the request and deleted at the end
    of the probe.
    """

    name: str
    method: str
    to: str = ""
    body: Callable[[Bench], Mapping[str, Any]] = _nothing
    makes: str = ""
    child: bool = False
    renames: str = ""
    needs: str = ""
    adapts: bool = False


def _new(label: str, *, full: bool) -> Callable[[Bench], dict[str, Any]]:
    def body(bench: Bench) -> dict[str, Any]:
        fields = bench.every_field(creates=True) if full else bench.required(creates=True)
        return {bench.kind.key: bench.name(label), **fields}

    return body


def _same_name(bench: Bench) -> dict[str, Any]:
    return {bench.kind.key: bench.made["plain"].name, **bench.required(creates=True)}


def _new_name(bench: Bench) -> dict[str, Any]:
    return {bench.kind.key: bench.name("renamed"), **bench.required(creates=False)}


STEPS: tuple[Step, ...] = (
    Step("create", "POST", makes="plain", body=_new("plain", full=False)),
    Step("create_full", "POST", makes="full", body=_new("full", full=True), adapts=True),
    Step("put_all", UPDATE, "full", lambda bench: bench.every_field(creates=False), adapts=True),
    Step("put_one", UPDATE, to="full", body=Bench.one_field),
    Step("read", "GET", to="full"),
    Step("put_null", UPDATE, to="full", body=Bench.cleared),
    Step("create_child", "POST", to="full", makes="child", child=True),
    Step("create_second_child", "POST", "full", makes="second-child", child=True, needs="child"),
    Step("create_same_name", "POST", makes="twin", body=_same_name),
    Step("put_name", UPDATE, to="full", body=_new_name, renames="renamed"),
)
