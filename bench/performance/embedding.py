"""The local model's chunks a second, beside sentence-transformers where BENCH_TORCH names a Python that has it.

    python3 -m venv DIR && DIR/bin/pip install torch sentence-transformers
    BENCH_TORCH=DIR/bin/python bin/bench embedding

The ratio is of chunks to a second of the processor, however many cores either takes. The texts are chunks of the pages
under docs/. QABot keeps the signs of each token as well: both are shown, with them and without.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bench.performance.rounds import Figures, Reach, Rounds, Section, number, run_rounds
from bench.stack import ROOT
from documents.chunking import split_pages
from documents.embedding.local import BATCH_PASSAGES, LocalEmbedder
from documents.embedding.model_files import installed_files
from documents.parsing.content import ParsedPage
from qabot.supervisor import die_with_parent

OURS, WITH_SIGNS, TORCH = "QABot", "QABot, with tokens' signs", "sentence-transformers"
TEXTS, QUICK_TEXTS = 192, 32
ROUNDS, QUICK_ROUNDS = 5, 2
LEAST_BESIDE = 0.9
SCRIPT = ROOT / "bench" / "performance" / "torch_limit.py"


def measure(quick: bool) -> list[Section]:
    texts = chunks_of_docs()[: QUICK_TEXTS if quick else TEXTS]
    embedder = LocalEmbedder(threads=2)  # as where there are two processors and a gigabyte of memory
    contenders: dict[str, Callable[[], Figures]] = {
        OURS: lambda: timed(embedder.embed_passages, texts),
        WITH_SIGNS: lambda: timed(embedder.embed_passages_and_tokens, texts),
    }
    with torch_limit(texts) as limit:
        if limit is not None:
            contenders[TORCH] = limit
        return [section(run_rounds(contenders, QUICK_ROUNDS if quick else ROUNDS), len(texts))]


def chunks_of_docs() -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))]
    pages = [ParsedPage(number, "", text, ()) for number, text in enumerate(texts, start=1)]
    return [chunk.text for chunk in split_pages(pages)]


def timed(embed: Callable[[Sequence[str]], object], texts: Sequence[str]) -> Figures:
    """In batches, as the worker embeds them."""
    begun, used = time.perf_counter(), time.process_time()
    for start in range(0, len(texts), BATCH_PASSAGES):
        embed(texts[start : start + BATCH_PASSAGES])
    return figures(len(texts), time.perf_counter() - begun, time.process_time() - used)


def figures(chunks: int, seconds: float, processor: float) -> Figures:
    return {"chunks_s": chunks / seconds, "chunks_processor": chunks / processor, "cores": processor / seconds}


@contextmanager
def torch_limit(texts: Sequence[str]) -> Iterator[Callable[[], Figures] | None]:
    """sentence-transformers as a contender, in a process of its own; None where nobody says which Python has it."""
    python = os.environ.get("BENCH_TORCH")
    if not python:
        yield None
        return
    command = [python, str(SCRIPT), str(installed_files().weights.parent)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
    ) as process:
        assert process.stdin and process.stdout
        asked, answers = process.stdin, process.stdout
        asked.write(json.dumps([*texts]) + "\n")

        def once() -> Figures:
            asked.write("again\n")
            asked.flush()
            seconds, processor = json.loads(answers.readline())
            return figures(len(texts), seconds, processor)

        yield once
        asked.close()  # it ends with what it reads


def section(shown: Rounds, chunks: int) -> Section:
    columns = {"chunks/s": "chunks_s", "a processor's second": "chunks_processor", "cores": "cores"}
    rows = [[who, *(number(shown.median(who, figure)) for figure in columns.values())] for who in shown.figures]
    reaches = [
        Reach(f"{who}: chunks a processor's second beside it", ratio, LEAST_BESIDE, at_least=True)
        for who in (OURS, WITH_SIGNS)
        if TORCH in shown.figures
        for ratio in [shown.ratio("chunks_processor", who, TORCH)]
    ]
    notes = [] if TORCH in shown.figures else ["Beside nobody: BENCH_TORCH names no Python with sentence-transformers."]
    title = f"Embedding {chunks} chunks by the local model"
    return Section(title, ("", *columns), rows, reaches, notes, {who: [*each] for who, each in shown.figures.items()})
