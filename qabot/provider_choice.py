"""Choose who answers and who embeds, from the environment's variables: explicit, OpenAI, Heroku, or nobody.

Knows nothing of Django; makes no client.
"""

from dataclasses import dataclass

from qabot.environment import Environment
from qabot.provider_contract import ProviderSettings

OPENAI_BASE_URL = "https://api.openai.com/v1"
OPENAI_CHAT_MODEL = "gpt-4.1-mini"
OPENAI_EMBEDDING_MODEL = "text-embedding-3-small"  # 1,536 dimensions
LOCAL_EMBEDDING_MODEL = "all-MiniLM-L6-v2"  # 384 dimensions, without any key


@dataclass(frozen=True)
class ChosenModel:
    """A model and who serves it; nobody (None) means local embedding, or extraction instead of chat."""

    provider: ProviderSettings | None
    model: str


def choose_chat(environment: Environment) -> ChosenModel:
    return _choose(environment, role="CHAT", heroku="INFERENCE", openai_model=OPENAI_CHAT_MODEL, local_model="")


def choose_embedding(environment: Environment) -> ChosenModel:
    return _choose(
        environment,
        role="EMBEDDING",
        heroku="EMBEDDING",
        openai_model=OPENAI_EMBEDDING_MODEL,
        local_model=LOCAL_EMBEDDING_MODEL,
    )


def _choose(environment: Environment, *, role: str, heroku: str, openai_model: str, local_model: str) -> ChosenModel:
    named = environment.text(f"{role}_MODEL")
    own_address, own_key = environment.url(f"{role}_BASE_URL"), environment.text(f"{role}_API_KEY")
    openai_address = environment.url("OPENAI_BASE_URL", OPENAI_BASE_URL)
    openai_key = environment.text("OPENAI_API_KEY")
    heroku_address, heroku_key = environment.url(f"{heroku}_URL"), environment.text(f"{heroku}_KEY")
    heroku_model = environment.text(f"{heroku}_MODEL_ID", openai_model)
    if own_address or own_key:
        # Servers on one's own machine want no key, but the SDK refuses an empty one.
        own = ProviderSettings(base_url=own_address or OPENAI_BASE_URL, api_key=own_key or "none")
        return ChosenModel(own, named or openai_model)
    if openai_key:
        return ChosenModel(ProviderSettings(base_url=openai_address, api_key=openai_key), named or openai_model)
    if heroku_address and heroku_key:
        addon = ProviderSettings(base_url=f"{heroku_address}/v1", api_key=heroku_key)
        return ChosenModel(addon, named or heroku_model)
    return ChosenModel(None, named or local_model)
