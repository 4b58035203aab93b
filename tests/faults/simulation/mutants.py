"""The bank of planted bugs, each with the histories that must find it; one that survives is a hole in the harness."""

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from reconciler.core import (
    consent,
    guard,
    intents,
    mass_changes,
    normalize,
    session_interruptions,
)
from reconciler.core import presumed_fields as presumed
from reconciler.engine import confirmed_deletions, partial, refresh, waiting
from reconciler.engine import journal as book
from reconciler.engine.probe import cleanup, step_runner
from reconciler.executor import (
    actions,
    canary,
    ownership,
    recheck,
    request_bodies,
    results,
    sub_resources,
)
from reconciler.executor import put as putting
from reconciler.executor.scheduler import run
from reconciler.space import occupancy, sender
from reconciler.state import checks, file_lock, journal, journal_codec, safe_files
from reconciler.state.backends import local
from tests.faults.simulation.families import FAMILIES, replay
from tests.faults.simulation.planting import planted
from tests.faults.simulation.scenarios import prepared

MOST_CASES = 120  # the sweep in which each must be found


class Mutant(NamedTuple):
    """``old`` becomes ``new`` in the text of ``function``; ``where`` are beginnings of the cases to look through."""

    name: str
    function: Callable[..., Any]
    old: str
    new: str
    where: tuple[str, ...]


MUTANTS = (
    Mutant(
        "no fsync of the journal",
        safe_files.add_lines,
        "disk.sync(descriptor)",
        "pass",
        ("crash create merge power",),
    ),
    Mutant(
        "no fsync of the record",
        safe_files.write_whole,
        "disk.sync(descriptor)",
        "pass",
        ("crash update merge power",),
    ),
    Mutant(
        "no fsync of a name",
        safe_files.write_whole,
        "disk.sync_folder(path.parent)",
        "pass",
        ("crash create merge power", "crash two merge power"),
    ),
    Mutant(
        "no fsync of the journal's name",
        safe_files._descriptor,
        "disk.sync_folder(path.parent)",
        "pass",
        ("crash create merge power",),
    ),
    Mutant(
        "no fsync of the folder's name",
        safe_files.make_folders,
        "disk.sync_folder(one.parent)",
        "pass",
        ("crash create merge power",),
    ),
    Mutant(
        "a torn line is written onto",
        safe_files.open_lines,
        "if size and disk",
        "if False and disk",
        ("pair five merge kill", "pair swap merge kill"),
    ),
    Mutant(
        "a torn line is read",
        journal.replay,
        '.split(b"\\n")[:-1]',
        '.split(b"\\n")',
        ("crash create merge kill", "crash update merge kill"),
    ),
    Mutant(
        "a hole is read",
        journal.replay,
        "if _HOLE not in line",
        "if True",
        ("crash five merge power", "crash create merge power", "crash two merge power"),
    ),
    Mutant(
        "the journal goes before the record is there",
        local.LocalState._put,
        "        safe_files.write_whole(self._disk, self.path, content)\n",
        "        with contextlib.suppress(FileNotFoundError):\n            self._disk.unlink(self._journal)\n"
        "        safe_files.write_whole(self._disk, self.path, content)\n",
        ("crash create merge kill", "crash two merge kill"),
    ),
    Mutant(
        "the record leaves its place to become the backup",
        local.LocalState._keep_backup,
        'safe_files.write_whole(self._disk, self._beside("1"), content)',
        'self._disk.replace(self.path, self._beside("1"))',
        ("crash update merge kill",),
    ),
    Mutant(
        "the serial is not checked",
        checks.check_unchanged,
        "(stored.lineage, stored.serial) != (state.lineage, state.serial)",
        "False",
        ("record",),
    ),
    Mutant(
        "a record that was rolled back is believed",
        checks.check_newest,
        "state.serial < serial",
        "False",
        ("record",),
    ),
    Mutant(
        "a journal that is part of the record is done again",
        journal_codec.decode_line,
        "if serial < state.serial:",
        "if False:",
        ("record",),
    ),
    Mutant(
        "the lock is not taken",
        file_lock.hold_lock,
        "if not _acquire(disk, descriptor, path):",
        "if False:",
        ("contender",),
    ),
    Mutant(
        "the intent is kept after the sending",
        actions._create,
        "intent = context.intend(Intent(action.address, early))\n        live = _post(context, kind, action, intent)",
        "live = _post(context, kind, action, Intent(action.address, early))\n        context.intend(Intent(action.address, early))",
        ("crash create merge kill",),
    ),
    Mutant(
        "the intent is not kept",
        book.Journal.intend,
        "self._keep(Entry(intent=timed))",
        "pass",
        ("crash create merge kill",),
    ),
    Mutant(
        "the intent is not read again",
        journal_codec.decode_line,
        'decode_intent(document["intent"]) if document.get("intent") else None',
        "None",
        ("crash create merge kill",),
    ),
    Mutant(
        "an intent is good for ever",
        intents.created_in_window,
        "<= created <=",
        "<= created or",
        ("squat create",),
    ),
    Mutant(
        "strangers with other fields are adopted",
        intents.matches_intent,
        "return all(",
        "return True or all(",
        ("squat create",),
    ),
    Mutant(
        "what was done is not kept",
        book.Journal.note,
        "self._done.append((address, entry))",
        "pass",
        ("crash five merge kill", "crash two merge kill"),
    ),
    Mutant(
        "what is gone is remembered",
        book.Journal._entry,
        "Entry(result.record, result.gone,",
        "Entry(result.record, None,",
        ("crash delete merge kill",),
    ),
    Mutant(
        "names in motion are not kept",
        book.Journal.begin,
        "_record_of_rename(plan)",
        "()",
        ("pair swap merge power",),
    ),
    Mutant(
        "a POST without an answer is sent again",
        sub_resources._create,
        "        if not unknown_outcome(error):\n            raise\n",
        "        return child_in_answer(child, context.writer.post(path, change.after), change.after, request=path, key=context.key)\n",
        ("trouble stream merge reset-after", "trouble stream merge 502-after"),
    ),
    Mutant(
        "a stream that may still come about is sent again",
        waiting.lists_in_doubt,
        "if seconds > 0:",
        "if seconds < 0:",
        ("ghost stream merge kill", "ghost stream merge reset"),
    ),
    Mutant(
        "a stream of ours that the list leaves out is made again",
        sub_resources._carry_out,
        "_missing_from_list(context, child, change, unlisted)",
        "None",
        ("hidden stream",),
    ),
    Mutant(
        "no answer is taken for a no",
        results.unknown_outcome,
        "return isinstance(",
        "return False and isinstance(",
        ("trouble create merge reset-after", "trouble create merge hang-after"),
    ),
    Mutant(
        "it is not read again before the write",
        actions._write,
        "live = recheck(context, kind, action)",
        'live = fetch(context.writer, kind, action.id or "", context.kinds, with_children=False)',
        ("foreign update merge overlap", "foreign update replace overlap"),
    ),
    Mutant(
        "what is gone is made again by an update",
        actions._write,
        "raise Conflict(DELETED, hint=PLAN_AGAIN)",
        "body = create_body(kind, action)\n"
        "            answer = context.writer.post(kind.collection, body)\n"
        "            return as_live(kind, answer, request='POST')",
        ("foreign update merge delete", "foreign five merge delete"),
    ),
    Mutant(
        "only what changes is sent",
        request_bodies.update_body,
        "body = current | {",
        "body = {",
        ("crash rename replace kill", "crash five replace kill"),
    ),
    Mutant(
        "a DELETE is sent without a look",
        actions._delete,
        "if recheck(context, kind, action) is None:",
        "if False:",
        ("waits delete", "foreign five merge"),
    ),
    Mutant(
        "what was read before a wait is written after it",
        sender.RequestSender._in_turn,
        "self._with_fresh_body(prepared, look)",
        "look.__dict__.setdefault('kept', self._with_fresh_body(prepared, look))",
        ("waits update ", "waits rename "),
    ),
    Mutant(
        "what was read slowly is written",
        sender.RequestSender._with_fresh_body,
        "range(MOST_LOOKS)",
        "range(1)",
        ("waits update", "waits five"),
    ),
    Mutant(
        "the resource is not read last",
        recheck.recheck,
        "    if live is None:\n        return None\n",
        "    if live is None:\n        return None\n    _occupancy_of(context, kind, action)\n"
        "    children_of(context.writer, kind, live.id, context.kinds)\n    context.writer._sender._turn.slowest = 0.0\n",
        ("waits delete", "waits rename"),
    ),
    Mutant(
        "a session that the answer leaves out is none",
        recheck._occupancy_of,
        "if not kind.session or",
        "if True or",
        ("waits delete join", "waits rename join"),
    ),
    Mutant(
        "a deletion minds no change since the plan",
        recheck._changed_since_plan,
        "action.presumed.items():",
        "(action.presumed.items() if action.action != 'delete' else ()):",
        ("waits delete",),
    ),
    Mutant(
        "an update that cuts a meeting is like any other",
        session_interruptions.interruptions,
        "if word and",
        "if False and",
        ("waits shorten join",),
    ),
    Mutant(
        "a refusal of the credentials stops nothing",
        results.failed,
        "denied = any(",
        "denied = False and any(",
        ("revoked",),
    ),
    Mutant(
        "a signal stops nothing",
        run,
        "if denied.is_set() or stop.is_set():",
        "if denied.is_set():",
        ("signal five", "signal fifty"),
    ),
    Mutant(
        "what a list leaves out is gone",
        refresh.refresh,
        "record.key not in listed_keys",
        "False",
        ("hidden delete",),
    ),
    Mutant(
        "a list that fails is an empty one",
        refresh.refresh,
        "listed = observe(",
        "listed = _empty_on_error(",
        ("trouble five merge refused",),
    ),
    Mutant(
        "what a POST answers with is believed to be new",
        ownership.check_made,
        "    if why:\n",
        "    if False:\n",
        ("stranger create",),
    ),
    Mutant(
        "what is made under another name is forgotten",
        actions._create,
        "if live.address != action.address:",
        "if False:",
        ("suffix create", "suffix hall"),
    ),
    Mutant(
        "a time that cannot be read fits",
        ownership._time_mismatch,
        "if creation_time(kind, answer) is None and",
        "if made is None and",
        ("timeless create",),
    ),
    Mutant(
        "a field that is nowhere any more did not move",
        putting.unasked_changes,
        "if read is not None:",
        "if read is not None and lacking <= read.attributes.keys():",
        ("vanishes update",),
    ),
    Mutant(
        "a deletion minds documented fields only",
        presumed.presumed_fields,
        " or _is_stable(value):",
        ":",
        ("flagged delete",),
    ),
    Mutant(
        "a stream in doubt stops the run",
        results.failed,
        "denied = any(",
        "denied = isinstance(error, InDoubt) or any(",
        ("aside stream",),
    ),
    Mutant(
        "a deletion that is confirmed is done",
        confirmed_deletions.record_again,
        "if not there:",
        "if True:",
        ("undeleted delete",),
    ),
    Mutant(
        "a session is of the room that it names letter for letter",
        occupancy._may_be_named,
        'given.strip().casefold() in (name.casefold(), "")',
        "given == name",
        ("misnamed delete",),
    ),
    Mutant(
        "a deletion does not wait for its successor",
        run,
        "if successor is not None and successor not in done:",
        "if False:",
        ("successor",),
    ),
    Mutant(
        "what a PUT moves is not seen",
        putting.compare_after_put,
        "    if moved:\n",
        "    if False:\n",
        ("resets update", "resets rename"),
    ),
    Mutant(
        "a refused echo is insisted on",
        putting.send_put,
        "if not refused or not refused <= echoed - left_out:",
        "if True:",
        ("echo update",),
    ),
    Mutant(
        "the first PUT alone proves all others",
        canary.Canary.goes_alone,
        "self._traits(action) - self._proven",
        "{(kind, '') for kind, _ in self._traits(action)} - self._proven",
        ("loses eight",),
    ),
    Mutant(
        "PUTs go side by side from the first one on",
        canary.Canary.goes_alone,
        "return any(",
        "return False and any(",
        ("loses eight",),
    ),
    Mutant(
        "a null inside a value is a value",
        normalize._plain,
        "if value[key] is not None",
        "if True",
        ("nulls nested",),
    ),
    Mutant(
        "a consent to some is one to all",
        consent.Allowed.lacking,
        "totals[kind] > self.counts.get(kind, 0)",
        "not self.counts.get(kind, 0)",
        ("since leave",),
    ),
    Mutant(
        "a mass of updates is like any other",
        mass_changes.update_refusals,
        "if reason:",
        "if False:",
        ("masses eight",),
    ),
    Mutant(
        "the number of updates has no limit",
        mass_changes._update_reason,
        "total > limits.max_update_count",
        "False",
        ("masses eight",),
    ),
    Mutant(
        "the share of updates has no limit",
        mass_changes._update_reason,
        "total > limits.max_update_share * managed",
        "False",
        ("masses eight",),
    ),
    Mutant(
        "what was updated in the last hour does not count",
        mass_changes._update_reason,
        "total = len(planned) + len(earlier)",
        "total = len(planned)",
        ("masses eight",),
    ),
    Mutant(
        "the number of deletions has no limit",
        mass_changes._delete_reason,
        "total > limits.max_delete_count",
        "False",
        ("masses eight",),
    ),
    Mutant(
        "the share of deletions has no limit",
        mass_changes._delete_reason,
        "total > limits.max_delete_share * managed",
        "False",
        ("masses eight",),
    ),
    Mutant(
        "what was deleted in the last hour does not count",
        mass_changes._delete_reason,
        "total = number + earlier",
        "total = number",
        ("masses eight",),
    ),
    Mutant(
        "a consent to some changes is one to all of the kind",
        mass_changes._is_allowed,
        "len(addresses) <= given.counts.get(kind, 0)",
        "kind in given.counts and given.counts[kind]",
        ("masses eight",),
    ),
    Mutant(
        "a rename that is passed over is a deletion",
        guard._claimed_by_rename,
        "if action.renamed_to_by is None:",
        "if True:",
        ("beside beside",),
    ),
    Mutant(
        "an error after a write is an error before it",
        partial.incomplete_after_write,
        "if client.write_count == writes_before:",
        "if True:",
        ("disk update merge on", "disk create merge on"),
    ),
    Mutant(
        "a secret is kept in clear",
        sub_resources._create,
        "sealed(change.after, context.key), child=",
        "{word: text.value for word, text in change.after.items()}, child=",
        ("crash stream merge kill",),
    ),
    Mutant(
        "a scratch resource is recorded after its creation",
        step_runner.Probe._create,
        "    self.scratch.announce(entry)\n    try:\n"
        '        seen = self._exchange(kind, "POST", path, template, body)\n',
        '    try:\n        seen = self._exchange(kind, "POST", path, template, body)\n'
        "        self.scratch.announce(entry)\n",
        ("probe plain kill", "probe plain late"),
    ),
    Mutant(
        "a scratch resource needs no mark",
        cleanup._is_marked,
        "return not field or",
        "return True or",
        ("probe plain squat",),
    ),
    Mutant(
        "the name in the answer to a creation is not checked",
        step_runner.Probe._created,
        "if not step.child and not has_scratch_name(",
        "if False and not has_scratch_name(",
        ("probe plain answered",),
    ),
    Mutant(
        "a scratch resource with the name of another owner is deleted",
        cleanup._still_there,
        "if not has_scratch_name(kind, entry, mark, answer):",
        "if False:",
        ("probe plain renamed",),
    ),
    Mutant(
        "a sub-resource is deleted wherever it is",
        cleanup._still_there,
        "return _is_below_its_parent(client, kind, entry)",
        "return True",
        ("probe plain answered",),
    ),
    Mutant(
        "a creation that never showed is forgotten at once",
        cleanup._is_settled,
        "abs(now - entry.since) >= _SETTLED_SECONDS",
        "True",
        ("probe plain late",),
    ),
    Mutant(
        "what a late list shows after its deletion is taken for what a lost creation made",
        cleanup._found_there,
        "if _still_there(client, kind, replace(entry, id=one), record.mark):",
        "if True:",
        ("probe lagging late 37 80.0",),
    ),
    Mutant(
        "a late list is read once",
        cleanup.clean,
        "if is_lost and may_forget and sleep",
        "if False and sleep",
        ("probe lagging late",),
    ),
    Mutant(
        "a rename of a scratch resource is not recorded",
        step_runner.Probe._send,
        "names=(*entry.names, bench.name(step.renames))",
        "names=entry.names",
        ("probe plain kill",),
    ),
    Mutant(
        "a creation without an answer is forgotten",
        step_runner.Probe._create,
        "elif 400 <= seen.status < 500:",
        "else:",
        ("probe plain trouble reset-after",),
    ),
)


def _empty_on_error(*arguments: Any, **words: Any) -> tuple[Any, ...]:
    from reconciler.core.errors import ApiError  # noqa: PLC0415
    from reconciler.space.observe import observe  # noqa: PLC0415

    try:
        return observe(*arguments, **words)
    except ApiError:
        return ()


refresh._empty_on_error = _empty_on_error  # what one of them calls


SEEDS = {"crash": 6, "signal": 1, "contender": 1, "pair": 1}


def cases(mutant: Mutant) -> list[str]:
    """The histories in which it must be found: as many of each beginning as there is room for, the same each time."""
    found = []
    most = max(1, MOST_CASES // len(mutant.where))
    for beginning in mutant.where:
        family = beginning.split()[0]
        listed = [
            case
            for case in FAMILIES[family].cases(SEEDS.get(family, 2))
            if case.startswith(beginning)
        ]
        assert listed, f"{mutant.name}: no history begins with {beginning!r}"
        found += random.Random(beginning).sample(listed, min(most, len(listed)))
    # A history of a probe begins with no scenario of an apply.
    for name in {case.split()[1] for case in found if FAMILIES[case.split()[0]].of_scenarios}:
        for put in ("merge", "replace"):
            prepared(name, put)  # without the bug
    return found


def found(mutant: Mutant) -> tuple[str, str] | None:
    """The first history that it breaks, and how; None where it is never noticed."""
    looked_through = cases(mutant)
    with planted(mutant.function, mutant.old, mutant.new):
        for case in looked_through:
            breaks = replay(case)
            if breaks:
                return case, breaks[0]
    return None
