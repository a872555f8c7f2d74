"""Which engines the contract is run against, and how a test says which of them it is for."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.documents.vector_index.contract import Rig
from tests.documents.vector_index.rig_chroma import ChromaRig
from tests.documents.vector_index.rig_milvus import MilvusFileRig, MilvusServerRig
from tests.documents.vector_index.rig_pgvector import PgvectorRig
from tests.documents.vector_index.rig_pinecone import PineconeRig
from tests.documents.vector_index.rig_qdrant import QdrantFakeRig, QdrantLocalRig, QdrantServerRig
from tests.documents.vector_index.rig_weaviate import WeaviateRig

RIGS: tuple[type[Rig], ...] = (
    PgvectorRig,
    QdrantLocalRig,
    QdrantFakeRig,
    QdrantServerRig,
    ChromaRig,
    MilvusServerRig,
    MilvusFileRig,
    PineconeRig,
    WeaviateRig,
)


def every_engine(test: Callable[..., None]) -> Any:
    return engines_that()(test)


def engines_that(*parts: str) -> Any:
    return pytest.mark.parametrize("rig", [_parameter(rig, parts) for rig in RIGS], indirect=True, scope="module")


def _parameter(rig: type[Rig], parts: Iterable[str]) -> Any:
    reasons = [rig.cannot[part] for part in parts if part in rig.cannot]
    if reasons:
        return pytest.param(rig, id=f"{rig.title}: {reasons[0]}", marks=pytest.mark.skip(reason=reasons[0]))
    return pytest.param(rig, id=rig.title, marks=rig.marks)
