"""What every test may rely on: no provider but a fake one, no static manifest, and the shared data where it is."""

import os
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings

from qabot.provider_choice import LOCAL_EMBEDDING_MODEL


@pytest.fixture(autouse=True)
def _no_outside_world(settings: LazySettings) -> None:
    # A key in the developer's environment must neither be spent by a test nor change what it sees.
    settings.QABOT_CHAT_PROVIDER = None
    settings.QABOT_CHAT_MODEL = ""
    settings.QABOT_EMBEDDING_PROVIDER = None
    settings.QABOT_EMBEDDING_MODEL = LOCAL_EMBEDDING_MODEL
    settings.QABOT_EMBEDDING_DIMENSIONS = None
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes 0.26 s a person
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


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data sets beside the repository; tests that need it are skipped where it is absent."""
    folder = Path(django_settings.BASE_DIR).parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the data sets are not beside the repository ({folder})")
    return folder
