"""The policy on colours, from reconciler.yaml to the exit code."""

from pathlib import Path

import pytest

from tests.commands.words import MANIFESTS, conference, manifest

THEME = manifest("Theme", "brand", light={"foreground": "#777777", "background": "#FFFFFF"})


@pytest.mark.parametrize(("word", "code"), [("warn", 0), ("refuse", 1)])
@pytest.mark.parametrize(
    "command", [["validate", MANIFESTS], ["plan", MANIFESTS]], ids=["validate", "plan"]
)
def test_a_level_of_contrast_is_held(declare, reconciler, space, command, word, code):
    Path("reconciler.yaml").write_text(
        f"policy: {{text_contrast: 4.5, low_contrast: {word}}}\n", encoding="utf-8"
    )
    declare(THEME, conference("hall", theme="brand"))

    result = reconciler(*command)

    assert (result.code, "#777777" in result.out + result.err) == (code, True)


def test_without_a_level_nothing_is_said_of_contrast(declare, done):
    declare(THEME, conference("hall", theme="brand"))

    assert "#777777" not in done("validate", MANIFESTS).err
