"""Theme policy: contrast problems between colours and their background."""

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.core.contrast import Pair, pairs, ratio_text, readable
from reconciler.core.deferred_dataclass import fields, replace
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.resources import Desired, Origin, Problem
from reconciler.manifest.load import Loaded
from reconciler.manifest.project_model import Environment, Policy, Project


def policy_of(project: Project | None, environment: Environment | None) -> Policy:
    """The effective policy: the environment's settings, else the project's."""
    effective: dict[str, Any] = {}
    for place in (project, environment):  # the later one wins
        if place is not None and place.policy is not None:
            written = {one.name: getattr(place.policy, one.name) for one in fields(Policy)}
            effective |= {name: value for name, value in written.items() if value is not None}
    return Policy(**effective)


def _palette(one: Desired, kind: Kind) -> dict[str, Any]:
    """The resource's colours: declared ones over the defaults."""
    known = {
        name: kind.default(name, one.address.name)
        for name in kind.attributes
        if kind.spellings.get(name) == "colour"
    }
    return {name: one.attributes.get(name, value) for name, value in known.items()}


def _pointer(field: str, origin: Origin, kinds: Kinds) -> str:
    """Pointer of the value; a theme nests its colours."""
    word = origin.via.partition(" ")[0]
    outer, _, inner = field.rpartition("_")
    for kind in kinds.values():
        if word and kind.name.lower() == word and kind.flatten and outer in kind.fields:
            return f"spec.{outer}.{inner}"
    return f"spec.{field}"


def _hint(pair: Pair, mine: str, least: float, other: Origin | None) -> str:
    """A colour with enough contrast, and the position of the other one."""
    near = readable(pair.colour, pair.background, least=least) if mine == pair.field else None
    found = f"'{near}' would do" if near else f"take a {mine} with more contrast to {pair.field}"
    beside = pair.behind if mine == pair.field else pair.field
    return f"{found}; {beside} is {f'set at {other.place}' if other else 'the default'}"


def _problem(pair: Pair, one: Desired, policy: Policy, kinds: Kinds) -> Problem | None:
    least = policy.text_contrast if pair.is_text else policy.control_contrast
    if least is None or pair.ratio >= least:
        return None
    origins = {name: one.origins.get(name) for name in (pair.field, pair.behind)}
    mine = pair.field if origins[pair.field] else pair.behind
    origin = origins[mine]
    usual = kinds[one.address.kind].default(pair.behind, one.address.name)
    if origin is None or (mine == pair.behind and pair.background.upper() == str(usual).upper()):
        return None  # both are defaults of the vendor, which the author did not choose
    other = origins[pair.behind if mine == pair.field else pair.field]
    return Problem(
        origin.place,
        f"{pair.field} {pair.colour} on {pair.behind} {pair.background} has a contrast of {ratio_text(pair.ratio)};"
        f" the policy asks for {ratio_text(least)}",
        _pointer(mine, origin, kinds),
        _hint(pair, mine, least, other),
        severity="error" if policy.low_contrast == "refuse" else "warning",
    )


def contrast_problems(
    desired: Sequence[Desired], policy: Policy, *, kinds: Kinds
) -> Iterator[Problem]:
    """Colour pairs that violate ``policy``, once for resources with the same origin.

    Unused themes are not checked: the contrast depends on the resource.
    """
    if policy.text_contrast is None and policy.control_contrast is None:
        return
    told: set[Problem] = set()
    for one in desired:
        for pair in pairs(_palette(one, kinds[one.address.kind])):
            problem = _problem(pair, one, policy, kinds)
            if problem and problem not in told:
                told.add(problem)
                yield problem


def held_to(loaded: Loaded, policy: Policy, *, kinds: Kinds) -> Loaded:
    """``loaded`` with the problems of ``policy``, sorted in."""
    found = [*loaded.problems, *contrast_problems(loaded.desired, policy, kinds=kinds)]
    return replace(
        loaded,
        problems=tuple(
            sorted(found, key=lambda problem: (problem.place, problem.pointer, problem.message))
        ),
    )
