"""What was measured, kept as JSON in the scratch folder, so that one part can be measured again on its own."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from measuring import Result

PACKAGES = ("numpy", "pandas", "pyarrow")
HERE = Path(__file__).parent


def describe() -> dict[str, str]:
    """Describe the machine and the programs on it; nothing in it tells whose machine it is."""
    return {
        "processor": f"{_value('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        "memory": f"{int(_value('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
        "fsstats": f"{version('fsstats')}, {_commit()}",
    }


def _value(path: str, key: str) -> str:
    """Give what stands behind a key in a file of the kernel."""
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "unknown"


def _commit() -> str:
    """Name the commit of the source tree, and say whether something in it was changed."""
    command = ["git", "-C", str(HERE), "describe", "--always", "--dirty=, changed"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "unknown commit"


@dataclass(frozen=True, slots=True)
class Group:
    """Contenders that were measured in turn, on one cohort."""

    subjects: int
    results: list[Result]


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the time of one merge went."""

    subjects: int
    seconds: float
    """CPU seconds of the process, all threads, with what profiling costs."""
    own: list[tuple[str, str, float]]
    """Module, function, seconds in the function itself, of the main thread."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the benchmark."""

    groups: list[Group] = field(default_factory=list)
    profile: Profile | None = None
    when: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    machine: dict[str, str] = field(default_factory=describe)


def write(part: Part, path: Path) -> None:
    """Write a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(part), indent=1), encoding="utf-8")


def read(path: Path) -> Part:
    """Read a part."""
    record = json.loads(path.read_text(encoding="utf-8"))
    groups = [Group(group["subjects"], [Result(**result) for result in group["results"]]) for group in record["groups"]]
    profile = Profile(**record["profile"]) if record["profile"] else None
    return Part(groups, profile, record["when"], record["machine"])
