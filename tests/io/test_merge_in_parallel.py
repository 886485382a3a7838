"""Whoever reads, and in whatever order: the table and the account are those of one job."""

import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context

import pytest

import fsstats as fs
from fsstats.datasets import make_cohort
from fsstats.io import _study
from fsstats.io._parts import make_part
from fsstats.io._study import plan_of, read_task, task_of
from fsstats.schema import _registry
from merge_support import (
    AT_ONCE,
    N_FILES,
    NAMES,
    assert_same,
    cluster_at,
    count_opened,
    ended,
    in_child,
    old,
    outs,
    part_of,
    wait_for,
    write_study,
)

pytestmark = pytest.mark.usefixtures("small_batches")
TABLE = (
    "Measure:volume\tLeft-Thalamus\tEstimatedTotalIntraCranialVol\n{0}\t7000.5\t1500000.0\nsomeone\t7100.5\t1600000.0\n"
)


def small(folder):
    return write_study(folder / "study")


def damaged(folder):
    root = make_cohort(folder / "study", n_subjects=7, seed=3, damaged=0.3).root
    old(root)
    return root


def with_copies(folder):
    """Files that are another subject's, in the next batch and in the one after."""
    root = write_study(folder / "study")
    for copy, original, name in (("s3", "s0", "lh.mine.stats"), ("s6", "s1", "seg.stats"), ("s4", "s1", "seg.stats")):
        shutil.copyfile(root / original / "stats" / name, root / copy / "stats" / name)
    return root


def with_a_table(folder):
    """A table of many subjects among the roots: it knows one of the study and one more."""
    root = write_study(folder / "study")
    (folder / "aseg_stats.txt").write_text(TABLE.format(NAMES[3]))
    return [root, folder / "aseg_stats.txt"]


STUDIES = {
    "as it should be": (small, {}),
    "damaged": (damaged, {}),
    "with copies": (with_copies, {}),
    "some measures": (small, {"measures": ["thickness", "n_vertices"]}),
    "some measures of what is damaged": (damaged, {"measures": ["thickness", "eTIV"]}),
    "some subjects and sources": (small, {"subjects": ["s1", "s2", "s6"], "sources": ["mine"]}),
    "a table of many subjects": (with_a_table, {}),
}


@pytest.fixture(scope="module", params=STUDIES.values(), ids=STUDIES)
def study(request, tmp_path_factory):
    make, options = request.param
    return make(tmp_path_factory.mktemp("study")), options


@pytest.fixture(scope="module")
def one_job(study, tmp_path_factory):
    """Give a function that merges the study with one job, once for each form of the table."""

    @cache
    def merged(out):
        source, options = study
        return merge(source, f"{tmp_path_factory.mktemp('one')}/{out}", **options)

    return merged


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def alone(tmp_path):
    """Give a function that merges with one job into a place where nothing is."""

    def merged(source, out, **options):
        shutil.rmtree(tmp_path / "alone", ignore_errors=True)
        (tmp_path / "alone").mkdir()
        return merge(source, f"{tmp_path}/alone/{out}", **options)

    return merged


def merge(source, out, **options):
    """Merge; what it says of measures that are not everywhere is not the question here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fs.FsstatsWarning)
        return fs.merge(source, out, **options)


def left_over(folder):
    return sorted(path.name for path in folder.glob(".*") if not path.name.endswith(".ledgers"))


@outs
@pytest.mark.parametrize("how", ["threads", "processes"])
def test_an_executor_gives_what_one_job_gives(study, processes, one_job, tmp_path, out, how):
    source, options = study
    with ThreadPoolExecutor(4) as threads:
        pool = threads if how == "threads" else processes
        merged = merge(source, f"{tmp_path}/{out}", executor=pool, **options)
    assert_same(merged, one_job(out))
    assert not left_over(tmp_path)


@outs
def test_the_jobs_of_an_array_give_what_one_job_gives(study, one_job, tmp_path, out, monkeypatch):
    source, options = study
    parts = random.Random(len(out)).sample([1, 2, 3], 3)  # noqa: S311 - any order will do
    n_files = sum(fs.merge_part(source, f"{tmp_path}/{out}", (part, 3), **options) for part in parts)
    opened = count_opened(monkeypatch)
    merged = merge(source, f"{tmp_path}/{out}", **options)
    assert len(opened) < n_files / 3 or isinstance(source, list)  # what rules changed is read again, and such tables
    assert_same(merged, one_job(out))
    assert not left_over(tmp_path)


@pytest.mark.long
@outs
def test_jobs_of_an_array_may_run_at_the_same_time(alone, tmp_path, out):
    root = small(tmp_path)
    jobs = [in_child(part_of, root, f"{tmp_path}/{out}", (part, 3)) for part in (1, 2, 3)]
    assert [ended(job) for job in jobs] == [0, 0, 0]
    assert_same(merge(root, f"{tmp_path}/{out}"), alone(root, out))
    assert not left_over(tmp_path)


def test_a_job_of_an_array_that_is_lost_is_made_good(alone, tmp_path, monkeypatch):
    root, out = small(tmp_path), tmp_path / "out.parquet"
    for part in (1, 3):
        fs.merge_part(root, out, (part, 3))
    opened = count_opened(monkeypatch)
    merged = merge(root, out)
    assert len(opened) == AT_ONCE * N_FILES  # of the four batches the second
    assert_same(merged, alone(root, out.name))


def test_jobs_that_merge_something_else_are_refused(tmp_path):
    root, out = small(tmp_path), tmp_path / "out.parquet"
    fs.merge_part(root, out, (1, 2))
    with pytest.raises(fs.TableError, match=r"\.out\.parquet\.partial holds parts of another merge"):
        fs.merge_part(root, out, (2, 2), measures=["volume"])


@pytest.mark.parametrize("part", [(0, 2), (3, 2), (1, 0), (-1, 3)], ids=str)
def test_a_part_that_is_none_is_refused(tmp_path, part):
    with pytest.raises(ValueError, match=rf"expected a part from 1 to how many there are, found {part[0]}/{part[1]}"):
        fs.merge_part(small(tmp_path), tmp_path / "out.parquet", part)
    assert not left_over(tmp_path)


KIND = """
[[source]]
name = "lesions"
description = "Lesion volumes of our own tool"
files = ['lesions\\.txt']
format = "volumes"
atlas = "lesions"

[[region]]
atlas = "lesions"
name = "Left-Lesion"
"""


def test_jobs_know_the_kinds_that_were_registered(alone, tmp_path):
    root = small(tmp_path)
    for n, name in enumerate(NAMES):
        (root / name / "stats" / "lesions.txt").write_text(f"Left-Lesion {n}.5\n")
    fs.register(KIND)
    merged = merge(root, tmp_path / "out.parquet", jobs=2)
    assert merged.files["source"].eq("lesions").sum() == len(NAMES)
    assert (merged.table["region"] == "Left-Lesion").sum() == len(NAMES)
    assert_same(merged, alone(root, "out.parquet"))


def test_a_worker_knows_no_kinds_that_were_taken_back(tmp_path):
    root = small(tmp_path)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        fs.register(KIND)
        merge(root, tmp_path / "out.parquet", executor=pool)
        assert len(pool.submit(_registry.added).result()) == 1
        _registry.take_back()
        merge(root, tmp_path / "out.csv", executor=pool)
        assert pool.submit(_registry.added).result() == ()


def test_what_is_registered_while_a_thread_reads_stays(tmp_path):
    root = small(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        merge(root, tmp_path / "out.parquet", executor=pool, progress=lambda *_: fs.register(KIND))
    assert len(_registry.added()) == 1


def test_the_progress_of_a_part_ends_with_the_part(tmp_path):
    told = []
    n = fs.merge_part(small(tmp_path), tmp_path / "out.parquet", (1, 2), progress=lambda *now: told.append(now))
    assert told[-1] == (n, n)


def test_a_worker_with_other_packages_is_refused(tmp_path):
    task = replace(task_of(plan_of(fs.find_stats(small(tmp_path))), 0), descriptions="of others", home=("elsewhere", 1))
    with pytest.raises(fs.TableError, match="kinds of file of installed packages are others"):
        read_task(task)


def test_what_fails_in_one_process_ends_the_merge_and_the_next_goes_on(processes, alone, tmp_path):
    root, out = small(tmp_path), tmp_path / "out.parquet"
    partial = tmp_path / ".out.parquet.partial"
    fs.merge_part(root, out, (1, 4))
    (partial / "000002.ledger").mkdir()  # no part can be put there
    with pytest.raises(OSError, match=r"000002\.ledger"):
        merge(root, out, executor=processes)
    assert not out.exists()
    shutil.rmtree(partial / "000002.ledger")
    assert_same(merge(root, out), alone(root, out.name))
    assert not left_over(tmp_path)


@pytest.mark.long
def test_a_process_that_is_killed_is_named_and_the_next_merge_goes_on(alone, tmp_path, monkeypatch):
    root, out = small(tmp_path), tmp_path / "out.parquet"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pid = pool.submit(os.getpid).result()
        with pytest.raises(ChildProcessError, match=r"was killed, .*goes on where it was"):
            merge(root, out, executor=pool, progress=lambda _done, _all: os.kill(pid, signal.SIGKILL))
    assert_same(merge(root, out), alone(root, out.name))
    assert not left_over(tmp_path)


@pytest.mark.long
def test_no_process_outlives_a_merge_that_is_killed(tmp_path):
    root, code = small(tmp_path), "import sys, fsstats; fsstats.merge(*sys.argv[1:3], jobs=2)"
    with subprocess.Popen([sys.executable, "-c", code, root, tmp_path / "out.parquet"], stdout=subprocess.PIPE) as job:
        wait_for(tmp_path / ".out.parquet.lock")
        job.kill()
        assert job.stdout.read() == b""  # it ends when nobody holds it any more
    merge(root, tmp_path / "out.parquet")


def test_what_a_job_gives_back_is_small(tmp_path):
    plan = plan_of(fs.find_stats(small(tmp_path)))
    assert make_part(task_of(plan, 1), tmp_path) == 1
    assert len(pickle.dumps(task_of(plan, 1))) < 10_000


# --- Dask -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Give the file of a scheduler with two workers, whose working directory is another, and the workers."""
    with cluster_at(tmp_path_factory.mktemp("dask")) as running:
        yield running


@pytest.mark.parametrize(
    ("out", "lost"),
    [("out.parquet", False), ("out/", False), ("out.parquet", True)],
    ids=["a file", "a folder", "a loss"],
)
def test_a_cluster_gives_what_one_job_gives_even_if_a_worker_is_lost(cluster, alone, tmp_path, monkeypatch, out, lost):
    address, workers = cluster
    monkeypatch.setattr(_study, "AT_ONCE", 1)
    monkeypatch.chdir(tmp_path)
    root = write_study(tmp_path / "study", [f"sub-{n:02d}" for n in range(40)])

    def kill_one(_done, _n_files):
        if lost:
            workers[0].kill()

    assert_same(merge("study", out, dask=address, progress=kill_one), alone(root, out))
    assert not left_over(tmp_path)
    assert workers[1].poll() is None


def test_a_cluster_without_workers_is_waited_for_as_long_as_it_says(tmp_path):
    root, limit = small(tmp_path), {"DASK_DISTRIBUTED__SCHEDULER__NO_WORKERS_TIMEOUT": "500ms"}
    with (
        cluster_at(tmp_path, workers=(), **limit) as (address, _),
        pytest.raises(ChildProcessError, match=r"the Dask cluster has no workers left .*goes on where it was"),
    ):
        merge(root, tmp_path / "out.parquet", dask=address)
