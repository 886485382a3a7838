"""What several tests share."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import fsspec
import pytest
from hypothesis import settings

from browser_support import browser  # noqa: F401 - pytest takes a fixture from the module it stands in
from mutation_support import (  # noqa: F401 - and hooks too
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_setup,
)
from tests_support import FS6

# No deadline: machines are shared and noisy. With CI set the same examples are tried every time.
settings.register_profile(
    "everywhere", deadline=None, max_examples=50, derandomize=bool(os.environ.get("CI")), print_blob=True
)
settings.register_profile("few", deadline=None, derandomize=True, max_examples=10)
settings.register_profile("thorough", deadline=None, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everywhere"))


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """The file system of a real S3 server on this machine (moto), for this process and its children."""
    log = tmp_path_factory.mktemp("s3") / "log"
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    before = dict(fsspec.config.conf)
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        try:
            found = {"endpoint_url": _address_in(log, server), "key": "made-up", "secret": "made-up"}
            fsspec.config.conf["s3"] = found
            patch.setenv("FSSPEC_S3", json.dumps(found))
            yield fsspec.filesystem("s3")
        finally:
            fsspec.config.conf.clear()
            fsspec.config.conf.update(before)
            server.terminate()


def _address_in(log, server):
    """Wait until the server says where it listens."""
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        if found:
            return found[0]
        time.sleep(0.1)
    pytest.fail(f"the S3 server did not start: {log.read_text()}")


@pytest.fixture
def fs6() -> Path:
    """Folder of the two stats files of FreeSurfer 6.0 that ship with the tests."""
    return FS6
