"""A run on another machine: python -m tests.integration.state_backends.contender PLACE WORD …; it says what it does, line by line."""

import json
import sys

from reconciler.core.errors import ReconcilerError
from reconciler.state.lease import Timing
from tests.integration.state_backends.places import PATIENT, Place, Witness, made


def say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def race(place, who, rounds, folder):
    """Take the lock, and write one resource more, so many times."""
    witness, store, number = Witness(folder), place.store(PATIENT), 0
    while number < int(rounds):
        try:
            with store.lock(reason="apply", since="now"), witness.inside():
                state = store.read()
                if state.serial == 0:
                    state = store.write(state)
                    witness.accepted(state.serial, who)
                store.note(state, made(who, number))
                witness.accepted(store.write(store.read()).serial, who)
        except ReconcilerError as error:
            if "locked" not in str(error):
                raise
            continue
        number += 1
    say("done")


def hold(place, who, lease):
    """Take the lock, note one resource, and do as told: note another, write, or end."""
    store = place.store(Timing(float(lease), float(lease) / 4, 0.05))
    with store.lock(reason="apply", since="then"):
        state = store.read()
        if state.serial == 0:
            state = store.write(state)
        store.note(state, made(who, 0))
        say("locked")
        for number, word in enumerate(sys.stdin, 1):
            try:
                if word.strip() == "note":
                    store.note(state, made(who, number))
                elif word.strip() == "write":
                    store.write(state.with_entries(made(who, number)))
                else:
                    break
                say("accepted")
            except ReconcilerError as error:
                say(f"{type(error).__name__}: {error}")
    say("done")


if __name__ == "__main__":
    {"race": race, "hold": hold}[sys.argv[2]](Place(**json.loads(sys.argv[1])), *sys.argv[3:])
