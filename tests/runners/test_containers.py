"""Commands in containers: what the container sees, and how each engine is told."""

import csv
import os
from itertools import pairwise
from pathlib import Path

import pytest

from fsstats.errors import TableError, UnknownNameError
from fsstats.runners import Suite, Tool, bet
from fsstats.runners.containers import ENGINES, Bind, in_container, merged


@pytest.fixture
def study(tmp_path):
    """A folder of images, and one to write to."""
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "T1w.nii.gz").write_bytes(b"")
    return tmp_path


def line(study, image="T1w.nii.gz"):
    return bet(study / "in" / image, study / "out" / "brain.nii.gz").within(study)


def seen(command):
    """Give what a container sees by its line: source, target, may it be written to."""
    words = command.before
    binds = []
    for flag, value in pairwise(words):
        if flag == "--bind":
            source, target, *mode = value.split(":")
            binds.append((source, target, mode != ["ro"]))
        if flag == "--mount":
            fields = next(csv.reader([value], strict=True))
            named = dict(field.split("=", 1) for field in fields if "=" in field)
            binds.append((named["source"], named["target"], "readonly" not in fields))
    return binds


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.delenv("FSLOUTPUTTYPE", raising=False)


def test_fsl_in_the_container_writes_what_is_expected_here(study, monkeypatch):
    monkeypatch.setenv("FSLOUTPUTTYPE", "NIFTI")
    command = in_container(line(study), image="x")
    assert "FSLOUTPUTTYPE=NIFTI" in command.before
    assert command.outputs == (study / "out" / "brain.nii",)


def test_apptainers_line_to_the_letter(study):
    command = in_container(line(study), image="docker://fsl/fsl:1", gpu=True, threads=4, licence=study / "key.txt")
    assert command.argv == (
        *("apptainer", "exec", "--cleanenv", "--no-home", "--nv", "--pwd", str(study / "out")),
        *("--bind", f"{study}/key.txt:/fsstats-licence/license.txt:ro"),
        *("--bind", f"{study}/in:{study}/in:ro", "--bind", f"{study}/out:{study}/out"),
        *("--env", "OMP_NUM_THREADS=4", "--env", "OPENBLAS_NUM_THREADS=4", "--env", "MKL_NUM_THREADS=4"),
        *("--env", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=4", "--env", "FSLOUTPUTTYPE=NIFTI_GZ"),
        *("--env", "FS_LICENSE=/fsstats-licence/license.txt"),
        *("docker://fsl/fsl:1", "bet", f"{study}/in/T1w.nii.gz", f"{study}/out/brain.nii.gz"),
    )


@pytest.mark.parametrize(
    ("engine", "me", "own", "gpu"),
    [
        ("docker", 1000, [], ["--gpus", "all"]),
        ("podman", 1000, ["--userns=keep-id"], ["--device", "nvidia.com/gpu=all"]),
        ("podman", 0, [], ["--device", "nvidia.com/gpu=all"]),
    ],
)
def test_dockers_line_to_the_letter(study, monkeypatch, engine, me, own, gpu):
    for name in ("getuid", "getgid"):
        monkeypatch.setattr(os, name, lambda: me)
    command = in_container(line(study), image="fsl:1", engine=engine, gpu=True, options=["--network=none"])
    assert command.argv == (
        *(
            engine,
            "run",
            "--rm",
            "--init",
            "--entrypoint=",
            "--user",
            f"{me}:{me}",
            *own,
            *gpu,
            "--workdir",
            f"{study}/out",
        ),
        *("--mount", f"type=bind,source={study}/in,target={study}/in,readonly"),
        *("--mount", f"type=bind,source={study}/out,target={study}/out"),
        *("--env", "HOME=/tmp", "--env", "FSLOUTPUTTYPE=NIFTI_GZ", "--network=none", "fsl:1"),
        *("bet", f"{study}/in/T1w.nii.gz", f"{study}/out/brain.nii.gz"),
    )


def test_only_apptainers_image_is_a_file(study, monkeypatch):
    monkeypatch.chdir(study)
    (study / "fsl").mkdir()
    at = {engine: in_container(line(study), image="fsl", engine=engine).before[-1] for engine in ENGINES}
    assert at == {"apptainer": f"{study}/fsl", "docker": "fsl", "podman": "fsl"}


@pytest.mark.parametrize("engine", ENGINES)
def test_variables_of_the_command_go_into_the_container(study, engine):
    command = line(study)
    command = type(command)(tool=command.tool, arguments=command.arguments, environment={"SUBJECTS_DIR": "/my out"})
    held = in_container(command, image="x", engine=engine)
    assert "SUBJECTS_DIR=/my out" in held.before[held.before.index("--env") :]
    assert held.environment == {}


@pytest.mark.parametrize("name", ["a b", "a, b", 'a"b', "a:b", "ä", "a'b$(x)"])
@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_any_path_reaches_docker_as_it_is(tmp_path, engine, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "T1w.nii.gz").write_bytes(b"")
    command = bet(tmp_path / name / "T1w.nii.gz", tmp_path / name / "brain.nii.gz")
    assert (f"{tmp_path}/{name}", f"{tmp_path}/{name}", True) in seen(in_container(command, image="x", engine=engine))


@pytest.mark.parametrize("name", ["a, b", "a:b"])
def test_a_path_that_apptainer_cannot_show_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    command = bet(tmp_path / name / "T1w.nii.gz", tmp_path / name / "brain.nii.gz")
    with pytest.raises(TableError, match=r"expected a path without colons and commas, .* docker or podman"):
        in_container(command, image="x.sif")


def test_a_link_is_followed_from_folder_to_folder(study):
    """in/T1w → ../first/a → /…/last/b, and a folder that is a link itself."""
    for name in ("first", "last"):
        (study / name).mkdir()
    (study / "last" / "b").write_bytes(b"")
    (study / "first" / "a").symlink_to(study / "last" / "b")
    (study / "in" / "link.nii.gz").symlink_to("../first/a")
    (study / "linked").symlink_to("in")
    command = bet(study / "linked" / "link.nii.gz", study / "out" / "brain.nii.gz")
    binds = seen(in_container(command, image="x", engine="docker"))
    assert (f"{study}/in", f"{study}/linked", False) in binds
    assert (f"{study}/first", f"{study}/first", False) in binds
    assert (f"{study}/last", f"{study}/last", False) in binds
    assert len(binds) == 4


def test_a_folder_that_will_be_made_is_written_to_from_the_nearest_that_is_there(study):
    command = bet(study / "in" / "T1w.nii.gz", study / "out" / "new" / "deep" / "brain.nii.gz")
    assert (f"{study}/out", f"{study}/out", True) in seen(in_container(command, image="x"))
    given = seen(in_container(command, image="x", binds=[study / "out" / "new"]))
    assert (f"{study}/out/new", f"{study}/out/new", True) in given
    assert len(given) == 2


def test_the_root_of_the_machine_is_never_shown():
    with pytest.raises(TableError, match="expected a folder to write to, found none"):
        in_container(bet("/data/a.nii.gz", "/no/such/folder/brain.nii.gz"), image="x")


def test_files_of_the_image_are_not_looked_for_here(study):
    command = bet("/opt/fsl/data/T1.nii.gz", study / "out" / "brain.nii.gz")
    held = in_container(command, image="x", inside=["/opt/fsl"])
    assert held.inputs == ()
    assert seen(held) == [(f"{study}/out", f"{study}/out", True)]
    assert held.outputs == command.outputs


def bind(target, *, source=None, writable=False):
    return Bind(Path(source or target), Path(target), writable)


MERGED = {
    "the same twice": ([bind("/a"), bind("/a")], ["/a"]),
    "read and written": ([bind("/a"), bind("/a", writable=True)], ["/a+"]),
    "within": ([bind("/a/b/c"), bind("/a")], ["/a"]),
    "read within written": ([bind("/a", writable=True), bind("/a/b")], ["/a+"]),
    "written within read": ([bind("/a/b", writable=True), bind("/a")], ["/a", "/a/b+"]),
    "read within written within read": ([bind("/a/b/c"), bind("/a/b", writable=True), bind("/a")], ["/a", "/a/b+"]),
    "from elsewhere": ([bind("/a"), bind("/a/b", source="/z")], ["/a", "/a/b"]),
    "beside": ([bind("/ab"), bind("/a")], ["/a", "/ab"]),
}


@pytest.mark.parametrize(("binds", "kept"), MERGED.values(), ids=MERGED)
@pytest.mark.parametrize("turned", [False, True])
def test_folders_are_shown_once_and_parents_first(binds, kept, turned):
    found = merged(binds[::-1] if turned else binds)
    assert [f"{one.target}{'+' if one.writable else ''}" for one in found] == kept


OWN = Tool(program="python", suite=Suite(name="DIPY", package="dipy"), says="x", options=dict)


def test_what_cannot_be_is_refused(study):
    with pytest.raises(UnknownNameError, match="did you mean docker"):
        in_container(line(study), image="x", engine="dockr")
    with pytest.raises(TableError, match="expected the image of a container, found none"):
        in_container(line(study), image="")
    with pytest.raises(TableError, match="which is part of this Python"):
        in_container(type(line(study))(tool=OWN, arguments=()), image="x")
