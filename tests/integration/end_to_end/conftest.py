import pytest

from tests.integration.end_to_end.driver import Site


@pytest.fixture
def site():
    with Site() as made:
        yield made


@pytest.fixture
def site_with():
    """Make a Site whose Space has these knobs."""
    made = []

    def make(knobs, **settings):
        made.append(Site(knobs, **settings))
        return made[-1]

    yield make
    for one in made:
        one.__exit__()
