"""Measure the statistics against other ways to the same numbers, and write MODELS.md: ``python benchmarks/models.py``.

Everything runs in this process, one after the other and then all over again, so that whatever slows the machine down
meets all of them. What would take minutes does a part of the work, and its time is scaled up.
"""

import argparse
import importlib.util
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from records import describe
from statsmodels.regression.mixed_linear_model import MixedLM

import fsstats as fs

HERE = Path(__file__).parent
SUBJECTS, REGIONS = 5000, 500
FORMULA = "value ~ group + age + sex + size + education"
VISITS, PEOPLE = 3, 1000
PERMUTED, PERMUTATIONS = 500, 10_000


@dataclass(slots=True, kw_only=True)
class Way:
    """One way to the numbers."""

    name: str
    run: Callable[[], object]
    part: float = 1.0
    """Of the whole work."""
    seconds: list[float] = field(default_factory=list)

    def measure(self) -> None:
        """Run it once more."""
        start = time.perf_counter()
        self.run()
        self.seconds.append((time.perf_counter() - start) / self.part)


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise: one way takes at least so many times the time of ours."""

    slow: str
    ours: str
    times: float


@dataclass(frozen=True, slots=True)
class Part:
    """Ways that are compared."""

    title: str
    text: str
    ways: Sequence[Way]
    bars: Sequence[Bar]


def people(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Make up people."""
    return pd.DataFrame(
        {
            "subject": [f"sub-{k:05d}" for k in range(n)],
            "group": np.where(rng.random(n) < 0.5, "patient", "control"),
            "age": rng.uniform(20, 80, n),
            "sex": np.where(rng.random(n) < 0.5, "F", "M"),
            "size": rng.normal(1.5e6, 1e5, n),
            "education": rng.normal(14, 2, n),
        }
    )


def long_table(rows: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    """Make the long table of a matrix of values, a column a region."""
    n, k = values.shape
    regions = pd.Categorical.from_codes(np.repeat(np.arange(k), n), [f"region-{j}" for j in range(k)])
    whole = pd.concat([rows] * k, ignore_index=True)
    fixed = {"session": None, "stream": "cross", "source": "aparc", "hemi": None, "measure": "thickness", "unit": "mm"}
    given = {name: rows[name] for name in ("session",) if name in rows}
    table = whole.assign(**{name: value for name, value in fixed.items() if name not in given})
    table = table.assign(region=regions, value=values.T.ravel())
    text = ["subject", "session", "stream", "source", "hemi", "measure", "unit", "group", "sex"]
    return table[[*fs.schema.LONG, *(c for c in rows if c not in fs.schema.LONG)]].astype(
        dict.fromkeys(text, "category")
    )


def matrix_of(rows: pd.DataFrame) -> np.ndarray:
    """Give the design that the formula stands for."""
    columns = [np.ones(len(rows)), rows["group"] == "patient", rows["age"], rows["sex"] == "M"]
    return np.column_stack([*columns, rows["size"], rows["education"]]).astype(float)


def numbers(fit: object) -> tuple[object, ...]:
    """Ask a fit of statsmodels for what our results table holds."""
    return fit.params, fit.bse, fit.tvalues, fit.pvalues, fit.conf_int(), fit.rsquared


def complete() -> Part:
    """All values there, HC3."""
    rng = np.random.default_rng(1)
    rows, values = people(rng, SUBJECTS), rng.normal(5, 1, (SUBJECTS, REGIONS))
    table = long_table(rows, values)
    wide = fs.to_wide(table, sep=None)
    matrix, few = matrix_of(rows), 10
    named = pd.DataFrame(values, columns=[f"region_{k}" for k in range(REGIONS)])
    narrow = [rows.assign(value=values[:, k]) for k in range(few)]
    beside = pd.concat([rows, named], axis=1)
    ways = [
        Way(name="fsstats regress, wide table", run=lambda: fs.regress(wide, FORMULA, std_errors="HC3")),
        Way(name="fsstats regress, long table", run=lambda: fs.regress(table, FORMULA, std_errors="HC3")),
        Way(
            name="statsmodels, arrays, a loop",
            run=lambda: [numbers(sm.OLS(y, matrix).fit(cov_type="HC3")) for y in values.T],
        ),
        Way(
            name="statsmodels, formulas on the wide table, a loop",
            run=lambda: [
                numbers(smf.ols(FORMULA.replace("value", name), beside).fit(cov_type="HC3"))
                for name in named.columns[:few]
            ],
            part=few / REGIONS,
        ),
        Way(
            name="statsmodels, formulas on a table of one region each, a loop",
            run=lambda: [numbers(smf.ols(FORMULA, frame).fit(cov_type="HC3")) for frame in narrow],
            part=few / REGIONS,
        ),
    ]
    ours = ways[0].name
    return Part(
        f"{SUBJECTS:,} subjects, {REGIONS} regions, 6 columns, HC3",
        "Estimate, standard error, t, p and interval of every column and region; ours also effect sizes. The formulas "
        f"fit {few} of the regions.",
        ways,
        [Bar(ways[3].name, ours, 500), Bar(ways[2].name, ours, 15)],
    )


def gaps() -> Part:
    """Every region has its own missing values."""
    rng = np.random.default_rng(2)
    rows, values = people(rng, SUBJECTS), rng.normal(5, 1, (SUBJECTS, REGIONS))
    values[rng.random(values.shape) < 0.02] = np.nan
    wide = fs.to_wide(long_table(rows, values), sep=None)
    matrix = matrix_of(rows)
    ways = [
        Way(name="fsstats regress, wide table", run=lambda: fs.regress(wide, FORMULA)),
        Way(
            name="statsmodels, arrays, a loop",
            run=lambda: [numbers(sm.OLS(y, matrix, missing="drop").fit()) for y in values.T],
        ),
    ]
    return Part(
        "The same, 2 % of the values of each region missing",
        "Each region on its own subjects; classical standard errors.",
        ways,
        [Bar(ways[1].name, ways[0].name, 30)],
    )


def permuted_inputs() -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Make up what is permuted."""
    rng = np.random.default_rng(3)
    rows, values = people(rng, PERMUTED), rng.normal(5, 1, (PERMUTED, REGIONS))
    return rows, values, fs.to_wide(long_table(rows, values), sep=None)


def permute_ours(wide: pd.DataFrame) -> pd.DataFrame:
    """Permute with fsstats."""
    return fs.permute(wide, FORMULA, term="group", n_permutations=PERMUTATIONS, seed=1)


def permutations() -> Part:
    """Freedman-Lane with the largest statistic."""
    rows, values, wide = permuted_inputs()
    matrix, few = matrix_of(rows), 100
    ways = [
        Way(name="fsstats permute", run=lambda: permute_ours(wide)),
        Way(name="permute and refit", run=lambda: refit(values, matrix, few), part=few / PERMUTATIONS),
    ]
    bars = [Bar(ways[1].name, ways[0].name, 50)]
    if importlib.util.find_spec("nilearn"):
        ways.append(Way(name="nilearn permuted_ols, 2 processes", run=lambda: nilearn(values, matrix)))
        bars.append(Bar(ways[2].name, ways[0].name, 2))
    return Part(
        f"{PERMUTATIONS:,} permutations of {PERMUTED} subjects, {REGIONS} regions, 6 columns",
        f"Freedman-Lane, largest t. Refitting is by least squares (LAPACK), all regions at once, {few} permutations. "
        f"{memory()}",
        ways,
        bars,
    )


def refit(values: np.ndarray, matrix: np.ndarray, n: int) -> float:
    """Permute residuals and fit the whole model again, as the method is written down."""
    rng = np.random.default_rng(4)
    nuisance = np.delete(matrix, 1, axis=1)
    fitted = nuisance @ np.linalg.lstsq(nuisance, values, rcond=None)[0]
    residuals = values - fitted
    spread, df, largest = np.linalg.inv(matrix.T @ matrix)[1, 1], len(matrix) - matrix.shape[1], 0.0
    for _ in range(n):
        again = fitted + residuals[rng.permutation(len(values))]
        found = np.linalg.lstsq(matrix, again, rcond=None)[0]
        left = again - matrix @ found
        largest = max(largest, np.abs(found[1] / np.sqrt((left**2).sum(axis=0) / df * spread)).max())
    return largest


def nilearn(values: np.ndarray, matrix: np.ndarray) -> object:
    """Let nilearn do it."""
    from nilearn.mass_univariate import permuted_ols  # noqa: PLC0415 - only where it is installed

    others = np.delete(matrix, [0, 1], axis=1)
    return permuted_ols(
        matrix[:, [1]], values, others, n_perm=PERMUTATIONS, n_jobs=2, random_state=1, output_type="dict"
    )


def memory() -> str:
    """Run permute in a process of its own, and say how much memory it held at most."""
    script = (
        "import models; from pathlib import Path;"
        "peak = lambda: int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]) / 1024;"
        "inputs = models.permuted_inputs()[2]; before = peak();"
        "models.permute_ours(inputs); print(before, peak())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=HERE)
    before, peak = map(float, done.stdout.split())
    return f"Peak memory of the process {peak:.0f} MiB, of which {before:.0f} before it began (promised: below 1024)."


def visits() -> Part:
    """Random intercepts of subjects."""
    rng = np.random.default_rng(5)
    rows = people(rng, PEOPLE)
    rows = rows.loc[rows.index.repeat(VISITS)].reset_index(drop=True)
    rows["time"] = np.tile(np.arange(VISITS, dtype=float), PEOPLE)
    rows["session"] = "ses-" + (rows["time"] + 1).astype(int).astype(str)
    own = np.repeat(rng.normal(0, 1, (PEOPLE, REGIONS)), VISITS, axis=0)
    values = 5 + own + rng.normal(0, 0.5, (len(rows), REGIONS))
    wide = fs.to_wide(long_table(rows, values), sep=None)
    groups = rows["subject"].to_numpy()
    columns = [np.ones(len(rows)), rows["time"], rows["group"] == "patient", rows["age"], rows["sex"] == "M"]
    matrix, few = np.column_stack(columns).astype(float), 2
    ways = [
        Way(
            name="fsstats mixed, Satterthwaite",
            run=lambda: fs.mixed(wide, "value ~ time + group + age + sex", groups="subject"),
        ),
        Way(
            name="statsmodels MixedLM, a loop (z only)",
            run=lambda: [MixedLM(values[:, k], matrix, groups).fit() for k in range(few)],
            part=few / REGIONS,
        ),
    ]
    return Part(
        f"Random intercepts: {len(rows):,} rows of {PEOPLE:,} subjects, {REGIONS} regions",
        f"statsmodels fits {few} of the regions.",
        ways,
        [Bar(ways[1].name, ways[0].name, 1000)],
    )


PARTS = {"complete": complete, "gaps": gaps, "permutations": permutations, "visits": visits}


def ratios(part: Part, bar: Bar) -> list[float]:
    """Give how many times as long one way took, run by run."""
    by_name = {way.name: way.seconds for way in part.ways}
    return [slow / ours for slow, ours in zip(by_name[bar.slow], by_name[bar.ours], strict=True)]


def section(part: Part) -> str:
    """Write the section of a part."""
    rows = [
        f"| {way.name} | {statistics.median(way.seconds):.3g} | {min(way.seconds):.3g} to {max(way.seconds):.3g} |"
        for way in part.ways
    ]
    promised = []
    for bar in part.bars:
        found = ratios(part, bar)
        median = statistics.median(found)
        verdict = "met" if median >= bar.times else "**not met**"
        spread = f"{min(found):.3g} to {max(found):.3g}"
        promised.append(f"| {bar.slow} | {bar.times:g} | {median:.4g} ({spread}) | {verdict} |")
    head = "| | s, median | range |\n| --- | --- | --- |\n"
    bars = "| times as long as ours | promised | measured | |\n| --- | --- | --- | --- |\n"
    return f"## {part.title}\n\n{part.text}\n\n{head}" + "\n".join(rows) + f"\n\n{bars}" + "\n".join(promised)


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each way")
    parser.add_argument("--only", choices=PARTS, help="measure this part only, and print it")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    sections = []
    for name in [arguments.only] if arguments.only else PARTS:
        part = PARTS[name]()
        print(part.title, flush=True)
        for way in part.ways[:1]:
            way.run()  # once that nobody measures: imports, caches
        for _ in range(arguments.runs):
            for way in part.ways:
                way.measure()
        sections.append(section(part))
    if arguments.only:
        print(sections[0])
        return
    machine = "\n".join(f"| {name} | {text} |" for name, text in describe().items())
    head = (
        "# Statistics: results\n\nWritten by `python benchmarks/models.py`; do not edit. Seconds on the clock, in one "
        "process, the ways in turn; ratios run by run. Where a way does a part of the work, its time is scaled up.\n\n"
    )
    (HERE / "MODELS.md").write_text(
        f"{head}| | |\n| --- | --- |\n{machine}\n\n" + "\n\n".join(sections) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
