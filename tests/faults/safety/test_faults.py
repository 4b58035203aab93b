"""Faults of the reliability matrix that no other test shows. The others are shown by:

F15: also tests/unit/executor/test_actions.py::test_what_is_not_any_more_what_the_plan_saw_is_left_alone, ::test_what_vanishes_between_look_and_delete_is_done
F17: also tests/unit/executor/test_actions.py::test_what_others_changed_beside_the_plan_is_kept, ::test_what_others_changed_inside_a_field_that_is_written_whole_is_not_lost
F27: also tests/unit/state/test_record.py::test_a_record_with_a_byte_changed_is_never_taken_for_another, tests/commands/test_state_file.py::test_merge_markers
F28: also tests/unit/state/backends/test_local.py::test_the_record_of_another_space_or_project_is_not_used, ::test_a_record_of_another_history_is_not_pushed_over_this_one
F29: tests/commands/test_state_command.py::test_a_lost_state_adopts_nothing_and_deletes_nothing, tests/commands/test_refusals.py::test_a_lost_record_adopts_and_deletes_nothing_in_silence
F30: tests/commands/test_state_file.py::test_a_newer_format (every command), tests/unit/state/test_record.py
F39: also tests/commands/test_state_file.py::test_a_record_of_another_project, ::test_a_record_of_another_space, tests/unit/manifest/test_discovery.py::test_what_is_absent_is_never_empty
"""  # noqa: E501  # names of tests are as long as they are

import json
import shutil
from pathlib import Path

import pytest

from reconciler.core.consent import Consent
from reconciler.core.errors import StateError
from reconciler.engine.selection import Selection
from reconciler.localspace import Fault, Settings
from reconciler.space.client import writer
from reconciler.space.target import target
from reconciler.state.backends.local import LocalState
from reconciler.state.record import Entry, new_state
from tests.commands.words import MANIFESTS, conference, counts, room, rooms
from tests.faults.safety.annals import Environment, Written
from tests.integration.end_to_end.driver import (
    DECLARED,
    KINDS,
    RESOURCES,
    Site,
    created,
    demanded,
    out_of_envelope,
    statuses,
)
from tests.integration.end_to_end.driver import room as room_text
from tests.integration.end_to_end.worlds import SECRETS

TARGET = target("local", project="local", token="local")
VERBS = ("update", "rename", "adopt", "delete")


@pytest.fixture(params=["merge", "replace"])
def site(request):
    with Site(Settings(put=request.param)) as made:
        yield made


def planned(site, verb):
    """A plan of one action on Room/a (to become Room/b where it is a rename), and what is expected."""
    if verb == "adopt":
        site.client.post("/rooms", {"name": "a", "layout": "2x2"})
    else:
        site.give(room_text("a", "layout: 2x2") + room_text("other"))
    others = "" if verb == "adopt" else room_text("other")
    texts = {
        "update": room_text("a", "layout: 3x3"),
        "rename": room_text("b", "layout: 3x3", renamedFrom="a"),
        "adopt": room_text("a", "layout: 3x3"),
        "delete": "",
    }
    desired = site.declared(texts[verb] + others)
    plan = site.plan(desired)
    assert [action.action for action in plan.actions] == [verb]
    return desired, plan


# F15: deleted between plan and apply


@pytest.mark.parametrize("verb", VERBS)
def test_f15_what_was_deleted_since_the_plan_is_a_conflict_or_done_and_never_made_again(site, verb):
    _, plan = planned(site, verb)
    site.client.delete(f"/rooms/{site.fetch('Room', 'a')['id']}")
    mark = site.mark
    (outcome,) = site.carry(plan)
    assert (outcome.status, site.sent(mark)) == ("done" if verb == "delete" else "failed", [])


# F16: deleted and made again: the same name, another id


@pytest.mark.parametrize("verb", VERBS)
def test_f16_what_bears_the_name_with_another_id_is_not_written(site, verb):
    desired, plan = planned(site, verb)
    site.client.delete(f"/rooms/{site.fetch('Room', 'a')['id']}")
    theirs = site.client.post("/rooms", {"name": "a", "layout": "5x5"})
    mark = site.mark
    site.carry(plan)
    assert (site.sent(mark), site.fetch("Room", "a")) == ([], theirs)
    again = site.plan(desired)
    assert [action.action for action in again.actions] == ([] if verb == "delete" else ["adopt"])


# F17: a live field changed after the plan


def other_value(kind, field, now):
    schema, spelling = KINDS[kind].fields[field], KINDS[kind].spellings[field]
    if "enum" in schema:
        return next(value for value in schema["enum"] if value not in (now, None))
    if spelling == "integer":
        return schema["minimum"] + 1 if now != schema["minimum"] + 1 else schema["minimum"]
    found = {"boolean": not now, "colour": "#0A0B0C", "object": {"theirs": 1}, "text": "theirs"}
    moments = {"join_from": "2026-05-05T00:00:00Z", "join_until": "2029-05-05T00:00:00Z"}
    return found[spelling] if spelling in found else moments.get(field, "2030-05-05T00:00:00Z")


FIELDS = [(kind, field) for kind in RESOURCES for field in KINDS[kind].attributes]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_f17_a_field_that_nobody_declared_keeps_what_somebody_gave_it_since_the_plan(
    site, kind, field
):
    declared = (
        "description" if field != "description" else "size" if kind == "Conference" else "layout"
    )
    text = DECLARED[kind]
    first, second = {
        "description": ("x", "y"),
        "layout": ("2x2", "3x3"),
        "size": ("small", "large"),
    }[declared]
    site.give(text("a", f"{declared}: {first}"))
    desired = site.declared(text("a", f"{declared}: {second}"))
    plan = site.plan(desired)
    value = other_value(kind, field, site.fetch(kind, "a")[field])
    theirs = somebody_sets(site, kind, "a", **{field: value})[field]
    own = (
        field == "display_name" and kind == "Conference"
    )  # the manifest declares it, and the plan does not touch it
    assert statuses(site.carry(plan)) == {"done": [f"{kind}/a"]}
    assert (site.fetch(kind, "a")[field], site.fetch(kind, "a")[declared]) == (theirs, second)
    assert [change.path for action in site.plan(desired).actions for change in action.changes] == (
        [field] if own else []
    )


@pytest.mark.parametrize(
    ("kind", "field"), [pair for pair in FIELDS if pair != ("Conference", "display_name")]
)
def test_f17_a_field_that_the_plan_writes_is_a_conflict_where_somebody_changed_it_since(
    site, kind, field
):
    site.client.post(
        KINDS[kind].collection,
        {"name": "a"} | created(KINDS[kind]),
    )
    now = site.fetch(kind, "a")[field]
    wanted = other_value(kind, field, now)
    desired = site.declared(
        json.dumps(
            {
                "apiVersion": "reconciler.dev/v1",
                "kind": kind,
                "metadata": {"name": "a"},
                "spec": dict.fromkeys(KINDS[kind].required, "Hall") | {field: wanted},
            }
        )
    )
    plan = site.plan(desired)
    also = [name for name in KINDS[kind].required_on_update if now_of(site, kind)[name] is None]
    assert [change.path.split(".")[0] for action in plan.actions for change in action.changes] == [
        field,
        *(name for name in also if name != field),
    ]
    theirs = third_value(kind, field, (now, wanted))
    # Of two values the third is the planned one: that it came true by another hand is a change that nobody reviewed as well.
    somebody_sets(site, kind, "a", **{field: wanted if theirs is None else theirs})
    mark = site.mark
    (outcome,) = site.carry(plan)
    assert (outcome.status, outcome.error, site.sent(mark)) == (
        "failed",
        f"{field} changed since the plan was made",
        [],
    )


def now_of(site, kind):
    return site.fetch(kind, "a")


def third_value(kind, field, others):
    """A value apart from these two; None where there is none."""
    schema, spelling = KINDS[kind].fields[field], KINDS[kind].spellings[field]
    if "enum" in schema or spelling == "integer":
        return next(
            (value for value in schema.get("enum", [11, 12, 13]) if value not in (*others, None)),
            None,
        )
    found = {
        "object": {"theirs": 2},
        "text": "other",
        "colour": "#A0B0C0",
        "instant": other_moment(field),
    }
    return found.get(spelling)


def somebody_sets(site, kind, name, **fields):
    """Change only these, whatever this Space takes a PUT to mean."""
    found = site.fetch(kind, name)
    kept = {field: found[field] for field in KINDS[kind].attributes if found[field] is not None}
    body = demanded(KINDS[kind], found) | kept | fields
    answer = site.client.put(f"{KINDS[kind].collection}/{found['id']}", body)
    return out_of_envelope(KINDS[kind], answer)


def other_moment(field):
    return {"join_from": "2026-06-06T00:00:00Z", "join_until": "2029-06-06T00:00:00Z"}.get(
        field, "2030-06-06T00:00:00Z"
    )


@pytest.mark.parametrize("deed", ["changed", "removed", "added"])
def test_f17_a_stream_that_somebody_touched_since_the_plan_is_not_lost_in_silence(site, deed):
    site.give(room_text("a", "streams: [{url: '${env:KA}'}]"), **SECRETS)
    desired = site.declared(room_text("a", "streams: [{url: '${env:KB}'}]"), **SECRETS)
    plan = site.plan(desired)
    room_id = site.fetch("Room", "a")["id"]
    (stream,) = (
        one
        for page in site.client.pages(f"/rooms/{room_id}/streams", page_size=None)
        for one in page
    )
    url = "rtmp://theirs.example/x"
    if deed == "changed":
        site.client.put(f"/streams/{stream['id']}", {"url": url})
    elif deed == "removed":
        site.client.delete(f"/streams/{stream['id']}")
    else:
        site.client.post(f"/rooms/{room_id}/streams", {"url": url})
    mark = site.mark
    (outcome,) = site.carry(plan)
    if deed == "added":
        assert sorted(site.streams("Room", "a")) == sorted([url, SECRETS["KB"]])
    else:
        assert (outcome.status, site.sent(mark)) == ("failed", [])


# F18: changed between the last look and the PUT


class Meanwhile:
    """A Space in which somebody does something just before each PUT is taken."""

    def __init__(self, site, deed):
        self.site, self.deed, self.seen = site, deed, []

    def __call__(self, environ, start_response):
        self.seen.append(environ["REQUEST_METHOD"])
        if environ["REQUEST_METHOD"] == "PUT":
            self.deed(self.site)
        return self.site.space(environ, start_response)


def carried_meanwhile(site, plan, deed):
    wrapped = Meanwhile(site, deed)
    living, site.client = site.client, writer(TARGET, application=wrapped)
    wrapped.site = Outside(site, living)
    try:
        return site.carry(plan), wrapped.seen
    finally:
        site.client.close()
        site.client = living


class Outside:
    """Another client of the same Space."""

    def __init__(self, site, client):
        self.space, self.client, self.site = site.space, client, site

    def change(self, **fields):
        (one,) = (
            found for page in self.client.pages("/rooms") for found in page if found["name"] == "a"
        )
        self.client.put(f"/rooms/{one['id']}", fields)

    def remove(self):
        (one,) = (
            found for page in self.client.pages("/rooms") for found in page if found["name"] == "a"
        )
        self.client.delete(f"/rooms/{one['id']}")


def test_f18_between_the_last_look_and_the_write_there_is_no_other_request(site):
    desired, plan = planned(site, "update")
    (outcome,), seen = carried_meanwhile(site, plan, lambda outside: outside.change(layout="5x5"))
    assert (outcome.status, seen) == ("done", ["GET", "PUT"])
    assert site.plan(desired).actions == ()


def test_f18_what_vanishes_in_between_is_an_error_and_not_made_again(site):
    desired, plan = planned(site, "update")
    (outcome,), seen = carried_meanwhile(site, plan, Outside.remove)
    assert (outcome.status, seen) == ("failed", ["GET", "PUT"])
    assert [(action.action, action.reason) for action in site.plan(desired).actions] == [
        ("create", "deleted outside")
    ]


def test_f18_a_rename_in_between_is_not_lost_in_silence(site):
    """The PUT of an update says nothing of the name, so that a new one given meanwhile stays; the answer tells."""
    desired, plan = planned(site, "update")
    (outcome,), _ = carried_meanwhile(site, plan, lambda outside: outside.change(name="z"))
    assert outcome.status != "done" or outcome.unsettled
    assert site.names("Room") == ["other", "z"]
    assert [action.action for action in site.plan(desired).actions] == ["rename"]


def test_f18_people_who_come_in_between_the_plan_and_the_write_are_seen(site):
    _, plan = planned(site, "delete")
    site.space.start_session("Room", "a", members=1)
    (outcome,) = site.carry(plan)
    assert (outcome.status, site.names("Room")) == ("failed", ["a", "other"])


# F26: a crash with writes that did not reach the disk whole


class Disk:
    """The files of a state as they were after each thing that a run did."""

    def __init__(self, folder):
        self.folder, self.moments = folder, []

    def keep(self):
        self.moments.append(
            {
                path.name: path.read_bytes()
                for path in self.folder.iterdir()
                if path.suffix != ".lock"
            }
        )

    def becomes(self, files):
        for path in self.folder.iterdir():
            path.unlink()
        for name, content in files.items():
            path = self.folder / name
            path.write_bytes(content)
            path.chmod(0o600)


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "records"
    folder.mkdir(mode=0o700)
    return LocalState(folder / "here.state.json", space="local", project="local")


@pytest.fixture
def run_on_disk(store):
    """What stands on the disk at each step of a run that makes, changes and forgets; the disk, and every record that there was."""
    with Site() as site:
        site.state = new_state("local", "local")
        disk, states = Disk(store.path.parent), []

        def kept(state):
            disk.keep()
            states.append(state)

        state = store.write(site.state)
        kept(state)
        for text in (
            room_text("a", "layout: 2x2") + room_text("b", "description: é"),
            room_text("a", "layout: 3x3"),
            room_text("a"),
        ):
            site.state = state
            entries = []
            plan = site.plan(site.declared(text))
            site.noted = []
            site.carry(plan)
            for result in site.noted:
                entries.append(Entry(result.record, result.gone))
                store.note(state, entries[-1])
                kept(state.with_entries(*entries))
            state = store.write(state.with_entries(*entries))
            kept(state)
        return disk, states


def resources(state):
    return dict(state.resources)


def reads(store):
    """The resources of the record, or why it is refused."""
    try:
        return resources(store.read())
    except StateError as error:
        return str(error.message) if store.path.name in error.message else {}


def possible(found, states):
    return isinstance(found, str) or found in [resources(state) for state in states]


def test_f26_every_step_read_back_is_the_record_of_that_step(store, run_on_disk):
    disk, states = run_on_disk
    for moment, state in zip(disk.moments, states, strict=True):
        disk.becomes(moment)
        assert reads(store) == resources(state)


@pytest.mark.parametrize("damage", ["cut off", "zeros after", "twice"])
@pytest.mark.long
def test_f26_whatever_reached_the_disk_of_a_file_it_is_an_old_record_a_new_one_or_refused(
    store, run_on_disk, damage
):
    """Each file that the last step wrote, in every length that may have reached the disk, beside the others as they were or are."""
    disk, states = run_on_disk
    wrong = []
    for before, after in zip(disk.moments, disk.moments[1:], strict=False):
        for name in [
            name for name in after if after[name] != before.get(name) and not name[-1].isdigit()
        ]:
            content = after[name]
            for length in range(
                0, len(content) + 1, 1 if name.endswith((".journal", ".mark")) else 7
            ):
                torn = {
                    "cut off": content[:length],
                    "zeros after": content[:length].ljust(len(content), b"\0"),
                }
                bytes_there = torn.get(damage, content + content[:length])
                for others in (before, after):
                    disk.becomes(others | {name: bytes_there})
                    found = reads(store)
                    if not possible(found, states):
                        wrong.append((name, length, others is after, found))
    assert wrong == []


@pytest.mark.parametrize("lost", ["state", "journal", "mark"])
def test_f26_files_that_reached_the_disk_in_another_order_never_make_an_empty_record(
    store, run_on_disk, lost
):
    disk, states = run_on_disk
    suffix = {"state": "", "journal": ".journal", "mark": ".mark"}[lost]
    for before, after in zip(disk.moments, disk.moments[1:], strict=False):
        name = store.path.name + suffix
        files = {key: value for key, value in after.items() if key != name} | (
            {name: before[name]} if name in before else {}
        )
        disk.becomes(files)
        found = reads(store)
        assert possible(found, states)
        assert found or not any(map(resources, states[: disk.moments.index(before) + 1]))


@pytest.mark.long
def test_f26_a_run_can_go_on_after_any_torn_journal(store, run_on_disk):
    disk, _ = run_on_disk
    noted = next(moment for moment in disk.moments if f"{store.path.name}.journal" in moment)
    journal = noted[f"{store.path.name}.journal"]
    for length in range(len(journal)):
        disk.becomes(noted | {f"{store.path.name}.journal": journal[:length]})
        state = store.read()
        assert resources(store.write(state)) == resources(store.read())


# F27: a flipped byte


def test_f27_a_flipped_byte_in_the_journal_is_never_accepted_in_silence(store, run_on_disk):
    disk, states = run_on_disk
    name = f"{store.path.name}.journal"
    noted = next(moment for moment in disk.moments if name in moment)
    accepted = []
    for spot in range(len(noted[name])):
        disk.becomes(
            noted
            | {name: noted[name][:spot] + bytes([noted[name][spot] ^ 1]) + noted[name][spot + 1 :]}
        )
        found = reads(store)
        if not possible(found, states):
            accepted.append(spot)
    assert f"{len(accepted)} of {len(noted[name])} accepted" == f"0 of {len(noted[name])} accepted"


def test_f27_a_damaged_record_names_a_backup_that_can_be_put_in_place(
    apply, declare, reconciler, done, plan, space
):
    apply(room("a"))
    apply(room("a"), room("b"))
    apply(room("a", layout="3x3"), room("b"))
    path = next(Path(".reconciler").glob("*.state.json"))
    path.write_bytes(path.read_bytes()[:-40])

    code, _, err = reconciler("apply", MANIFESTS, "--yes")

    assert (code, f"{path}.1" in err) == (1, True)
    done("state", "push", f"{path}.1")
    assert plan()["summary"]["noop"] == 2


# F28: rolled back


def test_f28_each_old_serial_is_refused(apply, reconciler, space):
    for layout in ("2x2", "3x3", "4x4", "5x5"):
        apply(room("a", layout=layout))
    path = next(Path(".reconciler").glob("*.state.json"))
    old = sorted(path.parent.glob("*.state.json.[0-9]"))
    before = list(space.space.ledger)

    for backup in old:
        shutil.copy(backup, path)
        code, _, err = reconciler("apply", MANIFESTS, "--yes")
        assert (code, "was rolled back" in err) == (1, True)

    assert len(old) >= 4
    assert space.space.ledger == before


# F29: what looks like ours is not taken over without consent


def test_f29_what_somebody_made_under_the_name_of_a_creation_that_never_happened_is_theirs():
    """The run died before the Space took its POST; somebody then made the same by hand."""
    here = Environment("merge")
    here.manifests["Room", "a"] = Written()
    here.apply(Consent(), Selection(), every_deletion=False, death=(1, False))
    here.ask("POST", "/rooms", {"name": "a"})
    ended = here.apply(Consent(), Selection(), every_deletion=False, death=None)
    ours = here.store.read().resources
    here.close()
    assert (ended.how, ours) == ("refused", {})


# F39: nothing there, on either side

EMPTY_LIST = '{"data": [], "links": {}}'


def test_f39_an_empty_list_is_not_believed_of_what_is_there_by_its_id(
    apply, declare, done, plan, space
):
    apply(*rooms("a", "b", "c"), conference("hall"))
    before = space.names()
    space.space.knobs = Settings(
        faults=(Fault("GET", r"/(rooms|conferences)$", action="garbage", body=EMPTY_LIST),)
    )
    declare(*rooms("a", "b"), conference("hall"))

    assert plan()["summary"] == counts(delete=1, noop=3)
    done("apply", MANIFESTS, "--yes")

    space.space.knobs = Settings()
    assert space.names() == before - {"Room/c"}
    assert plan()["summary"] == counts(noop=3)


def test_f39_destroy_deletes_what_an_empty_list_hides_and_forgets_nothing_else(apply, done, space):
    apply(*rooms("a", "b"))
    space.create("Room", name="theirs")
    space.space.knobs = Settings(
        faults=(Fault("GET", r"/(rooms|conferences)$", action="garbage", body=EMPTY_LIST),)
    )

    done("destroy", "--yes")

    space.space.knobs = Settings()
    assert (space.names(), done("state", "list").out) == ({"Room/theirs"}, "")


@pytest.mark.parametrize(
    "command", [["apply", "--yes"], ["plan"], ["drift"]], ids=lambda command: command[0]
)
def test_f39_from_an_empty_folder_nothing_is_written(
    apply, reconciler, monkeypatch, space, tmp_path_factory, command
):
    apply(*rooms("a", "b"))
    before = list(space.space.ledger)
    elsewhere = tmp_path_factory.mktemp("tmp")
    shutil.copytree(".reconciler", elsewhere / ".reconciler")
    monkeypatch.chdir(elsewhere)

    code, _, err = reconciler(*command)

    assert (code, space.space.ledger) == (1, before), err


@pytest.mark.parametrize("content", ["", "# nothing\n", "---\n---\n"])
def test_f39_manifests_that_say_nothing_do_not_say_delete_everything(
    apply, reconciler, space, content
):
    apply(room("a"))
    before = list(space.space.ledger)
    Path(MANIFESTS).write_text(content, encoding="utf-8")

    code, _, _ = reconciler("apply", MANIFESTS, "--yes")

    assert code in {1, 3}
    assert space.space.ledger == before
