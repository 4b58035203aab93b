"""A token file that others can read is used, and warned of."""

from pathlib import Path

import pytest

from tests.commands.words import CREDENTIALS, MANIFESTS, room


@pytest.mark.parametrize(
    ("mode", "warned"),
    [(0o600, False), (0o400, False), (0o644, True), (0o640, True), (0o602, True)],
)
def test_a_token_file_that_others_can_read_is_warned_of(mode, warned, space, declare, reconciler):
    token = Path("token")
    token.write_text(CREDENTIALS[1])
    token.chmod(mode)
    declare(room("a"))
    planned = reconciler("plan", MANIFESTS, "--token-file", token)
    assert planned.code == 0
    assert (
        "warning: the token file token can be read or written by others" in planned.err
    ) == warned
