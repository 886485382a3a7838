"""FIRST's, FAST's and BET's images: structures and tissues get the volumes that a count voxel by voxel gives."""

import gzip
from math import isnan

import nibabel
import numpy as np
import pytest

from fsstats.errors import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.formats import formats
from fsstats.schema import _registry, identify

# FSL's names, labels and what the rows are called, from the user guide of FIRST
FIRST = {
    "L_Thal": (10, "Left-Thalamus"),
    "L_Caud": (11, "Left-Caudate"),
    "L_Puta": (12, "Left-Putamen"),
    "L_Pall": (13, "Left-Pallidum"),
    "BrStem": (16, "Brain-Stem"),
    "L_Hipp": (17, "Left-Hippocampus"),
    "L_Amyg": (18, "Left-Amygdala"),
    "L_Accu": (26, "Left-Accumbens-area"),
    "R_Thal": (49, "Right-Thalamus"),
    "R_Caud": (50, "Right-Caudate"),
    "R_Puta": (51, "Right-Putamen"),
    "R_Pall": (52, "Right-Pallidum"),
    "R_Hipp": (53, "Right-Hippocampus"),
    "R_Amyg": (54, "Right-Amygdala"),
    "R_Accu": (58, "Right-Accumbens-area"),
}
NAMES = dict(FIRST.values())
SIZES = (1.0, 0.9, 1.2)
VOLUME = float(np.float32(0.9)) * float(np.float32(1.2))
FULL = "out_all_fast_firstseg.nii.gz"


def packed(array, dtype=None):
    array = np.asarray(array, dtype)
    image = nibabel.Nifti1Image(array, np.diag([*SIZES, 1]), dtype=array.dtype)
    return gzip.compress(image.to_bytes(), 1)


def firstseg(labels=tuple(NAMES), seed=5):
    """Make an image in which every label has some voxels."""
    array = np.random.default_rng(seed).choice([0, 0, 0, *labels], size=(9, 8, 7)).astype(np.int16)
    array.flat[: len(labels)] = labels
    return array


def count(array, label):
    return sum(1 for value in array.ravel().tolist() if value == label)


def values(stats):
    """Give the values as {(region, measure): value}."""
    table = long_table(stats, subject="sub-01")
    return {(row.region, row.measure): row.value for row in table.itertuples()}


def losses(stats):
    return [remark.text for remark in stats.remarks if remark.loss]


@pytest.mark.parametrize("name", [FULL, "T1.anat/T1_subcort_seg.nii.gz", "o_all_none_firstseg.hdr"])
def test_first_has_fifteen_structures(name):
    array = firstseg()
    stats = parse_stats(packed(array), where=name)
    assert (stats.source, stats.hemi) == ("first", None)
    assert stats.is_whole
    expected = {}
    for label, region in NAMES.items():
        expected[region, "n_voxels"] = count(array, label)
        expected[region, "volume"] = count(array, label) * VOLUME
    assert values(stats) == expected
    assert dict(zip(stats.numbers[:, 0].tolist(), stats.names, strict=True)) == NAMES


def test_the_sides_are_those_of_the_names():
    table = long_table(parse_stats(packed(firstseg()), where=FULL))
    sides = dict(zip(table["region"], table["hemi"], strict=True))
    assert (sides["Left-Pallidum"], sides["Right-Amygdala"]) == ("lh", "rh")
    assert set(table["unit"]) == {"unitless", "mm^3"}
    assert set(table["segid"]) == set(NAMES)


def test_a_structure_without_a_voxel_is_missing_and_never_0():
    stats = parse_stats(packed(firstseg([label for label in NAMES if label not in (26, 53)])), where=FULL, strict=False)
    found = values(stats)
    assert isnan(found["Left-Accumbens-area", "volume"])
    assert isnan(found["Right-Hippocampus", "n_voxels"])
    assert losses(stats) == [
        (
            "expected 15 structure(s), found 13; without Left-Accumbens-area (26), Right-Hippocampus (53). The program "
            "failed there or was not asked for them: they are missing, not 0"
        )
    ]


def test_labels_that_are_no_structure_are_named():
    array = firstseg()
    array[-1, -1, -2:] = 117, 4
    stats = parse_stats(packed(array), where=FULL, strict=False)
    assert losses(stats) == [
        "expected only labels of the structures, found 4 (1 voxels), 117 (1 voxels). They are not used"
    ]
    assert len(stats.names) == 15


def origsegs():
    """Make one volume a structure, with a boundary; structures overlap."""
    frames = np.zeros((6, 5, 4, 15), dtype=np.int16)
    for number, label in enumerate(NAMES):
        frames[1:5, 1:4, :2, number] = label + 100
        frames[2 : 3 + number % 2, 2, :2, number] = label
    return frames


def test_origsegs_has_interior_boundary_and_both():
    frames = origsegs()
    stats = parse_stats(packed(frames), where="out_all_fast_origsegs.nii.gz")
    assert stats.source == "first.origsegs"
    found = values(stats)
    assert len(found) == 45
    for label, region in NAMES.items():
        inside, edge = count(frames, label), count(frames, label + 100)
        assert found[region, "n_voxels"] == inside + edge
        assert found[region, "volume"] == (inside + edge) * VOLUME
        assert found[region, "n_voxels_boundary"] == edge
        assert inside in (2, 4)


def test_a_structure_in_two_volumes_is_not_used():
    frames = origsegs()
    frames[0, 0, 0, 3] = 110
    stats = parse_stats(packed(frames), where="out_all_fast_origsegs.nii.gz", strict=False)
    assert losses(stats)[0] == "expected each structure in one volume, found labels 10 in several. None of them is used"
    assert isnan(values(stats)["Left-Thalamus", "volume"])


SINGLE = {
    "corrected": ("my out-L_Hipp_corr.nii.gz", "first.corrected", [17], {"n_voxels", "volume"}),
    "uncorrected": (
        "o-R_Pall_first.nii.gz",
        "first.uncorrected",
        [52, 152],
        {"n_voxels", "volume", "n_voxels_boundary"},
    ),
}


@pytest.mark.parametrize(("name", "source", "labels", "measures"), SINGLE.values(), ids=SINGLE)
def test_a_run_of_one_structure_has_only_that(name, source, labels, measures):
    array = firstseg(labels)
    stats = parse_stats(packed(array), where=name)
    assert (stats.source, stats.names, stats.is_whole) == (source, (NAMES[labels[0]],), True)
    found = {measure: value for (_, measure), value in values(stats).items()}
    assert found.keys() == measures
    assert found["n_voxels"] == sum(count(array, label) for label in labels)


def test_a_run_of_one_structure_with_another_in_it_says_so():
    stats = parse_stats(packed(firstseg([53])), where="o-L_Hipp_corr.nii.gz", strict=False)
    assert len(losses(stats)) == 2
    assert isnan(values(stats)["Left-Hippocampus", "volume"])


def fractions(seed=1, dtype=np.float32):
    return np.clip(np.random.default_rng(seed).normal(0.2, 0.5, (9, 8, 7)), 0, 1).astype(dtype)


@pytest.mark.parametrize(("number", "tissue"), [(0, "CSF"), (1, "GM"), (2, "WM")])
@pytest.mark.parametrize("name", ["T1.anat/T1_fast_{}_{}.nii.gz", "sub-01_{}_{}.nii"])
@pytest.mark.parametrize(("kind", "source"), [("pve", "fast"), ("prob", "fast.prob")])
def test_fast_adds_up_fractions(number, tissue, name, kind, source):
    array = fractions()
    where = name.format(kind, number)
    stats = parse_stats(packed(array), where=where)
    assert (stats.source, stats.names, stats.is_whole) == (source, (tissue,), True)
    found = values(stats)
    exact = sum(array.ravel().tolist())
    assert found[tissue, "n_voxels"] == array.size - count(array, 0)
    # Tolerance: the order in which numbers of double precision are added
    assert found[tissue, "volume"] == pytest.approx(exact * VOLUME, rel=1e-12)
    mean = exact / array.size
    assert found[tissue, "volume"] == pytest.approx(mean * (array.size * VOLUME), rel=1e-12)  # fslstats -m -v


@pytest.mark.parametrize(("name", "source"), [("x_seg.nii.gz", "fast.seg"), ("x_pveseg.nii.gz", "fast.pveseg")])
def test_fasts_classes_are_tissues(name, source):
    array = firstseg([1, 2, 3])
    stats = parse_stats(packed(array, np.uint8), where=name)
    assert (stats.source, stats.names) == (source, ("CSF", "GM", "WM"))
    assert values(stats)["WM", "n_voxels"] == count(array, 3)


def test_one_class_as_a_mask_is_that_tissue():
    array = firstseg([1])
    stats = parse_stats(packed(array), where="x_seg_1.nii.gz")
    assert (stats.source, values(stats)["GM", "volume"]) == ("fast.class", count(array, 1) * VOLUME)


def test_mixtures_are_called_by_their_number():
    stats = parse_stats(packed(firstseg([1, 3, 5])), where="x_mixeltype.nii.gz")
    assert (stats.source, stats.names) == ("fast.mixeltype", ("Seg0001", "Seg0003", "Seg0005"))


@pytest.mark.parametrize("name", ["T1_brain_mask.nii.gz", "x_mask.nii", "T1.anat/T1_biascorr_bet_mask.hdr"])
def test_bets_mask_is_the_brain(name):
    array = firstseg([1])
    stats = parse_stats(packed(array, np.float32), where=name)
    assert (stats.source, stats.remarks) == ("bet", ())
    assert values(stats) == {("brain", "n_voxels"): count(array, 1), ("brain", "volume"): count(array, 1) * VOLUME}


def test_a_mask_with_other_values_is_remarked():
    array = firstseg([1, 3]).astype(np.float32)
    stats = parse_stats(packed(array), where="x_brain_mask.nii.gz")
    assert [remark.text for remark in stats.remarks] == [
        "expected values 0 and 1, or between them, found 0 to 3; all of it was used"
    ]
    assert values(stats)["brain", "n_voxels"] == count(array, 1) + count(array, 3)


def test_fractions_a_little_outside_are_remarked():
    array = fractions()
    array[0, 0, 0] = -0.05
    stats = parse_stats(packed(array), where="x_pve_0.nii.gz")
    assert [(remark.loss, remark.text) for remark in stats.remarks] == [
        (False, "expected values 0 and 1, or between them, found -0.05 to 1; all of it was used")
    ]


NAN = fractions()
NAN[1, 1, 1] = np.nan
REFUSED = {
    "FIRST, no voxel": (FULL, packed(np.zeros((4, 4, 4), np.int16)), "expected voxels that are not 0, found none"),
    "FIRST, several volumes": (FULL, packed(origsegs()), "expected one volume, found 15 of them"),
    "FIRST, resampled": (FULL, packed(np.full((3, 3, 3), 16.5)), "expected labels, which are whole numbers"),
    "FIRST, no image": (FULL, b"17 Left-Hippocampus\n", "expected a NIfTI or MGH image"),
    "FIRST, cut": (FULL, packed(firstseg())[:-9], "expected a whole gzipped file"),
    "FAST, NaN": ("x_pve_1.nii.gz", packed(NAN), "expected numbers, found voxels that are NaN or infinite"),
    "FAST, per cent": ("x_pve_1.nii.gz", packed(fractions() * 100), "expected fractions from 0 to 1, found 0 to 100"),
    "FAST, empty": ("x_pve_1.nii.gz", packed(np.zeros((3, 3, 3))), "found none"),
    "FAST of a T2-weighted image": (
        "T2_fast_pve_1.nii.gz",
        packed(fractions()),
        "expected FAST of a T1-weighted image",
    ),
    "FAST of BIDS' T2w": ("sub-01_T2w_brain_pve_1.nii.gz", packed(fractions()), "FAST of a T1-weighted image"),
    "FAST's classes of a T2-weighted image": ("T2_fast_seg.nii.gz", packed(firstseg([1, 2, 3])), "T1-weighted image"),
    "BET, NaN": ("x_brain_mask.nii.gz", packed(NAN), "NaN or infinite"),
    "BET, empty": ("x_brain_mask.nii.gz", packed(np.zeros((3, 3, 3), np.uint8)), "which is no volume of 0"),
    "an image of no known kind": (
        "T1.nii.gz",
        packed(fractions()),
        "FIRST's, FAST's or BET's output.* segstats counts",
    ),
}


@pytest.mark.parametrize(("where", "data", "said"), REFUSED.values(), ids=REFUSED)
def test_an_image_that_is_not_what_its_name_says_is_refused(where, data, said):
    with pytest.raises(StatsFormatError, match=f"^{where}: .*{said}"):
        parse_stats(data, where=where)


def test_no_voxel_at_all_has_the_status_empty():
    with pytest.raises(StatsFormatError, match="found none") as caught:
        parse_stats(packed(np.zeros((4, 4, 4), np.int16)), where=FULL)
    assert caught.value.status == "empty"


NAMED = {
    "my_all_fast_firstseg.nii": ("first", None, "my"),
    "T1_first_all_none_firstseg.nii.gz": ("first", None, "T1"),
    "T1_subcort_seg.nii.gz": ("first", None, "T1"),
    "a_b_all_th3.5_firstseg.img": None,
    "sub-01-BrStem_first.nii.gz": ("first.uncorrected", "BrStem", "sub-01"),
    "sub-01-R_Accu_corr.hdr.gz": ("first.corrected", "R_Accu", "sub-01"),
    "sub-01-R_Accu_first.bvars": ("first.bvars", "R_Accu", "sub-01"),
    "T1_fast_pve_2.nii.gz": ("fast", "pve_2", "T1_fast"),
    "T1_fast_pve_3.nii.gz": None,
    "x_seg.nii": ("fast.seg", None, "x"),
    "x_brain_mask.nii.gz": ("bet", None, "x_brain"),
    "x_brain.nii.gz": None,
    "L_Hipp_first.nii.gz": None,
}


@pytest.mark.parametrize(("name", "said"), NAMED.items(), ids=NAMED)
def test_a_name_tells_the_kind(name, said):
    found = identify(f"sub-01/{name}")
    assert (found and (found.source, found.part, found.prefix)) == said


OTHERS = {
    "participants": b"participant_id\tage\nsub-01\t31\n",
    "a stats file": b"# ColHeaders StructName NumVert\ninsula 2210\n",
    "bvars": b"this is a bvars file\n",
    "gzipped text": gzip.compress(b"text" * 1000),
    "nothing": b"",
}


@pytest.mark.parametrize("head", OTHERS.values(), ids=OTHERS)
def test_other_formats_are_not_taken_for_images(head):
    names = {"image", "labels", "boundary labels", "fractions", "mask"}
    ours = [one for one in formats() if one.name in names]
    assert len(ours) == 5
    assert not any(one.recognises(head, FULL) for one in ours)


MINE = """
[[source]]
name = "lesions"
description = "Lesions by hand"
tool = "mine"
atlas = "lesions"
format = "labels"
files = ['lesions\\.nii\\.gz']
[[region]]
atlas = "lesions"
name = "old"
segid = 1
[[region]]
atlas = "lesions"
name = "new"
segid = 2
"""


def test_a_labs_own_label_image_is_a_description(request):
    request.addfinalizer(lambda: _registry.forget(added=True))
    _registry.add(MINE, "mine.toml")
    array = firstseg([2])
    stats = parse_stats(packed(array), where="sub-01/lesions.nii.gz")
    assert (stats.source, stats.names) == ("lesions", ("new",))
    assert values(stats)["new", "n_voxels"] == count(array, 2)
