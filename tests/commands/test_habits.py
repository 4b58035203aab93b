"""Words of other tools are answered with the command that does it here."""

import pytest

from reconciler.cli import app, habits


@pytest.mark.parametrize("word", habits.COMMANDS)
def test_a_command_of_another_tool_is_answered_with_the_one_that_does_it(word, reconciler):
    code, out, err = reconciler(word)

    assert (code, out) == (1, "")
    assert f"no such command: {word!r}" in err
    assert "did you mean" not in err
    assert word not in app.COMMANDS


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("diff", "reconciler plan"),
        ("sync", "reconciler apply"),
        ("dump", "reconciler import --all --out DIR"),
        ("lint", "reconciler validate"),
        ("version", "reconciler --version"),
        ("help", "reconciler --help"),
        ("apply --dry-run", "reconciler plan shows"),
        ("plan --dry-run", "reconciler plan shows"),
        ("apply --auto-approve", "--yes answers the question"),
        ("apply -auto-approve", "--yes answers the question"),
        ("apply -y", "--yes answers the question"),
        ("destroy --force", "--yes answers the question"),
        ("apply -f rooms.yaml", "plain arguments"),
        ("plan -o json", "--format"),
        ("plan -out=p.json", "two dashes: --out"),
        ("plan --json", "--format json"),
        ("plan --var a=b", "${var:NAME}"),
        ("plan -var a=b", "${var:NAME}"),
        ("plan --plan p.json", "reconciler plan FILE"),
        ("apply --parallelism 4", "--parallel N"),
        ("import --yes", "this command asks nothing"),
        ("plan --no-color", "NO_COLOR=1"),
        ("plan --token abc", "SIGNALWIRE_API_TOKEN"),
        ("plan --fromat json", "did you mean '--format'?"),
        ("plan --xyz", "reconciler plan --help"),
        ("plan --space", "reconciler plan --help"),
        ("apply --refresh-only", "an option of reconciler plan"),
        ("apply -out p.json", "an option of reconciler plan"),
        ("drift --target Room/a", "an option of reconciler plan, apply"),
        ("plan -auto-approve", "reconciler apply, pull, destroy"),
        ("plan --lock=false", "reconciler state unlock"),
        ("apply --select-tag a", "--selector KEY=VALUE"),
        ("state ls", "reconciler state list"),
        ("state delete Room/a", "reconciler state rm"),
        ("state lst", "did you mean 'list'?"),
        ("tokens rotate a/b", "reconciler tokens reset"),
        ("import --selector team=a --out x", "live resources have no labels"),
    ],
)
def test_an_option_of_another_tool_is_answered_with_what_it_is_here(words, answer, reconciler):
    code, out, err = reconciler(*words.split())

    assert (code, out) == (1, "")
    assert answer in err


@pytest.mark.parametrize("option", habits.OPTIONS)
@pytest.mark.parametrize("command", ["plan", "apply", "drift", "state list", "validate"])
def test_no_foreign_option_gets_a_wrong_neighbour(command, option, reconciler):
    _, _, err = reconciler(*command.split(), option)

    if "no such option" in err:
        assert "did you mean" not in err
