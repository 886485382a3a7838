"""What the pictures show, pixel by pixel."""

from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.errors import StatsFormatError
from fsstats.gallery._colours import colour_of, label_names, plain_name
from fsstats.gallery._look import Look
from fsstats.gallery._strips import _few, _indexed, _palette, _png, cuts_of, strips_of
from fsstats.gallery._volumes import brain_of
from gallery_support import RAS, SIDE, YELLOW, coloured, cube, head, pixels, save, stored


def brain(folder, image, labels, affine=RAS, labels_affine=None, *, only=None, suffix=".nii.gz"):
    where = [folder / f"{name}{suffix}" for name in ("image", "labels")]
    save(where[0], image, affine)
    save(where[1], labels, affine if labels_affine is None else labels_affine)
    return brain_of(where[0].read_bytes(), "image", where[1].read_bytes(), "labels", only)


def strip(folder, made, plane="axial", fit="image", *, plain=False, **look):
    (found,) = strips_of(made, Look(planes=(plane,), **{"scale": 6.0, "slices": 1} | look), fit)
    path = folder / "strip.png"
    path.write_bytes(found.plain if plain else found.png)
    assert pixels(path).shape[:2] == (found.height, found.width)
    return pixels(path)


@pytest.mark.parametrize("suffix", [".nii.gz", ".mgz"])
@pytest.mark.parametrize("letters", ["LIA", "RAS", "LAS", "PSR", "SPL", "IRP"])
def test_however_an_image_is_stored_its_pictures_are_the_same(tmp_path, letters, suffix):
    expected = strips_of(brain(tmp_path, head(), cube()), Look(slices=3), "image")
    image, affine = stored(head(), RAS, letters)
    labels, _ = stored(cube(), RAS, letters)
    assert strips_of(brain(tmp_path, image, labels, affine, suffix=suffix), Look(slices=3), "image") == expected


def test_labels_may_be_stored_otherwise_than_the_image(tmp_path):
    expected = strips_of(brain(tmp_path, head(), cube()), Look(), "image")
    labels, affine = stored(cube(), RAS, "LIA")
    made = brain(tmp_path, head(), labels, labels_affine=affine)
    assert strips_of(made, Look(), "image") == expected
    assert made.notes == ("the labels have another grid than the image and are drawn where their affine says",)


@pytest.mark.parametrize(
    ("plane", "convention", "at_the_left"),
    [
        ("axial", "radiological", False),
        ("axial", "neurological", True),
        ("coronal", "radiological", False),
        ("coronal", "neurological", True),
        ("sagittal", "radiological", True),  # the front
        ("sagittal", "neurological", True),
    ],
)
def test_a_mark_at_the_left_front_and_top_is_where_it_should_be(tmp_path, plane, convention, at_the_left):
    made = brain(tmp_path, head(), cube())
    picture = strip(tmp_path, made, plane, plain=True, slices=4, convention=convention)
    width = (picture.shape[1] - SIDE) // 4 - 6
    rows, columns = np.nonzero(picture[:-26, SIDE:, 0] > 200)
    assert len(rows)
    assert width == 6 * (16 + 2 * 3)
    inside = columns % (width + 6)
    assert ((inside < width / 2) == at_the_left).all()
    assert (rows < (len(picture) - 26) / 2).all()


def test_an_outline_is_one_pixel_wide_and_just_inside_the_label(tmp_path):
    picture = strip(tmp_path, brain(tmp_path, head(), cube()), fit="labels")
    # 12 mm around voxels 10 to 15 and 12 to 17: the picture begins at the right of voxel 27, and in front of voxel 29.
    left, right = SIDE + (27 - 15) * 6, SIDE + (27 - 10) * 6 + 5
    top, bottom = (29 - 17) * 6, (29 - 12) * 6 + 5
    rows, columns = coloured(picture)
    expected = {(row, column) for row in range(top, bottom + 1) for column in (left, right)}
    expected |= {(row, column) for row in (top, bottom) for column in range(left, right + 1)}
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected


def test_without_outlines_a_picture_is_grey_and_otherwise_the_same(tmp_path):
    made = brain(tmp_path, head(), cube())
    outlined, plain = strip(tmp_path, made), strip(tmp_path, made, plain=True)
    assert (plain == plain[..., :1]).all()
    same = (outlined != YELLOW).any(axis=-1)
    assert np.abs(outlined[same].astype(int) - plain[same]).max() <= 1  # half the greys


def test_the_letters_change_sides_with_the_convention(tmp_path):
    made = brain(tmp_path, head(), cube())
    pictures = (strip(tmp_path, made, plain=True, convention=one) for one in ("radiological", "neurological"))
    (left, right), (other_left, other_right) = (
        (foot[:, :16], foot[:, -22:-6]) for foot in (p[-26:, SIDE:] for p in pictures)
    )
    assert min(left.max(), right.max()) > 200
    assert (left != right).any()
    assert column_sums(left) == column_sums(other_right)
    assert column_sums(right) == column_sums(other_left)


def column_sums(letter):
    """Tell one letter from another, wherever it stands."""
    inked = (letter[..., 0] > 100).sum(axis=0)
    return inked[inked.nonzero()[0][0] : inked.nonzero()[0][-1] + 1].tolist()


def test_voxels_keep_their_proportions(tmp_path):
    thick = np.diag([1.0, 1.0, 3.0, 1.0])
    made = brain(tmp_path, head((32, 32, 12)), cube((32, 32, 12), (10, 12, 5), (15, 17, 6)), thick)
    strips = {one.plane: one for one in strips_of(made, Look(slices=1, scale=6.0), "image")}
    # What is shown: 16 + 6 mm along x and y, (6 + 2) * 3 mm along z.
    assert {plane: (one.width - SIDE - 6, one.height - 26) for plane, one in strips.items()} == {
        "axial": (132, 132),
        "coronal": (132, 144),
        "sagittal": (132, 144),
    }
    picture = strip(tmp_path, made, "coronal")
    rows, _ = coloured(picture)
    assert np.ptp(rows) + 1 == 2 * 3 * 6  # two voxels of 3 mm, 6 pixels a mm


def test_an_oblique_image_is_shown_along_its_own_axes(tmp_path):
    angle = np.deg2rad(20)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    straight = strip(tmp_path, brain(tmp_path, head(), cube()))
    assert np.array_equal(strip(tmp_path, brain(tmp_path, head(), cube(), turn @ RAS))[:-26], straight[:-26])


def test_labels_on_a_finer_grid_are_drawn_where_they_lie(tmp_path):
    expected = coloured(strip(tmp_path, brain(tmp_path, head(), cube())))
    finer = RAS @ np.array([[0.5, 0, 0, -0.25], [0, 0.5, 0, -0.25], [0, 0, 0.5, -0.25], [0, 0, 0, 1]])
    doubled = cube().repeat(2, 0).repeat(2, 1).repeat(2, 2)
    assert np.array_equal(coloured(strip(tmp_path, brain(tmp_path, head(), doubled, labels_affine=finer))), expected)


def test_a_few_very_bright_voxels_change_nothing(tmp_path):
    image = head().astype(np.float32)
    before = strip(tmp_path, brain(tmp_path, image, cube()), plain=True, slices=5)
    image[20, 20, 20] = 1e6
    image[0, 0, 0] = np.nan
    after = strip(tmp_path, brain(tmp_path, image, cube()), plain=True, slices=5)
    assert (np.abs(before.astype(int) - after) > 3).mean() < 0.01


def test_numbers_that_are_scaled_look_like_those_that_are_not(tmp_path):
    expected = strip(tmp_path, brain(tmp_path, head(), cube()))
    assert np.array_equal(strip(tmp_path, brain(tmp_path, head() * 0.01 - 3.0, cube().astype(float))), expected)


def test_only_the_regions_that_were_asked_for_are_outlined_and_looked_at(tmp_path):
    both = cube() + cube(low=(18, 12, 14), high=(21, 17, 19), label=53)
    assert brain(tmp_path, head(), both).found == (17, 53)
    made = brain(tmp_path, head(), both, only=(17,))
    assert made.found == (17,)
    assert np.array_equal(
        strip(tmp_path, made, fit="labels"), strip(tmp_path, brain(tmp_path, head(), cube()), fit="labels")
    )


def test_all_of_the_brain_is_shown_where_half_of_it_has_no_labels(tmp_path):
    made = brain(tmp_path, head(), cube(low=(8, 8, 8), high=(15, 23, 23)))
    widths = [strips_of(made, Look(slices=1, scale=8.0), fit)[0].width - SIDE - 6 for fit in ("image", "labels")]
    assert widths == [8 * (16 + 2 * 3), 8 * (8 + 8 + 12)]  # tissue and 3 mm; labels and 12 mm, or the edge


FAULTS = {
    "several volumes": (np.zeros((4, 4, 4, 2), np.uint8), cube((4, 4, 4), (1, 1, 1), (2, 2, 2)), "image: expected one volume, found 2"),
    "several volumes of labels": (head(), np.zeros((32, 32, 32, 3), np.int16), "labels: expected one volume, found 3"),
    "an image of one value": (np.full((32, 32, 32), 7, np.uint8), cube(), "image: expected an image, found voxels that are all 7"),
    "no labels": (head(), cube(label=0), "labels: expected labels that are not 0, found none. The program"),
    "labels that are none": (head(), cube().astype(np.float32) / 2, "labels: expected labels, which are whole numbers, found 8.5"),
}  # fmt: skip


@pytest.mark.parametrize(("image", "labels", "said"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_drawn_is_said(tmp_path, image, labels, said):
    with pytest.raises(StatsFormatError, match=f"^{said}"):
        brain(tmp_path, image, labels)


def test_labels_that_do_not_overlap_the_image_are_said(tmp_path):
    away = RAS.copy()
    away[0, 3] += 100
    with pytest.raises(StatsFormatError, match=r"labels: expected labels within the image, found none .* template"):
        brain(tmp_path, head(), cube(), labels_affine=away)
    away[0, 3] = RAS[0, 3] - 13  # voxels 10, 11 and 12 of 10 to 15 are outside
    assert brain(tmp_path, head(), cube(), labels_affine=away).notes[0].startswith("50% of the labelled voxels")


def test_regions_that_are_not_there_are_said(tmp_path):
    with pytest.raises(StatsFormatError, match="expected the labels that were asked for, found only others"):
        brain(tmp_path, head(), cube(), only=(53,))


def test_an_image_that_does_not_say_how_it_lies_is_noted(tmp_path):
    path = save(tmp_path / "image.nii", head(), None)
    made = brain_of(path.read_bytes(), "image", save(tmp_path / "l.nii", cube(), None).read_bytes(), "labels", None)
    assert made.notes == (
        "the header does not say how the image lies: left and right are what its format takes for granted",
    )


def test_an_affine_that_cannot_be_used_is_said(tmp_path):
    path = save(tmp_path / "image.nii", head())
    data = bytearray(path.read_bytes())
    data[280:296] = np.zeros(4, np.float32).tobytes()  # srow_x
    with pytest.raises(
        StatsFormatError, match="expected an affine from voxels to millimetres, found one that no point"
    ):
        brain_of(bytes(data), "image", save(tmp_path / "l.nii", cube()).read_bytes(), "labels", None)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 12))
def test_slices_are_within_the_box_apart_and_not_more_than_asked_for(low, length, n):
    cuts = cuts_of(low, low + length, n)
    assert cuts == sorted(set(cuts))
    assert low <= cuts[0]
    assert cuts[-1] <= low + length
    assert len(cuts) == min(n, length + 1) or length + 1 < 2 * n


def test_a_palette_holds_every_atlas():
    labels = [*range(1, 1000)]
    colours = _few({label: colour_of(label, {}) for label in labels})
    greys, hues = _palette(colours.values())
    assert len(greys) + len(hues) <= 256
    assert len(greys) >= 40
    drawn = np.array([labels])
    places = {label: len(greys) + hues.index(colours[label]) for label in labels}
    found = _indexed(np.zeros(drawn.shape), drawn, places, len(greys))
    assert [[*greys, *hues][place] for place in found[0].tolist()] == [colours[label] for label in labels]


def test_every_structure_of_a_run_has_freesurfers_colour():
    table = files("fsstats.gallery").joinpath("colours.tsv").read_text("utf-8").splitlines()[1:]
    coloured = {line.split("\t")[0] for line in table}
    names = label_names()
    labels = [label for label in names if 0 < label < 3000 or 11100 < label < 13000]
    assert {plain_name(label, names) for label in labels} <= coloured


@pytest.mark.parametrize("label", [17, 53])
def test_both_sides_have_the_colour_of_freesurfer(label):
    assert colour_of(label, {}) == YELLOW


LUT = {
    28: (165, 42, 42),
    77: (200, 70, 255),
    78: (255, 148, 10),
    1007: (180, 220, 140),
    3007: (75, 35, 115),  # white matter has what its cortex lacks,
    4035: (20, 220, 160),  # but that of the insula
    11101: (23, 220, 60),
    12175: (221, 60, 60),
}
"""Lines of FreeSurferColorLUT.txt."""


@pytest.mark.parametrize(("label", "colour"), LUT.items(), ids=map(str, LUT))
def test_colours_are_those_of_freesurfers_table(label, colour):
    assert colour_of(label, {}) == colour_of(-1, {-1: colour})


@given(st.integers(1, 20_000))
def test_every_outline_is_bright_enough_to_be_seen(label):
    red, green, blue = colour_of(label, {})
    assert 0.299 * red + 0.587 * green + 0.114 * blue >= 109


def test_a_png_is_one_that_others_read(tmp_path):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    (tmp_path / "grey.png").write_bytes(_png(grey, None, "axial"))
    assert np.array_equal(pixels(tmp_path / "grey.png")[..., 0], grey)
    (tmp_path / "colours.png").write_bytes(_png(grey, [(n, 2 * n, 3 * n) for n in range(12)], "axial"))
    assert pixels(tmp_path / "colours.png")[2, 3].tolist() == [11, 22, 33]


def test_words_have_room_below_a_small_slice(tmp_path):
    picture = strip(tmp_path, brain(tmp_path, head(), cube()), slices=2, scale=1.0)
    assert picture.shape[1] == SIDE + 2 * (120 + 6)
    rows, columns = coloured(picture)
    assert len(rows)
    assert ((columns - SIDE) % 126).mean() == pytest.approx(60, abs=6)  # in the middle
