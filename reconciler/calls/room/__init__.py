"""A room with people in it, as values: room and command become the next room, an answer and events.
No clock, no socket, no chance.
"""
