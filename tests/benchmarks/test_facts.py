import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "facts.py"


@pytest.mark.long
def test_with_facts_every_scenario_takes_fewer_requests_and_ends_settled():
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), "6"], capture_output=True, text=True, check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    ratios = [float(line.split()[-1]) for line in ran.stdout.splitlines()[1:]]
    assert len(ratios) == 4
    assert max(ratios) < 0.9
