import threading

import pytest

from reconciler.space.threads import in_threads


def test_answers_come_in_the_order_of_what_was_asked():
    first_may_end = threading.Event()

    def ask(number):
        if number == 0:
            assert first_may_end.wait(10)
        else:
            first_may_end.set()
        return number * 2

    assert in_threads(ask, [0, 1, 2], parallel=2) == [0, 2, 4]


def test_where_there_is_nothing_to_ask_nothing_is_done():
    assert in_threads(pytest.fail, [], parallel=2, meanwhile=pytest.fail) == []


def test_the_first_error_in_order_is_raised():
    second_failed = threading.Event()

    def ask(number):
        if number == 0:
            assert second_failed.wait(10)
        else:
            second_failed.set()
        raise ValueError(f"no answer to {number}")

    with pytest.raises(ValueError, match="no answer to 0"):
        in_threads(ask, [0, 1], parallel=2)


def test_an_error_while_answers_are_awaited_is_raised_after_them():
    asked, may_answer, answered = threading.Event(), threading.Event(), []

    def ask(number):
        asked.set()
        assert may_answer.wait(10)
        answered.append(number)

    def work(are_here):
        assert asked.wait(10)
        assert not are_here()
        may_answer.set()
        raise KeyError("odd")

    with pytest.raises(KeyError):
        in_threads(ask, [0], parallel=1, meanwhile=work)
    assert answered == [0]
