"""Histories by chance: authors, the tool, somebody outside and bad luck take turns; what must never happen does not."""

import os
from typing import Any

from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from reconciler.cli.commands.state import _renamed
from reconciler.core.consent import Consent
from reconciler.core.drift import drifted_part
from reconciler.core.plan_model import MISSING, Plan
from reconciler.core.resources import Address, Applied
from reconciler.engine.selection import Selection
from reconciler.state.decode import decode_state
from reconciler.state.record import Entry, State
from tests.effort import EXTENT, examples
from tests.faults.safety.annals import SECRETS, VALUES, Ended, Environment, Seen, Written
from tests.integration.end_to_end.driver import KINDS

KIND = st.sampled_from(sorted(VALUES))
NAME = st.sampled_from(["a", "b", "c", "d"])
PICK = st.integers(0, 7)
STREAMS = st.lists(st.sampled_from(sorted(SECRETS)), max_size=2, unique=True)
EVERY = {"Room": 999, "Conference": 999}
CONSENT = st.builds(
    Consent, adopt=st.sampled_from([{}, EVERY]), allow_live=st.sampled_from([{}, EVERY])
)
DEATH = st.none() | st.tuples(st.integers(1, 4), st.booleans())
MOSTLY = st.sampled_from([True, True, True, False])


@st.composite
def specs(draw, kind):
    chosen = draw(st.lists(st.sampled_from(sorted(VALUES[kind])), unique=True))
    return {name: draw(st.sampled_from(VALUES[kind][name])) for name in chosen}


SOME_SPEC = KIND.flatmap(lambda kind: st.tuples(st.just(kind), specs(kind)))


class Histories(RuleBasedStateMachine):
    """The reference is what the Space itself shows and has in its ledger, and the record as it was before each run."""

    def __init__(self) -> None:
        super().__init__()
        self.here: Environment | None = None
        self.cut_off: set[str] = set()  # what runs that died had made
        self.quiet = False  # whether nobody but the authors did anything since a run that went well

    @initialize(
        put=st.sampled_from(["merge", "replace"]),
        streams=st.none() | STREAMS,
        protect=st.booleans(),
    )
    def begin(self, put, streams, protect):
        self.here = Environment(put)
        for name in "ab":
            self.here.manifests["Room", name] = Written(
                {"layout": "2x2"}, protect and name == "a", streams
            )
            self.here.manifests["Conference", name] = Written({"size": "small"})
        self.carry(Consent(), Selection(), every_deletion=False, death=None)

    def teardown(self):
        if self.here is not None:
            self.here.close()

    # The authors of the manifests

    def declared(self, number) -> tuple[str, str] | None:
        there = sorted(self.here.manifests)
        return there[number % len(there)] if there else None

    @rule(what=SOME_SPEC, name=NAME, protect=st.booleans(), streams=st.none() | STREAMS)
    def declare(self, what, name, protect, streams):
        self.here.manifests[what[0], name] = Written(what[1], protect, streams)

    @rule(what=SOME_SPEC, names=st.lists(NAME, min_size=2, unique=True))
    def declare_many(self, what, names):
        for name in names:
            self.here.manifests.setdefault((what[0], name), Written(dict(what[1])))

    @rule(number=PICK)
    def declare_no_longer(self, number):
        self.here.manifests.pop(self.declared(number), None)

    @rule(number=PICK, data=st.data())
    def change_the_spec(self, number, data):
        if address := self.declared(number):
            self.here.manifests[address].fields = data.draw(specs(address[0]))

    @rule(number=PICK, streams=st.none() | STREAMS)
    def change_the_streams(self, number, streams):
        if address := self.declared(number):
            self.here.manifests[address].streams = streams

    @rule(number=PICK)
    def turn_protection(self, number):
        if address := self.declared(number):
            self.here.manifests[address].protect = not self.here.manifests[address].protect

    @rule(number=PICK, name=NAME)
    def rename_in_the_manifests(self, number, name):
        address = self.declared(number)
        if address and (address[0], name) not in self.here.manifests:
            moved = self.here.manifests.pop(address)
            moved.renamed = address[1]
            self.here.manifests[address[0], name] = moved

    @rule(first=PICK, second=PICK)
    def swap(self, first, second):
        one, other = self.declared(first), self.declared(second)
        if one and other and one != other and one[0] == other[0]:
            there = self.here.manifests
            there[one], there[other] = there[other], there[one]
            there[one].renamed, there[other].renamed = other[1], one[1]

    @rule(number=PICK)
    def forget_the_rename(self, number):
        if address := self.declared(number):
            self.here.manifests[address].renamed = None

    @rule(number=PICK)
    def one_goes_for_good(self, number):
        address = self.declared(number)
        if address and not self.here.manifests[address].protect:
            del self.here.manifests[address]
            self.carry(
                Consent(adopt=EVERY, allow_live=EVERY), Selection(), every_deletion=True, death=None
            )

    @rule(kind=KIND, death=DEATH)
    def all_of_a_kind_go(self, kind, death):
        for address in [one for one in self.here.manifests if one[0] == kind]:
            del self.here.manifests[address]
        self.carry(
            Consent(adopt=EVERY, allow_live=EVERY), Selection(), every_deletion=True, death=death
        )

    @rule()
    def declare_nothing(self):
        self.here.manifests.clear()

    # Somebody outside

    def there(self, number) -> tuple[str, Seen] | None:
        self.quiet = False
        found = sorted(self.here.look().items(), key=lambda pair: pair[1][:2])
        return found[number % len(found)] if found else None

    def title(self, kind) -> dict[str, str]:
        return {"display_name": "T"} if kind == "Conference" else {}

    @rule(what=SOME_SPEC, name=NAME)
    def somebody_creates(self, what, name):
        late = KINDS[what[0]].update_only
        fields = {key: value for key, value in what[1].items() if key not in late}
        self.here.ask(
            "POST", KINDS[what[0]].collection, {"name": name} | self.title(what[0]) | fields
        )

    @rule(number=PICK, data=st.data())
    def somebody_changes(self, number, data):
        if found := self.there(number):
            kind = found[1].kind
            self.here.ask(
                "PUT", self.here.item(kind, found[0]), self.title(kind) | data.draw(specs(kind))
            )

    @rule(number=PICK, name=NAME)
    def somebody_renames(self, number, name):
        if found := self.there(number):
            self.here.ask(
                "PUT",
                self.here.item(found[1].kind, found[0]),
                self.title(found[1].kind) | {"name": name},
            )

    @rule(number=PICK, again=st.booleans())
    def somebody_deletes(self, number, again):
        if found := self.there(number):
            kind = found[1].kind
            self.here.ask("DELETE", self.here.item(kind, found[0]))
            if again:
                self.here.ask(
                    "POST", KINDS[kind].collection, {"name": found[1].name} | self.title(kind)
                )

    @rule(number=PICK, secret=st.sampled_from([*SECRETS.values(), "rtmp://other.example/x"]))
    def somebody_streams(self, number, secret):
        if found := self.there(number):
            self.here.ask(
                "POST", f"{self.here.item(found[1].kind, found[0])}/streams", {"url": secret}
            )

    @rule(number=PICK)
    def somebody_ends_a_stream(self, number):
        self.quiet = False
        streams = sorted(stream for seen in self.here.look().values() for stream in seen.streams)
        if streams:
            self.here.ask("DELETE", f"/streams/{streams[number % len(streams)]}")

    @rule(number=PICK)
    def people_come_or_go(self, number):
        if found := self.there(number):
            if found[1].occupied:
                _, answer = self.here.ask(
                    "GET", f"{self.here.item(found[1].kind, found[0])}?include_active_session=true"
                )
                self.here.space.end_session(answer["active_session"]["id"])
            else:
                self.here.space.start_session(found[1].kind, found[1].name, members=1)

    # What becomes of the record

    @rule()
    def the_record_is_lost(self):
        self.quiet = False
        for path in self.here.path.parent.iterdir():
            path.unlink()

    @rule(number=st.integers(1, 5))
    def an_old_record_is_restored(self, number):
        self.quiet = False
        backup = self.here.path.with_name(f"{self.here.path.name}.{number}")
        if backup.exists() and self.here.path.exists():
            with self.here.store.lock(reason="push", since="now"):
                self.here.store.push(
                    decode_state(backup.read_text(encoding="utf-8"), where="backup", edited=True)
                )

    def recorded(self, number) -> tuple[State, Applied] | None:
        self.quiet = False
        state = self.here.store.read()
        found = [state.resources[address] for address in sorted(state.resources)]
        return (state, found[number % len(found)]) if found else None

    @rule(number=PICK)
    def state_rm(self, number):
        if found := self.recorded(number):
            self.here.store.write(found[0].with_entries(Entry(removed=found[1])))

    @rule(number=PICK, name=NAME)
    def state_mv(self, number, name):
        if found := self.recorded(number):
            state, record = found
            new = Address(record.address.kind, name)
            if new not in state.resources:
                self.here.store.write(state.with_entries(Entry(_renamed(record, new), record)))

    # The tool

    @invariant()
    def looking_writes_nothing_and_says_the_same_twice(self):
        if self.here is None:
            return
        loaded = self.here.loaded()
        if loaded is None:
            return
        before = self.here.files(), len(self.here.space.ledger)
        state = self.here.store.read()
        plan = self.here.plan(loaded, state, Selection())
        again = self.here.plan(loaded, state, Selection())
        assert plan == again
        if self.quiet:
            assert drifted_part(plan).actions == ()
        self.drift_is_what_somebody_did(plan, state)
        assert (self.here.files(), len(self.here.space.ledger)) == before

    def drift_is_what_somebody_did(self, plan: Plan, state: State) -> None:
        """Held against the record, the Space and the manifests, where no name is on its way to another resource."""
        seen, wanted = self.here.look(), self.here.manifests
        if any(one.renamed for one in wanted.values()) or any(
            record.rename_target for record in state.resources.values()
        ):
            return
        known = {(record.address.kind, record.id) for record in state.resources.values()}
        names = {(one.kind, one.name): identifier for identifier, one in seen.items()}
        if any(
            address in names
            and (address[0], names[address]) in known
            and Address(*address) not in state.resources
            for address in wanted
        ):
            return
        expected: dict[tuple[str, str], Any] = {}
        for address, record in state.resources.items():
            live = seen.get(record.id)
            if tuple(address) not in wanted:
                gone = {
                    name
                    for name, value in record.attributes.items()
                    if live is not None and live.fields[name] != value
                }
                expected |= {tuple(address): gone} if gone else {}
                continue
            other = names.get(tuple(address))
            replaced = live is None and other is not None and (address.kind, other) not in known
            if live is None and not replaced:
                expected[tuple(address)] = MISSING
                continue
            live = live or seen[other]
            desired = self.title(address.kind) | wanted[tuple(address)].fields
            changed = {
                name
                for name, value in desired.items()
                if name in record.attributes
                and live.fields[name] not in (record.attributes[name], value)
            }
            changed |= {"name"} if live.name != address.name else set()
            if changed or replaced:
                expected[tuple(address)] = changed
        found = {
            tuple(action.address): MISSING
            if action.reason == MISSING
            else {change.path for change in action.changes if not change.child}
            for action in drifted_part(plan).actions
        }
        streams = {
            tuple(action.address)
            for action in drifted_part(plan).actions
            if any(change.child for change in action.changes)
        }
        found = {
            address: paths
            for address, paths in found.items()
            if paths or address in expected or address not in streams
        }
        assert found == expected

    @rule(
        consent=CONSENT,
        every_deletion=MOSTLY,
        death=DEATH,
        part=st.sampled_from(["all"] * 4 + ["no prune", "target"]),
        number=PICK,
    )
    def apply(self, consent, every_deletion, death, part, number):
        selection = self.selection(part, number, self.here.store.read())
        self.carry(consent, selection, every_deletion=every_deletion, death=death)

    def carry(self, consent, selection, *, every_deletion, death):
        state = self.here.store.read()
        before, mark, files = self.here.look(), len(self.here.space.ledger), self.here.files()
        ended = self.here.apply(consent, selection, every_deletion=every_deletion, death=death)
        event(f"apply: {ended.how}")
        for verb in (
            {action.action for action in ended.plan.actions}
            if ended.plan and ended.how != "refused"
            else ()
        ):
            event(f"apply carries out: {verb}")
        if ended.how in ("invalid", "refused"):
            assert (len(self.here.space.ledger), self.here.files()) == (mark, files)
            return
        self.quiet = ended.how == "done" and selection == Selection()
        run = Run(
            self, state, before, consent, selection, ended, every_deletion=every_deletion, mark=mark
        )
        run.check()

    @rule(every_deletion=MOSTLY)
    def apply_all(self, every_deletion):
        self.carry(
            Consent(adopt=EVERY, allow_live=EVERY),
            Selection(),
            every_deletion=every_deletion,
            death=None,
        )

    @rule()
    def apply_without_consent(self):
        self.carry(Consent(), Selection(), every_deletion=False, death=None)

    @rule()
    def apply_and_agree_to_deletions(self):
        self.carry(Consent(adopt=EVERY), Selection(), every_deletion=True, death=None)

    def selection(self, part, number, state) -> Selection:
        known = sorted({*self.here.manifests, *map(tuple, state.resources)})
        if part == "target" and known:
            return Selection(targets=("/".join(known[number % len(known)]),))
        return Selection(prune=part != "no prune")


class Run:
    """One apply that was not refused, and everything that must be true of it."""

    def __init__(
        self, history, state, before, consent, selection, ended: Ended, *, every_deletion, mark
    ) -> None:
        self.here, self.before, self.after = history.here, before, history.here.look()
        self.records = {record.id: record for record in state.resources.values()}
        self.later = {record.id: record for record in history.here.store.read().resources.values()}
        self.consent, self.selection, self.ended, self.every_deletion = (
            consent,
            selection,
            ended,
            every_deletion,
        )
        self.wanted = history.here.manifests
        self.ledger = history.here.space.ledger[mark:]
        self.made = {
            one.id for one in self.ledger if one.method == "POST" and one.kind in VALUES
        } | history.cut_off
        if ended.how == "killed":
            history.cut_off |= self.made

    def check(self) -> None:
        self.writes_are_to_what_is_ours()
        self.what_is_deleted_was_proven()
        self.limits_hold()
        self.protection_holds()
        self.people_are_left_alone()
        self.what_is_recorded_was_proven()
        self.others_keep_what_is_theirs()
        if self.ended.how == "done" and self.selection == Selection():
            self.nothing_is_left_to_do()

    def adoptable(self, identifier) -> bool:
        seen = self.before[identifier]
        renamed = {(kind, one.renamed) for (kind, _), one in self.wanted.items()}
        return self.consent.adopt.counts and (
            (seen.kind, seen.name) in self.wanted or (seen.kind, seen.name) in renamed
        )

    def ours(self, identifier) -> bool:
        return identifier in self.records or identifier in self.made or self.adoptable(identifier)

    def writes_are_to_what_is_ours(self) -> None:
        parents = {
            stream: identifier
            for identifier, seen in self.before.items()
            for stream in seen.streams
        }
        parents |= {
            stream: identifier for identifier, seen in self.after.items() for stream in seen.streams
        }
        for one in self.ledger:
            target = parents.get(one.id) if one.kind == "Stream" else one.id
            if target is None:
                target = one.path.split("/")[-2]
            assert self.ours(target), one
            if one.kind == "Stream" and target in self.before and one.method != "POST":
                recorded = (
                    {child.id for child in self.records[target].children.get("streams", ())}
                    if target in self.records
                    else set()
                )
                declared = self.declared_streams(target)
                assert one.id in recorded or declared is not None, one

    def declared_streams(self, identifier):
        name = (
            self.after[identifier].name
            if identifier in self.after
            else self.before[identifier].name
        )
        there = self.wanted.get((self.before[identifier].kind, name))
        return there.streams if there else None

    def deleted(self) -> list[str]:
        return [one.id for one in self.ledger if one.method == "DELETE" and one.kind in VALUES]

    def what_is_deleted_was_proven(self) -> None:
        for identifier in self.deleted():
            seen, record = self.before[identifier], self.records.get(identifier)
            assert record is not None or identifier in self.made, (
                seen
            )  # what a run that died had made is ours by its intent
            assert record is None or record.address == (seen.kind, seen.name)
            assert record is None or not record.protect
            assert (seen.kind, seen.name) not in self.wanted
            assert self.consent.allow_live.counts or not seen.occupied
            assert self.selection.prune
            assert not self.selection.targets or self.selection.targets == (
                f"{seen.kind}/{seen.name}",
            )
            ours = record.children.get("streams", ()) if record else ()
            assert seen.streams.keys() <= {child.id for child in ours}

    def limits_hold(self) -> None:
        if self.every_deletion:
            return
        for kind in VALUES:
            gone = [one for one in self.deleted() if self.before[one].kind == kind]
            managed = [
                one for one in self.records if one in self.before and self.before[one].kind == kind
            ]
            if gone:
                assert self.wanted
                assert len(gone) <= 20
                assert len(gone) == 1 or (
                    len(gone) < len(managed) and len(gone) <= len(managed) / 2
                )

    def protection_holds(self) -> None:
        for identifier, record in self.records.items():
            if not record.protect or identifier not in self.before:
                continue
            assert identifier in self.after
            assert self.after[identifier].name in (
                self.before[identifier].name,
                record.address.name,
            )
            later = self.later.get(identifier)
            if later is None or not later.protect:
                assert later is not None
                assert not self.wanted[tuple(later.address)].protect

    def people_are_left_alone(self) -> None:
        for identifier, seen in self.before.items():
            if seen.occupied and not self.consent.allow_live.counts:
                assert identifier in self.after
                assert self.after[identifier].name == seen.name

    def what_is_recorded_was_proven(self) -> None:
        for identifier, record in self.later.items():
            assert (
                identifier in self.records or identifier in self.made or self.adoptable(identifier)
            ), record

    def others_keep_what_is_theirs(self) -> None:
        touched = {one.id for one in self.ledger}
        for identifier, seen in self.before.items():
            if identifier not in touched:
                assert self.after[identifier].fields == seen.fields
                assert self.after[identifier].name == seen.name
            elif identifier in self.after and seen.kind in VALUES:
                name = self.after[identifier].name
                known = self.records[identifier].attributes if identifier in self.records else {}
                declared = (
                    self.wanted[seen.kind, name].fields if (seen.kind, name) in self.wanted else {}
                )
                apart = {"display_name", "updated_at", *known, *declared}
                assert {
                    key: value
                    for key, value in self.after[identifier].fields.items()
                    if key not in apart
                } == {key: value for key, value in seen.fields.items() if key not in apart}

    def nothing_is_left_to_do(self) -> None:
        state = self.here.store.read()
        rest = self.here.plan(self.ended.loaded, state, Selection())
        assert (rest.actions, rest.record_removals) == ((), ())
        shown = {(seen.kind, seen.name): seen for seen in self.after.values()}
        for address, one in self.wanted.items():
            assert {name: shown[address].fields[name] for name in one.fields} == one.fields
            if one.streams is not None:
                assert sorted(shown[address].streams.values()) == sorted(
                    SECRETS[name] for name in one.streams
                )
        assert {tuple(address) for address in state.resources} == set(self.wanted)


EXAMPLES = int(os.environ.get("RECONCILER_HISTORIES") or examples(60))
TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=int(os.environ.get("RECONCILER_STEPS") or (25 if EXTENT == "long" else 15)),
    deadline=None,
    phases=[
        Phase.explicit,
        Phase.generate,
        *([Phase.shrink] if "RECONCILER_SHRINK" in os.environ else []),
    ],  # shrinking takes minutes
    suppress_health_check=list(HealthCheck),
)
