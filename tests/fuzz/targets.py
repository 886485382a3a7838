"""What is fuzzed: every parser and reader, each as a function of a file's name and content, with the files to begin with.

An input is one line with the file's name, and then the file's content: much depends on the name. The law is the same
for all of them: values, or an error of ours; never another exception or warning.
"""

import contextlib
import tempfile
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from zlib import crc32

import nibabel as nib
import numpy as np

import fsstats as fs
from fsstats.datasets import ALSO, make_cohort
from fsstats.io._ledger import Stored
from fsstats.io.grouptables import blocks_of
from fsstats.io.subjectlists import subjects_in_fsgd, subjects_in_lines, subjects_in_qdec
from fsstats.parsers import layout_of, long_table, parse_stats, shape_of, values_of
from fsstats.parsers.formats import format_of, formats
from fsstats.parsers.grouptables import parse_group_table, recognises_group_table
from fsstats.parsers.labels import count_labels
from fsstats.parsers.literal import Reader, read_literally
from fsstats.parsers.luts import read_colours, read_lut
from fsstats.parsers.nifti import read_image
from fsstats.parsers.stencil import fit, stencil_of
from fsstats.places import place
from fsstats.schema import _registry
from places_support import TREE, make_tar, make_zip
from tests_support import CORPUS, HERE

FIXTURES = HERE / "fixtures"
REGRESSIONS = Path(__file__).parent / "regressions"
_LARGEST = 200_000
"""Bytes of a file that fuzzing begins with: of larger ones too few can be tried."""


@dataclass(frozen=True)
class Target:
    """Something that reads files."""

    read: Callable[[bytes, str], object]
    """From the content and the file's name to what was read."""
    seeds: Callable[[], Iterator[tuple[str, bytes]]] = field(default=lambda: iter(()))
    """Names and contents to begin with."""


def run(target, data):
    """Read one input; raise what nobody may raise, and take a warning that is not ours for an error."""
    name, _, content = data.partition(b"\n")
    with warnings.catch_warnings(), contextlib.suppress(fs.FsstatsError):
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", fs.FsstatsWarning)
        target.read(content, name.decode("utf-8", "replace").replace("\0", "?"))


def as_input(name, content):
    """Give the input that stands for a file."""
    return name.encode() + b"\n" + content


# --- parsers: from bytes ----------------------------------------------------------------------------------------------


def _parse(parse, content, name):
    stats = parse(content, name)
    layout, values = layout_of(shape_of(stats)), values_of(stats)
    assert len(layout) == len(values)
    return long_table(stats)


def _any(content, name):
    _parse(_parse_named, content, name)


def _parse_named(content, name):
    return parse_stats(content, where=name, strict=False)


def _group_table(content, name):
    recognises_group_table(content[:65536], name)
    return [*blocks_of(parse_group_table(content, name))]


@cache
def _stencils():
    """Give a stencil of each small stats table that there is."""
    found = {}
    for name, content in _files(("stats",)):
        stats = parse_stats(content, where=name, strict=False)
        made = stencil_of(content, stats)
        if made is not None:
            found.setdefault(name, []).append(made)
    return found


def _stencil(content, name):
    """Hold what stencils read against what the parser reads of the same file."""
    for made in _stencils().get(name, ()):
        fitted = fit(made, [content])
        if not len(fitted.which):
            continue
        stats = parse_stats(content, where=name, strict=False)
        assert stats.is_whole
        assert layout_of(shape_of(stats)) == made.layout
        assert fitted.subjects == [stats.subject]
        assert fitted.values.tobytes() == values_of(stats).tobytes()


def _image(content, name):
    image = read_image(content, name)
    count_labels(image)


def _lut(content, name):
    read_lut(content, name)
    read_colours(content, name)


_LITERAL = Reader(name=4, value=3, segid=1, prefixes={"# Measure Mask, MaskVol,": "MaskVol"})


def _literal(content, name):
    read_literally(content, name, _LITERAL)


# --- readers: from files ----------------------------------------------------------------------------------------------


@cache
def _folder():
    own = tempfile.TemporaryDirectory(prefix="fuzz-")  # kept as long as this process: its name is in the cache
    return own, Path(own.name)


def _from_file(read, content, name, *, suffixes):
    """Read a file of the given content; of the name only the suffix counts, and only if it is one of these."""
    suffix = next((one for one in suffixes if name.endswith(one)), suffixes[0])
    path = _folder()[1] / f"input{suffix}"
    path.write_bytes(content)
    return read(path)


def _archive(path):
    """Read everything in an archive, as discovery and reading do."""
    top = place(path)
    waiting = [top]
    while waiting:
        for child in waiting.pop().iterdir():
            if child.is_dir():
                waiting.append(child)
            else:
                with contextlib.suppress(fs.PlaceError):
                    child.read_bytes()


def _kinds(path):
    try:
        fs.register(path)
    finally:
        _registry.forget(added=True)


def _ledger(path):
    """Read the ledger of a merge: what is damaged counts as not there."""
    stored = Stored(path, path.with_suffix(".values"))
    stored.paths()
    kept = stored.load()
    assert kept is None or len(kept.values) == kept.starts[-1]


def _subject_lists(path):
    for read in (subjects_in_lines, subjects_in_fsgd, subjects_in_qdec, partial(subjects_in_qdec, longitudinal=True)):
        with contextlib.suppress(fs.FsstatsError):
            read(path)


# --- files to begin with ----------------------------------------------------------------------------------------------


@cache
def _all_files():
    roots = [FIXTURES, *([CORPUS] if CORPUS else [])]
    paths = [path for root in roots for path in sorted(root.rglob("*")) if path.is_file()]
    small = [path for path in paths if path.stat().st_size <= _LARGEST and path.suffix not in (".md", ".py")]
    seen, found = set(), []
    for path in small:
        content = path.read_bytes()
        if content not in seen:
            seen.add(content)
            found.append((path.name, content))
    return found


def _files(endings):
    return ((name, content) for name, content in _all_files() if name.endswith(endings))


@cache
def _by_format():
    """Sort the files that there are by the format whose parser reads them."""
    found = defaultdict(list)
    for name, content in [*_all_files(), *_made_up(), *_images(), *_OTHERS]:
        for own in {*_BY_NAME.get(name, ()), format_of(content, name).name}:
            found[own].append((name, content))
    return found


def _files_of_format(wanted):
    return iter(_by_format()[wanted])


@cache
def _images():
    """Give small images as nibabel writes them, plain, packed, and in FreeSurfer's format."""
    voxels = np.arange(60).reshape(3, 4, 5) % 7 + 10
    made = {
        "T1_all_fast_firstseg.nii": nib.Nifti1Image(voxels.astype(np.int16), np.eye(4)),
        "T1_all_fast_firstseg.nii.gz": nib.Nifti1Image(voxels.astype(np.uint8), np.diag([2, -2, 2, 1])),
        "T1_all_fast_origsegs.nii.gz": nib.Nifti1Image(
            np.stack([voxels, voxels + 100], -1).astype(np.int16), np.eye(4)
        ),
        "T1_pve_1.nii.gz": nib.Nifti1Image((voxels / 16).astype(np.float32), np.eye(4)),
        "T1_brain_mask.nii.gz": nib.Nifti2Image((voxels > 12).astype(np.float64), np.eye(4)),
        "aseg.mgz": nib.MGHImage(voxels.astype(np.int32), np.eye(4)),
        "aseg.mgh": nib.MGHImage(voxels.astype(np.float32), np.eye(4)),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, image in made.items():
            nib.save(image, Path(folder, name))
        return [(name, Path(folder, name).read_bytes()) for name in made]


_BVARS = b"this is a bvars file\nmodels_336_bin/05mm/L_Hipp_05mm.bmv\nNumberOfSubjects 1\nT1_brain.nii.gz 3 "
_OTHERS = (
    ("T1-L_Hipp_first.bvars", _BVARS + np.arange(3 + 16, dtype="<f4").tobytes() + b"\n"),
    ("lh.volumes.txt", b"Left-Hippocampus 4012.5\nLeft-Amygdala 1500\n"),
    ("callosum.CC.all_slices.json", b'{"areas": [1.5, 2.5], "total": 4.0}'),
)
"""Small files of kinds of which no real one may be shipped."""
_BY_NAME = {"lh.volumes.txt": ("volumes",), "T1_brain_mask.nii.gz": ("mask", "image"), "aseg.mgz": ("image", "labels")}


@cache
def _made_up():
    with tempfile.TemporaryDirectory() as folder:
        root = make_cohort(Path(folder, "s"), n_subjects=1, seed=3, also=[*ALSO]).root
        return [(path.name, path.read_bytes()) for path in sorted(root.rglob("*")) if _is_small(path)]


def _is_small(path):
    return path.is_file() and path.stat().st_size <= _LARGEST


def files_of_a_subject():
    """Give the small text files of one subject that come with the tests: those that may be shipped, whole."""
    paths = [path for path in sorted(FIXTURES.rglob("*")) if path.suffix in (".stats", ".txt", ".csv", ".log", ".dat")]
    own = [(path.name, path.read_bytes()) for path in paths if "tables" not in path.parent.name]
    return [(name, content) for name, content in own if not recognises_group_table(content[:65536], name)]


def _group_tables():
    return ((name, content) for name, content in _all_files() if recognises_group_table(content[:65536], name))


def _archives():
    yield "a.zip", make_zip(TREE)
    yield "a.zip", make_zip(TREE, zipfile.ZIP_STORED)
    for packed, ending in (("", ".tar"), ("gz", ".tar.gz"), ("bz2", ".tar.bz2"), ("xz", ".tar.xz")):
        yield f"a{ending}", make_tar(TREE, packed)


@cache
def _written():
    """Give the files that fsstats writes: tables, accounts, sidecars, models, lists and ledgers."""
    with tempfile.TemporaryDirectory() as folder:
        made = make_cohort(Path(folder, "s"), n_subjects=30, seed=3)
        out = Path(folder, "out")
        out.mkdir()
        for suffix in (".parquet", ".csv", ".tsv"):
            fs.merge(made.root, out / f"c{suffix}", sources=["aseg"], subjects=["sub-001", "sub-002"])
        fs.write_table(made.participants, out / "participants.tsv")
        cohort = fs.load_cohort(made.root, sources=["aseg"])
        table = fs.join(cohort.table, made.participants)
        volumes = table[table["measure"].isin(["volume", "eTIV"]) & table["region"].isin(["global", "Left-Amygdala"])]
        fs.write_model(fs.fit_head_size(volumes), out / "headsize.json")
        fs.write_model(fs.fit_norms(volumes, "value ~ age"), out / "norms.json")
        people = fs.people_of(cohort, made.participants)
        fs.write_qdec(people, out / "qdec.table.dat", variables=["age"], factors=["group"])
        fs.write_fsgd(people, out / "g.fsgd", variables=["age"], factors=["group"])
        return [(path.name, path.read_bytes()) for path in sorted(out.rglob("*")) if path.is_file()]


def _of_ours(*endings):
    return ((name, content) for name, content in _written() if name.endswith(endings))


_KINDS_TEXT = b"""
[[source]]
name = "mine"
description = "Our own"
files = ['(?P<hemi>[lr]h)\\.mine\\.stats']
atlas = "mine"
complete = true

[[region]]
atlas = "mine"
name = "insula"
hemi = "lh"
aliases = ["Insula"]

[[measure]]
name = "load"
description = "A measure"
unit = "percent"
"""
_LUT_TEXT = b"#No. Name R G B A\n17 Left-Hippocampus 220 216 20 0\n18 Left-Amygdala 103 255 255 0\n"
_DSEG_TEXT = b"index\tname\tcolor\n17\tLeft-Hippocampus\t#dcd814\n"
_FSL_TEXT = b'<atlas><header><type>Label</type></header><data><label index="0" x="1">Thalamus</label></data></atlas>'


def _tables_of_labels():
    yield "my.lut.txt", _LUT_TEXT
    yield "dseg.tsv", _DSEG_TEXT
    yield "HarvardOxford.xml", _FSL_TEXT


# --- all of them ------------------------------------------------------------------------------------------------------

_TABLES = (".tsv", ".csv", ".parquet")


def _targets():
    for one in formats():
        yield one.name.replace(" ", "-"), Target(partial(_parse, one.parse), partial(_files_of_format, one.name))
    yield "any", Target(_any, lambda: iter(_all_files()))
    yield "group-table", Target(_group_table, _group_tables)
    yield "stencil", Target(_stencil, lambda: _files(("stats",)))
    yield "literal", Target(_literal, lambda: _files(("aseg.stats", "wmparc.stats")))
    yield "nifti", Target(_image, lambda: iter(_images()))
    yield "lut", Target(_lut, _tables_of_labels)
    yield "table", Target(partial(_from_file, fs.read_table, suffixes=_TABLES), lambda: _of_ours(*_TABLES))
    yield "ratings", Target(partial(_from_file, fs.read_ratings, suffixes=(".tsv",)), lambda: _of_ours(".tsv"))
    yield "model", Target(partial(_from_file, fs.read_model, suffixes=(".json",)), lambda: _of_ours(".json"))
    yield "qdec", Target(partial(_from_file, fs.read_qdec, suffixes=(".dat",)), lambda: _of_ours(".dat"))
    yield "fsgd", Target(partial(_from_file, fs.read_fsgd, suffixes=(".fsgd",)), lambda: _of_ours(".fsgd"))
    yield (
        "subject-lists",
        Target(partial(_from_file, _subject_lists, suffixes=(".txt",)), lambda: _of_ours(".dat", ".fsgd")),
    )
    yield "kinds", Target(partial(_from_file, _kinds, suffixes=(".toml",)), lambda: iter([("k.toml", _KINDS_TEXT)]))
    yield "ledger", Target(partial(_from_file, _ledger, suffixes=(".ledger",)), lambda: _of_ours(".ledger"))
    archives = (".zip", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz")
    yield "archive", Target(partial(_from_file, _archive, suffixes=archives), _archives)


TARGETS = dict(_targets())


def _read_by_its_own(content, name):
    """Read an input whose name begins with that of its target; a changed one gives the input to some other target."""
    own, _, name = name.partition("/")
    target = TARGETS.get(own) or [*TARGETS.values()][crc32(own.encode()) % len(TARGETS)]
    target.read(content, name)


def some_inputs(name):
    """Give some of the small files that a target begins with, as inputs."""
    small = [as_input(*seed) for seed in TARGETS[name].seeds() if len(seed[1]) < 30_000]
    return small[:: max(1, len(small) // 5)] or [b"\n"]


def _of_each_target():
    for name in TARGETS:
        for data in some_inputs(name):
            file, _, content = data.partition(b"\n")
            yield f"{name}/{file.decode()}", content


TOGETHER = {"together": Target(_read_by_its_own, _of_each_target)}
"""All of them as one, for a run that has but minutes."""
