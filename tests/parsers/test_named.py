"""Subregions: every generation of names, texts and their twins alike, totals apart from their parts, and damage found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.formats import format_of
from fsstats.parsers.named import parse_limbic
from fsstats.schema import identify, printed_regions, source_of
from tests_support import FS6, HANDMADE

PLACE = HANDMADE / "subregions"
DEEP = HANDMADE / "deep"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(PLACE.iterdir()) if path.name != "README.md"}
HIPPO = TEXTS["lh.hippoSfVolumes-T1.v21.txt"]
V10 = TEXTS["lh.hippoSfVolumes-T1-T2.v10.txt"]
THALAMUS = TEXTS["ThalamicNuclei.v12.T1.volumes.txt"]
LEFT = TEXTS["thalamic-nuclei.lh.v12.T1.stats"]
BRAINSTEM = TEXTS["brainstemSsVolumes.v13.txt"]
LIMBIC = TEXTS["sclimbic.stats"]
QA = TEXTS["qa.stats"]
LABELS = ["source", "hemi", "region", "measure", "value", "unit", "segid"]


def rows_of(text, where):
    return long_table(parse_stats(text, where=where), subject="sub-01")


def sorted_rows(table):
    return table[LABELS].sort_values(["hemi", "region", "measure"]).reset_index(drop=True)


# file name: (source, hemisphere)
NAMES = {
    "lh.hippoSfVolumes-T1.v10.txt": ("hippoSf.T1.v10", "lh"),
    "lh.hippoSfVolumes-T1.v21.txt": ("hippoSf.T1.v21", "lh"),
    "rh.hippoSfVolumes-T1.long.v21.txt": ("hippoSf.T1.v21", "rh"),
    "lh.hippoSfVolumes-T1.long.v10.txt": ("hippoSf.T1.v10", "lh"),
    "lh.hippoSfVolumes-T1-T2.v22.txt": ("hippoSf.T1-T2.v22", "lh"),
    "lh.hippoSfVolumes-T2.v21.txt": ("hippoSf.T2.v21", "lh"),
    "lh.hippoSfVolumes.txt": ("hippoSf", "lh"),
    "rh.hippoSfVolumes.segsub.txt": ("hippoSf.segsub", "rh"),
    "rh.hippoSfVolumes.long.txt": ("hippoSf", "rh"),
    "hipposubfields.lh.T1.v21.stats": ("hippoSf.T1.v21", "lh"),
    "hipposubfields.lh.T2.v21.T2id.stats": ("hippoSf.T1-T2id.v21", "lh"),
    "hipposubfields.lh.T2.v21.pd.stats": ("hippoSf.T1-pd.v21", "lh"),
    "rh.amygNucVolumes-T1.v22.txt": ("amygNuc.T1.v22", "rh"),
    "lh.amygNucVolumes-T1.long.v21.txt": ("amygNuc.T1.v21", "lh"),
    "lh.amygNucVolumes.segsub.txt": ("amygNuc.segsub", "lh"),
    "amygdalar-nuclei.lh.T1.v22.stats": ("amygNuc.T1.v22", "lh"),
    "amygdalar-nuclei.lh.T2.v22.T2id.stats": ("amygNuc.T1-T2id.v22", "lh"),
    "ThalamicNuclei.v12.T1.volumes.txt": ("thalamus.T1.v12", None),
    "ThalamicNuclei.v13.DTI.volumes.txt": ("thalamus.DTI.v13", None),
    "ThalamicNuclei.volumes.txt": ("thalamus", None),
    "ThalamicNuclei.segsub.volumes.txt": ("thalamus.segsub", None),
    "thalamic-nuclei.lh.v12.T1.stats": ("thalamus.T1.v12", "lh"),
    "brainstemSsVolumes.v10.txt": ("brainstem.v10", None),
    "brainstemSsVolumes.v13.additional.txt": ("brainstem.v13.additional", None),
    "brainstemSsLabels.volumes.txt": ("brainstem", None),
    "brainstemSsLabels.segsub.volumes.txt": ("brainstem.segsub", None),
    "brainstemSsLabels.long.volumes.txt": ("brainstem", None),
    "brainstem.v13.stats": ("brainstem.v13", None),
    "arousalNetworkVolumes.v10.stats": ("AAN.v10", None),
    "hypothalamic_subunits_volumes.v1.stats": ("hypothalamus.v1", None),
    "hypothalamic_subunits_volumes.v1.csv": ("hypothalamus.v1", None),
    "sclimbic.stats": ("sclimbic", None),
    "vsinus.stats": ("vsinus", None),
    "qa.stats": ("qa", None),
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items(), ids=NAMES)
def test_a_name_of_any_generation_says_structure_analysis_version_and_side(name, expected):
    found = identify(f"sub-01/mri/{name}")
    assert found[:2] == expected
    assert source_of(found.source) is not None


@pytest.mark.parametrize(
    "name", ["wm1.txt", "lh.hippoSfVolumes-T1.v21.mgz", "hypothalamic_subunits_volumes_all.v1.csv"]
)
def test_other_files_are_not_of_these_kinds(name):
    assert identify(f"sub-01/mri/{name}") is None


# names that a whole file prints, totals included, as FreeSurfer's files have them
COUNTS = {"hippoSf": 19 + 3, "hippoSf.v10": 12 + 1, "amygNuc": 9 + 1, "thalamus": 50 + 2, "brainstem": 4 + 1}
PRINTED = {
    "lh.hippoSfVolumes-T1.v21.txt": "hippoSf",
    "lh.hippoSfVolumes-T1-T2.v10.txt": "hippoSf.v10",
    "rh.amygNucVolumes-T1.v21.txt": "amygNuc",
    "ThalamicNuclei.v12.T1.volumes.txt": "thalamus",
    "brainstemSsVolumes.v13.txt": "brainstem",
}


@pytest.mark.parametrize(("name", "atlas"), PRINTED.items(), ids=PRINTED)
def test_a_text_has_as_many_names_as_its_generation_prints(name, atlas):
    stats = parse_stats(TEXTS[name], where=name)
    assert len(stats.names) + len(stats.measure_lines) == COUNTS[atlas]
    assert set(stats.names) == set(printed_regions(atlas))
    assert stats.columns == ("SegId", "Volume_mm3")


@pytest.mark.parametrize("name", [name for name in TEXTS if name.endswith(".txt")])
def test_every_number_is_the_printed_one_and_no_total_is_a_region(name):
    table = rows_of(TEXTS[name], name)
    printed = {line.split(" ")[0]: float(line.split(" ")[1]) for line in TEXTS[name].splitlines()}
    totals = {key: printed.pop(key) for key in list(printed) if "Whole_" in key}
    rows, wholes = table[table["region"] != "global"], table[table["region"] == "global"]
    assert dict(zip(rows["region"], rows["value"], strict=True)) == printed
    assert dict(zip(wholes["measure"], wholes["value"], strict=True)) == totals
    assert set(rows["measure"]) == {"volume"}
    assert set(table["unit"]) == {"mm^3"}
    assert set(table["source"]) == {identify(name).source}


# text: its twins
TWINS = {
    "hippocampus": (["lh.hippoSfVolumes-T1.v21.txt"], ["hipposubfields.lh.T1.v21.stats"]),
    "amygdala": (["rh.amygNucVolumes-T1.v21.txt"], ["amygdalar-nuclei.rh.T1.v21.stats"]),
    "brainstem": (["brainstemSsVolumes.v13.txt"], ["brainstem.v13.stats"]),
    "thalamus": (
        ["ThalamicNuclei.v12.T1.volumes.txt"],
        ["thalamic-nuclei.lh.v12.T1.stats", "thalamic-nuclei.rh.v12.T1.stats"],
    ),
}


@pytest.mark.parametrize(("texts", "twins"), TWINS.values(), ids=TWINS)
def test_a_text_and_its_twin_give_the_same_rows(texts, twins):
    text = [row for name in texts for row in sorted_rows(rows_of(TEXTS[name], name)).values.tolist()]
    twin = [row for name in twins for row in sorted_rows(rows_of(TEXTS[name], name)).values.tolist()]
    assert sorted(map(str, text)) == sorted(map(str, twin))


def test_the_twins_row_numbers_are_no_ids_and_their_zeros_no_counts():
    stats = parse_stats(TEXTS["hipposubfields.lh.T1.v21.stats"], where="hipposubfields.lh.T1.v21.stats")
    assert "NVoxels" not in stats.columns
    assert dict(zip(stats.names, stats.column("SegId"), strict=True))["CA1-head"] == 237  # regions.tsv: LUT id
    assert stats.header == {"generating_program": "segmentHA_T1.sh"}


def test_the_hypothalamus_twin_gives_what_the_csv_gives_and_mends_the_misspelt_name():
    name = "hypothalamic_subunits_volumes.v1"
    twin = rows_of(TEXTS[f"{name}.stats"], f"{name}.stats").set_index(["hemi", "region", "measure"])["value"]
    csv = rows_of((DEEP / f"{name}.csv").read_text(encoding="utf-8"), f"{name}.csv")
    assert twin.to_dict() == csv.set_index(["hemi", "region", "measure"])["value"].to_dict()
    assert twin["rh", "Right-Anterior-Superior", "volume"] == 20.5
    assert twin["lh", "global", "Whole-Left"] == 367.629


def test_the_nuclei_of_the_thalamus_have_their_side():
    table = rows_of(THALAMUS, "ThalamicNuclei.v12.T1.volumes.txt").set_index(["region", "measure"])
    assert table.loc[("Left-L-Sg", "volume"), ["hemi", "segid"]].tolist() == ["lh", 8111]
    assert table.loc[("Right-MV(Re)", "volume"), ["hemi", "segid"]].tolist() == ["rh", 8216]
    assert table.loc[("global", "Right-Whole_thalamus"), "hemi"] == "rh"


def test_the_arousal_network_has_its_own_names_and_a_total():
    table = rows_of(TEXTS["arousalNetworkVolumes.v10.stats"], "arousalNetworkVolumes.v10.stats")
    assert len(table) == 17
    assert table["measure"].tolist().count("Whole_arousal_network") == 1
    assert not set(table["region"]) & set(printed_regions("aparc", "lh"))


# a name that says nothing: (text, source)
UNNAMED = {
    "subfields": (HIPPO, "hippoSf"),
    "unparted subfields": (V10, "hippoSf"),
    "twin of the thalamus": (LEFT, "thalamus"),
    "brainstem": (BRAINSTEM, "brainstem"),
    "hypothalamus": (TEXTS["hypothalamic_subunits_volumes.v1.stats"], "hypothalamus"),
    "arousal network": (TEXTS["arousalNetworkVolumes.v10.stats"], "AAN"),
}


@pytest.mark.parametrize(("text", "source"), UNNAMED.values(), ids=UNNAMED)
def test_the_content_says_what_it_is(text, source):
    stats = parse_stats(text, where="<text>")
    assert (stats.source, stats.hemi) == (source, None)
    assert parse_stats(text, where="sub-01/my.own.stats").source == "my.own"


FOREIGN = {
    "a count of mri_binarize": "0 0.000000 16777216 0.000000\n",
    "fslstats": "27139 5964.219717 \tLeft-Thalamus-Proper\n27011 5936.1 \tRight-Thalamus-Proper\n",
    "names of aseg": "Left-Hippocampus 4000.1\nRight-Hippocampus 4100.2\nLeft-Amygdala 1500.3\n",
    "one known name among others": "Pons 12.5\nCerebellum 100.1\nVermis 20.2\n",
    "a list of people": "participant_id\tage\nsub-01\t31\nsub-02\t44\n",
    "group table": "Subject left_Hippocampal_tail left_CA1-head\nsub-01 500.1 480.2\n",
    "prose": "Pons and Medulla\nare parts of the brainstem\n",
    "a line of numbers": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
    "nothing": "",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_lists_of_anything_else_are_not_claimed(text):
    for name in ("wm1.txt", "volumes.txt", "<text>"):
        assert format_of(text.encode(), name).name not in {"named", "limbic", "qa", "kvl"}


@pytest.mark.parametrize(
    "path", [*sorted(FS6.glob("*.stats")), *sorted(HANDMADE.glob("*.stats"))], ids=lambda p: p.name
)
def test_the_files_of_other_formats_are_left_to_them(path):
    assert format_of(path.read_bytes(), "<text>").name not in {"named", "limbic", "qa", "kvl"}


@pytest.mark.parametrize("name", TEXTS)
def test_no_other_format_claims_these(name):
    due = {"sclimbic.stats": "limbic", "entowm.stats": "limbic", "qa.stats": "qa", "vsinus.stats": "stats"}
    assert format_of(TEXTS[name].encode(), name).name == due.get(name, "named")


def without(text, *names):
    return "".join(line for line in text.splitlines(keepends=True) if not set(line.split()) & set(names))


V21 = "lh.hippoSfVolumes-T1.v21.txt"
BROKEN = {
    "cut between lines": (HIPPO[: HIPPO.index("CA4-head")], V21, "expected 22 names, found 14; without CA4-head"),
    "cut before the totals": (HIPPO[: HIPPO.index("Whole")], V21, "found 19; without Whole_hippocampal_body"),
    "cut within the last number": (HIPPO[:-4], V21, "a line feed at the end"),
    "a nucleus lost": (
        without(THALAMUS, "Left-VPL"),
        "ThalamicNuclei.v12.T1.volumes.txt",
        "52 names, found 51; without",
    ),
    "a twin cut": (LEFT[: LEFT.index("20 20")], "thalamic-nuclei.lh.v12.T1.stats", "expected 26 names, found 19"),
    "v10, a subfield lost": (without(V10, "CA3"), "lh.hippoSfVolumes-T1.v10.txt", "13 names, found 12; without CA3"),
    "one line of v10 left": (V10.split("\n")[0] + "\n", "lh.hippoSfVolumes-T1.v10.txt", "expected 13 names, found 1"),
    "an edited part": (HIPPO.replace("CA1-body ", "CA1-body 1"), V21, "expected Whole_hippocampal_body of"),
    "an edited total": (
        BRAINSTEM.replace("Whole_brainstem 2", "Whole_brainstem 3"),
        "brainstemSsVolumes.v13.txt",
        "expected Whole_brainstem of",
    ),
    "a decimal comma": (BRAINSTEM.replace("280.5", "280,5"), "brainstemSsVolumes.v13.txt", "expected a name and a vol"),
    "a word for a volume": (BRAINSTEM.replace("280.500000", "n/a"), "brainstemSsVolumes.v13.txt", ":3: expected a na"),
    "a volume split by a blank": (
        BRAINSTEM.replace("Pons 15", "Pons 15 "),
        "brainstemSsVolumes.v13.txt",
        ":2: expected a name and a volume",
    ),
    "two volumes of one structure": (BRAINSTEM + "SCP 1.0\n", "brainstemSsVolumes.v13.txt", "one volume of SCP"),
    "only the first line of a twin": (
        "# Hippocampal subfield volumes as created by segmentHA_T2.sh\n",
        "hipposubfields.lh.T2.v21.pd.stats",
        "found 0; without .* segmentHA_T2.sh leaves it so",
    ),
    "the amygdala under a name of the hippocampus": (
        TEXTS["rh.amygNucVolumes-T1.v21.txt"],
        V21,
        "expected hippoSf .its name., found names of amygNuc",
    ),
    "a first line of another structure": (
        LEFT.split("\n", 1)[0] + "\n" + HIPPO,
        "<text>",
        "expected thalamus .its first line., found names of hippoSf",
    ),
    "subfields called aseg.stats": (HIPPO, "aseg.stats", "expected aseg .its name., found names of hippoSf"),
    "left nuclei called right": (
        LEFT,
        "thalamic-nuclei.rh.v12.T1.stats",
        "expected hemisphere rh .its name., found lh",
    ),
    "nuclei of both sides in a twin": (THALAMUS, "thalamic-nuclei.lh.v12.T1.stats", "expected nuclei of the side lh"),
    "nuclei of no side": (LEFT.split("\n", 1)[1], "<text>", "expected the side in the names of the nuclei"),
    "prose": ("nothing of the kind\n", V21, "expected names of subregions and their volumes|a name and a volume"),
    "other names": ("one 1.0\ntwo 2.0\n", V21, "found 'one' and the like"),
    "empty": ("", V21, "found an empty file"),
    "binary": ("CA1-head\0", V21, "found binary data"),
    "UTF-16": (HIPPO.encode("utf-16"), V21, "UTF-16"),
}


@pytest.mark.parametrize(("text", "where", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_what_is_wrong(text, where, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text, where=where)


def test_what_is_whole_in_a_broken_text_is_kept():
    stats = parse_stats(BRAINSTEM.replace("280.500000", "n/a"), where="brainstemSsVolumes.v13.txt", strict=False)
    assert stats.names == ("Medulla", "Pons", "Midbrain")
    assert stats.measure_lines[0].field == "Whole_brainstem"
    assert np.isfinite(stats.numbers).all()


def test_a_missing_volume_is_missing():
    stats = parse_stats(BRAINSTEM.replace("280.500000", "nan"), where="brainstemSsVolumes.v13.txt")
    assert np.isnan(stats.column("Volume_mm3")[stats.names.index("SCP")])


def test_names_that_the_atlas_lacks_are_kept_and_counted_in_the_total():
    total = float(BRAINSTEM.split()[-1])
    text = BRAINSTEM.replace(f"{total:.6f}", f"{total + 12.5:.6f}") + "My-Part 12.500000\n"
    stats = parse_stats(text, where="brainstemSsVolumes.v13.txt")
    assert stats.names[-1] == "My-Part"
    assert stats.columns == ("Volume_mm3",)
    assert "not in the atlas brainstem as it is known here, and kept: My-Part" in stats.remarks[0].text


def test_a_line_that_stands_twice_is_used_once():
    stats = parse_stats(BRAINSTEM + "SCP 280.500000\n", where="brainstemSsVolumes.v13.txt")
    assert stats.names.count("SCP") == 1
    assert "SCP stands twice" in stats.remarks[0].text


def test_line_ends_of_windows_change_nothing():
    windows = parse_stats(HIPPO.replace("\n", "\r\n"), where=V21)
    assert long_table(windows).equals(long_table(parse_stats(HIPPO, where=V21)))


def test_the_tables_of_freesurfer_5_are_named_and_not_read():
    with pytest.raises(StatsFormatError, match="whole study's table of FreeSurfer 5, in voxels") as caught:
        parse_stats("volume_subject left_CA1 left_CA4-DG\nsub-01 2100 3200\n", where="volumeStats_left.txt")
    assert caught.value.status == "skipped"


def test_limbic_structures_have_their_own_names_for_ids_of_aseg():
    table = rows_of(LIMBIC, "sclimbic.stats")
    accumbens = table[table["segid"] == 26]
    assert set(accumbens["region"]) == {"Left-Nucleus-Accumbens"}
    assert set(accumbens["measure"]) == {"volume", "n_voxels"}
    assert table.loc[table["measure"] == "eTIV", "value"].tolist() == [1501234.25]
    assert table.loc[table["region"] == "Left-Fornix", "hemi"].unique().tolist() == ["lh"]


def test_the_two_files_of_the_limbic_writer_are_told_apart():
    assert parse_limbic(TEXTS["entowm.stats"].encode(), "<text>").source == "entowm"
    assert parse_limbic(LIMBIC.encode(), "<text>").source == "sclimbic"
    table = rows_of(TEXTS["entowm.stats"], "entowm.stats")
    assert sorted(table.loc[table["measure"] == "volume", "region"]) == sorted(printed_regions("entowm"))
    assert set(table["source"]) == {"entowm"}


def fused(text):
    """Give the first row a count of seven digits, printed as the program prints it: behind the id without a blank."""
    lines = text.splitlines()
    place = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    lines[place] = f"{1:<4} {26:>6}{1234567:>6}{1234.5:>12.4f}    Left-Nucleus-Accumbens"
    return "\n".join(lines) + "\n"


def test_an_id_that_ran_into_its_count_is_parted():
    assert "261234567" in fused(LIMBIC)
    stats = parse_stats(fused(LIMBIC), where="sclimbic.stats")
    assert stats.numbers[0].tolist() == [1, 26, 1234567, 1234.5]
    assert "read as 26 and 1234567" in stats.remarks[0].text


LIMBIC_BROKEN = {
    "cut between rows": ("".join(LIMBIC.splitlines(keepends=True)[:12]), "expected 12 rows .NRows., found 6"),
    "its count lost": (LIMBIC.replace("# NRows 12\n", ""), "expected NRows, found 12"),
    "its columns lost": (LIMBIC.replace("ColHeaders", "Columns"), "expected '# ColHeaders Index SegId"),
    "an id of another structure": (LIMBIC.replace("   821 ", "   822 "), "expected id 821 of Left-Fornix, found 822"),
    "another number of decimals": (
        LIMBIC.replace("6    Left-SeptalNuc", "    Left-SeptalNuc"),
        "4 decimals in column Vol",
    ),
    "an id run together where the places do not fit": (
        fused(LIMBIC).replace("1        26", "1 26"),
        "expected 5 columns",
    ),
}


@pytest.mark.parametrize(("text", "message"), LIMBIC_BROKEN.values(), ids=LIMBIC_BROKEN)
def test_a_broken_limbic_table_says_what_is_wrong(text, message):
    assert text != LIMBIC
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text, where="sclimbic.stats")


def test_a_limbic_table_under_the_others_name_is_a_conflict():
    with pytest.raises(StatsFormatError, match=r"expected entowm [(]its name[)], found structures of sclimbic"):
        parse_stats(LIMBIC, where="entowm.stats")


def test_venous_sinuses_are_a_plain_table():
    table = rows_of(TEXTS["vsinus.stats"], "vsinus.stats")
    assert table.loc[table["region"] == "Sinus-One", "value"].tolist() == [4120, 4120]
    assert table.loc[table["measure"] == "eTIV", "value"].tolist() == [1501234.25]


@pytest.mark.parametrize("n", [16, 19], ids=["6.0", "7.1"])
def test_the_line_of_quality_control_is_measures(n):
    words = QA.split()[: n + 1]
    stats = parse_stats(" ".join(words) + "\n", where="stats/qa.stats")
    table = long_table(stats).set_index("measure")
    assert table["value"].tolist() == [float(word) for word in words[1:]]
    assert set(table["region"]) == {"global"}
    assert stats.subject == "sub-01"
    assert table.loc[["lhholes", "MaskVolToETIV"], ["hemi", "unit"]].values[0].tolist() == ["lh", "unitless"]


def test_ratios_of_quality_control_may_be_infinite():
    stats = parse_stats(QA.replace("24.06", "inf").replace("4.10", "-nan"), where="qa.stats")
    values = {line.field: line.value for line in stats.measure_lines}
    assert np.isinf(values["wmSNR"])
    assert np.isnan(values["gwcCNR"])


QA_BROKEN = {
    "cut": (QA[:-3], "a line feed at the end"),
    "a number lost": (QA.replace(" 4.50", ""), "expected a subject and 16 or 19 numbers, found 19 words"),
    "a word for a number": (QA.replace("4.50", "four"), "expected a number as wmStd, found 'four'"),
    "two subjects": (QA + QA, "found 2 lines, as of several subjects"),
    "holes that do not add up": (QA.replace(" 55 ", " 56 "), "expected totholes of 56"),
    "the seven columns of old builds": ("sub-01 3 120 45 0 12 7\n", "found 7 words"),
}


@pytest.mark.parametrize(("text", "message"), QA_BROKEN.values(), ids=QA_BROKEN)
def test_a_broken_line_of_quality_control_says_what_is_wrong(text, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text, where="qa.stats")


@given(st.data())
def test_a_file_that_is_cut_anywhere_is_not_whole(data):
    name = data.draw(st.sampled_from([name for name in TEXTS if name != "vsinus.stats"]))
    cut = TEXTS[name][: data.draw(st.integers(0, len(TEXTS[name]) - 1))]
    with pytest.raises(StatsFormatError):
        parse_stats(cut, where=name)


@given(st.binary(max_size=300), st.sampled_from([*TEXTS, "volumeStats_left.txt", "<text>"]), st.booleans())
def test_nothing_but_our_own_error_is_raised(data, name, behind):
    known = TEXTS.get(name, "").encode()
    try:
        parse_stats(known + data if behind else data + known, where=name, strict=False)
    except StatsFormatError as error:
        assert str(error)  # noqa: PT017 - either is right


@given(st.data())
def test_a_changed_digit_of_a_part_or_total_is_found_out(data):
    lines = HIPPO.splitlines()
    chosen = data.draw(st.integers(0, len(lines) - 1).filter(lambda i: not lines[i].startswith("hippocampal-fissure")))
    place = data.draw(st.integers(lines[chosen].index(" ") + 1, lines[chosen].index(".") + 1))
    old = lines[chosen][place]
    if old == ".":
        return
    new = data.draw(st.sampled_from(sorted(set("0123456789") - {old})))
    lines[chosen] = lines[chosen][:place] + new + lines[chosen][place + 1 :]
    with pytest.raises(StatsFormatError, match="parts that add up to"):
        parse_stats("\n".join(lines) + "\n", where=V21)
