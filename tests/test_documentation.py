"""What the documentation names exists: commands, options, settings, files, headings. Nothing out of date is named."""

import re
from argparse import Action, ArgumentParser
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from qabot.settings import ENV

ROOT = Path(settings.BASE_DIR)
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES if page.name != "CHANGELOG.md"]

COMMAND = re.compile(r"manage\.py ([a-z_]+)([^`\n#·|]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
VARIABLE = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`")
SET = re.compile(r"config:(?:set|unset) ([^`\n#]*)")
SET_NAME = re.compile(r"(?:^|\s)([A-Z][A-Z0-9_]+)(?==)")
HEROKU = re.compile(r"heroku ([a-z]+(?::[a-z-]+)*)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")

# Topics and their commands in heroku's CLI 11: github.com/heroku/cli, docs/
HEROKU_TOPICS = {
    "": "access config create info logs ps releases rollback run",
    "addons": "attach create plans",
    "buildpacks": "add",
    "certs": "auto:enable",
    "config": "set unset",
    "domains": "add",
    "drains": "add",
    "labs": "enable",
    "maintenance": "off on",
    "pg": "backups bloat copy info kill killall locks outliers promote ps psql upgrade:run",
    "pg:backups": "capture download info restore schedule schedules url",
    "ps": "restart scale type",
    "releases": "output",
}
HEROKU_COMMANDS = {
    f"{topic}:{command}".lstrip(":") for topic, commands in HEROKU_TOPICS.items() for command in commands.split()
}
PROSE = {"main", "needs", "tells", "does"}  # "git push heroku main"
# Settings of other programs
FOREIGN = re.compile(
    r"(NEW_RELIC|DD|PG|PIP|GUNICORN|PYTHON)_?[A-Z_]*|HEROKU_POSTGRESQL_\w+|OPENBLAS_NUM_THREADS|MALLOC_[A-Z_]+|REMOTE_ADDR"
    r"|QDRANT_URL|BENCH_[A-Z]+|PICTURES"  # of tests and the bench
)
# Words in capitals that are no settings
CONSTANTS = re.compile(r"NAME|\w+_$")
OUT_OF_DATE = (
    *("dyno:type", "UvicornWorker", "pinecone-client", "chroma_db_impl", "heroku-postgresql:mini"),
    *("heroku-postgresql:basic", "heroku-postgresql:hobby", "$(cat .env", "logs --ps", "heroku addons:open"),
)


@cache
def parser_of(command: str) -> ArgumentParser:
    return load_command_class(get_commands()[command], command).create_parser("manage.py", command)


def options_of(parser: ArgumentParser) -> set[str]:
    """Those of subcommands too."""
    found: set[str] = set()
    actions: list[Action] = parser._actions
    for action in actions:
        found.update(action.option_strings)
        if isinstance(action.choices, dict):
            found.update(*(options_of(each) for each in action.choices.values()))
    return found


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors_of(path: Path) -> set[str]:
    """The headings of a page as links name them: in lower case, spaces as hyphens, other marks left out."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_its_options_exist(name: str):
    named = [(command, rest) for command, rest in COMMAND.findall(text_of(name)) if rest[:1] != "("]
    unknown = {command for command, _ in named if command not in get_commands()}
    wrong = {
        f"{command} {option}"
        for command, rest in named
        if command not in unknown
        for option in OPTION.findall(rest)
        if option not in options_of(parser_of(command))
    }

    assert (unknown, wrong) == (set(), set())


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_one_that_is_read(name: str):
    text = text_of(name)
    named = set(VARIABLE.findall(text)) | {found for line in SET.findall(text) for found in SET_NAME.findall(line)}

    assert {
        each
        for each in named
        if each not in ENV.names_read and not FOREIGN.fullmatch(each) and not CONSTANTS.fullmatch(each)
    } == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_heroku_command_is_one_of_its_cli(name: str):
    assert set(HEROKU.findall(text_of(name))) - HEROKU_COMMANDS - PROSE == set()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_out_of_date_is_recommended(name: str):
    assert [each for each in OUT_OF_DATE if each in text_of(name)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_file_and_a_heading(name: str):
    page = ROOT / name
    dead = []
    for link in LINK.findall(text_of(name)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            dead.append(link)

    assert dead == []


def test_what_the_checks_print_as_advice_is_true_too():
    sources = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "qabot" / "doctor").glob("*.py"))

    assert set(HEROKU.findall(sources)) - HEROKU_COMMANDS == set()
    assert [command for command, _ in COMMAND.findall(sources) if command not in get_commands()] == []
    links = re.findall(r"docs/(\w+\.md)#([\w-]+)", sources)
    assert [link for link in links if link[1] not in anchors_of(ROOT / "docs" / link[0])] == []


def test_each_setting_of_monitoring_has_its_requirements_file():
    named = set(re.findall(r"requirements/[\w-]+\.txt", text_of("docs/operate.md") + text_of("docs/settings.md")))

    assert {file for file in named if not (ROOT / file).is_file()} == set()
