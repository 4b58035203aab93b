"""Positions of a resource's values, computed on first access because few are ever needed."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from reconciler.core.resources import Desired, Origin


class Origins(Mapping[str, Origin]):
    """A mapping computed by ``find`` on first access."""

    __slots__ = ("_find", "_found")

    def __init__(self, find: Callable[[], Mapping[str, Origin]]) -> None:
        self._find: Callable[[], Mapping[str, Origin]] | None = find
        self._found: Mapping[str, Origin] = {}

    def _all(self) -> Mapping[str, Origin]:
        if self._find is not None:
            self._found, self._find = self._find(), None
        return self._found

    def __getitem__(self, path: str) -> Origin:
        return self._all()[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


def find_positions(resources: Iterable[Desired], until: Callable[[], bool]) -> None:
    """Compute the positions of these resources' values ahead, ``until`` there is no time left."""
    for resource in resources:
        if until():
            return
        len(resource.origins)
