import httpx
import pytest

from reconciler.localspace import AnswerOverdue, ConnectionCut, Fault, Settings

POST = ("POST", "/rooms$")
HTML = "<!DOCTYPE html><html><body><h1>It works!</h1></body></html>"


def outcome(ask):
    """The status and text of an answer, or the kind of exception that came in its place."""
    try:
        answer = ask()
    except (httpx.TransportError, OSError) as error:
        return type(error).__name__
    return answer.status_code, answer.text


@pytest.fixture(params=["in process", "served"])
def faulty(request, make, client_of, served):
    """A client of a Space with one fault on the creation of rooms, in process and over a socket."""

    def client(fault):
        space = make(faults=(fault,))
        return (
            space,
            client_of(space) if request.param == "in process" else served(space, timeout=5),
            request.param,
        )

    return client


@pytest.mark.parametrize(
    ("fault", "in_process", "over_a_socket", "committed"),
    [
        (Fault(*POST, action="status"), (500, '{"error": "Internal Server Error"}'), None, 0),
        (Fault(*POST, action="status", status=503, body="busy"), (503, "busy"), None, 0),
        (
            Fault(*POST, action="status", status=502, committed=True),
            (502, '{"error": "Bad Gateway"}'),
            None,
            1,
        ),
        (Fault(*POST, action="reset_before_commit"), "ConnectionCut", "ReadError", 0),
        (Fault(*POST, action="reset_after_commit"), "ConnectionCut", "ReadError", 1),
        (Fault(*POST, action="hang", seconds=0.05), "AnswerOverdue", "ReadError", 0),
        (
            Fault(*POST, action="hang", seconds=0.05, committed=True),
            "AnswerOverdue",
            "ReadError",
            1,
        ),
        (Fault(*POST, action="truncated"), "ConnectionCut", "ReadError", 1),
        (Fault(*POST, action="truncated", keep=0), "ConnectionCut", "ReadError", 1),
        (Fault(*POST, action="garbage"), (200, HTML), None, 1),
        (Fault(*POST, action="garbage", body='{"id": '), (200, '{"id": '), None, 1),
        (Fault(*POST, action="empty"), (200, ""), None, 1),
    ],
)
def test_each_fault_and_whether_it_takes_effect(
    faulty, fault, in_process, over_a_socket, committed
):
    space, api, way = faulty(fault)
    expected = in_process if way == "in process" or over_a_socket is None else over_a_socket
    assert outcome(lambda: api.post("/rooms", json={"name": "a"})) == expected
    assert len(space.ledger) == committed
    assert api.get("/rooms/a").status_code == (200 if committed else 404)


def test_a_hang_outlasts_a_client_that_does_not_wait(make, served):
    api = served(make(faults=(Fault("GET", "/rooms$", 1, action="hang"),)), timeout=5)
    with pytest.raises(httpx.ReadTimeout):
        api.get("/rooms", timeout=httpx.Timeout(5, read=0.1))
    assert api.get("/rooms").status_code == 200


def test_the_exceptions_are_those_of_the_system():
    assert issubclass(ConnectionCut, ConnectionResetError)
    assert issubclass(AnswerOverdue, TimeoutError)


def test_the_part_of_a_truncated_answer_that_came(make, client_of):
    api = client_of(make(faults=(Fault("GET", "/rooms$", action="truncated", keep=5),)))
    with api.stream("GET", "/rooms") as answer:
        parts = answer.iter_raw()
        assert (next(parts), answer.status_code, int(answer.headers["Content-Length"]) > 5) == (
            b'{"lin',
            200,
            True,
        )
        with pytest.raises(ConnectionCut):
            next(parts)


def test_headers_of_a_fault(make, client_of):
    api = client_of(make(faults=(Fault(status=429, headers={"Retry-After": "3"}),)))
    answer = api.get("/rooms")
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (
        429,
        "3",
        {"error": "Too Many Requests"},
    )


def test_faults_skip_and_count(make, client_of):
    faults = (
        Fault("GET", "/rooms$", 2, 1, status=503),
        Fault("GET", "/rooms$", 1, 0, status=500),
        Fault("PUT"),
    )
    api = client_of(make(faults=faults))
    assert [api.get("/rooms").status_code for _ in range(5)] == [500, 503, 503, 200, 200]


def test_setting_the_knobs_counts_anew(make, client_of):
    once = Settings(faults=(Fault("GET", times=1),))
    space = make(faults=once.faults)
    api = client_of(space)
    seen = [api.get("/rooms").status_code, api.get("/rooms").status_code]
    space.knobs = once
    assert [*seen, api.get("/rooms").status_code] == [500, 200, 500]


def test_faults_do_not_touch_the_control_api(make, client_of):
    assert client_of(make(faults=(Fault(),)), base="").get("/control/knobs").status_code == 200
