"""Breaks a service before it starts: python imports this where PYTHONPATH names this folder. No product has it.

`FAULTS_MUTANT` names the module here that does it; its `SERVICES` are the programs that it breaks.
"""

import importlib
import os
import sys
from pathlib import Path

_program = Path(sys.orig_argv[1]).name if len(sys.orig_argv) > 1 else ""
_mutant = importlib.import_module(os.environ["FAULTS_MUTANT"])
if _program in _mutant.SERVICES:
    _mutant.apply()
