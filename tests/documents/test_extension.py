"""The version of pgvector is read from the database and decides what is asked of it."""

import pytest
from django.db import connection

from documents.vector_index.extension import PgvectorTooOld, read_version, require_half_vectors, scans_iteratively


@pytest.mark.django_db
def test_the_version_is_the_databases_own():
    version = read_version(connection)

    assert version >= (0, 7)
    assert scans_iteratively() == (version >= (0, 8))
    require_half_vectors(connection)


@pytest.mark.django_db
def test_a_database_without_the_extension_is_refused_with_what_to_do():
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION vector CASCADE")  # undone with the test's transaction

    assert read_version(connection) == ()
    with pytest.raises(PgvectorTooOld, match="this database has none"):
        require_half_vectors(connection)
