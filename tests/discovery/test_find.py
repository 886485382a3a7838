"""Which folders are subjects, whatever the layout; what lies beside them; and an account of all of it."""

import os
from pathlib import Path

import pytest

from fsstats import NothingFoundError, UnknownNameError, find_stats, problems
from fsstats.schema import FILES

HERE = ("lh.mine.stats", "rh.mine.stats")


def who(files):
    """Give the distinct (directory, subject, session, stream) of a files table, missing parts as None."""
    people = (
        files.loc[files["subject"].notna(), ["directory", "subject", "session", "stream"]]
        .drop_duplicates()
        .astype("object")
    )
    return sorted(people.where(people.notna(), None).itertuples(index=False, name=None), key=repr)


def one(name, session=None, stream="cross", directory=None):
    return (directory or name, name, session, stream)


LAYOUTS = {
    "SUBJECTS_DIR": (["bert", "ernie"], [one("bert"), one("ernie")]),
    "BIDS flat": (
        ["sub-01_ses-1", "sub-01_ses-2"],
        [one("sub-01", f"ses-{i}", directory=f"sub-01_ses-{i}") for i in (1, 2)],
    ),
    "BIDS nested": (
        ["sub-01/ses-1", "sub-01/ses-2"],
        [one("sub-01", f"ses-{i}", directory=f"ses-{i}") for i in (1, 2)],
    ),
    "BIDS without sessions": (["sub-01", "sub-02"], [one("sub-01"), one("sub-02")]),
    "derivatives below a study": (["derivatives/freesurfer/sub-01"], [one("sub-01")]),
    "nested, five levels down": (["a/b/c/d/e"], [one("e")]),
    "nested, four levels down": (["derivatives/freesurfer/sub-01/ses-1"], [one("sub-01", "ses-1", directory="ses-1")]),
    "sites": (["site1/a", "site2/b"], [one("a"), one("b")]),
    "names that look like BIDS and are not": (
        ["sub-01_run-1", "sub01", "ses-1"],
        [one("sub-01_run-1"), one("sub01"), one("ses-1")],
    ),
    "names that are numbers": (["007", "1e5"], [one("007"), one("1e5")]),
    "odd names": (["a b", "é頭", "NA", "x,y"], [one(name) for name in ("a b", "é頭", "NA", "x,y")]),
    "longitudinal, BIDS": (
        ["sub-01_ses-1", "sub-01_ses-2", "sub-01", "sub-01_ses-1.long.sub-01"],
        [
            one("sub-01", "ses-1", directory="sub-01_ses-1"),
            one("sub-01", "ses-2", directory="sub-01_ses-2"),
            one("sub-01", None, "base"),
            one("sub-01", "ses-1", "long", "sub-01_ses-1.long.sub-01"),
        ],
    ),
    "longitudinal, own names": (
        ["me1", "me2", "me", "me1.long.me", "me2.long.me", "else"],
        [
            one("me", "me1", directory="me1"),
            one("me", "me2", directory="me2"),
            one("me", None, "base"),
            one("me", "me1", "long", "me1.long.me"),
            one("me", "me2", "long", "me2.long.me"),
            one("else"),
        ],
    ),
    "longitudinal, a base of another name": (
        ["sub-01_ses-1", "sub-01_template", "sub-01_ses-1.long.sub-01_template"],
        [
            one("sub-01", "ses-1", directory="sub-01_ses-1"),
            one("sub-01", None, "base", "sub-01_template"),
            one("sub-01", "ses-1", "long", "sub-01_ses-1.long.sub-01_template"),
        ],
    ),
    "a name with .long. in it is parted at the last": (
        ["a.long.b.long.c"],
        [one("c", "a.long.b", "long", "a.long.b.long.c")],
    ),
}


@pytest.mark.parametrize(("folders", "expected"), LAYOUTS.values(), ids=LAYOUTS)
def test_subject_session_and_stream_are_read_from_the_folders(tree, folders, expected):
    for name in folders:
        tree.subject(name)
    files = find_stats(tree.root)
    assert who(files) == sorted(expected, key=repr)
    assert len(files) == len(HERE) * len(folders)
    assert set(files["status"]) == {"found"}


def test_a_base_and_its_time_points_are_known_by_base_tps(tree):
    for name in ("me", "me1", "me2", "other"):
        tree.subject(name)
    (tree.root / "me" / "base-tps").write_text("me1\nme2\nnot-here\n")
    expected = [
        one("me", None, "base"),
        one("me", "me1", directory="me1"),
        one("me", "me2", directory="me2"),
        one("other"),
    ]
    assert who(find_stats(tree.root)) == sorted(expected, key=repr)


def test_a_longitudinal_run_names_the_other_time_points_of_its_base(tree):
    for name in ("me1", "me2", "me1.long.me"):
        tree.subject(name)
    (tree.root / "me1.long.me" / "scripts").mkdir()
    (tree.root / "me1.long.me" / "scripts" / "long.base-tps").write_text("me1\nme2\n")
    expected = [
        one("me", "me1", directory="me1"),
        one("me", "me1", "long", "me1.long.me"),
        one("me", "me2", directory="me2"),
    ]
    assert who(find_stats(tree.root)) == sorted(expected, key=repr)


def test_a_time_point_of_two_bases_belongs_to_the_same_one_every_time(tree):
    for name in ("tp1", "tp2", "tp3"):
        tree.subject(name)
    bases = [f"base{i}" for i in range(12)]
    for name in bases:
        tree.subject(name)
        (tree.root / name / "base-tps").write_text("tp1\ntp2\n")
    files = find_stats(tree.root)
    chosen = set(files.loc[files["directory"].isin(["tp1", "tp2"]), "subject"])
    assert chosen in ({"base0"}, {"base9"})  # the first or the last by name


def test_the_files_table_has_its_columns_and_types(tree):
    tree.subject("a")
    files = find_stats(tree.root)
    assert files.columns.tolist() == list(FILES)
    assert {str(files[name].dtype) for name in FILES if name != "n_values"} == {"str"}
    assert files["n_values"].tolist() == [0, 0]
    assert files["path"].tolist() == [str(tree.root / "a" / "stats" / name) for name in HERE]


def test_the_order_is_by_subject_session_stream_source_and_side(tree, monkeypatch):
    for name in ("b", "a", "10", "9", "a_ses-1"):
        tree.subject(name, "rh.mine.stats", "aseg.stats", "lh.mine.stats")
    files = find_stats(tree.root)
    found = files[["subject", "source", "hemi"]].fillna("")
    assert found.to_numpy().tolist() == sorted(found.to_numpy().tolist())
    listing = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: sorted(listing(path), reverse=True))
    assert find_stats(tree.root).equals(files)


ROOTS = {
    "a path as text": str,
    "a path": lambda root: root,
    "a list of subjects": lambda root: [root / "a", root / "b"],
    "a tuple": lambda root: (root,),
    "a subject and its file": lambda root: [root / "a", root / "b", root / "a" / "stats" / "lh.mine.stats"],
    "the same twice": lambda root: [root, root],
    "a root and a subject in it": lambda root: [root, root / "a"],
    "the same, written otherwise": lambda root: [root, root / "a" / ".."],
}


@pytest.mark.parametrize("roots", ROOTS.values(), ids=ROOTS)
def test_however_the_roots_are_given_each_file_stands_once(tree, roots):
    tree.subject("a")
    tree.subject("b")
    files = find_stats(roots(tree.root))
    assert sorted(zip(files["subject"], files["hemi"], strict=True)) == [(s, h) for s in "ab" for h in ("lh", "rh")]


def test_one_subject_is_named_by_its_folder_from_within_too(tree, monkeypatch):
    folder = tree.subject("sub-01/ses-1")
    expected = [one("sub-01", "ses-1", directory="ses-1")]
    assert who(find_stats(folder)) == expected
    monkeypatch.chdir(folder)
    assert who(find_stats(".")) == expected
    monkeypatch.chdir(folder.parent)
    assert who(find_stats("ses-1")) == expected


@pytest.mark.parametrize("name", ["bert", "sub-01_ses-1", "sub-01/ses-1"])
def test_one_file_is_whose_its_folder_is(tree, name):
    folder = tree.subject(name, stamp="freesurfer-linux-ubuntu22_x86_64-7.4.1-20230614-7eb8460", done="SUBJECT x\n")
    whole = find_stats(tree.root)
    found = find_stats(folder / "stats" / "lh.mine.stats")
    assert found.equals(whole[whole["hemi"] == "lh"].reset_index(drop=True))


def test_one_file_anywhere_is_taken(tmp_path):
    (tmp_path / "lh.mine.stats").write_text("x")
    row = find_stats(tmp_path / "lh.mine.stats").iloc[0]
    assert (row["source"], row["hemi"], row["subject"], row["status"]) == ("mine", "lh", tmp_path.name, "found")


def test_templates_and_strangers_are_left_out_and_counted_with_the_reason(tree):
    tree.subject("a")
    for name in (
        "fsaverage",
        "fsaverage5",
        "fsaverage_sym",
        "cvs_avg35_inMNI152",
        "lh.EC_average",
        "rh.EC_average",
        "V1_average",
    ):
        tree.subject(name)
    for name in ("junk", "logs", ".hidden", "fsstats-run"):
        (tree.root / name).mkdir()
    (tree.root / "participants.tsv").write_text("x")
    files = find_stats(tree.root)
    assert who(files) == [one("a")]
    out = files[files["status"] == "skipped"]
    reasons = {Path(path).name: problem for path, problem in zip(out["path"], out["problem"], strict=True)}
    assert len(reasons) == 9
    assert all("template" in reasons[name] for name in reasons if name not in ("junk", "logs"))
    assert all("not a subject" in reasons[name] for name in ("junk", "logs"))
    assert out["subject"].isna().all()


LAST_LEVEL = {
    "the deepest that is looked into": ("a/b/c/d", ["FSL_MNI152_FS4.5.0", "SPM_Colin27"], True),
    "one deeper": ("a/b/c/d/e", ["FSL_MNI152_FS4.5.0", "SPM_Colin27"], False),
    "deeper only by what was done": ("a/b/c/d/anat/T1", ["FSL_MNI152_FS4.5.0", "SPM_Colin27"], True),
}


@pytest.mark.parametrize(("around", "names", "taken"), LAST_LEVEL.values(), ids=LAST_LEVEL)
def test_of_folders_beside_each_other_all_are_looked_into_or_none_whatever_they_are_called(tree, around, names, taken):
    for name in ("near", *(f"{around}/{name}" for name in names)):
        tree.subject(name)
    files = find_stats(tree.root)
    assert {directory for directory, *_ in who(files)} == {"near", *(names if taken else ())}
    left = files[files["status"] == "skipped"]
    assert left["path"].tolist() == ([] if taken else [str(tree.root / around / names[0])])


TOO_DEEP = {
    "levels": (
        ["x/1/2/3/4/b", "x/1/2/3/5/c"],
        "more than 5 levels down, so not looked into, nor into 1 more: name a folder nearer to the subjects",
    ),
    "folders": (
        ["/".join(["anat"] * 13)],
        "more than 12 folders down, whatever they are called, so not looked into: name a folder nearer to the subjects",
    ),
}


@pytest.mark.parametrize(("deep", "reason"), TOO_DEEP.values(), ids=TOO_DEEP)
def test_what_lies_too_deep_is_said_in_one_row_with_the_reason(tree, deep, reason):
    for name in ("a", *deep):
        tree.subject(name)
    files = find_stats(tree.root)
    assert who(files) == [one("a")]
    left = files.loc[files["status"] == "skipped", ["path", "problem"]].to_numpy().tolist()
    assert left == [[str(tree.root / deep[0]), reason]]
    doubts = problems(files)[["level", "rule", "problem", "path"]].to_numpy().tolist()
    assert doubts == [["warning", "too deep", f"{tree.root / deep[0]} lies {reason}", str(tree.root / deep[0])]]
    nearer = find_stats([tree.root, *(tree.root / name for name in deep)])
    assert set(nearer["status"]) == {"found"}
    assert nearer["directory"].nunique() == 1 + len(deep)


def test_where_all_lies_too_deep_the_error_says_so(tree):
    tree.subject("a/b/c/d/e/f")
    with pytest.raises(
        NothingFoundError, match=r"left out: .*e.f: more than 5 levels down, so not looked into: name a"
    ):
        find_stats(tree.root)


def test_a_study_folder_with_scripts_and_stats_of_its_own_is_no_subject(tree):
    for name in ("scripts", "stats", "mri"):
        (tree.root / name).mkdir()
    tree.subject("derivatives/freesurfer/sub-01")
    assert who(find_stats(tree.root)) == [one("sub-01")]


def test_what_recon_all_began_is_a_subject_without_files(tree):
    tree.subject("a")
    for part in ("mri", "scripts", "surf"):
        (tree.root / "b" / part).mkdir(parents=True)
    files = find_stats(tree.root)
    assert files.loc[files["subject"] == "b", "status"].unique().tolist() == ["missing"]


def test_symlinked_subjects_bear_the_links_name(tree, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    tree.subject("../elsewhere/x")
    (tree.root / "sub-01").symlink_to(elsewhere / "x", target_is_directory=True)
    assert who(find_stats(tree.root)) == [one("sub-01")]
    assert who(find_stats(tree.root / "sub-01" / "stats" / "lh.mine.stats")) == [one("sub-01")]


LINKS = {
    "to itself": ("loop", "loop"),
    "to the root": ("up", "."),
    "to above the root": ("up", ".."),
    "to nothing": ("gone", "not-there"),
    "a circle": ("x", "y"),
}


@pytest.mark.parametrize(("name", "target"), LINKS.values(), ids=LINKS)
def test_a_link_that_leads_nowhere_or_back_costs_nothing(tree, name, target):
    tree.subject("a")
    (tree.root / name).symlink_to(target)
    if name == "x":
        (tree.root / target).symlink_to(name)
    files = find_stats(tree.root)
    assert who(files) == [one("a")]
    assert (files["status"] == "found").sum() == 2


def test_a_subject_list_keeps_its_subjects_and_names_the_unknown(tree):
    for name in ("a", "b", "sub-01_ses-1", "sub-01_ses-2"):
        tree.subject(name)
    files = find_stats(tree.root, subjects=["b", "sub-01", "nobody", "nobody", "007"])
    assert set(files.loc[files["status"] == "found", "directory"]) == {"b", "sub-01_ses-1", "sub-01_ses-2"}
    unknown = files[files["status"] == "missing"]
    assert unknown["subject"].tolist() == ["007", "nobody"]
    assert unknown["problem"].str.contains(f"no subject of that name in {tree.root}", regex=False).all()
    assert set(find_stats(tree.root, subjects=["sub-01_ses-1"])["session"]) == {"ses-1"}


def test_a_subject_is_found_however_its_letters_are_stored(tree):
    tree.subject("Mu\u0308ller")  # as macOS has them in folders
    tree.subject("Mueller")
    files = find_stats(tree.root, subjects=["M\u00fcller"])
    assert files["subject"].unique().tolist() == ["Mu\u0308ller"]


def test_sources_choose_files(tree):
    tree.subject("a", "aseg.stats", "lh.mine.stats", "rh.mine.stats")
    tree.subject("fsaverage")
    files = find_stats(tree.root, sources=["aseg"])
    assert files["source"].dropna().tolist() == ["aseg"]
    with pytest.raises(UnknownNameError, match=r"no source is called 'asge'; did you mean aseg\?"):
        find_stats(tree.root, sources=["aseg", "asge"])


def test_unknown_subjects_are_no_reason_to_doubt_the_source(tree):
    tree.subject("a", "aseg.stats")
    files = find_stats(tree.root, subjects=["nobody"], sources=["aseg"])
    assert files["subject"].tolist() == ["nobody"]


def test_the_names_to_choose_from_are_names(tree):
    tree.subject("a", "aseg.stats")
    with pytest.raises(UnknownNameError, match="no source is called 'xyz'") as raised:
        find_stats(tree.root, subjects=["a", "nobody"], sources=["xyz"])
    assert "None" not in str(raised.value)


def test_nothing_found_says_where_it_looked_and_what_was_there(tree):
    tree.subject("fsaverage")
    (tree.root / "a" / "b" / "c" / "d").mkdir(parents=True)
    with pytest.raises(NothingFoundError, match=f"no processed subject in {tree.root}.*levels below.*stats"):
        find_stats(tree.root)
    with pytest.raises(FileNotFoundError, match=r"study/a, .*study/a/b"):
        find_stats([tree.root / "a", tree.root / "a" / "b"])


def test_a_root_that_is_not_there_is_named(tree):
    tree.subject("a")
    with pytest.raises(NothingFoundError, match=r"no such file or folder: .*nowhere, .*nothing"):
        find_stats([tree.root, tree.root / "nowhere", tree.root / "nothing"])


def test_no_root_at_all_is_said_plainly():
    with pytest.raises((NothingFoundError, ValueError), match=r"(?i)no (root|folder|path)"):
        find_stats([])
