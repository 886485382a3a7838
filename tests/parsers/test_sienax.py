"""SIENAX, SIENA and fsl_anat: what their reports say, where a run failed, and what contradicts itself."""

from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.errors import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.sienax import FORMATS, parse_sienax
from tests_support import CORPUS, HANDMADE

FSL = HANDMADE / "fsl"
REGIONAL = "T1_sienax/report.sienax"
SIENA = "A_to_B_siena/report.siena"
ANAT = "T1.anat/T1_vols.txt"


def read(name, *, old="", new="", strict=False):
    text = (FSL / name).read_text(encoding="utf-8")
    assert old in text
    return parse_stats(text.replace(old, new, 1) if old else text, where=name, strict=strict)


def values(stats):
    return {line.field: line.value for line in stats.measure_lines}


def losses(stats):
    return " / ".join(remark.text for remark in stats.remarks if remark.loss)


def test_tissues_are_rows_and_sums_and_parts_are_measures():
    stats = read(REGIONAL, strict=True)  # the numbers stand in the fixture, scaled volume first
    assert stats.remarks == ()
    assert stats.names == ("GREY", "WHITE", "vcsf")
    assert stats.column("Volume_mm3").tolist() == [669480.12, 581185.83, 30935.08]
    assert stats.column("VolumeNormalised_mm3").tolist() == [881869.40, 765564.18, 40749.09]
    assert values(stats) == {
        "VSCALING": 1.3172450918,
        "brain_volume": 1250665.95,
        "brain_volume_normalised": 1647433.58,
        "peripheral_GM_volume": 511080.13,
        "peripheral_GM_volume_normalised": 673217.80,
    }
    assert stats.header == {"generating_program": "sienax", "sienax_version": "2.6"}


def test_regions_are_called_as_those_of_fast():
    table = long_table(read(REGIONAL), subject="s").set_index(["region", "measure"])
    assert set(table.index.get_level_values("region")) == {"global", "GM", "WM", "ventricular-CSF"}
    assert table.loc[("GM", "volume"), "name_found"] == "GREY"
    assert table.loc[("WM", "volume_normalised"), "unit"] == "mm^3"
    assert table.loc[("global", "VSCALING"), "unit"] == "unitless"
    assert table["source"].eq("sienax").all()
    assert table["hemi"].isna().all()


def test_the_web_page_tells_the_same_but_the_scaling_factor():
    page, report = read("T1_sienax/report.html", strict=True), read(REGIONAL)
    assert page.source == "sienax"
    assert page.names == report.names
    assert page.numbers.tolist() == report.numbers.tolist()
    assert {"VSCALING": 1.3172450918, **values(page)} == values(report)
    assert "VSCALING" in page.remarks[0].text


def test_two_classes_have_a_brain_and_no_tissues():
    stats = read("two_classes_sienax/report.sienax", strict=True)
    assert stats.names == ()
    assert values(stats)["brain_volume"] == 1250665.95
    assert "two classes" in stats.remarks[0].text
    assert len(long_table(stats, subject="s")) == 3


def test_volumes_below_one_have_no_0_before_the_point():
    text = "tissue             volume    unnormalised-volume\nGREY               .53 .41\nWHITE              0 0\nBRAIN              .53 .41\n"
    stats = parse_sienax(b"VSCALING 1.3\n" + text.encode(), "report.sienax")
    assert stats.is_whole
    assert stats.numbers.tolist() == [[0.41, 0.53], [0.0, 0.0]]


def test_without_a_registration_the_scaled_volumes_are_missing():
    stats = read("unregistered_sienax/report.sienax")
    assert stats.column("Volume_mm3").tolist() == [669480.12, 581185.83]
    assert all(map(isnan, stats.column("VolumeNormalised_mm3")))
    assert isnan(values(stats)["brain_volume_normalised"])
    assert "VSCALING" not in values(stats)
    assert "registration" in losses(stats)
    with pytest.raises(StatsFormatError, match="expected VSCALING, found ''"):
        read("unregistered_sienax/report.sienax", strict=True)


def test_a_run_that_stopped_says_where():
    with pytest.raises(StatsFormatError, match="ends in the step 'mask with std mask'"):
        read("stopped_sienax/report.sienax")


DAMAGED = {
    "no brain": (REGIONAL, "BRAIN              1647433.58 1250665.95\n", "", "BRAIN, found no BRAIN"),
    "a last line cut": (REGIONAL, "1250665.95\n", "12506", "found no BRAIN"),
    "no white": (REGIONAL, "WHITE ", "", "no WHITE"),
    "a volume lost": (REGIONAL, "881869.40 669480.12", "669480.12", "two volumes of GREY"),
    "a word": (REGIONAL, "881869.40", "error", "two volumes of GREY"),
    "a NaN": (REGIONAL, "881869.40", "nan", "two volumes of GREY"),
    "a decimal comma": (REGIONAL, "881869.40", "881869,40", "two volumes of GREY"),
    "a negative volume": (REGIONAL, "881869.40", "-881869.40", "two volumes of GREY"),
    "another sum": (REGIONAL, "1647433.58", "1647433.68", "BRAIN of 1647433.68, found parts"),
    "another grey": (REGIONAL, "881869.40", "881869.50", "times 669480.12 for GREY, found 881869.50"),
    "another periphery": (REGIONAL, "511080.13", "511080.93", "for pgrey"),
    "a second table": (REGIONAL, "BRAIN ", "GREY 1.0 2.0\nBRAIN ", "one line GREY"),
    "no scaling": (REGIONAL, "VSCALING 1.3172450918\n", "", "VSCALING, found none"),
    "two scalings": (REGIONAL, "VSCALING", "VSCALING 1.2\nVSCALING", "VSCALING, found several"),
    "half of -r": (REGIONAL, "vcsf               40749.09", "", "no vcsf"),
    "the page edited": ("T1_sienax/report.html", "881869.40", "881870.40", "for GREY"),
    "no number of change": (SIENA, "-.4470610000", "", "for PBVC"),
    "change NaN": (SIENA, "-.4470610000", "nan", "for PBVC"),
    "another change": (SIENA, "-.4470610000", "-.4470620000", "finalPBVC of -0.447061"),
    "one direction": (SIENA, "PBVC  0.431207 %\n", "", "two lines PBVC"),
    "a direction without number": (SIENA, "0.431207 %", "nan %", "for PBVC_backward"),
    "fsl_anat without native": (ANAT, "= 1214785", "=", "no brain_volume"),
    "fsl_anat with another volume": (ANAT, "1214785", "1214985", "brain_volume_normalised of"),
    "fsl_anat cut": (ANAT, ".909920\n", ".9", "no brain_volume_normalised"),
    "fsl_anat with 0": (ANAT, "1.284512", "0", "no VSCALING"),
    "fsl_anat with a stranger": (ANAT, "Brain", "Volume = 3\nBrain", "'what = number', once"),
    "fsl_anat twice": (
        ANAT,
        "Brain volume in mm^3 (native/",
        "Scaling factor from T1 = 2\nBrain volume in mm^3 (native/",
        "once",
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "message"), DAMAGED.values(), ids=DAMAGED)
def test_damage_is_found_out(name, old, new, message):
    assert message in losses(read(name, old=old, new=new))


FOREIGN = {
    "siena stopped": (SIENA, "finalPBVC", "final", "ends in the step 'change analysis'"),
    "two finals": (SIENA, "finalPBVC", "finalPBVC 1 %\nfinalPBVC", "one line finalPBVC"),
}


@pytest.mark.parametrize(("name", "old", "new", "message"), FOREIGN.values(), ids=FOREIGN)
def test_what_holds_no_result_is_refused(name, old, new, message):
    with pytest.raises(StatsFormatError, match=message):
        read(name, old=old, new=new)


def test_a_report_under_another_kinds_name_is_a_conflict():
    with pytest.raises(StatsFormatError, match="expected siena"):
        parse_stats((FSL / REGIONAL).read_bytes(), where="report.siena")


def test_siena_tells_the_change_and_both_directions():
    stats = read(SIENA, strict=True)  # the script's own sum: (-0.462915 - 0.431207) / 2
    assert values(stats) == {"PBVC": -0.447061, "PBVC_forward": -0.462915, "PBVC_backward": 0.431207}
    table = long_table(stats, subject="s")
    assert table["unit"].eq("percent").all()
    assert table["region"].eq("global").all()
    assert stats.source == "siena"
    assert stats.header["siena_version"] == "2.6"


def test_the_last_line_alone_is_enough_for_the_change():
    stats = parse_stats("finalPBVC -.52 %\n")
    assert values(stats) == {"PBVC": -0.52}
    assert stats.is_whole
    assert "two lines PBVC" in stats.remarks[0].text


def test_a_warning_of_siena_is_passed_on():
    stats = read(
        SIENA, old="\n--", new="\nWarning! Probably failed consistency check for standard-space registrations!\n\n--"
    )
    assert "consistency check" in stats.remarks[0].text
    assert stats.is_whole


def test_fsl_anat_tells_factor_and_volumes():
    stats = read(ANAT, strict=True)
    assert values(stats) == {"VSCALING": 1.284512, "brain_volume": 1214785.0, "brain_volume_normalised": 1560405.90992}
    assert {line.unit for line in stats.measure_lines} == {"unitless", "mm^3"}
    assert stats.source == "fsl_anat"


CONTENTS = {
    "report.sienax": ("sienax", REGIONAL),
    "report.html": ("sienax", "T1_sienax/report.html"),
    "report.siena": ("siena", SIENA),
    "vols": ("fsl_anat", ANAT),
}


@pytest.mark.parametrize(("format_name", "path"), CONTENTS.values(), ids=CONTENTS)
def test_each_is_known_by_its_content_and_by_one_format_only(format_name, path):
    head = (FSL / path).read_bytes()
    assert [one.name for one in FORMATS if one.recognises(head, "<text>")] == [format_name]
    assert [one.name for one in FORMATS if one.recognises(head.replace(b"\n", b"\r\n"), "<text>")] == [format_name]
    assert parse_stats(head).source == format_name


STRANGERS = {
    "a text about it": b"This page shows a report of SIENA - Structural Image Evaluation\n",
    "participants": b"participant_id\tage\tvolume\nsub-01\t20\t3\n",
    "another web page": b"<HTML><HEAD></HEAD><H1>SIENA Report</H1>\n",
    "nothing": b"",
    "bytes": bytes(range(256)),
}


@pytest.mark.parametrize("head", STRANGERS.values(), ids=STRANGERS)
def test_no_other_content_is_claimed(head):
    assert not any(one.recognises(head, "report.sienax") for one in FORMATS)


@given(st.floats(0.5, 3), st.integers(10**5, 10**12), st.integers(0, 10**12))
def test_what_the_script_prints_fits_its_laws(scaling, grey, white):
    """The script cuts at two decimals, from a product of six decimals: here in whole millionths."""
    factor = round(scaling * 10**10)
    cut = {name: (n * factor // 10**14, n // 10**4) for name, n in (("GREY", grey), ("WHITE", white))}
    brain = [sum(pair) for pair in zip(*cut.values(), strict=True)]
    rows = {**cut, "BRAIN": brain}
    text = f"VSCALING {factor / 10**10:.10f}\ntissue             volume    unnormalised-volume\n"
    text += "".join(f"{name:<18} {a // 100}.{a % 100:02d} {b // 100}.{b % 100:02d}\n" for name, (a, b) in rows.items())
    assert losses(parse_sienax(text.encode(), "report.sienax")) == ""


@given(st.sampled_from([REGIONAL, "T1_sienax/report.html", SIENA, ANAT]), st.data())
def test_any_damage_is_read_or_refused_with_our_own_error(name, data):
    content = bytearray((FSL / name).read_bytes())
    start = data.draw(st.integers(0, len(content)))
    content[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    for one in FORMATS:
        one.recognises(bytes(content), name)
        try:
            one.parse(bytes(content), "<text>")
        except StatsFormatError:
            continue


@pytest.mark.skipif(not CORPUS, reason="no real files here: set FSSTATS_CORPUS")
def test_the_real_report_is_read_whole():
    path = CORPUS / "rafaelsommer1__tutorials" / "EXTRACTED" / "report.sienax"
    stats = parse_stats(path.read_bytes(), where=str(path))
    assert stats.remarks == ()
    assert stats.names == ("GREY", "WHITE")
    assert stats.column("Volume_mm3").tolist() == [537913.87, 487578.00]
    assert stats.column("VolumeNormalised_mm3").tolist() == [859547.67, 779114.57]
    assert values(stats) == {
        "VSCALING": 1.5979280678,
        "brain_volume": 1025491.87,
        "brain_volume_normalised": 1638662.24,
    }
