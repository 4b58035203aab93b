"""WCAG contrast of colours, and the colour pairs of a palette that overlap."""

from collections.abc import Mapping
from typing import Any

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex

# WCAG 2.2 level AA: text (1.4.3), icons and buttons (1.4.11).
TEXT, CONTROLS = 4.5, 3.0
BEHIND, WRITTEN = "background", "foreground"
_COLOUR = regex(r"#[0-9A-Fa-f]{6}")
_STEPS = 200


class Pair(NamedTuple):
    """A colour and its scheme's background: ``light_primary`` on ``light_background``."""

    scheme: str
    role: str
    field: str
    behind: str
    colour: str
    background: str

    @property
    def ratio(self) -> float:
        """The contrast ratio, from 1 (equal) to 21 (black on white)."""
        return contrast_ratio(self.colour, self.background)

    @property
    def is_text(self) -> bool:
        """Whether the colour is used for text, not only for icons and buttons."""
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
    """Return the relative luminance of ``#RRGGBB``, from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """Return the contrast of two colours ``#RRGGBB``, from 1 to 21, in either order."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ratio_text(ratio: float) -> str:
    """Format a ratio as ``4.49:1``. Truncates: a value shown as sufficient must be sufficient."""
    return f"{int(ratio * 100 + 1e-6) / 100:.2f}".rstrip("0").rstrip(".") + ":1"


def _mixed(colour: str, towards: int, share: float) -> str:
    return "#" + "".join(
        f"{round(channel + (towards - channel) * share):02X}" for channel in _channels(colour)
    )


def readable(colour: str, background: str, *, least: float) -> str | None:
    """Return the colour nearest to ``colour`` with contrast ``least`` to ``background``.

    Darker and lighter colours are tried; None if none reaches it.
    """
    for step in range(_STEPS + 1):
        for towards in (0, 255):
            mixed = _mixed(colour, towards, step / _STEPS)
            if contrast_ratio(mixed, background) >= least:
                return mixed
    return None


def scheme_of(field: str) -> tuple[str, str]:
    """Split ``light_primary`` into the scheme ``light`` (may be empty) and the role ``primary``."""
    scheme, _, role = field.rpartition("_")
    return scheme, role


def pairs(attributes: Mapping[str, Any]) -> tuple[Pair, ...]:
    """Return each colour with the background of its scheme, by scheme, text first.

    Fields that hold no colour are skipped.
    """
    colours = {name: str(value) for name, value in attributes.items() if is_colour(value)}
    overlapping = []
    for name, colour in colours.items():
        scheme, role = scheme_of(name)
        behind = f"{scheme}_{BEHIND}" if scheme else BEHIND
        if role != BEHIND and behind in colours:
            overlapping.append(Pair(scheme, role, name, behind, colour, colours[behind]))
    return tuple(sorted(overlapping, key=lambda pair: (pair.scheme, not pair.is_text, pair.role)))
