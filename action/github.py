"""GitHub's REST API, as far as the action speaks it: comments, issues, artifacts. Nothing but the standard library."""

import io
import json
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 30
MOST_BYTES = 64 * 1024**2
MOST_PAGES = 20


class GitHubError(Exception):
    """GitHub did not do what it was asked; the text never holds the token."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: the token must not travel on."""


@dataclass(frozen=True)
class GitHub:
    """One repository (``owner/name``) at ``api`` (``https://api.github.com``), with a token."""

    api: str
    repository: str
    token: str

    def ask(self, method: str, path: str, body: Any = None, **query: str | int) -> Any:
        """The JSON answer to a request below the repository's address; None where there is none. GitHubError where it fails."""
        words = f"?{urllib.parse.urlencode(query)}" if query else ""
        answer = self._answer(method, f"{self.api}/repos/{self.repository}{path}{words}", body)
        return json.loads(answer) if answer else None

    def pages(self, path: str, **query: str | int) -> Iterator[Any]:
        """Each object of a list."""
        for page in range(1, MOST_PAGES + 1):
            found = self.ask("GET", path, per_page=100, page=page, **query)
            yield from found
            if len(found) < 100:
                return

    def _answer(self, method: str, url: str, body: Any = None) -> bytes:
        request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_SECONDS) as answer:
                whole: bytes = answer.read(MOST_BYTES)
                return whole
        except urllib.error.HTTPError as error:
            if error.code in (301, 302, 307) and method == "GET":
                return _without_token(error.headers["Location"])
            raise GitHubError(f"{method} {urllib.parse.urlsplit(url).path}: {error.code} {error.reason}") from error
        except OSError as error:
            raise GitHubError(f"{method} {urllib.parse.urlsplit(url).path}: {error}") from error

    def keep_comment(self, number: int, marker: str, body: str) -> str:
        """Write ``body`` into the one comment on a pull request or issue that starts with ``marker``; its address."""
        for comment in self.pages(f"/issues/{number}/comments"):
            if comment["body"].startswith(marker) and comment["user"]["type"] == "Bot":
                return str(self.ask("PATCH", f"/issues/comments/{comment['id']}", {"body": body})["html_url"])
        return str(self.ask("POST", f"/issues/{number}/comments", {"body": body})["html_url"])

    def keep_issue(self, marker: str, *, title: str, label: str, body: str | None) -> str:
        """Write ``body`` into the one open issue with ``label`` that starts with ``marker``; without a body it is closed. Its address."""
        open_ones = [issue for issue in self.pages("/issues", state="open", labels=label) if (issue["body"] or "").startswith(marker)]
        if body is None:
            for issue in open_ones:
                self.ask("POST", f"/issues/{issue['number']}/comments", {"body": "There is no drift any more."})
                self.ask("PATCH", f"/issues/{issue['number']}", {"state": "closed", "state_reason": "completed"})
            return str(open_ones[0]["html_url"]) if open_ones else ""
        if open_ones:
            return str(self.ask("PATCH", f"/issues/{open_ones[0]['number']}", {"body": body})["html_url"])
        return str(self.ask("POST", "/issues", {"title": title, "labels": [label], "body": body})["html_url"])

    def merged_from(self, commit: str) -> tuple[int, str] | None:
        """The number and the last commit of the pull request that ``commit`` was merged from; None where there is none."""
        merged = [one for one in self.ask("GET", f"/commits/{commit}/pulls") if one["merged_at"] and one["merge_commit_sha"] == commit]
        return (merged[0]["number"], merged[0]["head"]["sha"]) if merged else None

    def artifact(self, name: str, member: str) -> bytes | None:
        """The file ``member`` of the newest artifact called ``name``; None where there is none, or it is kept no longer."""
        listed = self.ask("GET", "/actions/artifacts", name=name, per_page=100)["artifacts"]
        kept = sorted((one for one in listed if not one["expired"]), key=lambda one: one["created_at"])
        if not kept:
            return None
        whole = self._answer("GET", f"{self.api}/repos/{self.repository}/actions/artifacts/{int(kept[-1]['id'])}/zip")
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            if archive.getinfo(member).file_size > MOST_BYTES:
                raise GitHubError(f"the artifact {name} is too large")
            return archive.read(member)


def _without_token(url: str) -> bytes:
    if urllib.parse.urlsplit(url).scheme not in ("https", "http"):
        raise GitHubError("an artifact lies at an address that is not one of the web")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            whole: bytes = answer.read(MOST_BYTES)
            return whole
    except OSError as error:
        raise GitHubError(f"an artifact cannot be fetched: {error}") from error
