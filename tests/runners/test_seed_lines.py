"""Every command line of the seed document comes out of our calls, to the letter."""

import re

import pytest

from runners.seed_lines_freesurfer import LINES as FREESURFER
from runners.seed_lines_others import LINES as OTHERS
from tests_support import CORPUS

SEED = next(iter((CORPUS.parent / "seed").glob("000_*.txt")), None) if CORPUS else None
HAS_SEED = pytest.mark.skipif(
    not SEED, reason="the seed document is not here: set FSSTATS_CORPUS to the folder beside it"
)
LINES = sorted([*FREESURFER, *OTHERS], key=lambda case: case[0])
CASES = pytest.mark.parametrize(("number", "text", "made"), LINES, ids=[f"line-{number}" for number, *_ in LINES])
PLACEHOLDERS = {" [options]": "", " [ options ]": "", " [オプション]": "", "<自由度>": "6"}
"""What stands in the document for options that are left open, or for a number."""
BEFORE, AFTER = re.compile(r"\s*(?:(?:Usage:|e\.g\.:|# cmdline)\s+)?"), re.compile(r"\s*(?:# .*)?")
"""What may stand in front of a command, and behind it."""


def lines_of_document():
    return SEED.read_text(encoding="utf-8").split("\n")


@CASES
def test_a_call_makes_the_line(number, text, made):
    line = text.replace("\\\n", " ")
    for placeholder, filled in PLACEHOLDERS.items():
        line = line.replace(placeholder, filled)
    assert " ".join(made().argv) == " ".join(line.split())


@HAS_SEED
@CASES
def test_the_line_is_at_its_place_in_the_document(number, text, made):
    n_lines = text.count("\n") + 1
    before, found, after = "\n".join(lines_of_document()[number - 1 : number - 1 + n_lines]).partition(text)
    assert (bool(found), bool(BEFORE.fullmatch(before)), bool(AFTER.fullmatch(after))) == (True, True, True)


@HAS_SEED
def test_every_command_line_of_the_document_has_a_call():
    programs = {made().tool.program for _, _, made in LINES}
    begins = re.compile(rf"{BEFORE.pattern}(?:{'|'.join(map(re.escape, sorted(programs)))})\s+\S")
    found = {number for number, line in enumerate(lines_of_document(), start=1) if begins.match(line)}
    assert found == {number for number, *_ in LINES}
