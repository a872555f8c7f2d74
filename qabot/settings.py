"""All settings. The only module that reads the environment; docs/settings.md lists every variable."""

import os
import sys
from pathlib import Path
from typing import Any

import dj_database_url
from whitenoise.compress import Compressor

from qabot.environment import Environment, read_env_file
from qabot.provider_choice import choose_chat, choose_embedding
from qabot.secret_key import kept_key, temporary_key

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = Environment({**read_env_file(BASE_DIR / ".env"), **os.environ})

# Where we run. Heroku sets DYNO in every dyno.
ON_DYNO = bool(ENV.text("DYNO"))
DEBUG = ENV.boolean("DEBUG", False) and not ON_DYNO
VAR_DIR = Path(ENV.text("VAR_DIR", str(BASE_DIR / "var"))).expanduser().absolute()
PORT = ENV.integer("PORT", 8000, minimum=1, maximum=65535)
WEB_CONCURRENCY = ENV.integer("WEB_CONCURRENCY", 2, minimum=1, maximum=64)
WORKER_IN_WEB = ENV.boolean("WORKER_IN_WEB", True)

# Who may call
HEROKU_DOMAIN = ENV.text("HEROKU_APP_DEFAULT_DOMAIN_NAME", ".herokuapp.com")
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = ENV.listed("ALLOWED_HOSTS", [HEROKU_DOMAIN] if ON_DYNO else LOCAL_HOSTS)
CSRF_TRUSTED_ORIGINS = ENV.listed("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXY_HOPS = ENV.integer("TRUSTED_PROXY_HOPS", 1 if ON_DYNO else 0, maximum=10)
SITE_URL = ENV.url("SITE_URL", f"https://{HEROKU_DOMAIN.lstrip('.')}" if ON_DYNO else f"http://localhost:{PORT}")
SITE_NAME = ENV.text("SITE_NAME", "QABot")

# Secrets
SECRET_KEY = ENV.text("SECRET_KEY")
SECRET_KEY_IS_TEMPORARY = ON_DYNO and not SECRET_KEY  # the build has none, and needs none
if not SECRET_KEY:
    SECRET_KEY = temporary_key() if ON_DYNO else kept_key(VAR_DIR / "secret_key")
if ON_DYNO:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # Heroku's router always sets it itself
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Data
DATABASE_URL = ENV.text("DATABASE_URL")
# A connection for each thread would exceed the 20 of Heroku's essential plans; four a process serve eight threads.
POOL = {"min_size": 0, "max_size": 4, "timeout": 10, "max_idle": 120}
EMBEDDED_POSTGRES = {
    "ENGINE": "qabot.embedded_postgres",
    "NAME": "qabot",
    "OPTIONS": {"data_directory": str(VAR_DIR / "postgres")},
}


def _database() -> dict[str, Any]:
    database: dict[str, Any] = EMBEDDED_POSTGRES
    if DATABASE_URL:
        try:
            database = {**dj_database_url.parse(DATABASE_URL, ssl_require=ON_DYNO)}
        except ValueError:
            # The value is not repeated: it holds a password.
            ENV.reject("DATABASE_URL must be an address like postgres://user:password@host:5432/name.")
        if not database["ENGINE"].endswith((".postgresql", "embedded_postgres")):
            ENV.reject("DATABASE_URL must be that of a PostgreSQL with pgvector (postgres://…).")
    options = {**database.get("OPTIONS", {}), "pool": POOL}
    return {**database, "OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Providers and models; None stands for the local model, or for extraction instead of chat
_chat, _embedding = choose_chat(ENV), choose_embedding(ENV)
QABOT_CHAT_PROVIDER, QABOT_CHAT_MODEL = _chat.provider, _chat.model
QABOT_EMBEDDING_PROVIDER, QABOT_EMBEDDING_MODEL = _embedding.provider, _embedding.model
QABOT_EMBEDDING_DIMENSIONS = ENV.optional_integer("EMBEDDING_DIMENSIONS", minimum=1, maximum=4000)
QABOT_TOKEN_SIGNS = ENV.boolean("TOKEN_SIGNS", True)

# Limits
QABOT_MAX_UPLOAD_BYTES = ENV.integer("MAX_UPLOAD_BYTES", 50 * 2**20, minimum=1, maximum=2**30)
QABOT_MAX_QUESTION_CHARACTERS = ENV.integer("MAX_QUESTION_CHARACTERS", 2000, minimum=1, maximum=100_000)
QABOT_PROMPT_TOKENS = ENV.integer("PROMPT_TOKENS", 6000, minimum=1000, maximum=1_000_000)
QABOT_PARSER_LIMITS = {
    "max_pages": ENV.integer("MAX_PAGES", 5000, minimum=1),
    "max_characters": ENV.integer("MAX_CHARACTERS", 50_000_000, minimum=1),
    "max_cells": ENV.integer("MAX_CELLS", 2_000_000, minimum=1),
    "max_inflated_bytes": ENV.integer("MAX_INFLATED_BYTES", 300 * 2**20, minimum=1),
    "max_zip_entries": ENV.integer("MAX_ZIP_ENTRIES", 10_000, minimum=1),
    "max_zip_ratio": ENV.integer("MAX_ZIP_RATIO", 200, minimum=1),
    "memory_bytes": ENV.integer("PARSER_MEMORY_BYTES", 400 * 2**20, minimum=64 * 2**20),
    "cpu_seconds": ENV.integer("PARSER_CPU_SECONDS", 300, minimum=1),
    "wall_seconds": ENV.integer("PARSER_WALL_SECONDS", 600, minimum=1),
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20  # bytes of a request without its files
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20  # larger files wait on disk: 512 MB must do for many uploads at once
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# The application
INSTALLED_APPS = [
    "qabot",
    "documents",
    "answers",
    "answers.evaluation",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "qabot.middleware.RequestIdMiddleware",
    "qabot.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "qabot.urls"
WSGI_APPLICATION = "qabot.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# People
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
PASSWORD_RESET_TIMEOUT = 3600  # seconds a one-time sign-in link lives
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"

# Language, time, static files
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "qabot.static_files.StaticFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# A source map is for whoever debugs the library; compressing them took half of the build.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# REST
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "qabot.api_keys.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "qabot.pagination.Pages",
    "EXCEPTION_HANDLER": "qabot.problems.problem_handler",
    "NUM_PROXIES": TRUSTED_PROXY_HOPS,
}
SPECTACULAR_SETTINGS = {
    "TITLE": SITE_NAME,
    "DESCRIPTION": "Ask your documents: answers whose every claim links to the exact words it rests on.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "DocumentStatus": "documents.models.Status",
        "AnswerStatus": "answers.models.AnswerStatus",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Logs: one line an event on stdout; never a question, a chunk or a key
LOG_LEVEL = ENV.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": f"qabot.log_format.{'JsonFormatter' if ON_DYNO else 'LogfmtFormatter'}"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": sys.stdout, "formatter": "line"}},
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["stdout"], "level": LOG_LEVEL, "propagate": False},
        # These repeat whole requests at DEBUG: prompts, chunks and keys.
        "openai": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "httpcore2": {"level": "WARNING"},
        "django.db.backends": {"level": "WARNING"},
    },
}

ENV.check()
