import pytest

from reconciler.state.backends.local import LocalState


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".reconciler" / "local.state.json"


@pytest.fixture
def local(path):
    return LocalState(path, space="local", project="local")
