import pytest

from reconciler import catalog
from reconciler.manifest.load import load


@pytest.fixture(scope="session")
def kinds():
    return catalog.kinds()


@pytest.fixture
def load_text(kinds):
    """Loads one text as if it came from standard input."""

    def load_one(text, *, variables=None, environment=None, **settings):
        content = text if isinstance(text, bytes) else text.encode()
        return load(
            ["-"],
            kinds=kinds,
            variables=variables or {},
            environment=environment or {},
            stdin=lambda: content,
            **settings,
        )

    return load_one


@pytest.fixture
def load_paths(kinds):
    """Loads paths, without variables."""

    def load_some(*paths, **settings):
        return load(
            [str(path) for path in paths], kinds=kinds, variables={}, environment={}, **settings
        )

    return load_some
