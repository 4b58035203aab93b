"""All families of histories. A case is one line of text, and the same line is the same history."""

from collections.abc import Mapping

from tests.faults.simulation.crashes import (
    contender,
    contender_cases,
    crash,
    crash_cases,
    interrupted,
    pair,
    pair_cases,
    signal_cases,
)
from tests.faults.simulation.doubts import (
    ghost,
    ghost_cases,
    hidden,
    hidden_cases,
    record,
    record_cases,
    squat,
    squat_cases,
)
from tests.faults.simulation.foreigners import foreign, foreign_cases
from tests.faults.simulation.histories import Family
from tests.faults.simulation.masses import masses
from tests.faults.simulation.oddities import (
    aside,
    beside,
    echo,
    flagged,
    loses,
    misnamed,
    nulls,
    odd_cases,
    resets,
    respelled,
    since,
    stranger,
    successor,
    suffix,
    timeless,
    undeleted,
    vanishes,
)
from tests.faults.simulation.probes import probe, probe_cases
from tests.faults.simulation.scenarios import SINGLES, and_twins
from tests.faults.simulation.troubles import (
    cut,
    cut_cases,
    disk,
    disk_cases,
    mix,
    mix_cases,
    revoked,
    revoked_cases,
    trouble,
    trouble_cases,
)
from tests.faults.simulation.waits import wait_cases, waits

SMALL = (*SINGLES, "two", "five")
FAMILIES: Mapping[str, Family] = {
    "crash": Family(
        lambda seeds: crash_cases(SMALL if seeds < 2 else (*SMALL, "fifty"), seeds), crash
    ),
    "pair": Family(lambda seeds: pair_cases(("five", *SINGLES), seeds), pair),
    "signal": Family(
        lambda seeds: signal_cases(("five", "streams", "fifty", "fabric"), seeds), interrupted
    ),
    "contender": Family(
        lambda seeds: contender_cases(("create", "five", "fabric"), seeds), contender
    ),
    "trouble": Family(
        lambda seeds: trouble_cases(
            (
                "create",
                "hall",
                "twostep",
                "update",
                "rename",
                "delete",
                "stream",
                "streams",
                "five",
                "fabric",
            ),
            seeds,
        ),
        trouble,
    ),
    "cut": Family(
        lambda seeds: cut_cases(
            ("create", "hall", "update", "stream", "delete", "twostep", "rename", "fabric"), seeds
        ),
        cut,
    ),
    "revoked": Family(lambda seeds: revoked_cases(("five", "streams", "fabric"), seeds), revoked),
    "mix": Family(
        lambda seeds: mix_cases(
            ("five", "two", "streams", "swap", "twostep", "bare", "fabric", *and_twins("swap")[1:]),
            seeds,
        ),
        mix,
    ),
    "ghost": Family(
        lambda seeds: ghost_cases(
            (
                *("stream", "streams", "hall", "twostep", "child"),
                *and_twins("create", "bare", "update", "delete"),
            ),
            seeds,
        ),
        ghost,
    ),
    "squat": Family(lambda seeds: squat_cases(and_twins("create", "bare"), seeds), squat),
    "hidden": Family(
        lambda seeds: hidden_cases(
            ("delete", "update", "rename", "swap", "five", "streams", "stream", "fabric"), seeds
        ),
        hidden,
    ),
    "record": Family(
        lambda seeds: record_cases(("update", "rename", "delete", "five", "fabric"), seeds), record
    ),
    "disk": Family(lambda seeds: disk_cases(("five", *and_twins("create", "update")), seeds), disk),
    "waits": Family(
        lambda seeds: wait_cases(
            (*and_twins("update", "rename", "delete", "shorten"), "streams", "five", "fabric"),
            seeds,
        ),
        waits,
    ),
    "stranger": Family(lambda _: odd_cases("stranger", and_twins("create")), stranger),
    "suffix": Family(lambda _: odd_cases("suffix", (*and_twins("create"), "hall")), suffix),
    "successor": Family(lambda _: odd_cases("successor", and_twins("update")), successor),
    "resets": Family(lambda _: odd_cases("resets", and_twins("update", "rename")), resets),
    "echo": Family(lambda _: odd_cases("echo", and_twins("update")), echo),
    "loses": Family(lambda _: odd_cases("loses", and_twins("eight")), loses),
    "masses": Family(lambda _: odd_cases("masses", and_twins("eight")), masses),
    "nulls": Family(lambda _: odd_cases("nulls", and_twins("nested")), nulls),
    "since": Family(lambda _: odd_cases("since", and_twins("leave")), since),
    "beside": Family(lambda _: odd_cases("beside", and_twins("beside")), beside),
    "timeless": Family(lambda _: odd_cases("timeless", and_twins("create", "bare")), timeless),
    "vanishes": Family(lambda _: odd_cases("vanishes", and_twins("update", "rename")), vanishes),
    "flagged": Family(lambda _: odd_cases("flagged", and_twins("delete")), flagged),
    "aside": Family(lambda _: odd_cases("aside", and_twins("stream", streams=True)), aside),
    "undeleted": Family(lambda _: odd_cases("undeleted", and_twins("delete", "leave")), undeleted),
    "misnamed": Family(lambda _: odd_cases("misnamed", and_twins("delete", "shorten")), misnamed),
    "respelled": Family(
        lambda _: odd_cases(
            "respelled",
            (
                *and_twins("create", "update", "rename", "delete"),
                "streams",
                "child",
                "five",
                "fabric",
            ),
        ),
        respelled,
    ),
    "foreign": Family(
        lambda seeds: foreign_cases(("five", "update", "streams", "fabric"), seeds), foreign
    ),
    "probe": Family(probe_cases, probe, of_scenarios=False),
}


def replay(case: str) -> list[str]:
    """What breaks in the history that ``case`` names; whatever leaves it is a break too."""
    family, *words = case.split()
    try:
        return FAMILIES[family].run(*words)
    except Exception as error:  # noqa: BLE001  # no error of any kind may leave the tool
        return [f"X {type(error).__name__}: {str(error)[:200]}"]
