import tracemalloc

from reconciler.core.kinds import kind_from
from reconciler.core.resources import Address, Desired, Origin, Place, Problem, Secret
from reconciler.manifest.load import load

HALL = """\
apiVersion: reconciler.dev/v1
kind: Conference
metadata:
  name: town-hall
  labels: {team: growth}
  renamedFrom: all-hands
  protect: true
spec:
  display_name: Town ${var:what}
  size: large
  streams:
    - url: ${env:RTMP}
"""

ROOM = "apiVersion: reconciler.dev/v1\nkind: Room\nmetadata: {name: lobby}\n"


def at(line, column, via=""):
    return Origin(Place("<stdin>", line, column), via)


def test_a_resource_with_everything(load_text):
    loaded = load_text(
        HALL, variables={"what": "Hall"}, environment={"RTMP": "rtmp://live.example.com/app/key"}
    )
    assert loaded.problems == ()
    assert loaded.files == ("<stdin>",)
    assert loaded.desired == (
        Desired(
            Address("Conference", "town-hall"),
            {"display_name": "Town Hall", "size": "large"},
            {
                "": at(4, 9),
                "metadata.name": at(4, 9),
                "metadata.renamedFrom": at(6, 16),
                "metadata.protect": at(7, 12),
                "display_name": at(9, 17),
                "size": at(10, 9),
                "streams": at(11, 3),
                "streams[0]": at(12, 7),
                "streams[0].url": at(12, 12),
            },
            {"streams": ({"url": Secret("rtmp://live.example.com/app/key")},)},
            {"team": "growth"},
            protect=True,
            renamed_from="all-hands",
        ),
    )


def test_a_problem_in_full(load_text):
    assert load_text(ROOM + "spec:\n  layout: grid\n").problems == (
        Problem(
            Place("<stdin>", 5, 11),
            "'grid' is not a layout; did you mean 'grid-responsive'?",
            "spec.layout",
            "one of grid-responsive, grid-responsive-mobile, highlight-1-responsive, 1x1, 2x1, 2x2, 5up, 3x3, 4x4, 5x5, 6x6, 8x8, 10x10",
            "  layout: grid",
        ),
    )


def test_a_declared_empty_list_is_managed_and_an_undeclared_one_is_not(load_text):
    declared, absent = load_text(ROOM + "spec: {streams: []}\n"), load_text(ROOM)
    assert declared.desired[0].children == {"streams": ()}
    assert absent.desired[0].children == {}
    assert absent.desired[0].attributes == {}


def test_explicit_null_is_kept(load_text):
    assert load_text(ROOM + "spec: {description: null}\n").desired[0].attributes == {
        "description": None
    }


def test_fragments_and_roles_are_handed_on(load_text):
    loaded = load_text(
        """\
apiVersion: reconciler.dev/v1
kind: Theme
metadata: {name: brand}
spec: {dark: {primary: '#112233'}}
---
apiVersion: reconciler.dev/v1
kind: Role
metadata: {name: guest}
spec: {join_as: audience, room_display_name: '${var:x}'}
""",
        variables={"x": "Guests"},
    )
    assert loaded.problems == ()
    assert loaded.desired == ()
    assert loaded.fragments == {
        Address("Role", "guest"): {"join_as": "audience", "room_display_name": "Guests"},
        Address("Theme", "brand"): {"dark": {"primary": "#112233"}},
    }


def test_resources_are_in_the_order_of_kind_and_name(load_text):
    text = "---\n".join(ROOM.replace("lobby", name) for name in ("b", "c", "a"))
    assert [resource.address.name for resource in load_text(text).desired] == ["a", "b", "c"]


def test_what_is_wrong_is_left_out_and_the_rest_is_there(load_text):
    loaded = load_text(ROOM + "spec: {layout: grid}\n---\n" + ROOM.replace("lobby", "den"))
    assert [resource.address.name for resource in loaded.desired] == ["den"]
    assert len(loaded.problems) == 1


def test_literal_secrets_warn_are_allowed_or_refused(load_text):
    text = ROOM + "spec:\n  streams:\n    - url: rtmp://live.example.com/app/canary\n"
    warned, allowed, refused = (
        load_text(text, literal_secrets=how) for how in ("warn", "allow", "refuse")
    )
    assert [
        (p.severity, p.place.line, p.place.column, p.pointer, p.excerpt) for p in warned.problems
    ] == [("warning", 6, 12, "spec.streams[0].url", "")]
    assert (len(warned.desired), allowed.problems, len(allowed.desired)) == (1, (), 1)
    assert [p.severity for p in refused.problems] == ["error"]
    assert "canary" not in repr((warned, allowed, refused))


def test_values_from_the_environment_are_never_told(load_text):
    fields = ("layout", "quality", "join_from", "max_members", "display_name")
    text = (
        ROOM
        + "spec:\n  presets: ['${env:Y}']\n"
        + "".join(f"  {name}: ${{env:X}}\n" for name in fields)
    )
    loaded = load_text(text, environment={"X": "canary" * 40, "Y": "canary"})
    assert len(loaded.problems) == 6
    assert "canary" not in repr(loaded.problems)


def test_no_excerpt_shows_what_may_be_a_secret(load_text):
    text = (
        ROOM
        + "spec:\n  stream: rtmp://live.example.com/canary\n  streams:\n    - ulr: canary-two\n    - [canary-three]\n"
    )
    loaded = load_text(text)
    assert len(loaded.problems) == 4
    assert "canary" not in repr(loaded.problems)


def test_the_digest_is_of_names_and_bytes(load_paths, tmp_path):
    (tmp_path / "a.yaml").write_text(ROOM)
    (tmp_path / "b.yaml").write_text(ROOM.replace("lobby", "den"))
    both, turned = (
        load_paths(tmp_path / "a.yaml", tmp_path / "b.yaml"),
        load_paths(tmp_path / "b.yaml", tmp_path / "a.yaml"),
    )
    assert both.digest == turned.digest
    (tmp_path / "b.yaml").write_text(ROOM.replace("lobby", "den2"))
    assert load_paths(tmp_path / "a.yaml", tmp_path / "b.yaml").digest != both.digest


def test_a_made_up_kind_needs_no_code(kinds):
    gizmo = kind_from(
        {
            "title": "Gizmo",
            "type": "object",
            "additionalProperties": False,
            "required": ["apiVersion", "kind", "metadata", "spec"],
            "properties": {
                "apiVersion": {"const": "reconciler.dev/v1"},
                "kind": {"const": "Gizmo"},
                "metadata": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {"name": {"type": "string"}},
                },
                "spec": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "opens": {
                            "type": "string",
                            "anyOf": [{"format": "date-time"}, {"format": "date"}],
                        },
                        "closes": {
                            "type": "string",
                            "anyOf": [{"format": "date-time"}, {"format": "date"}],
                        },
                        "pin": {"type": "string"},
                        "hook": {"type": "string"},
                        "style": {"type": "string"},
                        "step": {"type": "integer", "multipleOf": 5, "minimum": 0},
                        "colours": {"type": "array", "items": {"type": "string"}, "maxItems": 1},
                    },
                },
            },
            "x-reconciler": {
                "type": "resource",
                "secret": ["pin"],
                "url_schemes": {"hook": ["https"]},
                "ordered": [["opens", "closes"]],
                "serialized_max": {"colours": 10},
                "compose": [{"field": "style", "kind": "Theme"}],
                "required": ["step"],
            },
        }
    )
    text = (
        b"apiVersion: reconciler.dev/v1\nkind: Gizmo\nmetadata: {name: g}\n"
        b"spec: {opens: 2027-01-02, closes: 2027-01-01, pin: '1234', hook: 'http://x', step: 7, colours: ['aaaaaa', bbbbbb]}\n"
    )
    loaded = load(
        ["-"], kinds={**kinds, "Gizmo": gizmo}, variables={}, environment={}, stdin=lambda: text
    )
    assert [(p.place.column, p.severity, p.pointer) for p in loaded.problems] == [
        (15, "error", "spec.opens"),
        (35, "error", "spec.closes"),
        (52, "warning", "spec.pin"),
        (66, "error", "spec.hook"),
        (84, "error", "spec.step"),
        (96, "error", "spec.colours"),
        (96, "error", "spec.colours"),
    ]
    assert "1234" not in repr(loaded)
    fine = (
        text.replace(b"closes: 2027", b"closes: 2028")
        .replace(b"http:", b"https:")
        .replace(b"step: 7", b"step: 10")
        .replace(b", bbbbbb", b"")
    )
    corrected = load(
        ["-"], kinds={"Gizmo": gizmo}, variables={}, environment={}, stdin=lambda: fine
    )
    assert [problem.severity for problem in corrected.problems] == ["warning"]
    assert corrected.desired[0].attributes["pin"] == Secret("1234")


def test_a_file_is_kept_once_and_its_places_are_computed_from_it(load_text):
    text = "\ufeff" + f"# {'é' * 999}\n" * 400 + ROOM
    load_text(text)
    tracemalloc.start()
    try:
        loaded = load_text(text)
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert kept < 1.5 * len(text.encode())
    assert loaded.desired[0].origins["metadata.name"] == at(403, 18)
