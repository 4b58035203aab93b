"""Loads manifests: read, parse, substitute, validate, compose. Collects all problems."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

from reconciler.core.deferred_dataclass import dataclass, field, replace
from reconciler.core.kinds import Kinds
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.resources import Address, Attributes, Desired, Place, Problem
from reconciler.manifest.compose.compose import check_references, compose
from reconciler.manifest.compose.fields import check_order, check_sizes, fields_of, wrapped
from reconciler.manifest.compose.fragments import Fragments, Library, fragments_in
from reconciler.manifest.compose.variables import Variables, fill, keep_references
from reconciler.manifest.discovery import digest_of, find_files
from reconciler.manifest.document import Document, Findings, Source, Span, pointer
from reconciler.manifest.parse.decoding import decode
from reconciler.manifest.required_paths import with_empty_paths
from reconciler.manifest.search_rules import SearchRules
from reconciler.manifest.validate.envelope import (
    Checkers,
    Manifest,
    checker_of,
    manifest_of,
    no_manifest,
)
from reconciler.manifest.validate.schema import check, checker_for
from reconciler.manifest.validate.semantics import LiteralSecrets, check_document
from reconciler.manifest.validate.uniqueness import check_names
from reconciler.timing import stage

_ALL_FILES = SearchRules()


@dataclass(frozen=True, slots=True)
class Loaded:
    """Result of loading manifests.

    ``desired`` holds valid, composed resources by kind and name; ``fragments`` the spec of every
    other valid manifest (themes, presets, roles) with secrets wrapped. ``problems`` are errors and
    warnings by position. ``sources`` are the files read; ``ignored_files`` the names of files without
    manifests. ``wrong`` are resources whose manifests have errors where each stands alone (values
    in memory): a plan leaves them as they are. ``all_named`` is False if a wrong one may be any
    resource: nothing is deleted then.
    """

    desired: tuple[Desired, ...]
    fragments: Mapping[Address, Attributes]
    # Files written by this tool (a saved plan, a record) are not among them: they are errors.
    problems: tuple[Problem, ...]
    sources: tuple[Source, ...] = field(
        repr=False
    )  # not shown: contents may hold a misplaced secret
    ignored_files: frozenset[str] = frozenset()
    wrong: frozenset[Address] = frozenset()
    all_named: bool = True

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files read."""
        return tuple(source.name for source in self.sources)

    @property
    def digest(self) -> str:
        """SHA-256 over the contents of the manifests, without ignored files."""
        return digest_of(
            [source for source in self.sources if source.name not in self.ignored_files]
        )


class Settings(NamedTuple):
    """What manifests are checked with."""

    checkers: Checkers
    variables: Variables
    literal_secrets: LiteralSecrets
    rules: SearchRules = SearchRules()


class _File(NamedTuple):
    """Result of one file: manifests, problems, whether all of it was understood or ignored."""

    manifests: list[Manifest]
    findings: list[Findings]
    problems: list[Problem]
    complete: bool
    passed_over: bool = False


def _is_blank(document: Document) -> bool:
    return document.value is None and document.mark.text == "" and not document.mark.style


def _holder(documents: Sequence[Document], place: Place) -> str:
    """Pointer of the scalar or mapping at ``place``: the last one that starts at or before it."""
    best = (0, 0, "")
    ahead: list[tuple[tuple[str | int, ...], Span]]
    ahead = [((), document.mark) for document in documents]
    while ahead:
        path, mark = ahead.pop()
        starts = [(mark.line, mark.column)]
        if isinstance(mark.inside, dict):
            # A mapping starts at its keys: a place between two values belongs to the first.
            starts = [(line, column) for line, column, _ in mark.inside.values()]
            ahead += [((*path, key), inner) for key, (_, _, inner) in mark.inside.items()]
        elif isinstance(mark.inside, list):
            starts = []
            ahead += [((*path, index), inner) for index, inner in enumerate(mark.inside)]
        for start in starts:
            if start <= place[1:]:
                best = max(best, (*start, pointer(path)))
    return best[2]


def check_manifest(
    document: Document, settings: Settings, told: frozenset[Place]
) -> tuple[Findings, Manifest | None]:
    """Check one document; ``told`` are places that already have a problem."""
    findings = Findings(document, told=told, failed=bool(told))
    value = document.value
    expected = settings.checkers.get(str(value.get("kind"))) if isinstance(value, dict) else None
    findings.secrets = expected.secrets if expected else frozenset()
    if document.templated and isinstance(value, dict) and not no_manifest(value):
        fill(findings, settings.variables)
    checker = checker_of(findings, settings.checkers)
    if checker is None:
        from reconciler.manifest.validate.unknown_kinds import check_stranger  # noqa: PLC0415  # needed only for files with problems

        check_stranger(findings, settings.checkers, literal_secrets=settings.literal_secrets)
        return findings, None
    findings.secrets = checker.secrets
    check_document(findings, checker, literal_secrets=settings.literal_secrets)
    check(findings, checker)
    keep_references(document)
    return findings, manifest_of(findings, checker)


def _load_file(source: Source, settings: Settings) -> _File:
    from reconciler.manifest.parse.documents import read_documents  # noqa: PLC0415  # yaml takes as long to import as click

    with stage("load"):
        text, hidden = decode(source)
    if hidden and not text.characters:
        return _File([], [], hidden, complete=False)
    with stage("load"):
        documents, problems, complete = read_documents(text)
    problems += [replace(problem, pointer=_holder(documents, problem.place)) for problem in hidden]
    told = frozenset(problem.place for problem in problems)
    written = [document for document in documents if not _is_blank(document)]
    if not written and not problems:
        problems.append(_nothing_in(source))
    complete = complete and not hidden
    passed_over = bool(written)
    all_findings, manifests = [], []
    with stage("validate"):
        for document in written:
            findings, manifest = check_manifest(document, settings, told)
            all_findings.append(findings)
            if manifest:
                manifests.append(manifest)
            is_other_file = manifest is None and bool(no_manifest(document.value))
            passed_over = passed_over and is_other_file
            complete = complete and bool(is_other_file or (manifest and manifest.name))
    if not hidden:
        text.release(source.content)  # positions are computed from it, and few are needed
    return _File(manifests, all_findings, problems, complete, passed_over)


def _nothing_in(source: Source) -> Problem:
    return Problem(
        Place(source.name, 1, 1),
        "there is no resource in this file",
        hint="write a manifest, or remove the file; an empty file is an error, so that a lost file never means 'delete everything'",
    )


def _fragments_at(paths: Sequence[str], settings: Settings) -> Fragments:
    """Fragments in ``paths`` for unresolved references; problems there are not reported."""
    quiet = settings._replace(variables=settings.variables._replace(missing_variables=set()))
    sources, _ = find_files(paths, None, settings.rules) if paths else ([], None)
    manifests: list[Manifest] = []
    for source in sources:
        manifests += _load_file(source, quiet).manifests
    return fragments_in(manifests)


@stage("compose")
def compose_all(
    manifests: Sequence[Manifest], library: Library
) -> tuple[list[Desired], dict[Address, Attributes]]:
    """Return the composed resources and the other valid manifests; adds problems to the rest."""
    desired: list[Desired] = []
    fragments: dict[Address, Attributes] = {}
    for manifest in manifests:
        if manifest.kind.type == "resource":
            resource = compose(manifest, library)
            desired += [resource] if resource else []
            continue
        own = fields_of(manifest.findings.document)
        check_references(manifest, library)
        check_order(manifest, own)
        check_sizes(manifest, own)
        if manifest.name and not manifest.findings.failed:
            fragments[manifest.address] = wrapped(manifest.kind, manifest.spec or {})
    return desired, fragments


def in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems by position, each once."""
    return tuple(
        sorted(
            dict.fromkeys(problems),
            key=lambda problem: (problem.place, problem.pointer, problem.message),
        )
    )


def _problems_of(files: Iterable[_File]) -> Iterator[Problem]:
    for file in files:
        yield from file.problems
        for findings in file.findings:
            yield from findings.problems


def load(  # noqa: PLR0913  # each is a setting of its own
    paths: Sequence[str],
    *,
    kinds: Kinds,
    variables: Mapping[str, str],
    environment: Mapping[str, str],
    stdin: Callable[[], bytes] | None = None,
    literal_secrets: LiteralSecrets = "warn",
    missing_variables: set[str] | None = None,
    also_search: Sequence[str] = (),
    readable: Collection[str] | None = None,
    rules: SearchRules = _ALL_FILES,
) -> Loaded:
    """Load everything that ``paths`` (files, folders, ``-``) declare. Problems are not raised.

    ``environment`` and ``variables`` are the values of ``${env:NAME}`` and ``${var:NAME}``;
    ``stdin`` reads standard input. ``literal_secrets`` makes a secret in clear a warning, nothing,
    or an error. ``missing_variables`` collects missing environment variables instead of reporting
    them; texts that use one are not checked. ``also_search`` are further PATHs searched for a
    missing fragment, to say where it is. ``readable`` are the environment variables manifests may
    read; None allows all but secrets. ``rules`` say which files of a folder are read.
    """
    with stage("load"):
        sources, problems = find_files(paths, stdin, rules)
    settings = Settings(
        {name: checker_for(kind, kinds) for name, kind in kinds.items()},
        Variables(environment, variables, missing_variables, readable),
        literal_secrets,
        rules,
    )
    files = [_load_file(source, settings) for source in sources]
    manifests = [manifest for file in files for manifest in file.manifests]
    with stage("validate"):
        check_names(manifests)
    complete = not problems and all(file.complete for file in files)
    search = partial(_fragments_at, also_search, settings)
    desired, fragments = compose_all(manifests, Library(fragments_in(manifests), complete, search))
    problems += _problems_of(files)
    names = [source.name for source in sources]
    ignored_files = frozenset(
        name for name, file in zip(names, files, strict=True) if file.passed_over
    )
    problems = with_empty_paths(problems, paths, names, ignored_files, root=rules.root)
    return Loaded(
        tuple(sorted(desired, key=lambda one: one.address)),
        dict(sorted(fragments.items())),
        in_order(problems),
        tuple(sources),
        ignored_files,
    )
