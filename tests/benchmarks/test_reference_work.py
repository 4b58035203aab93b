"""The process that says how fast the machine is in a window of time."""

from benchmarks.reference_work import Done, ReferenceWork, piece
from tests.integration.kubernetes.operator.running import until


def test_pieces_are_done_beside_what_is_measured():
    with ReferenceWork(pause=0.001) as reference:
        before = reference.done
        after = until(lambda: (done := reference.done).pieces > before.pieces + 1 and done)

    assert 0 < after.since(before) < after.cpu


def test_the_work_is_the_same_each_time():
    assert piece() == piece() == []


def test_a_piece_takes_what_was_spent_in_its_window():
    assert Done(30, 0.8).since(Done(10, 0.4)) == (0.8 - 0.4) / 20
    assert Done(10, 0.4).since(Done(10, 0.4)) == 0.0
