"""What errors of the API server mean: another attempt later, or a right that is missing."""

import pytest

from reconciler.core.errors import StateError

pytest.importorskip("lightkube")
import httpx2
from lightkube.core.exceptions import ApiError

from reconciler.state.backends.base import Unavailable
from reconciler.state.backends.kubernetes import KubernetesBackend


class Refusing:
    """A client of an API server that answers each request with an error."""

    def __init__(self, error):
        self.error = error

    def get(self, *_, **__):
        raise self.error


def answer(code, message="no\x1bway"):
    status = {"code": code, "message": message, "status": "Failure"}
    return ApiError(
        response=httpx2.Response(
            code or 500, json=status, request=httpx2.Request("GET", "https://cluster.example/")
        )
    )


def loaded(error):
    backend = KubernetesBackend("kubernetes:a/b", shared=lambda: Refusing(error))
    with pytest.raises(StateError) as found:
        backend.load()
    return found.value


@pytest.mark.parametrize(
    ("code", "passing"), [(400, False), (403, False), (429, True), (500, True), (503, True)]
)
def test_only_an_error_that_passes_is_tried_again(code, passing):
    error = loaded(answer(code))
    assert isinstance(error, Unavailable) is passing
    assert error.message == "the Secret a/b cannot be read: no\\x1bway"
    assert "needs get, create and patch" in error.hint


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError("refused"), httpx2.ReadTimeout("late"), OSError("no route")]
)
def test_a_network_that_fails_is_tried_again(error):
    found = loaded(error)
    assert isinstance(found, Unavailable)
    assert found.message == f"the Secret a/b cannot be read: {error}"


def test_a_secret_that_is_not_there_is_an_empty_state():
    backend = KubernetesBackend("kubernetes:a/b", shared=lambda: Refusing(answer(404)))
    assert backend.load().version == ""
