import json

from click.testing import CliRunner

from reconciler import catalog
from reconciler.cli.app import program
from reconciler.core.resources import Address, Desired
from reconciler.reports.text.colours import (
    ColourReport,
    Use,
    colour_uses,
    colours_json,
    colours_text,
)
from tests.unit.reports.cases import HOSTILE, at

THEME = at("themes.yaml", 12, 14, "theme brand")
OWN = at("rooms/party.yaml", 7, 18)
KINDS = catalog.kinds()


def wearing(name, origin, **attributes):
    return Desired(Address("Conference", name), attributes, dict.fromkeys(attributes, origin))


DESIRED = (
    wearing("town-hall", THEME, light_primary="#044ef4", display_name="#044EF4"),
    wearing("party", OWN, light_primary="#044EF4", dark_primary="#FFFFFF"),
)
USES = colour_uses(DESIRED, KINDS)


def test_a_colour_is_one_however_it_is_written_and_a_text_is_none():
    assert (
        Use("#044EF4", "light_primary", Address("Conference", "party"), OWN),
        Use("#044EF4", "light_primary", Address("Conference", "town-hall"), THEME),
        Use("#FFFFFF", "dark_primary", Address("Conference", "party"), OWN),
    ) == USES


def test_all_colours_are_listed_with_their_places_and_users():
    assert colours_text(ColourReport(USES)) == (
        "#044EF4   2 resources\n"
        "    light_primary  rooms/party.yaml:7:18            Conference/party\n"
        "    light_primary  themes.yaml:12:14 (theme brand)  Conference/town-hall\n"
        "\n"
        "#FFFFFF   1 resource\n"
        "    dark_primary  rooms/party.yaml:7:18  Conference/party\n"
        "\n"
        "2 colours.\n"
    )


def test_one_colour_is_listed_with_the_names_of_all_who_wear_it():
    many = colour_uses(
        [
            wearing(f"conference-{number:03}", THEME, light_primary="#044EF4")
            for number in range(40)
        ],
        KINDS,
    )
    assert "…" in colours_text(ColourReport(many))
    assert "Conference/conference-039" in colours_text(ColourReport(many, "#044EF4"))


def test_nobody_is_an_answer():
    assert colours_text(ColourReport(USES, "#000000")) == "No manifest declares #000000.\n"
    assert colours_text(ColourReport(())) == "No colour is declared.\n"


def test_as_json():
    assert json.loads(colours_json(ColourReport(USES, "#FFFFFF")))["uses"] == [
        {
            "colour": "#FFFFFF",
            "kind": "Conference",
            "name": "party",
            "field": "dark_primary",
            "declared_at": "rooms/party.yaml:7:18",
        }
    ]


def test_hostile_places_are_harmless():
    uses = colour_uses([wearing("x", at(HOSTILE, 1, 1, HOSTILE), light_primary="#044EF4")], KINDS)
    assert "\x1b" not in colours_text(ColourReport(uses))


def test_the_command_takes_a_colour_with_and_without_its_sign(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(
        "apiVersion: reconciler.dev/v1\nkind: Conference\nmetadata: {name: party}\nspec: {display_name: P, light_primary: '#044ef4'}\n"
    )
    for written in ("044EF4", "#044ef4"):
        shown = CliRunner().invoke(program, ["colours", "--colour", written]).output
        assert shown == "#044EF4   1 resource\n    light_primary  c.yaml:4:40  Conference/party\n"
