"""The command as a user starts it, in this process: words in, status and both outputs out."""

import sys
from dataclasses import dataclass

import pytest

from fsstats_cli.main import main


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def fsstats(monkeypatch, capfd):
    """Give a function that runs ``fsstats WORDS``; an error that is not handled is the test's error."""
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["fsstats", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit, match=r"^\d$") as ended:
            main()
        out, err = capfd.readouterr()
        return Done(ended.value.code or 0, out, err)

    return run


SURFACE = "# hemi {hemi}\n# subjectname {subject}\n# ColHeaders StructName NumVert ThickAvg\ninsula 22{n} 3.0{n}\ncuneus 1{n} 1.8{n}\n"
VOLUME = "# Measure EstimatedTotalIntraCranialVol, eTIV, Estimated Total Intracranial Volume, 15{n}.25, mm^3\n# ColHeaders Index SegId NVoxels Volume_mm3 StructName\n1 17 4{n} 4{n}.5 Left-Hippocampus\n"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Three whole subjects in the folder sd, which lies in the working directory."""
    monkeypatch.chdir(tmp_path)
    for n, subject in enumerate(("sub-01", "sub-02", "sub-03"), start=1):
        stats = tmp_path / "sd" / subject / "stats"
        stats.mkdir(parents=True)
        for m, hemi in enumerate(("lh", "rh")):
            (stats / f"{hemi}.mine.stats").write_text(SURFACE.format(hemi=hemi, subject=subject, n=10 * n + m))
        (stats / "seg.stats").write_text(VOLUME.format(n=n))
    return tmp_path / "sd"
