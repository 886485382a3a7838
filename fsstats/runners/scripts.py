"""Jobs as scripts for a shell: what would be run, to be read, copied and kept, and job arrays for SLURM."""

import math
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from fsstats._frames import printable
from fsstats.errors import TableError, wording
from fsstats.runners._flags import PathLike
from fsstats.runners.command import Command
from fsstats.runners.engine.local import folders_for

_MOST_TASKS: Final = 1000
"""SLURM takes job arrays of so many tasks unless a cluster says otherwise (``MaxArraySize``)."""
_WHY: Final = "# bash: a line that fails ends the script, and so does a variable that is not set."


class Steps(Protocol):
    """What a script is written of: a `Job`, or anything else with these."""

    @property
    def subject(self) -> str:
        """Whose."""
        ...

    @property
    def session(self) -> str | None:
        """When."""
        ...

    @property
    def name(self) -> str:
        """What is done."""
        ...

    @property
    def steps(self) -> tuple[Command, ...]:
        """The command lines."""
        ...


def script_of(jobs: Iterable[Steps], *, folder: PathLike | None = None) -> str:
    r"""Write the command lines of jobs as a script for bash.

    Parameters
    ----------
    jobs : iterable of Job
        What would be run.
    folder : path, optional
        Where relative names of files are meant from; by default the folder of the caller.

    Returns
    -------
    str
        The script: each line can be copied into a shell, and each subject's lines stand below its name. Remarks of
        the commands are comments, each once.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from fsstats.runners import bet
    >>> job = SimpleNamespace(subject="sub-01", session=None, name="bet", steps=(bet("T1.nii.gz", "out/brain.nii.gz"),))
    >>> print(script_of([job], folder="/data"))
    #!/usr/bin/env bash
    # bash: a line that fails ends the script, and so does a variable that is not set.
    set -euo pipefail
    cd /data
    <BLANKLINE>
    # sub-01: bet
    mkdir -p out
    bet T1.nii.gz out/brain.nii.gz
    <BLANKLINE>
    """
    lines = ["#!/usr/bin/env bash", _WHY, "set -euo pipefail", f"cd {_quoted(folder or Path.cwd())}"]
    said: set[str] = set()
    for job in jobs:
        lines += ["", f"# {_who(job)}: {printable(job.name)}", *_lines(job.steps, said)]
    return "\n".join(lines) + "\n"


def _who(job: Steps) -> str:
    return printable(job.subject if job.session is None else f"{job.subject}, {job.session}")


def _quoted(path: PathLike) -> str:
    return shlex.quote(os.fspath(path))


def _lines(steps: Iterable[Command], said: set[str]) -> Iterator[str]:
    """Write the lines of a job, each run where it is meant to be; folders that it writes to are made.

    What is `said` already is not said again: most remarks hold for every subject.
    """
    made: set[Path] = set()
    for step in steps:
        new = [folder for folder in [*filter(None, [step.folder]), *folders_for(step)] if folder not in made]
        made.update(new)
        yield from (f"# {printable(remark)}" for remark in step.remarks if remark not in said)
        said.update(step.remarks)
        yield from (f"mkdir -p {_quoted(folder)}" for folder in dict.fromkeys(new) if folder != Path())
        yield str(step) if step.folder is None else f"(cd {_quoted(step.folder)} && {step})"


def slurm_script(
    words: Sequence[str],
    n_jobs: int,
    *,
    name: str = "fsstats",
    folder: PathLike | None = None,
    threads: int = 1,
    memory: str | None = None,
    timeout: float | None = None,
    log: PathLike | None = None,
    options: Sequence[str] = (),
) -> str:
    """Write a script for SLURM that runs the jobs of a cohort side by side, as a job array.

    Parameters
    ----------
    words : sequence of str
        The command that runs the whole cohort: ``["fsstats", "run", "recon-all", ...]``. Each task of the array runs
        it with ``--part I/N``.
    n_jobs : int
        How many jobs there are. With more than 1,000, a task has several, one after another.
    name : str
        The name of the array.
    folder : path, optional
        Where it is run; by default the folder of the caller.
    threads : int
        Processors of a task.
    memory : str, optional
        Memory of a task as SLURM writes it: ``16G``.
    timeout : float, optional
        Seconds after which fsstats ends a job; SLURM gives a task a quarter of an hour more, so that fsstats can say
        so first.
    log : path, optional
        The folder of what the tasks print. SLURM does not make it.
    options : sequence of str
        Further options of ``sbatch``, as it spells them: ``--partition=long``.

    Returns
    -------
    str
        The script, to be given to ``sbatch``.

    Raises
    ------
    TableError
        If there is no job, or an option is no option.

    Examples
    --------
    >>> print(slurm_script(["fsstats", "run", "recon-all"], 20, folder="/study", memory="16G", timeout=36000))
    #!/usr/bin/env bash
    #SBATCH --job-name=fsstats
    #SBATCH --array=1-20
    #SBATCH --ntasks=1
    #SBATCH --cpus-per-task=1
    #SBATCH --mem=16G
    #SBATCH --time=0-10:15:00
    set -euo pipefail
    cd /study
    fsstats run recon-all --part "$SLURM_ARRAY_TASK_ID/20"
    <BLANKLINE>
    """
    if n_jobs < 1:
        raise TableError(f"a job array: {wording(expected='at least one job', found='none')}")
    n_tasks = min(n_jobs, _MOST_TASKS)
    asked = [f"--job-name={name}", f"--array=1-{n_tasks}", "--ntasks=1", f"--cpus-per-task={threads}"]
    asked += [] if memory is None else [f"--mem={memory}"]
    asked += [] if timeout is None else [f"--time={_time(timeout * math.ceil(n_jobs / n_tasks) + 900)}"]
    asked += [] if log is None else [f"--output={os.fspath(log).replace('%', '%%')}/%A_%a.log"]
    lines = [f"#SBATCH {_directive(option)}" for option in [*asked, *options]]
    at = words.index("--") if "--" in words else len(words)
    line = " ".join(
        filter(None, [shlex.join(words[:at]), f'--part "$SLURM_ARRAY_TASK_ID/{n_tasks}"', shlex.join(words[at:])])
    )
    place = f"cd {_quoted(folder or Path.cwd())}"
    return "\n".join(["#!/usr/bin/env bash", *lines, "set -euo pipefail", place, line, ""])


def _directive(option: str) -> str:
    """Write an option of sbatch on a line of its own."""
    if not option.startswith("-") or not option.isprintable() or '"' in option:
        raise TableError(f"sbatch: {wording(expected='an option such as --partition=long', found=repr(option))}")
    return f'"{option}"' if " " in option else option


def _time(seconds: float) -> str:
    """Write a time as SLURM does, whole minutes up.

    Examples
    --------
    >>> _time(90), _time(25 * 3600)
    ('0-00:02:00', '1-01:00:00')
    """
    minutes = math.ceil(seconds / 60)
    return f"{minutes // 1440}-{minutes // 60 % 24:02}:{minutes % 60:02}:00"
