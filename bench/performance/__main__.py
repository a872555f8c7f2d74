"""Measure QABot beside its peers and the limit, and write the tables of docs/performance.md.

    bin/bench [MEASURE …] [--quick]

Each measure is a module with `measure(quick: bool) -> list[Section]`, imported when its turn comes: what one needs, the
others do not. The exit status tells whether every measure ran, not whether each figure is reached: the table says that.
"""

import argparse
import importlib
import json
import os
import time
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.performance import database
from bench.performance.rounds import Section
from bench.stack import ROOT, machine

MEASURES = {
    "retrieval": "both legs and all of retrieving, at several sizes and scopes, beside Chroma, faiss and bm25s",
    "asking": "all of a question but the models, first word and last, beside a FastAPI + LangChain + Chroma app",
    "indexing": "filings parsed, chunked and stored, pages a second, beside the same app",
    "embedding": "chunks a second of the local model, beside sentence-transformers where there is torch",
    "engines": "vector engines that run here beside pgvector: recall, latency and load, in scopes of 0.1 to 100 %",
    "writing": "vectors written a second, beside a bare binary COPY",
    "streams": "64 answers at once: first byte, /healthz meanwhile, connections, memory",
    "memory_at_work": "memory of web, worker and parser, idle and while a long PDF is indexed and 20 ask",
    "storage": "what a document costs: bytes by table and column, pages of a plan, tokens of a question",
    "starting": "from a start to a page and to an answer: a fresh clone, and again",
}
PACKAGES = (
    "django",
    "psycopg",
    "pgvector",
    "numpy",
    "chromadb",
    "milvus-lite",
    "pymilvus",
    "qdrant-client",
    "faiss-cpu",
    "bm25s",
    "fastapi",
    "uvicorn",
    "langchain-core",
    "langchain-chroma",
    "langchain-openai",
    "pypdf",
    "pypdfium2",
    "tokenizers",
    "torch",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"some of {', '.join(MEASURES)}; else all")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether it works, not what it comes to")
    parser.add_argument("--list", action="store_true", help="name the measures")
    parser.add_argument("--report", type=Path, default=ROOT / "var" / "bench-report", help="without its ending")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what is filled there for the next time")
    parser.add_argument("--sizes", help="of `retrieval`: 100000x384,500000x384")
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{name:12} {about}" for name, about in MEASURES.items()))
        return
    if unknown := set(options.measures) - MEASURES.keys():
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    os.environ.update({"BENCH_DATA": str(options.keep)} if options.keep else {})
    os.environ.update({"BENCH_SIZES": options.sizes} if options.sizes else {})
    database.set_up(database.folder())  # before any measure is imported; nothing is started
    failed = run(options.measures or list(MEASURES), options.quick, options.report)
    raise SystemExit(f"These measures failed: {', '.join(failed)}" if failed else 0)


def run(names: list[str], quick: bool, report: Path) -> list[str]:
    """Run measures one after another; give the names of those that failed. The report grows with each of them."""
    about = surroundings(quick)
    print("\n".join(about.values()), flush=True)
    done: dict[str, list[Section]] = {}
    failed = []
    for name in names:
        begun = time.perf_counter()
        print(f"\n# {name}: {MEASURES[name]}", flush=True)
        try:
            done[name] = importlib.import_module(f"bench.performance.{name}").measure(quick)
        except Exception:  # a measure that fails must not lose the figures of the others
            traceback.print_exc()
            failed.append(name)
            continue
        print("\n" + "\n".join(section.markdown() for section in done[name]), flush=True)
        print(f"{time.perf_counter() - begun:.0f} s, load {load()}", flush=True)
        write(report, about, done)
    return failed


def write(report: Path, about: dict[str, str], done: dict[str, list[Section]]) -> None:
    report.parent.mkdir(parents=True, exist_ok=True)
    tables = [f"## {name}\n\n" + "\n".join(section.markdown() for section in done[name]) for name in done]
    report.with_suffix(".md").write_text("\n".join([*about.values(), "", *tables]), encoding="utf-8")
    figures = {name: [section.as_json() for section in sections] for name, sections in done.items()}
    report.with_suffix(".json").write_text(json.dumps({"about": about, "measures": figures}, indent=1), "utf-8")


def surroundings(quick: bool) -> dict[str, str]:
    """What the figures were taken on."""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M") + (", --quick: tiny sizes" if quick else ""),
        "machine": machine(),
        "load": f"load when it began: {load()}",
        "versions": ", ".join(f"{name} {found}" for name in PACKAGES if (found := installed(name))),
    }


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def load() -> str:
    return ", ".join(f"{average:.1f}" for average in os.getloadavg())


if __name__ == "__main__":
    main()
