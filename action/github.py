"""GitHub's REST API, as far as the action speaks it: comments, issues, artifacts. Nothing but the standard library.

What GitHub answers was in part written by others: nothing of its form is taken for granted, and what is wrong is a GitHubError.
"""

import base64
import contextlib
import hashlib
import http.client
import io
import json
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 30
MOST_BYTES = 64 * 1024**2
MOST_PAGES = 20
SEAL = "<!-- sealed by reconciler: {} -->"
# What reading an archive that others made may raise: cut, garbled, encrypted, packed in an unknown way, or without the file.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)


class GitHubError(Exception):
    """GitHub did not do what it was asked; the text never holds the token."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: the token must not travel on."""


def text_at(thing: Any, *names: str) -> str:
    """The text below ``names`` in what was answered; '' where there is none."""
    for name in names:
        thing = thing.get(name) if isinstance(thing, dict) else None
    return thing if isinstance(thing, str) else ""


def sealed(body: str) -> str:
    """``body`` with a last line by which it is known again as it was written."""
    return f"{body}\n{SEAL.format(hashlib.sha256(body.encode()).hexdigest())}"


def is_sealed(text: str) -> bool:
    """Whether ``text`` is what ``sealed`` made, and was not edited since."""
    body, _, _ = text.replace("\r\n", "\n").rpartition("\n")
    return text.replace("\r\n", "\n") == sealed(body)


@dataclass(frozen=True)
class GitHub:
    """One repository (``owner/name``) at ``api`` (``https://api.github.com``), with a token."""

    api: str
    repository: str
    token: str

    def ask(self, method: str, path: str, body: Any = None, **query: str | int) -> Any:
        """The JSON answer to a request below the repository's address; None where there is none. GitHubError where it fails."""
        return self._asked(method, f"/repos/{self.repository}{path}", body, **query)

    def pages(self, path: str, **query: str | int) -> Iterator[Any]:
        """Each object of a list."""
        for page in range(1, MOST_PAGES + 1):
            found = _listed(self.ask("GET", path, per_page=100, page=page, **query), path)
            yield from found
            if len(found) < 100:
                return

    def _asked(self, method: str, path: str, body: Any = None, **query: str | int) -> Any:
        words = f"?{urllib.parse.urlencode(query)}" if query else ""
        answer = self._answer(method, f"{self.api}{path}{words}", body)
        try:
            return json.loads(answer) if answer else None
        except (ValueError, RecursionError) as error:
            raise GitHubError(f"{method} {path}: what came back is not JSON") from error

    def _answer(self, method: str, url: str, body: Any = None) -> bytes:
        try:
            request = urllib.request.Request(
                url, None if body is None else json.dumps(body).encode(), method=method
            )
            request.add_header("Authorization", f"Bearer {self.token}")
            request.add_header("Accept", "application/vnd.github+json")
            request.add_header("X-GitHub-Api-Version", "2022-11-28")
            with urllib.request.build_opener(_NoRedirect).open(
                request, timeout=TIMEOUT_SECONDS
            ) as answer:
                whole: bytes = answer.read(MOST_BYTES)
                return whole
        except urllib.error.HTTPError as error:
            if error.code in (301, 302, 307) and method == "GET":
                return _without_token(error.headers["Location"] or "")
            raise GitHubError(
                f"{method} {urllib.parse.urlsplit(url).path}: {error.code} {error.reason}"
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise GitHubError(
                f"{method} {urllib.parse.urlsplit(url).path}: {_why(error)}"
            ) from error

    def _who(self) -> str | None:
        """The login that a person's token belongs to; '' where it is an app's, None where GitHub does not tell."""
        try:
            return text_at(self._asked("GET", "/user"), "login") or None
        except GitHubError as error:
            return "" if ": 403 " in str(error) else None

    def _kept_comments(self, number: int, marker: str) -> list[Any]:
        """The comments with ``marker`` that this token may count as its own, those of the token's own account first.

        A comment that others wrote could be changed by them after this tool filled it, so their copy of the marker does not count.
        """
        marked = [
            one
            for one in self.pages(f"/issues/{number}/comments")
            if text_at(one, "body").startswith(marker)
        ]
        of_bots = [one for one in marked if text_at(one, "user", "type") == "Bot"]
        of_people = [one for one in marked if one not in of_bots]
        login = self._who() if of_people else ""
        if login == "":
            return of_bots
        ours = [one for one in of_people if login and text_at(one, "user", "login") == login]
        nameless = [one for one in of_people if login is None or not text_at(one, "user", "login")]
        return [*ours, *of_bots, *(one for one in nameless if is_sealed(text_at(one, "body")))]

    def file(self, path: str, *, commit: str) -> bytes | None:
        """The content of a file as ``commit`` has it; None where it has none. GitHubError where that cannot be told."""
        try:
            found = self.ask("GET", f"/contents/{urllib.parse.quote(path)}", ref=commit)
        except GitHubError as error:
            if ": 404 " in str(error):
                return None
            raise
        if text_at(found, "type") != "file" or text_at(found, "encoding") != "base64":
            raise GitHubError(f"GET /contents/{path}: what came back is no file")
        try:
            return base64.b64decode(text_at(found, "content"))
        except ValueError as error:
            raise GitHubError(f"GET /contents/{path}: what came back is no file") from error

    def paths(self, *, commit: str) -> list[str]:
        """The paths of all files that ``commit`` has. GitHubError where they cannot be told."""
        found = self.ask("GET", f"/git/trees/{commit}", recursive="1")
        listed = found.get("tree") if isinstance(found, dict) else None
        if not isinstance(listed, list) or found.get("truncated"):
            raise GitHubError(f"GET /git/trees/{commit}: what came back is no whole list of files")
        return [text_at(one, "path") for one in listed if text_at(one, "type") == "blob"]

    def keep_comment(self, number: int, marker: str, body: str) -> str:
        """Write ``body`` into the one comment on a pull request or issue that starts with ``marker``; its address."""
        whole = {"body": sealed(f"{marker}\n{body}")}
        for comment in self._kept_comments(number, marker):
            with contextlib.suppress(GitHubError):  # deleted meanwhile, or another app's
                return text_at(
                    self.ask("PATCH", f"/issues/comments/{_number(comment, 'id')}", whole),
                    "html_url",
                )
        return text_at(self.ask("POST", f"/issues/{number}/comments", whole), "html_url")

    def keep_issue(self, marker: str, *, title: str, label: str, body: str | None) -> str:
        """Write ``body`` into the one open issue with ``label`` that starts with ``marker``; without a body it is closed. Its address."""
        found = self.pages("/issues", state="open", labels=label)
        open_ones = [
            one
            for one in found
            if text_at(one, "body").startswith(marker) and "pull_request" not in one
        ]
        if body is None:
            for issue in open_ones:
                self.ask(
                    "POST",
                    f"/issues/{_number(issue, 'number')}/comments",
                    {"body": "There is no drift any more."},
                )
                self.ask(
                    "PATCH",
                    f"/issues/{_number(issue, 'number')}",
                    {"state": "closed", "state_reason": "completed"},
                )
            return text_at(open_ones[0], "html_url") if open_ones else ""
        whole = f"{marker}\n{body}"
        if open_ones:
            return text_at(
                self.ask("PATCH", f"/issues/{_number(open_ones[0], 'number')}", {"body": whole}),
                "html_url",
            )
        return text_at(
            self.ask("POST", "/issues", {"title": title, "labels": [label], "body": whole}),
            "html_url",
        )

    def merged_from(self, commit: str) -> tuple[int, str] | None:
        """The number and the last commit of the pull request that ``commit`` was merged from; None where there is none."""
        path = f"/commits/{commit}/pulls"
        found = _listed(self.ask("GET", path), path)
        merged = [
            one for one in found if one.get("merged_at") and one.get("merge_commit_sha") == commit
        ]
        return (_number(merged[0], "number"), text_at(merged[0], "head", "sha")) if merged else None

    def artifact(self, name: str, member: str, *, commit: str) -> bytes | None:
        """The file ``member`` of the newest artifact called ``name`` that a run of this repository made for ``commit``.

        None where there is none, or it is kept no longer.
        """
        answer = self.ask("GET", "/actions/artifacts", name=name, per_page=100)
        listed = _listed(
            answer.get("artifacts") if isinstance(answer, dict) else None, "/actions/artifacts"
        )
        kept = [one for one in listed if not one.get("expired") and _is_made_here(one, commit)]
        if not kept:
            return None
        newest = max(kept, key=lambda one: text_at(one, "created_at"))
        whole = self._answer(
            "GET",
            f"{self.api}/repos/{self.repository}/actions/artifacts/{_number(newest, 'id')}/zip",
        )
        return _unpacked(whole, name, member)


def _is_made_here(artifact: Any, commit: str) -> bool:
    """Whether the run that made ``artifact`` was of this repository and of ``commit``: a fork's run may use any name.

    An older GitHub Enterprise Server does not tell; the plan is compared with a new one before it is applied in any case.
    """
    run = artifact.get("workflow_run")
    if not isinstance(run, dict):
        return "workflow_run" not in artifact
    return run.get("head_sha", commit) == commit and run.get("head_repository_id") == run.get(
        "repository_id"
    )


def _listed(answer: Any, path: str) -> list[Any]:
    """The objects of a list. GitHubError where it is none."""
    if not isinstance(answer, list) or any(not isinstance(one, dict) for one in answer):
        raise GitHubError(f"GET {path}: what came back is not a list of objects")
    return answer


def _number(thing: Any, name: str) -> int:
    number = thing.get(name)
    if not isinstance(number, int):
        raise GitHubError(f"what came back has no number under '{name}'")
    return number


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, OSError) else "what came back is not an answer of HTTP"


def _unpacked(whole: bytes, name: str, member: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(whole)) as archive, archive.open(member) as file:
            content = file.read(MOST_BYTES + 1)
    except BROKEN as error:
        raise GitHubError(
            f"the artifact {name} cannot be read: it is cut, or no archive with {member}"
        ) from error
    if len(content) > MOST_BYTES:
        raise GitHubError(f"the artifact {name} is too large")
    return content


def _without_token(url: str) -> bytes:
    try:
        if urllib.parse.urlsplit(url).scheme not in ("https", "http"):
            raise GitHubError("an artifact lies at an address that is not one of the web")
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            whole: bytes = answer.read(MOST_BYTES)
            return whole
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise GitHubError(f"an artifact cannot be fetched: {_why(error)}") from error
