"""all-MiniLM-L6-v2 by sentence-transformers, in a Python that has it: reads a job, then embeds it once for every line.

    PYTHON bench/performance/torch_limit.py FOLDER_OF_THE_MODEL

The first line is a JSON list of texts; each further line is answered by one: the seconds and the processor's seconds
that embedding them took. Imports nothing of QABot, so that a bare environment does.
"""

import json
import sys
import time

import torch
from sentence_transformers import SentenceTransformer

THREADS = 2  # as QABot has, of as many cores


def main() -> None:
    torch.set_num_threads(THREADS)
    model = SentenceTransformer(sys.argv[1], device="cpu")
    texts = json.loads(sys.stdin.readline())
    for _ in sys.stdin:
        begun, used = time.perf_counter(), time.process_time()
        model.encode(texts, batch_size=32, normalize_embeddings=True)
        print(json.dumps([time.perf_counter() - begun, time.process_time() - used]), flush=True)


if __name__ == "__main__":
    main()
