"""Writes manifests for live resources and records them as managed."""
