import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from reconciler.core.errors import ReconcilerError

WRITER = """
import sys
import httpx
from reconciler import catalog
from reconciler.localspace import create_space
space = create_space(sys.argv[1], kinds=catalog.kinds())
with httpx.Client(transport=httpx.WSGITransport(space), base_url="http://local.test/api/video", auth=("p", "t")) as api:
    own = [api.post("/rooms", json={"name": f"{sys.argv[2]}-{number}"}).status_code for number in range(40)]
    shared = [api.post("/rooms", json={"name": f"both-{number}"}).status_code for number in range(40)]
space.close()
print(own.count(200), shared.count(200), shared.count(422))
"""


def names(api):
    return sorted(room["name"] for room in api.get("/rooms?page_size=1000").json()["data"])


def test_what_was_made_is_there_again(make, client_of, tmp_path):
    path = tmp_path / "new" / "space.sqlite"
    first = make(database=path)
    made = client_of(first).post("/rooms", json={"name": "lobby"}).json()
    first.close()
    assert client_of(make(database=path)).get("/rooms/lobby").json() == made


def test_the_file_is_for_its_owner_alone(make, tmp_path):
    make(database=tmp_path / "space.sqlite")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_two_processes_on_one_file(make, client_of, tmp_path):
    path = tmp_path / "space.sqlite"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, path, name], stdout=subprocess.PIPE, text=True
        )
        for name in ("a", "b")
    ]
    counts = [list(map(int, writer.communicate()[0].split())) for writer in writers]
    assert [count[0] for count in counts] == [40, 40]
    assert (counts[0][1] + counts[1][1], counts[0][2] + counts[1][2]) == (40, 40)
    assert len(names(client_of(make(database=path)))) == 120


@pytest.mark.parametrize("database", [":memory:", "space.sqlite"])
def test_of_sixteen_threads_one_gets_the_name(make, client_of, tmp_path, database):
    space = make(database=database if database == ":memory:" else tmp_path / database)
    api, start = client_of(space), Barrier(16)

    def create(_):
        start.wait()
        return api.post("/rooms", json={"name": "lobby"}).status_code

    with ThreadPoolExecutor(16) as threads:
        assert sorted(threads.map(create, range(16))) == [200] + [422] * 15
    assert (names(api), len(space.ledger)) == (["lobby"], 1)


def _of_another_program(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmark (address TEXT)")
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize("content", [b"x", b"a short note\n", b"SQLite format 3", b"long " * 300])
def test_a_file_that_is_something_else_stays_as_it_is(make, tmp_path, content):
    """SQLite overwrites a file that is shorter than its header."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(ReconcilerError, match=r"notes\.txt: not the file of a local Space"):
        make(database=path)
    assert path.read_bytes() == content


def test_a_pipe_or_a_device_is_refused_at_once(make, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for database in (str(pipe), "/dev/null"):
        with pytest.raises(ReconcilerError, match=f"{database}.*not a regular file"):
            make(database=database)


def test_a_database_of_another_program_stays_as_it_is(make, tmp_path):
    path = tmp_path / "bookmarks.sqlite"
    content = _of_another_program(path)
    with pytest.raises(ReconcilerError, match=r"bookmarks\.sqlite: not the file of a local Space"):
        make(database=path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("where", ["loop", "folder", "rooms.yaml/space.sqlite"])
def test_an_error_names_the_file(make, tmp_path, where):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    (tmp_path / "rooms.yaml").write_text("")
    with pytest.raises(ReconcilerError, match=rf"{where}: cannot be opened"):
        make(database=tmp_path / where)


def test_a_write_that_fails_leaves_nothing(make, client_of, tmp_path):
    path = tmp_path / "space.sqlite"
    space = make(database=path)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TRIGGER no BEFORE INSERT ON record WHEN NEW.kind = 'conference_token' BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    connection.close()
    api = client_of(space)
    assert api.post("/conferences", json={"display_name": "Hall"}).status_code == 500
    assert (api.get("/conferences").json()["data"], space.ledger) == ([], [])
