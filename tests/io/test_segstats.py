"""segstats: every number equals the one that plain Python gives for the voxels of the label."""

import gzip
import struct
import warnings
from io import BytesIO
from math import isnan

import nibabel
import numpy as np
import pytest

from fsstats import segstats
from fsstats.errors import FsstatsWarning, StatsFormatError, TableError, UnknownNameError
from fsstats.schema import LONG

AFFINE = np.array([[0, 0, 1.25, -5], [-0.75, 0, 0, 3], [0, 1.5, 0, 8], [0, 0, 0, 1.0]])
VOXEL = 0.75 * 1.5 * 1.25
NAMES = {10: "Left-Thalamus", 17: "Left-Hippocampus", 53: "Right-Hippocampus"}
RNG = np.random.default_rng(11)
LABELS = RNG.choice([0, 0, 10, 17, 53], size=(8, 7, 6)).astype(np.int16)
FA = RNG.normal(0.4, 0.1, LABELS.shape).astype(np.float32)
MEASURES = ["mean", "std", "min", "max", "range", "n_missing"]


def image(array, affine=AFFINE, kind=nibabel.Nifti1Image):
    return kind(array, affine, dtype=array.dtype) if kind is nibabel.Nifti1Image else kind(array, affine)


def saved(folder, name, array, kind=nibabel.Nifti1Image):
    """Write an image without leaving a file open."""
    data = image(array, kind=kind).to_bytes()
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith("z") else data)
    return path


def values(table):
    return {(row.region, row.measure): row.value for row in table.itertuples()}


def own(label, array=FA):
    """Give the values in a label, taken one by one."""
    return [v for v, here in zip(array.ravel().tolist(), LABELS.ravel().tolist(), strict=True) if here == label]


def test_volumes_are_counts_times_the_voxels_volume():
    table = segstats((LABELS, AFFINE), subject="sub-01", session="ses-2", source="mine")
    assert list(table.columns) == list(LONG)
    assert table[["subject", "session", "stream", "source"]].drop_duplicates().to_numpy().tolist() == [
        ["sub-01", "ses-2", "cross", "mine"]
    ]
    expected = {}
    for label, name in NAMES.items():
        expected[name, "n_voxels"] = len(own(label))
        expected[name, "volume"] = len(own(label)) * VOXEL
    assert values(table) == pytest.approx(expected, rel=1e-12)
    units = dict(zip(table["measure"], table["unit"], strict=True))
    assert units == {"n_voxels": "unitless", "volume": "mm^3"}
    sides = dict(zip(table["region"], table["hemi"], strict=True))
    assert sides == {"Left-Thalamus": "lh", "Left-Hippocampus": "lh", "Right-Hippocampus": "rh"}


def test_intensities_are_those_of_the_labels_voxels():
    found = values(segstats((LABELS, AFFINE), FA))
    for label, name in NAMES.items():
        inside = own(label)
        mean = sum(inside) / len(inside)
        std = (sum((value - mean) ** 2 for value in inside) / (len(inside) - 1)) ** 0.5
        assert found[name, "intensity_mean"] == pytest.approx(mean, rel=1e-12)
        assert found[name, "intensity_std"] == pytest.approx(std, rel=1e-12)
        assert found[name, "intensity_min"] == min(inside)
        assert found[name, "intensity_max"] == max(inside)
        assert found[name, "intensity_range"] == max(inside) - min(inside)
        assert found[name, "intensity_n_missing"] == 0


def test_images_by_name_have_measures_and_units_of_their_own():
    table = segstats((LABELS, AFFINE), {"FA": FA, "MD": FA * 1e-3}, units={"MD": "mm^2/s", "FA": "unitless"})
    units = dict(zip(table["measure"], table["unit"], strict=True))
    assert list(units) == ["n_voxels", "volume", *(f"{name}_{m}" for name in ("FA", "MD") for m in MEASURES)]
    assert (units["FA_mean"], units["MD_max"], units["MD_n_missing"]) == ("unitless", "mm^2/s", "unitless")
    assert not table.duplicated(["region", "measure"]).any()


def as_paths(folder):
    return saved(folder, "l.nii.gz", LABELS), saved(folder, "v.nii", FA)


def as_mgz(folder):
    return saved(folder, "l.mgz", LABELS, nibabel.MGHImage), str(saved(folder, "v.mgh", FA, nibabel.MGHImage))


def as_pair(folder):
    pair = nibabel.Nifti1Pair(LABELS, AFFINE)
    files = pair.make_file_map({"header": BytesIO(), "image": BytesIO()})
    for part in files.values():
        part.fileobj = BytesIO()
    pair.to_file_map(files)
    for part, name in (("header", "l.hdr.gz"), ("image", "l.img.gz")):
        (folder / name).write_bytes(gzip.compress(files[part].fileobj.getvalue()))
    return folder / "l.hdr.gz", (FA, AFFINE)


def as_scaled(folder):
    """Store labels as twice what they are, and have nibabel open them."""
    data = bytearray(image(LABELS * 2).to_bytes())
    struct.pack_into("<f", data, 112, 0.5)  # scl_slope
    path = folder / "l.nii"
    path.write_bytes(data)
    return nibabel.load(path), image(FA)


GIVEN = {
    "paths": as_paths,
    "mgz": as_mgz,
    "pair": as_pair,
    "nibabel": lambda _: (image(LABELS), image(FA)),
    "nibabel, opened": as_scaled,
    "nibabel, of MGH": lambda _: (image(LABELS.astype(np.int32), kind=nibabel.MGHImage), FA),
    "arrays": lambda _: ((LABELS, AFFINE), (FA, AFFINE)),
    "lists": lambda _: ((LABELS.tolist(), AFFINE.tolist()), FA),
    "float labels, big-endian": lambda _: ((LABELS.astype(">f4"), AFFINE), FA.astype(">f8")),
    "C and F order": lambda _: ((np.asfortranarray(LABELS), AFFINE), np.ascontiguousarray(FA)),
    "one frame of several": lambda _: ((LABELS, AFFINE), np.stack([FA * 2, FA], axis=-1)),
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_however_images_are_given_the_table_is_the_same(given, tmp_path):
    expected = segstats((LABELS, AFFINE), FA)
    labels, maps = given(tmp_path)
    found = segstats(labels, maps, frame=1)
    assert found.drop(columns="value").equals(expected.drop(columns="value"))
    np.testing.assert_allclose(found["value"], expected["value"], rtol=1e-12)


def test_a_boolean_mask_is_a_label():
    found = values(segstats((LABELS == 17, AFFINE), lut={1: "roi"}))
    assert found["roi", "n_voxels"] == len(own(17))


def test_values_that_are_no_numbers_are_left_out_and_counted():
    holes = FA.copy()
    holes[LABELS == 53] = np.nan
    first = tuple(np.argwhere(LABELS == 10)[0])
    holes[first] = np.inf
    holes[LABELS == 0] = np.nan  # outside of labels it does not matter
    expected = r"<FA>: voxels that are NaN or infinite are left out in Left-Thalamus \(1\), Right-Hippocampus \(\d+\)"
    with pytest.warns(FsstatsWarning, match=expected):
        found = values(segstats((LABELS, AFFINE), {"FA": holes}))
    rest = [value for value in own(10, holes) if np.isfinite(value)]
    assert found["Left-Thalamus", "FA_mean"] == pytest.approx(sum(rest) / len(rest), rel=1e-12)
    assert (found["Left-Thalamus", "FA_n_missing"], found["Left-Thalamus", "n_voxels"]) == (1, len(rest) + 1)
    assert found["Right-Hippocampus", "FA_n_missing"] == found["Right-Hippocampus", "n_voxels"]
    assert all(isnan(found["Right-Hippocampus", f"FA_{m}"]) for m in MEASURES[:-1])


def test_one_voxel_has_no_spread():
    one = np.zeros((2, 2, 2), np.uint8)
    one[0, 1, 0] = 17
    found = values(segstats((one, np.eye(4)), np.full(one.shape, 3.0)))
    assert found["Left-Hippocampus", "intensity_mean"] == 3
    assert isnan(found["Left-Hippocampus", "intensity_std"])


LUT = "10 left thalamus 0 0 0 0\n17 left hippocampus 0 0 0 0\n53 right hippocampus 0 0 0 0\n99 nothing 0 0 0 0\n"
LUTS = {
    "FreeSurfer": ("lut.txt", LUT),
    "BIDS": ("dseg.tsv", "index\tname\n10\tleft thalamus\n17\tleft hippocampus\n53\tright hippocampus\n99\tnothing\n"),
}


@pytest.mark.parametrize(("name", "text"), LUTS.values(), ids=LUTS)
def test_names_come_from_the_lut(name, text, tmp_path):
    path = tmp_path / name
    path.write_text(text)
    table = segstats((LABELS, AFFINE), lut=path, details=True)
    assert list(dict.fromkeys(table["region"])) == ["left thalamus", "left hippocampus", "right hippocampus"]
    assert list(dict.fromkeys(table["segid"])) == [10, 17, 53]


def test_labels_without_voxels_have_rows_on_request():
    lut = {10: "a", 17: "b", 53: "c", 99: "nothing", 0: "background"}
    assert "nothing" not in set(segstats((LABELS, AFFINE), FA, lut=lut)["region"])
    found = values(segstats((LABELS, AFFINE), FA, lut=lut, empty=True))
    assert (found["nothing", "n_voxels"], found["nothing", "volume"]) == (0, 0)
    assert found["nothing", "intensity_n_missing"] == 0
    assert all(isnan(found["nothing", f"intensity_{m}"]) for m in MEASURES[:-1])
    assert "background" not in {region for region, _ in found}


def test_a_label_that_the_lut_lacks_is_named():
    with pytest.warns(FsstatsWarning, match="no name in the lut for 17, 53: called Seg0017 and so on"):
        table = segstats((LABELS, AFFINE), lut={10: "a"})
    assert set(table["region"]) == {"a", "Seg0017", "Seg0053"}


def test_labels_with_one_name_stay_apart():
    table = segstats((LABELS, AFFINE), lut={10: "a", 17: "b", 53: "b"})
    assert set(table["region"]) == {"a", "b.17", "b.53"}


def test_freesurfers_names_are_used_only_if_all_labels_are_its():
    other = LABELS.copy()
    other[0, 0, 0] = 99
    assert set(segstats((other, AFFINE))["region"]) == {"Seg0010", "Seg0017", "Seg0053", "Seg0099"}


def moved(by):
    affine = AFFINE.copy()
    affine[0, 3] += by
    return affine


def test_rounding_of_an_affine_is_no_other_grid():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        segstats((LABELS, AFFINE), (FA, moved(1e-4)))


WRONG = {
    "another shape": (FA[:-1], {}, StatsFormatError, "expected the shape of the labels, 8 x 7 x 6, found 7 x 7 x 6"),
    "another affine": (
        (FA, moved(2)),
        {},
        StatsFormatError,
        r"expected the affine of the labels, \[0 0 1.25 -5; .*\], found \[0 0 1.25 -3; .* 2 mm apart. Resample one",
    ),
    "several volumes": (np.stack([FA, FA], -1), {}, StatsFormatError, "found 2 of them. Choose one with frame"),
    "no such volume": (
        np.stack([FA, FA], -1),
        {"frame": 2},
        StatsFormatError,
        "expected a volume 2, counted from 0, found 2 volumes",
    ),
    "unit of nothing": ({"FA": FA}, {"units": {"fa": "unitless"}}, UnknownNameError, "did you mean FA"),
    "empty without names": (FA, {"empty": True}, TableError, "empty=True needs a lut"),
    "complex values": (FA * 1j, {}, StatsFormatError, "expected integers or real numbers"),
    "no image": ({"FA": 3}, {}, StatsFormatError, "expected a path, a nibabel image, or .array, affine., found int"),
}


@pytest.mark.parametrize(("maps", "options", "error", "said"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(maps, options, error, said):
    with pytest.raises(error, match=said):
        segstats((LABELS, AFFINE), maps, **options)


WRONG_LABELS = {
    "an array alone": (LABELS, "Give .array, affine.: an array alone does not tell how large its voxels are"),
    "no labels": ((LABELS * 0, AFFINE), "expected labels, found only 0"),
    "no whole numbers": ((FA, AFFINE), "expected labels, which are whole numbers"),
    "several volumes": ((np.stack([LABELS, LABELS], -1), AFFINE), "expected one volume, found 2"),
    "no affine": ((LABELS, np.eye(3)), r"expected an affine of shape \(4, 4\), found one of shape \(3, 3\)"),
    "a flat affine": ((LABELS, np.diag([1, 0, 1, 1])), "expected three voxel sizes above 0, found 1 x 0 x 1"),
}


@pytest.mark.parametrize(("labels", "said"), WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_labels_that_are_none_are_refused(labels, said):
    with pytest.raises(StatsFormatError, match=said):
        segstats(labels)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.nii"):
        segstats(tmp_path / "none.nii")


def test_a_header_that_contradicts_itself_is_said():
    labels = image(LABELS)
    labels.header["pixdim"][1:4] = 1, 1, 1
    with pytest.warns(FsstatsWarning, match=r"a voxel has 1 mm\^3 by its sizes, .* 1\.40625 by the affine"):
        found = values(segstats(labels))
    assert found["Left-Thalamus", "volume"] == len(own(10))


def test_masked_values_are_missing():
    labels = np.zeros((4, 4, 4), dtype=np.int16)
    labels[0, 0, :] = 17
    values = np.arange(64.0).reshape(labels.shape)
    with pytest.warns(FsstatsWarning):
        table = segstats((labels, np.diag([2, 2, 2, 1])), np.ma.MaskedArray(values, mask=values == 2))
    found = table.set_index("measure")["value"]
    assert found["intensity_mean"] == np.mean([0, 1, 3])
    assert found["intensity_n_missing"] == 1


ODD = {
    "ragged labels": (([[1, 2], [3]], np.eye(4)), None, StatsFormatError, "expected an array of numbers"),
    "an affine of words": ((np.ones((2, 2, 2)), [["a"]]), None, StatsFormatError, "expected an array of numbers"),
    "masked labels": (
        (
            np.ma.MaskedArray(np.ones((2, 2, 2)), mask=np.eye(2, dtype=bool)[:, :, None] * np.ones(2, dtype=bool)),
            np.eye(4),
        ),
        None,
        StatsFormatError,
        "whole number",
    ),
    "labels as text in the lut": (
        (np.ones((2, 2, 2)), np.eye(4)),
        {"17": "a"},
        TableError,
        "lut must map whole numbers",
    ),
    "a name that is none": ((np.ones((2, 2, 2)), np.eye(4)), {1: None}, TableError, "lut must map whole numbers"),
}


@pytest.mark.parametrize(("labels", "lut", "error", "message"), ODD.values(), ids=ODD)
def test_odd_arrays_and_luts_are_refused(labels, lut, error, message):
    with pytest.raises(error, match=message):
        segstats(labels, lut=lut)
