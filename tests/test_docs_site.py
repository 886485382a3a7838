"""The site of the documentation, before it is built: ``nox -s docs`` builds it and looks at the pages."""

import inspect
import re
import sys
from operator import attrgetter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from numpydoc.docscrape import FunctionDoc

import fsstats
from fsstats.schema import sources
from fsstats_cli.main import app

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
sys.path.append(str(DOCS / "_ext"))

import commands  # noqa: E402 - the modules that write the pages lie in docs/_ext
import elsewhere  # noqa: E402
import kinds  # noqa: E402
import names  # noqa: E402
import notes  # noqa: E402
import reference_pages  # noqa: E402
from public import GROUPS  # noqa: E402

WRITTEN = {path.stem: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md"))}
REFERENCE = reference_pages.pages()
PARTS = ("datasets", "plots", "qc", "runners", "schema", "stats")
PUBLIC = [f"fsstats.{name}" for name in fsstats.__all__ if name not in {*fsstats._MODULES, "__version__"}]
WITHIN = [f"fsstats.{part}.{name}" for part in PARTS for name in getattr(fsstats, part).__all__]
COMMANDS = [command.name for command in app.registered_commands]


def toctrees():
    """Give what every list of contents names."""
    for text in WRITTEN.values():
        for block in re.findall(r"^```{toctree}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            yield from (re.sub(r".*<(.+)>", r"\1", line) for line in block.splitlines() if line and line[0] != ":")


def test_every_page_stands_once_in_the_contents():
    entries = list(toctrees())
    made = {f"generated/{page}" for page in elsewhere.PAGES.values() if not page[0].isdigit()}
    made |= {"generated/python", "generated/commands/index", "generated/[0-9]*"}
    assert sorted(entries) == sorted({*WRITTEN, *made} - {"index"})


@pytest.mark.parametrize("name", [*PUBLIC, *WITHIN])
def test_the_reference_documents_a_public_name(name):
    one = attrgetter(name.removeprefix("fsstats."))(fsstats)
    top = f"fsstats.{name.rpartition('.')[2]}"
    name = top if top in PUBLIC and attrgetter(top.removeprefix("fsstats."))(fsstats) is one else name
    asked = rf"^\.\. auto\w+:: {re.escape(name)}$"
    if not (inspect.isclass(one) or callable(one)):
        asked = rf"^\.\. py:data:: {name.rpartition('.')[2]}\n   :module: {name.rpartition('.')[0]}$"
    assert len(re.findall(asked, "\n".join(REFERENCE.values()), re.MULTILINE)) == 1


def test_every_home_of_a_name_has_a_heading():
    assert {*fsstats._HOME.values()} == {*GROUPS, "fsstats.errors"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_its_page(name):
    page = commands.page(name)
    assert page.startswith(f"fsstats {name}\n=")
    assert "--help" in page
    assert f"fsstats {name}" in page.partition("code-block")[2]


def test_the_page_of_a_command_has_usage_examples_and_defaults():
    page = commands.page("merge")
    assert "   fsstats merge [OPTIONS] {ROOT}...\n" in page
    assert "   fsstats merge $SUBJECTS_DIR -o cohort.parquet\n" in page
    assert ".. option:: -j, --jobs N\n\n   Processes that read; 0 for one a processor.  [default: 1; x>=0]\n" in page


def test_the_methods_name_every_statistic_that_explains_itself():
    statistics = [name for name, home in fsstats._HOME.items() if home in {"fsstats.stats", "fsstats.qc"}]
    functions = {name: getattr(fsstats, name) for name in statistics if inspect.isfunction(getattr(fsstats, name))}
    formulas = {
        name for name, one in functions.items() if ":math:" in inspect.getdoc(one) or FunctionDoc(one)["References"]
    }
    named = " ".join(re.findall(r"^\.\. notes-of::\n(.*?)^```", WRITTEN["methods"], re.MULTILINE | re.DOTALL)).split()
    assert formulas - {*named} == set()
    assert [name for name in named if not FunctionDoc(functions[name])["Notes"]] == []


def test_references_of_several_functions_are_told_apart():
    assert any(line.startswith(".. [meta-1] Knapp") for line in notes.notes_of("meta"))


PATTERNS = [
    (r"(?P<hemi>[lr]h)\.amygNucVolumes(?:\.long)?(?:[.\-_]?(?P<v1>.+?))?\.txt", "?h.amygNucVolumes[.long][<v1>].txt"),
    (r"hipposubfields\.(?P<hemi>[lr]h)\.(?P<v1>T1)\.(?P<v2>v\d+)\.stats", "hipposubfields.?h.T1.<v2>.stats"),
    (r"(?P<part>.+)_avg.*/pathstats\.overall\.txt", "<part>_avg*/pathstats.overall.txt"),
    (r"(?P<prefix>.+)_(?P<part>pve_[012])\.(?:nii|hdr)(?:\.gz)?", "<prefix>_pve_?.nii/hdr[.gz]"),
    (r"(?!(?i:.*(?:label-|roi)))(?P<prefix>.+(?<!_subcort))_mask\.nii", "<prefix>_mask.nii"),
    (r"gtm\.[ct]sv", "gtm.?sv"),
]


@pytest.mark.parametrize(("pattern", "shown"), PATTERNS)
def test_the_names_of_files_are_legible(pattern, shown):
    assert kinds.legible(pattern) == shown


def test_the_table_of_kinds_has_every_kind():
    rows = [row[0].split("`")[1] for tool in ("FreeSurfer", "FastSurfer", "FSL") for row in [*kinds.kinds(tool)][1:]]
    assert sorted(rows) == sorted(sources())
    assert [row for tool in ("FreeSurfer", "FSL") for row in kinds.kinds(tool) if set(row[2]) & set("\\()")] == []


WORDS = [
    ("fs.load", "fsstats.load"),
    ("fsstats.load", "fsstats.load"),
    ("load(source)", "fsstats.load"),
    ("load_cohort", "fsstats.load_cohort"),
    ("plots.forest(results)", "fsstats.plots.forest"),
    ("StatsFile", "fsstats.StatsFile"),
    ("load", None),
    ("n_missing", None),
    ("aparc.a2009s", None),
    ("fs.nothing", None),
]


@pytest.mark.parametrize(("word", "name"), WORDS)
def test_a_word_set_as_code_is_a_public_name_or_is_not(word, name):
    assert names.name_of(word, is_name=False) == name


def test_a_bare_word_is_a_name_where_names_stand():
    assert names.name_of("load", is_name=True) == "fsstats.load"


LINES = [
    ("fsstats merge", "merge"),
    ('fsstats merge "$SUBJECTS_DIR" -o cohort.parquet', "merge"),
    ("fsstats none", None),
]


@pytest.mark.parametrize(("line", "command"), LINES)
def test_a_line_begins_with_a_command_or_does_not(line, command):
    assert names.command_of(line) == command


LINKS = [
    ("[a](statistics.md#sites)", "docs", "[a](/statistics.md#sites)"),
    ("[a](docs/report.md)", ".", "[a](/report.md)"),
    ("![a](docs/overview.svg)", ".", "![a](/overview.svg)"),
    ("[a](../benchmarks/RESULTS.md)", "docs", "[a](/generated/benchmarks-reading.md)"),
    ("[a](../CHANGELOG.md)", "docs", "[a](/generated/changelog.md)"),
    ("[a](../NOTICE.txt)", "docs", "a"),
    ("[a](https://example.org/x.md)", "docs", "[a](https://example.org/x.md)"),
    ("[a](#here)", "docs", "[a](#here)"),
    ("table[names](0)", "docs", "table[names](0)"),
]


@pytest.mark.parametrize(("text", "folder", "led"), LINKS)
def test_a_link_leads_to_a_page_of_the_site_or_is_plain_words(text, folder, led):
    assert elsewhere.led(text, folder) == led


@pytest.mark.parametrize("page", WRITTEN)
def test_what_a_page_links_to_is_there(page):
    links = re.findall(r"(?<!`)\[[^\]]+\]\(([^)\s]+)\)", WRITTEN[page])
    assert [link for link in links if not (is_address(link) if ":" in link else is_place(link))] == []


def is_address(link):
    """Say whether an address has the form of one; whether somebody answers there only a network can tell."""
    to = urlsplit(link)
    return to.scheme == "https" and "." in to.netloc


def is_place(link):
    return (DOCS / link.partition("#")[0]).exists()
