"""A text's tokens as signs: what late interaction compares. Pure: knows no model's weights, no text and no database.

The token vectors of all-MiniLM-L6-v2 are turned into their 256 main directions, and only the signs of those are kept:
32 bytes a token, about 7 kB a chunk. A question keeps its numbers, so the sum over signs stays a graded similarity
(docs/decisions/0008-late-interaction-by-signs.md: signs find what 32-bit floats find).
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 256
TOKEN_BYTES = DIMENSIONS // 8
SIGN = np.float32(DIMENSIONS**-0.5)  # what each number of a unit vector of signs is, or its opposite
PROJECTION = Path(__file__).with_name("token_projection.npy")  # (384, 256) half floats, orthonormal columns

Array = NDArray[np.float32]


def project(hidden: Array) -> Array:
    """Turn token vectors into what is compared: (tokens, 384) -> (tokens, 256), each row of unit length."""
    projected: Array = hidden @ _projection()
    return projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-9)


def pack_signs(hidden: Array) -> bytes:
    """Keep the signs of token vectors: (tokens, 384) -> 32 bytes a token."""
    return np.packbits(hidden @ _projection() > 0, axis=1).tobytes()


def unpack_signs(packed: bytes) -> Array:
    """The inverse, as unit vectors: 32 bytes a token -> (tokens, 256), each number ±1/16."""
    return (_bits(packed) * 2 - 1) * SIGN


def without_ends(packed: bytes) -> bytes:
    """A text's tokens without the special ones at its ends, which say nothing of a text of a few words."""
    return packed[TOKEN_BYTES:-TOKEN_BYTES]


def best_matches(question: Array, passages: Sequence[bytes]) -> Array:
    """How well each passage matches each token of a question: its nearest token's similarity.

    (tokens, 256) of `project` and n > 0 packed passages of at least one token each -> (n, tokens).
    """
    lengths = [len(packed) // TOKEN_BYTES for packed in passages]
    starts = np.cumsum([0, *lengths[:-1]])
    # The bits' sums order as the signs' do: ten thousand tokens are not turned into signs for the best few (7 times).
    best: Array = np.maximum.reduceat(question @ _bits(b"".join(passages)).T, starts, axis=1).T
    return (2 * best - question.sum(axis=1)) * SIGN


def _bits(packed: bytes) -> Array:
    """32 bytes a token -> (tokens, 256) of 0 and 1."""
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8).reshape(-1, TOKEN_BYTES), axis=1)
    return bits.astype(np.float32)


@cache
def _projection() -> Array:
    projection: Array = np.load(PROJECTION, allow_pickle=False).astype(np.float32)
    return projection
