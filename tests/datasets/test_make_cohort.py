"""The made-up cohort: its files are read here word by word, without the parsers that it is to test."""

import os
import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fsstats.datasets import DAMAGE, make_cohort
from fsstats.errors import UnknownNameError
from fsstats.schema import GLOBAL, KEY, LONG, STREAMS, global_measures, measures, printed_regions, release

TOOLS = ("freesurfer-7.4.1", "freesurfer-6.0.0", "fastsurfer-2.2.0")

MEASURE_OF = {
    "NumVert": "n_vertices",
    "NVertices": "n_vertices",
    "NVoxels": "n_voxels",
    "SurfArea": "area",
    "Area_mm2": "area",
    "GrayVol": "volume",
    "Volume_mm3": "volume",
    "ThickAvg": "thickness",
    "ThickStd": "thickness_std",
    "MeanCurv": "mean_curvature",
    "GausCurv": "gaussian_curvature",
    "FoldInd": "folding_index",
    "CurvInd": "curvature_index",
    **{f"norm{part}": f"intensity_{name}" for part, name in [("Mean", "mean"), ("StdDev", "std"), ("Min", "min")]},
    **{f"norm{part}": f"intensity_{name}" for part, name in [("Max", "max"), ("Range", "range")]},
    **{part: f"contrast_{name}" for part, name in [("Mean", "mean"), ("StdDev", "std"), ("Min", "min")]},
    **{part: f"contrast_{name}" for part, name in [("Max", "max"), ("Range", "range"), ("SNR", "snr")]},
}


def words_of(path):
    """Take a stats file apart: (field, value) of each Measure, column names, words of each row."""
    lines = path.read_text(encoding="ascii").splitlines()
    parts = [line.removeprefix("# Measure ").split(", ") for line in lines if line.startswith("# Measure")]
    columns = next((line.split()[2:] for line in lines if line.startswith("# ColHeaders")), [])
    rows = [line.split() for line in lines if not line.startswith("#")]
    return [(part[1].split()[0], part[-2]) for part in parts], columns, rows


def header_of(path):
    """Give the header lines with their key; of repeated keys the last."""
    lines = [line[2:].split(None, 1) for line in path.read_text(encoding="ascii").splitlines() if line.startswith("# ")]
    return {line[0]: line[-1].strip() for line in lines if line}


def values_in(path):
    """Give what a file prints as (region, measure, value), in the order of the file."""
    measures, columns, rows = words_of(path)
    found = [(GLOBAL, field, float(value)) for field, value in measures]
    for row in rows:
        cells = dict(zip(columns, row, strict=True))
        empty = cells.get("NVoxels") == "0"
        name = cells.pop("StructName").replace("-Proper", "").replace("&", "_and_")
        for column, word in cells.items():
            if column not in ("Index", "SegId"):
                missing = empty and column.startswith("norm")
                found.append((name, MEASURE_OF[column], np.nan if missing else float(word)))
    return found


def source_and_hemi(path):
    """Split a file name."""
    found = re.fullmatch(r"(?:([lr]h)\.)?(.+)\.stats", path.name)
    return found[2], found[1]


def part_of(table, **where):
    """Give the rows of a table where columns have these values; None stands for missing."""
    chosen = pd.Series(data=True, index=table.index)
    for column, value in where.items():
        chosen &= table[column].isna() if value is None else table[column] == value
    return table[chosen]


def run_of(path):
    """Read subject, session and stream off a folder, in any of the layouts."""
    folder = path.parents[1]
    name = f"{folder.parent.name}_{folder.name}" if folder.name.startswith("ses-") else folder.name
    subject = re.match(r"sub-\d+", name)[0]
    session = re.search(r"ses-\d+", name)
    stream = "long" if ".long." in name else "base" if (folder / "base-tps").exists() else "cross"
    return {"subject": subject, "session": session and session[0], "stream": stream}


def truth_of(path, table):
    """Give the rows of the table that come from a file."""
    source, hemi = source_and_hemi(path)
    rows = part_of(table, source=source, **run_of(path))
    return rows[rows["hemi"] == hemi] if hemi else rows


def tree(root):
    """Give everything under a folder: content, target of a link, or None for a folder."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        found[name] = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
    return found


def stats_files(root):
    return sorted(path for path in root.rglob("*.stats") if path.is_file())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give cohorts, each made once."""
    known = {}

    def make(**options):
        key = repr(sorted(options.items()))
        if key not in known:
            known[key] = make_cohort(tmp_path_factory.mktemp("cohort"), **options)
        return known[key]

    return make


COHORTS = {
    **{tool: {"n_subjects": 3, "tool": tool} for tool in TOOLS},
    "all tools, two sessions": {"n_subjects": 3, "tool": TOOLS, "sessions": 2},
    "bids": {"n_subjects": 2, "layout": "bids", "sessions": 2},
    "longitudinal 7": {"n_subjects": 2, "layout": "longitudinal", "sessions": 2},
    "longitudinal 6": {"n_subjects": 2, "layout": "longitudinal", "tool": "freesurfer-6.0.0"},
}
each_cohort = pytest.mark.parametrize("options", COHORTS.values(), ids=COHORTS)


@each_cohort
def test_the_truth_is_what_the_files_print(made, options):
    cohort = made(**options)
    files = stats_files(cohort.root)
    for path in files:
        truth = truth_of(path, cohort.table)
        expected = pd.DataFrame(values_in(path), columns=["region", "measure", "value"])
        found = truth[["region", "measure", "value"]].astype({"region": "str", "measure": "str"})
        pd.testing.assert_frame_equal(found.reset_index(drop=True), expected, check_exact=True, check_dtype=False)
    assert len(cohort.table) == sum(len(values_in(path)) for path in files)


@each_cohort
def test_each_file_is_as_its_header_says(made, options):
    for path in stats_files(made(**options).root):
        _, columns, rows = words_of(path)
        lines = path.read_text(encoding="ascii").splitlines()
        declared = [line.split()[4] for line in lines if re.match(r"# TableCol +\d+ ColHeader", line)]
        header = header_of(path)
        assert declared == columns
        assert {len(row) for row in rows} <= {len(columns)}
        assert int(header.get("NTableCols", 0)) == len(columns)
        assert int(header.get("NRows", len(rows))) == len(rows)
        if "Index" in columns:
            assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
        if "subjectname" in header:
            assert header["subjectname"] == path.parents[1].name


@each_cohort
def test_the_table_is_a_long_table(made, options):
    table = made(**options).table
    assert tuple(table.columns) == LONG
    assert table["value"].dtype == "float64"
    assert all(table[column].dtype == "category" for column in LONG if column != "value")
    assert not table.duplicated(list(KEY)).any()
    assert set(table["stream"]) <= set(STREAMS)
    assert table["unit"].notna().all()


@each_cohort
def test_units_and_sides_follow_the_schema(made, options):
    table = made(**options).table.astype({"measure": "str", "unit": "str", "region": "str", "hemi": "object"})
    whole = table[table["region"] == GLOBAL]
    parts = table[table["region"] != GLOBAL]
    assert (whole["unit"] == whole["measure"].map(lambda field: global_measures()[field].unit)).all()
    units = parts["measure"].map(lambda name: measures()[name].unit or "MR")
    assert (parts["unit"] == units).all()
    named = parts["region"].str.extract(r"^(Left|Right|wm-lh|wm-rh|ctx-lh|ctx-rh)-")[0]
    side = named.map({"Left": "lh", "Right": "rh"}).fillna(named.str[-2:])
    assert (parts["hemi"][side.notna()] == side.dropna()).all()


FREESURFER = {
    "aseg.stats",
    "wmparc.stats",
    "brainvol.stats",
    *(
        f"{hemi}.{source}.stats"
        for hemi in ("lh", "rh")
        for source in (
            "aparc",
            "aparc.pial",
            "aparc.a2009s",
            "aparc.DKTatlas",
            "BA_exvivo",
            "BA_exvivo.thresh",
            "w-g.pct",
        )
    ),
}
FASTSURFER = {
    "aseg+DKT.stats",
    "aseg.stats",
    "wmparc.DKTatlas.mapped.stats",
    "brainvol.stats",
    *(f"{hemi}.{source}.stats" for hemi in ("lh", "rh") for source in ("aparc.DKTatlas.mapped", "w-g.pct")),
}
RECON_ALL = {"build-stamp.txt", "recon-all.done", "recon-all-status.log"}
WRITTEN = {
    "freesurfer-7.4.1": (FREESURFER, RECON_ALL),
    "freesurfer-6.0.0": (FREESURFER - {"brainvol.stats"}, RECON_ALL),
    "fastsurfer-2.2.0": (FASTSURFER, {"build-stamp.txt", "recon-surf.done", "deep-seg.log"}),
}


@pytest.mark.parametrize(("tool", "stats", "scripts"), [(tool, *files) for tool, files in WRITTEN.items()], ids=WRITTEN)
def test_each_tool_writes_its_files(made, tool, stats, scripts):
    root = made(n_subjects=3, tool=tool).root
    assert {path.name for path in root.iterdir()} == {"sub-001", "sub-002", "sub-003", "participants.tsv"}
    for subject in root.glob("sub-*"):
        assert {path.name for path in subject.iterdir()} == {"stats", "scripts", "mri", "surf", "label"}
        assert {path.name for path in (subject / "stats").iterdir()} == stats
        assert {path.name for path in (subject / "scripts").iterdir()} == scripts


ROWS = {
    "aseg": 45,
    "wmparc": 70,
    "aparc": 34,
    "aparc.pial": 34,
    "aparc.a2009s": 74,
    "aparc.DKTatlas": 31,
    "BA_exvivo": 14,
    "BA_exvivo.thresh": 14,
    "w-g.pct": 35,
    "brainvol": 0,
}
FASTSURFER_ROWS = {"aseg+DKT": 100, "wmparc.DKTatlas.mapped": 64, "aparc.DKTatlas.mapped": 31, "w-g.pct": 32}


@pytest.mark.parametrize("tool", TOOLS)
def test_tables_have_the_rows_of_their_atlas(made, tool):
    expected = ROWS | (FASTSURFER_ROWS if tool.startswith("fastsurfer") else {})
    for path in stats_files(made(n_subjects=3, tool=tool).root):
        source, hemi = source_and_hemi(path)
        _, columns, rows = words_of(path)
        assert len(rows) == expected[source], path.name
        if "SegId" in columns and not hemi:
            ids = [int(row[1]) for row in rows]
            assert ids == sorted(ids)
        if hemi and source != "w-g.pct" and tool == "freesurfer-7.4.1":
            atlas = source.removesuffix(".pial").removesuffix(".thresh")
            assert [row[0] for row in rows] == list(printed_regions(atlas, hemi))


@pytest.mark.parametrize(
    ("tool", "filename", "start"),
    [
        ("freesurfer-7.4.1", "aseg.stats", "  4   8     "),
        ("freesurfer-7.4.1", "wmparc.stats", "  1 3001      "),
        ("freesurfer-7.4.1", "rh.w-g.pct.stats", "  2 2001      "),
        ("freesurfer-7.4.1", "lh.aparc.stats", "bankssts                                 "),
        ("fastsurfer-2.2.0", "aseg+DKT.stats", " 1    2 "),
    ],
)
def test_rows_are_set_as_the_programs_set_them(made, tool, filename, start):
    text = (made(n_subjects=3, tool=tool).root / "sub-001" / "stats" / filename).read_text(encoding="ascii")
    assert f"\n{start}" in text
    blank_at_end = [line.endswith(" ") for line in text.splitlines() if not line.startswith("#")]
    assert set(blank_at_end) == {filename in ("aseg.stats", "wmparc.stats", "rh.w-g.pct.stats")}


def test_names_of_freesurfer_6_are_the_old_ones(made):
    cohort = made(n_subjects=3, tool="freesurfer-6.0.0")
    stats = cohort.root / "sub-001" / "stats"
    assert "Left-Thalamus-Proper" in (stats / "aseg.stats").read_text(encoding="ascii")
    assert "G_Ins_lg&S_cent_ins" in (stats / "lh.aparc.a2009s.stats").read_text(encoding="ascii")
    named = set(cohort.table["region"])
    assert {"Left-Thalamus", "G_Ins_lg_and_S_cent_ins"} <= named
    assert not [name for name in named if "&" in name or "Proper" in name]


def test_freesurfer_6_forgets_a_comma_in_surface_files_only(made):
    stats = made(n_subjects=3, tool="freesurfer-6.0.0").root / "sub-001" / "stats"
    malformed = "# Measure Cortex, CortexVol Total cortical gray matter volume, "
    assert malformed in (stats / "rh.BA_exvivo.stats").read_text(encoding="ascii")
    assert malformed not in (stats / "aseg.stats").read_text(encoding="ascii")


FIELDS = {
    ("freesurfer-7.4.1", "aseg.stats"): (20, {"SurfaceHoles", "eTIV"}, {"BrainSegVolNotVentSurf"}),
    ("freesurfer-6.0.0", "aseg.stats"): (22, {"BrainSegVolNotVentSurf", "SupraTentorialVolNotVentVox"}, set()),
    ("freesurfer-7.4.1", "wmparc.stats"): (6, {"eTIV"}, {"BrainSegVol"}),
    ("freesurfer-7.4.1", "brainvol.stats"): (16, {"SupraTentorialVolNotVentVox"}, {"eTIV"}),
    ("freesurfer-7.4.1", "lh.aparc.stats"): (10, {"WhiteSurfArea", "MeanThickness"}, {"PialSurfArea"}),
    ("freesurfer-7.4.1", "lh.aparc.pial.stats"): (10, {"PialSurfArea"}, {"WhiteSurfArea"}),
    ("freesurfer-6.0.0", "rh.BA_exvivo.stats"): (9, {"WhiteSurfArea"}, {"MeanThickness"}),
    ("fastsurfer-2.2.0", "aseg+DKT.stats"): (0, set(), set()),
    ("fastsurfer-2.2.0", "wmparc.DKTatlas.mapped.stats"): (5, {"MaskVol"}, {"eTIV"}),
}


@pytest.mark.parametrize(("file", "expected"), FIELDS.items(), ids=["-".join(key) for key in FIELDS])
def test_measures_of_each_version(made, file, expected):
    (tool, filename), (count, there, absent) = file, expected
    measures, _, _ = words_of(made(n_subjects=3, tool=tool).root / "sub-001" / "stats" / filename)
    fields = {field for field, _ in measures}
    assert len(fields) == len(measures) == count
    assert there <= fields
    assert not absent & fields


@pytest.mark.parametrize("tool", TOOLS)
def test_versions_can_be_told_from_files_and_stamps(made, tool):
    root = made(n_subjects=3, tool=tool).root / "sub-001"
    expected = "6.0" if "6.0.0" in tool else "7.4.1"
    assert release(header_of(root / "stats" / "aseg.stats")["cvs_version"]) == expected
    assert release((root / "scripts" / "build-stamp.txt").read_text(encoding="ascii")).startswith(expected)
    if tool.startswith("fastsurfer"):
        assert "\nVersion: 2.2.0\n" in (root / "scripts" / "deep-seg.log").read_text(encoding="ascii")
        assert "cvs_version" not in header_of(root / "stats" / "aseg+DKT.stats")


def test_the_unlabelled_part_has_no_contrast_since_freesurfer_7(made):
    last = [
        words_of(made(n_subjects=3, tool=tool).root / "sub-002" / "stats" / "lh.w-g.pct.stats")[2][0][4:]
        for tool in ("freesurfer-7.4.1", "freesurfer-6.0.0")
    ]
    assert last[0] == ["unknown", *["0.0000"] * 5, "-nan"]
    assert all(float(word) != 0 for word in last[1][1:])


FOLDERS = {
    "subjects_dir, one session": ({}, {"sub-001", "sub-002"}),
    "subjects_dir, two sessions": (
        {"sessions": 2},
        {"sub-001_ses-1", "sub-001_ses-2", "sub-002_ses-1", "sub-002_ses-2"},
    ),
    "bids, one session": ({"layout": "bids"}, {"sub-001/ses-1", "sub-002/ses-1"}),
    "bids, two sessions": (
        {"layout": "bids", "sessions": 2},
        {"sub-001/ses-1", "sub-001/ses-2", "sub-002/ses-1", "sub-002/ses-2"},
    ),
    "longitudinal": (
        {"layout": "longitudinal", "sessions": 2, "n_subjects": 1},
        {
            "sub-001_ses-1",
            "sub-001_ses-2",
            "sub-001",
            "sub-001_ses-1.long.sub-001",
            "sub-001_ses-2.long.sub-001",
        },
    ),
}


@pytest.mark.parametrize(("options", "folders"), FOLDERS.values(), ids=FOLDERS)
def test_layouts(made, options, folders):
    root = made(**{"n_subjects": 2} | options).root
    assert {path.parent.relative_to(root).as_posix() for path in root.rglob("stats")} == folders


def test_the_longitudinal_stream_has_bases_and_fewer_numbers(made):
    cohort = made(n_subjects=2, layout="longitudinal", sessions=2)
    base = cohort.root / "sub-001"
    assert (base / "base-tps").read_text(encoding="ascii") == "sub-001_ses-1\nsub-001_ses-2\n"
    assert not list(base.glob("stats/*w-g.pct.stats"))
    assert list(cohort.root.glob("sub-001_ses-2.long.sub-001/stats/*w-g.pct.stats"))
    holes = part_of(cohort.table, measure="SurfaceHoles")
    assert set(holes["stream"]) == {"cross"}
    assert part_of(cohort.table, stream="base")["session"].isna().all()
    assert set(part_of(cohort.table, stream="long")["session"]) == {"ses-1", "ses-2"}


PARTICIPANTS = {
    "one session": ({}, ["participant_id", "age", "sex", "group", "site"], 6),
    "two sessions": ({"sessions": 2}, ["participant_id", "session_id", "age", "sex", "group", "site"], 12),
}


@pytest.mark.parametrize(("options", "columns", "rows"), PARTICIPANTS.values(), ids=PARTICIPANTS)
def test_participants(made, options, columns, rows):
    groups, sites = ("old", "young", "other"), ("north", "south")
    cohort = made(n_subjects=6, groups=groups, sites=sites, **options)
    assert list(cohort.participants.columns) == columns
    assert len(cohort.participants) == rows
    persons = cohort.participants.drop_duplicates("participant_id")
    assert persons["group"].value_counts().to_dict() == dict.fromkeys(groups, 2)
    assert persons["site"].value_counts().to_dict() == dict.fromkeys(sites, 3)
    assert persons["age"].between(20, 80).all()
    assert set(persons["participant_id"]) == set(cohort.table["subject"])
    written = pd.read_csv(cohort.root / "participants.tsv", sep="\t")
    pd.testing.assert_frame_equal(written, cohort.participants, check_dtype=False)


def test_tools_take_turns(made):
    table = made(n_subjects=3, tool=TOOLS, sessions=2).table
    has = {source: set(part_of(table, source=source)["subject"]) for source in ("brainvol", "aseg+DKT", "wmparc")}
    assert has == {
        "brainvol": {"sub-001", "sub-003"},
        "aseg+DKT": {"sub-003"},
        "wmparc": {"sub-001", "sub-002"},
    }


SEEDED = {
    "plain": {"n_subjects": 3},
    "damaged": {"n_subjects": 8, "tool": TOOLS, "damaged": 0.2},
    "longitudinal": {"n_subjects": 2, "layout": "longitudinal", "sessions": 2, "damaged": 0.1},
}


@pytest.mark.parametrize("options", SEEDED.values(), ids=SEEDED)
def test_the_same_seed_gives_the_same_bytes(tmp_path, options):
    first, again = (make_cohort(tmp_path / name, seed=5, **options) for name in ("first", "again"))
    other = make_cohort(tmp_path / "other", seed=6, **options)
    assert tree(first.root) == tree(again.root)
    assert tree(first.root) != tree(other.root)
    assert first.table.equals(again.table)
    assert first.readable.equals(again.readable)
    assert first.damage.drop(columns="path").equals(again.damage.drop(columns="path"))


def test_files_name_no_place_of_this_machine(made, tmp_path_factory):
    names = [os.uname().nodename, str(tmp_path_factory.getbasetemp())]
    for path in stats_files(made(n_subjects=3, tool="fastsurfer-2.2.0").root):
        assert not [name for name in names if name.encode() in path.read_bytes()]


def values(table, index, **where):
    """Give some values by `index`, a list of columns."""
    rows = part_of(table, **where)
    return rows.astype(dict.fromkeys(index, "object")).set_index(index)["value"]


EFFECTS = {  # effects, (source, region, measure) looked at, its relative change
    "a volume": ({"Left-Hippocampus": -0.08}, ("aseg", "Left-Hippocampus", "volume"), -0.08),
    "a volume of one source": ({("aseg", "Left-Hippocampus"): 0.1}, ("aseg", "Left-Hippocampus", "volume"), 0.1),
    "white matter": ({"wm-rh-insula": 0.05}, ("wmparc", "wm-rh-insula", "volume"), 0.05),
    "thickness": ({"entorhinal": -0.1}, ("aparc", "entorhinal", "thickness"), -0.1),
    "cortical volume": ({"entorhinal": -0.1}, ("aparc.pial", "entorhinal", "volume"), -0.1),
    "another atlas": ({"entorhinal": -0.1}, ("aparc.DKTatlas", "entorhinal", "thickness"), -0.1),
    "the nearer one wins": ({"insula": 0.3, ("aparc", "insula"): 0.1}, ("aparc", "insula", "thickness"), 0.1),
    "not the area": ({"entorhinal": -0.1}, ("aparc", "entorhinal", "area"), 0.0),
    "not another source": ({("aparc.pial", "insula"): 0.1}, ("aparc", "insula", "thickness"), 0.0),
    "not another region": ({"Left-Hippocampus": -0.08}, ("aseg", "Right-Hippocampus", "volume"), 0.0),
}


@pytest.mark.parametrize(("effects", "where", "change"), EFFECTS.values(), ids=EFFECTS)
def test_an_effect_changes_the_later_groups_and_nothing_else(made, effects, where, change):
    groups = {"n_subjects": 6, "groups": ("control", "mild", "severe")}
    without, with_effect = made(**groups), made(**groups, effects=effects)
    where = dict(zip(("source", "region", "measure"), where, strict=True))
    after, before = (values(cohort.table, ["subject", "hemi"], **where) for cohort in (with_effect, without))
    ratio = after / before
    persons = without.participants.set_index("participant_id")["group"]
    affected = persons.loc[ratio.index.get_level_values("subject")].to_numpy() != "control"
    np.testing.assert_allclose(ratio[affected], 1 + change, rtol=2e-3)
    np.testing.assert_array_equal(ratio[~affected], 1.0)


def test_effects_show_in_group_means(made):
    effects = {"Left-Hippocampus": -0.08, "entorhinal": -0.1}
    cohort = made(n_subjects=60, effects=effects)
    group = cohort.participants.set_index("participant_id")["group"]
    for region, where in (
        ("Left-Hippocampus", {"source": "aseg", "measure": "volume"}),
        ("entorhinal", {"source": "aparc", "hemi": "lh", "measure": "thickness"}),
    ):
        of_group = values(cohort.table, ["subject"], region=region, **where).groupby(group).mean()
        assert of_group["patient"] / of_group["control"] - 1 == pytest.approx(effects[region], abs=0.06)


def test_an_effect_reaches_the_global_measures(made):
    options = {"n_subjects": 6, "groups": ("control", "mild", "severe")}
    change = {}
    for field, effects in (("SubCortGrayVol", {"Left-Hippocampus": -0.08}), ("lhCortexVol", {"entorhinal": -0.1})):
        tables = [made(**options, effects=effects).table, made(**options).table]
        change[field] = [values(table, ["subject"], source="aseg", measure=field).sum() for table in tables]
    assert all(less < more for less, more in change.values())


@pytest.mark.parametrize("exponent", [0.0, 0.7, 1.0])
def test_volumes_go_with_a_power_of_head_size(made, exponent):
    cohort, flat = (made(n_subjects=12, head_size_exponent=value) for value in (exponent, -0.0))
    size = np.log(values(cohort.table, ["subject"], source="aseg", measure="eTIV") / 1.5e6)
    for source, region, measure, power in (
        ("aseg", "Brain-Stem", "volume", exponent),
        ("wmparc", "wm-lh-precentral", "volume", exponent),
        ("aparc", "superiorfrontal", "area", exponent * 2 / 3),
        ("aparc", "superiorfrontal", "volume", exponent * 2 / 3),
        ("aparc", "superiorfrontal", "thickness", 0.0),
    ):
        where = {"source": source, "region": region, "measure": measure}
        where |= {"hemi": "lh"} if source == "aparc" else {}
        ratio = np.log(values(cohort.table, ["subject"], **where) / values(flat.table, ["subject"], **where))
        np.testing.assert_allclose(ratio, power * size, atol=1e-3)


def wide(table, **where):
    """Give one column a measure."""
    index = ["subject", "session", "hemi", "region"]
    rows = part_of(table, **where).astype(dict.fromkeys([*index, "measure"], "object"))
    return rows.pivot_table(index=index, columns="measure", values="value", dropna=False, observed=True).dropna(
        how="all"
    )


def test_numbers_of_a_row_fit_each_other(made):
    table = made(n_subjects=12).table.assign(
        session="", hemi=lambda table: table["hemi"].cat.add_categories("-").fillna("-")
    )
    cortex = wide(table, source="aparc").drop(index=GLOBAL, level="region")
    assert (cortex["volume"] / (cortex["area"] * cortex["thickness"])).between(0.9, 1.4).all()
    assert (cortex["area"] / cortex["n_vertices"]).between(0.55, 0.8).all()
    aseg = wide(table, source="aseg").drop(index=GLOBAL, level="region")
    empty = aseg["n_voxels"] == 0
    assert empty.any()
    assert (aseg.loc[empty, "volume"] == 0).all()
    assert aseg.loc[empty, "intensity_mean"].isna().all()
    full = aseg[~empty]
    assert (full["volume"] / full["n_voxels"])[full["n_voxels"] > 100].between(0.9, 1.1).all()
    assert (full["intensity_max"] - full["intensity_min"] == full["intensity_range"]).all()
    assert full["intensity_mean"].between(full["intensity_min"], full["intensity_max"]).all()
    contrast = wide(table, source="w-g.pct").dropna()
    np.testing.assert_allclose(
        contrast["contrast_max"] - contrast["contrast_min"], contrast["contrast_range"], atol=1e-9
    )
    np.testing.assert_allclose(
        contrast["contrast_mean"] / contrast["contrast_std"], contrast["contrast_snr"], atol=1e-3
    )


@pytest.mark.parametrize("tool", TOOLS)
def test_global_measures_fit_each_other(made, tool):
    table = made(n_subjects=12, tool=tool).table
    rows = part_of(table, source="aseg", region=GLOBAL).astype({"subject": "object", "measure": "object"})
    brain = rows.pivot_table(index="subject", columns="measure", values="value")
    assert brain["eTIV"].between(1.0e6, 2.1e6).all()
    assert (brain["eTIV"] > brain["BrainSegVol"]).all()
    assert (brain["BrainSegVol"] > brain["SupraTentorialVol"]).all()
    assert (brain["BrainSegVolNotVent"] < brain["BrainSegVol"]).all()
    for field in ("CortexVol", "CerebralWhiteMatterVol", "SurfaceHoles"):
        np.testing.assert_allclose(brain[f"lh{field}"] + brain[f"rh{field}"], brain[field], atol=1e-5)
    np.testing.assert_allclose(brain["BrainSegVol"] / brain["eTIV"], brain["BrainSegVol-to-eTIV"], atol=1e-6)


@pytest.mark.parametrize("tool", TOOLS)
def test_both_hemispheres_print_the_same_brain(made, tool):
    source = "aparc.DKTatlas.mapped" if tool.startswith("fastsurfer") else "aparc"
    rows = part_of(made(n_subjects=12, tool=tool).table, source=source, region=GLOBAL)
    left, right = (values(rows, ["subject", "measure"], hemi=hemi) for hemi in ("lh", "rh"))
    own = ("NumVert", "WhiteSurfArea", "MeanThickness")
    shared = ~left.index.get_level_values("measure").isin(own)
    pd.testing.assert_series_equal(left[shared], right[shared])
    assert (left[~shared] != right[~shared]).all()


def test_hemispheres_and_sessions_are_alike(made):
    table = made(n_subjects=60, sessions=2).table
    where = {"source": "aseg", "measure": "volume"}
    left, right = (
        values(table, ["subject", "session"], region=f"{side}-Hippocampus", **where) for side in ("Left", "Right")
    )
    first, second = (left.xs(session, level="session") for session in ("ses-1", "ses-2"))
    assert np.corrcoef(first, second)[0, 1] > 0.95
    assert np.corrcoef(left, right)[0, 1] > 0.6
    ventricle = values(table, ["subject", "session"], region="Left-Lateral-Ventricle", **where)
    growth = ventricle.xs("ses-2", level="session") / ventricle.xs("ses-1", level="session")
    assert 1.005 < growth.mean() < 1.03  # in a year


def test_further_sites_shift_their_numbers(made):
    same = {"n_subjects": 8, "groups": ("control",)}
    one, two = made(**same), made(**same, sites=("A", "B"))
    site = two.participants.set_index("participant_id")["site"]
    where = {"source": "aseg", "region": "Left-Putamen", "measure": "intensity_mean"}
    ratio = values(two.table, ["subject"], **where) / values(one.table, ["subject"], **where)
    assert ratio[site == "B"].std() < 0.01
    assert ratio[site == "B"].mean() != pytest.approx(1.0, abs=0.005)


# --- Damage


def damaged_by(made, kind, **options):
    """Give a cohort with this one kind of damage, the same cohort whole, and the list of damaged files."""
    options = {"n_subjects": 6, "tool": TOOLS, "seed": 3} | options
    broken = made(damaged=0.15, damage=kind, **options)
    whole = made(**options)
    pairs = [(Path(row.path), row) for row in broken.damage.itertuples()]
    assert pairs
    return broken, [(path, whole.root / path.relative_to(broken.root), row) for path, row in pairs]


def is_strict_start(path, whole):
    content = path.read_bytes()
    assert content
    assert whole.read_bytes().startswith(content)
    assert len(content) < whole.stat().st_size
    return content


def left_in_cut_row(path, whole, row):
    content = is_strict_start(path, whole)
    assert b"# ColHeaders" in content
    assert not content.endswith(b"\n")
    assert not content.rpartition(b"\n")[2].startswith(b"#")


def left_in_cut_line(path, whole, row):
    content = is_strict_start(path, whole)
    assert content.endswith(b"\n")
    assert b"# ColHeaders" in content or row.source == "brainvol"


def left_in_cut_header(path, whole, row):
    assert b"# ColHeaders" not in is_strict_start(path, whole)
    assert row.source != "brainvol"


def left_empty(path, whole, row):
    assert path.read_bytes() == b""


def left_in_header_only(path, whole, row):
    content = is_strict_start(path, whole)
    assert content.splitlines()[-1].startswith(b"# ColHeaders")
    assert row.n_lost == len(values_in(whole)) - content.count(b"# Measure")


def left_missing(path, whole, row):
    assert not os.path.lexists(path)


def left_unreadable(path, whole, row):
    assert path.is_symlink()
    with pytest.raises(FileNotFoundError, match=re.escape(path.name)):
        path.read_bytes()


def left_binary(path, whole, row):
    content = path.read_bytes()
    assert b"\0" in content
    assert len(content) == whole.stat().st_size
    with pytest.raises(UnicodeDecodeError, match="utf-8"):
        content.decode()


def left_in_wrong_hemisphere(path, whole, row):
    other = {"l": "r", "r": "l"}[path.name[0]] + path.name[1:]
    assert path.read_bytes() == whole.with_name(other).read_bytes()


def left_doubled(path, whole, row):
    assert path.read_bytes() == 2 * whole.read_bytes()


def left_copied(path, whole, row):
    content = path.read_bytes()
    donors = [other for other in path.parents[2].glob(f"*/stats/{path.name}") if other != path]
    assert [other for other in donors if other.is_file() and other.read_bytes() == content]
    assert f"# subjectname {path.parents[1].name}\n".encode() not in content
    assert b"# subjectname" in content


def left_crlf(path, whole, row):
    assert path.read_bytes() == whole.read_bytes().replace(b"\n", b"\r\n")


def left_latin1(path, whole, row):
    content = path.read_bytes()
    assert re.search(rb"^# user +user\xe9$", content, re.MULTILINE)
    assert content.replace(b"\xe9", b"") == whole.read_bytes()


def left_directory(path, whole, row):
    assert path.is_dir()


def left_wrong_number(path, whole, row):
    now, then = (file.read_bytes().splitlines() for file in (path, whole))
    changed = [(a, b) for a, b in zip(now, then, strict=True) if a != b]
    [(line, before)] = changed
    [(nonsense, _)] = [(a, b) for a, b in zip(line.split(), before.split(), strict=True) if a != b]
    with pytest.raises(ValueError, match="could not convert"):
        float(nonsense)
    assert not before.startswith(b"#")


def left_dropped_row(path, whole, row):
    now, then = (file.read_bytes().splitlines() for file in (path, whole))
    [place] = [place for place in range(len(then)) if now == then[:place] + then[place + 1 :]]
    assert place < len(then) - 1
    assert not then[place - 1].startswith(b"#")


LEAVES = {
    "cut_in_row": left_in_cut_row,
    "cut_at_line": left_in_cut_line,
    "cut_in_header": left_in_cut_header,
    "empty": left_empty,
    "header_only": left_in_header_only,
    "missing": left_missing,
    "unreadable": left_unreadable,
    "binary": left_binary,
    "wrong_hemisphere": left_in_wrong_hemisphere,
    "doubled": left_doubled,
    "copied": left_copied,
    "crlf": left_crlf,
    "latin1": left_latin1,
    "directory": left_directory,
    "wrong_number": left_wrong_number,
    "dropped_row": left_dropped_row,
}


def test_every_kind_of_damage_is_tested():
    assert set(LEAVES) == set(DAMAGE)


@pytest.mark.parametrize(("kind", "check"), LEAVES.items(), ids=LEAVES)
def test_each_kind_of_damage_leaves_what_it_says(made, kind, check):
    broken, found = damaged_by(made, kind)
    for path, whole, row in found:
        assert row.kind == kind
        check(path, whole, row)
    touched = {path for path, _, _ in found}
    whole_root = found[0][1].parents[2]
    for path in stats_files(broken.root):
        if path not in touched:
            assert path.read_bytes() == (whole_root / path.relative_to(broken.root)).read_bytes()


HARMLESS = ("crlf", "latin1", "doubled")
OF_ONE_ROW = ("wrong_number", "dropped_row")
OF_THE_END = ("cut_in_row", "cut_at_line", "cut_in_header", "header_only")


def n_values_in_whole_lines(path):
    """Count what stands in lines that have their line feed."""
    lines = path.read_text(encoding="ascii").rpartition("\n")[0].splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    n_measures = sum(line.startswith("# Measure") for line in lines)
    return n_measures + sum(len(row) - (3 if row[0].isdigit() else 1) for row in rows)


@pytest.mark.parametrize("kind", OF_THE_END)
def test_after_a_cut_the_values_of_whole_lines_are_readable(made, kind):
    broken, found = damaged_by(made, kind)
    for path, whole, row in found:
        kept = truth_of(path, broken.readable)["value"].tolist()
        everything = [value for _, _, value in values_in(whole)]
        assert len(kept) == n_values_in_whole_lines(path) == len(everything) - row.n_lost
        assert row.n_lost > 0
        assert kept == pytest.approx(everything[: len(kept)], abs=0, nan_ok=True)


@pytest.mark.parametrize("kind", OF_ONE_ROW)
def test_a_bad_row_costs_its_own_values(made, kind):
    broken, found = damaged_by(made, kind)
    for path, whole, row in found:
        lost = truth_of(path, broken.table).merge(truth_of(path, broken.readable), how="left", indicator=True)
        lost = lost[lost["_merge"] == "left_only"]
        _, columns, _ = words_of(whole)
        assert row.n_lost == len(lost) == len(set(columns) - {"Index", "SegId", "StructName"})
        assert len(set(lost["region"])) == 1
        printed = path.read_text(encoding="ascii").replace("-Proper", "").replace("&", "_and_").split()
        assert (lost["region"].iloc[0] in printed) == (kind == "wrong_number")


@pytest.mark.parametrize("kind", [kind for kind in DAMAGE if kind not in OF_THE_END + OF_ONE_ROW])
def test_other_damage_costs_nothing_or_everything(made, kind):
    broken, found = damaged_by(made, kind)
    for path, whole, row in found:
        expected = 0 if kind in HARMLESS else len(values_in(whole))
        assert row.n_lost == expected
        assert len(truth_of(path, broken.readable)) == len(values_in(whole)) - expected


MIXED = {
    "subjects_dir": {"n_subjects": 12, "damaged": 0.3, "tool": TOOLS},
    "bids": {"n_subjects": 6, "damaged": 0.2, "layout": "bids", "sessions": 2},
    "longitudinal": {"n_subjects": 4, "damaged": 0.5, "layout": "longitudinal", "sessions": 2},
    "one subject": {"n_subjects": 1, "damaged": 0.2},
}


@pytest.mark.parametrize("options", MIXED.values(), ids=MIXED)
def test_damage_is_accounted_for(made, options):
    cohort = made(**options)
    files = sum(len(group.groupby(["source", "hemi"], dropna=False, observed=True)) for group in runs(cohort.table))
    assert 0 < len(cohort.damage) <= round(options["damaged"] * files)
    assert cohort.damage["path"].is_unique
    assert cohort.damage["n_lost"].sum() == len(cohort.table) - len(cohort.readable)
    rest = cohort.readable.merge(cohort.table, how="left", on=list(KEY), suffixes=("", "_true"), validate="1:1")
    pd.testing.assert_series_equal(rest["value"], rest["value_true"], check_names=False, check_exact=True)


def runs(table):
    """Give the table of each run."""
    for _, group in table.groupby(["subject", "session", "stream"], dropna=False, observed=True):
        yield group


def test_the_wanted_share_is_damaged_with_all_kinds(made):
    cohort = made(n_subjects=20, damaged=0.1)
    assert len(cohort.damage) == round(0.1 * 20 * 17)
    assert set(cohort.damage["kind"]) == set(DAMAGE)
    assert cohort.damage["kind"].value_counts().max() <= 3


def test_most_subjects_keep_each_source(made):
    cohort = made(n_subjects=20, damaged=0.5)
    lost = cohort.damage.groupby(["source", "hemi"], dropna=False).size()
    assert lost.max() < 10


def test_donors_of_copies_stay_whole(made):
    _, found = damaged_by(made, "copied", n_subjects=9)
    damaged = {path for path, _, _ in found}
    for path, _, _ in found:
        same = [
            other for other in path.parents[2].glob(f"*/stats/{path.name}") if other.read_bytes() == path.read_bytes()
        ]
        assert [other for other in same if other not in damaged]


def test_without_damage_all_is_readable(made):
    cohort = made(n_subjects=3)
    assert cohort.damage.empty
    assert list(cohort.damage.columns) == ["path", "subject", "session", "stream", "source", "hemi", "kind", "n_lost"]
    assert cohort.readable.equals(cohort.table)


# --- Mistakes

UNKNOWN = {
    "tool": ({"tool": "freesurfer-7.4"}, "no tool is called 'freesurfer-7.4'; did you mean freesurfer-7.4.1"),
    "one of several tools": ({"tool": ("freesurfer-7.4.1", "slicer")}, "no tool is called 'slicer'; there are: fast"),
    "layout": ({"layout": "subject_dir"}, "no layout is called 'subject_dir'; did you mean subjects_dir"),
    "damage": ({"damage": ("cut_in_rows",)}, "no kind of damage is called 'cut_in_rows'; did you mean cut_in_row"),
    "region": ({"effects": {"Left-Hipocampus": 0.1}}, "no region is called 'Left-Hipocampus'; did you mean Left-Hippo"),
    "region of another source": ({"effects": {("aseg", "insula"): 0.1}}, "no region is called 'insula'"),
    "source": ({"effects": {("asegs", "CSF"): 0.1}}, "no source is called 'asegs'; did you mean aseg"),
    "region of another tool": (
        {"tool": "fastsurfer-2.2.0", "effects": {"bankssts": 0.1}},
        "no region is called 'bankssts'",
    ),
}
WRONG = {
    "no subjects": ({"n_subjects": 0}, "n_subjects must be at least 1, not 0"),
    "no sessions": ({"sessions": 0}, "sessions must be at least 1, not 0"),
    "too much damage": ({"damaged": 0.7}, "damaged must be a share from 0 to 0.5, not 0.7"),
    "no groups": ({"groups": ()}, "groups must be a sequence of at least one name"),
    "a word for sites": ({"sites": "AB"}, "sites must be a sequence of at least one name, not 'AB'"),
    "no tools": ({"tool": ()}, "tool must be a sequence of at least one name"),
    "FastSurfer, longitudinally": (
        {"tool": "fastsurfer-2.2.0", "layout": "longitudinal"},
        "fastsurfer-2.2.0 has no longitudinal stream",
    ),
}


@pytest.mark.parametrize(("options", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_name_is_named_and_nothing_is_written(tmp_path, options, message):
    with pytest.raises(UnknownNameError, match=re.escape(message)):
        make_cohort(tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("options", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_number_is_named_and_nothing_is_written(tmp_path, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make_cohort(tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="holds something already"):
        make_cohort(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_cohort_cannot_be_changed(made):
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'root'"):
        made(n_subjects=3).root = Path()
