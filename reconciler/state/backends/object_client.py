"""Opens an object store: time limits, proxy, trusted certificates, and text of its errors."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store, from_url

from reconciler.core.errors import StateError
from reconciler.core.network_access import Access
from reconciler.core.regex import regex
from reconciler.core.text import printable
from reconciler.state.causes import without_xml

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig  # exist for type checkers only

_OPTIONS: "ClientConfig" = {
    "timeout": timedelta(seconds=30),
    "connect_timeout": timedelta(seconds=10),
}
_CONSENT = "AWS_ALLOW_HTTP"  # the client's own option for a store without TLS in a private network
_THIS_MACHINE = ("localhost", "127.0.0.0/8", "::1")
_RETRIES: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=30)}
_QUERY = regex(r"\?[^\s\"'<>]*")


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
                f"{trust.source}: {trust.file} cannot be read: {error.strerror}",
                hint="check the path and the permissions of the file of certificates",
            ) from error
    return options


def error_text(error: Exception) -> str:
    """A store's error as one short line. Query strings are removed: they may hold a signature."""
    first, _, _ = str(error).partition("Debug source")
    return printable(" ".join(_QUERY.sub("", without_xml(first)).split()))[:300]


def open_store(address: str, *, where: str, access: Access) -> S3Store | GCSStore | AzureStore:
    """The store at ``address``. StateError if it is no address of a store."""
    options = client_options(access)
    try:
        store = from_url(address, client_options=options, retry_config=_RETRIES)
    except (BaseError, ValueError, OSError) as error:
        raise StateError(
            f"{where}: cannot be used: {error_text(error)}",
            hint="write s3://BUCKET/PATH, gs://BUCKET/PATH or az://CONTAINER/PATH",
        ) from error
    assert isinstance(store, S3Store | GCSStore | AzureStore)
    return store
