"""The frame of every page: one file that fetches nothing, says so by its policy, and is whole without its script."""

import base64
import hashlib

from reconciler.reports.html.markup import Child, Markup, element, together
from reconciler.reports.html.script import SCRIPT
from reconciler.reports.html.style import STYLE


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(*, style: str = STYLE, script: str = SCRIPT) -> str:
    """The Content-Security-Policy of a page: nothing but its own sheet, its own script and pictures that are in it."""
    return f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:; base-uri 'none'; form-action 'none'"


def page(title: str, *body: Child) -> str:
    """A whole HTML document with this title."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    skip = element("a", "Skip to the changes", href="#main", class_="unseen skip")
    content = element("body", skip, together(*body), element("script", Markup(SCRIPT)))
    return f"<!doctype html>\n{element('html', head, content, lang='en')}\n"
