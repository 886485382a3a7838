"""Fuzz one target, or all of them one after the other: ``python tests/fuzz/run.py stats --seconds 120``.

With atheris (``pip install atheris``) inputs are sought by coverage; without it, files are changed at random, which
finds less. The corpus is kept in a folder and grows from run to run. A crash ends the run of its target with status 1;
the input is left in the folder, to go into ``tests/fuzz/regressions/TARGET`` when the fault is mended.
"""

import argparse
import contextlib
import random
import subprocess
import sys
import time
import traceback
from hashlib import blake2b
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["fsstats"]) if atheris else contextlib.nullcontext():
    from fuzz import mutations
    from fuzz.targets import TARGETS, as_input, run

SECONDS_EACH, MIB_IN_ALL = 20, 2048
"""What one input may take before it counts as a crash: seconds, and memory of the whole process."""
LARGEST = 100_000
"""Bytes of an input that is made."""


def seeded(name, corpus):
    """Put what a target begins with, and every input that was a crash once, into its corpus; give its folder."""
    folder = corpus / name
    folder.mkdir(parents=True, exist_ok=True)
    inputs = [as_input(*seed) for seed in TARGETS[name].seeds()]
    inputs += [path.read_bytes() for path in (HERE / "regressions" / name).glob("*")]
    for data in inputs:
        (folder / blake2b(data, digest_size=10).hexdigest()).write_bytes(data)
    return folder


def by_coverage(name, folder, seconds):
    """Let libFuzzer seek; it ends this process."""
    target, crashes = TARGETS[name], folder.parent / "crashes"
    crashes.mkdir(exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-timeout={SECONDS_EACH}", f"-rss_limit_mb={MIB_IN_ALL}"]
    options += [f"-max_len={LARGEST}", f"-artifact_prefix={crashes}/{name}-", "-print_final_stats=1", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, str(folder)], lambda data: run(target, data))
    atheris.Fuzz()


def by_chance(name, folder, seconds):
    """Change files at random until the time is up; give the number of inputs, or None after a crash."""
    inputs = [path.read_bytes() for path in sorted(folder.iterdir())] or [b"\n"]
    rng, n, end = random.Random(time.time_ns()), 0, time.monotonic() + seconds  # noqa: S311 - not for secrets
    while time.monotonic() < end:
        data = inputs[n] if n < len(inputs) else mutations.mutated(rng, rng.choice(inputs), inputs)
        try:
            began = time.monotonic()
            run(TARGETS[name], data[:LARGEST])
            if time.monotonic() - began > SECONDS_EACH:
                raise TimeoutError  # noqa: TRY301 - a crash like any other
        except Exception:  # noqa: BLE001 - whatever it is, it is what is sought
            traceback.print_exc()
            crashes = folder.parent / "crashes"
            crashes.mkdir(exist_ok=True)
            (crashes / f"{name}-{blake2b(data, digest_size=10).hexdigest()}").write_bytes(data)
            return None
        n += 1
    return n


def main():
    """Read the words of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--seconds", type=int, default=120, help="for each target (default: %(default)s)")
    parser.add_argument("--corpus", type=Path, default=Path("fuzz-corpus"), help="where inputs are kept")
    asked = parser.parse_args()
    if asked.target == "all":
        options = ["--seconds", str(asked.seconds), "--corpus", str(asked.corpus)]
        failed = [name for name in TARGETS if subprocess.call([sys.executable, __file__, name, *options])]
        print("crashed:", ", ".join(failed) or "none")  # noqa: T201 - it says how it went
        return int(bool(failed))
    folder = seeded(asked.target, asked.corpus)
    if atheris is not None:
        by_coverage(asked.target, folder, asked.seconds)
    n = by_chance(asked.target, folder, asked.seconds)
    print(f"{asked.target}: {n} inputs, by chance (without atheris)" if n else f"{asked.target}: crashed")  # noqa: T201 - likewise
    return int(n is None)


if __name__ == "__main__":
    sys.exit(main())
