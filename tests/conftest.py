"""One thread for each process: the suite runs on several, and small tensors gain nothing from more."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
