"""Servers that others wrote, each started by the tests on loopback and stopped by them."""

import base64
import contextlib
import hashlib
import hmac
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from email.utils import formatdate
from pathlib import Path

from tests.integration.third_party.installed import needed, python_of

_DEADLINE = 60.0  # seconds in which a server has to answer; it is not waited for once it does


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def _answers(port, running, log):
    """Wait until the server accepts connections; its own words if it ended instead."""
    until = time.monotonic() + _DEADLINE
    while time.monotonic() < until:
        assert running.poll() is None, log.read_text(errors="replace")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"no answer on port {port}: {log.read_text(errors='replace')}")


@contextlib.contextmanager
def started(words, *, port, folder, **options):
    """Run a server in ``folder`` meanwhile; it answers on ``port`` when the block begins."""
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            words, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options
        ) as running,
    ):
        try:
            _answers(port, running, log)
            yield running
        finally:
            running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(10)
            running.kill()


def _created(address, headers=None):
    """Make a bucket or container on loopback."""
    request = urllib.request.Request(address, method="PUT", headers=headers or {})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_DEADLINE) as answer:  # noqa: S310
        assert answer.status in (200, 201)


# moto looks at a condition and writes in two steps: one request at a time makes them one.
_MOTO = """
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app))
"""


@contextlib.contextmanager
def moto(folder):
    """The environment that leads to moto's S3, which has the bucket ``bucket``."""
    port = free_port()
    words = [python_of("moto_server"), "-c", _MOTO, str(port)]
    with started(words, port=port, folder=folder):
        there = f"http://127.0.0.1:{port}"
        _created(f"{there}/bucket")
        yield {
            "AWS_ENDPOINT_URL": there,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "canary-id",
            "AWS_SECRET_ACCESS_KEY": "canary-key",
            "AWS_REGION": "us-east-1",
        }


_ACCOUNT, _KEY = "acme", base64.b64encode(b"canary-key-of-azure").decode()
_AZURE_VERSION = "2021-08-06"


def _create_container(there, name):
    """Create a container: the one request that the product never sends, signed as the document says."""
    date = formatdate(usegmt=True)
    signed = (
        "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:{_AZURE_VERSION}\n"
        f"/{_ACCOUNT}/{_ACCOUNT}/{name}\nrestype:container"
    )
    digest = hmac.new(base64.b64decode(_KEY), signed.encode(), hashlib.sha256).digest()
    headers = {
        "x-ms-date": date,
        "x-ms-version": _AZURE_VERSION,
        "Content-Length": "0",
        "Authorization": f"SharedKey {_ACCOUNT}:{base64.b64encode(digest).decode()}",
    }
    _created(f"{there}/{name}?restype=container", headers)


@contextlib.contextmanager
def azurite(folder):
    """The environment that leads to Azurite's blobs, which have the container ``rooms``."""
    port = free_port()
    words = [needed("azurite-blob"), "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    words += ["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--silent"]
    variables = os.environ | {"AZURITE_ACCOUNTS": f"{_ACCOUNT}:{_KEY}"}
    with started(words, port=port, folder=folder, env=variables):
        there = f"http://127.0.0.1:{port}/{_ACCOUNT}"
        _create_container(there, "rooms")
        yield {
            "AZURE_ENDPOINT": there,
            "AWS_ALLOW_HTTP": "true",
            "AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": _KEY,
        }


@contextlib.contextmanager
def _folder_of(uid, gid):
    """A folder of the user whom a server runs as, and that user: root is refused by many servers."""
    folder = Path(tempfile.mkdtemp(prefix="tpt-"))
    who = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
    if who:
        os.chown(folder, uid, gid)
    try:
        yield folder, who
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_BOUNCER = """\
[databases]
* = host={host} user=owner
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 200
client_login_timeout = 10
ignore_startup_parameters = extra_float_digits
"""


@contextlib.contextmanager
def pgbouncer(database, *, pool):
    """The address of ``database`` through pgbouncer, which gives a connection for one transaction."""
    words, host = needed("pgbouncer"), database.partition("host=")[2]
    owner = Path(host).stat()  # who alone may enter the folder of the database's socket
    with _folder_of(owner.st_uid, owner.st_gid) as (folder, who):
        port = free_port()
        settings = folder / "pgbouncer.ini"
        settings.write_text(_BOUNCER.format(host=host, port=port, pool=pool))
        with started([words, str(settings)], port=port, folder=folder, **who):
            yield f"postgresql://owner@127.0.0.1:{port}/postgres?sslmode=disable"


_PROXY = """\
Port {port}
Listen 127.0.0.1
Timeout 60
MaxClients 50
ConnectPort {allowed}
BasicAuth {user} {password}
Upstream http 127.0.0.1:{onward}
LogFile "{folder}/proxy.log"
LogLevel Connect
"""


@contextlib.contextmanager
def tinyproxy(onward, *, user, password, allowed=443):
    """The port of tinyproxy and its log; it tunnels to the port ``allowed`` for one user.

    ``onward`` is the port of the next proxy, which alone knows where names lead: nothing here does.
    """
    words, nobody = needed("tinyproxy"), pwd.getpwnam("nobody")
    with _folder_of(nobody.pw_uid, nobody.pw_gid) as (folder, who):
        port = free_port()
        settings = folder / "tinyproxy.conf"
        given = {"port": port, "onward": onward, "allowed": allowed, "folder": folder}
        settings.write_text(_PROXY.format(user=user, password=password, **given))
        with started([words, "-d", "-c", str(settings)], port=port, folder=folder, **who):
            yield port, folder / "proxy.log"
