"""Whatever bytes stand in a manifest or in reconciler.yaml: problems with places, and nothing else."""

import tempfile
from pathlib import Path

from hypothesis import strategies as st

from reconciler import catalog
from reconciler.core.errors import ManifestError
from reconciler.manifest.credentials import connection
from reconciler.manifest.load import load
from reconciler.manifest.project import environment_named, load_project
from reconciler.reports.formats import PROBLEM_FORMATS
from reconciler.reports.text.problems import ProblemReport
from tests.faults.fuzz.mutations import UNWANTED, fuzzed, spoilt_bytes

TESTS = Path(__file__).parents[2]
KINDS = catalog.kinds()
PROJECT = catalog.documents()["project.schema.json"]
BAD = [
    path.read_bytes()
    for path in sorted((TESTS / "unit" / "manifest" / "bad").rglob("*"))
    if path.suffix in (".yaml", ".json") and path.is_file()
]
GOOD = [
    path.read_bytes()
    for path in sorted((TESTS / "unit" / "manifest" / "good").glob("*"))
    if path.suffix == ".yaml" and path.is_file()
]
MANIFESTS = [content for content in (*BAD, *GOOD) if len(content) < 4096]
PROJECTS = [
    *(path.read_bytes() for path in sorted((TESTS.parent / "examples").rglob("reconciler.yaml"))),
    (
        b"manifests: [rooms]\nstate: x.json\nvars: {a: b}\nsafety: {max_delete_share: 0.5, max_delete_count: 3, literal_secrets: warn}\n"
        b"environments:\n  d: {space: '${env:S}', project_id: x, api_token: '${env:T}', vars: {c: d}, manifests: [a], state: y}\n  b: {}\n"
    ),
]


def harmless(problems):
    """Every format can tell the problems, and what people read acts on no terminal."""
    report = ProblemReport(tuple(problems))
    for form in PROBLEM_FORMATS.values():
        form(report).encode()
    assert UNWANTED.search(PROBLEM_FORMATS["text"](report)) is None
    assert all(problem.place.line >= 1 and problem.place.column >= 1 for problem in problems)


@fuzzed(
    st.tuples(spoilt_bytes(MANIFESTS), st.sampled_from(["room.yaml", "room.json"])), examples=150
)
def test_a_manifest_is_desired_or_is_a_problem(given):
    content, name = given
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        loaded = load(
            [str(path)], kinds=KINDS, variables={"x": "y"}, environment={"X": "rtmp://x/y"}
        )
    assert loaded.desired or loaded.fragments or loaded.problems
    harmless(loaded.problems)


@fuzzed(spoilt_bytes(PROJECTS))
def test_a_project_file_is_usable_or_is_a_problem(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "reconciler.yaml")
        path.write_bytes(content)
        try:
            project = load_project(path, schema=PROJECT)
            for name in project.environments:
                connection(
                    environment_named(project, name), {"S": "example.signalwire.com", "T": "t"}
                )
        except ManifestError as error:
            harmless(error.problems)
