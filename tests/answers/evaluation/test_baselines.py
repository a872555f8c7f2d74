"""The BM25 reference by our names."""

import json
from pathlib import Path

import pytest

from answers.evaluation.baselines import reference
from answers.evaluation.report import ORDER


def test_a_reference_is_read_by_our_names(tmp_path: Path):
    rows = [
        {"set": "pets", "n": 5, "r1": 0.5, "r100": 1, "mrr10": 0.75, "auroc_top1": 0.9, "ans1": 0.8},
        {"set": "squad_articles", "r1": 0.1},
        {"set": "squad_articles/200-word windows", "evid1": 0.7, "evid_mrr10": 0.8, "refused_at_90pct_answered": 0.6},
        {"set": "squad_articles/offtopic", "auroc_top1": 0.92},
        {"set": "financebench (page text)", "r1": 0.2, "doc1": 0.7},
    ]
    (tmp_path / "bm25_baselines.json").write_text(json.dumps(rows))

    assert reference("pets", tmp_path) == {"R@1": 0.5, "R@100": 1.0, "MRR@10": 0.75, "AUROC": 0.9}
    assert reference("squad_articles", tmp_path) == {
        "evidence@1": 0.7,
        "MRR@10": 0.8,
        "refused@90": 0.6,
        "AUROC": 0.92,
    }
    assert reference("financebench", tmp_path) == {"page@1": 0.2, "document@1": 0.7}
    assert reference("pets (whole documents)", tmp_path) == {}


def test_without_a_file_there_is_no_reference(tmp_path: Path):
    assert reference("pets", tmp_path) == {}


@pytest.mark.parametrize(
    "name",
    ["squad_articles", "squad2_unanswerable", "cmrc_zh", "xquad/de", "scifact", "multihop_rag_facts", "financebench"],
)
def test_every_public_set_has_a_reference(shared_data: Path, name: str):
    figures = reference(name, shared_data)

    assert figures
    assert figures.keys() <= set(ORDER)
