"""What a cohort has beside its stats files: the parsers read there what the cohort says, and it fits the brains."""

import gzip
import hashlib
import re
import zipfile
from dataclasses import replace

import nibabel
import numpy as np
import pandas as pd
import pytest

from frames_support import assert_frame_equal
from fsstats.datasets import ALSO, DAMAGE, make_cohort, make_ukb_zips
from fsstats.errors import UnknownNameError
from fsstats.parsers import parse_stats
from fsstats.parsers.long import long_table
from fsstats.schema import GLOBAL, KEY, LONG

WHAT = ["hemi", "region", "measure"]
SUBREGIONS = {
    "mri/lh.hippoSfVolumes-T1.v22.txt": ("hippoSf.T1.v22", "lh"),
    "mri/rh.hippoSfVolumes-T1.v22.txt": ("hippoSf.T1.v22", "rh"),
    "mri/lh.amygNucVolumes-T1.v22.txt": ("amygNuc.T1.v22", "lh"),
    "mri/rh.amygNucVolumes-T1.v22.txt": ("amygNuc.T1.v22", "rh"),
    "mri/ThalamicNuclei.v13.T1.volumes.txt": ("thalamus.T1.v13", None),
    "mri/brainstemSsVolumes.v13.txt": ("brainstem.v13", None),
}
WRITTEN = {
    "subregions": SUBREGIONS,
    "synthseg": {"stats/synthseg.vol.csv": ("synthseg", None)},
    "curv": {f"stats/{hemi}.curv.stats": ("curv", hemi) for hemi in ("lh", "rh")},
    "first": {"T1.anat/first_results/T1_first_all_fast_firstseg.nii.gz": ("first", None)},
    "fast": {f"T1.anat/T1_fast_pve_{number}.nii.gz": ("fast", None) for number in range(3)},
    "sienax": {"T1_sienax/report.sienax": ("sienax", None)},
    "recon-all": {"scripts/recon-all.log": ("recon-all", None)},
}
FILES = {path: place for files in WRITTEN.values() for path, place in files.items()}
LONGITUDINAL = {
    **{
        f"mri/{hemi}.{stem}Volumes-T1.long.v22.txt": (f"{stem}.T1.v22", hemi)
        for hemi in ("lh", "rh")
        for stem in ("hippoSf", "amygNuc")
    },
    **WRITTEN["curv"],
    **WRITTEN["recon-all"],
}


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


@pytest.fixture(scope="module")
def whole(made):
    """Give a cohort with files of every kind."""
    return made(n_subjects=12, also=tuple(ALSO), seed=2)


def digests(root):
    """Give the content of every file in short."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def plain(table):
    """Give what values are and the values, in a fixed order, without categories."""
    words = table[[*WHAT, "unit"]].astype("object").fillna("")
    return words.assign(value=table["value"]).sort_values(WHAT).reset_index(drop=True)


def part_of(table, **where):
    """Give the rows of a table where columns have these values; None stands for missing."""
    chosen = pd.Series(data=True, index=table.index)
    for column, value in where.items():
        chosen &= table[column].isna() if value is None else table[column] == value
    return table[chosen]


def assert_read_as_said(root, folder, files, table):
    """Read files with the parsers and compare with the part of the truth that is of this subject's run."""
    sources = set()
    for path, (source, hemi) in files.items():
        stats = parse_stats((root / folder / path).read_bytes(), where=f"{folder}/{path}")
        assert (stats.source, stats.hemi) == (source, hemi)
        assert stats.remarks == ()
        found = plain(long_table(stats))
        truth = part_of(table, source=source)
        truth = truth[truth["hemi"] == hemi] if hemi else truth
        if source == "fast":
            truth = truth[truth["region"] == found["region"][0]]
        assert_frame_equal(plain(truth), found, check_exact=True)
        sources.add(source)
    assert sources <= set(table["source"])


def values(cohort, source, measure="volume", subject=None):
    """Give one measure of a source as a table of subjects by regions; of a hemisphere's file the left one."""
    rows = part_of(cohort.table, source=source, measure=measure)
    rows = rows[rows["hemi"].ne("rh") | rows["region"].astype("str").str.startswith("Right-")]
    wide = rows.astype({"subject": "str", "region": "str"}).pivot_table(
        index="subject", columns="region", values="value"
    )
    return wide if subject is None else wide.loc[subject]


def total(cohort, source, measure):
    """Give a header Measure by subject, of the left side where there are two."""
    rows = part_of(cohort.table, source=source, region=GLOBAL, measure=measure)
    return rows[rows["hemi"].ne("rh")].set_index("subject")["value"]


# --- The parsers and the truth


def test_every_kind_of_file_has_its_case():
    assert set(WRITTEN) == set(ALSO)


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_parsers_read_what_the_cohort_says(whole, kind):
    for subject in ("sub-001", "sub-012"):
        assert_read_as_said(whole.root, subject, WRITTEN[kind], part_of(whole.table, subject=subject))


def test_a_longitudinal_study_has_further_files_where_the_programs_write_them(made):
    cohort = made(n_subjects=1, layout="longitudinal", sessions=2, tool="freesurfer-6.0.0", also=tuple(ALSO))
    runs = {
        "sub-001_ses-2": ("cross", "ses-2", FILES),
        "sub-001": ("base", None, {**WRITTEN["curv"], **WRITTEN["recon-all"]}),
        "sub-001_ses-2.long.sub-001": ("long", "ses-2", LONGITUDINAL),
    }
    for folder, (stream, session, files) in runs.items():
        table = part_of(cohort.table, stream=stream, session=session)
        assert_read_as_said(cohort.root, folder, files, table)
        further = set(table["source"]) - set(made(n_subjects=1, tool="freesurfer-6.0.0").table["source"])
        assert further == {source for source, _ in files.values()}


def test_fastsurfer_has_a_log_of_its_own(made):
    cohort = made(n_subjects=1, tool="fastsurfer-2.2.0", also=tuple(ALSO))
    files = {path: place for path, place in FILES.items() if place[0] != "recon-all"}
    files["scripts/recon-surf.log"] = ("recon-surf", None)
    assert_read_as_said(cohort.root, "sub-001", files, cohort.table)


def test_the_truth_is_a_long_table(whole):
    assert tuple(whole.table.columns) == LONG
    assert not whole.table.duplicated(list(KEY)).any()
    assert whole.table["unit"].notna().all()
    assert whole.readable.equals(whole.table)


# --- What is asked for, and nothing else


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_kind_adds_its_files_and_changes_no_other(made, whole, kind):
    before = digests(made(n_subjects=12, seed=2).root)
    after = digests(made(n_subjects=12, seed=2, also=kind).root)
    people = [f"sub-{number:03d}" for number in range(1, 13)]
    assert set(after) - set(before) == {f"{subject}/{path}" for subject in people for path in WRITTEN[kind]}
    assert {name: after[name] for name in before} == before
    every = digests(whole.root)
    assert {name: every[name] for name in after} == after


def test_the_same_seed_gives_the_same_bytes(tmp_path, whole):
    again = make_cohort(tmp_path, n_subjects=12, also=tuple(ALSO), seed=2)
    assert digests(again.root) == digests(whole.root)
    assert again.table.equals(whole.table)


def test_files_are_small_and_name_neither_time_nor_file(whole):
    images = list(whole.root.glob("sub-*/T1.anat/**/*.nii.gz"))
    assert len(images) == 12 * 4
    assert max(path.stat().st_size for path in images) < 20_000
    # Bytes 4 to 8 are the time, and flag 8 says that a name follows.
    assert {(path.read_bytes()[3] & 8, path.read_bytes()[4:8]) for path in images} == {(0, b"\0\0\0\0")}


def test_damage_does_not_touch_further_files(made):
    cohort = made(n_subjects=4, also=tuple(ALSO), damaged=0.3, damage=tuple(DAMAGE), seed=3)
    whole = made(n_subjects=4, also=tuple(ALSO), seed=3)
    sources = {source for source, _ in FILES.values()}
    assert not sources & set(cohort.damage["source"])
    rows, kept = (table[table["source"].isin(sources)] for table in (whole.table, cohort.readable))
    assert kept.reset_index(drop=True).astype("object").equals(rows.reset_index(drop=True).astype("object"))


def test_an_unknown_kind_is_named_and_nothing_is_written(tmp_path):
    message = "no further kind of file is called 'curvs'; did you mean curv"
    with pytest.raises(UnknownNameError, match=re.escape(message)):
        make_cohort(tmp_path / "new", also="curvs")
    assert not (tmp_path / "new").exists()


# --- The numbers fit the brain


SUMS = {
    "hippocampus": ("hippoSf.T1.v22", "Whole_hippocampus", lambda name: name != "hippocampal-fissure"),
    "head of it": ("hippoSf.T1.v22", "Whole_hippocampal_head", lambda name: re.search("-head|para|HATA", name)),
    "body of it": ("hippoSf.T1.v22", "Whole_hippocampal_body", lambda name: re.search("-body|fimbria", name)),
    "amygdala": ("amygNuc.T1.v22", "Whole_amygdala", lambda _: True),
    "left thalamus": ("thalamus.T1.v13", "Left-Whole_thalamus", lambda name: name.startswith("Left-")),
    "brainstem": ("brainstem.v13", "Whole_brainstem", lambda _: True),
    "brain of SIENAX": ("sienax", "brain_volume", lambda name: name in ("GM", "WM")),
    "skull of SynthSeg": ("synthseg", "sTIV", lambda _: True),
}


@pytest.mark.parametrize(("source", "field", "inside"), SUMS.values(), ids=SUMS)
def test_totals_are_the_sums_of_their_parts(whole, source, field, inside):
    parts = values(whole, source)
    added = parts[[name for name in parts.columns if inside(name)]].sum(axis=1)
    # single precision in SynthSeg's file, six decimals or two in the others
    assert total(whole, source, field).loc[added.index].to_numpy() == pytest.approx(added.to_numpy(), rel=1e-6)


ALIKE = {
    "hippocampal subfields": ("hippoSf.T1.v22", "Whole_hippocampus", "Left-Hippocampus", 0.3),
    "amygdalar nuclei": ("amygNuc.T1.v22", "Whole_amygdala", "Left-Amygdala", 0.3),
    "thalamic nuclei": ("thalamus.T1.v13", "Left-Whole_thalamus", "Left-Thalamus", 0.3),
    "parts of the brainstem": ("brainstem.v13", "Whole_brainstem", "Brain-Stem", 0.4),
    "FIRST": ("first", "Left-Hippocampus", "Left-Hippocampus", 0.15),
    "SynthSeg": ("synthseg", "Left-Hippocampus", "Left-Hippocampus", 0.15),
}


@pytest.mark.parametrize(("source", "name", "structure", "near"), ALIKE.values(), ids=ALIKE)
def test_volumes_follow_those_of_aseg(whole, source, name, structure, near):
    known = values(whole, "aseg")[structure]
    found = values(whole, source)
    found = found[name] if name in found else total(whole, source, name).loc[known.index]
    assert (abs(found.to_numpy() / known.to_numpy() - 1) < near).all()
    assert np.corrcoef(found, known)[0, 1] > 0.8


def test_a_group_effect_on_aseg_reaches_the_further_files(made):
    options = {"n_subjects": 8, "also": ("subregions", "synthseg", "first"), "seed": 4}
    plainly, affected = made(**options), made(**options, effects={"Left-Hippocampus": -0.2})
    patients = affected.participants.query("group == 'patient'")["participant_id"].tolist()
    controls = affected.participants.query("group == 'control'")["participant_id"].tolist()
    for source, name, close in (
        ("hippoSf.T1.v22", "CA1-head", 1e-6),
        ("synthseg", "Left-Hippocampus", 1e-6),
        ("first", "Left-Hippocampus", 0.01),
    ):
        change = values(affected, source)[name] / values(plainly, source)[name]
        assert change[patients].to_numpy() == pytest.approx(0.8, abs=close)
        assert change[controls].to_numpy() == pytest.approx(1.0)


def test_the_log_counts_the_holes_that_aseg_prints(whole):
    text = (whole.root / "sub-001" / "scripts" / "recon-all.log").read_text(encoding="ascii")
    aseg = part_of(whole.table, subject="sub-001", source="aseg", region=GLOBAL).set_index("measure")["value"]
    left, right = (int(aseg[f"{hemi}SurfaceHoles"]) for hemi in ("lh", "rh"))
    assert f"orig.nofix lhholes = {left:4d}, rhholes = {right}\n" in text
    assert f"orig.nofix lheno = {2 - 2 * left:4d}, rheno = {2 - 2 * right}\n" in text
    assert "#@#%# recon-all-run-time-hours 7.078\n" in text
    assert f"atlas_icv (eTIV) = {int(aseg['eTIV'])} mm^3" in text


def test_sienax_takes_the_size_of_the_head_out(whole):
    raw, scaled = (values(whole, "sienax", measure).sum(axis=1) for measure in ("volume", "volume_normalised"))
    head_size = total(whole, "aseg", "eTIV").loc[raw.index]
    assert np.corrcoef(raw, head_size)[0, 1] > 0.8
    assert abs(np.corrcoef(scaled, head_size)[0, 1]) < 0.6


# --- Files as the programs write them


def test_a_curvature_report_has_its_ten_maps_in_220_lines(whole):
    lines = (whole.root / "sub-001" / "stats" / "rh.curv.stats").read_text(encoding="ascii").split("\n")
    assert len(lines) == 220 + 1
    headings = [re.match(r"(\S+) <mean> \+- <std> \(using '(.+)'\)", line) for line in lines]
    assert [found.groups() for found in headings if found] == [
        ("Raw", "rh.curv"),
        ("Raw", "rh.sulc"),
        *((tag, "rh.smoothwm") for tag in ("K", "H", "k1", "k2", "S", "C", "BE", "FI")),
    ]
    columns = {re.match(r".*?: *\S+", line).end() for line in lines if re.match(r" +\S+ [MTARNP].*:", line)}
    assert columns == {62}


def test_synthseg_ends_lines_as_python_does_and_names_the_image(whole):
    heading, row, rest = (whole.root / "sub-001" / "stats" / "synthseg.vol.csv").read_bytes().split(b"\r\n")
    assert rest == b""
    assert heading.startswith(b"subject,total intracranial,left cerebral white matter,left cerebral cortex,")
    assert row.startswith(b"orig.mgz,")
    assert len(row.split(b",")) == len(heading.split(b",")) == 34


def test_images_are_what_nibabel_reads(whole):
    folder = whole.root / "sub-001" / "T1.anat"
    seg = nibabel.load(folder / "first_results" / "T1_first_all_fast_firstseg.nii.gz")
    ids, counts = np.unique(np.asarray(seg.dataobj), return_counts=True)
    assert ids.tolist() == [0, 10, 11, 12, 13, 16, 17, 18, 26, 49, 50, 51, 52, 53, 54, 58]
    printed = values(whole, "first", "n_voxels", "sub-001")
    assert counts[ids == 53] == printed["Right-Hippocampus"]
    volume = values(whole, "first", "volume", "sub-001")
    assert volume["Right-Hippocampus"] == counts[ids == 53] * np.prod(seg.header.get_zooms())
    middle = {i: (seg.affine @ [*np.argwhere(np.asarray(seg.dataobj) == i).mean(axis=0), 1])[0] for i in (17, 53)}
    assert middle[17] < 0 < middle[53]
    maps = [nibabel.load(folder / f"T1_fast_pve_{number}.nii.gz").get_fdata() for number in range(3)]
    assert set(np.unique(sum(maps))) <= set(np.arange(17) / 16)
    assert sum(maps).max() == 1


def test_structures_keep_their_volumes_however_large_they_are(made):
    cohort = made(
        n_subjects=2,
        also=("first", "fast"),
        head_size_exponent=1.0,
        effects={"Brain-Stem": 40.0, "4th-Ventricle": 40.0},
    )
    assert_read_as_said(cohort.root, "sub-001", WRITTEN["first"], part_of(cohort.table, subject="sub-001"))
    assert_read_as_said(cohort.root, "sub-002", WRITTEN["first"], part_of(cohort.table, subject="sub-002"))
    assert_read_as_said(cohort.root, "sub-002", WRITTEN["fast"], part_of(cohort.table, subject="sub-002"))
    stem = values(cohort, "first")["Brain-Stem"]
    assert stem.max() > 500_000


# --- UK Biobank


@pytest.fixture(scope="module")
def zips(tmp_path_factory):
    return make_ukb_zips(tmp_path_factory.mktemp("zips"), n_subjects=2, seed=1, filler=110_000)


def test_each_person_of_uk_biobank_has_an_archive(zips):
    names = ["1000001_20263_2_0.zip", "1000002_20263_2_0.zip", "participants.tsv"]
    assert sorted(path.name for path in zips.root.iterdir()) == names
    with zipfile.ZipFile(zips.root / names[0]) as archive:
        assert archive.testzip() is None
        members = archive.namelist()
        folders = {name.rpartition("/")[0] for name in members}
        noise = [archive.read(name) for name in members if re.match("FreeSurfer/(mri|surf)/", name)]
    assert folders == {f"FreeSurfer/{name}" for name in ("mri", "scripts", "stats", "surf")}
    assert sum(map(len, noise)) == 110_000
    assert len(gzip.compress(b"".join(noise))) > 110_000


def test_uk_biobanks_truth_has_the_ids_and_the_instance(zips):
    table = zips.table
    assert set(table["subject"]) == {"1000001", "1000002"}
    assert set(table["session"]) == {"2"}
    assert not table.duplicated(list(KEY)).any()
    written = pd.read_csv(
        zips.root / "participants.tsv", sep="\t", dtype={"participant_id": "str", "session_id": "str"}
    )
    assert_frame_equal(written, zips.participants)
    with zipfile.ZipFile(zips.root / "1000002_20263_2_0.zip") as archive:
        content = archive.read("FreeSurfer/stats/lh.aparc.stats")
    stats = parse_stats(content, where="1000002_20263_2_0.zip/FreeSurfer/stats/lh.aparc.stats")
    truth = part_of(table, subject="1000002", source="aparc", hemi="lh")
    assert_frame_equal(plain(truth), plain(long_table(stats)), check_exact=True)
    assert stats.subject == "FreeSurfer"


def test_unpacked_folders_hold_what_the_archives_hold(tmp_path, zips):
    folders = make_ukb_zips(tmp_path, n_subjects=2, seed=1, filler=110_000, unpacked=True)
    packed = {"participants.tsv": digests(zips.root)["participants.tsv"]}
    for path in zips.root.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            packed |= {
                f"{path.stem}/{name}": hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()
            }
    assert digests(folders.root) == packed
    assert folders.table.equals(zips.table)


def test_the_same_seed_gives_the_same_archives(tmp_path, zips):
    again = make_ukb_zips(tmp_path, n_subjects=2, seed=1, filler=110_000)
    assert digests(again.root) == digests(zips.root)
    assert replace(again, root=zips.root).table.equals(zips.table)


def test_statistics_are_the_smallest_part_of_an_archive(tmp_path):
    cohort = make_ukb_zips(tmp_path, n_subjects=1)
    with zipfile.ZipFile(cohort.root / "1000001_20263_2_0.zip") as archive:
        sizes = pd.Series({member.filename: member.file_size for member in archive.infolist()})
    assert sizes[sizes.index.str.startswith("FreeSurfer/stats/")].sum() < 0.01 * sizes.sum()


WRONG = {
    "no people": ({"n_subjects": 0}, "n_subjects must be at least 1, not 0"),
    "less than no noise": ({"filler": -1}, "filler must not be negative, but is -1"),
}


@pytest.mark.parametrize(("options", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_number_is_named_and_no_archive_is_written(tmp_path, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make_ukb_zips(tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


def test_archives_need_an_empty_folder(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="holds something already"):
        make_ukb_zips(tmp_path)
