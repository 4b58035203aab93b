"""The questions as data: what each looks at, which fact follows, and what is assumed without it.

The steps that a question looks at are in ``steps.py`` and ``looks.py``; those of several questions
are taken once. A step that creates something is cleaned up by the record, see ``scratch.py``.
"""

from collections.abc import Callable
from typing import Literal

from reconciler.core import facts
from reconciler.core.deferred_dataclass import dataclass
from reconciler.engine.probe import judges
from reconciler.engine.probe.bench import Bench
from reconciler.engine.probe.judges import Judgement

_Scope = Literal["kind", "colours", "instants", "children", "clearable", "session"]


@dataclass(frozen=True, slots=True)
class Question:
    """One open question.

    ``looks_at`` are the steps whose answers show it; ``judge`` reads them. ``scope`` limits it to
    kinds that have such fields. ``assumed`` is what the tool does without the fact, ``evidence``
    what public material says, ``uses`` what a run does with the fact.
    """

    id: str
    asks: str
    looks_at: tuple[str, ...]
    judge: Callable[[Bench], Judgement]
    assumed: str
    evidence: str
    scope: _Scope = "kind"
    uses: str = ""


QUESTIONS: tuple[Question, ...] = (
    Question(
        facts.OMITTED_FIELDS,
        "What does a PUT do with a field that it does not mention?",
        ("put_all", "put_one", "read"),
        judges.omitted_fields,
        "either: each PUT holds every settable field as just read",
        "the guide: kept; the SDK's reference: replaced",
        uses="`kept`: a PUT holds the changed fields only",
    ),
    Question(
        "reset_by_every_put",
        "Which fields does a PUT change even if it sends them?",
        ("put_all",),
        judges.reset_by_every_put,
        "none, and every PUT is compared with what was there",
        "none",
    ),
    Question(
        facts.DEFAULTS,
        "What does a field have that was never set and has no documented default?",
        ("create",),
        judges.defaults,
        "unknown: a released field keeps its live value",
        "examples and one app's code; they disagree about `tone_on_entry_and_exit`",
        uses="a released field goes back to this value",
    ),
    Question(
        facts.NULL,
        "Does null unset a field that has no empty value?",
        ("put_null",),
        judges.null,
        "unknown: null is sent only where a manifest says null",
        "none",
        scope="clearable",
        uses="`accepted`: a released field whose default is null is set to null",
    ),
    Question(
        "put_name",
        "What does `name` in a PUT do?",
        ("put_name",),
        judges.put_name,
        "it renames, and the answer is checked",
        "the guide renames so; the vendor's tests send an unchanged name",
    ),
    Question(
        "same_name",
        "What does a POST with a taken name do?",
        ("create", "create_same_name"),
        judges.same_name,
        "it is refused; an answer with another id or name is noticed",
        "error codes in the document; a suffix in another API of the vendor",
    ),
    Question(
        "made_name",
        "Does a new resource get the name that was sent?",
        ("create",),
        judges.made_name,
        "yes; another name is recorded as an unfinished rename",
        "none",
    ),
    Question(
        "created_status",
        "Which status does a POST answer?",
        ("create",),
        judges.status,
        "any 2xx",
        "document: 200; SDKs' tests: 201",
    ),
    Question(
        "colours",
        "How do colours come back?",
        ("create_full",),
        judges.colours,
        "compared by value",
        "none",
        scope="colours",
    ),
    Question(
        "instants",
        "How are times returned?",
        ("create_full",),
        judges.instants,
        "compared by value",
        "document: RFC 3339",
        scope="instants",
    ),
    Question(
        facts.LIST_LAG,
        "How long until a list shows a new resource?",
        ("create", "list"),
        judges.list_lag,
        "unknown: a resource missing in a list is read by id",
        "none",
        uses="the check after apply waits that long",
    ),
    Question(
        "links",
        "Are links to the next page absolute or relative?",
        ("list", "pages"),
        judges.links,
        "either",
        "document: absolute in examples, relative on the page about paging",
    ),
    Question(
        "empty_page",
        "Which page of a list is empty although another follows?",
        ("list", "pages"),
        judges.empty_page,
        "any may be",
        "none",
    ),
    Question(
        facts.ACTIVE_SESSION,
        "Does the answer about a resource show its live session?",
        ("sessions",),
        judges.active_session,
        "unknown: the list of sessions is read as well",
        "document only; no public client relies on it",
        scope="session",
        uses="`shown`: one list of sessions checks it for all resources of the same second",
    ),
    Question(
        "idle_session",
        "What stands for the session where none is live?",
        ("create", "idle"),
        judges.idle_session,
        "absent, null or empty",
        "document: absent",
        scope="session",
    ),
    Question(
        "session_room_id",
        "Does a session name its room by id?",
        ("sessions",),
        judges.session_room_id,
        "looked up by id, then by name",
        "document: null for some rooms; a demo: fixed for a conference",
        scope="session",
    ),
    Question(
        "child_url",
        "Does the URL of a stream come back as sent?",
        ("create_child",),
        judges.child_url,
        "yes; a changed one never settles, and the run says so",
        "none",
        scope="children",
    ),
    Question(
        "child_status",
        "Which status does the POST of a stream answer?",
        ("create_child",),
        judges.child_status,
        "any 2xx",
        "the vendor's tests: 201",
        scope="children",
    ),
    Question(
        "child_limit",
        "Are streams limited to none or one?",
        ("create_child", "create_second_child"),
        judges.child_limit,
        "unknown",
        "an error code in the document",
        scope="children",
    ),
    Question(
        "rate_headers",
        "Which headers have the limit of writes?",
        ("create",),
        judges.rate_headers,
        "`X-RateLimit-*` and `X-Rate-Limit-*`",
        "document: X- headers, without names",
    ),
)
