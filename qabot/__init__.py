"""QABot, the project."""

import os

# Before numpy is loaded anywhere: its threads spin against those of the web server and the worker. On two busy cores
# the local model embedded 1.4 chunks per CPU-second with two threads and 14.8 with one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
