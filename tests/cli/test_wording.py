"""What messages of the library advise is said in options: each message that names an argument or a function."""

import inspect
import shlex

import pytest
import typer

import fsstats as library
from fsstats_cli.main import app
from fsstats_cli.wording import _OPTIONS, _SWITCHES, in_options

SAID = {
    "Take one: table[table['stream'] == 'cross']; or allow it: allow=['streams']": (
        "Take one: --stream cross; or allow it: --allow streams"
    ),
    "or allow it: allow=['repeated', 'versions']": "or allow it: --allow repeated --allow versions",
    "Use mixed; or allow it": "Use fsstats mixed; or allow it",
    "Use mixed, or cluster='subject'; or allow it": "Use fsstats mixed, or fsstats regress --cluster subject; or allow it",
    "Use method='longcombat'; or": "Use --method longcombat; or",
    "Use groups=['site', 'subject']; or": "Use --group site --group subject; or",
    "Use blocks='subject'; or": "Use --blocks subject; or",
    "Random effects are named apart: mixed(..., groups='site').": (
        "Random effects are named apart: fsstats mixed --group site."
    ),
    "Name the groups beside the formula: groups='subject', slope='time'": (
        "Name the groups beside the formula: --group subject, --slope time"
    ),
    "A reference level is named apart: reference={'site': 'B'}.": (
        "A reference level is named apart: --reference site=B."
    ),
    "reference={'hand': 'not known', 'dx': 'CN'}": "--reference 'hand=not known' --reference dx=CN",
    "to say so: reference='0'": "to say so: --reference 0",
    "For a covariate use regress; if": "For a covariate use fsstats regress; if",
    "; regress is the model for such rows": "; fsstats regress is the model for such rows",
    "without covariates variances may differ; leave std_errors out": (
        "without covariates variances may differ; leave --std-errors out"
    ),
    "adjust='tukey' is of all pairs; take pairs='all', or": "--adjust tukey is of all pairs; take --pairs all, or",
    "conf_level must be between 0 and 1, not 95": "--confidence must be between 0 and 1, not 95",
    "Use regress for the interaction, and marginal_means(..., at=...) for": (
        "Use fsstats regress for the interaction, and fsstats.marginal_means in Python for"
    ),
    "Leave the region or the site out, or use mean_only=True, which": (
        "Leave the region out (--without REGION) or the site, or use --mean-only, which"
    ),
    "Use empirical_bayes=False, leave them out by measures=..., or put sets together by within=...": (
        "Use --no-empirical-bayes, leave them out by --measure ..., or put sets together by --within ..."
    ),
    "a reference_site is defined for method='combat', not": "a --reference-site is defined for --method combat, not",
    "whole_blocks: expected the column": "--whole-blocks: expected the column",
    "Permute within them: whole_blocks=False": "Permute within them: no --whole-blocks",
    "flip signs: scheme='flip'": "flip signs: --scheme flip",
    "adjust it all the same: force=['thickness']": "adjust it all the same: --force thickness",
    "say which: icv='sTIV'": "say which: --icv sTIV",
    "and eTIV is a head size; leave icv out": "and eTIV is a head size; leave --icv out",
    "of no use with method='sienax': nuisance, keep_unit. Leave it out": (
        "of no use with --method sienax: --nuisance, --keep-unit. Leave it out"
    ),
    "by_site could analyse no site": "--by could analyse no site",
    "2 problem(s), which fsstats.check lists:": "2 problem(s), which fsstats check lists:",
    "leave them out by table[table['stream'] != 'base']": "leave them out by --stream cross or --stream long",
    "numbers, found str. pandas.to_numeric turns text into numbers": (
        "numbers, found str. Mend the column in the file of the participants"
    ),
    "method=None": "no --method",
}
KEPT = [
    "value ~ group + bs(age, df=4): expected columns that are independent",
    "no variable is called 'std_errors'; did you mean `conf_level`?",
    "sub-01/stats/aseg.stats: expected 45 rows, found 30 rows. Is the file cut short?",
    "the column std_error, of p_value and effect_size",
    "lh.aparc.stats by FreeSurfer 7.4.1; a subject more",
    "C(site, contr.treatment(base='B')): expected",
]


@pytest.mark.parametrize(("text", "ours"), SAID.items())
def test_what_is_advised_is_said_in_options(text, ours):
    assert in_options(text) == ours
    assert in_options(f"x: {text}. More") == f"x: {ours}. More"


@pytest.mark.parametrize("text", KEPT)
def test_all_else_stays(text):
    assert in_options(text) == text


def test_what_is_advised_can_be_typed():
    words = shlex.split(in_options("reference={'main hand': \"it's left\"} allow=['versions']"))
    assert words == ["--reference", "main hand=it's left", "--allow", "versions"]


def test_every_option_that_is_advised_exists_and_every_argument():
    command = typer.main.get_command(app)
    options = {option for one in command.commands.values() for param in one.params for option in param.opts}
    assert {*_OPTIONS.values(), *(option for option, _ in _SWITCHES.values())} <= options
    verbs = (
        *(library.compare, library.regress, library.mixed, library.permute, library.correct, library.by_site),
        *(library.fit_head_size, library.fit_harmonisation, library.meta, library.load),
    )
    arguments = {name for verb in verbs for name in inspect.signature(verb).parameters}
    assert {*_OPTIONS, *_SWITCHES} <= {*arguments, "by"}
