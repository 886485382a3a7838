"""ENIGMA's three tables: the protocol's columns and digits, without the mistakes of its script."""

import numpy as np
import pandas as pd
import pytest

import fsstats as fs
from fsstats.schema import LONG
from fsstats.tables.enigma import enigma_text

VOLUMES = "LLatVent,RLatVent,Lthal,Rthal,Lcaud,Rcaud,Lput,Rput,Lpal,Rpal,Lhippo,Rhippo,Lamyg,Ramyg,Laccumb,Raccumb"
STRUCTURES = (
    *("Lateral-Ventricle", "Thalamus", "Caudate", "Putamen"),
    *("Pallidum", "Hippocampus", "Amygdala", "Accumbens-area"),
)
# The protocol's own example.
PRINTED = (
    *(5581.1, 3370.2, 8178.8, 7387.3, 3708.7, 3580.3, 5622.3, 5882.7),
    *(2091.0, 2163.7, 4333.5, 4328.9, 1549.1, 1665.5, 718.7, 700.3),
)
LINE = (
    "soichi,5581.1,3370.2,8178.8,7387.3,3708.7,3580.3,5622.3,5882.7,2091,2163.7,4333.5,4328.9,1549.1,1665.5,718.7,700.3,"
    "1420434.160521\n"
)


def run(subject="soichi", session=None, stream="cross", *, source="aseg", icv=(("eTIV", 1420434.160521),), skip=()):
    """Make the rows of one run's volumes and Measures."""
    sides = [(f"{side}-{name}", hemi) for name in STRUCTURES for side, hemi in (("Left", "lh"), ("Right", "rh"))]
    rows = [
        (subject, session, stream, source, hemi, region, "volume", value, "mm^3")
        for (region, hemi), value in zip(sides, PRINTED, strict=True)
        if region not in skip
    ]
    rows += [(subject, session, stream, "aseg", None, "global", field, value, "mm^3") for field, value in icv]
    return rows


def cortex(subject="soichi", *, source="aparc", regions=("bankssts", "insula")):
    rows = []
    for n, hemi in enumerate(("lh", "rh")):
        who = (subject, None, "cross", source, hemi)
        for i, region in enumerate(regions):
            rows.append((*who, region, "thickness", 2.5 + i / 8 + n, "mm"))
            rows.append((*who, region, "area", 1000.0 + i + n, "mm^2"))
        rows.append((*who, "global", "MeanThickness", 2.39891 + n, "mm"))
        rows.append((*who, "global", "WhiteSurfArea", 98765.5 + 10000 * n, "mm^2"))
    return rows


def table(*rows):
    return pd.DataFrame([row for part in rows for row in part], columns=LONG)


def test_the_protocols_own_example():
    made = fs.enigma_tables(table(run()))["LandRvolumes"]
    assert enigma_text(made) == f"SubjID,{VOLUMES},ICV\n{LINE}"


def test_the_columns_of_the_cortex_are_in_the_order_of_aparc_stats():
    made = fs.enigma_tables(table(run(), cortex()))
    for name, ending in (
        ("CorticalMeasuresENIGMA_ThickAvg", "thickavg"),
        ("CorticalMeasuresENIGMA_SurfAvg", "surfavg"),
    ):
        columns = list(made[name].columns)
        assert columns[:3] == ["SubjID", f"L_bankssts_{ending}", f"L_caudalanteriorcingulate_{ending}"]
        assert columns[34:36] == [f"L_insula_{ending}", f"R_bankssts_{ending}"]
        assert columns[-5:] == ["LThickness", "RThickness", "LSurfArea", "RSurfArea", "ICV"]
        assert len(columns) == 1 + 68 + 5


def test_what_is_missing_is_na_and_numbers_have_six_digits():
    text = enigma_text(fs.enigma_tables(table(run(skip=("Left-Caudate",)), cortex()))["LandRvolumes"])
    assert ",NA,3580.3," in text
    line = enigma_text(fs.enigma_tables(table(run(), cortex()))["CorticalMeasuresENIGMA_SurfAvg"]).splitlines()[1]
    assert line.startswith("soichi,1000,NA,")
    assert line.endswith(",2.39891,3.39891,98765.5,108766,1420434.160521")  # %g, as the protocol has it


@pytest.mark.parametrize(
    ("icv", "expected"),
    [
        ((("eTIV", 1420434.160521), ("sTIV", 1500000.0)), "1420434.160521"),  # FreeSurfer 8: the protocol glues both
        ((("ICV", 1400000.5),), "1400000.500000"),  # up to FreeSurfer 5.1
        ((("sTIV", 1500000.0),), "NA"),
        ((("eTIV", np.nan),), "NA"),
    ],
)
def test_icv_is_etiv_alone(icv, expected):
    assert enigma_text(fs.enigma_tables(table(run(icv=icv)))["LandRvolumes"]).endswith(f",{expected}\n")


def test_volumes_of_first_have_icv_of_aseg_and_no_ventricles():
    skip = ("Left-Lateral-Ventricle", "Right-Lateral-Ventricle")
    made = fs.enigma_tables(table(run(source="first", skip=skip), cortex()), subcortical="first")["LandRvolumes"]
    assert enigma_text(made).splitlines()[1] == f"soichi,NA,NA{LINE.removeprefix('soichi,5581.1,3370.2').rstrip()}"


def test_the_first_source_that_is_there_counts_unless_one_is_named():
    both = table(run(), [(*row[:7], row[7] + 1, row[8]) for row in run(source="first", icv=())])
    assert fs.enigma_tables(both)["LandRvolumes"]["Lcaud"].item() == 3708.7
    assert fs.enigma_tables(both, subcortical="first")["LandRvolumes"]["Lcaud"].item() == 3709.7
    with pytest.raises(fs.UnknownNameError, match="firts"):
        fs.enigma_tables(both, subcortical="firts")


def test_the_dkt_atlas_is_not_taken_for_the_other_in_silence():
    fast = table(run(), cortex(source="aparc.DKTatlas.mapped", regions=("insula",)))
    with pytest.warns(fs.FsstatsWarning, match="not those of the Desikan-Killiany atlas"):
        made = fs.enigma_tables(fast)["CorticalMeasuresENIGMA_ThickAvg"]
    assert made["L_insula_thickavg"].item() == 2.5
    assert np.isnan(made["L_bankssts_thickavg"].item())


def test_rows_are_runs_and_templates_are_none():
    rows = [run("s", "ses-1"), run("s", "ses-1", "long"), run("s", None, "base"), run("p", "tp1")]
    with pytest.warns(fs.FsstatsWarning, match="1 scans have two rows"):
        made = fs.enigma_tables(table(*rows))["LandRvolumes"]
    assert list(made["SubjID"]) == ["s_ses-1", "s_ses-1.long.s", "tp1"]


def test_a_value_that_occurs_twice_is_an_error():
    with pytest.raises(fs.TableError, match="twice"):
        fs.enigma_tables(table(run(), run()))


def test_a_name_with_a_comma_is_an_error():
    with pytest.raises(fs.TableError, match="a,b"):
        enigma_text(fs.enigma_tables(table(run("a,b")))["LandRvolumes"])
