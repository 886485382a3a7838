"""Many jobs: several at a time, each once, and a table of what became of them."""

import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from fsstats._frames import printable
from fsstats.discovery.folders import RUNS
from fsstats.errors import RunError
from fsstats.runners.jobs import How, Job, known, register, run_job
from fsstats.runners.local import Limits
from fsstats.runners.state import Record, as_it_is, table_of

Progress = Callable[[int, int, int], object]
"""Called with how many jobs are over, how many there are, and how many run."""


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
        many run.

    Returns
    -------
    DataFrame
        A row a job, in the order of `jobs`: ``subject``, ``session``, ``job``; ``step``, where it stands
        (``2/3 fast``); ``status``; ``started`` (UTC), ``seconds`` that its programs took and ``attempts``, the most
        of a step; ``reason``, if it did not go well; ``log``, the file of what they printed. What is not known is
        missing (NaN).

        ``done``: run and all outputs are there. ``found``: all outputs were there, and we have not made them.
        ``failed``: a program failed. ``refused``: nothing was started, since an input, a program or a licence is
        missing, or an output is there that is not ours. ``running``: it runs elsewhere, and was left alone.
        ``interrupted``: stopped; the next call goes on with it. ``waiting``: not begun.

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
    command line, is not run again; one that was begun is, and what it wrote by half is replaced. A subject of
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
    stop = some[0].out.absolute() / RUNS / f".stop-{secrets.token_hex(4)}"
    how = How(stop, limits, retries, overwrite, take_over)
    with _workers(executor, n_jobs) as workers:
        futures = [workers.submit(run_job, job, how) for job in some]
        _wait(futures, stop, progress or (lambda *_: None))
    return table_of([(_result(job, one), job.record) for job, one in zip(some, futures, strict=True)])


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


def _wait(futures: Sequence["Future[Record]"], stop: Path, progress: Progress) -> None:
    """Wait for all; on the user's wish, or an error of `progress`, stop all that run first."""
    n = len(futures)
    try:
        progress(0, n, 0)
        for n_over, one in enumerate(as_completed(futures), 1):
            _require_uninterrupted(one)
            progress(n_over, n, min(sum(other.running() for other in futures), n - n_over))
    except BaseException:
        stop.touch()
        for one in futures:
            one.cancel()
        wait(futures)
        raise
    finally:
        stop.unlink(missing_ok=True)


def _require_uninterrupted(future: "Future[Record]") -> None:
    """Raise if the user's wish to stop has reached a worker, and us not yet."""
    error = future.exception()
    if isinstance(error, KeyboardInterrupt):
        raise error


def _result(job: Job, future: "Future[Record]") -> Record:
    """Give what became of a job; of one whose worker is gone what it wrote down last."""
    error = future.exception()
    if error is None:
        return future.result()
    record = as_it_is(known(job), job.record)
    record.reason = record.reason or f"its worker ended before it: {printable(f'{type(error).__name__}: {error}')}"
    return record
