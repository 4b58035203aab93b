"""What each place costs here; nothing is judged by time.

RECONCILER_FIGURES=1 pytest tests/integration/state_backends/test_figures.py prints it.
"""

import os
import statistics
import sys
import threading
import time

from reconciler.core.errors import Refused
from tests.integration.state_backends.places import PATIENT, made

if os.environ.get("RECONCILER_FIGURES"):

    def timed(do):
        began = time.perf_counter()
        result = do()
        return result, (time.perf_counter() - began) * 1000

    def contended(place, contenders, rounds):
        """Locked writes per second that so many threads get done, each with a store of its own."""

        def run(who):
            store, number = place.store(PATIENT._replace(poll=0.02)), 0
            while number < rounds:
                try:
                    with store.lock(reason="apply", since="now"):
                        store.write(store.read().with_entries(made(who, number)))
                        number += 1
                except Refused:
                    time.sleep(0.005)

        threads = [
            threading.Thread(target=run, args=(f"run{number}",)) for number in range(contenders)
        ]
        _, milliseconds = timed(
            lambda: ([thread.start() for thread in threads], [thread.join() for thread in threads])
        )
        return contenders * rounds / milliseconds * 1000

    def test_figures(place, capsys):
        store, number = place.store(), 3 if place.kind == "git" else 30
        took = {"lock": [], "read": [], "write": [], "note": [], "unlock": []}
        for _ in range(number):
            began = time.perf_counter()
            with store.lock(reason="apply", since="now"):
                took["lock"].append((time.perf_counter() - began) * 1000)
                state, read = timed(store.read)
                state, write = timed(lambda state=state: store.write(state))
                _, note = timed(lambda state=state: store.note(state, made("ada", 0)))
                for word, milliseconds in (("read", read), ("write", write), ("note", note)):
                    took[word].append(milliseconds)
                began = time.perf_counter()
            took["unlock"].append((time.perf_counter() - began) * 1000)
        medians = ", ".join(
            f"{word} {statistics.median(times):.1f} ms" for word, times in took.items()
        )
        rates = ", ".join(
            f"{width}: {contended(place, width, 2 if place.kind == 'git' else 8):.0f}"
            for width in (1, 2, 4, 8)
        )
        with capsys.disabled():
            sys.stdout.write(
                f"\n{place.kind}: {medians}; locked writes per second with so many contenders: {rates}\n"
            )
