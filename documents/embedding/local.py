"""Embed with all-MiniLM-L6-v2 on this machine's processor: no key, no network. Knows no Django and no database."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from documents.embedding import minilm
from documents.embedding.base import QuestionTokens
from documents.embedding.model_files import (
    INSTALL,
    LocalModelMissing,
    ModelFiles,
    check_files,
    installed_files,
    mapped_tensors,
)
from documents.embedding.token_signs import pack_signs, project

LOCAL_MODEL = "all-MiniLM-L6-v2"
MAX_TOKENS = 256  # of a text, its two special tokens included; the model's sentence_bert_config.json
BATCH_TOKENS = 256  # of a forward pass: as fast as more, and 8 MB of intermediate results
BATCH_PASSAGES = 32  # about 3 s of work: what is lost when a worker dies, and how often progress shows


@dataclass(frozen=True)
class LoadedModel:
    """The model ready to run. Nothing in it changes, so threads share it."""

    weights: Mapping[str, NDArray[np.float32]]
    tokenizer: Any


class LocalEmbedder:
    """all-MiniLM-L6-v2: 384 dimensions, 256 tokens, made for English. Loads at its first use.

    Passages are embedded by so many `threads` side by side, a question by whoever asks.
    """

    model = LOCAL_MODEL
    dimensions = minilm.DIMENSIONS
    batch_size = BATCH_PASSAGES

    def __init__(self, files: ModelFiles | None = None, threads: int = 1) -> None:
        self._files = files
        self._threads = threads
        self._loaded: LoadedModel | None = None
        self._loading = threading.Lock()

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed passages in order: n texts -> (n, 384), each row of unit length. What is beyond 256 tokens is cut.

        Raises LocalModelMissing or LocalModelCorrupt.
        """
        vectors = [encoded for encoded, _ in self._encoded(texts)]
        return np.concatenate([*vectors, np.empty((0, self.dimensions), dtype=np.float32)])

    def embed_passages_and_tokens(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], list[bytes]]:
        """`embed_passages`, and the signs of each text's tokens (256 at most): 32 bytes a token."""
        vectors: list[NDArray[np.float32]] = [np.empty((0, self.dimensions), dtype=np.float32)]
        signs: list[bytes] = []
        for encoded, tokens in self._encoded(texts):
            vectors.append(encoded)
            signs += [pack_signs(rows) for rows in tokens]
        return np.concatenate(vectors), signs

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """Embed one question: (384,), of unit length. The model makes no difference between questions and passages."""
        vector: NDArray[np.float32] = self.embed_questions([text])[0]
        return vector

    def embed_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`embed_question` of several: n texts -> (n, 384). The weights are read once, which is most of the work."""
        return self.embed_passages(texts)

    def embed_question_tokens(self, text: str) -> QuestionTokens:
        """`embed_question`, with the question's tokens."""
        loaded = self._load()
        encoding = loaded.tokenizer.encode(text)
        vectors, tokens = minilm.encode(loaded.weights, [encoding.ids])
        return QuestionTokens(vectors[0], project(tokens[0]), tuple(encoding.offsets))

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The characters that each token of a passage stands for, in the order of its signs."""
        return list(self._load().tokenizer.encode(text).offsets)

    def _encoded(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.float32], list[NDArray[np.float32]]]]:
        loaded = self._load()
        encode, batches = partial(minilm.encode, loaded.weights), _batches(loaded.tokenizer, texts)
        if self._threads == 1 or len(texts) == 1:
            yield from map(encode, batches)
            return
        with ThreadPoolExecutor(self._threads) as threads:  # numpy lets others run while it computes
            yield from threads.map(encode, batches)

    def _load(self) -> LoadedModel:
        # Under a lock: the threads that ask first would otherwise each check 91 MB.
        with self._loading:
            if self._loaded is None:
                self._loaded = _load(self._files or installed_files())
            return self._loaded


def _load(files: ModelFiles) -> LoadedModel:
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 - optional: only the local model needs it
    except ImportError:
        raise LocalModelMissing(f"The package tokenizers is not installed. Install it with {INSTALL}.") from None
    check_files(files)
    tokenizer = Tokenizer.from_file(str(files.tokenizer))
    tokenizer.enable_truncation(max_length=MAX_TOKENS)  # the file itself says 128, and pads
    tokenizer.no_padding()
    return LoadedModel(weights=mapped_tensors(files.weights), tokenizer=tokenizer)


def _batches(tokenizer: Any, texts: Sequence[str]) -> Iterator[list[list[int]]]:
    """Cut texts, in order, into batches of at most BATCH_TOKENS tokens, so that memory stays flat."""
    batch: list[list[int]] = []
    tokens = 0
    for text in texts:
        # One by one: `encode_batch` starts threads of its own, which do not survive a fork.
        ids = tokenizer.encode(text).ids
        if batch and tokens + len(ids) > BATCH_TOKENS:
            yield batch
            batch, tokens = [], 0
        batch.append(ids)
        tokens += len(ids)
    if batch:
        yield batch
