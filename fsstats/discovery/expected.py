"""Which stats files a subject ought to have: those that subjects processed alike have."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from fsstats.discovery.state import State
from fsstats.discovery.subjects import Subject
from fsstats.schema import HEMIS, SOURCE, number

Record = dict[str, object]
Found = tuple[Subject, State, list[Record]]
Kind = tuple[str, str | None]
Group = tuple[str, int | None, str]


def missing_files(found: Sequence[Found]) -> list[Record]:
    """Make a row with status ``missing`` for every file that a subject ought to have and lacks."""
    groups: dict[Group, list[set[Kind]]] = defaultdict(list)
    for subject, state, records in found:
        groups[_group(subject, state)].append(_kinds(records))
    everybody = [kinds for group in groups.values() for kinds in group]
    records = []
    for subject, state, own in found:
        if any(record["source"] is None for record in own):  # what it has cannot be known
            continue
        alike = groups[_group(subject, state)]
        peers = alike if any(alike) else everybody
        records += _missing_of(subject, state, _kinds(own), peers)
    return records


def _group(subject: Subject, state: State) -> Group:
    version = number(state.version)
    return state.tool, version[0] if version else None, subject.stream


def _kinds(records: Iterable[Record]) -> set[Kind]:
    return {(str(record["source"]), _text(record["hemi"])) for record in records if record["source"]}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _missing_of(subject: Subject, state: State, own: set[Kind], peers: list[set[Kind]]) -> list[Record]:
    counts = Counter(kind for kinds in peers for kind in kinds)
    due = {
        kind: f"{count} of {len(peers)} subjects processed alike have it"
        for kind, count in counts.items()
        if 2 * count > len(peers) and _is_read(kind)
    }
    due |= {
        kind: "the other hemisphere is there"
        for kind in _twins(own)
        if _is_read(kind) and (counts[kind] or len(peers) == 1)
    }
    lacking = sorted(kind for kind in due if kind not in own)
    records = [_record(subject, state, kind, f"no such file; {due[kind]}") for kind in lacking]
    if not own and not lacking:
        records.append(_record(subject, state, None, "no stats file in this subject"))
    return records


def _is_read(kind: Kind) -> bool:
    return kind[0] not in SOURCE or SOURCE[kind[0]].tabular


def _twins(own: set[Kind]) -> Iterable[Kind]:
    return [(source, other) for source, hemi in own for other in HEMIS if hemi and other != hemi]


def _record(subject: Subject, state: State, kind: Kind | None, problem: str) -> Record:
    source, hemi = kind or (None, None)
    name = f"{hemi}.{source}.stats" if hemi else f"{source}.stats"
    folder = subject.path / "stats"
    return {
        "path": str(folder / name if source else folder),
        "subject": subject.subject,
        "session": subject.session,
        "stream": subject.stream,
        "source": source,
        "hemi": hemi,
        "tool": state.tool,
        "version": state.version,
        "status": "missing",
        "problem": problem,
        "directory": subject.directory,
        "state": state.state,
        "n_values": 0,
    }
