"""A short sweep of every family; a long one is ``python3 dev.py simulate``."""

import pytest

from tests.effort import share
from tests.faults.simulation.disk import FakeDisk
from tests.faults.simulation.families import FAMILIES, replay
from tests.faults.simulation.sweep import TITLES, Judged, Tally, cases, renew, scoreboard

SHARE = {
    "crash": 0.06,
    "pair": 0.03,
    "signal": 0.12,
    "contender": 0.3,
    "trouble": 0.008,
    "cut": 0.06,
    "revoked": 0.4,
}
SHARE |= {
    "waits": 0.2,
    "mix": 0.35,
    "disk": 0.2,
    "foreign": 0.15,
    "ghost": 0.05,
    "squat": 0.5,
    "hidden": 0.1,
    "record": 0.4,
    "probe": 0.06,
}
ODD = (
    *(
        "stranger",
        "timeless",
        "suffix",
        "successor",
        "resets",
        "vanishes",
        "echo",
        "loses",
        "masses",
    ),
    *("nulls", "since", "beside", "flagged", "undeleted", "aside", "misnamed", "respelled"),
)
SHARE |= dict.fromkeys(ODD, 1.0)


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_breaks(family):
    broken = [
        f"python3 dev.py simulate --replay '{case}'   {breaks[0]}"
        for case in cases(1, only=[family], share=share(SHARE[family]))
        if (breaks := replay(case))
    ]
    assert broken == []


@pytest.mark.parametrize(
    "case",
    [
        "mix five merge 18",
        "mix swap replace 51",
        "crash five merge power 41 0",
        "ghost streams merge kill 1 12.0 5.0",
    ],
)
def test_a_history_is_the_same_each_time(case, monkeypatch):
    assert replay(case) == []  # what is prepared once is prepared
    trails = []
    for _ in range(2):
        seen = []
        status = FakeDisk.status
        with monkeypatch.context() as listening:
            listening.setattr(
                FakeDisk,
                "status",
                lambda self, path, seen=seen, status=status: (
                    seen.append((len(self.life.trail), path.suffix)) or status(self, path)
                ),
            )
            assert replay(case) == []
        trails.append(seen)
    assert trails[0] == trails[1]


def test_the_scoreboard_counts_and_stands_between_its_marks(tmp_path):
    tallies = {"crash": Tally(1200, {"a", "b"}, [Judged("crash", ["I1"])]), "mix": Tally(5, {"c"})}
    table = scoreboard(tallies, seconds=10.0)
    assert [line.split("|")[2:5] for line in table.splitlines()[2:5]] == [
        [" 1,200 ", " 2 ", " 1 "],
        [" 5 ", " 1 ", " 0 "],
        [" **1,205** ", " **3** ", " **1** "],
    ]
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- scoreboard -->\nold\n<!-- end of scoreboard -->\nafter\n")
    renew(page, table)
    assert (
        page.read_text()
        == f"before\n<!-- scoreboard -->\n{table}<!-- end of scoreboard -->\nafter\n"
    )


def test_every_family_has_a_title():
    assert FAMILIES.keys() == TITLES.keys()
