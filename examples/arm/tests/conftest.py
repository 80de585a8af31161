"""The plant's files, found as the plant itself finds them: beside it."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1]
sys.path.insert(0, str(FOLDER))
