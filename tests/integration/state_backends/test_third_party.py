"""What every store must do, on servers that others wrote: moto's S3, Azurite, PostgreSQL through pgbouncer."""

import itertools

import pytest

from tests.integration.state_backends.places import Place
from tests.integration.state_backends.test_conformance import *  # noqa: F403  # the same tests, other places
from tests.integration.third_party import servers

pytestmark = [pytest.mark.long, pytest.mark.slow]
KINDS = ("moto", "azurite", "pgbouncer")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    with servers.moto(tmp_path_factory.mktemp("moto")) as environment:
        yield environment


@pytest.fixture(scope="module")
def azurite(tmp_path_factory):
    with servers.azurite(tmp_path_factory.mktemp("azurite")) as environment:
        yield environment


@pytest.fixture(scope="module")
def pgbouncer(postgres):
    """With few connections to the database, so that each transaction may get another one."""
    with servers.pgbouncer(postgres, pool=3) as address:
        yield address


@pytest.fixture(params=KINDS)
def place(request, tmp_path, monkeypatch):
    led = request.getfixturevalue(request.param)
    number = next(_numbers)
    if request.param == "pgbouncer":
        return Place("postgres", led, str(tmp_path), f"bounced-{number}")
    for name, value in led.items():
        monkeypatch.setenv(name, value)
    address = {"moto": "s3://bucket", "azurite": "az://rooms"}[request.param]
    return Place(request.param, f"{address}/team-{number}", str(tmp_path))


@pytest.fixture
def shared(place):
    return place
