"""HTTP/1.1 transport: messages, connection pool, and the library underneath."""
