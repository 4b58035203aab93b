"""TLS: trusted certificates and the issuer of a shown one."""

import errno
import ssl
import sys
from pathlib import Path
from typing import Any

from reconciler.core.errors import CredentialsError
from reconciler.core.network_access import Trust


def trusted(trust: Trust) -> str:
    """Describe the trusted certificates, for people."""
    if trust.source:
        what = f"those in {trust.file}" if trust.file else f"those in the folder {trust.folder}"
        return f"{what} ({trust.source})"
    return "this machine's" if _system_has_some() else "those of the Python package certifi"


def client_context(trust: Trust) -> "ssl.SSLContext":
    """Return a verifying context, TLS 1.2 or newer."""
    context = _system_context() if not trust.source else _own_context(trust)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _own_context(trust: Trust) -> "ssl.SSLContext":
    # REQUESTS_CA_BUNDLE may name a folder too.
    folder = trust.folder or (trust.file if Path(trust.file).is_dir() else "")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not folder:
            context.load_verify_locations(cafile=trust.file)
            return context
        if not Path(folder).is_dir():
            raise NotADirectoryError(
                errno.ENOTDIR, "no such folder"
            )  # OpenSSL accepts any text as a folder
        context.load_verify_locations(capath=folder)
    except (OSError, ValueError) as error:  # an ssl.SSLError is an OSError
        is_damaged = isinstance(error, (ssl.SSLError, ValueError))
        why = (
            "holds no certificates in PEM form"
            if is_damaged
            else f"cannot be read: {getattr(error, 'strerror', None) or error}"
        )
        raise CredentialsError(
            f"{trust.source}: {folder or trust.file} {why}",
            hint="name a file of the CAs to trust, each as BEGIN CERTIFICATE … END CERTIFICATE",
        ) from error
    return context


def _system_context() -> "ssl.SSLContext":
    """Return a context with this machine's trust store."""
    if sys.platform in ("darwin", "win32"):
        import truststore  # noqa: PLC0415  # used where OpenSSL does not read the system's own store

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context()
    if not _system_has_some():
        import certifi  # noqa: PLC0415  # a container often has no certificates

        context.load_verify_locations(cafile=certifi.where())
    return context


def _system_has_some() -> bool:
    """Whether OpenSSL finds a trust store on this machine."""
    if sys.platform in ("darwin", "win32"):
        return True
    places = ssl.get_default_verify_paths()
    return bool(places.cafile) or bool(places.capath and any(Path(places.capath).iterdir()))


def signer(certificate: dict[str, Any] | None) -> str:
    """Return the issuer of a verified certificate: organisation and CA name."""
    issuer = {key: value for part in (certificate or {}).get("issuer", ()) for key, value in part}
    words = (issuer.get("organizationName", ""), issuer.get("commonName", ""))
    return ", ".join(word for word in words if word)
