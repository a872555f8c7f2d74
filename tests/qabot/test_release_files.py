"""The files that Heroku and pip read agree with each other."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,-]+\])?==[0-9][0-9A-Za-z.]*")


def test_both_files_that_name_a_python_version_agree():
    runtime = (ROOT / "runtime.txt").read_text().strip()

    assert runtime == f"python-{(ROOT / '.python-version').read_text().strip()}"


@pytest.mark.parametrize(
    "file", ["requirements.txt", *(f"requirements/{path.name}" for path in ROOT.glob("requirements/*.txt"))]
)
def test_every_requirement_is_pinned(file: str):
    lines = [line.strip() for line in (ROOT / file).read_text().splitlines()]
    requirements = [line for line in lines if line and not line.startswith("#")]

    assert [line for line in requirements if not PINNED.fullmatch(line)] == []


def test_heroku_installs_no_laptop_packages():
    installed = (ROOT / "requirements.txt").read_text()

    assert "-r " not in installed
    assert not any(name in installed for name in ("pixeltable", "tokenizers", "minilm", "torch", "pytest"))


def test_app_json_asks_for_what_the_design_says():
    app = json.loads((ROOT / "app.json").read_text())

    assert app["addons"] == [{"plan": "heroku-postgresql:essential-0"}]
    assert app["formation"] == {"web": {"quantity": 1, "size": "basic"}}
    assert app["env"]["SECRET_KEY"]["generator"] == "secret"


def test_the_procfile_names_the_three_processes():
    lines = (ROOT / "Procfile").read_text().splitlines()

    assert [line.partition(":")[0] for line in lines] == ["release", "web", "worker"]
