"""Regions to larger ones: both sides together, lobes, and groups of one's own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, Positions, require, some_of
from fsstats.errors import TableError, UnknownNameError, warn
from fsstats.schema import GLOBAL, HEMIS, Region, atlas_of, regions, source_of
from fsstats.schema.groupings import Combining, How, combining, lobes, unsided
from fsstats.stats._derived import LABELS, Label, labels_of, long_table, marks_of, one_unit, there, units_of
from fsstats.stats._pairs import pairs_of, stem_of
from fsstats.tables.panel import BoolArray, panel_of
from fsstats.tables.versions import VERSION_COLUMNS

HOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "sum": (),
    "mean": (),
    "area_weighted": ("area", "WhiteSurfArea", "SurfArea", "PialSurfArea"),
    "vertex_weighted": ("n_vertices", "NumVert"),
    "voxel_weighted": ("n_voxels",),
}
"""Ways to combine values, and the measures that weigh them: of a region, of a hemisphere."""
TO: Final = ("bilateral", "lobes")


class _Part(NamedTuple):
    """A region of a group: its cell (-1 where the table has none), and the share of it that belongs to the group."""

    region: str
    cell: int
    share: float


@dataclass(frozen=True, slots=True)
class _Group:
    """One cell of the result."""

    label: Label
    parts: tuple[_Part, ...]

    @property
    def there(self) -> list[_Part]:
        return [part for part in self.parts if part.cell >= 0]

    @property
    def cells(self) -> Positions:
        return np.array([part.cell for part in self.there], dtype=np.intp)

    @property
    def lacks(self) -> list[str]:
        return [part.region for part in self.parts if part.cell < 0]


class _Rule(NamedTuple):
    """A region belongs to a group."""

    region: str
    group: str
    share: float = 1.0
    hemi: str | None = None
    source: str | None = None


def aggregate(
    table: pd.DataFrame,
    to: str | Mapping[str, str] | pd.DataFrame = "bilateral",
    *,
    how: How | Mapping[str, How] | None = None,
    allow_missing: bool = False,
) -> pd.DataFrame:
    r"""Combine the values of several regions into that of the region that they make together.

    Parameters
    ----------
    table : DataFrame
        A long table, perhaps with people's columns (age, group …), or what ``to_wide(table, sep=None)`` gives.
    to : {"bilateral", "lobes"}, mapping of str to str, or DataFrame
        ``bilateral``: left and right of each structure. ``lobes``: frontal, parietal, temporal, occipital, cingulate,
        insula. Or groups of one's own, such as networks: region to group, or a table with the columns ``region`` and
        ``group``, and perhaps ``weight`` (the share of the region that belongs to the group), ``hemi`` and ``source``
        (where it holds only there). A region without its side (``Caudate``, ``insula``) stands for both.
    how : {"sum", "mean", "area_weighted", "vertex_weighted", "voxel_weighted"} or mapping, optional
        How to combine, of all measures or of each by its name. By default as the measure demands; see Notes.
    allow_missing : bool
        Whether a group gets the value of those of its regions that are there. By default it is NaN where any is
        missing: a sum of fewer regions looks like atrophy.

    Returns
    -------
    DataFrame
        A long table of the groups only: ``region`` is the group's name, or the structure's without its side;
        ``hemi`` is lr for both sides, else that of the regions; source, measure and unit are those of the values.
        People's columns are kept.

    Raises
    ------
    UnknownNameError
        If there is no such grouping, way or measure, or a region of the groups is not in the table; with the nearest
        names.
    TableError
        If the table has no region of any group, or lacks the measure that weighs; or no measure can be combined.

    Warns
    -----
    FsstatsWarning
        Naming measures that were left out, regions that the table lacks, and how many values are NaN for one that a
        run lacks.

    Notes
    -----
    =============================================  ============================================================
    measure                                        by default
    =============================================  ============================================================
    volume, area, n_vertices, n_voxels             sum
    folding_index, curvature_index                 sum: both are integrals over the region
    thickness, MeanThickness                       mean weighted by area
    mean_curvature, gaussian_curvature             mean weighted by vertices
    contrast_mean; intensity_mean                  mean weighted by vertices; by voxels
    thickness_std and other spreads, least and     left out and named: they do not follow from those of the
    greatest values, derived measures              parts. ``how`` can ask for them all the same
    =============================================  ============================================================

    The weights are the area (vertices, voxels) of the same source, hemisphere, region and run, which the table must
    have:

    .. math:: \bar y = \frac{\sum_r s_r w_r y_r}{\sum_r s_r w_r}

    with the shares :math:`s_r` of the mapping, 1 by default. FreeSurfer's own means of a region, of thickness and of
    curvature, are over its vertices; ``how="vertex_weighted"`` gives what it would print for the larger region.
    ENIGMA's bilateral values are plain means of volume and thickness and the sum of total area:
    ``how={"volume": "mean", "thickness": "mean"}``.

    Lobes are those of ``mri_annotation2label --lobesStrict``, see `fsstats.schema.lobes`; of atlases other than
    Desikan-Killiany, DKT, and the white matter below them none are defined. Networks are not a property of these
    atlases either: a region of Desikan and Killiany lies in several of them. Take a table of regions, networks and
    shares from a publication, and cite it: ``aggregate(table, pd.read_csv("networks.tsv", sep="\t"))``.

    What has no side is not in a bilateral table, what is in no group not in that of the groups; nor are Measures of
    the whole brain such as eTIV. To have one as a variable of a later model, put its rows back:
    ``pd.concat([aggregate(table, "lobes"), table[table["measure"] == "eTIV"]])``.

    Examples
    --------
    >>> table = pd.DataFrame({"region": ["cuneus", "lingual"] * 2, "measure": ["area"] * 2 + ["thickness"] * 2})
    >>> table = table.assign(subject="a", session=None, stream="cross", source="aparc", hemi="lh")
    >>> table = table.assign(value=[1000.0, 3000.0, 1.8, 2.0], unit=["mm^2", "mm^2", "mm", "mm"])
    >>> aggregate(table, {"cuneus": "medial", "lingual": "medial"})[["hemi", "region", "measure", "value", "unit"]]
      hemi  region    measure    value  unit
    0   lh  medial       area  4000.00  mm^2
    1   lh  medial  thickness     1.95    mm
    """
    panel = panel_of(table, needed_by="aggregate", leave_out=tuple(VERSION_COLUMNS))
    labels = labels_of(panel.cells)
    groups = _bilateral(panel.cells, labels) if isinstance(to, str) and to == "bilateral" else _by_rules(labels, to)
    units = units_of(panel.cells)
    ways, refused = _ways({group.label[-1]: _unit(group, units) for group in groups}, how)
    chosen = [group for group in groups if group.label[-1] in ways]
    if not chosen:
        reasons = some_of([f"{one.measure} ({one.why})" for one in refused])
        message = f"no measure of the table can be combined: {reasons}. Choose a way by how="
        raise TableError(message)
    by_label = {label: place for place, label in enumerate(labels)}
    made = [_combined(panel.values, group, ways[group.label[-1]], labels, by_label) for group in chosen]
    values = np.column_stack([whole if not allow_missing else part for whole, part in made])
    has, members = there(panel), [group.cells for group in chosen]
    rows = np.column_stack([has[:, cells].any(axis=1) for cells in members])
    fewer = np.column_stack([np.isnan(whole) & ~np.isnan(part) for whole, part in made]) & rows
    told = [*_of_measures(refused), *_of_sources(labels, to), *_of_regions(chosen, fewer, allow_missing=allow_missing)]
    warn(*told)
    cells = pd.DataFrame([(*group.label, _unit(group, units)) for group in chosen], columns=list(LABELS))
    return long_table(panel.people, cells, values, rows, marks_of(table, panel, members))


def _bilateral(cells: pd.DataFrame, labels: list[Label]) -> list[_Group]:
    """Make a group of each pair."""
    pairs = pairs_of(cells, needed_by="aggregate to bilateral")
    sides = zip(labels_of(pairs.cells), pairs.left, pairs.right, strict=True)
    names = {-1: "the other side", **{place: label[2] for place, label in enumerate(labels)}}
    return [_Group(label, tuple(_Part(names[int(one)], int(one), 1.0) for one in both)) for label, *both in sides]


def _by_rules(labels: list[Label], to: object) -> list[_Group]:
    """Make the groups of lobes or of a mapping, in every source and on every side that has any of their regions."""
    known = _known_regions(labels)
    rules = _lobar(known) if isinstance(to, str) and to == "lobes" else _own(to, known)
    found: dict[_Place, dict[str, float]] = {}
    for rule, (source, hemi, region) in _matches(rules, known):
        parts = found.setdefault((source, hemi, rule.group), {})
        if region in parts:
            message = f"{region} is named twice in the group {rule.group}"
            raise TableError(message)
        parts[region] = rule.share
    at = {(*_place(label), label[3]): place for place, label in enumerate(labels)}
    measures = dict.fromkeys((label[0], label[3]) for label in labels if label[2] != GLOBAL)
    groups = [
        _Group(
            (source, hemi, group, measure),
            tuple(_Part(name, at.get((source, hemi, name, measure), -1), share) for name, share in parts.items()),
        )
        for (source, hemi, group), parts in found.items()
        for own, measure in measures
        if own == source
    ]
    return _with_any(groups, to)


def _with_any(groups: list[_Group], to: object) -> list[_Group]:
    some = [group for group in groups if group.there]
    if not some:
        what = "no region of a lobe" if isinstance(to, str) else "none of these regions"
        message = f"the table has {what}"
        raise TableError(message)
    return some


_Place = tuple[str | None, str | None, str]
"""Source, side and region."""


def _place(label: Label) -> _Place:
    return label[0], stem_of(label)[0] or label[1], label[2]


def _known_regions(labels: list[Label]) -> list[_Place]:
    """Give the regions that each source has in the table, or could have by its atlas."""
    in_table = [_place(label) for label in labels if label[2] != GLOBAL]
    atlases = {source: atlas_of(source) for source, _, _ in in_table}
    in_atlas = [(source, one.hemi, one.name) for source, atlas in atlases.items() for one in _regions_of(atlas)]
    return [*dict.fromkeys([*in_table, *in_atlas])]


def _regions_of(atlas: str | None) -> list[Region]:
    return [region for region in regions() if region.atlas == atlas]


def _lobar(known: Iterable[_Place]) -> list[_Rule]:
    sources = dict.fromkeys(source for source, _, _ in known)
    found = [(source, lobes(atlas_of(source))) for source in sources]
    return [_Rule(region, lobe, source=source) for source, of in found for region, lobe in of.items()]


def _matches(rules: Iterable[_Rule], known: Iterable[_Place]) -> Iterator[tuple[_Rule, _Place]]:
    """Give for each known region the rules that name it, in full or without its side."""
    by_name: dict[str, list[_Rule]] = {}
    for rule in rules:
        by_name.setdefault(rule.region, []).append(rule)
    for source, hemi, region in known:
        names = dict.fromkeys([region, *([unsided(region, atlas_of(source))] if hemi in HEMIS else [])])
        for rule in (rule for name in names for rule in by_name.get(name, ())):
            if rule.hemi in {None, hemi} and rule.source in {None, source}:
                yield rule, (source, hemi, region)


def _own(to: object, known: list[_Place]) -> list[_Rule]:
    """Read a mapping, and check it against the regions that there are."""
    rules = list(_rules(to))
    if not rules:
        message = "the mapping has no region"
        raise TableError(message)
    used = {rule for rule, _ in _matches(rules, known)}
    for rule in rules:
        _require_group(rule)
        if rule not in used:
            raise _unused(rule, known)
    return rules


def _require_group(rule: _Rule) -> None:
    if rule.group in {"", GLOBAL}:
        message = f"the group of {rule.region} cannot be called {rule.group!r}"
        raise TableError(message)
    if not (np.isfinite(rule.share) and rule.share > 0):
        message = f"the weight of {rule.region} in {rule.group} must be a number above 0, not {rule.share}"
        raise TableError(message)


def _unused(rule: _Rule, known: list[_Place]) -> UnknownNameError:
    """Say what of a rule is not in the table."""
    sources = {source for source, _, _ in known if source}
    if rule.hemi not in {None, *HEMIS}:
        return UnknownNameError.among("hemi", str(rule.hemi), HEMIS)
    if rule.source is not None and rule.source not in sources:
        return UnknownNameError.among("source of the table", rule.source, sources)
    names = {name for source, _, region in known for name in (region, unsided(region, atlas_of(source)))}
    return UnknownNameError.among("region of the table", rule.region, names)


def _rules(to: object) -> Iterator[_Rule]:
    """Read a mapping or a table of one."""
    if isinstance(to, Mapping):
        yield from (_Rule(str(region), str(group)) for region, group in to.items())
    elif isinstance(to, pd.DataFrame):
        require(to, ["region", "group"], needed_by="aggregate (mapping)")
        columns = [to[name].tolist() if name in to.columns else [None] * len(to) for name in ("hemi", "source")]
        shares = to["weight"].astype("float64").tolist() if "weight" in to.columns else [1.0] * len(to)
        rows = zip(to["region"].tolist(), to["group"].tolist(), shares, *columns, strict=True)
        for region, group, share, hemi, source in rows:
            if pd.isna(region) or pd.isna(group):
                message = f"the mapping has a row without {'region' if pd.isna(region) else 'group'}"
                raise TableError(message)
            yield _Rule(str(region), str(group), share, *(None if pd.isna(one) else str(one) for one in (hemi, source)))
    else:
        known = f"there are: {', '.join(TO)}; or give your own groups: {{'insula': 'salience', …}}"
        message = f"no grouping is called {to!r}; {known}"
        raise UnknownNameError(message)


def _ways(
    units: Mapping[str, str | None], how: How | Mapping[str, How] | None
) -> tuple[dict[str, How], list[Combining]]:
    """Give the way of each measure, and the measures that have none."""
    asked = dict.fromkeys(units, how) if isinstance(how, str) else dict(how or {})
    for measure, way in asked.items():
        if measure not in units:
            raise UnknownNameError.among("measure of the table", measure, units)
        if way not in HOWS:
            raise UnknownNameError.among("way to combine", str(way), HOWS)
    ways = dict(asked)
    usual = [combining(measure, unit) for measure, unit in units.items() if measure not in ways]
    ways |= {one.measure: one.how for one in usual if one.how}
    return ways, [one for one in usual if not one.how]


def _unit(group: _Group, units: list[str | None]) -> str | None:
    return one_unit((units[part.cell] for part in group.there), of=f"{group.label[2]} ({group.label[3]})")


def _combined(
    values: FloatArray, group: _Group, way: How, labels: list[Label], by_label: Mapping[Label, int]
) -> tuple[FloatArray, FloatArray]:
    """Combine the values of a group in each run: where all are there, and where any are."""
    own = values[:, group.cells]
    weights = np.array([part.share for part in group.there]) * np.ones_like(own)
    if HOWS[way]:
        weights *= values[:, [_weight(labels[cell], way, by_label) for cell in group.cells]]
    usable = np.isfinite(own) & np.isfinite(weights) & (weights >= 0)
    weights = np.where(usable, weights, 0.0)
    sums, total = (weights * np.where(usable, own, 0.0)).sum(axis=1), weights.sum(axis=1)
    divisor = np.ones_like(total) if way == "sum" else total
    some = np.full(len(own), np.nan)
    np.divide(sums, divisor, out=some, where=usable.any(axis=1) & (divisor > 0))
    complete = usable.all(axis=1) & (not group.lacks)
    return np.where(complete, some, np.nan), some


def _weight(label: Label, way: How, by_label: Mapping[Label, int]) -> int:
    """Find the cell that weighs another one."""
    candidates = [(*label[:3], measure) for measure in HOWS[way]]
    place = next((by_label[one] for one in candidates if one in by_label), None)
    if place is None:
        where = " ".join(part for part in label[:3] if part)
        needed = HOWS[way][0] if label[2] != GLOBAL else " or ".join(HOWS[way][1:])
        message = (
            f"{label[3]} is weighted by {needed}, which the table does not have of {where}; "
            f"load it too, or choose a plain mean: how={{{label[3]!r}: 'mean'}}"
        )
        raise TableError(message)
    return place


def _of_measures(refused: list[Combining]) -> list[str]:
    names = some_of([one.measure for one in refused])
    return [f"left out, as they do not follow from the values of the parts (how= can ask for them): {names}"] * bool(
        refused
    )


def _of_sources(labels: list[Label], to: object) -> list[str]:
    """Name cortical atlases of which no lobes are known."""
    if not (isinstance(to, str) and to == "lobes"):
        return []
    without = dict.fromkeys(label[0] for label in labels if label[0] and not lobes(atlas_of(label[0])))
    names = [name for name in without if getattr(source_of(name), "hemispheric", False)]
    return [f"no lobes are known of {some_of(names)}"] if names else []


def _of_regions(groups: list[_Group], fewer: BoolArray, *, allow_missing: bool) -> list[str]:
    """Name what the table lacks, and count what single runs lack."""
    lacking = {
        f"{group.label[2]} lacks {some_of(group.lacks)} of {group.label[0]}": None for group in groups if group.lacks
    }
    single = int(fewer[:, [not group.lacks for group in groups]].sum())
    result = "made of fewer regions" if allow_missing else "NaN"
    texts = [f"{some_of([*lacking])}: {result}"] if lacking else []
    return texts + ([f"{single} value(s) {result}, as the run lacks a region"] if single else [])
