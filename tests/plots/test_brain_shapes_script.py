"""The script that makes the outlines: it traces any picture, and reads FreeSurfer's classifiers."""

import importlib.util
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

SCRIPT = Path(__file__).parents[2] / "scripts" / "brain_shapes.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("brain_shapes", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def area(ring, lines):
    """Give the area within a ring of numbered lines."""
    steps = [lines[abs(number) - 1][:: 1 if number > 0 else -1] for number in ring]
    x, y = np.concatenate([line[:-1] for line in steps]).T
    return 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)


@given(image=arrays(np.int_, (5, 6), elements=st.integers(-1, 3)))
def test_the_lines_around_a_label_enclose_its_pixels(script, image):
    arcs = script.arcs_of(image)
    lines = [arc.points.astype(int) for arc in arcs]
    for label in range(4):
        numbers = [n for n, arc in enumerate(arcs, start=1) if arc.left == label]
        numbers += [-n for n, arc in enumerate(arcs, start=1) if arc.right == label]
        rings = script.rings_of(numbers, lines)
        assert sorted(n for ring in rings for n in ring) == sorted(numbers)
        assert sum(area(ring, lines) for ring in rings) == (image == label).sum()


def test_smoothing_keeps_the_ends_where_three_labels_meet(script):
    stairs = np.repeat(np.arange(12.0), 2)
    points = np.column_stack([stairs[1:], stairs[:-1]])
    smooth = script.smooth(script.Arc(points, 1, 2, ring=False), 2.0)
    assert np.allclose(smooth[[0, -1]], points[[0, -1]])
    assert np.abs(smooth[:, 0] - smooth[:, 1]).max() == pytest.approx(0.5, abs=0.02)  # the stairs are gone
    assert np.diff(smooth, axis=0).min() > 0


def test_thinning_leaves_the_line_where_it_was(script):
    angle = np.linspace(0, np.pi, 400)
    points = 50 * np.column_stack([np.cos(angle), np.sin(angle)])
    kept = script.thin(points, 0.1)
    assert len(kept) < 40
    middles = (kept[1:] + kept[:-1]) / 2
    assert np.abs(np.hypot(*middles.T) - 50).max() < 0.1 + 1e-9


def test_small_pieces_are_found_by_size_and_by_width(script):
    image = np.zeros((100, 100), dtype=int)
    image[10:50, 10:50] = 1  # 10 mm x 10 mm
    image[60:70, 10:20] = 1  # 2.5 mm x 2.5 mm
    image[80:86, :] = 2  # 1.5 mm x 25 mm
    small = script.small_pieces(image)
    assert not small[image == 0].any()
    assert small[60:70, 10:20].all()
    assert small[image == 2].all()
    assert not small[10:50, 10:50].any()


def classifier(priors, table):
    """Write a classifier as FreeSurfer does, of the smallest sphere: 12 points."""

    def integers(*numbers):
        return struct.pack(f">{len(numbers)}i", *numbers)

    matrix = b"1 1 1\n+0.5  \n"
    nodes = b"".join(integers(1, 7, 4, 3) + 2 * matrix for _ in range(12))
    neighbours = integers(1, 1, 4) + struct.pack(">f", 1.0)
    points = b"".join(
        integers(len(found), 9)
        + b"".join(integers(label) + struct.pack(">f", prior) + 4 * neighbours for label, prior in found.items())
        for found in priors
    )
    names = b"".join(
        integers(number, len(name) + 1) + name.encode() + b"\0" + integers(red, green, blue, 0)
        for number, (name, red, green, blue) in table.items()
    )
    file = b"table.txt\0"
    head = integers(1, -2, len(table), len(file)) + file + integers(len(table))
    return integers(-1414803315, 1, 0, 0, 0, 5) + b"curv\0" + integers(5, 0) + nodes + points + head + names


def test_a_classifier_gives_the_most_probable_label_of_each_point(script):
    one, two = 25 + (5 << 8), 10 + (20 << 8) + (30 << 16)
    priors = [{one: 0.6, two: 0.4}] * 5 + [{one: 0.1, two: 0.9}] * 6 + [{two: 1.0}]
    labels, names = script.most_likely_labels(classifier(priors, {0: ("unknown", 25, 5, 0), 7: ("insula", 10, 20, 30)}))
    assert labels.tolist() == [0] * 5 + [7] * 7
    assert names == {0: "unknown", 7: "insula"}


def test_a_package_that_is_missing_is_named(script):
    with pytest.raises(SystemExit, match=r"no_such_package is not installed; the head of brain_shapes\.py says"):
        script.data_of("no_such_package", "data")
