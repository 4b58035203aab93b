"""Plans saved to a file: written, read, checked for staleness."""

MOST_BYTES = 64 * 1024**2
