"""Edits manifests in place; everything else in the file stays as it is."""
