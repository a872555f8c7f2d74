"""When a server is left alone, for how long, and what ends that."""

import pytest

from qabot.breaker import FAILURES, LONGEST_OPEN_SECONDS, OPEN_SECONDS, Breaker, Call, State


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def changes() -> list[State]:
    return []


@pytest.fixture
def breaker(clock: Clock, changes: list[State]) -> Breaker:
    return Breaker(changes.append, clock)


def begun(breaker: Breaker) -> Call:
    call = breaker.begin()
    assert call is not None
    return call


def opened(breaker: Breaker) -> Breaker:
    for _ in range(FAILURES):
        begun(breaker).failed()
    return breaker


def test_failures_in_a_row_open_it_and_it_says_so_once(breaker: Breaker, changes: list[State]):
    late = begun(breaker)
    opened(breaker)
    late.failed()

    assert (breaker.begin(), breaker.state, changes) == (None, State.OPEN, [State.OPEN])


def test_a_success_in_between_begins_the_count_anew(breaker: Breaker):
    for _ in range(FAILURES - 1):
        begun(breaker).failed()
    begun(breaker).succeeded()
    begun(breaker).failed()

    assert breaker.state == State.CLOSED


def test_nobody_waiting_for_the_end_says_nothing(breaker: Breaker):
    for _ in range(FAILURES):
        begun(breaker).abandoned()

    assert breaker.state == State.CLOSED


def test_after_a_while_one_call_and_no_more_finds_out(breaker: Breaker, clock: Clock):
    opened(breaker)
    clock.now += OPEN_SECONDS - 0.001
    too_early = breaker.begin()
    clock.now += 0.001
    probe, beside = breaker.begin(), breaker.begin()

    assert (too_early, probe is None, beside, breaker.state) == (None, False, None, State.PROBING)


def test_a_probe_that_fails_opens_it_again_for_as_long(breaker: Breaker, clock: Clock, changes: list[State]):
    opened(breaker)
    clock.now += OPEN_SECONDS
    begun(breaker).failed()
    clock.now += OPEN_SECONDS - 0.001

    assert (breaker.begin(), changes) == (None, [State.OPEN, State.PROBING, State.OPEN])


def test_a_probe_closes_it_with_its_first_word(breaker: Breaker, clock: Clock, changes: list[State]):
    opened(breaker)
    clock.now += OPEN_SECONDS
    probe = begun(breaker)
    probe.answering()
    probe.failed()  # it breaks off later: the first failure of a new count

    assert (breaker.state, changes) == (State.CLOSED, [State.OPEN, State.PROBING, State.CLOSED])


def test_a_probe_nobody_waited_for_leaves_the_next_call_to_find_out(breaker: Breaker, clock: Clock):
    opened(breaker)
    clock.now += OPEN_SECONDS
    begun(breaker).abandoned()

    begun(breaker).succeeded()

    assert breaker.state == State.CLOSED


def test_what_began_before_it_opened_does_not_end_a_probe(breaker: Breaker, clock: Clock):
    early_success, early_failure = begun(breaker), begun(breaker)
    opened(breaker)
    early_success.succeeded()
    clock.now += OPEN_SECONDS
    begun(breaker)
    early_failure.failed()

    assert breaker.state == State.PROBING


@pytest.mark.parametrize(("asked_for", "left_alone"), [(12.0, 12.0), (3600.0, LONGEST_OPEN_SECONDS)])
def test_a_server_that_wants_to_be_left_alone_is(breaker: Breaker, clock: Clock, asked_for: float, left_alone: float):
    begun(breaker).failed(asked_for)
    clock.now += left_alone - 0.001
    too_early = breaker.begin()
    clock.now += 0.001

    assert (too_early, breaker.begin() is None) == (None, False)
