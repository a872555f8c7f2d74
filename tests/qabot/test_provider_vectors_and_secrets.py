"""The provider's waist: vectors, and what is never shown, logged or shared between processes."""

import logging
import subprocess
import sys

import numpy as np
import pytest

from qabot.provider import (
    Provider,
    ProviderError,
    ProviderSettings,
    provider_for,
)
from tests.fakes.provider import FakeProvider
from tests.qabot.provider_calls import (
    CANARY,
    EMBEDDING,
    ask,
    embed,
    settings_for,
)


def test_vectors_come_in_the_order_of_their_texts_and_of_unit_length():
    with FakeProvider() as fake:
        provider = Provider(settings_for(fake))
        vectors = provider.embed(["red apple", "blue sky", "a red, red apple"], EMBEDDING, 1536)
        alone = provider.embed(["blue sky"], EMBEDDING, 1536)

    assert (vectors.shape, vectors.dtype) == ((3, 1536), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.array_equal(vectors[1], alone[0])
    assert vectors[0] @ vectors[2] > 0.9 > vectors[0] @ vectors[1]


def test_vectors_are_asked_for_as_numbers_and_with_nothing_that_a_server_may_refuse():
    with FakeProvider() as fake:
        embed(Provider(settings_for(fake)))

    assert fake.requests[0].body == {"input": ["one", "two"], "model": EMBEDDING}


def test_input_type_and_dimensions_are_sent_if_asked_for():
    with FakeProvider() as fake:
        vectors = Provider(settings_for(fake)).embed(
            ["one"], EMBEDDING, 256, input_type="search_query", request_dimensions=True
        )

    assert vectors.shape == (1, 256)
    assert fake.requests[0].body == {
        "input": ["one"],
        "model": EMBEDDING,
        "input_type": "search_query",
        "dimensions": 256,
    }


def test_no_texts_are_no_call():
    with FakeProvider() as fake:
        assert Provider(settings_for(fake)).embed([], EMBEDDING, 1536).shape == (0, 1536)

    assert fake.requests == []


def test_neither_settings_nor_provider_show_the_key_or_a_key_in_the_address():
    settings = ProviderSettings(f"https://user:{CANARY}@models.example/v1?key={CANARY}", CANARY)

    assert repr(settings) == "ProviderSettings(host='models.example')"
    assert repr(Provider(settings)) == "Provider(ProviderSettings(host='models.example'))"


@pytest.mark.parametrize("key", [f"{CANARY}\n", f" {CANARY}", f"{CANARY}é"])
def test_a_key_that_no_header_can_carry_is_refused_at_the_start_without_being_shown(key):
    with pytest.raises(ValueError, match="key holds a space") as caught:
        ProviderSettings("https://models.example/v1", key)

    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("base_url", ["", "models.example/v1", "file:///etc/passwd", "https:///v1"])
def test_an_address_that_is_none_is_refused_at_the_start(base_url):
    with pytest.raises(ValueError, match="base URL"):
        ProviderSettings(base_url, CANARY)


def test_the_key_is_not_logged_even_at_the_finest_level(caplog):
    caplog.set_level(logging.DEBUG)
    for mode in ("ok", "401", "cut:1"):
        with FakeProvider(mode) as fake:
            try:
                ask(Provider(settings_for(fake)))
            except ProviderError as error:
                logging.getLogger("test").exception("failed", exc_info=error)

    assert CANARY not in caplog.text


def test_one_endpoint_has_one_provider_in_a_process():
    settings = ProviderSettings("https://models.example/v1", CANARY)

    assert provider_for(settings) is provider_for(ProviderSettings("https://models.example/v1", CANARY))
    assert provider_for(settings) is not provider_for(ProviderSettings("https://models.example/v1", "other"))


FORKING_SCRIPT = """
import os, sys
from qabot.provider import Provider, ProviderSettings
from tests.qabot.test_provider import ANSWER, complete

provider = Provider(ProviderSettings(sys.argv[1], "key"))
before = complete(provider).text == ANSWER
child = os.fork()
answered = before and complete(provider).text == ANSWER
if child == 0:
    os._exit(0 if answered else 1)
sys.exit(0 if answered and os.waitpid(child, 0)[1] == 0 else 1)
"""


def test_a_child_process_makes_a_client_of_its_own():
    with FakeProvider() as fake:
        run = subprocess.run([sys.executable, "-c", FORKING_SCRIPT, fake.base_url], capture_output=True, text=True)

    assert (run.returncode, run.stderr) == (0, "")
    assert len(fake.requests) == 3


def test_importing_the_provider_imports_neither_the_sdk_nor_django():
    script = "import sys, qabot.provider; print(sorted({'openai', 'httpx2', 'django'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert loaded.stdout == "[]\n"
