"""``fsstats snapshots``."""

import pytest

from gallery_support import cube, head, pairs, save

FEW = ("--slices", 1, "--scale", 1, "--no-plain")


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("sub-01", "sub-02"):
        save(tmp_path / "fs" / name / "mri" / "T1.mgz", head())
        save(tmp_path / "fs" / name / "mri" / "aseg.mgz", cube())
    return tmp_path


def test_it_draws_a_study_and_says_where_to_look(study, fsstats):
    done = fsstats("snapshots", "fs", "-o", "qc", *FEW, "--plane", "axial", "--neurological", "--title", "Ours")
    assert (done.status, done.out) == (0, "")
    assert done.err.splitlines()[-1] == "2 runs drawn, 0 with a problem; open qc/index.html in a browser"
    assert [path.name for path in sorted((study / "qc" / "pictures").glob("*.png"))] == [
        "sub-01_aseg_axial.png",
        "sub-02_aseg_axial.png",
    ]
    page = (study / "qc" / "index.html").read_text(encoding="utf-8")
    assert "<title>Ours</title>" in page
    assert "Neurological:" in page


def test_a_problem_is_said_and_counts_if_strict(study, fsstats):
    (study / "fs" / "sub-02" / "mri" / "aseg.mgz").write_bytes(b"")
    done = fsstats("snapshots", "fs", "-o", "qc", *FEW)
    assert done.status == 0
    assert "sub-02: fs/sub-02/mri/aseg.mgz: expected" in done.err.replace(f"{study}/", "")
    assert "1 run drawn, 1 with a problem" in done.err
    assert fsstats("snapshots", "fs", "-o", "qc", *FEW, "--strict").status == 1


def test_a_table_of_pairs_is_taken(study, fsstats):
    files = (study / "fs" / "sub-01" / "mri" / name for name in ("T1.mgz", "aseg.mgz"))
    pairs(a=tuple(files), b=("no.nii", "none.nii")).to_csv("pairs.csv", index=False)
    (study / "only.txt").write_text("b\n")
    assert fsstats("snapshots", "pairs.csv", "-o", "qc", *FEW).status == 0
    done = fsstats("snapshots", "pairs.csv", "-o", "qc", *FEW, "--subjects", "only.txt")
    assert done.status == 1  # nothing was drawn
    assert "b: " in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--region", "Hipocampus"), "did you mean Hippocampus"),
        (("--labels", "no.mgz"), "expected no.mgz in"),
        (("--dask", "x", "--jobs", "2"), "the workers of the cluster draw"),
    ],
)
def test_what_is_wrong_is_said(study, fsstats, words, said):
    done = fsstats("snapshots", "fs", "-o", "qc", *FEW, *words)
    assert done.status in {1, 2}
    assert said in done.err
