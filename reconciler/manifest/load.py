"""From PATHs to what is desired: read, build, fill in, check, compose; problems are values, and all are told at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from reconciler.core.declared import Address, Attributes, Desired, Place, Problem
from reconciler.core.kinds import Kinds
from reconciler.core.stages import stage
from reconciler.manifest.compose import check_references, compose
from reconciler.manifest.decoding import decode
from reconciler.manifest.documents import Document, Findings, Mark, Source, pointer
from reconciler.manifest.envelope import Checkers, Manifest, checker_of, manifest_of, no_manifest
from reconciler.manifest.events import read_documents
from reconciler.manifest.fields import check_order, check_sizes, fields_of, wrapped
from reconciler.manifest.fragments import Fragments, Library, fragments_in
from reconciler.manifest.named import with_empty_paths
from reconciler.manifest.names import check_names
from reconciler.manifest.rules import LiteralSecrets, check_document
from reconciler.manifest.search_rules import SearchRules
from reconciler.manifest.sources import digest_of, gather
from reconciler.manifest.validate import check, checker_for
from reconciler.manifest.variables import Variables, fill, keep_references


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the manifests say.

    ``desired`` holds the resources that are without error, composed, by kind and name; ``fragments`` the spec of every
    other manifest that is (themes, presets, roles), variables filled in and secrets wrapped. ``problems`` holds errors and
    warnings by place. ``sources`` are the files read, ``others`` the names of those that hold no manifest, but
    what this tool writes (a saved plan, a record).
    """

    desired: tuple[Desired, ...]
    fragments: Mapping[Address, Attributes]
    problems: tuple[Problem, ...]
    sources: tuple[Source, ...] = field(repr=False)  # which may hold a secret that should not be there
    others: frozenset[str] = frozenset()

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files read, as shown to people."""
        return tuple(source.name for source in self.sources)

    @property
    def digest(self) -> str:
        """A SHA-256 over the bytes of the manifests; what else is passed over among them is no part of it."""
        return digest_of([source for source in self.sources if source.name not in self.others])


class _Settings(NamedTuple):
    checkers: Checkers
    variables: Variables
    literal_secrets: LiteralSecrets
    rules: SearchRules


class _File(NamedTuple):
    """What came of one file: manifests, all problems, whether everything in it is known, and whether nothing in it is a manifest."""

    manifests: list[Manifest]
    findings: list[Findings]
    problems: list[Problem]
    complete: bool
    passed_over: bool = False


def _is_blank(document: Document) -> bool:
    return document.value is None and document.mark.text == "" and not document.mark.style


def _holder(documents: Sequence[Document], place: Place) -> str:
    """The pointer of the scalar, or of the mapping of the key, that holds ``place``: the last one that starts at or before it."""
    starts: list[tuple[int, int, str]] = []
    ahead: list[tuple[tuple[str | int, ...], Mark]] = [((), document.mark) for document in documents]
    while ahead:
        path, mark = ahead.pop()
        if isinstance(mark.inside, dict):
            starts += [(line, column, pointer(path)) for line, column, _ in mark.inside.values()]
            ahead += [((*path, key), entry[2]) for key, entry in mark.inside.items()]
        elif isinstance(mark.inside, list):
            ahead += [((*path, index), inner) for index, inner in enumerate(mark.inside)]
        else:
            starts.append((mark.line, mark.column, pointer(path)))
    return max((start for start in starts if start[:2] <= place[1:]), default=(0, 0, ""))[2]


def _check(document: Document, settings: _Settings, told: set[Place]) -> tuple[Findings, Manifest | None]:
    findings = Findings(document, told=told, failed=bool(told))
    value = document.value
    expected = settings.checkers.get(str(value.get("kind"))) if isinstance(value, dict) else None
    findings.secrets = expected.secrets if expected else frozenset()
    if document.templated and isinstance(value, dict) and not no_manifest(value):
        fill(findings, settings.variables)
    checker = checker_of(findings, settings.checkers)
    if checker is None:
        from reconciler.manifest.strangers import check_stranger  # noqa: PLC0415  # where something is wrong

        check_stranger(findings, settings.checkers, literal_secrets=settings.literal_secrets)
        return findings, None
    findings.secrets = checker.secrets
    check_document(findings, checker, literal_secrets=settings.literal_secrets)
    check(findings, checker)
    keep_references(document)
    return findings, manifest_of(findings, checker)


def _load_file(source: Source, settings: _Settings) -> _File:
    with stage("load"):
        text, hidden = decode(source)
    if hidden and not text.characters:
        return _File([], [], hidden, complete=False)
    with stage("load"):
        documents, problems, complete = read_documents(text)
    problems += [replace(problem, pointer=_holder(documents, problem.place)) for problem in hidden]
    told = {problem.place for problem in problems}
    written = [document for document in documents if not _is_blank(document)]
    if not written and not problems:
        place = Place(source.name, 1, 1)
        problems.append(
            Problem(
                place, "there is no resource in this file", hint="write a manifest, or remove the file; absent is not the same as empty"
            )
        )
    with stage("validate"):
        checked = [_check(document, settings, set(told)) for document in written]
    manifests = [manifest for _, manifest in checked if manifest]
    others = [bool(no_manifest(document.value)) for document in written]
    known = (other or (manifest and manifest.name) for other, (_, manifest) in zip(others, checked, strict=True))
    complete = complete and not hidden and all(known)
    return _File(manifests, [findings for findings, _ in checked], problems, complete, bool(others) and all(others))


def _fragments_at(paths: Sequence[str], settings: _Settings) -> Fragments:
    """What ``paths`` hold for a reference that leads nowhere else; what is wrong there is not told."""
    quiet = settings._replace(variables=settings.variables._replace(unset=set()))
    sources, _ = gather(paths, None, settings.rules) if paths else ([], None)
    return fragments_in(manifest for source in sources for manifest in _load_file(source, quiet).manifests)


def _compose_all(manifests: Sequence[Manifest], library: Library) -> tuple[list[Desired], dict[Address, Attributes]]:
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


def _in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.place, problem.pointer, problem.message)))


def load(  # noqa: PLR0913  # each is a fact of its own
    paths: Sequence[str],
    *,
    kinds: Kinds,
    variables: Mapping[str, str],
    environment: Mapping[str, str],
    stdin: Callable[[], bytes] | None = None,
    literal_secrets: LiteralSecrets = "warn",
    unset: set[str] | None = None,
    beyond: Sequence[str] = (),
    readable: Collection[str] | None = None,
    rules: SearchRules | None = None,
) -> Loaded:
    """Everything that ``paths`` (files, folders, ``-``) declare, and everything that is wrong with it; raises for neither.

    ``environment`` and ``variables`` are what ``${env:NAME}`` and ``${var:NAME}`` stand for; ``stdin`` reads standard input.
    ``literal_secrets`` says whether a secret written in clear is a warning, nothing, or an error. Where there is ``unset``, an
    environment variable that is not set is no error: its name is put there, and the texts that it stands in are not checked.
    ``beyond`` are PATHs that were not named: a fragment that is missing is looked for there, so that the error says where it is.
    ``readable`` are the environment variables that may be read; None stands for all whose name is not that of a secret.
    ``rules`` say what of a folder is searched.
    """
    rules = rules or SearchRules()
    with stage("load"):
        sources, problems = gather(paths, stdin, rules)
    settings = _Settings(
        {name: checker_for(kind, kinds) for name, kind in kinds.items()},
        Variables(environment, variables, unset, readable),
        literal_secrets,
        rules,
    )
    complete = not problems
    files = [_load_file(source, settings) for source in sources]
    manifests = [manifest for file in files for manifest in file.manifests]
    with stage("validate"):
        check_names(manifests)
    complete = complete and all(file.complete for file in files)
    with stage("compose"):
        library = Library(fragments_in(manifests), complete, partial(_fragments_at, beyond, settings))
        desired, fragments = _compose_all(manifests, library)
    for file in files:
        problems += file.problems
        problems += (problem for findings in file.findings for problem in findings.problems)
    others = frozenset(source.name for source, file in zip(sources, files, strict=True) if file.passed_over)
    problems = with_empty_paths(problems, paths, [source.name for source in sources], others, root=rules.root)
    return Loaded(
        tuple(sorted(desired, key=lambda one: one.address)),
        dict(sorted(fragments.items())),
        _in_order(problems),
        tuple(sources),
        others,
    )
