"""DIPY's correction of Gibbs ringing is run on made-up images; a series is masked by its volumes without weighting."""

from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest

from fsstats.errors import TableError
from fsstats.runners.programs._degibbs import without_weighting
from fsstats.runners.programs.dipy import gibbs_removal
from runners.phantoms import disc, failure, ringing, run, save

HAS_DIPY = pytest.mark.skipif(not find_spec("dipy"), reason="DIPY is not here: pip install dipy")
QUICK = {"median_radius": 1, "numpass": 1}


@HAS_DIPY
def test_the_ringing_goes_and_the_rest_stays(tmp_path):
    image = save(tmp_path, "my disc.nii.gz", disc())
    (out,) = run(gibbs_removal(image, tmp_path / "out.nii.gz", unmasked=True))
    assert ringing(out.get_fdata()) < ringing(disc()) / 2
    assert out.get_fdata().mean() == pytest.approx(disc().mean(), rel=0.03)
    np.testing.assert_array_equal(out.affine[:3, 3], -30)


@HAS_DIPY
def test_a_structural_image_is_masked(tmp_path):
    image = save(tmp_path, "disc.nii.gz", disc())
    out, mask = run(gibbs_removal(image, tmp_path / "out.nii.gz", mask=tmp_path / "mask.nii.gz", **QUICK))
    inside = mask.get_fdata() > 0
    assert inside[16, 16, 1]
    assert not inside[0, 0, 1]
    assert np.abs(out.get_fdata()[0, 0, 1]) < 1
    assert ringing(out.get_fdata()) < ringing(disc())


@HAS_DIPY
@pytest.mark.parametrize(("stored", "options"), [(np.float64, {}), (np.int16, {"as_stored": True})])
def test_a_series_is_treated_as_the_document_of_the_seed_does_it(tmp_path, stored, options):
    """Lines 1881 to 1907, to the letter."""
    image = save(tmp_path, "dwi.nii.gz", np.stack([disc(), disc() * 0.3, disc() * 0.9], axis=3), stored)
    (tmp_path / "bvals").write_text("0 1000 0\n")
    (tmp_path / "bvecs").write_text("0 1 0\n0 0 0\n0 0 0\n")
    (out,) = run(gibbs_removal(image, tmp_path / "out.nii.gz", bvals=tmp_path / "bvals", **options))
    data, affine = import_module("dipy.io.image").load_nifti(str(image))
    bvals, _ = import_module("dipy.io.gradients").read_bvals_bvecs(str(tmp_path / "bvals"), str(tmp_path / "bvecs"))
    maskdata, _ = import_module("dipy.segment.mask").median_otsu(data, vol_idx=np.where(bvals == 0)[0])
    corrected = import_module("dipy.denoise.gibbs").gibbs_removal(maskdata).astype(np.float32)
    np.testing.assert_array_equal(out.get_fdata(), corrected)
    np.testing.assert_array_equal(out.affine, affine)
    assert out.get_data_dtype() == np.float32


@HAS_DIPY
def test_whole_numbers_are_not_rounded(tmp_path):
    image = save(tmp_path, "disc.nii.gz", disc().round(), np.int16)
    (out,) = run(gibbs_removal(image, tmp_path / "out.nii.gz", unmasked=True))
    assert out.get_data_dtype() == np.float32
    assert (out.get_fdata() % 1 != 0).mean() > 0.5


@HAS_DIPY
@pytest.mark.parametrize(
    ("bvals", "options", "said"),
    [
        (None, {}, "expected --bvals for a series of 2 volumes"),
        ("0 1000 2000", {}, "expected a b-value for each of 2 volumes, found 3"),
        ("5 1000", {}, "expected a volume with b of at most 0, found 5 at least: raise --b0"),
    ],
)
def test_a_series_that_cannot_be_masked_is_refused(tmp_path, bvals, options, said):
    image = save(tmp_path, "dwi.nii.gz", np.stack([disc(), disc()], axis=3))
    if bvals:
        (tmp_path / "bvals").write_text(bvals)
        options = {"bvals": tmp_path / "bvals"}
    assert said in failure(gibbs_removal(image, tmp_path / "out.nii.gz", **options))
    assert not (tmp_path / "out.nii.gz").exists()


@pytest.mark.parametrize(("greatest", "expected"), [(0, [0]), (5, [0, 2]), (1e9, [0, 1, 2])])
def test_volumes_without_weighting_are_those_up_to_a_threshold(greatest, expected):
    assert without_weighting(np.array([0, 1000.0, 5]), 3, greatest, "bvals").tolist() == expected


def test_a_mask_that_is_not_made_cannot_be_written():
    with pytest.raises(TableError, match="mask or unmasked"):
        gibbs_removal("a.nii", "b.nii", mask="m.nii", unmasked=True)


def test_files_that_are_named_are_inputs_and_outputs():
    line = gibbs_removal("a.nii", "b.nii", bvals="bvals", b0=50.0, mask="m.nii", slice_axis=1)
    assert [str(path) for path in line.inputs] == ["a.nii", "bvals"]
    assert [str(path) for path in line.outputs] == ["b.nii", "m.nii"]
    assert line.arguments[4:] == ("--bvals", "bvals", "--b0", "50", "--mask", "m.nii", "--slice-axis", "1")
