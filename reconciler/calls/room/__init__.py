"""Live rooms as values: a room and a command give the next room, an answer and events. No clock, no
socket, no randomness.
"""
