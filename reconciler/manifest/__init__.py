"""Manifests in YAML and JSON: parse, validate, compose, edit, format; and the project file."""
