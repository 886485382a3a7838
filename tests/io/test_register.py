"""A lab's own kinds of file: one registration, in TOML or by an installed package, and they are read as ours are."""

import sys

import pytest

import fsstats as fs
from fsstats.parsers import formats as shipped
from fsstats.parsers._build import stats_file
from fsstats.schema import _registry

ATLAS = """
[[source]]
name = "lausanne"
description = "Cortex, our atlas"
atlas = "lausanne"
complete = true
hemispheric = true

[[region]]
atlas = "lausanne"
hemi = "lh"
name = "bankssts_1"
aliases = ["bankssts-1"]

[[region]]
atlas = "lausanne"
hemi = "lh"
name = "cuneus_1"
"""
LESIONS = r"""
[[source]]
name = "lesions"
description = "Lesion load of our own tool"
tool = "OurTool"
files = ['lesions-(?P<v1>v\d+)\.txt']
format = "lesions"
family = true

[[measure]]
name = "lesion_load"
columns = ["Load"]
unit = "percent"
description = "Share of the structure that is lesion"
"""
HEADER = "# generating_program mris_anatomical_stats\n# hemi lh\n# ColHeaders StructName NumVert ThickAvg\n"


@pytest.fixture(autouse=True)
def _as_before():
    """Take back what a test registers."""
    yield
    _registry.forget(added=True)
    _registry._installed.cache_clear()
    _registry.forget()
    shipped._added.clear()


def load_text(data, where):
    pairs = [line.split() for line in data.decode().splitlines()]
    names = [name for name, _ in pairs]
    return stats_file(where, names=names, columns={"Load": ""}, numbers=[[float(load)] for _, load in pairs])


OUR_FORMAT = fs.Format("lesions", lambda head, _where: b"Lesion" in head, load_text)


@pytest.fixture
def subject(tmp_path):
    folder = tmp_path / "sub-01" / "stats"
    folder.mkdir(parents=True)
    (folder / "lh.lausanne.stats").write_text(f"{HEADER}bankssts-1 10 2.0\ncuneus_1 12 1.5\n")
    (folder / "lesions-v2.txt").write_text("Left-Lesion 4.5\nRight-Lesion 0.5\n")
    return tmp_path


def test_an_atlas_in_a_toml_file_gives_names_and_completeness(subject, tmp_path):
    kinds = tmp_path / "kinds.toml"
    kinds.write_text(ATLAS)
    fs.register(kinds)
    table = fs.load_cohort(subject, sources=["lausanne"]).table
    assert set(table["region"]) == {"bankssts_1", "cuneus_1"}
    file = subject / "sub-01" / "stats" / "lh.lausanne.stats"
    file.write_text(f"{HEADER}bankssts-1 10 2.0\n")
    with pytest.raises(fs.StatsFormatError, match="expected 2 regions, found 1; without cuneus_1"):
        fs.read_stats(file)


def test_a_kind_with_a_parser_of_its_own_is_found_and_read(subject):
    fs.register(LESIONS, formats=[OUR_FORMAT])
    cohort = fs.load_cohort(subject, sources=["lesions"])
    rows = cohort.table[["subject", "source", "hemi", "region", "measure", "value", "unit"]]
    assert rows.to_numpy().tolist() == [
        ["sub-01", "lesions.v2", "lh", "Left-Lesion", "lesion_load", 4.5, "percent"],
        ["sub-01", "lesions.v2", "rh", "Right-Lesion", "lesion_load", 0.5, "percent"],
    ]
    assert cohort.files["status"].tolist() == ["ok"]


def test_without_registration_the_file_is_not_known(subject):
    assert "lesions.v2" not in set(fs.find_stats(subject)["source"])


def test_an_installed_package_describes_its_kinds_by_an_entry_point(subject, tmp_path, monkeypatch):
    site = tmp_path / "site"
    info = site / "ourlab-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "ourlab.py").write_text(f"KINDS = {ATLAS!r}\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ourlab\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fsstats.kinds]\nours = ourlab:KINDS\n")
    monkeypatch.syspath_prepend(str(site))
    _registry._installed.cache_clear()
    _registry.forget()
    assert fs.schema.sources()["lausanne"].description == "Cortex, our atlas"
    assert set(fs.load_cohort(subject, sources=["lausanne"]).table["region"]) == {"bankssts_1", "cuneus_1"}
    sys.modules.pop("ourlab", None)


def test_a_package_that_fails_is_named_and_costs_no_other(tmp_path, monkeypatch):
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fsstats.kinds]\nours = no_such_module:KINDS\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    _registry._installed.cache_clear()
    _registry.forget()
    with pytest.warns(fs.FsstatsWarning, match="the file kinds of no_such_module:KINDS are left out"):
        known = fs.schema.sources()
    assert "aseg" in known


WRONG = {
    "no TOML": ("name = \n", r"<text>: expected TOML, found something else"),
    "another table": ("[[sources]]\nname = 'x'\n", r"expected tables \[\[source\]\].*found 'sources'"),
    "a key that is none": (
        "[[source]]\nname = 'x'\ndescription = 'y'\nfile = 'z'\n",
        r"\[\[source\]\] x: expected keys among name, description.*found unknown 'file'",
    ),
    "no description": ("[[source]]\nname = 'x'\n", r"\[\[source\]\] x: .*found no 'description'"),
    "a list that is text": (
        "[[source]]\nname = 'x'\ndescription = 'y'\nfiles = 'z'\n",
        r"expected files as tuple, found 'z'",
    ),
    "a file name without its pattern": (
        "[[source]]\nname = 'x'\ndescription = 'y'\nfiles = [{ variant = 'z' }]\n",
        r"expected files as texts or tables of pattern and variant, found \{'variant': 'z'\}",
    ),
    "a variant of a group that is not there": (
        "[[source]]\nname = 'x'\ndescription = 'y'\nfiles = [{ pattern = '(?P<v1>a)', variant = '{v2}' }]\n",
        r"expected a variant of v1, found '\{v2\}'",
    ),
    "a file name that is a number": (
        "[[source]]\nname = 'x'\ndescription = 'y'\nfiles = [1]\n",
        r"expected files as texts or tables of pattern and variant",
    ),
    "a broken pattern": (
        "[[source]]\nname = 'x'\ndescription = 'y'\nfiles = ['(']\n",
        r"expected a regular expression, found '\('",
    ),
    "a region without an atlas": ("[[region]]\nname = 'x'\n", r"\[\[region\]\] x: expected atlas and name"),
    "a measure without a unit": ("[[measure]]\nname = 'x'\n\n", r"\[\[measure\]\] x: expected name, unit and desc"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_description_that_is_not_valid_says_where_and_adds_nothing(text, message):
    before = dict(fs.schema.sources())
    with pytest.raises(fs.KindsError, match=message):
        fs.register(text)
    assert dict(fs.schema.sources()) == before


def test_a_format_that_nobody_reads_is_an_error():
    with pytest.raises(fs.KindsError, match=r"\[\[source\]\] lesions: expected a format among .*, found lesions"):
        fs.register(LESIONS)
    assert "lesions" not in fs.schema.sources()


def test_an_atlas_without_regions_is_an_error():
    with pytest.raises(fs.KindsError, match=r"\[\[source\]\] x: expected an atlas with regions .*, found nope"):
        fs.register("[[source]]\nname = 'x'\ndescription = 'y'\natlas = 'nope'\n")


VOLUMES = """
[[source]]
name = "lesions"
description = "Lesion volumes"
files = ['lesions\\.txt']
format = "volumes"
atlas = "lesions"
complete = true

[[region]]
atlas = "lesions"
name = "Left-Lesion"

[[region]]
atlas = "lesions"
name = "Right-Lesion"
"""


def test_a_name_and_a_volume_a_line_need_no_parser_of_ones_own(tmp_path):
    fs.register(VOLUMES)
    stats = fs.parse_stats("# ours\nLeft-Lesion 12.5\nRight-Lesion\t0\n", where="lesions.txt")
    assert stats.rows.to_numpy().tolist() == [["Left-Lesion", 12.5], ["Right-Lesion", 0.0]]


LISTS = {
    "a region short": ("Left-Lesion 12.5\n", "expected 2 regions, found 1; without Right-Lesion"),
    "no number": ("Left-Lesion 12.5\nRight-Lesion x\n", "line 2: expected a name and a volume"),
    "twice": ("Left-Lesion 12.5\nLeft-Lesion 1\nRight-Lesion 2\n", "expected one line for Left-Lesion"),
    "cut": ("Left-Lesion 12.5\nRight-Lesion 2", "line feed at the end"),
    "nothing of it": ("what is this\n", "expected lines of a name and a volume"),
}


@pytest.mark.parametrize(("text", "message"), LISTS.values(), ids=LISTS)
def test_a_list_that_is_not_whole_says_so(text, message):
    fs.register(VOLUMES)
    with pytest.raises(fs.StatsFormatError, match=message.replace("line 2", "(line |:)2")):
        fs.parse_stats(text, where="lesions.txt")


SIDED = """
[[source]]
name = "schaefer"
description = "An atlas whose names say the side"
atlas = "schaefer"
complete = true
hemispheric = true

[[region]]
atlas = "schaefer"
hemi = "lh"
name = "LH_Vis_1"

[[region]]
atlas = "schaefer"
hemi = "lh"
name = "LH_Vis_2"

[[region]]
atlas = "schaefer"
hemi = "rh"
name = "RH_Vis_1"
"""


def test_a_file_of_one_side_owes_the_regions_of_its_side():
    fs.register(SIDED)
    whole = f"{HEADER}LH_Vis_1 10 2.0\nLH_Vis_2 12 1.5\n"
    assert fs.parse_stats(whole, where="lh.schaefer.stats").is_whole
    with pytest.raises(fs.StatsFormatError, match="expected 2 regions, found 1; without LH_Vis_2"):
        fs.parse_stats(f"{HEADER}LH_Vis_1 10 2.0\n", where="lh.schaefer.stats")
