"""The whole way: images in BIDS, run, merged, compared, reported."""

import nibabel
import numpy as np
import pandas as pd
import pytest

import fsstats as fs
from fsstats.datasets import make_cohort

RECON_ALL = """#!/bin/sh
# Stands in for recon-all: a subject gets the made-up files of the subject of that name, and empty images.
while [ $# -gt 0 ]; do
    case "$1" in
        -i) [ -s "$2" ] || {{ echo "ERROR: cannot read $2"; exit 1; }}; shift ;;
        -s) name="$2"; shift ;;
        -sd) folder="$2"; shift ;;
        -all|-qcache) ;;
        *) echo "ERROR: flag $1 unrecognized"; exit 1 ;;
    esac
    shift
done
cp -R "{made}/$name" "$folder/$name"
cd "$folder/$name"
mkdir -p mri/transforms surf label
for name in orig nu T1 brainmask norm wm filled ribbon aparc+aseg wmparc; do : > "mri/$name.mgz"; done
: > mri/transforms/talairach.xfm
for hemi in lh rh; do
    : > "label/$hemi.aparc.annot"
    for name in inflated sphere.reg pial; do : > "surf/$hemi.$name"; done
done
"""
N = 24


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A BIDS data set of tiny images in the working directory, and a recon-all that knows its subjects."""
    made = make_cohort(tmp_path / "made", n_subjects=N, effects={"Left-Hippocampus": -0.2}, seed=4)
    image = nibabel.Nifti1Image(np.ones((2, 2, 2), dtype=np.uint8), np.eye(4))
    for subject in made.participants["participant_id"]:
        folder = tmp_path / "bids" / subject / "anat"
        folder.mkdir(parents=True)
        nibabel.save(image, folder / f"{subject}_T1w.nii.gz")
    made.participants.to_csv(tmp_path / "bids" / "participants.tsv", sep="\t", index=False)
    home = tmp_path / "freesurfer"
    (home / "bin").mkdir(parents=True)
    (home / "license.txt").write_text("made up\n")
    (home / "bin" / "recon-all").write_text(RECON_ALL.format(made=made.root))
    (home / "bin" / "recon-all").chmod(0o755)
    monkeypatch.setenv("FREESURFER_HOME", str(home))
    for name in ("FS_LICENSE", "SUBJECTS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_from_images_to_a_report(study, fsstats):
    done = fsstats("run", "recon-all", "--participants", "bids", "-o", "subjects", "--jobs", 2)
    assert done.err.splitlines() == [f"{N} done -> subjects", "next: fsstats merge subjects -o cohort.parquet"]
    assert done.status == 0
    assert fsstats("run", "recon-all", "-i", "bids", "-o", "subjects").err.startswith(f"{N} done ")
    merge = fsstats("merge", "subjects", "-o", "cohort.parquet", "--source", "aseg", "--strict")
    assert merge.status == 0, merge.err
    assert sorted(fs.read_table("cohort.parquet")["subject"].unique()) == sorted(study.participants["participant_id"])
    people = ("--participants", "bids/participants.tsv")
    compare = fsstats("compare", "cohort.parquet", *people, "--between", "group", "-m", "volume", "-o", "results.csv")
    assert compare.status == 0, compare.err
    results = pd.read_csv("results.csv").set_index("region")
    assert results["p_value"].idxmin() == "Left-Hippocampus"
    report = fsstats("report", "cohort.parquet", *people, "--formula", "group + age", "-m", "volume", "-o", "page.html")
    assert report.status == 0, report.err
    page = (study.root.parent / "page.html").read_text(encoding="utf-8")
    assert "Left-Hippocampus" in page
    assert page.rstrip().endswith("</html>")


def test_what_the_run_remembers_is_read_by_no_one(study, fsstats):
    fsstats("run", "recon-all", "-i", "bids", "-o", "subjects")
    files = fs.find_stats("subjects")
    assert not files["path"].str.contains("fsstats-run").any()
