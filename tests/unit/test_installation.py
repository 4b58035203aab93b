"""The hint that adds an extra to the installation works for each way of installing."""

import pytest

from reconciler.installation import extra_command, extra_hint


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        ({}, "pip install 'signalwire-reconciler[local]'"),
        (
            {"url": "file:///srv/reconciler", "dir_info": {"editable": True}},
            "pip install -e '/srv/reconciler[local]'",
        ),
        (
            {"url": "file:///srv/reconciler", "dir_info": {}},
            "pip install 'signalwire-reconciler[local] @ file:///srv/reconciler'",
        ),
        (
            {"url": "file:///tmp/reconciler-0.1.0.whl", "archive_info": {"hash": "sha256=00"}},
            "pip install 'signalwire-reconciler[local] @ file:///tmp/reconciler-0.1.0.whl'",
        ),
        (
            {
                "url": "https://ann:s3cret@git.example/reconciler",
                "vcs_info": {"vcs": "git", "commit_id": "0a1b2c"},
            },
            "pip install 'signalwire-reconciler[local] @ git+https://git.example/reconciler@0a1b2c'",
        ),
        ({"url": 7}, "pip install 'signalwire-reconciler[local]'"),
    ],
)
def test_an_extra_comes_from_where_the_tool_came_from(origin, command):
    assert extra_command("local", origin) == command


def test_this_installation_has_a_hint():
    assert extra_hint("local").startswith("pip install ")
    assert "[local]" in extra_hint("local")
