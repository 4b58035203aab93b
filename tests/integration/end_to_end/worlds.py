"""Whole sets of manifests as hypothesis draws them, from the kinds' own schemas; as YAML or JSON text; and what they mean."""

import json
import unicodedata
from collections import Counter
from datetime import UTC, datetime

import yaml
from hypothesis import strategies as st

from reconciler.core.text import hidden_characters
from tests.integration.end_to_end.driver import KINDS, RESOURCES

COLOUR_PARTS = ("primary", "background", "foreground", "success", "negative")
SECRETS = {
    name: f"rtmps://{name.lower()}.example:443/live/key-{name}?a=b&c=d"
    for name in ("KA", "KB", "KC", "KD")
}
NAMES = st.sampled_from(["a", "b-2", "C_3", "007", "on", "null"])

TITLES = st.text(
    st.characters(codec="utf-8", categories=["L", "M", "N", "P", "S", "Zs"]), max_size=20
).filter(lambda text: text.strip() == text and "${" not in text and not hidden_characters(text))
COLOURS = st.tuples(
    st.sampled_from("0aBf"), st.text("0123456789abcdefABCDEF", min_size=5, max_size=5)
).map(lambda pair: f"#{pair[0]}{pair[1]}")
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.sampled_from([0.5, 1.0, -2.0, 1e3])
    | TITLES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc.:-[]'\" é", max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)
METAS = st.dictionaries(st.text("abcxyz.[]'\" -", min_size=1, max_size=5), JSON_VALUES, max_size=4)


def instants(first, last):
    """RFC 3339 in many spellings, of years from ``first`` to ``last``."""
    offsets = st.sampled_from(["Z", "+00:00", "+05:30", "-08:00", "+14:00"])
    fractions = st.sampled_from(["", ".5", ".250", ".000001"])
    dates = st.dates(
        datetime(first, 1, 3, tzinfo=UTC).date(), datetime(last, 12, 28, tzinfo=UTC).date()
    )
    times = st.tuples(dates, st.integers(0, 23), st.integers(0, 59), fractions, offsets)
    return dates.map(str) | times.map(
        lambda part: f"{part[0]}T{part[1]:02d}:{part[2]:02d}:07{part[3]}{part[4]}"
    )


# Moments that must follow one another come from years that do.
INSTANTS = {
    "join_from": instants(2026, 2027),
    "join_until": instants(2028, 2029),
    "remove_at": instants(2030, 2031),
}


def values(kind, field):
    """What may be declared for a field of a kind, by its schema."""
    schema, spelling = kind.fields[field], kind.spellings[field]
    nullable = "null" in schema.get("type", ())
    if "enum" in schema:
        found = st.sampled_from(schema["enum"])
    elif spelling == "integer":
        found = st.integers(schema["minimum"], schema["maximum"])
    else:
        found = {
            "instant": INSTANTS.get(field),
            "colour": COLOURS,
            "boolean": st.booleans(),
            "object": METAS,
            "text": TITLES,
        }[spelling]
    return st.none() | found if nullable else found


def specs(kind, *, fields, most):
    chosen = st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=most)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries({name: values(kind, name) for name in names})
    )


STREAMS = st.lists(st.sampled_from(sorted(SECRETS)), unique=True, max_size=3).map(
    lambda names: [{"url": f"${{env:{name}}}"} for name in names]
)
SHARED = sorted(set.intersection(*(set(KINDS[kind].attributes) for kind in RESOURCES)))
THEMES = st.fixed_dictionaries(
    {},
    optional={
        mode: st.fixed_dictionaries(
            {"primary": COLOURS}, optional=dict.fromkeys(COLOUR_PARTS[1:], COLOURS)
        )
        for mode in ("dark", "light")
    },
).filter(bool)


@st.composite
def documents(draw):
    """One set of manifests: presets, a theme, and up to three rooms and three conferences that use them."""
    found = [
        {
            "kind": "Preset",
            "metadata": {"name": "shared"},
            "spec": draw(specs(KINDS["ConferenceRoom"], fields=SHARED, most=3)),
        },
        {
            "kind": "Preset",
            "metadata": {"name": "room"},
            "spec": draw(specs(KINDS["Room"], fields=KINDS["Room"].attributes, most=3)),
        },
        {"kind": "Theme", "metadata": {"name": "brand"}, "spec": draw(THEMES)},
    ]
    for kind, presets in (
        ("Room", ["shared", "room"]),
        ("Conference", ["shared"]),
        ("ConferenceRoom", ["shared"]),
    ):
        for name in draw(st.lists(NAMES, unique=True, max_size=3)):
            spec = draw(specs(KINDS[kind], fields=KINDS[kind].attributes, most=6))
            if kind == "Conference":
                spec |= {"theme": "brand"} if draw(st.booleans()) else {}
                spec = {"display_name": draw(TITLES)} | spec
            spec |= {"presets": draw(st.permutations(presets))} if draw(st.booleans()) else {}
            if "streams" in KINDS[kind].children and draw(st.booleans()):
                spec |= {"streams": draw(STREAMS)}
            found.append({"kind": kind, "metadata": {"name": name}, "spec": spec})
    return [{"apiVersion": "reconciler.dev/v1", **one} for one in found]


class Dumper(yaml.SafeDumper):
    """PyYAML quotes what YAML 1.1 would misread; what YAML 1.2 reads as a number (0E0) is to be quoted as well."""


Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="'" if text[:1] in "+-.0123456789" else None
    ),
)


@st.composite
def texts(draw, found):
    """The manifests as the text of one file, each document in YAML or in JSON."""
    parts = []
    for one in found:
        form = draw(st.sampled_from(["block", "flow", "json"]))
        if form == "json":
            text = json.dumps(one, ensure_ascii=False, indent=draw(st.sampled_from([None, 2])))
            # Inside a stream of YAML an escape is one character: half of a pair is none.
            plain = text.isascii() or max(text) > "\uffff" or draw(st.booleans())
            parts.append(
                text
                if plain
                else text.encode("ascii", "backslashreplace").decode().replace("\\x", "\\u00")
            )
        else:
            shape = {
                "allow_unicode": draw(st.booleans()),
                "width": draw(st.sampled_from([30, 9999])),
                "default_flow_style": form == "flow",
            }
            parts.append(yaml.dump(one, Dumper=Dumper, **shape))
    return "".join(f"---\n{part.rstrip()}\n" for part in parts)


def composed(found):
    """What each resource declares once presets and theme are laid under it: {(kind, name): (fields, urls or None)}."""
    fragments = {(one["kind"], one["metadata"]["name"]): one["spec"] for one in found}
    colours = {
        f"{mode}_{part}": value
        for mode, parts in fragments["Theme", "brand"].items()
        for part, value in parts.items()
    }
    declared = {}
    for one in found:
        if one["kind"] not in RESOURCES:
            continue
        spec = dict(one["spec"])
        fields = {}
        for name in spec.pop("presets", ()):
            fields |= fragments["Preset", name]
        fields |= colours if spec.pop("theme", None) else {}
        streams = spec.pop("streams", None)
        urls = (
            None
            if streams is None
            else Counter(SECRETS[item["url"][len("${env:") : -1]] for item in streams)
        )
        declared[one["kind"], one["metadata"]["name"]] = (fields | spec, urls)
    return declared


def meaning(kind, field, value, *, name):
    """What a value stands for, however it is spelled; written apart from the tool's own canonical spelling."""
    if value is None:
        value = KINDS[kind].default(field, name)
    if KINDS[kind].spellings[field] == "instant" and value is not None:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if KINDS[kind].spellings[field] == "colour":
        return int(value[1:], 16)
    if isinstance(value, dict):
        return json.dumps(_whole(value), sort_keys=True)
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value) or None
    return value or None if isinstance(value, bool) else value


def _whole(value):
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Model:
    """What the Space should have: what is declared, the default of what was, and nothing else.

    What was declared and has no documented default keeps its value.
    """

    def __init__(self):
        self.fields = {}
        self.urls = {}

    def declare(self, declared):
        self.fields = {key: self._fields(*key, fields) for key, (fields, _) in declared.items()}
        self.urls = {key: urls or Counter() for key, (_, urls) in declared.items()}

    def _untouched(self, kind, field):
        """What the local Space has in a field that no request ever set."""
        own = KINDS[kind]
        return None if own.is_documented(field) else own.assumed.get(field)

    def _fields(self, kind, name, declared):
        there = self.fields.get((kind, name), {})
        kept = {
            field
            for field in there
            if field not in declared and not KINDS[kind].is_documented(field)
        }
        return {
            field: there[field]
            if field in kept
            else meaning(kind, field, declared.get(field, self._untouched(kind, field)), name=name)
            for field in KINDS[kind].attributes
        }


def shown(site):
    """What the Space has, in the model's terms."""
    fields, urls = {}, {}
    for kind in RESOURCES:
        for name in site.names(kind):
            found = site.fetch(kind, name)
            fields[kind, name] = {
                field: meaning(kind, field, found[field], name=name)
                for field in KINDS[kind].attributes
            }
            urls[kind, name] = Counter(site.streams(kind, name))
    return fields, urls
