"""Every real file is read, or refused with a reason to act on; nothing but our own errors is ever raised."""

import csv

import pytest

import fsstats as fs
from fsstats.io.grouptables import blocks_of
from fsstats.parsers.grouptables import parse_group_table, recognises_group_table
from tests_support import CORPUS

pytestmark = pytest.mark.skipif(not CORPUS, reason="no real files here: set FSSTATS_CORPUS")

REFUSED = {
    "build_stamp": "expected a stats file",
    "fsl_sienax_in_docs": "expected",
}
"""Kinds that hold no values of a subject, and how the refusal begins: a build stamp (its version is in the files table)
and a tutorial's text."""
INVALID = "fs-roi-volumes-fixture-invalid.txt"
"""A table that its own project made as an example of a broken one."""
STRANGE = "ICVsamseg.csv"
"""A table of one column, whose name no program writes."""
WITHOUT_VALUES = {"recon_status_log", "recon_done"}
"""Kinds that say how a run ended, and need not hold a number."""


def manifest():
    """Give every file of the corpus with its kind."""
    if not CORPUS:
        return []
    with (CORPUS / "MANIFEST.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [pytest.param(CORPUS / row["file"], row["kind"], id=row["file"][-70:]) for row in rows]


def read(path):
    """Read one file as a user would who knows nothing of it; give what was read and how many values."""
    data = path.read_bytes()
    if recognises_group_table(data[:65536], path.name) or path.name == STRANGE:
        table = parse_group_table(data, str(path))
        return table, sum(map(len, blocks_of(table)))
    stats = fs.parse_stats(data, where=str(path), strict=False)
    return stats, stats.numbers.size + len(stats.measure_lines)


@pytest.mark.parametrize(("path", "kind"), manifest())
def test_every_real_file_is_read_or_refused_with_a_reason(path, kind):
    if kind in REFUSED:
        with pytest.raises(fs.StatsFormatError, match=REFUSED[kind]) as said:
            read(path)
        assert said.value.problem
        return
    if path.name == STRANGE:
        with pytest.raises(fs.StatsFormatError, match="found none among 'SubjID', 'ICVsamseg'"):
            read(path)
        return
    found, n_values = read(path)
    assert found.is_whole or path.name == INVALID, found.remarks
    assert n_values or kind in WITHOUT_VALUES


@pytest.mark.parametrize(("path", "kind"), manifest())
def test_a_cut_file_raises_nothing_but_our_own_errors(path, kind):
    data = path.read_bytes()
    for share in (0.0, 0.1, 0.33, 0.5, 0.77, 0.99):
        cut = data[: int(len(data) * share)]
        try:
            fs.parse_stats(cut, where=str(path), strict=False)
        except fs.FsstatsError:
            continue


def test_the_manifest_names_every_file():
    named = {param.values[0] for param in manifest()}
    there = {path for path in CORPUS.rglob("*") if path.is_file() and path.name != "MANIFEST.tsv"}
    assert named == there


def test_every_subject_is_found_from_the_one_root_of_all():
    found = set(fs.find_stats(CORPUS)["path"].dropna())
    due = {str(path) for path in CORPUS.rglob("stats/*.stats")}
    assert due - found == set()


def test_zeros_of_labels_that_a_file_only_lists_bury_nothing():
    (run,) = CORPUS.rglob("FSL_MNI152_FS4.5.0")
    found = fs.qc.judge(fs.load_cohort(run).table, rules="zero")
    assert found[["severity", "source", "value"]].to_numpy().tolist() == [["note", "wmparc", 997.0]]
    # awk '!/^#/ && $3 == 0 && $4 == 0' counts 1005 of 1189 rows; 8 of them are ventricles and the like, which may be absent


def test_what_to_look_at_for_a_head_size_fits_outputs_of_fsl():
    (run,) = CORPUS.rglob("AnnArbor_sub16960")
    (other,) = CORPUS.rglob("sub-v1s0x0050642_ses-1")
    cohort = fs.load_cohort([run, other])
    found = fs.qc.judge(cohort.table, rules="head_size").set_index("subject")["says"]
    assert "this run has only fsl.segstats" in found["AnnArbor_sub16960"]
