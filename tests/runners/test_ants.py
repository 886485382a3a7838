"""N4 of antspyx is run on a made-up image, and the bias field goes."""

from importlib.util import find_spec

import numpy as np
import pytest

from fsstats.errors import TableError
from fsstats.runners.programs._python import PYTHON, arguments_of, imported
from fsstats.runners.programs.ants import N4, n4_bias_field
from runners.phantoms import biased, failure, run, save, variation


@pytest.mark.long
@pytest.mark.skipif(not find_spec("ants"), reason="antspyx is not here: pip install antspyx")
def test_n4_takes_the_bias_field_away(tmp_path):
    values, field, tissues = biased()
    image = save(tmp_path, "my head.nii.gz", values)
    mask = save(tmp_path, "mask.nii.gz", values > 0, np.uint8)
    options = {"mask": mask, "shrink": 2, "iterations": [20, 20], "field": tmp_path / "field.nii.gz"}
    corrected, found = run(n4_bias_field(image, tmp_path / "out.nii.gz", **options))
    for tissue in tissues:
        assert variation(corrected.get_fdata()[tissue]) < variation(values[tissue]) / 3
        assert np.corrcoef(found.get_fdata()[tissue], field[tissue])[0, 1] > 0.99
    np.testing.assert_allclose(corrected.get_fdata() * found.get_fdata(), values, rtol=1e-5, atol=1e-3)
    assert corrected.get_data_dtype() == np.float32
    np.testing.assert_array_equal(corrected.affine[:3, 3], -30)


def test_n4_is_a_program_of_this_python():
    line = n4_bias_field("-a.nii", "b.nii", weight="w.nii", iterations=[50, 20], tolerance=1e-6)
    assert line.argv[:3] == (PYTHON, "-m", "fsstats.runners.programs._n4")
    assert [str(path) for path in (*line.inputs, *line.outputs)] == ["-a.nii", "w.nii", "b.nii"]
    asked = arguments_of(N4, line.arguments[2:])
    assert (asked.image, asked.weight, asked.iterations, asked.tolerance) == ("./-a.nii", "w.nii", [50, 20], 1e-6)
    assert (asked.mask, asked.rescale) == (None, False)


def test_rescaling_needs_a_mask():
    with pytest.raises(TableError, match="a mask with --rescale"):
        n4_bias_field("a.nii", "b.nii", rescale=True)


def test_a_package_that_is_not_there_ends_the_program_with_what_to_do():
    with pytest.raises(SystemExit, match="pip install antspyx"):
        imported("no_such_package", "antspyx")


def test_an_option_that_the_program_does_not_know_is_refused(capsys):
    with pytest.raises(SystemExit):
        arguments_of(N4, ["a", "b", "--mas", "c"])
    assert "n4_bias_field: error: unrecognized arguments: --mas c" in capsys.readouterr().err


def test_an_image_that_is_not_there_is_a_failure_without_jargon(tmp_path):
    said = failure(n4_bias_field(tmp_path / "nowhere.nii", tmp_path / "out.nii"))
    assert "nowhere.nii: expected an image that can be read" in said
    assert "Traceback" not in said


def test_a_series_is_refused(tmp_path):
    image = save(tmp_path, "series.nii", np.zeros((2, 2, 2, 2)))
    assert "expected an image of three dimensions, found 4" in failure(n4_bias_field(image, tmp_path / "out.nii"))
