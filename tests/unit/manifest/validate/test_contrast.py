from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import catalog
from reconciler.core.errors import ManifestError
from reconciler.core.resources import Place
from reconciler.manifest.load import load
from reconciler.manifest.project import load_project
from reconciler.manifest.project_model import Environment, Policy, Project
from reconciler.manifest.validate.contrast import contrast_problems, held_to, policy_of

KINDS = catalog.kinds()
SCHEMA = catalog.documents()["project.schema.json"]
THEME = """\
apiVersion: reconciler.dev/v1
kind: Theme
metadata: {name: brand}
spec:
  light:
    foreground: "#777777"
    background: "#FFFFFF"
    primary: "#FFD43B"
"""
CONFERENCE = """\
---
apiVersion: reconciler.dev/v1
kind: Conference
metadata: {name: NAME}
spec: {display_name: X, theme: brand}
"""
BOTH = Policy(text_contrast=4.5, control_contrast=3)
AT = Place("x.yaml", 1, 1)


def loaded(tmp_path, text):
    file = tmp_path / "m.yaml"
    file.write_text(text)
    found = load([str(file)], kinds=KINDS, variables={}, environment={})
    assert found.problems == ()
    return found


def told(tmp_path, text, policy):
    problems = held_to(loaded(tmp_path, text), policy, kinds=KINDS).problems
    return [
        (problem.place.line, problem.place.column, problem.pointer, problem.message, problem.hint)
        for problem in problems
    ]


def test_a_theme_is_told_at_its_colours_once_for_all_who_wear_it(tmp_path):
    text = THEME + CONFERENCE.replace("NAME", "a") + CONFERENCE.replace("NAME", "b")
    place = tmp_path / "m.yaml"
    assert told(tmp_path, text, BOTH) == [
        (
            6,
            17,
            "spec.light.foreground",
            "light_foreground #777777 on light_background #FFFFFF has a contrast of 4.47:1; the policy asks for 4.5:1",
            f"'#767676' would do; light_background is set at {place}:7:17",
        ),
        (
            8,
            14,
            "spec.light.primary",
            "light_primary #FFD43B on light_background #FFFFFF has a contrast of 1.42:1; the policy asks for 3:1",
            f"'#B09229' would do; light_background is set at {place}:7:17",
        ),
    ]


def test_only_what_is_asked_for_is_checked(tmp_path):
    text = THEME + CONFERENCE.replace("NAME", "a")
    assert [line for line, *_ in told(tmp_path, text, Policy(text_contrast=4.5))] == [6]
    assert [line for line, *_ in told(tmp_path, text, Policy(control_contrast=3))] == [8]
    assert told(tmp_path, text, Policy()) == []
    assert told(tmp_path, text, Policy(text_contrast=4.4)) == []


def test_a_theme_that_nobody_wears_is_not_judged(tmp_path):
    assert told(tmp_path, THEME, BOTH) == []


@pytest.mark.parametrize("written", ["", ", light_background: '#ffffff'"])
def test_the_vendors_own_palette_is_not_judged(tmp_path, written):
    own = CONFERENCE.replace("NAME", "a").replace(", theme: brand", written)
    assert told(tmp_path, own, Policy(text_contrast=21, control_contrast=21)) == []


def test_a_background_that_was_chosen_answers_for_the_defaults_on_it(tmp_path):
    own = CONFERENCE.replace("NAME", "a").replace("theme: brand", "light_background: '#1D2127'")
    problems = told(tmp_path, own, Policy(text_contrast=4.5))
    assert [(line, column, pointer, hint) for line, column, pointer, _, hint in problems] == [
        (
            5,
            43,
            "spec.light_background",
            "take a light_background with more contrast to light_foreground; light_foreground is the default",
        )
    ]


@pytest.mark.parametrize(
    ("word", "severity"), [(None, "warning"), ("warn", "warning"), ("refuse", "error")]
)
def test_the_policy_says_how_grave_it_is(tmp_path, word, severity):
    found = loaded(tmp_path, THEME + CONFERENCE.replace("NAME", "a"))
    problems = list(contrast_problems(found.desired, replace(BOTH, low_contrast=word), kinds=KINDS))
    assert {problem.severity for problem in problems} == {severity}


def test_problems_keep_their_order(tmp_path):
    found = held_to(loaded(tmp_path, THEME + CONFERENCE.replace("NAME", "a")), BOTH, kinds=KINDS)
    assert list(found.problems) == sorted(found.problems, key=lambda problem: problem.place)


def test_the_environments_words_win_one_by_one():
    project = Project(
        Path("x.yaml"), policy=Policy(text_contrast=4.5, control_contrast=3, low_contrast="refuse")
    )
    environment = Environment("dev", AT, policy=Policy(low_contrast="warn", text_contrast=7))
    assert policy_of(project, environment) == Policy(7, 3, "warn")
    assert policy_of(project, None) == project.policy
    assert policy_of(None, None) == Policy()


def test_the_project_file_says_the_policy(tmp_path):
    file = tmp_path / "reconciler.yaml"
    file.write_text(
        "policy: {text_contrast: 4.5}\nenvironments: {dev: {space: local, policy: {low_contrast: refuse, control_contrast: 3}}}\n"
    )
    project = load_project(file, schema=SCHEMA)
    assert project.policy == Policy(text_contrast=4.5)
    assert project.environments["dev"].policy == Policy(control_contrast=3, low_contrast="refuse")


@pytest.mark.parametrize(
    "wrong",
    ["{text_contrast: 0.5}", "{text_contrast: 22}", "{low_contrast: error}", "{contrast: 4}", "{}"],
)
def test_a_wrong_policy_is_told(tmp_path, wrong):
    file = tmp_path / "reconciler.yaml"
    file.write_text(f"policy: {wrong}\n")
    with pytest.raises(ManifestError):
        load_project(file, schema=SCHEMA)
