"""Plans with all that may stand beside them, hostile ones, and large ones, for the reports that people look at."""

from dataclasses import replace

from reconciler.core.plan_model import Action
from reconciler.core.resource_usage import ReportContext, Usage
from reconciler.core.resources import Address
from reconciler.reports.plan_details import enriched
from reconciler.reports.text.plan import PlanReport
from tests.unit.reports.cases import (
    ADOPT,
    CREATE,
    DELETE,
    DELETE_LIVE,
    DRIFTS,
    NOW,
    PLANS,
    RECREATE,
    REFUSALS,
    RENAME,
    SESSION,
    UPDATE,
    at,
    change,
    plan,
)

LAYOUTS = (
    *(
        "grid-responsive",
        "grid-responsive-mobile",
        "highlight-1-responsive",
        "1x1",
        "2x1",
        "2x2",
        "5up",
    ),
    *("3x3", "4x4", "5x5", "6x6", "8x8", "10x10"),
)
PALETTE = {
    "light_background": "#FFFFFF",
    "light_foreground": "#1D2127",
    "light_primary": "#044EF4",
    "light_success": "#17BB58",
    "light_negative": "#F42C50",
    "dark_background": "#14171F",
    "dark_foreground": "#F3F5FA",
    "dark_primary": "#044EF4",
    "dark_success": "#17BB58",
    "dark_negative": "#F42C50",
    "enable_room_previews": True,
}
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
MARKUP = "</code></pre><script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)> javascript:alert(4)"
MARKDOWN = "```\n````` [x](http://evil.example) ![y](http://evil.example/z.png) @octocat #123 <details> **b** | a | -- http://evil.example/auto"
HOSTILES = (
    MARKUP,
    MARKDOWN,
    "`" * 40,
    "-->",
    "\u202e@team\u2066",
    "a" + "\u0301" * 5000,
    "~~~\n@x",
    "&lt;script&gt;",
    "]]>",
    "\\`\\",
    "",
)


def branded(number, *, live=False):
    changes = (
        change(
            "light_primary",
            "#044EF4",
            "#E30613",
            "manifest",
            at("themes.yaml", 12, 14, "theme brand"),
        ),
        change(
            "dark_primary",
            "#044EF4",
            "#FF6B6B",
            "manifest",
            at("themes.yaml", 7, 14, "theme brand"),
        ),
    )
    return Action(
        "update",
        Address("Conference", f"branch-{number:02}"),
        f"b{number:02}",
        changes,
        session=SESSION if live else None,
    )


BRANDED = tuple(branded(number, live=number == 3) for number in range(37))
MIXED = replace(
    BRANDED[0],
    changes=(
        *BRANDED[0].changes,
        change("enable_chat", True, False, declared_at=at("x.yaml", 1, 1)),
    ),
)
EVIDENCE = {
    DELETE_LIVE.address: Usage(
        30, 12, 3412, "2026-11-20T09:12:31Z", None, True, {"streams": 2}, ("guest", "moderator")
    ),
    DELETE.address: Usage(30, 0, 0, "2026-03-02T10:00:00Z", 2520),
}
BESIDE = ReportContext(
    EVIDENCE,
    {
        **{action.address: PALETTE for action in (*BRANDED, UPDATE)},
        CREATE.address: {"enable_room_previews": False},
    },
    {UPDATE.address: WEBP},
)
LIVE = replace(
    UPDATE, session={**SESSION, "preview_url": "https://files.example.com/p.webp?a=1&b=2"}
)
WHOLE = enriched(
    PlanReport(
        plan(CREATE, LIVE, RENAME, ADOPT, RECREATE, DELETE_LIVE, DELETE, MIXED, *BRANDED[1:]),
        NOW,
        refusals=REFUSALS,
    ),
    BESIDE,
)
WALL = PlanReport(
    plan(
        *(
            Action(
                "update",
                Address("Room", f"room-{index:02}"),
                "1",
                (change("layout", LAYOUTS[index - 1], name, declared_at=at("r.yaml", 3, 4)),),
            )
            for index, name in enumerate(LAYOUTS)
        )
    ),
    NOW,
)


def hostile(text):
    """A plan in which every text that can come from outside is ``text``."""
    changes = (
        change("display_name", text, text + "!", "drift", at(text, 1, 1, text)),
        change(f"meta.{text}", None, text, declared_at=at("x.yaml", 2, 2)),
    )
    actions = (
        Action(
            "delete",
            Address("Room", text),
            text,
            session={"start_time": text, "preview_url": f"javascript:{text}"},
            reason=text,
        ),
        Action("create", Address("Room", text + "c"), None, changes),
        Action(
            "update",
            Address(text, "kind"),
            text,
            changes,
            session={"preview_url": f"https://evil.example/{text}", "members": text},
        ),
        Action("rename", Address("Room", text + "r"), text, changes, live_name=text),
        *(
            Action(
                "update",
                Address("Room", f"{text}{number}"),
                "1",
                (change("name_of_it", text, text[:3]),),
            )
            for number in range(4)
        ),
    )
    evidence = {
        Address("Room", text): Usage(30, 1, 1, "2026-03-02T10:00:00Z", 1, False, {text: 2}, (text,))
    }
    around = {action.address: {**PALETTE, "light_primary": text} for action in actions}
    return enriched(
        PlanReport(
            replace(plan(*actions, unmanaged=(text,), forgotten=(text,)), space=text, project=text),
            NOW,
            show_unmanaged=True,
            left_out=text,
            refusals=((text, text),),
        ),
        ReportContext(evidence, around, {Address(text, "kind"): text.encode(errors="replace")}),
    )


def large(deletions, updates):
    """So many deletions, and so many updates that have nothing in common."""
    gone = (
        Action(
            "delete", Address("Room", f"gone-{number:05}"), str(number), reason="no longer declared"
        )
        for number in range(deletions)
    )
    moved = (
        Action(
            "update",
            Address("Room", f"room-{number:05}"),
            str(number),
            (
                change(
                    "display_name",
                    f"Room {number}",
                    f"The room {number}",
                    declared_at=at("rooms.yaml", number + 1, 3),
                ),
                change(
                    "max_members", number + 1, number + 2, "drift", at("rooms.yaml", number + 2, 3)
                ),
            ),
        )
        for number in range(updates)
    )
    return PlanReport(plan(*gone, *moved), NOW)


def _plain(reports):
    return {
        name: one
        for name, one in reports.items()
        if not (one.colour or one.ascii or one.verbose or one.width != 100)
    }


PLAN_PAGES = {
    **_plain(PLANS),
    "plan-pictured": WHOLE,
    "plan-layouts": WALL,
    "plan-markup": hostile(MARKUP),
    "plan-markdown": hostile(MARKDOWN),
}
DRIFT_PAGES = {
    **_plain(DRIFTS),
    "drift-pictured": WHOLE,
    "drift-markup": hostile(MARKUP),
    "drift-markdown": hostile(MARKDOWN),
}
