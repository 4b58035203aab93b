import json

from devtools.mutation_page import figures, latest, page, read_run, survivors


def row(state, *, package="core", line=3, before="a == b", after="a != b"):
    return {
        "state": state,
        "at": f"reconciler/{package}/plan.py:{line}",
        "function": "make_plan",
        "before": before,
        "after": after,
    }


def test_of_a_mutant_that_was_tried_again_the_last_word_counts():
    first, again, other = row("survived"), row("killed"), row("survived", line=4)
    assert latest([first, other, again]) == [again, other]


def test_a_run_tells_the_sample_that_its_mutants_are_of():
    sample = {"sample": "core", "seed": 7, "tree": "0123abcd"}
    lines = [json.dumps(one) for one in (sample, row("killed"))]
    assert read_run(lines) == [{**row("killed"), "seed": 7, "tree": "0123abcd"}]
    assert read_run(lines[1:]) == [row("killed")]


def test_a_mutant_that_was_tried_again_stays_in_its_sample():
    first = {**row("survived"), "seed": 7, "tree": "0123abcd"}
    assert latest([first, row("killed")]) == [{**first, "state": "killed"}]


def test_figures_are_for_each_sample_each_package_and_all():
    rows = [
        {**row("killed"), "seed": 7, "tree": "0123abcd"},
        {**row("endless"), "seed": 7, "tree": "0123abcd"},
        {**row("slow"), "seed": 8, "tree": "4567cdef"},
        row("survived", package="state"),
    ]
    assert figures(rows)[2:] == [
        "| core | 7 | 0123abcd | 2 | 2 | 100 % |",
        "| core | 8 | 4567cdef | 1 | 0 | 0 % |",
        "| core | all |  | 3 | 2 | 67 % |",
        "| state |  |  | 1 | 0 | 0 % |",
        "| state | all |  | 1 | 0 | 0 % |",
        "| together |  |  | 4 | 2 | 50 % |",
    ]


def test_each_survivor_stands_there_with_its_reason():
    reason = {**row("survived"), "why": "both mean the same"}
    rows = [row("survived", line=9), row("survived", before="x\n  y", after="z"), row("killed")]
    assert survivors(rows, [reason]) == [
        "- `reconciler/core/plan.py:3` make_plan: `x y` → `z`: no test yet",
        "- `reconciler/core/plan.py:9` make_plan: `a == b` → `a != b`: both mean the same",
    ]


def test_a_page_has_a_title_figures_and_survivors():
    text = page("One sample.", [row("survived"), row("killed", line=4)], [])
    assert text.startswith("# Mutants that the tests do not notice\n")
    assert "\nOne sample.\n" in text
    assert "| together |  |  | 2 | 1 | 50 % |" in text
    assert text.endswith(": no test yet\n")
