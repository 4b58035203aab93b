"""Pictures and sound of calls with aiortc: one composite picture for a session, one mix for each
member, on loopback only.
"""
