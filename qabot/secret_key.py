"""Find the SECRET_KEY, or make one. Knows nothing of the environment."""

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

MISSING_KEY = (
    'SECRET_KEY is not set. Set it once and keep it: heroku config:set SECRET_KEY="$(openssl rand -base64 48)"'
)
GUESSABLE_KEY = (
    "{name} can be guessed: a key has 50 characters or more, drawn at random. Make one with: openssl rand -base64 48"
)
# What `manage.py check --deploy` (security.W009) asks of a key
MIN_CHARACTERS, MIN_DIFFERENT_CHARACTERS, INSECURE_PREFIX = 50, 5, "django-insecure-"


def is_guessable(key: str) -> bool:
    """Whether a key is too short, too plain, or one that `startproject` wrote into a file."""
    return len(key) < MIN_CHARACTERS or len(set(key)) < MIN_DIFFERENT_CHARACTERS or key.startswith(INSECURE_PREFIX)


def temporary_key() -> str:
    """A key for this process alone: enough to build static files, not to sign anybody in."""
    return secrets.token_urlsafe(48)


def kept_key(path: Path) -> str:
    """The key kept in `path`, made on first use and readable by its owner alone."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return _keep(path, temporary_key())


def _keep(path: Path, key: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    try:
        os.link(draft, path)  # Unlike a rename it fails if another process was first: all must use one key.
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    finally:
        draft.unlink()
    return key


def require_production_secrets() -> None:
    """Raise ImproperlyConfigured if this process would sign sessions with a key that dies with it."""
    if settings.SECRET_KEY_IS_TEMPORARY:
        raise ImproperlyConfigured(MISSING_KEY)


def check_secret_key(**_: object) -> list[CheckMessage]:
    """The system check behind `manage.py check`, `migrate`, `serve` and `worker` (collectstatic does not run it)."""
    return [Error(MISSING_KEY, id="qabot.E001")] if settings.SECRET_KEY_IS_TEMPORARY else []
