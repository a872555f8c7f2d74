"""Everything of a question but the models: how long until the first word and the last, over what the models take.

QABot whole, as `bin/run` starts it, beside the app of `bench/peers/`: the same documents, the same vectors, the same
fake provider, which answers without a pause. What it takes itself is asked of it directly in the same round, by as many
clients, and taken off. Questions are embedded at the provider's door, or by the local model in both apps. QABot fuses
both legs, keeps 50 passages, sends 8, resolves citations and stores all of it; the app sends the 4 nearest chunks.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from statistics import median

from bench.memory import wait_for
from bench.peers.serving import Peer
from bench.performance.door import ask_provider
from bench.performance.provider import Provider, fake_provider
from bench.performance.readers import Asked, ask_at_once
from bench.performance.rounds import Figures, Reach, Rounds, Section, number, run_rounds
from bench.performance.storage import files, questions
from bench.performance.streams import answer
from bench.stack import Stack

OURS, PEER, PEERS, PROVIDER = (
    "QABot",
    "FastAPI + LangChain + Chroma",
    "… two processes, Chroma server",
    "provider alone",
)
DIMENSIONS = 384  # of either model, so that searching costs the same
ANSWER = answer(5)  # a hundred words
CROWD = 8  # clients
WAVES = {1: 24, CROWD: 8}  # of so many questions at once
MOST_BESIDE = 0.7
SECONDS = 60
MODELS = {"question embedded by the provider": False, "by the local model": True}
STAGES = """
    SELECT key, percentile_cont(0.5) WITHIN GROUP (ORDER BY value::float)
    FROM answers_answer, jsonb_each_text(timings_ms) WHERE id > %s GROUP BY key ORDER BY 2 DESC
"""


def measure(quick: bool) -> list[Section]:
    sections = []
    with fake_provider(says=ANSWER) as provider:
        for name, local in MODELS.items():
            rounds, stages = run(provider, local=local, quick=quick)
            sections += [section(name, over_provider(rounds)), profile(name, stages)]
    return sections


def run(provider: Provider, *, local: bool, quick: bool) -> tuple[Rounds, Mapping[str, float]]:
    """The figures of every round, and the median milliseconds of each stage of QABot's answers."""
    dimensions = {"EMBEDDING_DIMENSIONS": str(DIMENSIONS)}
    theirs = {"OPENAI_BASE_URL": provider.base_url, "OPENAI_API_KEY": "fake", **dimensions}
    ours = {**provider.chat(), **({} if local else provider.embedding() | dimensions)}
    with ExitStack() as running:
        stack = running.enter_context(Stack(ours))
        peers = {
            name: running.enter_context(Peer(theirs | ({"LOCAL_MODEL": "1"} if local else {}), processes))
            for name, processes in {PEER: 1, PEERS: 2}.items()
        }
        for name, content in files(quick):
            _, document = stack.upload(name, content)
            for peer in peers.values():
                peer.upload(name, content)
            wait_for(stack, document["id"])
        asked = [one for one in questions(quick) if stack.ask(one)[1]["mode"] == "generated"]
        contenders: dict[str, Callable[[], Figures]] = {
            name: partial(asks, peer, asked, quick) for name, peer in peers.items()
        }
        contenders[OURS] = partial(asks, stack, asked, quick)
        contenders[PROVIDER] = partial(asks_provider, provider, asked, quick, embeds=not local)
        rounds = run_rounds(contenders, 2 if quick else 7)
        [(last,)] = stack.rows("SELECT max(id) FROM answers_answer")
        asks_alone(stack, asked, quick)
        return rounds, dict(stack.rows(STAGES, last))


def asks(who: Asked, asked: Sequence[str], quick: bool) -> Figures:
    """Ask one after the other, and so many at once."""

    def wave(several: list[str]) -> list[tuple[float, float]]:
        readers = ask_at_once(who.port, who.key, several, SECONDS)
        if any(reader.first_word is None or reader.done is None for reader in readers):
            raise SystemExit(f"A question was not answered: {[reader.status for reader in readers]}")
        return [(reader.first_word or 0, reader.done or 0) for reader in readers]

    return timed(wave, asked, quick)


def asks_alone(stack: Stack, asked: Sequence[str], quick: bool) -> None:
    """What the profile is of: one question at a time, nothing beside."""
    for at in range(4 if quick else WAVES[1]):
        stack.ask(asked[at % len(asked)])


def asks_provider(provider: Provider, asked: Sequence[str], quick: bool, *, embeds: bool) -> Figures:
    """What the models take by themselves."""
    return timed(partial(ask_provider, provider, DIMENSIONS if embeds else None), asked, quick)


def timed(
    wave: Callable[[list[str]], list[tuple[float, float]]], asked: Sequence[str], quick: bool
) -> dict[str, float]:
    """Median milliseconds until the first word and the last, by clients."""
    figures = {}
    for clients, waves in WAVES.items():
        seen = []
        for at in range(2 if quick else waves):
            seen += wave([asked[(at * clients + place) % len(asked)] for place in range(clients)])
        figures[f"first, {clients}"] = 1_000 * median(first for first, _ in seen)
        figures[f"last, {clients}"] = 1_000 * median(last for _, last in seen)
    return figures


def over_provider(rounds: Rounds) -> Rounds:
    """What each took in each round beyond the provider."""
    own = rounds.figures[PROVIDER]
    return Rounds(
        {
            name: [
                {figure: shown[figure] - alone[figure] for figure in shown}
                for shown, alone in zip(figures, own, strict=True)
            ]
            for name, figures in rounds.figures.items()
            if name != PROVIDER
        }
    )


def section(name: str, over: Rounds) -> Section:
    figures = [f"{what}, {clients}" for clients in WAVES for what in ("first", "last")]
    rows = [[who, *(number(over.median(who, figure)) for figure in figures)] for who in over.figures]
    reaches = [
        Reach(f"{figure} beside {peer}", over.ratio(figure, OURS, peer), MOST_BESIDE)
        for peer in (PEER, PEERS)
        for figure in figures
    ]
    columns = [
        f"{what} word, {clients} client{'s' if clients > 1 else ''}" for clients in WAVES for what in ("first", "last")
    ]
    title = f"Asking, ms over the provider's own; {name}"
    notes = [f"An answer has {len(ANSWER.split())} words, written without a pause."]
    return Section(title, ("", *columns), rows, reaches, notes, {who: [*each] for who, each in over.figures.items()})


def profile(name: str, stages: Mapping[str, float]) -> Section:
    rest = stages["total"] - sum(took for stage, took in stages.items() if stage != "total")
    rows = [[stage, number(took)] for stage, took in stages.items()] + [["the rest", number(rest)]]
    return Section(f"One answer by stage, {name}", ("stage", "ms, median"), rows, figures=dict(stages))
