"""Pagination: only the next page's parameters are taken from an answer, never its URL."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reconciler.core.errors import ProtocolError
from reconciler.core.named_tuple import NamedTuple
from reconciler.core.regex import regex
from reconciler.space.redaction import with_request
from reconciler.space.response_json import Document

PAGE_SIZE = 1000
# A Space whose pages lead in a circle must not keep a run reading without end.
MOST_PAGES = 10_000
MOST_ELEMENTS = 250_000
LARGEST_LIST = 256 * 1024 * 1024

Step = tuple[tuple[str, str], ...]

_STEP_WORDS = ("page_number", "page_token")
_FORMS = {"page_number": regex(r"[0-9]{1,9}"), "page_token": regex(r"[ -~]{1,4096}")}


class Page(NamedTuple):
    """A page as received: request, page number (from 1), request id and answer."""

    request: str
    number: int
    request_id: str
    content: Document


def invalid_page(page: Page, what: str) -> ProtocolError:
    """ProtocolError for an untrustworthy list: a list is complete or an error."""
    return ProtocolError(
        with_request(what, f"{page.request}, page {page.number}", request_id=page.request_id),
        hint="run the command again; if it happens again, report it to SignalWire's support. No part of this list was used",
        status=200,
        request=page.request,
        request_id=page.request_id,
    )


def elements(page: Page) -> list[Document]:
    """The page's elements, objects with an id. ProtocolError for any other ``data``."""
    listed = page.content.get("data")
    if not isinstance(listed, list):
        raise invalid_page(page, "the answer has no list 'data'")
    for position, element in enumerate(listed):
        if (
            not isinstance(element, dict)
            or not isinstance(element.get("id"), str)
            or not element["id"]
        ):
            raise invalid_page(page, f"element {position + 1} of the list has no id")
    return listed


def _next_link(page: Page) -> str | None:
    links = page.content.get("links")
    if not isinstance(links, dict):
        raise invalid_page(page, "the answer has no object 'links'")
    link: Any = links.get("next")
    if link is not None and not isinstance(link, str):
        raise invalid_page(page, "the link to the next page (links.next) is not text")
    return link


def next_step(page: Page) -> Step | None:
    """Query parameters of the next page, sorted; None on the last page.

    Only ``page_token`` and ``page_number`` of ``links.next`` are used, not its host.
    """
    link = _next_link(page)
    if link is None:
        return None
    try:
        query = parse_qsl(urlsplit(link).query, keep_blank_values=True, max_num_fields=50)
    except ValueError as error:
        raise invalid_page(page, "the link to the next page (links.next) is not a URL") from error
    step = tuple(sorted((word, value) for word, value in query if word in _STEP_WORDS))
    if not step or len({word for word, _ in step}) != len(step):
        raise invalid_page(
            page,
            "the link to the next page (links.next) has no page_token and no page_number, or one of them twice",
        )
    for word, value in step:
        if _FORMS[word].fullmatch(value) is None:
            raise invalid_page(
                page, f"the link to the next page (links.next) has a {word} that is not valid"
            )
    return step
