"""Tables of many subjects as the long table: equal to what `load` reads from the stats files they are made of."""

import warnings

import numpy as np
import pandas as pd
import pytest

import fsstats
from fsstats import FsstatsWarning, StatsFormatError, read_group_table
from fsstats.datasets import make_cohort
from fsstats.discovery.subjects import Subject
from fsstats.io.grouptables import blocks_of
from fsstats.parsers.grouptables import parse_group_table
from fsstats.schema import KEY
from tests_support import HANDMADE

FIXTURES = HANDMADE / "grouptables"

# The Measures that asegstats2table appends to volumes, and the two whose column it calls otherwise.
EXTRAS = [
    "lhCortexVol",
    "rhCortexVol",
    "CortexVol",
    "lhCerebralWhiteMatterVol",
    "rhCerebralWhiteMatterVol",
    "CerebralWhiteMatterVol",
    "SubCortGrayVol",
    "TotalGrayVol",
    "SupraTentorialVol",
    "SupraTentorialVolNotVent",
    "SupraTentorialVolNotVentVox",
    "MaskVol",
    "BrainSegVol-to-eTIV",
    "MaskVol-to-eTIV",
    "lhSurfaceHoles",
    "rhSurfaceHoles",
    "SurfaceHoles",
    "BrainSegVol",
    "BrainSegVolNotVent",
    "BrainSegVolNotVentSurf",
    "eTIV",
]
LONG_NAMES = {"eTIV": "EstimatedTotalIntraCranialVol"}
ASEG = {
    "nvoxels": "n_voxels",
    "volume": "volume",
    "mean": "intensity_mean",
    "std": "intensity_std",
    "max": "intensity_max",
}
APARC = {
    "area": "area",
    "volume": "volume",
    "thickness": "thickness",
    "thicknessstd": "thickness_std",
    "meancurv": "mean_curvature",
    "gauscurv": "gaussian_curvature",
    "foldind": "folding_index",
    "curvind": "curvature_index",
}
TAIL = {"area": ["WhiteSurfArea"], "thickness": ["MeanThickness"]}


@pytest.fixture(scope="module", params=["subjects_dir", "longitudinal"])
def cohort(request, tmp_path_factory):
    """Give the long table of a made-up cohort, with each subject's folder."""
    sessions = 2 if request.param == "longitudinal" else 1
    root = tmp_path_factory.mktemp("group") / "subjects"
    make_cohort(root, n_subjects=3, sessions=sessions, layout=request.param, tool="freesurfer-7.4.1", seed=3)
    read = fsstats.load_cohort(root, details=True)
    people = read.files[["subject", "session", "stream", "directory"]].drop_duplicates()
    table = read.table.astype(dict.fromkeys(("subject", "session", "stream"), "object"))
    return table.merge(people.astype("object"), on=["subject", "session", "stream"])


def as_text(table, first, title, delimiter, *, transposed):
    """Write as FreeSurfer's table tools: str of a float, %g if transposed, 0.0 for what is missing; no quotes."""
    names = list(dict.fromkeys(table["name_found"]))
    wide = table.pivot_table(index="directory", columns="name_found", values="value", sort=False, dropna=False)
    wide = wide[names].fillna(0.0)
    rows = [[first, *map(title, names)]]
    rows += [[who, *(f"{v:g}" if transposed else str(v) for v in row)] for who, *row in wide.itertuples()]
    return "".join(delimiter.join(row) + "\n" for row in (zip(*rows, strict=True) if transposed else rows))


def of_aseg(cohort, word):
    measures = [ASEG[word], *(EXTRAS if word == "volume" else ())]
    chosen = cohort[(cohort["source"] == "aseg") & cohort["measure"].isin(measures)]
    chosen = chosen[chosen["stream"] != "base"]  # made-up bases lack SurfaceHoles, and 0 holes may be true
    regions_first = chosen["region"].eq("global").sort_values(kind="stable").index
    return chosen.loc[regions_first], f"Measure:{word}", lambda name: LONG_NAMES.get(name, name)


def of_aparc(cohort, word, hemi, parc):
    measures = [APARC[word], *TAIL.get(word, ()), "BrainSegVolNotVent", "eTIV"]
    chosen = cohort[(cohort["source"] == parc) & (cohort["hemi"] == hemi) & cohort["measure"].isin(measures)]
    regions_first = chosen["region"].eq("global").sort_values(kind="stable").index
    bare = {"BrainSegVolNotVent", "eTIV"}
    title = lambda name: name if name in bare else f"{hemi}_{name}_{word}"  # noqa: E731 - it is returned
    return chosen.loc[regions_first], f"{hemi}.{parc}.{word}", title


def values(table):
    keyed = table.astype(dict.fromkeys(KEY, "object")).set_index(list(KEY))["value"]
    assert keyed.index.is_unique
    return keyed.sort_index()


TABLES = {f"aseg {word}": (of_aseg, (word,)) for word in ASEG} | {
    f"{hemi}.{parc}.{word}": (of_aparc, (word, hemi, parc))
    for word in APARC
    for hemi, parc in (("lh", "aparc"), ("rh", "aparc.DKTatlas"), ("lh", "aparc.a2009s"))
}


@pytest.mark.parametrize(("make", "of"), TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("transposed", [False, True], ids=["", "transposed"])
def test_a_table_equals_the_stats_files_that_it_is_made_of(cohort, make, of, transposed, tmp_path):
    chosen, first, title = make(cohort, *of)
    path = tmp_path / "any.table"
    path.write_text(as_text(chosen, first, title, "\t", transposed=transposed), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FsstatsWarning)
        found = values(read_group_table(path)).dropna()
    expected = values(chosen).dropna()  # where one run has no row, the table has 0, which is read as NaN
    assert len(expected) > 20
    assert found.index.equals(expected.index)
    if transposed:
        np.testing.assert_allclose(found, expected, rtol=5e-6)
    else:
        np.testing.assert_array_equal(found, expected)


def test_the_table_is_as_load_gives_it(cohort, tmp_path):
    chosen, first, title = of_aseg(cohort, "volume")
    path = tmp_path / "any.table"
    path.write_text(as_text(chosen, first, title, ",", transposed=False), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FsstatsWarning)
        found = read_group_table(path, details=True)
    loaded = fsstats.load_cohort(make_cohort(tmp_path / "more", n_subjects=1).root, details=True).table
    assert list(found.columns) == list(loaded.columns)
    own = {name: dtype.name for name, dtype in found.dtypes.items()}
    assert own == {name: dtype.name for name, dtype in loaded.dtypes.items()}
    both = found.merge(chosen, on=["region", "measure"], suffixes=("", "_stats"))
    assert both["segid"].equals(both["segid_stats"])
    assert both["unit"].astype("str").equals(both["unit_stats"].astype("str"))


def test_longitudinal_ids_are_named_as_folders_are():
    with pytest.warns(FsstatsWarning):
        table = read_group_table(FIXTURES / "aseg.volume.table")
    people = table[["subject", "session", "stream"]].astype("str").drop_duplicates()
    assert people.values.tolist() == [
        ["sub-01", "ses-1", "cross"],
        ["sub-01", "ses-1", "long"],
        ["sub-02", "ses-1", "cross"],
    ]


def test_time_points_are_named_by_their_base(tmp_path):
    path = tmp_path / "aseg.table"
    path.write_text("Measure:mean,Left-Amygdala\nT1_05,70.5\nT1_05.long.05,71.5\n")
    table = read_group_table(path)
    assert table[["subject", "session", "stream"]].astype("str").values.tolist() == [
        ["05", "T1_05", "cross"],
        ["05", "T1_05", "long"],
    ]


def test_rows_that_would_be_one_and_the_same_keep_their_names(tmp_path):
    path = tmp_path / "aseg.table"
    path.write_text("Measure:mean,Left-Amygdala\n1000011_20263_2_0,70.5\n1000011_20263_2_1,71.5\n")
    assert list(read_group_table(path)["subject"]) == ["1000011_20263_2_0", "1000011_20263_2_1"]


def test_a_session_column_counts(tmp_path):
    path = tmp_path / "aseg.csv"
    path.write_text("participant_id,session_id,Left-Amygdala_volume\nsub-01,ses-1,1500\nsub-01,ses-2,1400\n")
    assert list(read_group_table(path)["session"]) == ["ses-1", "ses-2"]


def test_every_column_that_is_not_recognised_is_named():
    with pytest.warns(FsstatsWarning, match=r"labs.csv: not recognised, and left out: AGE_AT_SCAN, SITE; "):
        read_group_table(FIXTURES / "labs.csv")


def test_a_table_without_doubts_warns_of_nothing(tmp_path):
    path = tmp_path / "aseg.csv"
    path.write_text("Measure:volume,Left-Amygdala\na,1500\n")
    assert list(read_group_table(path)["value"]) == [1500.0]


def test_what_must_be_said_can_be_said(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("id,insula\nsub-01,3.01\n")
    with pytest.raises(StatsFormatError, match="give source="):
        read_group_table(path)
    table = read_group_table(path, source="aparc.DKTatlas", hemi="lh", measure="thickness")
    assert table.astype("object").loc[0, ["source", "hemi", "region", "measure", "unit"]].tolist() == [
        "aparc.DKTatlas",
        "lh",
        "insula",
        "thickness",
        "mm",
    ]


def test_blocks_are_one_a_subject_and_source():
    table = parse_group_table((FIXTURES / "labs.csv").read_bytes(), "labs.csv")

    def as_they_are(paths):
        return [Subject(path, path.name.upper()) for path in paths]

    blocks = blocks_of(table, as_they_are, measures=frozenset({"thickness", "eTIV"}))
    assert [(block.subject, block.source, len(block)) for block in blocks] == [
        ("SUB-01", "aseg", 1),
        ("SUB-01", "aparc", 1),
        ("SUB-02", "aseg", 1),
        ("SUB-02", "aparc", 1),
    ]


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match=r"none\.table"):
        read_group_table(tmp_path / "none.table")


def test_the_long_table_can_be_made_wide_and_back():
    with pytest.warns(FsstatsWarning):
        table = read_group_table(FIXTURES / "aseg.volume.table")
    wide = fsstats.to_wide(table)
    assert len(wide) == 3
    assert isinstance(wide, pd.DataFrame)
