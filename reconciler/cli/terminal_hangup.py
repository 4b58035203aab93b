"""A terminal stream that survives a hang-up."""

import contextlib
import io
from typing import TextIO


class RobustTerminal(io.TextIOBase):
    """A terminal stream that ignores a hang-up, so that it cannot end a run that writes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def write(self, text: str) -> int:
        """Write ``text``; errors are ignored."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream; errors are ignored."""
        with contextlib.suppress(OSError):
            self._stream.flush()
