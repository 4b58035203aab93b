"""A policy for themes: colours that cannot be told from their background are a warning or an error, at the colour's own place."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from reconciler.core.contrast import Pair, pairs, ratio_text, readable
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.resources import Desired, Origin, Problem
from reconciler.manifest.load import Loaded
from reconciler.manifest.project import Environment, Policy, Project


def policy_of(project: Project | None, environment: Environment | None) -> Policy:
    """The policy that holds: word by word the environment's, else the project's."""
    written = [place.policy for place in (environment, project) if place and place.policy]

    def word(name: str) -> Any:
        return next(
            (value for policy in written if (value := getattr(policy, name)) is not None), None
        )

    return Policy(**{one.name: word(one.name) for one in fields(Policy)})


def _palette(one: Desired, kind: Kind) -> dict[str, Any]:
    """The colours that the resource will have: what is declared, and what the others default to."""
    known = {
        name: kind.default(name, one.address.name)
        for name in kind.attributes
        if kind.spellings.get(name) == "colour"
    }
    return {name: one.attributes.get(name, value) for name, value in known.items()}


def _pointer(field: str, origin: Origin, kinds: Kinds) -> str:
    """Where the value stands in its document: a theme's colours stand one below the other."""
    word = origin.via.partition(" ")[0]
    outer, _, inner = field.rpartition("_")
    for kind in kinds.values():
        if word and kind.name.lower() == word and kind.flatten and outer in kind.fields:
            return f"spec.{outer}.{inner}"
    return f"spec.{field}"


def _hint(pair: Pair, mine: str, least: float, other: Origin | None) -> str:
    """A colour that would do, and where the other one of the pair is written."""
    near = readable(pair.colour, pair.background, least=least) if mine == pair.field else None
    found = f"'{near}' would do" if near else f"take a {mine} that is further from {pair.field}"
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
        return None  # nobody chose either of the two: the vendor's own palette is not ours to judge
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
    """Each pair of colours that ``policy`` does not let pass, once for all resources that have it from one place.

    What nobody uses is not looked at: a theme's colours count where a resource wears them.
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
    """``loaded`` with what ``policy`` has against it among its problems, in their order."""
    found = [*loaded.problems, *contrast_problems(loaded.desired, policy, kinds=kinds)]
    return replace(
        loaded,
        problems=tuple(
            sorted(found, key=lambda problem: (problem.place, problem.pointer, problem.message))
        ),
    )
