"""Text to values with positions, for YAML and JSON."""
