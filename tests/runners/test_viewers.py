"""freeview and fsleyes: their lines, and when a window is opened."""

import json
import os
import sys
import time

import pytest

from fsstats.errors import TableError, UnknownNameError
from fsstats.runners.programs.viewers import freeview, fsleyes, view

LINES = {
    "volumes and surfaces": (
        lambda: freeview(v=["brain.mgz", "aseg.mgz:colormap=lut:opacity=0.2"], f="lh.white:edgecolor=yellow"),
        "freeview -v brain.mgz aseg.mgz:colormap=lut:opacity=0.2 -f lh.white:edgecolor=yellow",
    ),
    "a picture": (
        lambda: freeview(v="brain.mgz", viewport="coronal", layout=1, zoom=1.5, ss="shot.png"),
        "freeview -v brain.mgz -viewport coronal -layout 1 -zoom 1.5 -ss shot.png",
    ),
    "a scene in front": (
        lambda: fsleyes("a.nii", ("b.nii", {"cm": "hot", "dr": (2, 5), "a": 50}), std=True, wl=(0, -20, 10)),
        "fsleyes -std -wl 0 -20 10 a.nii b.nii -cm hot -dr 2 5 -a 50",
    ),
    "an atlas as outlines": (
        lambda: fsleyes(("seg.nii", {"ot": "label", "o": True}), hc=True),
        "fsleyes -hc seg.nii -ot label -o",
    ),
    "only the standard brain": (lambda: fsleyes(std1mm=True), "fsleyes -std1mm"),
    "a name with a dash in front": (lambda: fsleyes("-a.nii"), "fsleyes ./-a.nii"),
}


@pytest.mark.parametrize(("call", "expected"), LINES.values(), ids=LINES)
def test_options_are_written_in_the_order_in_which_they_are_given(call, expected):
    assert " ".join(call().argv) == expected


def test_inputs_are_the_files_without_their_settings():
    line = freeview(v=["brain.mgz", "aseg.mgz:colormap=lut"], f="lh.white:annot=aparc.annot", ss="shot.png")
    assert [str(path) for path in line.inputs] == ["brain.mgz", "aseg.mgz", "lh.white"]
    assert [str(path) for path in line.outputs] == ["shot.png"]
    assert [str(path) for path in fsleyes("a.nii", ("b.nii", {"a": 50})).inputs] == ["a.nii", "b.nii"]


def test_settings_that_freeview_cannot_read_are_told():
    assert freeview(v="aseg.mgz:colormap=lut:opacity=0.2").remarks == ()
    [remark] = freeview(v=["brain.mgz", "aseg.mgz:colormap:lut:opacity=0.2"]).remarks
    assert "does not load aseg.mgz with colormap, lut" in remark


def test_no_image_is_refused():
    with pytest.raises(TableError, match="expected an image"):
        fsleyes()
    with pytest.raises(UnknownNameError, match="cmap"):
        fsleyes(("a.nii", {"cmap": "hot"}))


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Put a program on the path that notes what it was given."""
    monkeypatch.setattr(sys, "platform", "linux")
    program = tmp_path / "fsleyes"
    note = "import json, sys, pathlib; pathlib.Path('seen.tmp').write_text(json.dumps(sys.argv[1:]))"
    program.write_text(f"#!{sys.executable}\n{note}; pathlib.Path('seen.tmp').rename('seen.json')\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_without_a_screen_the_line_is_printed(stand_in, capsys):
    assert view(fsleyes("T1 w.nii.gz")) is False
    assert capsys.readouterr().out == "fsleyes 'T1 w.nii.gz'\n"


def test_without_the_program_the_line_is_printed(stand_in, monkeypatch, capsys):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PATH", str(stand_in / "nowhere"))
    assert view(fsleyes("a.nii")) is False
    assert capsys.readouterr().out == "fsleyes a.nii\n"


def test_with_a_screen_the_program_is_started_in_its_folder(stand_in, monkeypatch, capsys):
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert view(fsleyes("T1 $w.nii", ("ラベル.nii", {"cm": "random"})).within(stand_in)) is True
    assert capsys.readouterr().out == ""
    end = time.monotonic() + 20
    while not (stand_in / "seen.json").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert json.loads((stand_in / "seen.json").read_text()) == ["T1 $w.nii", "ラベル.nii", "-cm", "random"]
