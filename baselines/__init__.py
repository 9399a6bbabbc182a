"""Is measured: tokenizer, models, pre-training, fine-tuning. Never imports harness; enter by `baselines.door`."""

import os

# OpenMP's threads spin while they wait for each other. With another busy process on the machine that made two threads
# fifteen to fifty times slower than one; after a short spin they sleep, at no measurable cost on a quiet machine.
# Read when torch is loaded, so it stands here.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
