"""What browsers are called by people."""

import pytest

from qabot.user_agents import Program, program_of

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/{} (KHTML, like Gecko) "
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("user_agent", "program"),
    [
        (WINDOWS + "Chrome/131.0.0.0 Safari/537.36", Program("Chrome", "Windows")),
        (WINDOWS + "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", Program("Edge", "Windows")),
        (WINDOWS + "Chrome/131.0.0.0 Safari/537.36 OPR/115.0.0.0", Program("Opera", "Windows")),
        (MAC.format("605.1.15") + "Version/18.1 Safari/605.1.15", Program("Safari", "macOS")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", Program("Firefox", "Linux")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.1 Mobile/15E148 Safari/604.1",
            Program("Safari", "iPhone"),
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605 CriOS/131.0 Mobile/15E148 Safari/604.1",
            Program("Chrome", "iPad"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 SamsungBrowser/26.0 Chrome/122 Mobile Safari",
            Program("Samsung Internet", "Android"),
        ),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/131.0", Program("Chrome", "ChromeOS")),
        ("curl/8.11.0", Program()),
        ("", Program()),
        ("<script>Firefox" * 20, Program()),
    ],
)
def test_a_browser_and_its_system_are_named(user_agent: str, program: Program):
    assert program_of(user_agent) == program


def test_what_is_held_in_the_hand_is_told_from_what_stands_on_a_desk():
    systems = ("iPhone", "iPad", "Android", "Windows", "")

    assert [Program("", system).in_hand for system in systems] == [True, True, True, False, False]
