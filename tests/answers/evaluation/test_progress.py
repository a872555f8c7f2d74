"""How far long work is, on a terminal and elsewhere."""

from io import StringIO

from answers.evaluation.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_and_is_left_clean_even_if_the_work_breaks_off():
    terminal = Terminal()
    try:
        with Progress(terminal, "Asking", 4) as progress:
            progress.show(2)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        terminal.write("Stopped.")

    assert terminal.getvalue() == f"\r[{'█' * 15}{'·' * 15}] Asking: 2 of 4\033[K\r\033[KStopped."


def test_a_file_is_not_filled_with_bars():
    log = StringIO()
    with Progress(log, "Asking", 0) as progress:
        progress.show(0)

    assert log.getvalue() == ""
