"""The head of a state in an object store, and how its store is reached."""

import json
from datetime import timedelta

import pytest

from reconciler.core.errors import StateError
from reconciler.core.network_access import DIRECTLY, Access, Proxy, Trust
from reconciler.state.backends.base import Snapshot
from reconciler.state.backends.object_client import client_options, error_text, open_store
from reconciler.state.backends.object_head import (
    CHUNK_LINES,
    ObjectNames,
    decode_head,
    encode_head,
)
from reconciler.state.lock_record import LockRecord, Version

HEAD = LockRecord("w", Version("line", 3))
NAMES = ObjectNames("records/3", ("journal/1",), ("records/2",))
LINES = tuple(f"{number}\n" for number in range(CHUNK_LINES + 2))


def test_a_head_has_the_names_and_the_lines_that_no_chunk_has():
    content = encode_head(Snapshot(HEAD, "record", LINES), NAMES)
    assert decode_head(content, where="x") == (HEAD, NAMES, "64\n65\n")
    whole = encode_head(Snapshot(HEAD, None, LINES[:2]), ObjectNames())
    assert decode_head(whole, where="x") == (HEAD, ObjectNames(), "0\n1\n")


def broken(**parts):
    document = json.loads(encode_head(Snapshot(HEAD), NAMES)) | parts
    return json.dumps({name: value for name, value in document.items() if value is not ...})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "[" * 100_000,
        *(broken(**{name: ...}) for name in ("record", "chunks", "earlier", "journal", "head")),
        broken(record=None),
        broken(chunks=[1]),
        broken(chunks=7),
        broken(earlier=[None]),
        broken(journal=["x"]),
        broken(head=None),
    ],
)
def test_what_is_no_head_is_an_error_that_names_the_object(content):
    with pytest.raises(StateError) as found:
        decode_head(content.encode(), where="s3://b/x")
    assert found.value.message == "s3://b/x: its head.json was damaged or edited"


# The client


@pytest.mark.parametrize(
    ("consent", "allowed"), [("", False), ("1", True), ("TRUE", True), ("0", False), ("yes", False)]
)
def test_plain_http_needs_the_user_s_own_word(monkeypatch, consent, allowed):
    monkeypatch.setenv("AWS_ALLOW_HTTP", consent)
    assert client_options(DIRECTLY) == {
        "timeout": timedelta(seconds=30),
        "connect_timeout": timedelta(seconds=10),
        "allow_http": allowed,
    }


def test_a_proxy_of_the_project_is_used_and_one_of_the_environment_is_the_client_s(monkeypatch):
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    proxy = Proxy("proxy", 3128, "HTTPS_PROXY")
    access = Access(proxy=proxy, direct=("corp.example",))
    options = client_options(access)
    assert (options["proxy_url"], options["proxy_excludes"]) == (
        "http://proxy:3128",
        "localhost,127.0.0.0/8,::1,corp.example",
    )
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert "proxy_url" not in client_options(access)


def test_a_file_of_certificates_is_read_and_a_folder_is_left_to_the_client(tmp_path):
    file = tmp_path / "ca.pem"
    file.write_bytes(b"pem")
    assert client_options(Access(trust=Trust(str(file))))["root_certificate"] == b"pem"
    assert "root_certificate" not in client_options(Access(trust=Trust(str(tmp_path))))
    missing = tmp_path / "missing"
    with pytest.raises(StateError) as found:
        client_options(Access(trust=Trust(str(missing), source="connection.ca_file")))
    assert found.value.message == (
        f"connection.ca_file: {missing} cannot be read: No such file or directory"
    )


def test_an_error_of_a_store_is_one_line_without_a_signature():
    error = ValueError("GET https://b/x?sig=canary failed\n  twice Debug source: { more }")
    assert error_text(error) == "GET https://b/x failed twice"
    assert len(error_text(ValueError("x" * 900))) == 300


def test_what_is_no_address_of_a_store_is_told():
    with pytest.raises(StateError) as found:
        open_store("nothing://b/x", where="here", access=DIRECTLY)
    assert found.value.message.startswith("here: cannot be used: ")
    assert found.value.hint == "write s3://BUCKET/PATH, gs://BUCKET/PATH or az://CONTAINER/PATH"
