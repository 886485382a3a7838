"""Which stats files a subject ought to have: those that subjects processed alike have."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fsstats.discovery._rows import NO_KIND, Found, Kind, Record
from fsstats.places import Place
from fsstats.schema import HEMIS, number, source_of

_Group = tuple[bool, str, int | None, str]


@dataclass(slots=True)
class _Peers:
    """How many subjects were processed alike, and how many of them have each kind of file."""

    n: int = 0
    counts: Counter[Kind] = field(default_factory=Counter)
    ways: dict[Kind, tuple[str, ...]] = field(default_factory=dict)

    def add(self, found: Found) -> None:
        self.n += 1
        self.counts.update(found.ways.keys())
        self.ways |= found.ways


def missing_files(found: Sequence[Found]) -> list[Record]:
    """Make a row with status ``missing`` for every file that a subject ought to have and lacks."""
    groups: dict[_Group, _Peers] = defaultdict(_Peers)
    everybody = _Peers()
    for one in found:
        for peers in (groups[_group(one)], everybody) if one.in_subject else (groups[_group(one)],):
            peers.add(one)
    records = []
    for one in found:
        if any(row["source"] is None for row in one.rows):  # what it has cannot be known
            continue
        alike = groups[_group(one)]
        records += _missing_of(one, alike if alike.counts else everybody)
    return records


def _group(found: Found) -> _Group:
    version = number(found.state.version)
    return found.in_subject, found.state.tool, version[0] if version else None, found.subject.stream


def _missing_of(found: Found, peers: _Peers) -> list[Record]:
    own = found.ways.keys()
    twins = [kind for kind in _twins(own) if _is_read(kind) and (peers.counts[kind] or peers.n == 1)]
    due = dict.fromkeys(twins, "the other hemisphere is there") | {
        kind: f"{count} of {peers.n} subjects processed alike have it"
        for kind, count in peers.counts.items()
        if (2 * count > peers.n or (peers.n == 2 and found.in_subject)) and _is_read(kind)
    }
    lacking = sorted((kind for kind in due if kind not in own), key=lambda kind: tuple(part or "" for part in kind))
    if not own and not lacking:
        return [found.row(found.subject.path / "stats", NO_KIND, "missing", "no stats file in this subject")]
    return [found.row(_path(found, peers, kind), kind, "missing", f"no such file; {due[kind]}") for kind in lacking]


def _path(found: Found, peers: _Peers, kind: Kind) -> Place:
    """Say where a file ought to be: where another subject has it, or as its other hemisphere is called."""
    way = peers.ways.get(kind) or ("stats", ".".join(part for part in (kind.hemi, kind.source, "stats") if part))
    place = found.subject.path
    for name in way if found.in_subject else ():
        place = place / name
    return place


def _is_read(kind: Kind) -> bool:
    known = source_of(kind.source)
    return known is None or not known.on_request


def _twins(own: Iterable[Kind]) -> list[Kind]:
    return [kind._replace(hemi=other) for kind in own for other in HEMIS if kind.hemi and other != kind.hemi]
