"""A merge writes the same bytes whatever the locale and the time zone of the machine."""

import os
import subprocess
import sys

import pytest

from merge_support import write_study

MERGE = """
import sys
import fsstats as fs
for name in ("out.parquet", "out.csv", "wide.tsv"):
    fs.merge(sys.argv[1], f"{sys.argv[2]}/{name}", wide=name == "wide.tsv", anonymise=True)
"""
PLACES = {
    "C": {"LC_ALL": "C", "TZ": "UTC"},
    "POSIX": {"LC_ALL": "POSIX", "TZ": "America/St_Johns"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "TZ": "Europe/Istanbul"},
    "Japanese": {"LC_ALL": "ja_JP.eucJP", "LANG": "ja_JP.eucJP", "TZ": "Asia/Tokyo"},
    "German": {"LC_ALL": "de_DE.ISO-8859-1", "TZ": "Pacific/Kiritimati"},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study") / "s", names=("s0", "I1", "İ2", "größe", "研究"))


def written(study, folder, **places):
    """Merge in another process; give the bytes of every file by its name."""
    folder.mkdir()
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "TZ", "PYTHON"))}
    command = [sys.executable, "-W", "error", "-c", MERGE, str(study), str(folder)]
    subprocess.run(command, env=plain | places, check=True, timeout=120)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def here(study, tmp_path_factory):
    return written(study, tmp_path_factory.mktemp("here") / "out", LC_ALL="C.UTF-8")


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)
def test_the_same_bytes_in_every_locale_and_time_zone(study, here, tmp_path, places):
    assert len(here) == 10
    assert written(study, tmp_path / "out", **places) == here
