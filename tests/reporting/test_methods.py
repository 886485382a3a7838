"""The methods paragraph says what was done, and nothing else."""

import re
from pathlib import Path

import pandas as pd
import pytest

import fsstats as fs
import fsstats.reporting
from fsstats.plots._names import MINUS
from fsstats.reporting.methods import methods_of
from fsstats.reporting.references import references
from stats_support import made_up

TABLE = made_up(n=60, regions=4)
SITES = made_up(n=60, regions=4).pipe(fs.by_site, fs.regress, "value ~ group + age", terms=["group"])

CASES = {
    "regress": (
        lambda: fs.regress(TABLE, "value ~ group + age"),
        [
            "ordinary least squares, with classical standard errors: value ~ group + age (volume of aseg, 4 regions; n = 60)",
            "The terms group: patient and age were tested.",
            "Cohen's d (Cohen 1988) and standardised β",
            "Hedges' g, which fsstats compare gives, is Cohen's d corrected for small samples",
            "95 %",
            "not corrected for the number of tests",
        ],
        {"cohen1988", "fischl2002"},
    ),
    "corrected": (
        lambda: fs.regress(TABLE, "value ~ age").pipe(fs.correct, "fdr_bh"),
        [
            "Benjamini and Hochberg's procedure (Benjamini and Hochberg 1995) over all regions of the same measure and term",
            "a family has 4 tests",
            "The term age was tested.",
        ],
        {"benjamini1995", "fischl2002"},
    ),
    "one family": (
        lambda: fs.regress(TABLE, "value ~ group + age").pipe(fs.correct, "holm", within=()),
        ["Holm's procedure (Holm 1979) over all rows; a family has 12 tests"],
        {"holm1979", "cohen1988", "fischl2002"},
    ),
    "HC3 and another level": (
        lambda: fs.regress(TABLE, "value ~ age", std_errors="HC3", conf_level=0.9),
        ["heteroscedasticity-consistent standard errors (HC3) (MacKinnon and White 1985)", "90 %"],
        {"mackinnon1985", "fischl2002"},
    ),
    "weights": (
        lambda: fs.regress(TABLE, "value ~ age", weights="weight"),
        ["least squares weighted by weight, with classical"],
        {"fischl2002"},
    ),
    "welch": (
        lambda: fs.compare(TABLE, "group"),
        [
            "by Welch's t test (Welch 1947): value ~ group",
            "Hedges' g (Hedges 1981)",
            f"The term patient {MINUS} control was tested.",
        ],
        {"welch1947", "hedges1981", "fischl2002"},
    ),
    "tukey": (
        lambda: fs.compare(TABLE, "site", adjust="tukey"),
        ["by Tukey's procedure within each region"],
        {"welch1947", "hedges1981", "fischl2002"},
    ),
    "anova": (
        lambda: fs.anova(TABLE, "value ~ site + age", type=3),
        ["F tests with type III sums of squares"],
        {"fischl2002"},
    ),
    "mixed": (
        lambda: fs.mixed(
            made_up(n=60, regions=2).assign(site=lambda t: t["subject"].str[-1]), "value ~ age", groups="site"
        ),
        [
            "linear mixed model",
            "by REML, with a random intercept of site",
            "Satterthwaite's approximation (Kuznetsova et al. 2017)",
        ],
        {"kuznetsova2017", "fischl2002"},
    ),
    "permutations": (
        lambda: fs.permute(TABLE, "value ~ group + age", term="group", n_permutations=30, seed=7),
        [
            "30 permutations",
            "seed 7",
            "(Freedman and Lane 1983; Winkler et al. 2014)",
            "the largest statistic within measure",
        ],
        {"freedman1983", "winkler2014", "cohen1988", "fischl2002"},
    ),
    "correlation": (
        lambda: fs.correlate(TABLE, "age", covariates=["sex"], method="spearman"),
        ["Partial rank correlation was computed in every region, given sex"],
        {"fischl2002"},
    ),
    "meta-analysis": (
        lambda: fs.meta(SITES),
        ["pooled by meta-analysis (random effects (REML); t by Knapp and Hartung) (Knapp and Hartung 2003)"],
        {"knapp2003", "cohen1988", "fischl2002"},
    ),
    "another program's": (
        lambda: fs.regress(TABLE, "value ~ age").assign(method="magic; value ~ age"),
        ["Method: “magic”: value ~ age"],
        {"fischl2002"},
    ),
}
NEVER = {
    "eTIV": "eTIV",
    "harmonised": "ComBat",
    "outliers": "outlier",
    "FreeSurfer": "FreeSurfer",
}


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
@pytest.mark.parametrize(("make", "sentences", "keys"), CASES.values(), ids=CASES)
def test_it_says_what_was_done_and_cites_it(make, sentences, keys):
    said = methods_of(make())
    text = "\n".join(said.paragraphs).replace("\N{NO-BREAK SPACE}", " ")
    for sentence in sentences:
        assert sentence in text
    assert set(said.keys) == keys
    for what in NEVER.values():
        assert what not in text
    for work in (references()[key] for key in keys):
        assert work.short in text


def test_without_results_of_a_kind_it_is_not_said():
    text = "\n".join(methods_of(fs.regress(TABLE, "value ~ age", effect="none")).paragraphs)
    assert "Effect sizes" not in text
    assert "Cohen" not in text


def test_versions_come_from_the_table_or_the_files():
    results = fs.regress(TABLE, "value ~ age")
    of_table = methods_of(results, table=TABLE.assign(version="FreeSurfer 7.4.1")).paragraphs[0]
    assert of_table.startswith(
        "Values were measured with FreeSurfer 7.4.1: subcortical segmentation (aseg) (Fischl 2012"
    )
    files = pd.DataFrame({"tool": ["FastSurfer", "FastSurfer", None], "version": ["2.2.0", "2.2.0", None]})
    assert "with FastSurfer 2.2.0" in methods_of(results, files=files).paragraphs[0]


def test_missing_values_are_counted():
    gappy = made_up(n=60, regions=4, gaps=0.1)
    found = fs.regress(gappy, "value ~ age")
    text = methods_of(found).paragraphs[1]
    assert f"n = {int(found['n'].min())} to {int(found['n'].max())}" in text
    assert f"{int(found['n_missing'].min())} to {int(found['n_missing'].max())} runs were, by region, left out" in text


def test_every_work_that_may_be_cited_is_known_and_has_an_address_that_looks_like_one():
    for key, work in references().items():
        assert re.search(rf"\b{re.search(r'[0-9]{4}', key)[0]}\b", work.text), key
        assert work.short.endswith(key[-4:]), key
        assert not work.doi or re.fullmatch(r"10\.\d{4,9}/\S+", work.doi), key
    assert list(references()) == sorted(references())


def test_every_work_is_cited_somewhere():
    code = "".join(path.read_text(encoding="utf-8") for path in Path(fsstats.reporting.__file__).parent.glob("*.py"))
    assert [key for key in references() if f'"{key}"' not in code] == []
