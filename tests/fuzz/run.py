"""Fuzz one target, or each of them: ``python tests/fuzz/run.py stats --seconds 120``.

With atheris (``pip install atheris``) inputs are sought by coverage; without it, files are changed at random, which
finds less. The corpus is kept in a folder and grows from run to run. A crash ends the run of its target with status 1;
the input is left in the folder, to go into ``tests/fuzz/regressions/TARGET`` when the fault is mended. ``all`` runs
each target for so long, some at a time (``--jobs``); ``together`` runs all of them as one, in as many processes.
"""

import argparse
import contextlib
import os
import random
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
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
    from fuzz.targets import TARGETS, TOGETHER, as_input, run

EVERY = {**TARGETS, **TOGETHER}
SECONDS_EACH, MIB_IN_ALL = 20, 2048
"""What one input may take before it counts as a crash: seconds, and memory of the whole process."""
LARGEST = 100_000
"""Bytes of an input that is made."""


def seeded(name, corpus):
    """Put what a target begins with, and every input that was a crash once, into its corpus; give its folder."""
    folder = corpus / name
    folder.mkdir(parents=True, exist_ok=True)
    inputs = [as_input(*seed) for seed in EVERY[name].seeds()]
    inputs += [path.read_bytes() for path in (HERE / "regressions" / name).glob("*")]
    for data in inputs:
        (folder / blake2b(data, digest_size=10).hexdigest()).write_bytes(data)
    return folder


def by_coverage(name, folder, seconds):
    """Let libFuzzer seek; it ends this process."""
    crashes = folder.parent / "crashes"
    crashes.mkdir(exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-timeout={SECONDS_EACH}", f"-rss_limit_mb={MIB_IN_ALL}"]
    options += [f"-max_len={LARGEST}", f"-artifact_prefix={crashes}/{name}-", "-print_final_stats=1", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, str(folder)], lambda data: run(EVERY[name], data))
    atheris.Fuzz()


def by_chance(name, folder, seconds):
    """Change files at random until the time is up; give the number of inputs, or None after a crash."""
    inputs = [path.read_bytes() for path in sorted(folder.iterdir())] or [b"\n"]
    rng, n, end = random.Random(time.time_ns()), 0, time.monotonic() + seconds  # noqa: S311 - not for secrets
    while time.monotonic() < end:
        data = inputs[n] if n < len(inputs) else mutations.mutated(rng, rng.choice(inputs), inputs)
        try:
            began = time.monotonic()
            run(EVERY[name], data[:LARGEST])
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


def run_one(name, asked):
    """Fuzz one target in this process; give its exit status."""
    folder = seeded(name, asked.corpus)
    if atheris is not None:
        by_coverage(name, folder, asked.seconds)
    n = by_chance(name, folder, asked.seconds)
    print(f"{name}: {n} inputs, by chance (without atheris)" if n else f"{name}: crashed")  # noqa: T201 - it says how it went
    return int(n is None)


def run_several(names, asked):
    """Fuzz targets in processes of their own, some at a time; give 1 if any crashed."""
    options = ["--seconds", str(asked.seconds), "--corpus", str(asked.corpus)]

    def in_process(name):
        return subprocess.call([sys.executable, __file__, name, *options, "--jobs", "1"])

    with ThreadPoolExecutor(asked.jobs) as pool:
        failed = [name for name, status in zip(names, pool.map(in_process, names), strict=True) if status]
    print("crashed:", ", ".join(failed) or "none")  # noqa: T201 - likewise
    return int(bool(failed))


def main():
    """Read the words of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=[*EVERY, "all"])
    parser.add_argument("--seconds", type=int, default=120, help="for each target (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time (default: %(default)s)")
    parser.add_argument("--corpus", type=Path, default=Path("fuzz-corpus"), help="where inputs are kept")
    asked = parser.parse_args()
    if asked.target == "all":
        return run_several([*TARGETS], asked)
    if asked.target in TOGETHER and asked.jobs > 1:
        return run_several([asked.target] * asked.jobs, asked)
    return run_one(asked.target, asked)


if __name__ == "__main__":
    sys.exit(main())
