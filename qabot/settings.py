"""All settings. The only module that reads the environment; docs/settings.md lists every variable."""

import os
import sys
from pathlib import Path
from typing import Any

import dj_database_url
from whitenoise.compress import Compressor

from documents.vector_index.places import KEY_NAMES, Place, parse_place
from qabot.email_choice import choose_email
from qabot.environment import Environment, read_env_file
from qabot.monitoring import choose_metrics, choose_sentry
from qabot.openid_provider import choose_openid
from qabot.prices import read_prices
from qabot.provider_choice import choose_chat, choose_embedding
from qabot.redaction import Redactor, secrets_in_address
from qabot.secret_key import GUESSABLE_KEY, is_guessable, kept_key, temporary_key

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = Environment({**read_env_file(BASE_DIR / ".env"), **os.environ})

# Where we run. Heroku sets DYNO in every dyno.
ON_DYNO = bool(ENV.text("DYNO"))
DEBUG = ENV.boolean("DEBUG", False) and not ON_DYNO
VAR_DIR = Path(ENV.text("VAR_DIR", str(BASE_DIR / "var"))).expanduser().absolute()
PORT = ENV.integer("PORT", 8000, minimum=1, maximum=65535)
WEB_CONCURRENCY = ENV.integer("WEB_CONCURRENCY", 2, minimum=1, maximum=64)
WORKER_IN_WEB = ENV.boolean("WORKER_IN_WEB", True)
WORKER_CONCURRENCY = ENV.integer("WORKER_CONCURRENCY", 1 if ON_DYNO else 2, minimum=1, maximum=16)
DYNO_RAM = ENV.optional_integer("DYNO_RAM", minimum=1)  # MB

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
SECRET_KEY_FALLBACKS = ENV.listed("SECRET_KEY_FALLBACKS")  # accepted, no longer signed with
for _name, _keys in {"SECRET_KEY": [SECRET_KEY], "SECRET_KEY_FALLBACKS": SECRET_KEY_FALLBACKS}.items():
    if ON_DYNO and any(is_guessable(key) for key in _keys if key):
        ENV.reject(GUESSABLE_KEY.format(name=_name))
SECRET_KEY_IS_TEMPORARY = ON_DYNO and not SECRET_KEY  # the build has none, and needs none
if not SECRET_KEY:
    SECRET_KEY = temporary_key() if ON_DYNO else kept_key(VAR_DIR / "secret_key")
_secrets = [SECRET_KEY, *SECRET_KEY_FALLBACKS]  # all that is known of, for REDACTOR

# What browsers are told. `qabot.middleware` adds the content security policy.
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENV.boolean("HSTS_SUBDOMAINS", not ENV.text("ALLOWED_HOSTS"))
SECURE_HSTS_PRELOAD = ENV.boolean("HSTS_PRELOAD", False)
if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
    ENV.reject("HSTS_PRELOAD=1 needs HSTS_SUBDOMAINS=1: browsers' lists take whole domains only.")
# Whether a domain's other names are HTTPS only, and for good, is its owner's to say, by these two settings.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if ON_DYNO:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # Heroku's router always sets it itself
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
if ON_DYNO or SITE_URL.startswith("https://"):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # Browsers take a __Host- cookie over HTTPS from this very host alone: no neighbour under the domain can plant one.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # pages carry the token themselves
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY = ON_DYNO or SITE_URL.startswith("https://"), True
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # seconds; without it, a choice would be gone with the browser's window
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no third cookie
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Data
DATABASE_URL = ENV.text("DATABASE_URL")
# A connection for each thread would exceed the 20 of Heroku's essential plans; four a process serve eight threads.
POOL = {"min_size": 0, "max_size": 4, "timeout": 10, "max_idle": 120}
DATABASE_CONNECTIONS = ENV.integer("DATABASE_CONNECTIONS", 20 if ON_DYNO else 100, minimum=12)
DATABASE_PLAN_BYTES = ENV.optional_integer("DATABASE_PLAN_BYTES", minimum=1)
# A server that vanished without a word (a failover) is noticed within a minute, not after two hours.
KEEP_ALIVE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
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
    options = {**KEEP_ALIVE, **database.get("OPTIONS", {}), "pool": POOL}
    # A PgBouncer in between (Heroku's larger plans) hands each transaction to another connection: a cursor of the
    # server's, which Django opens for long lists, would be gone.
    cursors = {"DISABLE_SERVER_SIDE_CURSORS": True}
    return {**database, **cursors, "OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}


def _vector_index() -> Place | None:
    url, keys = ENV.text("VECTOR_INDEX_URL"), {engine: ENV.text(name) for engine, name in KEY_NAMES.items()}
    if not url:
        return None
    try:
        return parse_place(url, keys.get(url.partition(":")[0], ""))
    except ValueError as error:
        # The value is not repeated: somebody may have put a key into it.
        ENV.reject(f"VECTOR_INDEX_URL cannot be used: {error}.")
        return None


DATABASES = {"default": _database()}
_secrets += secrets_in_address(DATABASE_URL)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Providers and models; None stands for the local model, or for extraction instead of chat
_chat, _embedding = choose_chat(ENV), choose_embedding(ENV)
QABOT_CHAT_PROVIDER, QABOT_CHAT_MODEL = _chat.provider, _chat.model
QABOT_EMBEDDING_PROVIDER, QABOT_EMBEDDING_MODEL = _embedding.provider, _embedding.model
QABOT_EMBEDDING_DIMENSIONS = ENV.optional_integer("EMBEDDING_DIMENSIONS", minimum=1, maximum=4000)
for _provider in filter(None, (_chat.provider, _embedding.provider)):
    _secrets += [_provider.api_key, *secrets_in_address(_provider.base_url)]
QABOT_TOKEN_SIGNS = ENV.boolean("TOKEN_SIGNS", True)
QABOT_VECTOR_INDEX = _vector_index()  # None: vectors are searched for in Postgres
_secrets += [QABOT_VECTOR_INDEX.api_key] if QABOT_VECTOR_INDEX else []
QABOT_MODEL_PRICES = read_prices(ENV)
QABOT_DAILY_TOKENS = {  # None: no limit
    "app": ENV.optional_integer("DAILY_TOKENS", minimum=1),
    "user": ENV.optional_integer("DAILY_TOKENS_PER_USER", minimum=1),
    "key": ENV.optional_integer("DAILY_TOKENS_PER_KEY", minimum=1),
    "indexing": ENV.optional_integer("DAILY_TOKENS_INDEXING", minimum=100_000),  # one batch may take 30,000
}

# Limits
QABOT_MAX_UPLOAD_BYTES = ENV.integer("MAX_UPLOAD_BYTES", 50 * 2**20, minimum=1, maximum=2**30)
QABOT_MAX_QUESTION_CHARACTERS = ENV.integer("MAX_QUESTION_CHARACTERS", 2000, minimum=1, maximum=100_000)
QABOT_MAX_FORM_BYTES = max(
    ENV.integer("MAX_FORM_BYTES", 200 * 2**20, minimum=1, maximum=2**33),
    QABOT_MAX_UPLOAD_BYTES + 2**20,  # one file of the largest size must fit
)
QABOT_ANONYMOUS_DAYS = ENV.integer("ANONYMOUS_DAYS", 30, minimum=0, maximum=36_500)
# Two processes of 48 take 208 threads; a dyno of 512 MB has 256 (devcenter.heroku.com/articles/limits).
QABOT_MAX_STREAMS = ENV.integer("MAX_STREAMS", 48, minimum=1, maximum=500)
QABOT_RATES = {  # (how often, in how many seconds); None is no limit
    "ask": ENV.rate("ASK_RATE", "30/m"),
    "upload": ENV.rate("UPLOAD_RATE", "60/m"),
    "api": ENV.rate("API_RATE", "300/m"),
    "picture": ENV.rate("PICTURE_RATE", "120/m"),
    "signin": ENV.rate("SIGNIN_RATE", "10/m"),
    "account": ENV.rate("SIGNIN_ACCOUNT_RATE", "10/15m"),
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "limits": {
        "BACKEND": "qabot.rate_cache.RateCache",
        # Every key names its window of time, so a count has to outlive the longest one, and the clocks' differences.
        "TIMEOUT": 60 + max(rate[1] if rate else 0 for rate in QABOT_RATES.values()),
    },
}
RATELIMIT_USE_CACHE = "limits"
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
DATA_UPLOAD_MAX_NUMBER_FILES = ENV.integer("MAX_FILES_AT_ONCE", 20, minimum=1, maximum=1000)

# The application
INSTALLED_APPS = [
    "qabot",
    "documents",
    "answers",
    "answers.evaluation",
    "qabot.admin_config.AdminConfig",
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
    "qabot.rate_limits.RateLimitHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",  # before all that refuses: a refusal is read too
    "django.middleware.common.CommonMiddleware",
    "qabot.request_bodies.BoundedBodyMiddleware",  # before CSRF: looking for its token reads the whole form
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "qabot.signed_in.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
                "qabot.appearance.appearance",
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
QABOT_OPENID_PROVIDER = choose_openid(ENV)  # None: nobody signs in by OpenID Connect
_email = choose_email(ENV)  # None: no e-mail is sent, and nobody gets a new password by it
QABOT_SENDS_EMAIL = _email is not None
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _email else 'dummy'}.EmailBackend"
if _email is not None:
    EMAIL_HOST, EMAIL_PORT, DEFAULT_FROM_EMAIL = _email.host, _email.port, _email.sender
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email.user, _email.password
    EMAIL_USE_TLS, EMAIL_USE_SSL, EMAIL_TIMEOUT = _email.starttls, _email.tls, _email.timeout_seconds
_secrets += [secret.password for secret in [_email] if secret]
_secrets += [secret.client_secret for secret in [QABOT_OPENID_PROVIDER] if secret]

# Language, time, static files
LANGUAGE_CODE = "en"  # what the texts are written in
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # each by its own name
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_THOUSAND_SEPARATOR = False  # ids in addresses are numbers too; `|number` groups those that are read
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
        "qabot.session_authentication.SessionAuthentication",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "qabot.pagination.Pages",
    "DEFAULT_THROTTLE_CLASSES": ["qabot.rate_limits.RateThrottle"],
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
DEFAULT_EXCEPTION_REPORTER = "qabot.error_reports.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "qabot.error_reports.ReporterFilter"
QABOT_SENTRY = choose_sentry(ENV)  # None: nobody is told of errors but the log
QABOT_METRICS = choose_metrics(ENV)  # None: nobody counts
_secrets += [value for _, value in QABOT_METRICS.headers] if QABOT_METRICS else []
REDACTOR = Redactor(_secrets)
VECTOR_CLIENTS = (
    *("chromadb", "grpc", "httpcore", "httpx", "milvus_lite", "pinecone", "pymilvus", "qdrant_client"),
    *("weaviate", "weaviate-client"),
)
LOG_LEVEL = ENV.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": f"qabot.log_format.{'JsonFormatter' if ON_DYNO else 'LogfmtFormatter'}", "redactor": REDACTOR}
    },
    "filters": {"routes": {"()": "qabot.log_format.RouteForPath"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": sys.stdout, "formatter": "line"}},
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["stdout"], "level": LOG_LEVEL, "propagate": False},
        "django.request": {"filters": ["routes"]},
        "django.template": {"level": "WARNING"},  # repeats all that a page was given at DEBUG: requests, questions
        # These repeat whole requests at DEBUG: prompts, chunks and keys.
        "openai": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "httpcore2": {"level": "WARNING"},
        "authlib": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        # Clients of vector engines: a line for each request at INFO, vectors and headers at DEBUG.
        **{name: {"level": "WARNING"} for name in VECTOR_CLIENTS},
        "django.db.backends": {"level": "WARNING"},
    },
}

ENV.check()
