"""What the settings make of an environment, each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from qabot.settings import ENV

ROOT = Path(settings.BASE_DIR)
NAMES = (
    "DEBUG",
    "ALLOWED_HOSTS",
    "SECRET_KEY_IS_TEMPORARY",
    "SECURE_SSL_REDIRECT",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "TRUSTED_PROXY_HOPS",
    "QABOT_CHAT_MODEL",
    "QABOT_EMBEDDING_MODEL",
    "QABOT_EMBEDDING_DIMENSIONS",
)
SHOW = f"""
import json
from django.conf import settings
shown = {{name: getattr(settings, name) for name in {NAMES!r}}}
for role in ("CHAT", "EMBEDDING"):
    provider = getattr(settings, f"QABOT_{{role}}_PROVIDER")
    shown[role] = provider and [provider.base_url, provider.api_key]
database = settings.DATABASES["default"]
shown["DATABASE"] = [database["ENGINE"], database["CONN_MAX_AGE"], database["OPTIONS"].get("sslmode")]
shown["POOL"] = database["OPTIONS"]["pool"]["max_size"]
print(json.dumps(shown))
"""
LOCAL = {
    "DEBUG": False,
    "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
    "SECRET_KEY_IS_TEMPORARY": False,
    "SECURE_SSL_REDIRECT": False,
    "SESSION_COOKIE_SECURE": False,
    "SESSION_COOKIE_NAME": "sessionid",
    "CSRF_COOKIE_NAME": "csrftoken",
    "TRUSTED_PROXY_HOPS": 0,
    "QABOT_CHAT_MODEL": "",
    "QABOT_EMBEDDING_MODEL": "all-MiniLM-L6-v2",
    "QABOT_EMBEDDING_DIMENSIONS": None,
    "CHAT": None,
    "EMBEDDING": None,
    "DATABASE": ["qabot.embedded_postgres", 0, None],
    "POOL": 4,
}
OPENAI = {
    "CHAT": ["https://api.openai.com/v1", "sk-1"],
    "QABOT_CHAT_MODEL": "gpt-4.1-mini",
    "EMBEDDING": ["https://api.openai.com/v1", "sk-1"],
    "QABOT_EMBEDDING_MODEL": "text-embedding-3-small",
}
KEY = "0123456789abcdef" * 4
SIGN = "from django.core.signing import Signer; print(Signer().sign('hello'))"
UNSIGN = "import sys; from django.core.signing import Signer; print(Signer().unsign(sys.argv[1]))"
DYNO = {"DYNO": "web.1", "SECRET_KEY": KEY, "DATABASE_URL": "postgres://u:p@db.example:5432/d"}


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # Every variable that settings read is emptied first: the developer's own must not decide a test.
    clean = dict.fromkeys(ENV.names_read, "")
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**clean, "PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "qabot.settings", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def shown(tmp_path: Path, **environment: str) -> dict[str, object]:
    done = python("-c", SHOW, VAR_DIR=str(tmp_path), **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_set_means_a_laptop_without_keys(tmp_path: Path):
    assert shown(tmp_path) == LOCAL


def test_reading_settings_starts_no_database_and_keeps_the_key_from_others(tmp_path: Path):
    shown(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("arguments", [["--help"], ["collectstatic", "--noinput", "--dry-run", "-v0"]])
def test_these_commands_start_no_database(arguments: list[str], tmp_path: Path):
    done = python("manage.py", *arguments, VAR_DIR=str(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_the_build_of_heroku_collects_static_files_without_secrets_or_database(tmp_path: Path):
    done = python("manage.py", "collectstatic", "--noinput", "--dry-run", "-v0", VAR_DIR=str(tmp_path), DYNO="run.1")

    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_dyno_is_closed_by_default(tmp_path: Path):
    assert shown(tmp_path, **DYNO, DEBUG="1") == {
        **LOCAL,
        "ALLOWED_HOSTS": [".herokuapp.com"],
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "TRUSTED_PROXY_HOPS": 1,
        "DATABASE": ["django.db.backends.postgresql", 0, "require"],
    }


def test_a_dyno_without_a_secret_key_does_not_serve(tmp_path: Path):
    environment = {**DYNO, "SECRET_KEY": "", "VAR_DIR": str(tmp_path)}
    loading = python("-c", "import qabot.wsgi", **environment)
    serving = python("manage.py", "serve", **environment)
    migrating = python("manage.py", "migrate", **environment)

    for done in (loading, serving, migrating):
        assert done.returncode != 0
        assert "SECRET_KEY is not set. Set it once and keep it" in done.stderr


@pytest.mark.parametrize("domain", [{}, {"ALLOWED_HOSTS": "ask.example.com"}], ids=["heroku's domain", "own domain"])
def test_djangos_checks_before_a_deployment_find_nothing(domain: dict[str, str], tmp_path: Path):
    done = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", VAR_DIR=str(tmp_path), **DYNO, **domain)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("System check identified no issues")


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, [True, False]),
        ({"ALLOWED_HOSTS": "ask.example.com"}, [False, False]),
        ({"ALLOWED_HOSTS": "ask.example.com", "HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}, [True, True]),
    ],
)
def test_other_names_of_a_domain_of_ones_own_are_left_to_its_owner(
    environment: dict[str, str], told: list[bool], tmp_path: Path
):
    show = (
        "import json; from django.conf import settings as s;"
        "print(json.dumps([s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD]))"
    )

    assert json.loads(python("-c", show, VAR_DIR=str(tmp_path), **DYNO, **environment).stdout) == told


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({"SECRET_KEY": "too-short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "k" * 64}, "SECRET_KEY"),
        ({"SECRET_KEY": f"django-insecure-{KEY}"}, "SECRET_KEY"),
        ({"SECRET_KEY_FALLBACKS": f"{KEY},too-short"}, "SECRET_KEY_FALLBACKS"),
    ],
)
def test_a_dyno_refuses_a_key_that_can_be_guessed_without_repeating_it(keys: dict[str, str], name: str, tmp_path: Path):
    done = python("manage.py", "check", VAR_DIR=str(tmp_path), **{**DYNO, **keys})

    assert done.returncode == 1
    assert done.stderr.startswith(f"The settings cannot be used. {name} can be guessed: a key has 50 characters")
    assert not any(value in done.stdout + done.stderr for value in keys.values())


def test_an_earlier_key_is_still_accepted_while_keys_are_changed(tmp_path: Path):
    signed = python("-c", SIGN, VAR_DIR=str(tmp_path), **DYNO).stdout.strip()
    changed = {**DYNO, "SECRET_KEY": KEY[::-1], "VAR_DIR": str(tmp_path)}

    assert python("-c", UNSIGN, signed, **changed, SECRET_KEY_FALLBACKS=KEY).stdout == "hello\n"
    assert "BadSignature" in python("-c", UNSIGN, signed, **changed).stderr


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"OPENAI_API_KEY": "sk-1"}, OPENAI),
        (
            {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "http://gateway.example/v1/", "CHAT_MODEL": "big"},
            {
                **OPENAI,
                "CHAT": ["http://gateway.example/v1", "sk-1"],
                "EMBEDDING": ["http://gateway.example/v1", "sk-1"],
                "QABOT_CHAT_MODEL": "big",
            },
        ),
        (
            {"OPENAI_API_KEY": "sk-1", "CHAT_BASE_URL": "http://localhost:11434/v1", "CHAT_MODEL": "llama"},
            {**OPENAI, "CHAT": ["http://localhost:11434/v1", "none"], "QABOT_CHAT_MODEL": "llama"},
        ),
        (
            {
                "INFERENCE_URL": "https://us.inference.example",
                "INFERENCE_KEY": "inf-1",
                "INFERENCE_MODEL_ID": "claude",
                "EMBEDDING_URL": "https://us.inference.example/",
                "EMBEDDING_KEY": "inf-2",
                "EMBEDDING_MODEL_ID": "cohere",
                "EMBEDDING_DIMENSIONS": "1024",
            },
            {
                "CHAT": ["https://us.inference.example/v1", "inf-1"],
                "QABOT_CHAT_MODEL": "claude",
                "EMBEDDING": ["https://us.inference.example/v1", "inf-2"],
                "QABOT_EMBEDDING_MODEL": "cohere",
                "QABOT_EMBEDDING_DIMENSIONS": 1024,
            },
        ),
        (
            {"OPENAI_API_KEY": "sk-1", "INFERENCE_URL": "https://us.inference.example", "INFERENCE_KEY": "inf-1"},
            OPENAI,
        ),
    ],
    ids=["openai", "openai at another address", "a chat server of one's own", "heroku", "openai before heroku"],
)
def test_providers_are_chosen_in_the_order_of_the_design(
    environment: dict[str, str], expected: dict[str, object], tmp_path: Path
):
    assert shown(tmp_path, **environment) == {**LOCAL, **expected}


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT": "http"}, "PORT must be a whole number, not 'http'."),
        ({"LOG_LEVEL": "chatty"}, "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'CHATTY'."),
        (
            {"DATABASE_URL": "mysql://u:p@h/d"},
            "DATABASE_URL must be that of a PostgreSQL with pgvector (postgres://…).",
        ),
        (
            {"DATABASE_URL": "nonsense"},
            "DATABASE_URL must be an address like postgres://user:password@host:5432/name.",
        ),
        (
            {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "api.example"},
            "OPENAI_BASE_URL must be an address that starts with http:// or https://.",
        ),
        (
            {"VECTOR_INDEX_URL": "faiss://host"},
            "VECTOR_INDEX_URL cannot be used: it must begin with one of qdrant://, milvus://, weaviate://, chroma://, "
            "pinecone://.",
        ),
        (
            {"VECTOR_INDEX_URL": "qdrant://:secret-key@host"},
            "VECTOR_INDEX_URL cannot be used: it must hold no key: that is QDRANT_API_KEY.",
        ),
        (
            {"HSTS_PRELOAD": "1", "HSTS_SUBDOMAINS": "0"},
            "HSTS_PRELOAD=1 needs HSTS_SUBDOMAINS=1: browsers' lists take whole domains only.",
        ),
        (
            {"WEB_CONCURRENCY": "0", "DEBUG": "2"},
            "DEBUG must be 1 or 0 (also true/false, yes/no, on/off), not '2'. "
            "WEB_CONCURRENCY must be between 1 and 64, not 0.",
        ),
    ],
)
def test_a_bad_value_stops_the_start_with_a_sentence(environment: dict[str, str], sentence: str, tmp_path: Path):
    done = python("manage.py", "check", VAR_DIR=str(tmp_path), **environment)

    assert done.returncode == 1
    assert done.stderr == f"The settings cannot be used. {sentence}\n"


def test_an_engine_is_named_by_its_address_and_its_key_is_shown_nowhere(tmp_path: Path):
    show = (
        "from django.conf import settings; place = settings.QABOT_VECTOR_INDEX; "
        "print(place.location, place.tls, place.api_key == 'sk-qdrant-0001', place, settings.REDACTOR(place.api_key))"
    )
    address = {"VECTOR_INDEX_URL": "qdrant://vectors.example:6334?tls=1", "QDRANT_API_KEY": "sk-qdrant-0001"}

    done = python("-c", show, VAR_DIR=str(tmp_path), CHROMA_API_KEY="sk-chroma-0001", **address)

    assert done.stdout.startswith("qdrant://vectors.example:6334 True True Place(engine='qdrant'"), done.stderr
    assert done.stdout.endswith(" [secret]\n")
    assert "sk-" not in done.stdout


def test_every_variable_is_in_the_table_of_the_documentation():
    table = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}

    assert documented == ENV.names_read


def test_every_variable_of_the_example_is_a_real_one():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = {line.lstrip("# ").partition("=")[0] for line in lines if "=" in line}

    assert named <= ENV.names_read
