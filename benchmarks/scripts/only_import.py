"""The start-up of a Python program: ``python only_import.py NAMES.txt`` imports these modules and does nothing."""

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

for name in Path(sys.argv[1]).read_text(encoding="utf-8").split():
    with suppress(ImportError):  # the program may have tried a module that is not there, and lived without
        import_module(name)
