"""Which stats files a subject ought to have: those that subjects processed alike have."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fsstats.discovery._rows import Found, Rows, row_of, whose_of
from fsstats.discovery.meanings import Kind
from fsstats.places import Place
from fsstats.schema import HEMIS, number, source_of

_Group = tuple[bool, str, int | None, str]
_Kinds = tuple[Kind, ...]
_Who = tuple[str, str | None, str]


@dataclass(slots=True)
class _Peers:
    """How many subjects were processed alike, and which kinds of file they have."""

    n: int = 0
    people: set[str] = field(default_factory=set)
    known: bool = True
    """Whether the version of all is known."""
    having: Counter[_Kinds] = field(default_factory=Counter)
    ways: dict[Kind, tuple[str, ...]] = field(default_factory=dict)

    def add(self, one: Found, kinds: _Kinds) -> None:
        self.n += 1
        self.people.add(one.subject.subject)
        self.known &= one.state.version is not None
        self.having[kinds] += 1
        self.ways |= one.ways

    def text(self) -> str:
        """Say whom a subject is compared with."""
        noun = "subjects" if len(self.people) == self.n else "runs"
        return f"{self.n} {noun} {'processed alike' if self.known else 'of unknown version'}"

    def counts(self) -> dict[Kind, int]:
        """Give how many of them have each kind."""
        found: dict[Kind, int] = {}
        for kinds, n in self.having.items():
            for kind in kinds:
                found[kind] = found.get(kind, 0) + n
        return found


def missing_files(found: Sequence[Found]) -> list[Rows]:
    """Make a row with status ``missing`` for every file that a subject ought to have and lacks."""
    groups: dict[_Group, _Peers] = defaultdict(_Peers)
    grouped = [(one, _group(one), tuple(one.ways)) for one in found]
    for one, group, kinds in grouped:
        groups[group].add(one, kinds)
    everybody = _everybody(grouped) if not all(peers.ways for peers in groups.values()) else _Peers()
    elsewhere = _elsewhere(found)
    rows = []
    lacking: dict[tuple[_Group, _Kinds], dict[Kind, str]] = {}
    for one, group, kinds in grouped:
        if not one.open_to_us:
            continue
        peers = groups[group] if groups[group].ways else everybody
        if (group, kinds) not in lacking:  # nearly all have the same files
            lacking[group, kinds] = _lacking(kinds, peers, in_subject=one.in_subject)
        due = {kind: why for kind, why in lacking[group, kinds].items() if kind not in elsewhere.get(_who(one), ())}
        if due or not kinds:
            rows += _missing_of(one, peers, due)
    return rows


def _who(found: Found) -> _Who:
    return found.subject.subject, found.subject.session, found.subject.stream


def _elsewhere(found: Sequence[Found]) -> dict[_Who, set[Kind]]:
    """Give the kinds of file of runs that were found in several folders: what one lacks another may have."""
    several = {who for who, n in Counter(map(_who, found)).items() if n > 1}
    there: dict[_Who, set[Kind]] = {who: set() for who in several}
    for one in found if several else ():
        if (who := _who(one)) in several:
            there[who] |= one.ways.keys()
    return there


def _everybody(grouped: Iterable[tuple[Found, _Group, _Kinds]]) -> _Peers:
    """Put those together whose files lie where every subject has them."""
    everybody = _Peers()
    for one, _, kinds in grouped:
        if one.in_subject:
            everybody.add(one, kinds)
    return everybody


def _group(found: Found) -> _Group:
    version = number(found.state.version)
    return found.in_subject, found.state.tool, version[0] if version else None, found.subject.stream


def _lacking(own: _Kinds, peers: _Peers, *, in_subject: bool) -> dict[Kind, str]:
    """Give the kinds that are due to who has these, each with the reason."""
    counts = peers.counts()
    twins = [kind for kind in _twins(own) if _is_read(kind) and (counts.get(kind) or peers.n == 1)]
    due = dict.fromkeys(twins, "the other hemisphere is there") | {
        kind: f"{count} of {peers.text()} have it"
        for kind, count in counts.items()
        if (2 * count > peers.n or (peers.n == 2 and in_subject)) and _is_read(kind)
    }
    lacking = sorted(due.keys() - own, key=lambda kind: tuple(part or "" for part in kind))
    return {kind: due[kind] for kind in lacking}


def _missing_of(found: Found, peers: _Peers, lacking: Mapping[Kind, str]) -> list[Rows]:
    whose = whose_of(found.subject, found.state)
    if not lacking:
        place = found.subject.path / "stats"
        return [row_of(whose, str(place), None, "missing", "no stats file in this subject")]
    return [
        row_of(whose, str(_path(found, peers, kind)), kind, "missing", f"no such file; {why}")
        for kind, why in lacking.items()
    ]


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
