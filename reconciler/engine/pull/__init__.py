"""Writes drifted live values into manifests."""
