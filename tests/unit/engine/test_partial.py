import pytest

from reconciler.core.errors import Incomplete, Interrupted, UsageError
from reconciler.engine.partial import after_write


@pytest.mark.parametrize(
    "error", [UsageError("no such file"), ValueError("odd"), OSError(28, "full")]
)
def test_an_error_after_a_write_is_incomplete_and_names_the_write(error):
    with (
        pytest.raises(Incomplete, match="Room/a is reset, and then: ") as told,
        after_write("Room/a is reset"),
    ):
        raise error
    assert told.value.__cause__ is error


@pytest.mark.parametrize("error", [Interrupted("stopped"), Incomplete("half"), BrokenPipeError()])
def test_what_already_has_its_own_exit_code_passes(error):
    with pytest.raises(type(error)) as told, after_write("written"):
        raise error
    assert told.value is error


@pytest.mark.parametrize(("wrote", "error"), [(False, ValueError), (True, Incomplete)])
def test_before_the_first_write_an_error_passes_as_it_is(wrote, error):
    with pytest.raises(error), after_write("written", wrote=lambda: wrote):
        raise ValueError("odd")
