"""Merge a study again and again while it changes and the merge is killed: ``python tests/fuzz/soak.py --minutes 5``.

Each round changes some subjects, starts the merge in a process of its own and kills it at a random moment, some times
over, and lets the last one finish. At every stop the table must be the one before or the one after, whole; at the end
it must be what a merge into an empty folder gives, and nothing may be left beside it.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import fsstats as fs
from merge_support import OUTS, old, write_subject

MERGE = "import sys, fsstats as fs; fs.merge(sys.argv[1], sys.argv[2], jobs=int(sys.argv[3]))"


def changed(rng, root, names, n):
    """Change, add and remove some subjects; let most changes be old ones, for new ones are read again anyway."""
    for name in rng.sample(names, min(len(names), 1 + len(names) // 50)):
        kind = rng.choice(("values", "gone", "touched"))
        if kind == "gone" and (root / name).exists():
            shutil.rmtree(root / name)
        elif kind == "touched" and (root / name).exists():
            (root / name / "stats" / "seg.stats").touch()
        else:
            write_subject(root, name, n := n + 1)
    if rng.random() < 0.7:
        old(root)
    return n


def merged(root, out, jobs, seconds=None):
    """Merge in another process, and kill it after so many seconds; say whether it finished."""
    child = subprocess.Popen([sys.executable, "-W", "ignore", "-c", MERGE, str(root), out, str(jobs)])
    try:
        if child.wait(seconds):
            message = f"the merge ended with status {child.returncode}"
            raise RuntimeError(message)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False
    return True


def contents(out):
    """Give the table and the account as they stand; None if there are none."""
    table = Path(out)
    account = table.with_name(f"{table.stem}.files{table.suffix or '.parquet'}")
    return (fs.read_table(table), fs.read_table(account)) if table.exists() else None


def same(one, other):
    """Say whether two merges gave the same."""
    pairs = zip(one or (), other or (), strict=False)
    return (one is None) == (other is None) and all(mine.equals(theirs) for mine, theirs in pairs)


def one_round(rng, root, folder, name, before):
    """Merge with interruptions; give what is there then, and how often it was killed."""
    with tempfile.TemporaryDirectory() as empty:
        began = time.monotonic()
        merged(root, f"{empty}/{name}", 1)
        took, expected = time.monotonic() - began, contents(f"{empty}/{name}")
    out, kills = f"{folder}/{name}", 0
    while not merged(root, out, rng.choice((1, 1, 2)), rng.uniform(0, took) if kills < rng.randint(0, 6) else None):
        kills += 1
        found = contents(out)
        if not (same(found, before) or same(found, expected) or _between(found, before, expected)):
            message = f"after kill {kills} {out} is neither the table before nor the one after"
            raise AssertionError(message)
    if not same(contents(out), expected):
        which = [
            "the same" if mine.equals(its) else "others" for mine, its in zip(contents(out), expected, strict=True)
        ]
        message = f"{out} is not what a merge into an empty folder gives: table and account are {which}, {kills} kills"
        raise AssertionError(message)
    left = [path.name for path in Path(folder).iterdir() if path.name.endswith((".partial", ".lock"))]
    if left:
        message = f"left beside the table: {left}"
        raise AssertionError(message)
    return expected, kills


def _between(found, before, expected):
    """Say whether the account is the new one and the table the old one: the table is put into place last."""
    return before is not None and found is not None and found[0].equals(before[0]) and found[1].equals(expected[1])


def main():
    """Read the words of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    asked = parser.parse_args()
    rng, names = random.Random(asked.seed), [f"s{k:06}" for k in range(asked.subjects)]  # noqa: S311 - not for secrets
    print(f"seed {asked.seed}", flush=True)  # noqa: T201 - it says how it went
    with tempfile.TemporaryDirectory() as work:
        root, n, rounds, kills = Path(work, "study"), asked.subjects, 0, 0
        for k, name in enumerate(names):
            write_subject(root, name, k)
        old(root)
        standing = dict.fromkeys(OUTS.values())
        for name in standing:
            Path(work, f"at-{len(name)}").mkdir()
        end = time.monotonic() + 60 * asked.minutes
        while time.monotonic() < end:
            name = rng.choice([*standing])
            standing[name], killed = one_round(rng, root, Path(work, f"at-{len(name)}"), name, standing[name])
            rounds, kills = rounds + 1, kills + killed
            n = changed(rng, root, names, n)
    print(f"{rounds} rounds of {asked.subjects} subjects, {kills} merges killed: every table was whole")  # noqa: T201 - likewise
    return 0


if __name__ == "__main__":
    sys.exit(main())
