"""What is left to answers of a process that was told to end."""

from qabot.stopping import Stopping


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_answers_have_three_fifths_of_the_time_and_a_last_word_four():
    clock, told = Clock(), [False]
    process = Stopping(clock)
    process.watch(lambda: told[0], graceful_seconds=25)
    seen = [(process.answers_must_end(), process.is_overdue())]
    told[0] = True
    for seconds in (0, 14.9, 0.2, 4.8, 0.2):  # the time counts from the first look
        clock.now += seconds
        seen.append((process.answers_must_end(), process.is_overdue()))

    assert seen == [(False, False), (False, False), (False, False), (True, False), (True, False), (True, True)]


def test_a_process_that_nobody_watches_is_never_told():
    process = Stopping()

    assert (process.answers_must_end(), process.is_overdue()) == (False, False)
