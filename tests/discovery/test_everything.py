"""A tree with a file of every format: each is named with its kind, and no ``.stats`` is passed over."""

import shutil

import pytest

from fsstats import find_stats, load_cohort
from fsstats.datasets import ALSO, make_cohort
from tests_support import FS6, HANDMADE

# fixture (below handmade): where it goes in the tree
PLACES = {
    "subregions": "subjects/sub-001/mri",
    "deep/aseg+DKT.VINN.stats": "subjects/sub-001/stats",
    "deep/cerebellum.CerebNet.stats": "subjects/sub-001/stats",
    "deep/hypothalamus.HypVINN.stats": "subjects/sub-001/stats",
    "deep/synthseg.vol.csv": "subjects/sub-001/stats",
    "deep/synthseg.qc.csv": "subjects/sub-001/stats",
    "deep/synthseg.tiv.dat": "subjects/sub-001/stats",
    "deep/hypothalamic_subunits_volumes.v1.csv": "subjects/sub-002/mri",
    "deep/samseg.stats": "models/sub-001/samseg",
    "deep/sbtiv.stats": "models/sub-001/samseg",
    "deep/samseg.csv": "models/sub-001/samseg",
    "deep/samseg.fs.stats": "models/sub-001/samseg",
    "deep/gtm.stats.dat": "models/sub-001/gtmpvc.output",
    "deep/gtm.csv": "models/sub-001/gtmpvc.output",
    "deep/pathstats.overall.txt": "subjects/sub-001/dpath/lh.cst_AS_avg33_mni_bbr",
    "deep/pathstats.byvoxel.txt": "subjects/sub-001/dpath/lh.cst_AS_avg33_mni_bbr",
    "fsl/A_to_B_siena/report.siena": "fsl/sub-001/A_to_B_siena",
    "fsl/T1.anat/T1_vols.txt": "fsl/sub-001/T1.anat",
    "fsl/T1_sienax/report.sienax": "fsl/sub-001/T1_sienax",
    "fsl/firstSeg.txt": "fsl/sub-001",
    "fsl/segstats.json": "fsl/sub-001",
    "recon": "subjects/sub-003/scripts",
    "grouptables": "tables",
    "gtmseg.stats": "subjects/sub-001/stats",
    "apas+head.stats": "subjects/sub-001/stats",
    "user.slabel.stats": "odd place/deep",
}
NOT_NAMED = {"README.md", "participants.tsv", "base-tps", "build-stamp.txt"}
"""What lies in such trees and holds no values of a subject; stamps and lists are read for what they say of it."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("everything")
    made = make_cohort(root / "subjects", n_subjects=3, also=tuple(ALSO), seed=4)
    for fixture, place in PLACES.items():
        source, folder = HANDMADE / fixture, root / place
        folder.mkdir(parents=True, exist_ok=True)
        for file in [source] if source.is_file() else sorted(source.iterdir()):
            shutil.copy(file, folder / file.name)
    shutil.copytree(FS6, root / "subjects" / "sub-004" / "stats")
    (root / "subjects" / "sub-001" / "stats" / "lh.nobody.knows.stats").write_bytes(b"what is this\n")
    (root / "odd place" / "strange.stats").write_bytes(b"\0\1\2")
    assert made.root == root / "subjects"
    return root


@pytest.fixture(scope="module")
def files(tree):
    return find_stats(tree)


def test_every_file_is_named_with_its_kind(tree, files):
    named = files[files["source"].notna()]
    there = {str(path) for path in tree.rglob("*") if path.is_file() and path.name not in NOT_NAMED}
    assert there - set(named["path"]) == {str(tree / "subjects" / "sub-004" / "stats" / "long.tsv")}


def test_no_stats_file_is_passed_over(tree, files):
    paths = {str(path) for path in tree.rglob("*.stats")}
    assert paths <= set(files["path"])


def test_each_is_read_or_its_row_says_why_not(files):
    outcome = load_cohort(files).files
    bad = outcome[~outcome["status"].isin(["ok", "skipped", "missing"])]
    assert bad["problem"].notna().all()
    reasons = dict(zip(bad["path"].str.rsplit("/", n=1).str[-1], bad["status"], strict=True))
    assert reasons["strange.stats"] == "unreadable"
    assert reasons["lh.nobody.knows.stats"] == "unreadable"


def test_all_sources_together_have_each_value_once(files):
    table = load_cohort(files).table
    assert not table.duplicated(["subject", "session", "stream", "source", "hemi", "region", "measure"]).any()
    assert table["unit"].notna().all()
