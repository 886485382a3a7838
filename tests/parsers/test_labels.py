"""Images from bytes, and what is counted in them: equal to a count voxel by voxel of what nibabel reads."""

import gzip
import struct
import tracemalloc
import zlib
from collections import Counter
from io import BytesIO

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fsstats.errors import StatsFormatError
from fsstats.parsers.labels import count_labels, statistics
from fsstats.parsers.nifti import is_image, join_pair, read_image

SHAPE = (7, 6, 5)
AFFINE = np.array([[0, 0, 1.2, -5], [-0.9, 0, 0, 3], [0, 1.1, 0, 8], [0, 0, 0, 1.0]])


def made_up(dtype=np.int16, shape=SHAPE, seed=3):
    return np.random.default_rng(seed).choice([0, 0, 0, 10, 17, 53, 117], size=shape).astype(dtype)


def nifti(array, affine=AFFINE, kind=nibabel.Nifti1Image, order="<", **fields):
    """Give a NIfTI image of nibabel's whose header holds these fields."""
    image = kind(array, affine, kind.header_class(endianness=order))
    image.set_data_dtype(array.dtype)
    for name, value in fields.items():
        image.header[name] = value
    return image


def sform_only(array):
    image = nifti(array)
    image.set_qform(None, 0)
    return image


def scaled(slope, inter, order="<"):
    """Give an image that is stored as other numbers than it means."""
    image = nifti(np.zeros(SHAPE), order=order)
    image.set_data_dtype(np.int16)
    stored = np.rint((made_up() - inter) / slope).astype(f"{order}i2")
    raw = bytearray(image.to_bytes())[:352] + stored.tobytes(order="F")
    fields = nibabel.Nifti1Header(bytes(raw[:348]))
    fields["scl_slope"], fields["scl_inter"], fields["datatype"], fields["bitpix"] = slope, inter, 4, 16
    return fields.binaryblock + bytes(raw[348:])


def pair(array, **options):
    image = nifti(array, kind=nibabel.Nifti1Pair, **options)
    files = image.make_file_map({"header": None, "image": None})
    for part in files.values():
        part.fileobj = BytesIO()
    image.to_file_map(files)
    return files["header"].fileobj.getvalue(), files["image"].fileobj.getvalue()


# what: (name of a file that holds it, its content)
GOOD = {
    "int16": ("x.nii", nifti(made_up()).to_bytes()),
    "uint8, gzipped": ("x.nii.gz", gzip.compress(nifti(made_up(np.uint8)).to_bytes())),
    "gzipped in several members": (
        "x.nii.gz",
        b"".join(gzip.compress(nifti(made_up()).to_bytes()[k : k + 300]) for k in range(0, 772, 300)),
    ),
    "float32": ("x.nii", nifti(made_up(np.float32)).to_bytes()),
    "float64": ("x.nii", nifti(made_up(np.float64)).to_bytes()),
    "uint16, big-endian": ("x.nii", nifti(made_up(np.uint16), order=">").to_bytes()),
    "float32, big-endian, gzipped": ("x.nii.gz", gzip.compress(nifti(made_up(np.float32), order=">").to_bytes())),
    "NIfTI-2": ("x.nii", nifti(made_up(), kind=nibabel.Nifti2Image).to_bytes()),
    "NIfTI-2, big-endian": ("x.nii", nifti(made_up(), kind=nibabel.Nifti2Image, order=">").to_bytes()),
    "sform only": ("x.nii", sform_only(made_up()).to_bytes()),
    "no affine": ("x.nii", nifti(made_up(), affine=None, pixdim=[1, 0.8, 0.9, 2, 0, 0, 0, 0]).to_bytes()),
    "one volume of four dimensions": ("x.nii", nifti(made_up(shape=(*SHAPE, 1))).to_bytes()),
    "four dimensions": ("x.nii", nifti(made_up(shape=(*SHAPE, 3))).to_bytes()),
    "a plane": ("x.nii", nifti(made_up(shape=(9, 8))).to_bytes()),
    "scaled by a half": ("x.nii", scaled(0.5, 0)),
    "scaled by a tenth, with an offset": ("x.nii", scaled(0.1, -3)),
    "scaled by a tenth, big-endian": ("x.nii", scaled(0.1, 0, ">")),
    "mgh": ("x.mgh", nibabel.MGHImage(made_up(np.int32), AFFINE).to_bytes()),
    "mgz": ("x.mgz", gzip.compress(nibabel.MGHImage(made_up(np.uint8), AFFINE).to_bytes())),
    "mgz of floats": ("x.mgz", gzip.compress(nibabel.MGHImage(made_up(np.float32), AFFINE).to_bytes())),
    "pair": ("x.nii", join_pair(*pair(made_up()))),
    "pair, big-endian": ("x.nii", join_pair(*pair(made_up(), order=">"))),
    "pair, gzipped": ("x.nii", join_pair(*map(gzip.compress, pair(made_up())))),
}


def opened(path):
    """Open with nibabel alone, which would leave an .mgh file on disk open."""
    return nibabel.MGHImage.from_bytes(path.read_bytes()) if path.suffix == ".mgh" else nibabel.load(path)


def counted_one_by_one(path):
    """Count what nibabel reads, without any code of ours; the product of a scale need not be quite whole."""
    counts = Counter(round(value) for value in opened(path).get_fdata().ravel().tolist())
    return {label: n for label, n in sorted(counts.items()) if label != 0}


@pytest.mark.parametrize(("name", "data"), GOOD.values(), ids=GOOD)
def test_counts_are_those_of_a_count_voxel_by_voxel(name, data, tmp_path):
    path = tmp_path / name
    path.write_bytes(data)
    image = read_image(data, name)
    counts = count_labels(image)
    assert counts == counted_one_by_one(path)
    assert len(counts) == 4
    header = opened(path).header
    x, y, z = (float(size) for size in (header["delta"] if "delta" in header else header["pixdim"][1:4]))
    assert image.voxel_volume == x * y * z
    np.testing.assert_array_equal(image.affine, opened(path).affine)
    assert image.remarks == ()


@pytest.mark.parametrize(("name", "data"), GOOD.values(), ids=GOOD)
def test_an_image_is_known_by_its_first_bytes(name, data):
    assert is_image(data[:4096])


STRANGE = {
    "nothing": b"",
    "text": b"# Measure BrainSeg, BrainSegVol\n" * 20,
    "a table of participants": b"participant_id\tage\nsub-01\t31\n" * 30,
    "gzipped text": gzip.compress(b"17 Left-Hippocampus\n" * 100),
    "gzip's two bytes": b"\x1f\x8b",
    "zeros": bytes(4096),
    "an Analyze header": struct.pack("<i", 348) + bytes(344),
}


@pytest.mark.parametrize("data", STRANGE.values(), ids=STRANGE)
def test_other_content_is_no_image(data):
    assert not is_image(data)
    with pytest.raises(StatsFormatError, match=r"^x\.nii: expected a NIfTI or MGH image, found something"):
        read_image(data, "x.nii")


WHOLE = nifti(made_up()).to_bytes()
PACKED = gzip.compress(WHOLE)
MGH = nibabel.MGHImage(made_up(np.int32), AFFINE).to_bytes()


def changed(**fields):
    header = nibabel.Nifti1Header(WHOLE[:348], check=False)
    for name, value in fields.items():
        header[name] = value
    return header.binaryblock + WHOLE[348:]


BROKEN = {
    "cut": (WHOLE[:-1], "expected 772 bytes, as the header says, found 771. The file is cut short"),
    "cut in the header": (WHOLE[:340], "expected a NIfTI or MGH image"),
    "more than promised": (WHOLE + b"\0", "found 773. Header and image do not belong together"),
    "gzipped, cut": (PACKED[:-20], "expected a whole gzipped file, found what cannot be unpacked after .*the end is"),
    "gzipped, cut before its check sum": (PACKED[:-8], "the end is missing"),
    "gzipped, one bit turned": (
        PACKED[:-3] + bytes([PACKED[-3] ^ 1]) + PACKED[-2:],
        "expected a whole gzipped file",
    ),
    "gzipped, with other bytes behind": (PACKED + b"something", "expected a whole gzipped file"),
    "gzipped, less than promised": (gzip.compress(WHOLE[:-9]), "expected 772 bytes, as the header says, found 763"),
    "gzipped, a bomb": (
        gzip.compress(WHOLE + bytes(50_000_000)),
        "expected 772 bytes, as the header says, found more when it is unpacked",
    ),
    "gzipped, a promise that cannot hold": (
        gzip.compress(changed(dim=[3, 1000, 1000, 1000, 1, 1, 1, 1])),
        "expected 2,000,000,352 bytes, .* found too few",
    ),
    "larger than any image": (changed(dim=[4, 30000, 30000, 30000, 1, 1, 1, 1]), "an image of at most"),
    "no dimensions": (changed(dim=[0, 7, 6, 5, 1, 1, 1, 1]), "expected three or four dimensions"),
    "a dimension of 0": (changed(dim=[3, 7, 0, 5, 1, 1, 1, 1]), "each of at least 1, found 7 x 0 x 5"),
    "a dimension below 0": (changed(dim=[3, 7, -6, 5, 1, 1, 1, 1]), "each of at least 1"),
    "five dimensions": (changed(dim=[5, 7, 6, 5, 1, 2, 1, 1]), "three or four dimensions"),
    "a voxel size of 0": (
        changed(pixdim=[1, 1, 0, 1, 0, 0, 0, 0]),
        "expected three voxel sizes above 0, found 1 x 0 x",
    ),
    "a voxel size of NaN": (changed(pixdim=[1, 1, np.nan, 1, 0, 0, 0, 0]), "three voxel sizes above 0|cannot be used"),
    "complex numbers": (changed(datatype=32), "expected integers or real numbers"),
    "colours": (changed(datatype=128), "expected integers or real numbers"),
    "a type that does not exist": (changed(datatype=7), "one that cannot be used"),
    "an infinite scale": (changed(scl_slope=np.inf), "a scale and an offset that are numbers"),
    "an offset of NaN": (changed(vox_offset=np.nan), "the header of an image, found one that cannot be used"),
    "voxels in the header": (changed(vox_offset=0), "voxels behind the header"),
    "micrometres": (changed(xyzt_units=3), "expected voxel sizes in mm, found a header that says micrometres"),
    "metres": (changed(xyzt_units=1), "metres"),
    "another magic": (WHOLE[:344] + b"n+3\0" + WHOLE[348:], "expected a NIfTI or MGH image"),
    "half of a pair": (pair(made_up())[0], "voxels behind the header"),
    "mgh, cut": (MGH[:1000], "found 1,000. The file is cut short"),
    "mgz, cut": (gzip.compress(MGH)[:-30], "a whole gzipped file"),
    "mgz, a bomb": (zlib.compress(MGH + bytes(80_000_000), wbits=31), "found more when it is unpacked"),
}


@pytest.mark.parametrize(("data", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_whole_image_is_refused(data, said):
    with pytest.raises(StatsFormatError, match=f"^x.nii: .*{said}"):
        read_image(data, "x.nii")


@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_header_gives_an_error_of_another_kind(noise, place):
    data = WHOLE[:place] + noise + WHOLE[place + len(noise) :]
    try:
        count_labels(read_image(data, "x.nii"))
    except StatsFormatError as error:
        assert str(error).startswith("x.nii: ")  # noqa: PT017 - either is right


NOT_A_PAIR = {
    "text": (b"text", b"", "expected the .hdr file of a NIfTI pair, found something else"),
    "one file": (WHOLE, b"", "found a NIfTI file that has its image in itself"),
    "Analyze": (struct.pack("<i", 348) + bytes(344), bytes(400), "fslchfiletype"),
    "a gzipped image that is cut": (pair(made_up())[0], gzip.compress(pair(made_up())[1])[:-12], "whole gzipped file"),
}


@pytest.mark.parametrize(("header", "image", "said"), NOT_A_PAIR.values(), ids=NOT_A_PAIR)
def test_two_files_that_are_no_pair_are_refused(header, image, said):
    with pytest.raises(StatsFormatError, match=f"^<image pair>: .*{said}"):
        join_pair(header, image)


def test_a_pair_whose_image_is_cut_is_refused():
    header, image = pair(made_up())
    assert len(image) == 420
    with pytest.raises(StatsFormatError, match=r"found 762\. The file is cut short"):
        read_image(join_pair(header, image[:-10]), "x.hdr")


def test_an_affine_with_other_voxels_is_remarked_and_the_sizes_count():
    image = nifti(made_up())
    image.header["pixdim"][1:4] = 1, 1, 2
    image.header["qform_code"] = 0
    (remark,) = read_image(image.to_bytes(), "x.nii").remarks
    assert not remark.loss
    assert remark.text == "a voxel has 2 mm^3 by its sizes, which is used as in FSL, and 1.188 by the affine"
    assert read_image(image.to_bytes(), "x.nii").voxel_volume == 2


NO_LABELS = {
    "a half": (np.float32, 16.5, "expected labels, which are whole numbers, found 16.5. Was it resampled"),
    "nearly whole": (np.float64, 17.00001, "whole numbers, found 17"),
    "NaN": (np.float32, np.nan, "found nan"),
    "infinite": (np.float32, np.inf, "found inf"),
    "too large for a label": (np.float64, 2.0**31, "expected labels below 2.31, found 2147483648"),
    "too large, of integers": (np.int64, 2**40, "expected labels below 2.31"),
}


@pytest.mark.parametrize(("dtype", "value", "said"), NO_LABELS.values(), ids=NO_LABELS)
def test_what_is_no_label_is_named(dtype, value, said):
    array = made_up(dtype)
    array[3, 2, 1] = value
    image = nibabel.Nifti1Image(array, AFFINE, dtype=dtype)
    with pytest.raises(StatsFormatError, match=f"x.nii: .*{said}"):
        count_labels(read_image(image.to_bytes(), "x.nii"))


def test_an_image_of_intensities_is_no_label_image():
    array = np.arange(70_000, dtype=np.int32).reshape(100, 100, 7)
    with pytest.raises(StatsFormatError, match=r"found over 65536 of them\. Is it an image of intensities"):
        count_labels(read_image(nifti(array).to_bytes(), "x.nii"))


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_image_is_counted_in_pieces(order):
    array = np.asarray(made_up(np.uint8, (120, 110, 100)), order=order)
    expected = {label: int((array == label).sum()) for label in (10, 17, 53, 117)}
    assert count_labels(read_image(nifti(array).to_bytes(), "x.nii")) == expected


@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
@pytest.mark.parametrize("slope", [1, 2])
def test_memory_is_a_few_times_that_of_the_stored_numbers(dtype, slope):
    array = np.zeros((200, 200, 200), dtype)
    array[50:150, 50:150, 50:150] = 17
    raw = nifti(array).to_bytes()
    header = nibabel.Nifti1Header(raw[:348])
    header["scl_slope"] = slope
    packed = gzip.compress(header.binaryblock + raw[348:], 1)
    tracemalloc.start()
    counts = count_labels(read_image(packed, "x.nii.gz"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counts == {17 * slope: 1_000_000}
    assert peak < array.nbytes + 16_000_000  # one copy, and what the pieces need


@given(
    arrays(np.int8, (4, 3, 2), elements=st.integers(-3, 4)), arrays(np.float64, (4, 3, 2), elements=st.floats(-9, 9))
)
def test_statistics_are_those_of_each_labels_voxels(labels, values):
    ids = np.array([label for label in np.unique(labels) if label])
    found = statistics(
        read_image(nifti(labels).to_bytes(), "l.nii"), read_image(nifti(values).to_bytes(), "v.nii"), ids
    )
    for position, label in enumerate(ids):
        own = values[labels == label]
        assert found.n[position] == len(own)
        assert found.least[position] == min(own)
        assert found.greatest[position] == max(own)
        assert found.mean[position] == pytest.approx(sum(own) / len(own), abs=1e-12)
        assert found.std[position] == pytest.approx(
            np.std(own, ddof=1) if len(own) > 1 else np.nan, abs=1e-12, nan_ok=True
        )


def test_a_small_spread_around_a_large_mean_keeps_its_digits():
    labels, values = np.ones((4, 1, 1), np.uint8), 1e9 + np.array([0, 1, 2, 3.0]).reshape(4, 1, 1)
    images = (read_image(nifti(array).to_bytes(), "x.nii") for array in (labels, values))
    assert statistics(*images, np.array([1])).std[0] == pytest.approx(np.sqrt(5 / 3), rel=1e-12)
