"""What an evaluation's figures rest on besides the set: the versions of what computed them."""

import platform
from importlib.metadata import version

from django.db import connection

from answers.evaluation.corpora import write_path_hash
from documents.models import EmbeddingIndex
from documents.vector_index.extension import read_version


def versions() -> dict[str, str]:
    active = EmbeddingIndex.objects.active()
    connection.ensure_connection()
    return {
        "embedding_model": active.model if active else "",
        "write_path": write_path_hash(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "django": version("django"),
        "postgres": str(connection.connection.info.server_version),
        "pgvector": ".".join(map(str, read_version(connection))),
    }
