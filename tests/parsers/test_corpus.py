"""Conformance: every real file that is a stats table, number by number, against an independent tokenisation."""

import re
from pathlib import Path

import numpy as np
import pytest

from fsstats.parsers import StatsFile, definitions, long_table, parse_stats
from tests_support import CORPUS, FS6

TABLES = re.compile(
    r"^([lr]h\.)?(aseg.*|wmparc.*|aparc.*|BA.*|entorhinal.*|w-g\.pct|gtmseg|apas\+head|brainvol)\.stats$",
)
REAL = sorted(path for path in CORPUS.rglob("*.stats") if TABLES.match(path.name)) if CORPUS else []
FILES = [pytest.param(path, id=f"{path.parts[-3][:30]}-{path.name}") for path in [*sorted(FS6.glob("*.stats")), *REAL]]
NO_CORPUS = pytest.param(None, marks=pytest.mark.skip(reason="no real files here: set FSSTATS_CORPUS"), id="corpus")


def read(path: Path) -> StatsFile:
    return parse_stats(path.read_bytes(), where=str(path), strict=False)


def header_lines(path: Path, key: str) -> list[str]:
    text = path.read_bytes().decode("latin-1")
    return [line.split(key, 1)[1].strip() for line in text.splitlines() if line.startswith(f"# {key} ")]


def data_lines(path: Path) -> list[list[str]]:
    text = path.read_bytes().decode("latin-1")
    return [line.split() for line in text.splitlines() if line.strip() and "#" not in line]


@pytest.mark.parametrize("path", FILES if CORPUS else [*FILES, NO_CORPUS])
class TestEveryRealFile:
    def test_is_whole(self, path):
        assert read(path).is_whole

    def test_rows_and_columns_are_those_that_it_declares(self, path):
        stats = read(path)
        declared = header_lines(path, "NRows")
        columns = (header_lines(path, "ColHeaders") or [""])[0].split()
        assert len(stats.names) == (int(declared[0]) if declared else len(data_lines(path)))
        assert list(stats.columns) == [name for name in columns if name != "StructName"]

    def test_every_column_sums_to_the_printed_numbers(self, path):
        stats = read(path)
        columns = (header_lines(path, "ColHeaders") or [""])[0].split()
        for i, name in enumerate(columns):
            if name == "StructName":
                assert list(stats.names) == [row[i] for row in data_lines(path)]
                continue
            printed = [float(row[i]) for row in data_lines(path)]
            mine = stats.column(name).tolist()
            assert np.nansum(mine) == np.nansum(printed)
            assert np.array_equal(mine, printed, equal_nan=True)

    def test_every_measure_has_its_value_and_unit(self, path):
        printed = [line.rsplit(",", 2)[1:] for line in header_lines(path, "Measure")]
        old = [line.split() for line in header_lines(path, "surface-based-volume")]
        printed += [[value, unit.replace("mm3", "mm^3")] for unit, _, value in old]
        expected = [(float(value), unit.strip()) for value, unit in printed]
        assert [(line.value, line.unit) for line in read(path).measure_lines] == expected

    def test_every_value_has_one_place_in_the_long_table(self, path):
        stats = read(path)
        table = long_table(stats, subject="s")
        measuring = [name for name in stats.columns if name not in ("Index", "SegId")]
        assert len(table) == len(stats.measure_lines) + len(stats.names) * len(measuring)
        assert not table.duplicated(["source", "hemi", "region", "measure"]).any()
        assert table["unit"].ne("unknown").all()
        assert table["unit"].ne("").all()

    def test_the_meaning_of_its_measures_is_known(self, path):
        stats = read(path)
        known = definitions(stats)
        assert ("volume" in known) == ("GrayVol" in stats.columns)
        assert ("n_voxels" in known) == ("NVoxels" in stats.columns)


@pytest.mark.skipif(not CORPUS, reason="no real files here: set FSSTATS_CORPUS")
def test_the_corpus_has_files_of_every_kind():
    kinds = {re.sub(r"^[lr]h\.", "", path.name) for path in REAL}
    assert {"aseg.stats", "wmparc.stats", "aparc.stats", "BA.stats", "BA_exvivo.stats", "w-g.pct.stats"} < kinds
    assert {"entorhinal_exvivo.stats", "brainvol.stats", "aparc.a2009s.stats", "aparc.DKTatlas40.stats"} < kinds
    assert len(REAL) > 100
