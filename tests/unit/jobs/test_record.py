"""The memory of a job, without any process."""

from __future__ import annotations

import pytest

from optviz.jobs import record as record_module
from optviz.jobs.record import Record


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(record_module, "time", clock)
    return clock


def test_pace_leaves_out_pauses_and_the_time_before_the_first_word(clock: Clock) -> None:
    record = Record("a", "m:f")
    assert record.progress is None
    record.enter("running")
    clock.now += 10  # imports
    record.set_progress(0, 8)
    assert record.progress is not None
    assert record.progress.eta is None
    clock.now += 4
    record.set_progress(2, 8)
    record.enter("paused")
    clock.now += 1000
    assert record.progress.seconds == 14
    assert record.progress.eta == 12  # 2 seconds a unit, 6 units to go
    record.enter("running")
    clock.now += 2
    record.set_progress(3, 8)
    assert record.progress.eta == 10
    assert record.progress.fraction == 3 / 8
    record.finish(None)
    assert record.progress.eta == 0


def test_no_fraction_of_nothing(clock: Clock) -> None:
    record = Record("a", "m:f")
    record.enter("running")
    record.set_progress(0, 0)
    assert record.progress is not None
    assert record.progress.fraction == 0


def test_progress_that_starts_over_is_measured_anew(clock: Clock) -> None:
    record = Record("a", "m:f")
    record.enter("running")
    record.set_progress(5, 10)
    clock.now += 100
    record.set_progress(0, 10)
    clock.now += 1
    record.set_progress(1, 10)
    assert record.progress is not None
    assert record.progress.eta == 9


def test_old_events_are_thinned_kind_by_kind() -> None:
    record = Record("a", "m:f", max_events=100)
    record.add_event("start", {}, 0.0)
    for number in range(1000):
        record.add_event("step", {"number": number}, 0.0)
    events = record.events()
    assert len(events) <= 100
    assert events[0].kind == "start"
    indices = [event.index for event in events]
    assert indices == sorted(set(indices))
    assert indices[-40:] == list(range(961, 1001))
    assert [event.index for event in record.events(since=990)] == list(range(990, 1001))


def test_nothing_changes_after_the_end() -> None:
    record = Record("a", "m:f")
    record.enter("cancelled")
    record.add_event("late", {}, 0.0)
    record.finish(1)
    record.fail(ValueError())
    assert not record.enter("running")
    assert record.state == "cancelled"
    assert record.events() == []
    assert record.error is None
