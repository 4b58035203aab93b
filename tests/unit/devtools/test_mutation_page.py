from devtools.mutation_page import figures, latest, page, survivors


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


def test_figures_are_for_each_package_and_for_all():
    rows = [row("killed"), row("endless"), row("slow"), row("survived", package="state")]
    assert figures(rows)[2:] == [
        "| core | 3 | 2 | 67 % |",
        "| state | 1 | 0 | 0 % |",
        "| together | 4 | 2 | 50 % |",
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
    assert "| together | 2 | 1 | 50 % |" in text
    assert text.endswith(": no test yet\n")
