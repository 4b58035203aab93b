"""Pictures and sound of calls, over aiortc: one composite for a session, a mix for each member, all
of it on loopback.
"""
