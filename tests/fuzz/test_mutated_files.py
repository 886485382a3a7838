"""Files that were changed by accident: their intact lines keep their values, and nothing but our own errors is raised."""

import random
import time
import tracemalloc
from zlib import crc32

import pytest

import fsstats as fs
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers._header import to_number
from fuzz import mutations, targets

INPUTS = sorted(path for path in targets.REGRESSIONS.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", [pytest.param(path, id=f"{path.parent.name}-{path.name}") for path in INPUTS])
def test_what_was_a_crash_once_is_read_or_refused(path):
    targets.run(targets.TARGETS[path.parent.name], path.read_bytes())


@pytest.mark.parametrize("name", targets.TARGETS)
def test_a_changed_file_raises_nothing_but_our_own_errors(name):
    rng, inputs = random.Random(crc32(name.encode())), targets.some_inputs(name)  # noqa: S311 - not for secrets
    for _ in range(25):
        targets.run(targets.TARGETS[name], mutations.mutated(rng, rng.choice(inputs), inputs))


# --- intact lines -----------------------------------------------------------------------------------------------------

TEXTS = [(name, content) for name, content in targets.files_of_a_subject() if len(content) < 60_000]
EARLIER_RUN = "lh.curv.stats"
"""A file of two runs: where the later report is not whole, the earlier one counts, and a remark says so."""
LINE_WAYS = (mutations.flipped, mutations.cut, mutations.with_odd_text, mutations.repeated)


def _values(content, name):
    """Give every value that is read, by what it is of."""
    try:
        table = long_table(parse_stats(content, where=name, strict=False))
    except fs.FsstatsError:
        return {}
    table = table.astype({"hemi": "object"}).where(table.notna(), None)
    labels = zip(table["hemi"], table["region"], table["measure"], strict=True)
    return {label: value for label, value in zip(labels, table["value"], strict=True) if value == value}  # noqa: PLR0124


def _numbers_in(line):
    """Give the numbers that stand in a line, however they are parted."""
    words = line.decode("latin-1").replace(",", " ").replace("(", " ").replace("=", " ").split()
    found = set()
    for word in words:
        try:
            found.add(to_number(word))
        except ValueError:
            continue
    return found


@pytest.mark.parametrize(("name", "content"), [pytest.param(*one, id=one[0]) for one in TEXTS if one[0] != EARLIER_RUN])
def test_intact_lines_keep_their_values(name, content):
    rng = random.Random(crc32(content))  # noqa: S311 - not for secrets
    true, lines = _values(content, name), content.split(b"\n")
    for _ in range(12):
        k = rng.randrange(len(lines))
        new = rng.choice(LINE_WAYS)(rng, lines[k] or b" ", lines).replace(b"\n", b"")
        found = _values(b"\n".join([*lines[:k], new, *lines[k + 1 :]]), name)
        own = _numbers_in(new)
        changed = {label: value for label, value in found.items() if true.get(label, value) != value}
        wrong = {label: value for label, value in changed.items() if value not in own}
        assert wrong == {}, (lines[k], new)


# --- size -------------------------------------------------------------------------------------------------------------

GROWN = {
    "a line of very many columns": lambda content, n: content + b"12 " * n + b"\n",
    "very many cells": lambda content, n: content + b"12," * n + b"\n",
    "very many digits": lambda content, n: content + b"9" * (3 * n) + b"\n",
    "very many lines of comment": lambda content, n: content + b"# a line of comment\n" * (n // 10),
    "very many blank lines": lambda content, n: content + b"\n" * n,
    "the file again and again": lambda content, n: content * (n // len(content) + 2),
    "header lines": lambda content, n: b"".join(b"# key%d value\n" % k for k in range(n // 20)) + content,
    "brackets": lambda content, n: b"[" * n + content,
}
LARGE = (
    *("stats", "curv", "recon-all", "gtm", "gtm.frames", "sienax", "fslstats", "synthseg", "named", "tracula"),
    *("group-table", "literal", "lut", "qdec", "fsgd", "subject-lists", "kinds", "model"),
)
"""Targets of text, of which each format is read by a program of its own."""
LARGEST = {("stats", way) for way in GROWN} | {("group-table", "a line of very many columns")}


def _smallest(name):
    return min(targets.TARGETS[name].seeds(), key=lambda seed: len(seed[1]))


@pytest.mark.long
@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("way", ["a line of very many columns", "very many lines of comment", "very many blank lines"])
def test_memory_grows_with_the_file_and_no_faster(name, way):
    file, content = _smallest(name)
    data = targets.as_input(file, GROWN[way](content, 10**6 if (name, way) in LARGEST else 10**5))
    targets.run(targets.TARGETS[name], targets.as_input(file, content))  # what is loaded once does not count
    tracemalloc.start()
    try:
        targets.run(targets.TARGETS[name], data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(data) + (2**26 if (name, way) in LARGEST else 2**23)


def _seconds(name, data):
    """Give the time that this process works on an input."""
    began = time.process_time()
    targets.run(targets.TARGETS[name], data)
    return time.process_time() - began


@pytest.mark.long
@pytest.mark.parametrize("name", LARGE)
def test_eight_times_the_file_takes_some_eight_times_as_long(name):
    file, content = _smallest(name)
    for way, grown in GROWN.items():
        large = _seconds(name, targets.as_input(file, grown(content, 40_000)))
        if large > 0.2:  # else it is no question
            small = _seconds(name, targets.as_input(file, grown(content, 5_000)))
            assert large < 24 * small, f"{way}: {small:.3f} s, and {large:.3f} s where it is eight times as large"
