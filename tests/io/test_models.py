"""A model on disk is the same model; one that somebody edited is the same, or an error that says which entry is wrong."""

import json
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest

import fsstats as fs
from fsstats import FormulaError, FsstatsError, FsstatsWarning, TableError, read_model, write_model

CN = {"group": "CN"}


def made(n=40, seed=4):
    """Make volumes of two regions of people of two sites."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"subject": [f"s{k:02}" for k in range(n)], "session": None, "stream": "cross"})
    people = people.assign(site=["A", "B"] * (n // 2), age=rng.uniform(20, 80, n), sex=rng.choice(["F", "M"], n))
    people = people.assign(group=rng.choice(["CN", "AD"], n), eTIV=rng.normal(1.5e6, 1e5, n))
    mean = 4000 + 100 * (people["site"] == "A") - 5 * people["age"] + 0.001 * (people["eTIV"] - 1.5e6)
    parts = [
        people.assign(source="aseg", hemi=hemi, region=region, measure="volume", unit="mm^3")
        .assign(value=mean + rng.normal(0, 100, n))
        .assign(visit=0.0)
        for hemi, region in (("lh", "Left-Amygdala"), (None, "Brain-Stem"))
    ]
    return pd.concat(parts, ignore_index=True)


def visits():
    """Give every run of `made` a second one."""
    table = made()
    noise = np.random.default_rng(5).normal(0, 30, len(table))
    again = table.assign(session="2", visit=1.0, value=table["value"] + noise)
    return pd.concat([table.assign(session="1"), again], ignore_index=True)


FITS = {
    "residual": lambda: fs.fit_head_size(made()),
    "residual by site": lambda: fs.fit_head_size(made(), by="site", nuisance="age"),
    "power": lambda: fs.fit_head_size(made(), method="power", exponent=0.9),
    "proportion": lambda: fs.fit_head_size(made(), method="proportion"),
    "proportion in mm^3": lambda: fs.fit_head_size(made(), method="proportion", keep_unit=True, measures="volume"),
    "covariate": lambda: fs.fit_head_size(made(), method="covariate"),
    "combat": lambda: fs.fit_harmonisation(made(), keep="scale(age) + sex"),
    "covbat": lambda: fs.fit_harmonisation(made(), method="covbat", keep="poly(age, 2)"),
    "longcombat": lambda: fs.fit_harmonisation(visits(), method="longcombat", keep="visit"),
    "reference site": lambda: fs.fit_harmonisation(made(), reference_site="A", keep="bs(age, df=4)"),
    "mean only": lambda: fs.fit_harmonisation(made(), mean_only=True),
    "norms": lambda: fs.fit_norms(made(), "value ~ cr(age, df=3) + sex"),
    "norms with a spread": lambda: fs.fit_norms(made(), "value ~ cc(age, df=4)", spread="standardize(age)"),
    "quantiles": lambda: fs.fit_norms(made(), "value ~ center(age)", method="quantile", centiles=(25, 75)),
    "composite": lambda: fs.fit_composite(
        made(), {"Amygdala": 1, "Brain-Stem": -2}, name="m", reference=CN, restandardise=True
    ),
}
APPLY = {
    "HeadSize": lambda table, model: fs.apply_head_size(table, model, allow="few"),
    "Harmonisation": fs.apply_harmonisation,
    "Norms": fs.apply_norms,
    "Composite": fs.apply_composite,
}


@cache
def fitted(name):
    """Fit a model once; none is ever changed."""
    with warnings.catch_warnings(action="ignore", category=FsstatsWarning):
        return FITS[name]()


@cache
def new(name):
    """Give a few people to apply a model to; nothing changes them."""
    table = visits() if name == "longcombat" else made()
    return table[table["subject"].isin(["s03", "s04", "s05", "s08"])]


def numbers(name, model):
    """Give what a model makes of these people, and whether it warns."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", FsstatsWarning)
        found = APPLY[type(model).__name__](new(name), model)
    return found["eTIV_centred" if name == "covariate" else "value"].to_numpy(), bool(said)


@pytest.mark.parametrize("name", FITS)
def test_a_model_on_disk_gives_the_same_numbers(name, tmp_path):
    model = fitted(name)
    write_model(model, tmp_path / "model.json")
    again = read_model(tmp_path / "model.json")
    assert type(again) is type(model)
    assert again.to_json() == model.to_json()
    np.testing.assert_array_equal(numbers(name, again)[0], numbers(name, model)[0])


# --- What somebody edited ---------------------------------------------------------------------------------------------


def at(found, path):
    """Give what stands at a place."""
    for step in path:
        found = found[step]
    return found


def put(*path, value):
    """Say what to put where."""

    def change(found):
        at(found, path[:-1])[path[-1]] = value

    return change


def drop(*path):
    """Say what to leave out."""

    def change(found):
        del at(found, path[:-1])[path[-1]]

    return change


def twice(*path):
    """Say where to write the first row over the second."""

    def change(found):
        for column in at(found, path).values():
            column[1] = column[0]

    return change


NO_STATE = {"pairs": []}
PAIRS = ("coding", "state", "pairs", 0, 1, "pairs")
EDITED = {
    "head size: no coefficients": ("residual", drop("fitted", "coefficient"), "fitted.coefficient is missing"),
    "head size: no coefficient": ("residual", put("fitted", "coefficient", 0, value=None), "or null and a note why"),
    "head size: no unit": ("residual", drop("fitted", "unit"), "the entry fitted.unit is missing"),
    "head size: a mean of no level": ("residual", put("means", value={"A": 1.5e6}), "the mean of each level"),
    "head size: another level": ("residual by site", put("means", value={"A": 1.5e6, "C": 1.5e6}), "the levels of mea"),
    "head size: no means": ("residual", put("means", value={}), "means: expected the mean"),
    "head size: a mean is null": ("residual by site", put("means", "A", value=None), "a mean of A, which has runs"),
    "head size: a mean below 0": ("residual", put("means", "", value=-1.5e6), "expected a positive number"),
    "head size: keep_unit is a text": ("proportion", put("keep_unit", value="no"), "keep_unit: expected true or false"),
    "head size: keep_unit for nothing": ("residual", put("keep_unit", value=True), "keep_unit: expected false"),
    "head size: no icv": ("residual", put("icv", value=None), "icv: expected a text, found None"),
    "head size: measures are a text": ("residual", put("measures", value="volume"), "measures: expected a list"),
    "head size: by is a number": ("residual", put("by", value=5), "by: expected a text, found 5"),
    "head size: by has a name that is taken": ("residual by site", put("by", value="n"), "by: expected a column of"),
    "head size: by with a proportion": ("proportion", put("by", value="site"), "by: expected a column of the people"),
    "head size: a region twice": ("residual", twice("fitted"), "region: expected each region once"),
    "head size: regions of one level": (
        "residual by site",
        put("fitted", "region", 2, value="CSF"),
        "the same regions in every level",
    ),
    "head size: counts below 0": ("residual", put("fitted", "n", 0, value=-3), "no negative std_error"),
    "harmonisation: unknown method": ("combat", put("method", value="sva"), "method: expected one of combat, covbat"),
    "harmonisation: covbat without components": ("covbat", put("components", value=[]), "components: expected 1"),
    "harmonisation: combat is no covbat": ("combat", put("method", value="covbat"), "explained: expected a part of 1"),
    "harmonisation: covbat is no combat": ("covbat", put("method", value="combat"), "explained: expected a part of 1"),
    "harmonisation: combat with components": (
        "combat",
        lambda found: found.update(components=json.loads(fitted("covbat").to_json())["components"]),
        "components: expected 0",
    ),
    "harmonisation: longcombat without subjects": ("longcombat", put("subjects", value=None), "subjects: expected an"),
    "harmonisation: a variance of 0": ("combat", put("effects", "variance", "numbers", 0, value=0), "positive numbers"),
    "harmonisation: a negative variance": (
        "combat",
        put("effects", "variance", "numbers", 0, value=-1),
        "effects.variance: expected positive numbers, found -1",
    ),
    "harmonisation: an infinite variance": (
        "combat",
        put("effects", "variance", "numbers", 0, value=float("inf")),
        "Infinity is no number of JSON",
    ),
    "harmonisation: a huge variance": (
        "combat",
        put("effects", "variance", "numbers", 0, value=10**400),
        "positive num",
    ),
    "harmonisation: no scale": (
        "combat",
        put("common", "scale", "numbers", 0, value=None),
        "common.scale: expected po",
    ),
    "harmonisation: unknown reference site": ("reference site", put("reference_site", value="Z"), "one of A, B, found"),
    "harmonisation: another reference site": ("reference site", put("reference_site", value="B"), "a site without shi"),
    "harmonisation: a reference site": ("combat", put("reference_site", value="A"), "a site without shift and change"),
    "harmonisation: one site twice": ("combat", put("sites", value=["A", "A"]), "sites: expected different texts"),
    "harmonisation: one site": ("combat", put("sites", value=["A"]), "expected at least 2 sites"),
    "harmonisation: no sets": ("combat", drop("cells", "set"), "the entry cells.set is missing"),
    "harmonisation: a set too many": ("combat", put("cells", "set", 0, value=2), "sets numbered 0, 1 and so on"),
    "harmonisation: no unit": ("combat", drop("cells", "unit"), "the entry cells.unit is missing"),
    "harmonisation: a region twice": ("combat", twice("cells"), "cells: expected each region once"),
    "harmonisation: a loading too few": (
        "covbat",
        put("components", 0, "loadings", value={"shape": [1, 3], "numbers": [1, 2, 3]}),
        r"components.0.loadings: expected the shape \[2, 2\], found \[1, 3\]",
    ),
    "harmonisation: a shape that lies": ("covbat", put("components", 0, "loadings", "numbers", value=[1]), "4 numbers"),
    "harmonisation: no state": ("combat", put("coding", "state", value=NO_STATE), r"what scale\(age\) learned"),
    "harmonisation: no mean": ("combat", drop(*PAIRS, 1), r"all that scale\(age\) learned"),
    "harmonisation: a mean is null": ("combat", put(*PAIRS, 1, 1, value=None), r"all that scale\(age\) learned"),
    "harmonisation: state of another formula": ("combat", put("coding", "formula", value="sex"), "state: expected not"),
    "harmonisation: levels of no variable": (
        "combat",
        put("coding", "levels", "dx", value=["a", "b"]),
        "levels: expected variables of",
    ),
    "harmonisation: half a polynomial": ("covbat", drop(*PAIRS, 1), r"all that poly\(age, 2\) learned"),
    "harmonisation: knots out of order": ("reference site", put(*PAIRS, 2, 1, 4, value=0), r"all that bs\(age, df=4"),
    "norms: unknown response": ("norms", put("response", value="exp(value)"), "response: expected one of value, log"),
    "norms: a region twice": ("norms", twice("cells"), "cells: expected each region once"),
    "norms: a region too few": ("norms", lambda found: found["cells"]["region"].pop(), "columns of one length"),
    "norms: no ranges": ("norms", put("ranges", value={}), "the entry ranges.age is missing"),
    "norms: half a range": ("norms", put("ranges", "age", 0, value=None), "ranges.age: expected numbers, found None"),
    "norms: a falling range": ("norms", put("ranges", "age", value=[80, 20]), "the least and the greatest value"),
    "norms: a range of no variable": ("norms", put("ranges", "dx", value=[1, 2]), "ranges.dx: expected ranges of age"),
    "norms: no coefficient": ("norms", put("gaussian", "coefficients", "numbers", 0, value=None), "and a note why"),
    "norms: no spread": ("norms", put("gaussian", "spreads", "numbers", 0, value=None), "and a note why"),
    "norms: no freedom": ("norms", put("gaussian", "df", "numbers", 0, value=0), "df: expected positive numbers"),
    "norms: another method": ("norms", put("method", value="quantile"), "centiles: expected two or more"),
    "norms: no state": ("norms with a spread", put("spread", "state", value=NO_STATE), r"what standardize\(age\) lear"),
    "norms: no constraints": (
        "norms",
        lambda found: at(found, PAIRS)[2].__setitem__(1, None),
        r"all that cr\(age, df=3, constraints='center'\) learned",
    ),
    "quantiles: centiles that fall": ("quantiles", put("centiles", value=[75, 25]), "each above the one before"),
    "quantiles: a centile of 100": ("quantiles", put("centiles", value=[25, 100]), "two or more between 0 and 100"),
    "quantiles: a centile that is a text": (
        "quantiles",
        put("centiles", value=["a", "b"]),
        "centiles: expected numbers",
    ),
    "quantiles: no coefficient": ("quantiles", put("quantiles", "numbers", 0, value=None), "and a note why"),
    "quantiles: with a spread": (
        "quantiles",
        lambda found: found.update(spread=found["coding"]),
        "spread: expected null with quantiles",
    ),
    "composite: a weight that is a text": (
        "composite",
        put("parts", 0, "weight", value="1"),
        "weight: expected a number",
    ),
    "composite: a weight of 0": ("composite", put("parts", 0, "weight", value=0), "a number other than 0"),
    "composite: no spread": ("composite", put("parts", 0, "sd", value=0), "parts.0.sd: expected a positive number"),
    "composite: spread is null": ("composite", put("parts", 0, "sd", value=None), "parts.0.sd: expected a positive"),
    "composite: no scale": ("composite", put("scale", value=None), "scale: expected a positive number, found None"),
    "composite: a negative scale": ("composite", put("scale", value=-1), "scale: expected a positive number"),
    "composite: no parts": ("composite", put("parts", value=[]), "parts: expected at least one region"),
    "composite: parts are a text": ("composite", put("parts", value="all"), "parts: expected a list"),
    "composite: a part twice": (
        "composite",
        lambda found: found["parts"].append(found["parts"][0]),
        "each region once",
    ),
    "composite: no name": ("composite", put("name", value=""), "name: expected a name"),
    "composite: the reference is null": ("composite", put("reference", value=None), "reference: expected an object"),
    "composite: true is no number": ("composite", put("centre", value=True), "centre: expected a number, found True"),
}


@pytest.mark.parametrize(("name", "change", "message"), EDITED.values(), ids=EDITED)
def test_an_edited_model_is_refused_with_its_file_and_the_entry(name, change, message, tmp_path):
    found = json.loads(fitted(name).to_json())
    change(found)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(TableError, match=message) as raised:
        read_model(path)
    assert str(raised.value).startswith(f"{path}: this text is no stored ")


def test_a_formula_that_would_run_code_is_refused_with_its_file(tmp_path):
    found = json.loads(fitted("combat").to_json())
    found["coding"]["formula"] = "__import__('os').getpid() * age"
    (tmp_path / "model.json").write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(FormulaError, match=r"model\.json: .*getpid"):
        read_model(tmp_path / "model.json")


def leaves(found, path=()):
    """Give the places of all entries, large and small; of a long list of numbers the first and the last."""
    if path:
        yield path
    if isinstance(found, dict | list):
        steps = [*found] if isinstance(found, dict) else [*range(len(found))]
        is_long = isinstance(found, list) and len(found) > 4 and not isinstance(found[0], dict | list)
        for step in (steps[0], steps[-1]) if is_long else steps:
            yield from leaves(found[step], (*path, step))


def edits(found):
    """Give every entry changed in every way, one at a time."""
    text = json.dumps(found)
    for path in leaves(found):
        for how, value in (("null", None), ("text", "abc"), ("negative", -1), ("list", [1])):
            changed = json.loads(text)
            put(*path, value=value)(changed)
            yield path, how, changed
        changed = json.loads(text)
        drop(*path)(changed)
        yield path, "missing", changed


@pytest.mark.long
@pytest.mark.parametrize("kind", APPLY)
def test_whatever_entry_is_changed_the_model_is_the_same_or_somebody_says_so(kind):
    seen = set()  # an entry that several models have, or several items of a list, is changed in one of them
    for name in FITS:
        if type(fitted(name)).__name__ == kind:
            change_every_entry(name, seen)


def change_every_entry(name, seen):
    """Change the entries of a model that no other had, one at a time."""
    model = fitted(name)
    due, found = numbers(name, model)[0], json.loads(model.to_json())
    for path, how, changed in edits(found):
        entry = (tuple("" if isinstance(step, int) else step for step in path), type(at(found, path)), how)
        if entry in seen:
            continue
        seen.add(entry)
        try:
            again = type(model).from_json(json.dumps(changed))
        except (TableError, FormulaError):
            continue
        try:
            got, warned = numbers(name, again)
        except FsstatsError:  # a name that others do not have: of a site, a level, a unit
            continue
        same = got.shape == due.shape and np.allclose(got, due, rtol=1e-9, equal_nan=True)
        is_number = how == "negative" and isinstance(at(found, path), int | float)
        is_part = how == "missing" and path[:-1] == ("parts",)
        assert same or warned or is_number or is_part, (path, how)
        assert warned or np.isfinite(got).all(), (path, how)


# --- What is no model -------------------------------------------------------------------------------------------------

TEXTS = {
    "nothing": ("", "found no JSON"),
    "no JSON": ("subject,age", "found no JSON"),
    "too deep": ("[" * 100_000, "found no JSON"),
    "a list": ("[]", "expected a model that fsstats wrote .*, found something else"),
    "null": ("null", "found something else"),
    "a number": ("3", "found something else"),
    "a kind that is a list": ('{"kind": ["a"]}', "found something else"),
    "a kind that is null": ('{"kind": null}', "found something else"),
    "a later layout": ('{"kind": "fsstats norms 2"}', "found the kind 'fsstats norms 2'"),
    "the kind of norms alone": ('{"kind": "fsstats norms 1"}', "no stored norms: the entry method is missing"),
    "the kind of a head size alone": ('{"kind": "fsstats head size 1"}', "no stored head size: the entry method"),
    "the kind of a composite alone": ('{"kind": "fsstats composite 1"}', "no stored composite: the entry name"),
    "the kind of a harmonisation alone": ('{"kind": "fsstats harmonisation 1"}', "no stored harmonisation: the entry"),
}


@pytest.mark.parametrize(("text", "message"), TEXTS.values(), ids=TEXTS)
def test_another_file_is_refused(text, message, tmp_path):
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=message) as raised:
        read_model(path)
    assert str(raised.value).startswith(f"{path}: ")


def test_only_a_model_is_written(tmp_path):
    with pytest.raises(
        TableError, match="expected one of Composite, Harmonisation, HeadSize, Norms, found a value of type dict"
    ):
        write_model({"a": 1}, tmp_path / "model.json")
    assert not (tmp_path / "model.json").exists()


WRONG = {
    "head size": (lambda model: fs.apply_head_size(made(), model), "combat", "a HeadSize, as fit_head_size gives it"),
    "harmonisation": (lambda model: fs.apply_harmonisation(made(), model), "norms", "a Harmonisation, as fit_harmonis"),
    "norms": (lambda model: fs.apply_norms(made(), model), "combat", "a Norms, as fit_norms gives it, found a Harmoni"),
    "curves": (lambda model: fs.norm_centiles(model, made()), "combat", "a Norms, as fit_norms gives it, found a Harm"),
    "composite": (
        lambda model: fs.apply_composite(made(), model),
        "residual",
        "a Composite, as fit_composite gives it",
    ),
}


@pytest.mark.parametrize(("apply", "name", "message"), WRONG.values(), ids=WRONG)
def test_a_model_of_another_kind_is_refused(apply, name, message):
    with pytest.raises(TableError, match=f"expected {message}"):
        apply(fitted(name))
