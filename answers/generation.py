"""Have a model write. Knows the provider's chat, nothing of retrieval or of what becomes of the text."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from answers.prompting import Message, Prompt, Turn, estimate_prompt, estimate_tokens, rewrite_prompt
from qabot.provider import ChatCompletion, ChatDelta, ChatEnd, Provider, ProviderBadResponse, ProviderError

ANSWER_TOKENS = 1_200  # most that one answer may be long
REWRITE_TOKENS = 120
REWRITE_CHARACTERS = 500
TEMPERATURE = 0.0  # the same passages should give the same answer


@dataclass
class Generation:
    """What a generation used: as the provider counts, or estimated where it does not or did not come to that."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut_at_limit: bool = False

    def count(self, reply: ChatEnd | ChatCompletion) -> None:
        """Take what the provider counted, where it did."""
        self.prompt_tokens = reply.prompt_tokens or self.prompt_tokens
        self.completion_tokens = reply.completion_tokens or 0
        self.cut_at_limit = reply.finish_reason == "length"


class Writer:
    """A chat model that writes answers from prompts."""

    def __init__(self, provider: Provider, model: str) -> None:
        self.provider = provider
        self.model = model

    def write(self, prompt: Prompt, generation: Generation) -> Generator[str, None, None]:
        """Yield the answer piece by piece, and fill in `generation` however that ends.

        Raises ProviderError, at any point.
        """
        events = self.provider.stream_chat(prompt.messages, self.model, ANSWER_TOKENS, TEMPERATURE)
        with _estimated(generation, prompt.messages) as written, closing(events):
            for event in events:
                if isinstance(event, ChatDelta):
                    written.append(event.text)
                    yield event.text
                else:
                    generation.count(event)

    def rewrite(self, question: str, history: Sequence[Turn], generation: Generation) -> str:
        """Make a follow-up stand alone, and fill in `generation` however that ends.

        Raises ProviderError, also where the reply is no question.
        """
        messages = rewrite_prompt(question, history)
        with _estimated(generation, messages) as written:
            reply = self.provider.complete_chat(messages, self.model, REWRITE_TOKENS, TEMPERATURE)
            written.append(reply.text)
            generation.count(reply)
        rewritten = " ".join(reply.text.split())
        if not rewritten or len(rewritten) > REWRITE_CHARACTERS:
            raise ProviderBadResponse("The model did not rewrite the question.")
        return rewritten

    @staticmethod
    def most_to_write(prompt: Prompt) -> int:
        """Tokens that an answer may use: its prompt's, by estimate, and as many as it may be long."""
        return estimate_prompt(prompt.messages) + ANSWER_TOKENS

    @staticmethod
    def most_to_rewrite(question: str, history: Sequence[Turn]) -> int:
        return estimate_prompt(rewrite_prompt(question, history)) + REWRITE_TOKENS


@contextmanager
def _estimated(generation: Generation, messages: Sequence[Message]) -> Iterator[list[str]]:
    """Estimate a call from its messages and from what it has written, until the provider counts.

    A call that is hung up on, or breaks off, costs what was sent and written; one that was not taken costs nothing.
    """
    written: list[str] = []
    generation.prompt_tokens = estimate_prompt(messages)
    try:
        yield written
    except ProviderError as error:
        if not error.began:
            generation.prompt_tokens = 0
        raise
    finally:
        if not generation.completion_tokens:
            generation.completion_tokens = estimate_tokens("".join(written))
