"""A stopwatch that counts each stage for itself."""

from reconciler.timing import Stopwatch, measured, stage


def test_a_stage_inside_another_counts_for_itself_alone():
    moments = iter(range(0, 100, 10))
    watch = Stopwatch(lambda: float(next(moments)))

    with measured(watch), stage("plan"):
        with stage("diff"):
            pass
        with stage("diff"):
            pass

    assert watch.spent == {"plan": 30.0, "diff": 20.0}


def test_nothing_is_measured_where_nobody_asks():
    watch = Stopwatch(lambda: 1.0)

    with measured(watch):
        pass
    with stage("plan"):
        pass

    assert watch.spent == {}
