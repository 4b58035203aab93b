"""Words of other tools are answered with the command that does it here."""

import re

import pytest

from reconciler.cli import app, foreign_commands, habits, usage_problems


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
        ("validate -auto-approve", "reconciler apply, pull, destroy"),
        ("plan --lock=false", "reconciler state unlock"),
        ("apply --select-tag a", "--selector KEY=VALUE"),
        ("state ls", "reconciler state list"),
        ("state delete Room/a", "reconciler state rm"),
        ("state lst", "did you mean 'list'?"),
        ("tokens rotate a/b", "reconciler tokens reset"),
        ("import --selector team=a --out x", "live resources have no labels"),
        ("get rooms", "reconciler show KIND/NAME"),
        ("describe Room/a", "reconciler show KIND/NAME"),
        ("rollback", "git revert"),
        ("refresh", "reconciler drift"),
        ("taint Room/a", "remove the resource"),
        ("untaint Room/a", "nothing is ever marked"),
        ("workspace select prod", "--env NAME"),
        ("stack select prod", "--env NAME"),
        ("output", "reconciler show KIND/NAME --format json"),
        ("fmt -check", "two dashes: --check"),
        ("fmt -recursive", "with all folders in it"),
        ("plan -out p.json", "two dashes: --out"),
        ("plan -target=Room/a", "two dashes: --target"),
        ("plan -var-file x.tfvars", "${var:NAME}"),
        ("plan --values x.yaml", "${var:NAME}"),
        ("apply --set a=b", "${var:NAME}"),
        ("apply --extra-vars a=b", "${var:NAME}"),
        ("apply --prune", "--no-prune keeps them"),
        ("apply --server-side", "the declared fields alone"),
        ("apply --force-conflicts", "drift or conflict"),
        ("apply --dry-run=server", "reconciler plan shows"),
        ("apply --check", "reconciler plan shows"),
        ("plan -n prod", "--env NAME"),
        ("plan --namespace prod", "--env NAME"),
        ("plan --context prod", "--env NAME"),
        ("plan --kube-context prod", "--env NAME"),
        ("plan -s prod", "--env NAME"),
        ("apply -i hosts", "--env NAME"),
        ("plan --headers a:b", "no headers of your own"),
        ("gateway diff", "reconciler plan (diff)"),
        ("file lint", "reconciler validate checks files"),
        ("octodns-sync", "reconciler apply"),
        ("playbook site.yml", "reconciler apply"),
        ("import Room/a c22d9b9e", "reconciler import [KIND/NAME]... --out DIR"),
        ("state show", "reconciler state show KIND/NAME"),
        ("state list Room/a", "write: reconciler state list;"),
        ("force-unlock abc", "reconciler state unlock"),
        ("state force-unlock abc", "reconciler state unlock"),
        ("state replace-provider a b", "reconciler state mv"),
        ("login", "reconciler doctor"),
        ("auth can-i", "reconciler doctor"),
        ("whoami", "reconciler doctor"),
        ("api-resources", "reconciler explain lists the kinds"),
        ("edit Room/a", "reconciler pull KIND/NAME"),
        ("patch Room/a", "edit the manifest"),
        ("label Room/a b=c", "metadata.labels"),
        ("logs", "--debug traces requests"),
        ("wait", "--when-idle"),
        ("rollout undo", "git revert"),
        ("scale", "run reconciler apply"),
        ("template", "reconciler show"),
        ("history", "git log"),
        ("install", "reconciler apply"),
        ("mv Room/a Room/b", "reconciler state mv"),
        ("rename Room/a Room/b", "metadata.renamedFrom"),
        ("revert", "git revert"),
        ("scan", "reconciler drift"),
        ("driftctl scan", "reconciler drift"),
        ("autocomplete", "reconciler completion"),
        ("rooms list", "reconciler show Room/NAME"),
        ("conference", "reconciler show Conference/NAME"),
        ("sessions", "reconciler previews --live"),
        ("apply --limit Room/a", "--target KIND/NAME"),
        ("apply --forks 4", "--parallel N"),
        ("apply -vvv", "--debug traces requests"),
        ("plan --timeout 10", "failed ones are repeated"),
        ("plan --tls-skip-verify", "connection.ca_file"),
        ("plan --proxy http://p", "connection.proxy"),
        ("init -backend-config=x", "'state' in reconciler.yaml"),
        ("-chdir=x plan", "cd DIR && reconciler"),
        ("plan -help", "two dashes: --help"),
        ("-version", "two dashes: --version"),
        ("destroy -target=Room/a", "remove it from the manifests"),
        ("drift --detailed-exitcode", "drift exits with 2"),
        ("drift --fix", "reconciler apply undoes drift"),
        ("plan -auto-approve", "plan writes nothing and asks nothing"),
        ("tokens revoke a/b", "reconciler tokens reset"),
        ("tokens mint lobby --ttl 1h", "a Role in the manifests"),
        ("kind create", "reconciler kind draft"),
        ("plna", "did you mean 'plan'?"),
        ("dirft", "did you mean 'drift'?"),
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


@pytest.mark.parametrize(
    "word", ["esc", "gadget", "cordon", "galaxy", "dependency", "port-forward", "vaults", "clearly"]
)
def test_an_unknown_command_gets_no_wrong_neighbour(word, reconciler):
    _, _, err = reconciler(word)

    assert "did you mean" not in err
    assert "reconciler --help lists them" in err


def test_each_command_that_an_answer_names_exists():
    answers = [
        *habits.COMMANDS.values(),
        *(words for group in foreign_commands.SUBCOMMANDS.values() for words in group.values()),
        *(words for own in foreign_commands.OPTIONS_OF_COMMAND.values() for words in own.values()),
        *(words for _, words in habits.OPTIONS.values()),
    ]
    named = {word for text in answers for word in re.findall(r"reconciler ([a-z]+)\b", text)}

    assert named <= {*app.COMMANDS, "needs", "takes", "yaml"}


def test_each_option_that_an_answer_names_exists():
    taken = usage_problems._options_elsewhere(app.program)
    answers = [*habits.COMMANDS.values(), *(words for _, words in habits.OPTIONS.values())]
    named = {option for text in answers for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)}

    assert named - set(taken) <= {"--help", "--version", "--upgrade"}
    assert {wanted for wanted, _ in habits.OPTIONS.values() if wanted} <= set(taken)


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (("apply", "-vvv"), "no such option: '-vvv'", "--debug traces requests"),
        (("apply", "-qq"), "no such option: '-qq'", "add 2>/dev/null"),
        (("plan", "--list-tasks"), "no such option: '--list-tasks'", "reconciler plan shows"),
        (
            ("show", "-p", "3"),
            "no such option: '-p'",
            "--parallel is an option of reconciler apply, destroy: --parallel N",
        ),
    ],
)
def test_an_option_is_named_as_it_was_typed_and_the_hint_names_the_one_that_it_stands_for(
    reconciler, arguments, error, hint
):
    code, _, err = reconciler(*arguments)

    assert code == 1
    assert error in err
    assert hint in err
