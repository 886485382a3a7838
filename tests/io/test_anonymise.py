"""What an anonymised merge writes does not tell which machine and user processed the study, where and when."""

import ntpath
from types import SimpleNamespace

import pandas as pd
import pyarrow.parquet as pq
import pytest

import fsstats as fs
from fsstats.io import _anonymous
from fsstats.io._anonymous import anonymous
from merge_support import write_subject

HOST, USER, ELSEWHERE, DATES = "plantedhost", "planteduser", "plantedplace", ("2019/03/17", "Mar 17", "2019")
HEADER = f"""# Title Segmentation Statistics
# generating_program mri_segstats
# cvs_version 7.4.1
# cmdline mri_segstats --seg mri/aseg.mgz --sd /net/{ELSEWHERE}/subjects
# hostname {HOST}
# user     {USER}
# anatomy_type volume
# SUBJECTS_DIR /net/{ELSEWHERE}/subjects
# subjectname {{subject}}
# CreationTime 2019/03/17-10:11:12-GMT
# ColHeaders  Index SegId NVoxels Volume_mm3 StructName
"""
ROWS = "  1  17 4{n} 4{n}.5 Left-Hippocampus\n  2  53 5{n} 5{n}.5 Right-Hippocampus\n"
LOG = f"""Sun Mar 17 10:00:00 GMT 2019
/net/{ELSEWHERE}/subjects/s3
setenv SUBJECTS_DIR /net/{ELSEWHERE}/subjects
#@# MotionCor Sun Mar 17 10:00:01 GMT 2019
ERROR: {USER} may not write to /net/{ELSEWHERE} of {HOST}
recon-all -s s3 exited with ERRORS at Sun Mar 17 10:00:02 GMT 2019
"""
LOG_NAMES = ("recon-all.log", "recon-all-status.log", "recon-all.error")
ODD = {
    "x1": f"# hostname {HOST}\n# user {USER}\n",
    "x2": HEADER + "# CreationTime 2019/03/18-10:11:12-GMT\n" + ROWS,
    "x3": HEADER.replace("# ColHeaders", f"# Measure {USER} /net/{ELSEWHERE}\n# ColHeaders") + ROWS,
    "x4": HEADER + f"  1 17 {USER} 2019/03/17 Left-Hippocampus\n  2 /net/{ELSEWHERE}\n  3 cut of {HOST}",
    "x5": HEADER.replace("Index SegId", f"{USER} {USER}") + ROWS,
    "x6": f"hello from {USER}'s own {HOST} in /net/{ELSEWHERE}\n",
}
"""Files of which more or less cannot be read, and is quoted."""


@pytest.fixture
def study(tmp_path):
    """Make a study whose files say who made them, when and where, and are damaged so that this is quoted."""
    root = tmp_path / USER / "study"
    for n in range(4):
        write_subject(root, f"s{n}", n)
        (root / f"s{n}" / "stats" / "aseg.stats").write_text((HEADER + ROWS).format(subject=f"s{n}", n=n))
    for name, text in ODD.items():
        (root / name / "stats").mkdir(parents=True)
        (root / name / "stats" / "aseg.stats").write_text(text.format(subject=name, n=7))
    (root / "s1" / "stats" / "aseg.stats").write_bytes((root / "s0" / "stats" / "aseg.stats").read_bytes())
    (root / "s2" / "stats" / "lh.link.stats").symlink_to(f"/net/{ELSEWHERE} of {USER}/lh.link.stats")
    (root / "s3" / "scripts").mkdir()
    for name in LOG_NAMES:
        (root / "s3" / "scripts" / name).write_text(("status file for recon-all\n" if "status" in name else "") + LOG)
    (root / "no subject").mkdir()
    return root


def everything_in(folder):
    """Give all that can be read in the files of a folder, hidden ones too, and their names."""
    texts = []
    for path in sorted(folder.rglob("*")):
        texts.append(path.name)
        if path.is_file():
            texts.append(path.read_bytes().decode("latin-1"))
        if path.is_file() and path.suffix == ".parquet":
            file = pq.ParquetFile(path)
            texts.append(f"{file.metadata.metadata} {file.metadata.created_by} {file.read().to_pylist()}")
    return "\n".join(texts)


OUTPUTS = {
    "Parquet": ("out.parquet", {}),
    "a folder": ("out/", {}),
    "CSV": ("out.csv", {}),
    "wide": ("out.tsv", {"wide": True}),
    "with participants": ("out.parquet", {"participants": pd.DataFrame({"participant_id": ["s0"], "age": [30]})}),
    "logs": ("out.parquet", {"sources": ["recon-all", "recon-all.status", "recon-all.error", "aseg"]}),
}


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
@pytest.mark.parametrize(("name", "options"), OUTPUTS.values(), ids=OUTPUTS)
def test_no_output_tells_who_where_and_when(study, tmp_path, name, options):
    told = tmp_path / "told"
    told.mkdir()
    fs.merge(study, f"{told}/{name}", **options)
    assert str(study) in everything_in(told)
    out = tmp_path / "out"
    out.mkdir()
    merged = fs.merge(study, f"{out}/{name}", anonymise=True, **options)
    found = everything_in(out)
    assert [word for word in (HOST, USER, ELSEWHERE, *DATES, str(tmp_path)) if word in found] == []
    pd.testing.assert_frame_equal(merged.table, fs.read_table(f"{told}/{name}"))
    pd.testing.assert_frame_equal(fs.read_table(merged.files_path), merged.files)


def test_every_file_can_still_be_told(study, tmp_path):
    plain = fs.merge(study, tmp_path / "plain.parquet").files
    files = fs.merge(study, tmp_path / "out.parquet", anonymise=True).files
    assert [str(study / path) for path in files["path"]] == plain["path"].tolist()
    same = [name for name in files.columns if name not in ("path", "problem")]
    pd.testing.assert_frame_equal(files[same], plain[same])
    assert files["problem"].isna().equals(plain["problem"].isna())
    told = "\n".join(plain["problem"].dropna())
    assert [word for word in (HOST, USER, ELSEWHERE, "2019/03/17") if word not in told] == []


def test_a_table_that_was_merged_openly_is_forgotten(study, tmp_path):
    (tmp_path / "out").mkdir()
    for anonymise in (False, True):
        fs.merge(study, tmp_path / "out" / "c.parquet", anonymise=anonymise)
    assert USER not in everything_in(tmp_path / "out")


# what is given: (roots, path and problem before, path and problem after)
CASES = {
    "a folder": (["/a/b"], "/a/b/s 1/x.stats", "as /a/b/s2/x. It", "s 1/x.stats", "as s2/x. It"),
    "a slash at its end": (["/a/b/"], "/a/b/s1/x.stats", "/a/b is", "s1/x.stats", ". is"),
    "two folders": (["/a/b", "/c/b"], "/c/b/s1/x.stats", "as /a/b/s1/x", "2/s1/x.stats", "as 1/s1/x"),
    "a name that begins alike": (["/a/b"], "/a/bc/x.stats", "in /a/bc/d", "…/x.stats", "in …"),
    "a file": (["/a/x.stats"], "/a/x.stats", "at /a/x.stats: no", "x.stats", "at x.stats: no"),
    "an archive": (
        ["/a/b.zip"],
        "zip://s1/x::/a/b.zip",
        "zip://s1/x::/a/b.zip: no",
        "zip://s1/x::b.zip",
        "zip://s1/x::b.zip: no",
    ),
    "archives in a folder": (["/a"], "zip://s1/x::/a/b.zip", "in C:\\me\\x", "zip://s1/x::b.zip", "in …"),
    "a folder in an archive": (["zip://s1::/a/b.zip"], "zip://s1/x::/a/b.zip", "ok", "zip://s1/x::b.zip", "ok"),
    "a bucket": (["s3://b/k/"], "s3://b/k/s1/x", "as s3://b/other/x", "s1/x", "as …"),
    "a file URL": (["file:///a/b"], "/a/b/s1/x", "found 'it''s'", "s1/x", "found '…''…'"),
    "a table": ([], "/a/b/s1/x.stats", "see /a/b/s2/x", "x.stats", "see …"),
    "quotations": (
        ["/a"],
        "/a/x",
        "of its user's, found 'a\\'b', \"c'd\" and 'e /f g",
        "x",
        "of its user's, found '…', '…' and '…'",
    ),
}


WINDOWS = {
    "a folder": (["C:\\a b"], "C:\\a b\\s1\\x.stats", "as C:\\a b\\s2\\x. It", "s1\\x.stats", "as s2\\x. It"),
    "a slash at its end": (["C:\\a\\"], "C:\\a\\x.stats", "C:\\a is", "x.stats", ". is"),
    "the other slash": (["C:/a"], "C:\\a\\x.stats", "at C:\\a\\x: no", "x.stats", "at x: no"),
    "two folders": (["C:\\a", "D:\\a"], "D:\\a\\x", "as C:\\a\\s1\\x", "2/x", "as 1/s1\\x"),
    "a name that begins alike": (["C:\\a"], "C:\\ab\\x.stats", "in C:\\ab\\d", "…/x.stats", "in …"),
    "a server": (["\\\\host\\a"], "\\\\host\\a\\s1\\x", "as \\\\host\\b\\x", "s1\\x", "as …"),
    "an archive": (["C:\\a"], "zip://s1/x::C:\\a\\b.zip", "ok", "zip://s1/x::b.zip", "ok"),
    "a file URL": (["file:///C:/a"], "C:\\a\\s1\\x", "ok", "s1\\x", "ok"),
    "a table": ([], "C:\\a\\s1\\x", "see C:\\me\\x", "x", "see …"),
}
"""The same as Windows writes it."""


@pytest.mark.parametrize(("roots", "path", "problem", "new_path", "new_problem"), WINDOWS.values(), ids=WINDOWS)
def test_paths_of_windows_begin_at_the_study_too(monkeypatch, roots, path, problem, new_path, new_problem):
    monkeypatch.setattr(_anonymous, "os", SimpleNamespace(path=ntpath))
    before = pd.DataFrame({"path": [path], "problem": [problem], "subject_in_file": ["D:\\me\\s1"]}, dtype="str")
    after = anonymous(before, roots)
    assert after.iloc[0].tolist() == [new_path, new_problem, "…/s1"]


@pytest.mark.parametrize(("roots", "path", "problem", "new_path", "new_problem"), CASES.values(), ids=CASES)
def test_paths_begin_at_the_study_and_nothing_is_quoted(roots, path, problem, new_path, new_problem):
    before = pd.DataFrame(
        {"path": [path, None], "problem": [problem, None], "subject_in_file": ["/me/s1", None]}, dtype="str"
    )
    after = anonymous(before, roots)
    assert after["path"][0] == new_path
    assert after["problem"][0] == new_problem
    assert after["subject_in_file"][0] == "…/s1"
    assert after.iloc[1].isna().all()
    assert after.dtypes.equals(before.dtypes)
