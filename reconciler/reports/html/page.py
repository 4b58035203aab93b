"""The HTML document around a report: one file that loads nothing and works without its script."""

import base64
import hashlib

from reconciler.reports.html.assets import PAGE_SCRIPT, PAGE_STYLE
from reconciler.reports.html.markup import Child, Markup, element, together


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(style: str, script: str) -> str:
    """Content-Security-Policy: only this style, this script, and embedded pictures."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_digest(style)}",
            f"script-src {_digest(script)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def page(title: str, *body: Child) -> str:
    """A complete HTML document with this title."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element(
            "meta", http_equiv="Content-Security-Policy", content=policy(PAGE_STYLE, PAGE_SCRIPT)
        ),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(PAGE_STYLE)),
    )
    skip = element("a", "Skip to the changes", href="#main", class_="unseen skip")
    content = element("body", skip, together(*body), element("script", Markup(PAGE_SCRIPT)))
    return f"<!doctype html>\n{element('html', head, content, lang='en')}\n"
