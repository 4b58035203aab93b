"""Variables, presets and themes composed into desired resources."""
