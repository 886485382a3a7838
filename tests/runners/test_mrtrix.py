"""MRtrix3's programs are run on made-up images, and do what they are for."""

import shutil

import numpy as np
import pytest

from fsstats.errors import TableError, UnknownNameError
from fsstats.runners.programs.mrtrix import dwidenoise, mrdegibbs
from runners.phantoms import disc, ringing, run, save

HAS_MRTRIX = pytest.mark.skipif(not shutil.which("mrdegibbs"), reason="MRtrix3 is not here: install mrtrix3")


@HAS_MRTRIX
def test_mrdegibbs_takes_the_ringing_away_and_leaves_the_rest(tmp_path):
    image = save(tmp_path, "my disc.nii.gz", disc())
    settings = [("NumberOfThreads", "1"), ("RealignTransform", "false")]
    (out,) = run(mrdegibbs(image, tmp_path / "-out.nii.gz", axes=(0, 1), config=settings, quiet=True))
    assert ringing(out.get_fdata()) < ringing(disc()) / 2
    assert out.get_fdata().mean() == pytest.approx(disc().mean(), rel=0.01)
    np.testing.assert_allclose(out.affine[:3, 3], -30)


@HAS_MRTRIX
def test_mrdegibbs_works_in_the_plane_that_it_is_told(tmp_path):
    image = save(tmp_path, "disc.nii.gz", np.moveaxis(disc(), 2, 0))
    right, wrong = (run(mrdegibbs(image, tmp_path / f"{a}{b}.nii.gz", axes=(a, b)))[0] for a, b in ((1, 2), (0, 1)))
    left = [ringing(np.moveaxis(out.get_fdata(), 0, 2)) for out in (right, wrong)]
    assert left[0] < left[1]


@HAS_MRTRIX
def test_dwidenoise_takes_the_noise_away_and_maps_it(tmp_path):
    rng = np.random.default_rng(1)
    volumes = np.exp(-np.linspace(0, 2, 30)) * 100
    truth = np.repeat(np.linspace(1, 2, 10)[:, None, None, None] * volumes, 10, axis=1).repeat(10, axis=2)
    noisy = truth + rng.standard_normal(truth.shape)
    image = save(tmp_path, "dwi.nii.gz", noisy)
    line = dwidenoise(image, tmp_path / "out.nii.gz", noise=tmp_path / "noise.nii.gz", extent=[3, 3, 3], nthreads=0)
    out, noise = run(line)
    assert np.abs(out.get_fdata() - truth).mean() < np.abs(noisy - truth).mean() / 2
    assert np.median(noise.get_fdata()) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"axes": (0, 2)}, "-axes 0,2"),
        ({"config": [("A", "1"), ("B", "x y")]}, "-config|A|1|-config|B|x y"),
        ({"config": ("A", "1")}, "-config A 1"),
        ({"nthreads": 0, "force": True, "datatype": "float32"}, "-nthreads 0 -force -datatype float32"),
    ],
)
def test_options_are_written_as_mrtrix_reads_them(options, expected):
    assert mrdegibbs("a", "b", **options).arguments[2:] == tuple(expected.split("|" if "|" in expected else " "))


@pytest.mark.parametrize(
    ("line", "error", "said"),
    [
        (lambda: mrdegibbs("a", "b", axes=(0, 3)), TableError, "at least 0 and at most 2"),
        (lambda: mrdegibbs("a", "b", axes=(0, 1, 2)), TableError, "2 values for -axes"),
        (lambda: mrdegibbs("a", "b", config=["A", "1", "B"]), TableError, "2 values for -config"),
        (lambda: mrdegibbs("a", "b", datatype="float"), UnknownNameError, "-datatype"),
        (lambda: dwidenoise("a", "b", estimator="Exp3"), UnknownNameError, "Exp2"),
        (lambda: dwidenoise("", "b"), TableError, "the series"),
    ],
)
def test_what_mrtrix_cannot_take_is_refused(line, error, said):
    with pytest.raises(error, match=said):
        line()
