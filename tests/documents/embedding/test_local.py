"""The local model's vectors against torch's, recorded once in reference_vectors.json."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from documents.embedding.base import Embedder, TokenEmbedder
from documents.embedding.hosted import HostedEmbedder
from documents.embedding.local import BATCH_TOKENS, MAX_TOKENS, LocalEmbedder
from documents.embedding.model_files import LocalModelMissing, installed_files
from documents.embedding.token_signs import unpack_signs
from qabot.provider import Provider, ProviderSettings
from tests.fakes.provider import FakeProvider

REFERENCE = json.loads(Path(__file__).with_name("reference_vectors.json").read_text(encoding="utf-8"))["texts"]
TEXTS = [entry["text"] for entry in REFERENCE]


@pytest.fixture(scope="module")
def embedder() -> LocalEmbedder:
    pytest.importorskip("tokenizers", reason="the local model is not installed")
    try:
        installed_files()
    except LocalModelMissing as missing:
        pytest.skip(str(missing))
    return LocalEmbedder()


@pytest.mark.parametrize("entry", REFERENCE, ids=[entry["name"] for entry in REFERENCE])
def test_a_vector_is_torchs(embedder: Embedder, entry: dict[str, Any]):
    reference = np.array(entry["vector"])

    vector = embedder.embed_question(entry["text"])

    assert (vector.shape, vector.dtype) == ((384,), np.float32)
    assert vector @ reference / np.linalg.norm(reference) > 0.99999


def test_passages_come_in_order_and_each_has_the_vector_it_has_alone(embedder: Embedder):
    together = embedder.embed_passages(TEXTS)
    alone = np.stack([embedder.embed_question(text) for text in TEXTS])

    assert (together.shape, together.dtype) == ((len(TEXTS), 384), np.float32)
    assert np.allclose(np.linalg.norm(together, axis=1), 1)
    assert np.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_more_texts_than_a_batch_holds_come_in_order(embedder: Embedder, threads: int):
    side_by_side = LocalEmbedder(threads=threads)
    texts = [f"{number} " + "apple " * (number * 83 % 240) for number in range(12)]
    assert sum(len(text.split()) for text in texts) > BATCH_TOKENS

    vectors = side_by_side.embed_passages(texts)

    assert np.allclose(vectors, np.stack([embedder.embed_question(text) for text in texts]), atol=1e-5)
    assert np.allclose(vectors, side_by_side.embed_passages_and_tokens(texts)[0])


def test_no_texts_are_no_vectors(embedder: Embedder):
    assert embedder.embed_passages([]).shape == (0, 384)


def test_what_means_the_same_is_closer_than_what_does_not(embedder: Embedder):
    question = embedder.embed_question("How tall is the Eiffel Tower?")
    tower, recipe = embedder.embed_passages(["The tower in Paris rises 330 metres.", "Beat the eggs with sugar."])

    assert question @ tower > 0.5 > 0.2 > question @ recipe


def test_tokens_come_beside_the_same_vectors(embedder: LocalEmbedder):
    texts = ["Cats purr.", "word " * 400, *(f"{number} " + "apple " * (number * 83 % 240) for number in range(12))]

    vectors, signs = embedder.embed_passages_and_tokens(texts)

    assert np.array_equal(vectors, embedder.embed_passages(texts))
    tokens = [len(embedder.embed_question_tokens(text).spans) for text in texts]
    assert [len(packed) for packed in signs] == [32 * count for count in tokens]
    assert max(tokens) == tokens[1] == MAX_TOKENS


def test_no_texts_have_no_tokens(embedder: LocalEmbedder):
    vectors, signs = embedder.embed_passages_and_tokens([])

    assert (vectors.shape, vectors.dtype, signs) == ((0, 384), np.float32, [])


def test_a_questions_tokens_tell_where_they_stand(embedder: LocalEmbedder):
    text = "Where do purring cats sleep?"

    question = embedder.embed_question_tokens(text)

    parts = [text[start:end] for start, end in question.spans]
    assert (parts[0], parts[-1], parts[1:4]) == ("", "", ["Where", "do", "pu"])
    assert "".join(parts) == text.replace(" ", "")
    assert (question.tokens.shape, question.tokens.dtype) == ((len(parts), 256), np.float32)
    assert np.allclose(np.linalg.norm(question.tokens, axis=1), 1, atol=1e-5)
    assert np.array_equal(question.vector, embedder.embed_question(text))


def test_a_texts_signs_grade_its_tokens_as_their_numbers_do(embedder: LocalEmbedder):
    question = embedder.embed_question_tokens("When do cats purr?").tokens
    text = "A cat purrs when it is content, and dogs bark at strangers who come to the door at night."
    numbers = embedder.embed_question_tokens(text).tokens

    _, [signs] = embedder.embed_passages_and_tokens([text])

    graded = question @ unpack_signs(signs).T
    assert np.corrcoef(graded.ravel(), (question @ numbers.T).ravel())[0, 1] > 0.95


def test_only_the_local_model_tells_its_tokens(embedder: LocalEmbedder):
    with FakeProvider() as fake:
        hosted = HostedEmbedder(Provider(ProviderSettings(fake.base_url, "key")), "text-embedding-3-small")

    assert [isinstance(each, TokenEmbedder) for each in (embedder, hosted)] == [True, False]


def test_threads_share_one_model():
    pytest.importorskip("tokenizers", reason="the local model is not installed")
    fresh = LocalEmbedder()

    with ThreadPoolExecutor(4) as threads:
        vectors = list(threads.map(fresh.embed_question, ["the same question"] * 8))

    assert all(np.array_equal(vector, vectors[0]) for vector in vectors)


FORKING_SCRIPT = """
import os, sys
from documents.embedding.local import LocalEmbedder

embedder = LocalEmbedder()
before = embedder.embed_question("before the fork")
child = os.fork()
same = (embedder.embed_question("before the fork") == before).all()
if child == 0:
    os._exit(0 if same else 1)
sys.exit(0 if same and os.waitpid(child, 0)[1] == 0 else 1)
"""


def test_a_model_loaded_before_a_fork_works_after_it_and_says_nothing(embedder: Embedder):
    run = subprocess.run([sys.executable, "-c", FORKING_SCRIPT], capture_output=True, text=True, timeout=120)

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
