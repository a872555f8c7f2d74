"""The forward pass of all-MiniLM-L6-v2 in numpy. Pure: knows nothing of files, tokenizers or Django.

The texts of a batch stand one behind the other in one array of tokens: every linear layer is one matrix
product, attention goes text by text. There is no padding, so no mask and no work thrown away, and a text's
vector does not depend on its neighbours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 384
LAYERS = 6
HEADS = 12
HEAD_DIMENSIONS = DIMENSIONS // HEADS
LAYER_NORM_EPSILON = 1e-12  # the model's config.json

Array = NDArray[np.float32]
Weights = Mapping[str, Array]


@dataclass(frozen=True)
class Layer:
    """The weights of one transformer layer, by the part they play."""

    query: tuple[Array, Array]  # matrix (out, in) and bias, as torch stores them
    key: tuple[Array, Array]
    value: tuple[Array, Array]
    attended: tuple[Array, Array]
    attended_norm: tuple[Array, Array]  # scale and shift
    widen: tuple[Array, Array]
    narrow: tuple[Array, Array]
    output_norm: tuple[Array, Array]


def encode(weights: Weights, texts: Sequence[Sequence[int]]) -> tuple[Array, list[Array]]:
    """Embed texts given as token ids, special tokens included: n texts -> (n, 384), each row of unit length.

    The second part is each text's token vectors, (tokens, 384), whose mean the first part is.
    """
    lengths = [len(ids) for ids in texts]
    ends = np.cumsum(lengths)
    spans = [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]
    hidden = _token_embeddings(weights, texts)
    for layer in _layers(weights):
        hidden = _transform(layer, hidden, spans)
    tokens = [hidden[span] for span in spans]
    means = np.stack([rows.mean(axis=0) for rows in tokens])
    return means / np.linalg.norm(means, axis=1, keepdims=True), tokens


def _token_embeddings(weights: Weights, texts: Sequence[Sequence[int]]) -> Array:
    words = weights["embeddings.word_embeddings.weight"][np.concatenate([np.asarray(ids) for ids in texts])]
    words += weights["embeddings.position_embeddings.weight"][np.concatenate([np.arange(len(ids)) for ids in texts])]
    words += weights["embeddings.token_type_embeddings.weight"][0]
    return _normalise(words, _pair(weights, "embeddings.LayerNorm"))


def _layers(weights: Weights) -> Iterator[Layer]:
    for number in range(LAYERS):
        name = f"encoder.layer.{number}"
        yield Layer(
            query=_pair(weights, f"{name}.attention.self.query"),
            key=_pair(weights, f"{name}.attention.self.key"),
            value=_pair(weights, f"{name}.attention.self.value"),
            attended=_pair(weights, f"{name}.attention.output.dense"),
            attended_norm=_pair(weights, f"{name}.attention.output.LayerNorm"),
            widen=_pair(weights, f"{name}.intermediate.dense"),
            narrow=_pair(weights, f"{name}.output.dense"),
            output_norm=_pair(weights, f"{name}.output.LayerNorm"),
        )


def _pair(weights: Weights, name: str) -> tuple[Array, Array]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _transform(layer: Layer, hidden: Array, spans: Sequence[slice]) -> Array:
    attended = _linear(_attend(layer, hidden, spans), layer.attended)
    attended += hidden
    attended = _normalise(attended, layer.attended_norm)
    output = _linear(_gelu(_linear(attended, layer.widen)), layer.narrow)
    output += attended
    return _normalise(output, layer.output_norm)


def _attend(layer: Layer, hidden: Array, spans: Sequence[slice]) -> Array:
    query = _linear(hidden, layer.query)
    query *= np.float32(HEAD_DIMENSIONS**-0.5)
    key, value = _linear(hidden, layer.key), _linear(hidden, layer.value)
    for span in spans:
        # A text's queries are not needed once it has attended: its result takes their place.
        query[span] = _attend_within(query[span], key[span], value[span])
    return query


def _attend_within(query: Array, key: Array, value: Array) -> Array:
    """Attention of one text's tokens to each other: three arrays (tokens, 384) -> (tokens, 384)."""
    by_head = (len(query), HEADS, HEAD_DIMENSIONS)
    scores: Array = query.reshape(by_head).transpose(1, 0, 2) @ key.reshape(by_head).transpose(1, 2, 0)
    scores -= scores.max(axis=2, keepdims=True)
    np.exp(scores, out=scores)
    mixed: Array = scores @ value.reshape(by_head).transpose(1, 0, 2)
    # Dividing after the product touches 32 numbers a token instead of one for each token of the text.
    mixed /= scores.sum(axis=2, keepdims=True)
    return mixed.transpose(1, 0, 2).reshape(query.shape)


def _linear(hidden: Array, parameters: tuple[Array, Array]) -> Array:
    matrix, bias = parameters
    product: Array = hidden @ matrix.T
    product += bias
    return product


def _normalise(hidden: Array, parameters: tuple[Array, Array]) -> Array:
    scale, shift = parameters
    hidden -= hidden.mean(axis=1, keepdims=True)
    hidden *= 1 / np.sqrt(np.mean(hidden * hidden, axis=1, keepdims=True) + np.float32(LAYER_NORM_EPSILON))
    hidden *= scale
    hidden += shift
    return hidden


def _gelu(values: Array) -> Array:
    """GELU by its tanh approximation (Hendrycks and Gimpel 2016): the model was trained with erf, which numpy lacks."""
    inner = values * values
    inner *= np.float32(0.044715)
    inner += 1
    inner *= values
    inner *= np.float32((2 / np.pi) ** 0.5)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= values
    inner *= np.float32(0.5)
    return inner
