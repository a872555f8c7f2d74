"""What every test may rely on: no provider but a fake one, no static manifest, and the shared data where it is."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.db.models.signals import post_migrate

from documents.models import Collection
from documents.serializers import DEFAULT_COLLECTION
from qabot.prices import DEFAULT_PRICES
from qabot.provider_choice import LOCAL_EMBEDDING_MODEL
from tests.payloads import everything, own


@pytest.fixture(autouse=True)
def _no_outside_world(settings: LazySettings) -> None:
    # A key in the developer's environment must neither be spent by a test nor change what it sees.
    settings.QABOT_CHAT_PROVIDER = None
    settings.QABOT_CHAT_MODEL = ""
    settings.QABOT_EMBEDDING_PROVIDER = None
    settings.QABOT_EMBEDDING_MODEL = LOCAL_EMBEDDING_MODEL
    settings.QABOT_EMBEDDING_DIMENSIONS = None
    settings.QABOT_VECTOR_INDEX = None
    settings.QABOT_DAILY_TOKENS = {}
    settings.QABOT_MODEL_PRICES = DEFAULT_PRICES
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes 0.26 s a person
    settings.QABOT_RATES = dict.fromkeys(django_settings.QABOT_RATES)  # tests ask more often than people do
    settings.STORAGES = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Two test runs at once, in one clone or on one server, must not destroy each other's database."""
    for database in django_settings.DATABASES.values():
        database.setdefault("TEST", {})["NAME"] = f"test_{database['NAME']}_{os.getpid()}"


@pytest.fixture(scope="session", autouse=True)
def _default_collection_always() -> None:
    """A test with transactions of its own empties every table after it, and with it what a migration put there."""
    post_migrate.connect(_bring_back_default_collection, sender=apps.get_app_config("documents"))


def _bring_back_default_collection(**_: object) -> None:
    Collection.objects.get_or_create(slug=DEFAULT_COLLECTION, defaults={"name": "Documents"})


@pytest.fixture(scope="session")
def collected_static(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The static files of a production server, as Heroku's build collects them. Of runs at once, in turn."""
    with (tmp_path_factory.getbasetemp().parent / "collecting").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        subprocess.run(  # a process of its own: this one's settings have no manifest
            [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=django_settings.BASE_DIR, check=True
        )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data sets beside the repository; tests that need it are skipped where it is absent."""
    folder = Path(django_settings.BASE_DIR).parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the data sets are not beside the repository ({folder})")
    return folder


@pytest.fixture
def payloads(request: pytest.FixtureRequest) -> list[str]:
    """Text that tries to become code: our own kinds, and the public sets where they are."""
    try:
        return everything(request.getfixturevalue("shared_data"))
    except pytest.skip.Exception:
        return own()
