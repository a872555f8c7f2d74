"""Have a model write. Knows the provider's chat, nothing of retrieval or of what becomes of the text."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from answers.prompting import Prompt, Turn, rewrite_prompt
from qabot.provider import ChatDelta, Provider, ProviderBadResponse

ANSWER_TOKENS = 1_200  # most that one answer may be long
REWRITE_TOKENS = 120
REWRITE_CHARACTERS = 500
TEMPERATURE = 0.0  # the same passages should give the same answer


@dataclass
class Generation:
    """What a finished generation cost; zero where the provider does not count."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut_at_limit: bool = False


class Writer:
    """A chat model that writes answers from prompts."""

    def __init__(self, provider: Provider, model: str) -> None:
        self.provider = provider
        self.model = model

    def write(self, prompt: Prompt, generation: Generation) -> Generator[str, None, None]:
        """Yield the answer piece by piece, then fill in `generation`. Raises ProviderError, at any point."""
        events = self.provider.stream_chat(prompt.messages, self.model, ANSWER_TOKENS, TEMPERATURE)
        with closing(events):
            for event in events:
                if isinstance(event, ChatDelta):
                    yield event.text
                else:
                    generation.prompt_tokens = event.prompt_tokens or 0
                    generation.completion_tokens = event.completion_tokens or 0
                    generation.cut_at_limit = event.finish_reason == "length"

    def rewrite(self, question: str, history: Sequence[Turn]) -> str:
        """Make a follow-up stand alone. Raises ProviderError, also where the reply is no question."""
        reply = self.provider.complete_chat(rewrite_prompt(question, history), self.model, REWRITE_TOKENS, TEMPERATURE)
        rewritten = " ".join(reply.text.split())
        if not rewritten or len(rewritten) > REWRITE_CHARACTERS:
            raise ProviderBadResponse("The model did not rewrite the question.")
        return rewritten
