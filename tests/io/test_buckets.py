"""Tables in a bucket: the same as on a disk, in one process, in many, and after whatever goes wrong."""

import os
import random
import subprocess
import sys
import uuid
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

import fsspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import EndpointConnectionError
from s3fs.core import S3File
from upath import UPath

import fsstats as fs
from frames_support import assert_frame_equal
from fsstats.errors import PlaceError, TableError
from fsstats.io import _replace, _stores, _study
from fsstats.io._sinks import PARQUET
from fsstats.tables.assemble import ARROW
from merge_support import (
    N_FILES,
    NAMES,
    assert_same,
    cluster_at,
    count_opened,
    ended,
    in_child,
    merge_and_die,
    old,
    outs,
    part_of,
    write_study,
    write_subject,
)

pytestmark = pytest.mark.usefixtures("small_batches")
remembered_outs = pytest.mark.parametrize("out", ["out.parquet", "out/"], ids=["one file", "a folder"])


SUBJECTS = NAMES[:4]
"""Two batches are enough: every batch more is a dozen requests of the server."""


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path / "study", SUBJECTS)


@pytest.fixture
def bucket(s3):
    """Give the address of a folder in a bucket, in which there is nothing yet."""
    name = f"tables-{uuid.uuid4().hex[:8]}"
    s3.mkdir(name)
    return f"s3://{name}/study"


@pytest.fixture
def on_disk(tmp_path):
    """Give a function that merges into a place on this machine where nothing is."""

    def merged(source, out, **options):
        folder = tmp_path / uuid.uuid4().hex
        folder.mkdir()
        return fs.merge(source, f"{folder}/{out}", **options)

    return merged


def listed(s3, bucket):
    """Give the names of what is in a bucket, but for what a merge remembers."""
    names = (name.partition("/study/")[2] for name in s3.find(bucket, withdirs=False))
    return sorted(name for name in names if ".ledgers/" not in name)


@pytest.fixture(scope="module")
def processes(s3):
    """Two processes that know the server."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


WAYS = {"alone": {}, "two processes": {}, "a measure": {"measures": ["thickness"]}}


@outs
@pytest.mark.parametrize("way", WAYS)
def test_a_table_in_a_bucket_is_that_on_a_disk(study, on_disk, bucket, s3, out, way, request):
    pool = request.getfixturevalue("processes") if way == "two processes" else None
    merged = fs.merge(study, f"{bucket}/{out}", executor=pool, **WAYS[way])
    expected = on_disk(study, out, **WAYS[way])
    assert_same(merged, expected)
    assert str(merged.path) == f"{bucket}/{out}".rstrip("/")
    left = [path.relative_to(expected.path.parent).as_posix() for path in expected.path.parent.rglob("[!.]*")]
    assert listed(s3, bucket) == sorted(name for name in left if name != "out" and ".ledgers/" not in name)


def test_a_table_made_in_memory_goes_there_too(study, on_disk, bucket):
    merged, expected = fs.merge(study, f"{bucket}/wide.csv", wide=True), on_disk(study, "wide.csv", wide=True)
    assert_frame_equal(merged.table, expected.table)
    fs.write_table(expected.table, UPath(f"{bucket}/again.tsv"))
    assert_frame_equal(fs.read_table(f"{bucket}/again.tsv"), fs.read_table(f"{bucket}/wide.csv"))


@remembered_outs
def test_only_what_is_new_is_read_again(study, on_disk, bucket, out, monkeypatch):
    fs.merge(study, f"{bucket}/{out}")
    opened = count_opened(monkeypatch)
    assert_same(fs.merge(study, f"{bucket}/{out}"), on_disk(study, out))
    assert len(opened) == N_FILES * len(SUBJECTS)  # all by the merge into the other place
    write_subject(study, "s2", 77)
    write_subject(study, "s9", 78)
    old(study, seconds=1800)
    opened.clear()
    merged = fs.merge(study, f"{bucket}/{out}")
    assert {path.split("/")[-3] for path in opened} == {"s2", "s9"}
    assert_same(merged, on_disk(study, out))


@pytest.mark.long
@remembered_outs
def test_a_table_that_somebody_changed_is_made_again(study, on_disk, bucket, s3, out):
    merged = fs.merge(study, f"{bucket}/{out}")
    piece = s3.find(bucket, withdirs=False, maxdepth=None)
    piece = next(name for name in piece if name.endswith(".parquet") and ".files" not in name)
    s3.pipe_file(piece, b"PAR1 of somebody else")
    assert_same(fs.merge(study, f"{bucket}/{out}"), on_disk(study, out))
    assert merged.n_rows


@pytest.mark.long
def test_a_folder_that_has_shrunk_keeps_no_part_of_before(study, on_disk, bucket, s3):
    fs.merge(study, f"{bucket}/out/")
    merged = fs.merge(study, f"{bucket}/out/", subjects=["s1", "s2"])
    assert_same(merged, on_disk(study, "out/", subjects=["s1", "s2"]))
    assert [name for name in listed(s3, bucket) if name.startswith("out/")] == ["out/000000.parquet"]


@pytest.mark.long
def test_jobs_of_an_array_leave_their_parts_in_the_bucket(study, on_disk, bucket, monkeypatch):
    for part in (1, 2, 3):
        assert ended(in_child(part_of, study, f"{bucket}/out/", (part, 3))) == 0
    opened = count_opened(monkeypatch)
    merged = fs.merge(study, f"{bucket}/out/")
    assert not opened
    assert_same(merged, on_disk(study, "out/"))


@pytest.mark.long
@outs
@pytest.mark.parametrize("seed", range(2))
def test_a_merge_that_is_killed_leaves_an_old_table_whole_and_goes_on(study, on_disk, bucket, s3, out, seed):
    fs.merge(study, f"{bucket}/{out}")
    before = fs.read_table(f"{bucket}/{out}")
    for n, name in enumerate(SUBJECTS, start=50):
        write_subject(study, name, n)
    old(study, seconds=1800)
    moment = random.Random(seed).randint(1, 40)  # noqa: S311 - any moment will do
    assert ended(in_child(merge_and_die, study, f"{bucket}/{out}", moment, ("open",))) < 0
    now = fs.read_table(f"{bucket}/{out}")
    merged = fs.merge(study, f"{bucket}/{out}")
    assert_same(merged, on_disk(study, out))
    assert now.equals(before) or now.equals(merged.table)
    assert not [name for name in listed(s3, bucket) if name.startswith(".")]


@pytest.mark.long
@outs
@pytest.mark.parametrize("n_before", [1, 4])
def test_a_server_that_goes_away_leaves_the_old_table_or_the_new_one(
    study, on_disk, bucket, s3, out, n_before, monkeypatch
):
    fs.merge(study, f"{bucket}/{out}")
    before = fs.read_table(f"{bucket}/{out}")
    write_subject(study, "s3", 99)
    old(study, seconds=1800)
    with monkeypatch.context() as patch:
        _break_after(patch, n_before)
        with pytest.raises(OSError, match="the cable was pulled"):
            fs.merge(study, f"{bucket}/{out}")
    now = fs.read_table(f"{bucket}/{out}")
    for lock in [name for name in s3.find(bucket, withdirs=False) if name.endswith(".lock")]:
        s3.rm(lock)
    merged = fs.merge(study, f"{bucket}/{out}")
    assert_same(merged, on_disk(study, out))
    assert now.equals(before) or now.equals(merged.table)


def _break_after(patch, n):
    """Let a server take so many files, and no more."""
    put, left = _replace.put, [n]

    def failing(new, final):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(5, "the cable was pulled")
        put(new, final)

    patch.setattr(_replace, "put", failing)


@pytest.mark.long
def test_a_second_merge_is_kept_out(study, bucket, s3):
    s3.pipe_file(f"{bucket}/.out.parquet.lock", b"elsewhere 12")
    with pytest.raises(
        TableError, match=r"is running \(elsewhere 12\); if it is not, remove s3://.*/\.out\.parquet\.lock"
    ):
        fs.merge(study, f"{bucket}/out.parquet")
    assert s3.cat_file(f"{bucket}/.out.parquet.lock") == b"elsewhere 12"


FAULTS = {
    "no bucket": ("s3://there-is-none/out.parquet", FileNotFoundError, "s3://there-is-none"),
    "a web server": ("http://127.0.0.1:9/out.parquet", TableError, "can be written to a disk or to a bucket"),
    "an archive": ("zip://out.parquet::a.zip", TableError, "can be written to a disk or to a bucket"),
    "no such protocol": ("nosuch://a/out.parquet", PlaceError, "nosuch://a/out.parquet: expected an answer"),
    "no suffix": ("{bucket}/out", fs.UnknownNameError, "expected a name that ends in"),
    "another suffix": ("{bucket}/out.xlsx", fs.UnknownNameError, "expected a name that ends in .parquet, .csv, .tsv"),
    "a stranger's folder": ("{bucket}/strange/", TableError, "is there, with notes.txt in it"),
    "a bucket": ("s3://some-bucket", TableError, "expected the name of a table in a bucket"),
    "a bucket as a folder": ("s3://some-bucket/", TableError, "expected the name of a table in a bucket"),
    "no name of a bucket": ("s3://", TableError, "expected the name of a table in a bucket"),
    "no name but a suffix": ("{bucket}/.parquet", TableError, "expected the name of a table in a bucket"),
    "Parquet of a stranger": ("{bucket}/model/", TableError, "is there, with 000000.parquet, mine.parquet in it"),
    "a stranger's sidecar": ("{bucket}/taken.parquet", TableError, "taken.json is there and was not written by"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_place_where_nothing_can_be_written_is_named_before_anything_is_read(study, bucket, s3, fault, monkeypatch):
    out, error, message = fault
    s3.pipe_file(f"{bucket}/strange/notes.txt", b"mine")
    s3.pipe_file(f"{bucket}/taken.json", b"{}")
    for name in ("000000", "mine"):
        s3.pipe_file(f"{bucket}/model/{name}.parquet", b"precious")
    before, opened = s3.find(bucket), count_opened(monkeypatch)
    with pytest.raises(error, match=message):
        fs.merge(study, out.format(bucket=bucket))
    assert s3.find(bucket) == before
    assert not opened


def test_what_speaks_to_a_bucket_may_be_not_installed(study, monkeypatch):
    monkeypatch.setitem(sys.modules, "upath", None)
    with pytest.raises(PlaceError, match=r'pip install "fsstats\[remote\]"'):
        fs.merge(study, "s3://bucket/out.parquet")


@contextmanager
def served(folder):
    """Serve a folder, as Python's own server does: no parts of files."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_some_of_a_table_is_read_from_a_bucket_and_from_the_web(study, on_disk, bucket):
    fs.merge(study, f"{bucket}/out/")
    expected = on_disk(study, "out.parquet")
    chosen = {"source": "mine", "measure": "thickness", "columns": ["subject", "value"]}
    wanted = fs.read_table(expected.path, **chosen)
    assert_frame_equal(fs.read_table(f"{bucket}/out/", **chosen), wanted)
    with served(expected.path.parent) as address:
        assert_frame_equal(fs.read_table(f"{address}/out.parquet", **chosen), wanted)
        assert_frame_equal(fs.read_table(f"{address}/out.files.parquet"), expected.files)
        with pytest.raises(OSError, match=r"none\.csv"):
            fs.read_table(f"{address}/none.csv")


def test_another_program_opens_it_where_it_is(study, bucket):
    table = fs.merge(study, f"{bucket}/out/").table
    wanted = table.loc[table["measure"] == "thickness", "value"]
    server = fsspec.config.conf["s3"]
    options = {
        "aws_endpoint_url": server["endpoint_url"],
        "aws_access_key_id": server["key"],
        "aws_secret_access_key": server["secret"],
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
    }
    scanned = pl.scan_parquet(f"{bucket}/out/*.parquet", storage_options=options)
    assert scanned.filter(pl.col("measure") == "thickness").collect()["value"].to_list() == wanted.to_list()


def test_what_is_no_table_is_named(bucket, s3):
    s3.pipe_file(f"{bucket}/a.parquet", b"<html>")
    with pytest.raises(TableError, match=r"s3://.*/a\.parquet: expected a parquet table"):
        fs.read_table(f"{bucket}/a.parquet")
    with pytest.raises(FileNotFoundError, match=r"s3://.*/b\.parquet"):
        fs.read_table(f"{bucket}/b.parquet")


@pytest.mark.long
def test_the_command_writes_there(study, bucket):
    command = [sys.executable, "-m", "fsstats_cli", "merge", str(study), "-o", f"{bucket}/out/"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert f"-> {bucket}/out (" in done.stderr
    assert len(fs.read_table(f"{bucket}/out/"))


@pytest.mark.long
def test_workers_of_a_cluster_write_the_parts_even_if_one_is_lost(on_disk, bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(_study, "AT_ONCE", 1)
    root = write_study(tmp_path / "many", [f"sub-{n:02d}" for n in range(30)])
    with cluster_at(tmp_path) as (address, workers):
        merged = fs.merge(root, f"{bucket}/out/", dask=address, progress=lambda _done, _all: workers[0].kill())
        assert workers[0].wait(60) != 0
    assert_same(merged, on_disk(root, "out/"))


@pytest.mark.long
def test_a_path_of_any_sort_is_taken(study, on_disk, bucket, tmp_path):
    expected = on_disk(study, "out.parquet")
    for out in (UPath(f"{bucket}/out.parquet"), UPath(tmp_path, "out.parquet"), f"file://{tmp_path}/url.parquet"):
        merged = fs.merge(study, out)
        assert_same(merged, expected)
        assert_frame_equal(fs.read_table(out), expected.table)
    assert isinstance(fs.merge(study, UPath(tmp_path, "out.parquet")).path, Path)


ODD = ["cohort[1].parquet", "data[1]/out/", "what?/*.parquet", "a b/ü#%20.csv", "twice//out.parquet"]


@pytest.mark.long
@pytest.mark.parametrize("out", ODD)
def test_a_name_is_no_pattern(study, on_disk, bucket, s3, out):
    for other in (".cohort1.parquet.lock", "data1/out/000000.parquet", "whatx/other.parquet"):
        s3.pipe_file(f"{bucket}/{other}", b"elsewhere 12")
    before = set(s3.find(bucket))
    expected = on_disk(study, "out.csv" if out.endswith("csv") else "out.parquet")
    for _ in range(2):
        assert_same(fs.merge(study, f"{bucket}/{out}"), expected)
        assert_frame_equal(fs.read_table(f"{bucket}/{out}"), expected.table)
    left = set(s3.find(bucket))
    assert before <= left
    assert not [name for name in left - before if ".lock" in name or ".partial" in name]


@pytest.mark.long
def test_a_folder_with_another_stranger_is_left_alone(study, bucket, s3):
    fs.merge(study, f"{bucket}/data[1]/out/")
    s3.pipe_file(f"{bucket}/data[1]/out/notes.txt", b"mine")
    with pytest.raises(TableError, match=r"is there, with notes\.txt in it"):
        fs.merge(study, f"{bucket}/data[1]/out/", measures=["thickness"])


def test_of_a_table_in_a_bucket_only_what_is_asked_for_is_fetched(bucket, s3, tmp_path, monkeypatch):
    n, names = 20_000, [f"src{k:02d}" for k in range(30)]
    values = np.random.default_rng(1).normal(size=n)
    columns = dict.fromkeys(["subject", "session", "stream", "hemi", "region", "measure", "unit"], "x")
    with pq.ParquetWriter(tmp_path / "big.parquet", ARROW, **PARQUET) as writer:
        for name in names:
            rows = pd.DataFrame({**columns, "source": name, "value": values})[ARROW.names]
            writer.write_table(pa.Table.from_pandas(rows, schema=ARROW, preserve_index=False))
    s3.put_file(str(tmp_path / "big.parquet"), f"{bucket}/big.parquet")
    size, fetched = (tmp_path / "big.parquet").stat().st_size, []
    fetch = S3File._fetch_range
    counted = lambda file, start, end: (fetched.append(end - start), fetch(file, start, end))[1]  # noqa: E731
    monkeypatch.setattr(S3File, "_fetch_range", counted)
    assert len(fs.read_table(f"{bucket}/big.parquet", source="src20")) == n
    assert sum(fetched) < 3 * size / len(names) + 100_000
    fetched.clear()
    assert len(fs.read_table(f"{bucket}/big.parquet", columns=["source"])) == n * len(names)
    assert sum(fetched) < size / 5


class Dying:
    """A server that goes away after so many requests."""

    def __init__(self, server, left):
        self._server, self._left = server, left

    def __getattr__(self, name):
        found = getattr(self._server, name)
        if not callable(found):
            return found

        def ask(*args, **options):
            self._left[0] -= 1
            if self._left[0] < 0:
                raise EndpointConnectionError(endpoint_url="http://gone")
            return found(*args, **options)

        return ask


@pytest.mark.parametrize("out", ["out.parquet", "out/"])
@pytest.mark.long
@pytest.mark.parametrize("n_before", [0, 1, 5, 14])
def test_a_server_that_is_gone_is_named_and_the_next_merge_goes_on(
    study, on_disk, bucket, s3, out, n_before, monkeypatch
):
    left, server = [n_before], _stores._server
    with monkeypatch.context() as patch:
        patch.setattr(_stores, "_server", lambda path: Dying(server(path), left))
        with pytest.raises(PlaceError, match=r"s3://tables-.*expected an answer, found EndpointConnectionError"):
            fs.merge(study, f"{bucket}/{out}")
    for lock in [name for name in s3.find(bucket) if name.endswith(".lock")]:
        s3.rm_file(lock)
    assert_same(fs.merge(study, f"{bucket}/{out}"), on_disk(study, out))
    assert not [name for name in s3.find(bucket) if ".lock" in name or ".partial" in name]
