"""An operator runs for months: what refers to itself is collected, whatever the command line set."""

import subprocess
import sys

CODE = """
import gc, weakref
gc.set_threshold(20_000_000, 50, 100)  # as the command line does
from reconciler.operator.run import collect_garbage
collect_garbage()

class Answer:
    pass

def kept(number):
    answers = []
    for _ in range(number):
        answer = Answer()
        answer.request = [answer]
        answers.append(weakref.ref(answer))
    return sum(one() is not None for one in answers)

print(kept(100_000) < 10_000)
"""


def test_answers_that_refer_to_themselves_do_not_pile_up():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "True"
