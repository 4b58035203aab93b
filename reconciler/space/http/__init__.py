"""HTTP/1.1 to a Space: messages, a pool of connections, the library that speaks it."""
