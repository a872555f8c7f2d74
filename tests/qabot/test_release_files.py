"""The files that Heroku and pip read agree with each other."""

import json
import re
from importlib.metadata import distributions
from pathlib import Path

import pytest
from django.conf import settings

from qabot.settings import ENV

ROOT = Path(settings.BASE_DIR)
PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,-]+\])?==[0-9][0-9A-Za-z.+]*(?= |$)")
HASHED = re.compile(r" --hash=sha256:[0-9a-f]{64}\b")
LOCKS = ["requirements.txt", *sorted(f"requirements/{path.name}" for path in ROOT.glob("requirements/*.txt"))]
TOGETHER = [lock for lock in LOCKS if lock != "requirements/tools.txt"]  # installed into one environment
LOCK_OF = {"app.in": "requirements.txt"}
VENVS_OWN = {"pip", "setuptools", "wheel"}


def test_both_files_that_name_a_python_version_agree():
    runtime = (ROOT / "runtime.txt").read_text().strip()

    assert runtime == f"python-{(ROOT / '.python-version').read_text().strip()}"


@pytest.mark.parametrize("file", LOCKS)
def test_every_requirement_is_pinned_with_hashes(file: str):
    entries = (ROOT / file).read_text().replace("\\\n", " ").splitlines()
    requirements = [entry for entry in entries if entry and not entry.lstrip().startswith("#")]

    assert requirements != []
    assert [entry for entry in requirements if not PINNED.match(entry) or not HASHED.search(entry)] == []


@pytest.mark.parametrize("file", sorted(path.name for path in ROOT.glob("requirements/*.in")))
def test_what_is_asked_for_is_what_was_pinned(file: str):
    lock = LOCK_OF.get(file, f"requirements/{file.removesuffix('.in')}.txt")
    lines = (ROOT / "requirements" / file).read_text().splitlines()
    asked = [pin_of(line) for line in lines if "==" in line]

    assert asked != []
    assert [(name, version) for name, version in asked if version not in pins(lock).get(name, ())] == [], "run bin/pin"


def test_all_files_agree_on_a_package():
    versions: dict[str, set[frozenset[str]]] = {}
    for name, found in (pin for lock in TOGETHER for pin in pins(lock).items()):
        versions.setdefault(name, set()).add(frozenset(found))

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_every_installed_package_is_one_that_was_pinned():
    pinned = {name: versions for lock in TOGETHER for name, versions in pins(lock).items()}
    installed = {canonical(each.name): each.version for each in distributions()}

    assert {
        name: version
        for name, version in installed.items()
        if name not in VENVS_OWN and version not in pinned.get(name, ())
    } == {}


def pins(lock: str) -> dict[str, set[str]]:
    """Versions by package name: more than one where platforms need different ones."""
    found: dict[str, set[str]] = {}
    for name, version in (pin_of(line) for line in (ROOT / lock).read_text().splitlines() if PINNED.match(line)):
        found.setdefault(name, set()).add(version)
    return found


def pin_of(requirement: str) -> tuple[str, str]:
    name, _, rest = requirement.partition("==")
    return canonical(name.partition("[")[0]), re.split(r"[ ;]", rest)[0]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_heroku_installs_no_laptop_packages():
    installed = (ROOT / "requirements.txt").read_text()

    assert not re.search(r"^-", installed, re.MULTILINE)
    assert not any(name in installed for name in ("pixeltable", "tokenizers", "minilm", "torch", "pytest"))


def test_app_json_asks_for_what_the_design_says():
    app = json.loads((ROOT / "app.json").read_text())

    assert app["addons"] == [{"plan": "heroku-postgresql:essential-0"}]
    assert app["formation"] == {"web": {"quantity": 1, "size": "basic"}}
    assert app["env"]["SECRET_KEY"]["generator"] == "secret"
    assert {**app["env"], **app["environments"]["review"]["env"]}.keys() <= ENV.names_read


def test_review_apps_are_as_small_as_the_smallest_app():
    app = json.loads((ROOT / "app.json").read_text())

    assert {key: app["environments"]["review"][key] for key in ("addons", "formation")} == {
        "addons": app["addons"],
        "formation": app["formation"],
    }


def test_the_procfile_names_the_three_processes():
    lines = (ROOT / "Procfile").read_text().splitlines()

    assert lines == [
        "release: python manage.py migrate --noinput --lock-timeout 5",
        "web: python manage.py serve",
        "worker: python manage.py worker",
    ]


def test_every_test_that_the_security_policy_names_is_there():
    named = set(re.findall(r"`(tests/[^`]+)`", (ROOT / "SECURITY.md").read_text()))

    assert len(named) > 10
    assert {path for path in named if not (ROOT / path).is_file()} == set()
