"""What a schema violation is about: the document and the broken rule."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.core.deferred_dataclass import dataclass, field
from reconciler.core.kinds import Kind, Kinds
from reconciler.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Subject:
    """The checked document's ``kind`` (None: the project file), among all ``kinds``."""

    kind: Kind | None = None
    kinds: Kinds = field(default_factory=dict)


class Violation(NamedTuple):
    """A schema violation: keyword, its argument, the value, and the enclosing schema.

    ``word`` is the library's message; our own keywords put the name in question there.
    """

    rule: str
    wanted: Any
    value: Any
    schema: Mapping[str, Any]
    word: str
