"""Explains errors of object stores and databases: a sentence and a fix for each cause."""

import re
from collections.abc import Sequence

from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex

_CODE = regex(r"<Code>([^<]{1,80})</Code>", re.IGNORECASE)
_MESSAGE = regex(r"<Message>([^<]{1,300})</Message>", re.IGNORECASE)
_XML = regex(r"<[?!]?[A-Za-z/].*", re.DOTALL)


class Cause(NamedTuple):
    """A cause of errors that match ``pattern``; ``lasting`` if another attempt cannot help."""

    pattern: str
    sentence: str
    hint: str
    lasting: bool = False


_ACCESS = "check the credentials in the environment, and their permissions on this bucket"

OBJECTS: Sequence[Cause] = (
    Cause(
        r"NoSuchBucket|ContainerNotFound|specified (?:bucket|container) does not exist|bucket you tried to",
        "there is no such bucket or container",
        "create it first, or correct its name after 'state:'; check the address of the store (AWS_ENDPOINT_URL) too",
        lasting=True,
    ),
    Cause(
        r"builder error|URL scheme is not allowed",
        "the address of the store is plain HTTP, and without TLS nothing is sent",
        "write https:// into AWS_ENDPOINT_URL (AZURE_ENDPOINT); for a store in your own network set AWS_ALLOW_HTTP=true",
        lasting=True,
    ),
    Cause(
        r"PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint|incorrect region|\b301 ",
        "the bucket is in another region",
        "set AWS_REGION to the region of the bucket",
        lasting=True,
    ),
    Cause(
        r"InvalidAccessKeyId|SignatureDoesNotMatch|AuthenticationFailed|InvalidClientTokenId|ExpiredToken",
        "the credentials are wrong or no longer valid",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_SESSION_TOKEN), or what the store of your cloud takes, again",
        lasting=True,
    ),
    Cause(
        r"169\.254\.169\.254|metadata\.google|InstanceCredential|missing credentials",
        "there are no credentials for it",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what the store of your cloud takes",
        lasting=True,
    ),
    Cause(
        r"AccessDenied|\b403 |AuthorizationFailure",
        "the credentials may not do this",
        _ACCESS,
        lasting=True,
    ),
    Cause(
        r"certificate|UnknownIssuer|NotValidForName|invalid peer",
        "the store cannot prove its identity",
        "if its certificate is of a company's own CA, set SSL_CERT_FILE or connection.ca_file to the file of that CA",
        lasting=True,
    ),
    Cause(
        r"dns error|failed to lookup|Name or service not known|nodename nor servname",
        "the name of the store cannot be looked up",
        "check AWS_ENDPOINT_URL and AWS_REGION, and at this machine's DNS",
    ),
    Cause(
        r"[Cc]onnection refused",
        "nothing answers at the address of the store",
        "check that it is running, and AWS_ENDPOINT_URL and its port",
    ),
    Cause(
        r"SlowDown|\b503 |\b429 |ServerBusy|TooManyRequests",
        "the store is busy, or temporarily down",
        "wait a minute and run it again",
    ),
    Cause(
        r"\b400 |Bad Request|InvalidRequest|MalformedXML|InvalidArgument",
        "the store refuses the request",
        "check AWS_ENDPOINT_URL, AWS_REGION and AWS_VIRTUAL_HOSTED_STYLE_REQUEST; a store must take conditional writes",
        lasting=True,
    ),
    Cause(
        r"timed out|[Tt]imeout|deadline",
        "the store does not answer in time",
        "check the network, the address and the proxy",
    ),
)

_POOL = "wait until it serves again; for pgbouncer check SHOW POOLS, and at PAUSE, max_client_conn and default_pool_size"
POSTGRES: Sequence[Cause] = (
    Cause(
        r"too many clients|too many connections|remaining connection slots|no more connections allowed|query_wait_timeout",
        "it has no free connection",
        "end what holds connections, or raise max_connections (for pgbouncer max_client_conn and default_pool_size)",
    ),
    Cause(
        r"pgbouncer|pooler|\bpool\b|client_login_timeout|server_login_retry|bouncer config|server conn crashed",
        "the pool in front of the database is closed, or cannot reach a database",
        _POOL,
    ),
    Cause(
        r"password authentication failed|no password supplied|SASL|auth(?:entication)? failed|role \S+ does not exist",
        "the user or the password is refused",
        "write the user into the address, and the password into PGPASSWORD or a password file",
    ),
    Cause(
        r"no pg_hba\.conf entry",
        "the database refuses this machine, this user or an unencrypted connection",
        "have pg_hba.conf changed, or use another user or host",
    ),
    Cause(
        r"database \S+ does not exist|no such database",
        "there is no such database",
        "create it first (CREATE DATABASE), or correct the address after 'state:'",
    ),
    Cause(
        r"could not translate host name|failed to resolve host|Name or service not known|getaddrinfo|No address associated",
        "the name of its host cannot be looked up",
        "check the host in the address, and at this machine's DNS",
    ),
    Cause(
        r"server does not support SSL|SSL (?:is )?not (?:supported|enabled)",
        "the database does not support TLS, and without TLS the password would be sent in clear",
        "have TLS enabled there, or use a tunnel on this machine",
    ),
    Cause(
        r"certificate|root certificate file|SSL error",
        "the database cannot prove its identity",
        "write sslrootcert=FILE into the address, with the CA that signed its certificate",
    ),
    Cause(
        r"read-only transaction|hot standby|recovery mode|is in recovery",
        "the database is read-only, or in recovery",
        "write the address of the primary, or wait until it has recovered",
    ),
    Cause(
        r"starting up|shutting down|administrator command|not accepting connections",
        "the database is starting or shutting down",
        "wait until it is up, and run it again",
    ),
    Cause(
        r"[Cc]onnection refused|No such file or directory",
        "no database answers there",
        "is it running? look at the host and the port in the address",
    ),
    Cause(
        r"closed the connection|connection (?:is|was|has been)? ?(?:closed|lost)"
        r"|terminat|Connection reset|broken pipe|EOF detected",
        "the database went away in the middle",
        "look at whether it runs, and run it again: what was done is in the Space, and the next run looks",
    ),
    Cause(
        r"timeout|timed out|canceling statement",
        "the database does not answer in time",
        "look at the network, and at what holds its locks (pg_stat_activity)",
    ),
    Cause(r"No space left|disk full", "the database has no room left", "make room on its disk"),
)


def cause_of(text: str, causes: Sequence[Cause]) -> Cause | None:
    """The first of ``causes`` that matches the error ``text``; None if none does."""
    return next((cause for cause in causes if re.search(cause.pattern, text)), None)


def without_xml(text: str) -> str:
    """``text`` with the XML of a store's answer replaced by its code and message."""
    code, message = _CODE.search(text), _MESSAGE.search(text)
    said = ": ".join(found[1] for found in (code, message) if found)
    return f"{_XML.sub('', text).strip()} {said}".strip()
