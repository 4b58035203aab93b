"""Writes manifests: canonical format and new documents."""
