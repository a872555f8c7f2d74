"""The BM25 reference of a set, by the names used here. Knows the file bm25_baselines.json, nothing of the product."""

import json
from pathlib import Path
from typing import Any

FILE = "bm25_baselines.json"

NAMES = {
    "r1": "R@1",
    "r5": "R@5",
    "r10": "R@10",
    "r100": "R@100",
    "recall4": "R@4",
    "recall10": "R@10",
    "mrr10": "MRR@10",
    "ndcg10": "nDCG@10",
    "map10": "MAP@10",
    "all10": "all@10",
    "auroc_top1": "AUROC",
}
WINDOWS = {
    "evid1": "evidence@1",
    "evid5": "evidence@5",
    "evid10": "evidence@10",
    "evid_mrr10": "MRR@10",
    "refused_at_90pct_answered": "refused@90",
}
PAGES = {
    "r1": "page@1",
    "r5": "page@5",
    "r10": "page@10",
    "mrr10": "MRR@10",
    "doc1": "document@1",
    "doc10": "document@10",
}
# Where a set's reference stands under several names, or under names of its own.
ENTRIES: dict[str, list[tuple[str, dict[str, str]]]] = {
    # Judged on chunks, so its reference is that of windows of 200 words; off-topic questions have an entry too.
    "squad_articles": [("squad_articles/200-word windows", WINDOWS), ("squad_articles/offtopic", NAMES)],
    "financebench": [("financebench (page text)", PAGES)],
}


def reference(name: str, data: Path) -> dict[str, float]:
    """The reference's figures by metric; none where there is no reference for a set."""
    path = data / FILE
    if not path.is_file():
        return {}
    known: dict[str, dict[str, Any]] = {row["set"]: row for row in json.loads(path.read_text(encoding="utf-8"))}
    return {
        metric: float(known[entry][theirs])
        for entry, names in ENTRIES.get(name, [(name, NAMES)])
        for theirs, metric in names.items()
        if theirs in known.get(entry, {})
    }
