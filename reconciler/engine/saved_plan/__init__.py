"""Plans saved to a file: written, read, checked for staleness."""
