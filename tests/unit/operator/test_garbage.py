"""An operator runs for months: what refers to itself is collected, and what stays costs nothing."""

import subprocess
import sys

START = """
import gc, weakref
gc.set_threshold(20_000_000, 50, 100)  # as the command line does
from reconciler.operator.garbage import ALL_AGAIN, collect_garbage
collect_garbage()

class Answer:
    pass

def answers(number):
    made = []
    for _ in range(number):
        answer = Answer()
        answer.request = [answer]
        made.append(answer)
    return made
"""


def said(code):
    run = subprocess.run(
        [sys.executable, "-c", START + code], capture_output=True, text=True, check=True
    )
    return run.stdout.split()


def test_answers_that_refer_to_themselves_do_not_pile_up():
    code = """
seen = [weakref.ref(one) for _ in range(1000) for one in answers(100)]
print(sum(one() is not None for one in seen) < 10_000)
"""
    assert said(code) == ["True"]


def test_what_outlives_a_collection_is_not_looked_at_again():
    code = """
before = gc.get_freeze_count()
resources = answers(1000)
gc.collect()
print(gc.get_freeze_count() - before >= 1000, any(type(one) is Answer for one in gc.get_objects()))
"""
    assert said(code) == ["True", "False"]


def test_what_becomes_garbage_after_it_was_frozen_is_collected_later():
    code = """
resources = answers(1000)
gc.collect()
seen = [weakref.ref(one) for one in resources]
del resources
for _ in range(ALL_AGAIN):
    gc.collect()
print(sum(one() is not None for one in seen), gc.get_freeze_count() > 1000)
"""
    assert said(code) == ["0", "True"]
