"""A folder as FSL's programs leave it (bet, fast, run_first_all): every number against a count of one's own."""

import nibabel as nib
import numpy as np
import pytest

import fsstats as fs

VOXEL = (0.9375, 1.25, 1.5)
LABELS = (10, 11, 12, 13, 16, 17, 18, 26, 49, 50, 51, 52, 53, 54, 58)


def save(path, data):
    image = nib.Nifti1Image(data, np.diag([*VOXEL, 1.0]))
    image.to_filename(path)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two subjects in one folder, with FSL's own names behind the user's prefix."""
    root = tmp_path_factory.mktemp("fsl") / "study"
    root.mkdir()
    random = np.random.default_rng(7)
    truth = {}
    for subject in ("Subj001", "Subj002"):
        first = random.choice(np.array([0, *LABELS], dtype=np.int16), size=(12, 10, 8))
        pve = random.dirichlet((1, 1, 1), size=first.shape).astype(np.float32)
        save(root / f"{subject}_output_all_fast_firstseg.nii.gz", first)
        for k in range(3):
            save(root / f"{subject}_output_pve_{k}.nii.gz", pve[..., k])
            save(root / f"{subject}_output_prob_{k}.nii.gz", pve[..., k])
            save(root / f"{subject}_output_seg_{k}.nii.gz", (pve.argmax(-1) == k).astype(np.uint8))
        save(root / f"{subject}_output_seg.nii.gz", (pve.argmax(-1) + 1).astype(np.uint8))
        save(root / f"{subject}_output_restore.nii.gz", pve[..., 0])
        save(root / f"{subject}_output_bias.nii.gz", pve[..., 0])
        save(root / f"{subject}_T1_skull_stripped.nii.gz", pve[..., 0])
        save(root / f"{subject}_T1_skull_stripped_mask.nii.gz", (first > 0).astype(np.uint8))
        truth[subject] = (first, pve)
    return root, truth


@pytest.fixture(scope="module")
def cohort(study):
    return fs.load_cohort(study[0])


def value(cohort, *, subject, source, region, measure):
    table = cohort.table
    rows = table[(table["subject"] == subject) & (table["source"] == source) & (table["region"] == region)]
    (found,) = rows.loc[rows["measure"] == measure, "value"]
    return found


def test_everything_is_read_and_nothing_is_at_fault(cohort):
    assert set(cohort.files["status"]) == {"ok"}
    assert set(cohort.files["source"]) == {"first", "fast", "fast.prob", "fast.seg", "bet"}
    assert set(cohort.files["subject"]) == {"Subj001", "Subj002"}
    assert set(cohort.files["tool"]) == {"FSL"}


@pytest.mark.parametrize("subject", ["Subj001", "Subj002"])
def test_firsts_volumes_are_voxels_times_voxel_size(study, cohort, subject):
    first = study[1][subject][0]
    names = {10: "Left-Thalamus", 16: "Brain-Stem", 53: "Right-Hippocampus", 58: "Right-Accumbens-area"}
    for label, region in names.items():
        n = sum(1 for voxel in first.ravel().tolist() if voxel == label)
        place = {"subject": subject, "source": "first", "region": region}
        assert value(cohort, **place, measure="n_voxels") == n
        assert value(cohort, **place, measure="volume") == n * np.prod(np.float32(VOXEL), dtype=float)


@pytest.mark.parametrize("subject", ["Subj001", "Subj002"])
def test_fasts_volumes_are_sums_of_fractions(study, cohort, subject):
    pve = study[1][subject][1]
    for k, tissue in enumerate(("CSF", "GM", "WM")):
        volume = sum(pve[..., k].ravel().tolist()) * np.prod(VOXEL)
        place = {"subject": subject, "region": tissue, "measure": "volume"}
        assert value(cohort, source="fast", **place) == pytest.approx(volume, rel=1e-12)
        n = int((pve.argmax(-1) == k).sum())
        assert value(cohort, source="fast.seg", **place) == n * np.prod(VOXEL)


def test_bets_mask(study, cohort):
    n = int((study[1]["Subj001"][0] > 0).sum())
    assert value(cohort, subject="Subj001", source="bet", region="brain", measure="n_voxels") == n


def test_first_and_freesurfer_compare_in_one_query(tmp_path, study):
    made = fs.datasets.make_cohort(tmp_path / "fs", n_subjects=2, seed=1)
    table = fs.load([study[0], made.root], measures=["volume"])
    both = table[table["region"] == "Left-Hippocampus"]
    assert {"aseg", "first"} <= set(both["source"])
    assert set(both["unit"]) == {"mm^3"}
