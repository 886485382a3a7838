"""Counts of fslstats with names beside them: lists in every layout, the JSON, and what must not be taken for one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.errors import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.fslstats import FORMATS
from fsstats.schema import hemi_of, identify, printed_regions, source_of
from tests_support import CORPUS, HANDMADE

FSL = HANDMADE / "fsl"
LIST = (FSL / "firstSeg.txt").read_text(encoding="utf-8")
JSON = (FSL / "segstats.json").read_text(encoding="utf-8")
ROWS = [(name, int(voxels), mm3) for voxels, mm3, name in map(str.split, LIST.splitlines())]
SEGIDS = [10, 11, 12, 13, 16, 17, 18, 26, 49, 50, 51, 52, 53, 54, 58]
LEFT = ["L_Thal", "L_Caud", "L_Puta", "L_Pall", "BrStem", "L_Hipp", "L_Amyg", "L_Accu"]
SHORT = [*LEFT, *(name.replace("L_", "R_") for name in LEFT if name != "BrStem")]


def losses(stats):
    return " / ".join(remark.text for remark in stats.remarks if remark.loss)


def values(stats):
    return {line.field: line.value for line in stats.measure_lines}


def regions_of(stats):
    table = long_table(stats, subject="s")
    assert [hemi_of(region) for region in table["region"]] == [
        side if isinstance(side, str) else None for side in table["hemi"]
    ]
    return list(dict.fromkeys(table["region"]))


def listed(form, *, heading="", names=None):
    rows = [(name, *row[1:]) for name, row in zip(names or [row[0] for row in ROWS], ROWS, strict=True)]
    return heading + "".join(form.format(name=name, voxels=voxels, mm3=mm3) + "\n" for name, voxels, mm3 in rows)


def test_a_list_of_first_becomes_rows_of_aseg_names():
    stats = parse_stats(LIST, where="firstSeg.txt")
    assert stats.remarks == ()
    assert stats.source == "fslstats"
    assert stats.names == tuple(row[0] for row in ROWS)
    assert stats.column("NVoxels").tolist() == [row[1] for row in ROWS]
    assert stats.column("Volume_mm3").tolist() == [float(row[2]) for row in ROWS]
    assert stats.column("SegId").tolist() == SEGIDS
    assert regions_of(stats) == list(printed_regions("first"))
    table = long_table(stats, subject="s").set_index(["region", "measure"])
    assert table.loc[("Left-Thalamus", "volume"), ["value", "unit", "hemi"]].tolist() == [8028.475625, "mm^3", "lh"]
    assert table.loc[("Left-Thalamus", "n_voxels"), ["unit", "name_found"]].tolist() == [
        "unitless",
        "Left-Thalamus-Proper",
    ]


LAYOUTS = {
    "numbers, tab, name": LIST,
    "numbers, blanks, name": listed("{voxels} {mm3}   {name}"),
    "numbers aligned": listed("  {voxels:>8} {mm3:>16} {name}"),
    "name first, blanks": listed("{name} {voxels} {mm3} "),
    "name and colon": listed("{name}: {voxels} {mm3} "),
    "name first, tabs": listed("{name}\t{voxels}\t{mm3}"),
    "comma": listed("{name},{voxels},{mm3}"),
    "comma and blank": listed("{name}, {voxels}, {mm3}"),
    "semicolon": listed("{name};{voxels};{mm3}"),
    "quoted": listed('"{name}",{voxels},{mm3}'),
    "heading": listed("{name},{voxels},{mm3}", heading="structure,voxels,mm3\n"),
    "heading in another order": listed("{mm3};{voxels};{name}", heading="Volume (mm^3);nVoxels;Region\n"),
    "heading with tabs": listed("{name}\t{mm3}\t{voxels}", heading="label\tvolume_mm3\tn_voxels\n"),
    "heading with blanks": listed("{voxels} {mm3} {name}", heading="voxels volume name\n"),
    "CR LF": LIST.replace("\n", "\r\n"),
    "a mark in front": "\ufeff" + LIST,
    "short names": listed("{name} {voxels} {mm3}", names=SHORT),
    "labels": listed("{name},{voxels},{mm3}", heading="label,voxels,mm3\n", names=SEGIDS),
    "FIRST's name of the brain stem": LIST.replace("Brain-Stem", "Brain-Stem /4th Ventricle"),
    "that name in front": listed("{name} {voxels} {mm3}").replace("Brain-Stem", "Brain-Stem/ 4th Ventricle"),
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_gives_the_same(text):
    assert [one.name for one in FORMATS if one.recognises(text.encode(), "<text>")] == ["fslstats"]
    stats = parse_stats(text)
    assert stats.source == "fslstats"
    assert regions_of(stats) == list(printed_regions("first"))
    assert stats.column("NVoxels").tolist() == [row[1] for row in ROWS]
    assert stats.column("Volume_mm3").tolist() == [float(row[2]) for row in ROWS]
    assert stats.column("SegId").tolist() == SEGIDS


def test_one_output_without_a_name_is_of_no_region():
    stats = parse_stats("4321 4321.000000 \n")
    assert values(stats) == {"n_voxels": 4321.0, "volume": 4321.0}
    assert [line.unit for line in stats.measure_lines] == ["unitless", "mm^3"]
    assert stats.names == ()
    assert values(parse_stats("0 0.000000 \n")) == {"n_voxels": 0.0, "volume": 0.0}


def test_tissues_and_background_are_measures_because_structures_lie_in_them():
    stats = parse_stats("GM,551234,551234\nLeft-Putamen,5937,5937\nbackground,9,9\n", strict=True)
    assert stats.names == ("Left-Putamen",)
    assert values(stats) == {
        "GM_n_voxels": 551234.0,
        "GM_volume": 551234.0,
        "Background_n_voxels": 9.0,
        "Background_volume": 9.0,
    }


def test_a_structure_of_a_lab_stays_and_leaves_no_ids():
    stats = parse_stats("Left-Putamen,5937,5937\nmy lesion,12,12\n")
    assert stats.names == ("Left-Putamen", "my lesion")
    assert stats.columns == ("NVoxels", "Volume_mm3")
    assert regions_of(stats) == ["Left-Putamen", "my lesion"]


def test_what_is_not_there_is_said_but_is_no_loss():
    stats = parse_stats("".join(LIST.splitlines(keepends=True)[:-2]))
    assert stats.is_whole
    assert "without Right-Amygdala, Right-Accumbens-area of FIRST's 15" in stats.remarks[0].text


def test_volumes_rounded_by_a_script_still_fit_one_voxel_size():
    text = "".join(f"{name},{voxels},{float(mm3):.1f}\n" for name, voxels, mm3 in ROWS)
    assert parse_stats(text).is_whole


DAMAGED = {
    "a last line cut": (LIST[:-20], "a line feed at the end", 14),
    "a digit lost": (LIST.replace("8028.475625", "828.475625"), "Left-Thalamus-Proper in voxels of 0.853004 mm^3", 14),
    "no mm^3": (LIST.replace("4388 3742.982473", "4388"), "a name, whole voxels and mm^3", 14),
    "a half voxel": (LIST.replace("4388 ", "4388.5 "), "a name, whole voxels and mm^3", 14),
    "NaN": (LIST.replace("3742.982473", "nan"), "a name, whole voxels and mm^3", 14),
    "negative": (LIST.replace("4388 3742", "-4388 -3742"), "a name, whole voxels and mm^3", 14),
    "no name": (LIST.replace("Left-Caudate", ""), "a name, whole voxels and mm^3", 14),
    "no voxels but a volume": (LIST.replace("4388 ", "0 "), "Left-Caudate in voxels of", 14),
    "twice": (LIST + "9412 8028.475625 L_Thal\n", "Left-Thalamus once, found 2 times", 14),
    "decimal commas": (LIST.replace("3742.982473", "3742,982473"), "a name, whole voxels and mm^3", 14),
    "a thousands comma": (
        listed("{name};{voxels};{mm3}").replace("4388", "4,388"),
        "a name, whole voxels and mm^3",
        14,
    ),
    "two of two": ("Left-Caudate,100,120\nLeft-Putamen,100,130\n", "in voxels of", 0),
}


@pytest.mark.parametrize(("text", "message", "n"), DAMAGED.values(), ids=DAMAGED)
def test_damage_is_found_out_and_the_rest_is_kept(text, message, n):
    stats = parse_stats(text, where="firstSeg.txt", strict=False)
    assert message in losses(stats)
    assert len(stats.names) == n
    with pytest.raises(StatsFormatError):
        parse_stats(text, where="firstSeg.txt")


REFUSED = {
    "several outputs": ("4321 4321.000000 \n12 12.000000 \n", "Names are needed"),
    "mri_binarize": ("0 0.000000 16777216 0.000000\n", "mri_binarize --count"),
    "other numbers": ("1 2 3\n4 5 6\n", "Each line needs the name"),
    "an odd single volume": ("0 12.000000 \n", "in voxels of"),
    "nothing": ("", "an empty file"),
    "half a line": ("27139 59", "something else"),
    "binary": ("\0\1", "binary data"),
    "only a heading": ("structure,voxels,mm3\n", "found none"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_says_why(text, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text, where="sub-01_fslstats.txt")


@pytest.mark.parametrize("text", [REFUSED["several outputs"][0], REFUSED["mri_binarize"][0]])
def test_numbers_without_names_are_refused_with_the_reason_under_any_name(text):
    with pytest.raises(StatsFormatError, match="Names are needed") as caught:
        parse_stats(text, where="mri/wm1.txt")
    assert caught.value.status == "skipped"


STRANGERS = {
    "participants": "participant_id\tage\tsex\nsub-01\t20\tF\n",
    "names and two numbers of nobody's": "apples 3 4\npears 5 6\n",
    "a heading and nobody's names": "name,voxels,mm3\napples,3,4\n",
    "a subfield list": "Left-Hippocampus 3021.5\nHippocampal_tail 500.1\n",
    "rows as of segstats": "  1  10  9412  8028.4  Left-Thalamus\n  2  11  4388  3742.9  Left-Caudate\n",
    "a colour table": "10 Left-Thalamus 0 118 14 0\n11 Left-Caudate 122 186 220 0\n",
    "a stats file": "# Title Segmentation Statistics\n# ColHeaders Index SegId NVoxels Volume_mm3 StructName\n",
    "SAMSEG": "ROI,volume_mm3,volume_ICV_x1000\nLeft-Putamen,5000.0,3.1\n",
    "one number": "1512345.6\n",
    "two numbers": "12 3.5\n",
    "a group table": "subject,Left-Putamen,Left-Caudate\nsub-01,5937,4388\n",
    "prose": "Left-Putamen was segmented in 12 of 13 subjects\n",
    "tissues alone": "gray 100 100.0\nwhite 50 50.0\n",
    "another JSON": '{"RepetitionTime": 2.0}\n',
    "JSON of other names": '{"apples": [1, 2]}\n',
    "a JSON list": '["Left-Putamen", [1, 2]]\n',
    "nothing": "",
}


@pytest.mark.parametrize("text", STRANGERS.values(), ids=STRANGERS)
def test_no_other_content_is_claimed(text):
    assert not any(one.recognises(text.encode(), "firstSeg.txt") for one in FORMATS)


def test_the_json_has_rows_of_structures_and_measures_of_tissues():
    stats = parse_stats(JSON, where="segstats.json")
    printed = json.loads(JSON)
    assert stats.remarks == ()
    assert stats.source == "fsl.segstats"
    assert stats.names == tuple(sorted(name for name, *_ in ROWS if name != "Brain-Stem"))
    assert stats.numbers[:, 1:].tolist() == [printed[name] for name in stats.names]
    assert values(stats)["GM_volume"] == printed["gray"][1]
    assert values(stats)["Background_n_voxels"] == printed["Background"][0]
    assert set(regions_of(stats)) == {"global", *printed_regions("first")} - {"Brain-Stem"}
    assert stats.column("SegId").tolist()[6] == 10


NO_JSON_OF_OURS = {
    "cut": (JSON[:-40], "found no JSON"),
    "no JSON": ("{'Left-Putamen': [1, 2]}", "found no JSON"),
    "too deep": ("[" * 100_000, "found no JSON"),
    "a list": ("[1, 2]", "found other JSON"),
    "a number": ("3", "found other JSON"),
    "no structure": ("{}", "found none"),
    "no volumes": ('{"Left-Putamen": 1}', "found none"),
}


@pytest.mark.parametrize(("text", "message"), NO_JSON_OF_OURS.values(), ids=NO_JSON_OF_OURS)
def test_a_json_that_is_none_of_ours_is_refused(text, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text, where="segstats.json", strict=False)


WRONG_ENTRIES = {
    "one number": '"Left-Putamen": [1]',
    "three numbers": '"Left-Putamen": [1, 2, 3]',
    "a bare number": '"Left-Putamen": 1',
    "words": '"Left-Putamen": ["1", "2"]',
    "true": '"Left-Putamen": [true, true]',
    "an object": '"Left-Putamen": {"voxels": 1, "volume": 1}',
    "NaN": '"Left-Putamen": [NaN, 2]',
    "infinite": '"Left-Putamen": [1e999, 2]',
    "a long number": '"Left-Putamen": [' + "9" * 5000 + ", 2]",
    "swapped": '"Left-Putamen": [278.4, 232]',
    "no name": '"": [1, 1]',
    "half a character": '"\\ud800": [1, 1]',
}


@pytest.mark.parametrize("entry", WRONG_ENTRIES.values(), ids=WRONG_ENTRIES)
def test_an_entry_of_another_shape_is_named_and_the_others_are_kept(entry):
    stats = parse_stats(f'{{{entry}, "Left-Caudate": [3, 3]}}', where="segstats.json", strict=False)
    assert stats.names == ("Left-Caudate",)
    assert "expected [voxels, mm^3] of " in losses(stats)


def test_a_structure_that_stands_twice_in_the_json_is_not_used():
    stats = parse_stats('{"Left-Putamen": [1, 1], "Left-Caudate": [2, 2], "Left-Putamen": [3, 3]}', strict=False)
    assert stats.names == ("Left-Caudate",)
    assert "Left-Putamen once, found 2 times" in losses(stats)


@given(st.integers(1, 4000), st.lists(st.integers(0, 10**7), min_size=15, max_size=15))
def test_whatever_fslstats_prints_of_one_image_fits(thousandths, counts):
    size = thousandths / 1000
    text = "".join(f"{n} {n * size:.6f} \t{name}\n" for n, (name, *_) in zip(counts, ROWS, strict=True))
    stats = parse_stats(text)
    assert stats.is_whole
    assert stats.column("NVoxels").tolist() == counts


@given(st.sampled_from([LIST, JSON, LAYOUTS["heading"]]), st.data())
def test_any_damage_is_read_or_refused_with_our_own_error(text, data):
    content = bytearray(text.encode())
    start = data.draw(st.integers(0, len(content)))
    content[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    for one in FORMATS:
        one.recognises(bytes(content), "firstSeg.txt")
        try:
            stats = one.parse(bytes(content), "<text>")
        except StatsFormatError:
            continue
        assert not long_table(stats, subject="s").duplicated(["hemi", "region", "measure"]).any()


NAMES = {
    "firstSeg.txt": ("fslstats", ""),
    "sub-01_fslstats.csv": ("fslstats", "sub-01"),
    "sub-01/segstats.json": ("fsl.segstats", ""),
    "T1_sienax/report.sienax": ("sienax", ""),
    "A_to_B_siena/report.siena": ("siena", ""),
    "x.anat/T1_vols.txt": ("fsl_anat", "T1"),
    "sub-01_T1w_vols.txt": ("fsl_anat", "sub-01_T1w"),
}


@pytest.mark.parametrize(("path", "said"), NAMES.items(), ids=NAMES)
def test_fsl_s_texts_are_known_by_name(path, said):
    found = identify(path)
    assert (found.source, found.prefix) == said
    assert source_of(found.source).tool == "FSL"


@pytest.mark.parametrize("path", ["T1_sienax/report.html", "mri/wm1.txt", "my_vols.txt", "test.json"])
def test_names_that_say_too_little_are_not_looked_for(path):
    assert identify(path) is None


@pytest.mark.skipif(not CORPUS, reason="no real files here: set FSSTATS_CORPUS")
def test_the_real_list_is_read_number_by_number():
    path = CORPUS / "rafaelsommer1__tutorials" / "EXTRACTED" / "firstSeg.txt"
    stats = parse_stats(path.read_bytes(), where=str(path))
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    assert stats.remarks == ()
    assert stats.names == tuple(row[2] for row in rows)
    assert stats.numbers.tolist() == [[s, float(a), float(b)] for s, (a, b, _) in zip(SEGIDS, rows, strict=True)]


@pytest.mark.skipif(not CORPUS, reason="no real files here: set FSSTATS_CORPUS")
def test_the_real_jsons_are_read_number_by_number():
    paths = [path for folder in sorted(CORPUS.glob("ReproNim__*")) for path in sorted(folder.rglob("*.json"))]
    assert len(paths) == 6
    words = {"Background": "Background", "csf": "CSF", "gray": "GM", "white": "WM"}
    for path in paths:
        stats, printed = parse_stats(path.read_bytes(), where=str(path)), json.loads(path.read_bytes())
        structures = [name for name in printed if name not in words]
        assert stats.remarks == ()
        assert list(stats.names) == structures
        assert len(structures) == 14
        assert stats.numbers[:, 1:].tolist() == [printed[name] for name in structures]
        tissues = {
            f"{words[name]}_{what}": n
            for name in words
            for what, n in zip(("n_voxels", "volume"), printed[name], strict=True)
        }
        assert values(stats) == tissues
