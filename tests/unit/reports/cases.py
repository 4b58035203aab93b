"""The values that the golden files show: small plans, outcomes, problems and resources of every sort."""

from reconciler.core.plan_model import MISSING, Action, FieldChange, Outcome, Plan
from reconciler.core.resources import Address, Applied, Origin, Place, Problem, Sealed, Secret
from reconciler.reports.text.drift import DriftReport
from reconciler.reports.text.outcomes import OutcomeReport
from reconciler.reports.text.plan import PlanReport
from reconciler.reports.text.problems import ProblemReport
from reconciler.reports.text.show import ShowField, ShowResource

CANARY = "rtmp://live.example/k3y-canary"
NOW = "2026-11-20T10:00:00Z"
SPACE = "example.signalwire.com"
PROJECT = "1b2c3d4e-0000-4000-8000-000000000001"
SESSION = {
    "id": "5e55",
    "start_time": "2026-11-20T09:12:31Z",
    "members": 14,
    "status": "in-progress",
}
HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202egnp.exe\u200b\x9b31m\r::error::boo\n::warning::boo ##[add-mask]e ##vso[task.complete]"


def at(file, line, column, via=""):
    return Origin(Place(file, line, column), via)


def change(path, before, after, origin="manifest", declared_at=None, **child):
    return FieldChange(path, before, after, origin, declared_at, **child)


def plan(*actions, noop=37, unmanaged=("lab", "my-test", "scratch", "zz"), forgotten=()):
    rooms = tuple(Address("Room", name) for name in unmanaged)
    gone = tuple(Applied(Address("Room", name), "", {}) for name in forgotten)
    return Plan(SPACE, PROJECT, tuple(actions), noop, rooms, record_removals=gone)


CREATE = Action(
    "create",
    Address("Room", "standup"),
    None,
    (
        change("display_name", None, "Daily standup", declared_at=at("rooms/standup.yaml", 7, 17)),
        change("max_members", None, 30, declared_at=at("rooms/standup.yaml", 8, 16)),
        change(
            "enable_room_previews",
            None,
            True,
            declared_at=at("presets.yaml", 9, 27, "preset team-room"),
        ),
        change(
            "meta",
            None,
            {"team": "core", "on call": ["ann", "bo"]},
            declared_at=at("rooms/standup.yaml", 9, 9),
        ),
        change(
            "streams[0]",
            None,
            {"url": Secret(CANARY)},
            declared_at=at("rooms/standup.yaml", 12, 9),
            child="streams",
        ),
    ),
)
UPDATE = Action(
    "update",
    Address("Conference", "town-hall"),
    "c22d24f6-5a47-4597-9a23-c7d01e696b92",
    (
        change(
            "layout",
            "grid-responsive",
            "highlight-1-responsive",
            declared_at=at("presets.yaml", 8, 11, "preset webinar"),
        ),
        change(
            "light_primary", "#044EF4", "#E30613", "drift", at("themes.yaml", 12, 14, "theme brand")
        ),
        change(
            "join_until",
            "2026-12-01T00:00:00Z",
            "2027-01-31T00:00:00Z",
            "conflict",
            at("rooms/town-hall.yaml", 9, 15),
        ),
        change("description", "All hands, every second Thursday.", None, "released"),
        change("meta.team", None, "growth", declared_at=at("rooms/town-hall.yaml", 11, 11)),
        change("enable_chat", True, False, declared_at=at("rooms/town-hall.yaml", 10, 16)),
    ),
)
STREAMS = Action(
    "update",
    Address("Room", "studio"),
    "0aa0",
    (
        change(
            "streams[0]",
            None,
            {"url": Secret(CANARY)},
            declared_at=at("rooms/x.yaml", 9, 12),
            child="streams",
        ),
        change(
            "streams[1]",
            {"url": Sealed("d1")},
            {"url": Secret(CANARY)},
            "drift",
            at("rooms/x.yaml", 10, 12),
            child="streams",
            child_id="s1",
        ),
        change(
            "streams[2]",
            {"url": Secret(CANARY), "id": "s2", "width": 1280},
            None,
            "released",
            child="streams",
            child_id="s2",
        ),
        change("pin", Sealed("d2"), Secret(CANARY), declared_at=at("rooms/x.yaml", 6, 8)),
        change("pin_2", None, Secret(CANARY), declared_at=at("rooms/x.yaml", 7, 8)),
        change(
            "slots[0]",
            {"port": 80, "host": "a"},
            {"port": 81, "host": "a"},
            declared_at=at("rooms/x.yaml", 20, 8),
            child="slots",
            child_id="t0",
        ),
    ),
)
DELETE = Action("delete", Address("Room", "old-standup"), "dead", reason="no longer declared")
DELETE_LIVE = Action(
    "delete",
    Address("Conference", "webinar-2025"),
    "beef",
    session=SESSION,
    protect=True,
    reason="no longer declared",
)
RENAME = Action(
    "rename",
    Address("Conference", "company-meeting"),
    "c0de",
    (
        change("name", "all-hands", "company-meeting", declared_at=at("rooms/all.yaml", 4, 9)),
        change("size", "medium", "large", declared_at=at("rooms/all.yaml", 8, 9)),
    ),
    live_name="all-hands",
)
ADOPT = Action(
    "adopt",
    Address("Room", "lobby"),
    "ab0d",
    (change("quality", "720p", "1080p", declared_at=at("rooms/lobby.yaml", 8, 12)),),
)
RECREATE = Action(
    "create",
    Address("Room", "helpdesk"),
    None,
    (change("max_members", None, 5, declared_at=at("rooms/helpdesk.yaml", 7, 16)),),
    reason=MISSING,
)
LONG_TEXT = "Welcome to the town hall. " * 115
LONG = Action(
    "update",
    Address("Room", "long"),
    "10c6",
    (
        change(
            "description",
            LONG_TEXT + "Bring tea.",
            LONG_TEXT + "Bring coffee.",
            declared_at=at("a/rather/deep/folder/of/manifests/rooms.yaml", 1234, 18),
        ),
        change(
            "display_name",
            "会議室の表示名はとても長い" * 4,
            "Straße\nand more",
            declared_at=at("rooms.yaml", 9, 3),
        ),
        change(
            'meta["a very long key that nobody should ever have written"]',
            1,
            2.5,
            declared_at=at("rooms.yaml", 10, 3),
        ),
    ),
)
EVIL = Action(
    "update",
    Address("Room", HOSTILE),
    HOSTILE,
    (
        change(
            f"meta.{HOSTILE}",
            HOSTILE,
            "::error::",
            declared_at=at(f"{HOSTILE}.yaml", 1, 1, HOSTILE),
        ),
        change("display_name", "::add-mask::x", HOSTILE, "drift", at("::notice::.yaml", 2, 2)),
    ),
    session={"start_time": HOSTILE, "members": HOSTILE},
    reason=HOSTILE,
)
RENAMED_OUTSIDE = (
    Action(
        "rename",
        Address("Room", "war-room"),
        "77",
        (change("name", "party", "war-room", "drift", at("rooms/war.yaml", 4, 9)),),
        live_name="party",
    ),
    Action(
        "delete", Address("Room", "gone"), "78", reason="no longer declared", live_name="still-here"
    ),
)
EVERYTHING = plan(
    CREATE, UPDATE, STREAMS, RENAME, ADOPT, RECREATE, DELETE_LIVE, DELETE, forgotten=("ghost",)
)
REFUSALS = (
    ("Conference/webinar-2025 is protected", ""),
    ("Conference/webinar-2025 is in session", "--allow-live"),
    ("12 of 14 managed Rooms would be deleted, more than half", "--allow-delete Room=12"),
    ("Room/lobby exists and was not made by us", "--adopt"),
)

PLANS = {
    "plan-empty": PlanReport(plan(noop=40), NOW),
    "plan-empty-alone": PlanReport(plan(noop=1, unmanaged=()), NOW),
    "plan-nothing-at-all": PlanReport(plan(noop=0, unmanaged=()), NOW),
    "plan-short": PlanReport(plan(CREATE, UPDATE, DELETE), NOW),
    "plan-everything": PlanReport(
        EVERYTHING,
        NOW,
        show_unmanaged=True,
        left_out="--no-prune keeps 2 resources",
        refusals=REFUSALS,
    ),
    "plan-colour": PlanReport(EVERYTHING, NOW, refusals=REFUSALS, colour=True),
    "plan-ascii": PlanReport(plan(RENAME, ADOPT, UPDATE, LONG), NOW, ascii=True),
    "plan-renamed-outside": PlanReport(plan(*RENAMED_OUTSIDE), NOW),
    "plan-only-creates": PlanReport(plan(CREATE, noop=0, unmanaged=()), NOW),
    "plan-long": PlanReport(plan(LONG), NOW),
    "plan-narrow": PlanReport(plan(UPDATE, LONG), NOW, width=60),
    "plan-verbose": PlanReport(plan(UPDATE, LONG), NOW, verbose=True),
    "plan-hostile": PlanReport(
        plan(EVIL, unmanaged=(HOSTILE,), forgotten=(HOSTILE,)),
        NOW,
        show_unmanaged=True,
        left_out=HOSTILE,
        refusals=((HOSTILE, HOSTILE),),
    ),
}
HELPDESK = ((Address("Room", "helpdesk"), Place("rooms/helpdesk.yaml", 4, 9)),)
DRIFTS = {
    "drift-none": PlanReport(plan(CREATE, DELETE, noop=40), NOW),
    "drift-never-applied": PlanReport(plan(CREATE, noop=0, unmanaged=()), NOW),
    "drift-some": DriftReport(EVERYTHING, NOW, compared=HELPDESK),
    "drift-unmanaged": DriftReport(
        EVERYTHING, NOW, show_unmanaged=True, colour=True, compared=HELPDESK
    ),
    "drift-renamed-outside": PlanReport(plan(*RENAMED_OUTSIDE), NOW),
    "drift-hostile": PlanReport(plan(EVIL), NOW),
    "drift-long": PlanReport(
        plan(
            Action(
                "update",
                Address("Room", "long"),
                "1",
                (
                    change(
                        "description",
                        LONG_TEXT + "tea",
                        LONG_TEXT + "coffee",
                        "drift",
                        at("r.yaml", 3, 4),
                    ),
                ),
                session=SESSION,
            )
        ),
        NOW,
    ),
}
OUTCOME_LIST = (
    Outcome(CREATE, "done"),
    Outcome(
        UPDATE,
        "done",
        unsettled=(
            change("layout", "3x3", "5x5"),
            change("streams[0]", {"url": Sealed("1")}, {"url": Secret(CANARY)}),
        ),
    ),
    Outcome(
        RENAME,
        "failed",
        "the Space refused name: has already been taken (PUT /conferences/c0de, request id 9f1c)",
        "free the name, then apply again",
    ),
    Outcome(ADOPT, "done"),
    Outcome(
        RECREATE,
        "unknown",
        "no answer within 30 s (POST /rooms)",
        "the next run looks the name up before it tries again",
    ),
    Outcome(DELETE_LIVE, "skipped", "a session started since the plan"),
    Outcome(DELETE, "done"),
)
OUTCOMES = {
    "outcomes-all-done": OutcomeReport(SPACE, (Outcome(CREATE, "done"), Outcome(DELETE, "done"))),
    "outcomes-mixed": OutcomeReport(SPACE, OUTCOME_LIST),
    "outcomes-colour": OutcomeReport(SPACE, OUTCOME_LIST, colour=True),
    "outcomes-ascii": OutcomeReport(SPACE, OUTCOME_LIST, ascii=True),
    "outcomes-interrupted": OutcomeReport(
        SPACE,
        (
            Outcome(CREATE, "done"),
            *[Outcome(UPDATE, "skipped", "not started: the run was interrupted")] * 4,
            Outcome(DELETE, "skipped", "not started: the run was interrupted"),
        ),
    ),
    "outcomes-one-not-begun": OutcomeReport(
        SPACE,
        (
            Outcome(CREATE, "done"),
            Outcome(DELETE, "skipped", "not started: the run was interrupted"),
        ),
    ),
    "outcomes-none": OutcomeReport(SPACE, ()),
    "outcomes-hostile": OutcomeReport(
        SPACE, (Outcome(EVIL, "failed", HOSTILE, HOSTILE, (change(HOSTILE, HOSTILE, HOSTILE),)),)
    ),
}
PROBLEM_LIST = (
    Problem(
        Place("rooms/standup.yaml", 12, 11),
        "'grid' is not a layout; did you mean 'grid-responsive'?",
        "spec.layout",
        "'reconciler explain Room.layout' lists them",
        "  layout: grid",
    ),
    Problem(
        Place("rooms/standup.yaml", 4, 15),
        "'会議' is not a name: letters, digits, '_' and '-'",
        "metadata.name",
        "",
        "metadata: {表: 会議}",
    ),
    Problem(Place("presets.json", 3, 4), "tabs and all", "spec", "", "\t\t\"layout\": 'x'"),
    Problem(
        Place("presets.json", 1, 401),
        "a long line",
        "spec",
        "",
        '{"a": "' + "x" * 390 + '", "layout": "y", ' + '"z": "' + "z" * 500 + '"}',
    ),
    Problem(
        Place("rooms/off.yaml", 7, 3),
        "join_until without join_from",
        "spec.join_until",
        "",
        "  join_until: 2027-01-31",
        "warning",
    ),
    Problem(Place("missing.yaml", 0, 0), "no such file", hint="check the path"),
    Problem(Place("::error::.yaml", 3, 9), HOSTILE, HOSTILE, HOSTILE, f"::error::{HOSTILE}"),
)
PROBLEMS = {
    "problems-none": ProblemReport(()),
    "problems-valid": ProblemReport((), "42 resources in 7 files"),
    "problems-one": ProblemReport(PROBLEM_LIST[:1]),
    "problems-many": ProblemReport(PROBLEM_LIST),
    "problems-colour": ProblemReport(PROBLEM_LIST[:2], colour=True),
}
SHOWN = (
    ShowResource(
        Address("Conference", "town-hall"),
        (
            ShowField(
                "display_name",
                "Town Hall",
                "Town Hall",
                "Town Hall",
                at("rooms/town-hall.yaml", 7, 17),
            ),
            ShowField(
                "layout",
                "highlight-1-responsive",
                "grid-responsive",
                "grid-responsive",
                at("presets.yaml", 8, 11, "preset webinar"),
            ),
            ShowField(
                "light_primary",
                "#E30613",
                "#E30613",
                "#E30613",
                at("themes.yaml", 12, 14, "theme brand"),
            ),
            ShowField("join_until", None, None, None, at("rooms/town-hall.yaml", 9, 15)),
            ShowField(
                "streams[0].url",
                Secret(CANARY),
                Secret(CANARY),
                Sealed("1"),
                at("rooms/town-hall.yaml", 12, 9),
            ),
            ShowField(
                "streams[1].url", Secret(CANARY), None, None, at("rooms/town-hall.yaml", 13, 9)
            ),
            ShowField("quality", None, "720p", None),
            ShowField("description", None, HOSTILE, None),
        ),
        "c22d24f6-5a47-4597-9a23-c7d01e696b92",
        SESSION,
        protect=True,
    ),
    ShowResource(
        Address("Room", "new"),
        (ShowField("max_members", 30, None, None, at("rooms/new.yaml", 7, 17)),),
    ),
)
