"""How vectors travel between us and the database."""

import numpy as np
from django.db import connection
from django.db.models import BinaryField, Func
from numpy.typing import NDArray
from pgvector.psycopg import register_vector


def know_vectors() -> None:
    """Teach the connection how vectors are sent, once in its life: finding out takes a dozen requests.

    To be called before the cursor is made: a cursor copies what its connection knows.
    """
    connection.ensure_connection()
    if connection.connection.adapters.types.get("halfvec") is None:
        register_vector(connection.connection)


def as_bytes(column: str) -> Func:
    """A vector as it lies in the database, for `from_bytes`: read as text it takes 200 times as long. Measured."""
    return Func(column, function="halfvec_send", output_field=BinaryField())


def from_bytes(sent: bytes | memoryview) -> NDArray[np.float32]:
    """What `halfvec_send` gave: two bytes of dimensions, two of nothing, and half floats, the high byte first."""
    return np.frombuffer(sent, ">f2", offset=4).astype(np.float32)
