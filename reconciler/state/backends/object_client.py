"""Options of the object store's client: time limits, proxy and trusted certificates."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.core.errors import StateError
from reconciler.core.network_access import Access

if TYPE_CHECKING:
    from obstore.store import ClientConfig  # exists for type checkers only

_OPTIONS: "ClientConfig" = {
    "timeout": timedelta(seconds=30),
    "connect_timeout": timedelta(seconds=10),
}
_CONSENT = "AWS_ALLOW_HTTP"  # the client's own option for a store without TLS in a private network
_THIS_MACHINE = ("localhost", "127.0.0.0/8", "::1")


def client_options(access: Access) -> "ClientConfig":
    """Build the client's options. It reads HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE itself."""
    options: ClientConfig = {
        **_OPTIONS,
        "allow_http": os.environ.get(_CONSENT, "").lower() in ("1", "true"),
    }
    proxy, trust = access.proxy, access.trust
    if proxy is not None and proxy.source not in os.environ:
        options["proxy_url"] = proxy.url.value
        options["proxy_excludes"] = ",".join([*_THIS_MACHINE, *access.direct])
    if trust.file and not Path(trust.file).is_dir():
        try:
            options["root_certificate"] = Path(trust.file).read_bytes()
        except OSError as error:
            raise StateError(
                f"{trust.source}: {trust.file} cannot be read: {error.strerror}"
            ) from error
    return options
