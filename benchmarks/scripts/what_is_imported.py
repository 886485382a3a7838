"""Run a Python program and write down what it imported: ``python what_is_imported.py NAMES.txt PROGRAM [WORD ...]``.

The program is a file, or ``-c`` and a text. Python's own ``-X importtime`` does not see `importlib.import_module`.
"""

import runpy
import sys
from contextlib import suppress
from pathlib import Path

names = Path(sys.argv[1])
before = set(sys.modules)
sys.argv = sys.argv[2:]
with suppress(SystemExit):
    if sys.argv[0] == "-c":
        text = sys.argv.pop(1)
        exec(compile(text, "<text>", "exec"), {"__name__": "__main__"})  # noqa: S102 - what a contender runs
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
names.write_text("\n".join(name for name in sys.modules if name not in before), encoding="utf-8")
