"""Many jobs: several at a time, each once, and a table of what became of them."""

import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from fsstats._frames import printable
from fsstats.discovery.folders import RUNS
from fsstats.errors import RunError
from fsstats.runners.engine.jobs import How, Job, known, register
from fsstats.runners.engine.local import Limits
from fsstats.runners.engine.state import Record, as_it_is, now, table_of
from fsstats.runners.engine.work import run_job

Progress = Callable[[int, int, float | None], object]
"""Called with how many jobs are over, how many there are, and how many seconds the others take (None: not known)."""


def run_jobs(
    jobs: Iterable[Job],
    *,
    executor: Executor | None = None,
    n_jobs: int = 1,
    timeout: float | None = None,
    memory: int | None = None,
    threads: int | None = None,
    retries: int = 0,
    overwrite: bool = False,
    take_over: bool = False,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Run the jobs of a cohort, each that is not done yet, and tell what became of them.

    Parameters
    ----------
    jobs : iterable of Job
        What to do: one job a subject, or several of other names.
    executor : Executor, optional
        Any executor of `concurrent.futures` whose workers see the same folders: a process pool, or that of a Dask
        cluster (``client.get_executor()``). Threads of this process unless given, since the work is done by the
        programs.
    n_jobs : int
        How many run at the same time, if there is no `executor`; 0 for one a processor.
    timeout : float, optional
        Seconds that each command has, before it is stopped.
    memory : int, optional
        Bytes of address space of each process; see `run`.
    threads : int, optional
        Threads that each program is told to use.
    retries : int
        How often a command that failed is run again.
    overwrite : bool
        Replace outputs that are there, also of jobs that are done: leave it out to go on with a call that was
        stopped.
    take_over : bool
        Run also what another machine has begun and does not go on with. It cannot be asked, so make sure; and end
        what has outlived the call that started it on this machine.
    progress : callable, optional
        Called at the beginning and whenever a job is over, with how many jobs are over, how many there are, and how
        many seconds the others are likely to take: by those that were run now; None as long as there is none.

    Returns
    -------
    DataFrame
        A row a job, in the order of `jobs`: ``subject``, ``session``, ``job``; ``step``, where it stands
        (``2/3 fast``); ``status``; ``started`` (UTC), ``seconds`` that its programs took and ``attempts``, the most
        of a step; ``reason``, if it did not go well; ``log``, the file of what they printed. What is not known is
        missing (NaN).

        ``done``: run and all outputs are there. ``found``: all outputs were there, and we have not made them.
        ``failed``: a program failed. ``refused``: nothing was started, since an input, a program or a licence is
        missing, an image is another one than before, or an output is there that is not ours. ``running``: it runs
        elsewhere, and was left alone. ``interrupted``: stopped; the next call goes on with it. ``waiting``: not begun.

    Raises
    ------
    RunError
        If two jobs are the same subject, session and name, or a limit is none.
    KeyboardInterrupt
        After all that runs has been stopped, if the user asked for that; the next call goes on.

    See Also
    --------
    status_of : The same table, read from disk at any time.

    Notes
    -----
    What became of each step is kept in ``fsstats-run`` in the folder of the cohort. A step that is done, with the same
    command line, is not run again; one that was begun is, and what it wrote by half is replaced. An image that is not
    what it was, by its size and both ends of the file, is not taken for the same. Folders may be moved. A subject of
    recon-all that is there and unfinished is gone on with: without ``-i``, since recon-all takes no new images then.
    Several calls, on several machines, may work on the same folder at the same time.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats.runners import bet
    >>> with tempfile.TemporaryDirectory() as out:
    ...     steps = (bet(f"{out}/none.nii.gz", f"{out}/brain.nii.gz"),)
    ...     table = run_jobs([Job(subject="sub-01", name="bet", steps=steps, out=Path(out))])
    >>> table["status"].to_list()
    ['refused']
    """
    some = tuple(jobs)
    _require_different(some)
    if retries < 0 or n_jobs < 0:
        raise RunError.at("jobs", expected="0 or more n_jobs and retries", found=f"{n_jobs} and {retries}")
    limits = Limits(timeout, memory, threads)
    if not some:
        return table_of([])
    for job in some:
        register(job)
    folder, token = some[0].out / RUNS, secrets.token_hex(4)
    how = How(folder / f".stop-{token}", limits, retries, overwrite, take_over)
    with _workers(executor, n_jobs) as workers, _stopping(folder / f".go-{token}", how.stop) as running:
        for job in some:
            running[workers.submit(run_job, job, how)] = job
        _wait(running, progress or (lambda *_: None), _Pace(1 if executor else n_jobs))
    return table_of([(_result(job, one), job.record) for one, job in running.items()])


def _require_different(jobs: Sequence[Job]) -> None:
    most = Counter(job.record for job in jobs).most_common(1)
    if most and most[0][1] > 1:
        job = next(job for job in jobs if job.record == most[0][0])
        found = f"{most[0][1]} jobs called {job.name} of {printable(job.who)}"
        raise RunError.at("jobs", expected="one job a subject and session", found=found)


@contextmanager
def _workers(executor: Executor | None, n_jobs: int) -> Iterator[Executor]:
    if executor is not None:
        yield executor
        return
    with ThreadPoolExecutor(n_jobs or os.cpu_count()) as own:
        yield own


@contextmanager
def _stopping(going: Path, stop: Path) -> Iterator[dict["Future[Record]", Job]]:
    """Stop all that runs on the user's wish, or an error of `progress`, and wait until it has stopped.

    The file that says so has been there before, under another name: a full disk has no place for a new one.
    """
    running: dict[Future[Record], Job] = {}
    going.touch()
    try:
        yield running
    except BaseException:
        going.rename(stop)
        for one in running:
            one.cancel()
        _until_over(running)
        raise
    finally:
        for path in (going, stop):
            path.unlink(missing_ok=True)


def _until_over(running: "Iterable[Future[Record]]") -> None:
    """Wait for all; who asks once more to stop has to wait too, or what they have asked for would be forgotten."""
    while True:
        with suppress(KeyboardInterrupt):
            wait(running)
            return


def _wait(running: "Mapping[Future[Record], Job]", progress: Progress, pace: "_Pace") -> None:
    """Wait for all that runs."""
    progress(0, len(running), None)
    for n_over, one in enumerate(as_completed(running), 1):
        progress(n_over, len(running), pace.left(len(running) - n_over, _result(running[one], one)))


class _Pace:
    """How fast jobs go, of which some are done already and take no time."""

    def __init__(self, n_workers: int) -> None:
        self._n_workers = n_workers or os.cpu_count() or 1
        self._since, self._begun = now(), time.monotonic()
        self._times: list[float] = []

    def left(self, n: int, record: Record) -> float | None:
        """Give the seconds that so many more jobs take, now that one is over; None if none has run yet."""
        marks = record.marks.values()
        seconds = sum(mark.seconds or 0 for mark in marks if (mark.started or "") >= self._since)
        self._times += [seconds] if seconds else []
        if not self._times:
            return None
        at_a_time = max(self._n_workers, sum(self._times) / (time.monotonic() - self._begun))
        return sum(self._times) / len(self._times) * n / at_a_time


def _result(job: Job, future: "Future[Record]") -> Record:
    """Give what became of a job; of one whose worker is gone what it wrote down last.

    Raises
    ------
    KeyboardInterrupt
        If the user's wish to stop has reached a worker, and us not yet.
    """
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - whatever a pool or a cluster has for it
        record = as_it_is(known(job), job.record)
        said = printable(f"{type(error).__name__}: {error}")
        record.reason = record.reason or f"its worker ended before it: {said}"
        return record
