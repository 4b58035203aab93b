"""How well colours are told apart: WCAG's contrast ratio, and the pairs of a palette that lie on one another."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

TEXT, CONTROLS = (
    4.5,
    3.0,
)  # what WCAG 2.2 asks for at level AA: of text (1.4.3), of icons and buttons (1.4.11)
BEHIND, WRITTEN = "background", "foreground"
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_STEPS = 200


class Pair(NamedTuple):
    """A colour on the background of its scheme: ``light_primary`` on ``light_background`` is of the scheme ``light``."""

    scheme: str
    role: str
    field: str
    behind: str
    colour: str
    background: str

    @property
    def ratio(self) -> float:
        """From 1 (the same) to 21 (black on white)."""
        return contrast_ratio(self.colour, self.background)

    @property
    def is_text(self) -> bool:
        """Whether it is read, and not only seen as an icon or a button."""
        return self.role == WRITTEN


def is_colour(value: Any) -> bool:
    """Whether ``value`` is ``#RRGGBB``."""
    return isinstance(value, str) and _COLOUR.fullmatch(value) is not None


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """The relative luminance of ``#RRGGBB``, from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """The contrast of two colours ``#RRGGBB``, from 1 to 21, in either order."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ratio_text(ratio: float) -> str:
    """``4.49:1``: cut, never rounded up, so that what is shown as enough is enough."""
    return f"{int(ratio * 100 + 1e-6) / 100:.2f}".rstrip("0").rstrip(".") + ":1"


def _mixed(colour: str, towards: int, share: float) -> str:
    return "#" + "".join(
        f"{round(channel + (towards - channel) * share):02X}" for channel in _channels(colour)
    )


def readable(colour: str, background: str, *, least: float) -> str | None:
    """The colour nearest to ``colour``, darker or lighter, that stands out at ``least`` from ``background``; None where none does."""
    for step in range(_STEPS + 1):
        for towards in (0, 255):
            mixed = _mixed(colour, towards, step / _STEPS)
            if contrast_ratio(mixed, background) >= least:
                return mixed
    return None


def scheme_of(field: str) -> tuple[str, str]:
    """``light_primary`` as the scheme ``light`` and the role ``primary``; the scheme is empty where there is none."""
    scheme, _, role = field.rpartition("_")
    return scheme, role


def pairs(attributes: Mapping[str, Any]) -> tuple[Pair, ...]:
    """What lies on the background of each scheme among ``attributes``, by scheme, text first; fields without a colour are passed over."""
    colours = {name: str(value) for name, value in attributes.items() if is_colour(value)}
    found = []
    for name, colour in colours.items():
        scheme, role = scheme_of(name)
        behind = f"{scheme}_{BEHIND}" if scheme else BEHIND
        if role != BEHIND and behind in colours:
            found.append(Pair(scheme, role, name, behind, colour, colours[behind]))
    return tuple(sorted(found, key=lambda pair: (pair.scheme, not pair.is_text, pair.role)))
