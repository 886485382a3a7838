"""The whole job, and what a second call does."""

import json
import os
import pickle
from concurrent.futures import Future, ThreadPoolExecutor

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

import fsstats as fs
from fsstats.gallery._draw import Task, draw
from fsstats.gallery._look import Look
from fsstats.gallery._run import Run
from gallery_support import cube, head, pairs, save

PICTURES = ["axial", "coronal", "sagittal"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two runs of recon-all, changed long ago, and one of FIRST; nothing is written there."""
    root = tmp_path_factory.mktemp("study")
    for name in ("sub-01", "sub-02"):
        save(root / name / "mri" / "brain.mgz", head())
        save(root / name / "mri" / "aparc+aseg.mgz", cube() + cube(low=(18, 12, 14), high=(21, 17, 19), label=2035))
        (root / name / "stats").mkdir()
        (root / name / "stats" / "aseg.stats").touch()
    save(root / "fsl" / "s3_T1.nii.gz", head())
    save(root / "fsl" / "s3_all_fast_firstseg.nii.gz", cube())
    age(root)
    return root


def age(root, seconds=3600):
    """Have files changed long ago: those of the last two seconds may change again and not show it."""
    for path in root.rglob("*"):
        state = path.stat()
        os.utime(path, (state.st_atime - seconds, state.st_mtime - seconds))


def draw_all(source, out, **options):
    return fs.snapshots(source, out, **{"slices": 2, "scale": 1.0} | options)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def written(folder):
    return {path.name: path.stat().st_mtime_ns for path in (folder / "pictures").glob("*.png")}


def test_every_run_has_a_row_and_its_pictures(study, tmp_path):
    table = draw_all(study, tmp_path / "qc")
    assert table["subject"].tolist() == ["s3", "sub-01", "sub-02"]
    assert table["source"].tolist() == ["first", "aparc+aseg", "aparc+aseg"]
    assert table["problem"].isna().all()
    assert table["note"].isna().all()
    for picture in table[PICTURES].to_numpy().ravel():
        assert (tmp_path / "qc" / picture).is_file()
    assert table.loc[1, "axial"] == "pictures/sub-01_aparc+aseg_axial.png"
    pd.testing.assert_frame_equal(fs.read_table(tmp_path / "qc" / "snapshots.tsv"), table, check_dtype=False)
    assert len(written(tmp_path / "qc")) == 3 * 3 * 2


def test_planes_and_plain_pictures_can_be_left_out(study, tmp_path):
    table = draw_all(study, tmp_path, subjects=["sub-01"], planes="coronal", plain=False)
    assert [*written(tmp_path)] == ["sub-01_aparc+aseg_coronal.png"]
    assert table[["axial", "sagittal"]].isna().all(axis=None)


def test_nothing_depends_on_what_draws_them(study, tmp_path):
    draw_all(study, tmp_path / "one")
    with ThreadPoolExecutor(2) as threads:
        draw_all(study, tmp_path / "many", executor=threads)
    assert contents(tmp_path / "one") == contents(tmp_path / "many")


def test_a_run_can_be_drawn_in_another_process(study, tmp_path):
    run = Run(
        "sub-01", None, "cross", "aparc+aseg", f"{study}/sub-01/mri/brain.mgz", f"{study}/sub-01/mri/aparc+aseg.mgz"
    )
    task = Task(run, "sub-01", str(tmp_path), Look(slices=1, scale=1.0, colours={17: (255, 0, 255)}))
    drawn = pickle.loads(pickle.dumps(draw))(pickle.loads(pickle.dumps(task)))  # noqa: S301 - our own
    assert pickle.loads(pickle.dumps(drawn)) == draw(task)  # noqa: S301 - our own
    assert drawn.problem is None


def test_a_process_that_is_killed_is_said(study, tmp_path):
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - only here

    class Broken(ThreadPoolExecutor):
        def submit(self, *_args, **_options):
            future = Future()
            future.set_exception(BrokenProcessPool("killed"))
            return future

    with Broken() as broken, pytest.raises(ChildProcessError, match="the same call again goes on where it was"):
        draw_all(study, tmp_path, executor=broken)


def test_what_is_done_is_not_done_again(study, tmp_path):
    told = []
    draw_all(study, tmp_path, progress=lambda *at: told.append(at))
    assert told[-1] == (3, 3)
    before = written(tmp_path)
    draw_all(study, tmp_path)
    assert written(tmp_path) == before
    draw_all(study, tmp_path, again=True)
    assert all(written(tmp_path)[name] > before[name] for name in before)


def test_what_has_changed_is_drawn_again(study, tmp_path):
    own = tmp_path / "study"
    files = {
        name: save(own / name, values) for name, values in {"t1.nii": head(), "a.nii": cube(), "b.nii": cube()}.items()
    }
    age(own)
    table = pairs(a=(files["t1.nii"], files["a.nii"]), b=(files["t1.nii"], files["b.nii"]))
    draw_all(table, tmp_path)
    before = written(tmp_path)
    save(files["a.nii"], cube(label=18))
    draw_all(table, tmp_path)
    after = written(tmp_path)
    assert {name for name in before if after[name] > before[name]} == {name for name in before if name.startswith("a_")}
    (tmp_path / "pictures" / "b_b_axial_plain.png").unlink()
    draw_all(table, tmp_path)
    assert "b_b_axial_plain.png" in written(tmp_path)
    draw_all(table, tmp_path, slices=3)
    assert all(now > after[name] for name, now in written(tmp_path).items())


def test_pictures_that_the_page_does_not_show_are_left_and_named(study, tmp_path):
    draw_all(study, tmp_path)
    before = written(tmp_path)
    with pytest.warns(fs.FsstatsWarning, match=r"pictures of 1 run drawn before that .* still there: s3_first$"):
        table = draw_all(study, tmp_path, subjects=["sub-01", "sub-02"])
    assert table["subject"].tolist() == ["sub-01", "sub-02"]
    assert "s3_first" not in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert written(tmp_path) == before


def broken_files(folder):
    """Make an image and labels that are whole, and some that are not."""
    good, labels = save(folder / "t1.nii.gz", head()), save(folder / "seg.nii.gz", cube())
    cut = folder / "cut.nii.gz"
    cut.write_bytes(labels.read_bytes()[:-40])
    text = folder / "text.nii.gz"
    text.write_text("no image")
    empty = folder / "empty.nii.gz"
    empty.touch()
    none = save(folder / "none.nii.gz", cube(label=0))
    frames = folder / "frames.nii.gz"
    nib.save(nib.Nifti1Image(np.zeros((8, 8, 8, 3), np.int16), np.eye(4)), frames)
    return {
        "whole": (good, labels),
        "cut": (good, cut),
        "text": (good, text),
        "empty": (good, empty),
        "none": (good, none),
        "frames": (good, frames),
        "away": (good, folder / "nowhere.nii.gz"),
        "folder": (good, folder),
        "image": (text, labels),
    }


SAYS = {
    "cut": "cut.nii.gz: ",
    "text": "expected a NIfTI or MGH image, found something else",
    "empty": "empty.nii.gz: expected ",
    "none": "expected labels that are not 0, found none",
    "frames": "expected one volume, found 3 of them",
    "away": "nowhere.nii.gz: No such file or directory",
    "folder": "Is a directory",
    "image": "text.nii.gz: expected a NIfTI or MGH image",
}


def test_one_run_with_a_problem_does_not_cost_the_others(tmp_path):
    table = draw_all(pairs(**broken_files(tmp_path)), tmp_path / "qc").set_index("subject")
    assert pd.isna(table.loc["whole", "problem"])
    assert pd.notna(table.loc["whole", "axial"])
    for name, said in SAYS.items():
        assert said in table.loc[name, "problem"], name
        assert table.loc[name, PICTURES].isna().all()
    assert {name.partition("_")[0] for name in written(tmp_path / "qc")} == {"whole"}
    page = (tmp_path / "qc" / "index.html").read_text(encoding="utf-8")
    assert page.count("<strong>No pictures:</strong>") == len(SAYS)


def test_what_no_rule_foresaw_is_a_problem_of_one_run(tmp_path, monkeypatch):
    def fail(*_args):
        message = "who would have thought"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("fsstats.gallery._strips.strips_of", fail)
    table = draw_all(pairs(a=(save(tmp_path / "t.nii", head()), save(tmp_path / "s.nii", cube()))), tmp_path / "qc")
    assert "could not be drawn (ZeroDivisionError: who would have thought)" in table.loc[0, "problem"]


def test_pictures_of_labels_that_are_gone_are_removed(tmp_path):
    labels = save(tmp_path / "s.nii", cube())
    other = save(tmp_path / "s2.nii", cube())
    table = pairs(a=(save(tmp_path / "t.nii", head()), labels), a_s=(tmp_path / "t.nii", other))
    draw_all(table, tmp_path / "qc")
    labels.unlink()
    draw_all(table, tmp_path / "qc")
    assert {name.rpartition("_s2_")[0] for name in written(tmp_path / "qc")} == {"a_s"}
    assert not (tmp_path / "qc" / "pictures" / "a_s.json").exists()


def test_a_table_may_lie_anywhere_and_name_files_from_there(tmp_path):
    save(tmp_path / "data" / "t.nii", head())
    save(tmp_path / "data" / "s.nii", cube())
    pairs(**{"01": ("t.nii", "s.nii")}).to_csv(tmp_path / "data" / "pairs.tsv", sep="\t", index=False)
    table = draw_all(tmp_path / "data" / "pairs.tsv", tmp_path / "qc")
    assert table.loc[0, ["subject", "problem"]].tolist()[0] == "01"
    assert table["problem"].isna().all()


def test_colours_and_names_can_be_given(tmp_path):
    files = save(tmp_path / "t.nii", head()), save(tmp_path / "s.nii", cube(label=4711))
    (tmp_path / "lut.txt").write_text("# mine\n4711 Left-Lesion 250 120 240 0\n")
    draw_all(pairs(a=files), tmp_path / "qc", lut=tmp_path / "lut.txt", regions="Lesion", title="Mine & <b>yours</b>")
    page = (tmp_path / "qc" / "index.html").read_text(encoding="utf-8")
    assert '#fa78f0"/></svg> Lesion</li>' in page
    assert "<h1>Mine &amp; &lt;b&gt;yours&lt;/b&gt;</h1>" in page
    assert json.loads((tmp_path / "qc" / "pictures" / "a_s.json").read_bytes())["labels"] == [4711]


def test_a_region_may_be_a_number_of_numpys(tmp_path):
    files = save(tmp_path / "t.nii", head()), save(tmp_path / "s.nii", cube(label=17))
    draw_all(pairs(a=files), tmp_path / "qc", regions=np.array([17, 53]))
    assert json.loads((tmp_path / "qc" / "pictures" / "a_s.json").read_bytes())["labels"] == [17]


REFUSED = {
    "plane": ({"planes": ["axal"]}, fs.UnknownNameError, "no plane is called 'axal'; did you mean axial"),
    "fit": ({"fit": "brain"}, fs.UnknownNameError, "no fit is called 'brain'"),
    "convention": ({"convention": "left"}, fs.UnknownNameError, "no convention is called 'left'"),
    "region": ({"regions": ["Hipocampus"]}, fs.UnknownNameError, "no region is called 'Hipocampus'; did you mean Hippocampus"),
    "slices": ({"slices": 0}, ValueError, "expected at least one plane and one slice"),
    "no plane": ({"planes": []}, ValueError, "expected at least one plane and one slice"),
    "scale": ({"scale": -1.0}, ValueError, r"a scale of 0\.1 to 20 pixels a mm"),
    "zero": ({"scale": 0.0}, ValueError, r"a scale of 0\.1 to 20 pixels a mm"),
    "subject": ({"stream": "long"}, fs.NothingFoundError, "no run to draw"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "error", "said"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_exist_is_refused_before_anything_is_written(study, tmp_path, options, error, said):
    with pytest.raises(error, match=said):
        draw_all(study, tmp_path / "qc", **options)
    assert not (tmp_path / "qc").exists()


def test_a_bucket_is_no_place_for_a_page(study):
    with pytest.raises(fs.TableError, match="expected a folder on this machine"):
        draw_all(study, "s3://bucket/qc")


def test_ratings_are_read_and_joined(tmp_path):
    columns = "subject\tsession\tstream\tsource\trating\tnote\tfiles\n"
    rows = "007\tn/a\tcross\tfirst\tfail\tleft; right\tx\n007\tn/a\tcross\taseg\tpass\tn/a\tx\n8\tn/a\tcross\taseg\tn/a\tn/a\tn/a\n"
    (tmp_path / "ratings.tsv").write_text(columns + rows)
    with pytest.raises(
        fs.TableError, match=r"several ratings of 007; choose a source or stream \(first, aseg, cross\)"
    ):
        fs.read_ratings(tmp_path / "ratings.tsv")
    ratings = fs.read_ratings(tmp_path / "ratings.tsv", source="aseg", stream="cross")
    assert ratings["subject"].tolist() == ["007", "8"]
    assert ratings["rating"].fillna("").tolist() == ["pass", ""]
    table = pd.DataFrame({"subject": ["007", "8"], "session": None, "value": [1.0, 2.0]})
    assert fs.join(table, ratings.drop(columns="session"))["rating"].tolist()[0] == "pass"
    with pytest.raises(fs.UnknownNameError, match="no source is called 'wmparc'"):
        fs.read_ratings(tmp_path / "ratings.tsv", source="wmparc")
    (tmp_path / "ratings.tsv").write_text(columns + rows.replace("pass", "good"))
    with pytest.raises(fs.UnknownNameError, match="no rating is called 'good'"):
        fs.read_ratings(tmp_path / "ratings.tsv", source="aseg")
    (tmp_path / "ratings.tsv").write_text("subject\trating\n1\tpass\n")
    with pytest.raises(fs.ColumnsError, match="read_ratings needs the column"):
        fs.read_ratings(tmp_path / "ratings.tsv")
