"""The commands segstats and euler, and the option --kinds."""

import io

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

import fsstats as fs
from fsstats.datasets import make_cohort
from fsstats.schema import _registry


@pytest.fixture
def images(tmp_path, monkeypatch):
    """Two labels of 8 and 4 voxels of 2 mm^3 each, and a map."""
    monkeypatch.chdir(tmp_path)
    labels = np.zeros((5, 5, 5), dtype=np.uint8)
    labels[0, :2, :4] = 17
    labels[4, 0, :4] = 53
    values = np.arange(125, dtype=np.float32).reshape(labels.shape)
    for name, data in (("labels", labels), ("fa", values)):
        nib.Nifti1Image(data, np.diag([1.0, 1.0, 2.0, 1.0])).to_filename(f"{name}.nii.gz")
    return values


def printed(done):
    return pd.read_csv(io.StringIO(done.out), sep="\t")


def test_segstats_prints_volumes_and_maps(fsstats, images):
    done = fsstats("segstats", "labels.nii.gz", "--map", "FA=fa.nii.gz", "--subject", "sub-01")
    assert done.status == 0
    table = printed(done).set_index(["region", "measure"])["value"]
    assert table["Left-Hippocampus", "volume"] == 16
    assert table["Right-Hippocampus", "FA_mean"] == images[4, 0, :4].mean()


def test_segstats_writes_a_table(fsstats, images):
    assert fsstats("segstats", "labels.nii.gz", "-o", "t.csv").status == 0
    assert set(fs.read_table("t.csv")["measure"]) == {"n_voxels", "volume"}


@pytest.mark.parametrize("text", ["fa.nii.gz", "=fa.nii.gz", "FA="])
def test_a_map_without_a_name_is_a_usage_error(fsstats, images, text):
    done = fsstats("segstats", "labels.nii.gz", "--map", text)
    assert done.status == 2
    assert "expected NAME=FILE" in done.err


def test_euler_lists_every_run(fsstats, tmp_path):
    made = make_cohort(tmp_path / "sd", n_subjects=2, sessions=2, layout="longitudinal", seed=2)
    done = fsstats("euler", made.root)
    table = printed(done)
    assert done.status == 0
    assert (table["euler"].dropna() == 4 - 2 * table["holes"].dropna()).all()
    long = table[table["stream"] == "long"]
    assert set(long["from_stream"]) == {"cross"}
    assert "8 of 10 runs" in done.err


def test_euler_of_a_study_without_holes_is_status_1(fsstats, study):
    done = fsstats("euler", "sd")
    assert done.status == 1
    assert "aseg" in done.err


def test_kinds_of_ones_own_are_taken(fsstats, study, tmp_path):
    (tmp_path / "kinds.toml").write_text(
        "[[source]]\nname = 'ours'\ndescription = 'Ours'\nfiles = ['(?P<hemi>[lr]h)\\.mine\\.stats']\n"
    )
    try:
        done = fsstats("find", "sd", "--kinds", "kinds.toml")
    finally:
        _registry.forget(added=True)
    assert done.status == 0
    assert "\tours\tlh\t" in done.out


def test_kinds_that_are_not_valid_are_named(fsstats, study, tmp_path):
    (tmp_path / "kinds.toml").write_text("[[source]]\nname = 'ours'\n")
    done = fsstats("find", "sd", "--kinds", "kinds.toml")
    assert done.status == 1
    assert "kinds.toml: [[source]] ours: expected keys among" in done.err
