"""The connection of all passes is replaced from time to time, and closed when nothing uses it."""

from reconciler.operator.connection import SharedClient


class Opened:
    """Counts what was opened; its time is set by the test."""

    def __init__(self):
        self.clients, self.time = [], 0.0

    def open(self):
        self.clients.append(Client())
        return self.clients[-1]

    @property
    def closed(self):
        return [client.closed for client in self.clients]


class Client:
    closed = False

    def close(self):
        self.closed = True


def test_it_is_replaced_and_the_one_before_stays_open_for_a_while():
    opened = Opened()
    shared = SharedClient(lifetime=10, opened=opened.open, clock=lambda: opened.time)
    first = shared.get()
    opened.time = 9.0
    assert shared.get() is first
    opened.time = 10.0
    assert shared.get() is not first
    assert opened.closed == [False, False]
    opened.time = 20.0
    shared.get()
    assert opened.closed == [True, False, False]
    shared.close()
    assert opened.closed == [True, True, True]


def test_one_that_cannot_be_opened_leaves_the_one_before():
    opened = Opened()
    shared = SharedClient(lifetime=10, opened=opened.open, clock=lambda: opened.time)
    first = shared.get()
    shared._opened = lambda: 1 / 0
    opened.time = 10.0
    try:
        shared.get()
    except ZeroDivisionError:
        opened.time = 9.0
    assert shared.get() is first
    assert not first.closed
