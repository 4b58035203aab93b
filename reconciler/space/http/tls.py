"""Whom to trust over TLS."""

import ssl


def client_context() -> ssl.SSLContext:
    """Return a context that verifies the other end, with TLS 1.2 at least."""
    import certifi  # noqa: PLC0415  # plain HTTP on loopback does without

    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
