"""Finds out by experiment what the API's document leaves open about a Space."""
