"""Text reports for terminals, and their JSON."""
