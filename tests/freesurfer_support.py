"""A few subjects by hand, as FreeSurfer leaves them: what its two table scripts meet in real studies."""

from pathlib import Path

STRUCTURES = {
    4: "Left-Lateral-Ventricle",
    5: "Left-Inf-Lat-Vent",
    10: "Left-Thalamus",
    17: "Left-Hippocampus",
    49: "Right-Thalamus",
    53: "Right-Hippocampus",
}
MEASURES = (
    ("BrainSeg", "BrainSegVol", 1100000, "mm^3"),
    ("BrainSegNotVent", "BrainSegVolNotVent", 1080000, "mm^3"),
    ("VentricleChoroidVol", "VentricleChoroidVol", 15000, "mm^3"),
    ("lhCortex", "lhCortexVol", 231000.125, "mm^3"),
    ("rhCortex", "rhCortexVol", 232000.25, "mm^3"),
    ("Cortex", "CortexVol", 463000.375, "mm^3"),
    ("lhCerebralWhiteMatter", "lhCerebralWhiteMatterVol", 222000, "mm^3"),
    ("rhCerebralWhiteMatter", "rhCerebralWhiteMatterVol", 223000, "mm^3"),
    ("CerebralWhiteMatter", "CerebralWhiteMatterVol", 445000, "mm^3"),
    ("SubCortGray", "SubCortGrayVol", 58000, "mm^3"),
    ("TotalGray", "TotalGrayVol", 600000.375, "mm^3"),
    ("SupraTentorial", "SupraTentorialVol", 970000, "mm^3"),
    ("SupraTentorialNotVent", "SupraTentorialVolNotVent", 950000, "mm^3"),
    ("Mask", "MaskVol", 1500000, "mm^3"),
    ("BrainSegVol-to-eTIV", "BrainSegVol-to-eTIV", 0.774421, "unitless"),
    ("MaskVol-to-eTIV", "MaskVol-to-eTIV", 1.056016, "unitless"),
    ("lhSurfaceHoles", "lhSurfaceHoles", 18, "unitless"),
    ("rhSurfaceHoles", "rhSurfaceHoles", 12, "unitless"),
    ("SurfaceHoles", "SurfaceHoles", 30, "unitless"),
    ("EstimatedTotalIntraCranialVol", "eTIV", 1420434.160521, "mm^3"),
)
REGIONS = ("bankssts", "cuneus", "insula", "temporalpole")
ASEG_COLUMNS = "Index SegId NVoxels Volume_mm3 StructName normMean normStdDev normMin normMax normRange"
APARC_COLUMNS = "StructName NumVert SurfArea GrayVol ThickAvg ThickStd MeanCurv GausCurv FoldInd CurvInd"


_CONSTANT = ("rh", "SubCort", "Mask")
"""Of these all subjects have the same, so that parts and sums grow alike."""


def measure(key, field, value, unit, n=0):
    """Write a Measure's line; the subject's number makes it another value."""
    own = value if field.startswith(_CONSTANT) else value + n
    if field.endswith("-to-eTIV"):
        over = {"BrainSegVol-to-eTIV": 1100000 + n, "MaskVol-to-eTIV": 1500000}[field]
        own = over / (1420434.160521 + n)
    return f"# Measure {key}, {field}, Words about {field}, {own if isinstance(value, int) else f'{own:.6f}'}, {unit}\n"


def aseg(n, ids=tuple(STRUCTURES), *, names=None, measures=MEASURES, empty=(), snr=False):
    """Write an aseg.stats."""
    names = {**STRUCTURES, **(names or {})}
    head = "# Title Segmentation Statistics \n# generating_program mri_segstats\n"
    head += "".join(measure(*one, n=n) for one in measures)
    rows = []
    for i, segid in enumerate(ids, start=1):
        size = 0 if segid in empty else 1000 * i + 10 * n + segid
        numbers = [0.0] * 5 if not size else [90.0 + n / 8, 8.5 + i / 16, 20.0, 130.0 + n, 110.0 + n]
        cells = " ".join(f"{number:10.4f}" for number in numbers)
        ratio = f" {'nan' if not size else format(numbers[0] / numbers[1], '.4f'):>10}" if snr else ""
        rows.append(f"{i:3d} {segid:3d}  {size:8d} {size * 1.0005:10.1f}  {names[segid]:<30s} {cells}{ratio} \n")
    return f"{head}# NRows {len(rows)} \n# ColHeaders  {ASEG_COLUMNS}{' SNR' if snr else ''}\n{''.join(rows)}"


def aparc(n, hemi, regions=REGIONS, *, area="White", without=()):
    """Write a ?h.aparc.stats."""
    measures = [
        ("Cortex", "NumVert", 130000, "unitless"),
        ("Cortex", f"{area}SurfArea", 85000.5, "mm^2"),
        ("Cortex", "MeanThickness", 2.39891, "mm"),
        *(one for one in MEASURES if one[1] in {"BrainSegVol", "BrainSegVolNotVent", "CortexVol", "eTIV"}),
    ]
    head = "# Table of FreeSurfer cortical parcellation anatomical statistics \n"
    head += f"# generating_program mris_anatomical_stats\n# hemi {hemi}\n"
    head += "".join(measure(*one, n=n) for one in measures if one[1] not in without)
    side = 7 if hemi == "rh" else 0
    rows = [
        f"{name:<38s}{1500 + 100 * i + n + side:6d}{1000 + 50 * i + n + side:7d}{2500 + 60 * i + n + side:7d}"
        f"{2.25 + i / 16 + n / 100:7.3f}{0.5 + n / 100:6.3f}{0.125 + i / 100:10.3f}{-0.02 + n / 100:10.3f}"
        f"{15 + i + n:9d}{1.5 + i / 10:9.1f}\n"
        for i, name in enumerate(regions)
    ]
    return f"{head}# NTableCols 10\n# ColHeaders {APARC_COLUMNS}\n{''.join(rows)}"


_OLD = {10: "Left-Thalamus-Proper", 49: "Right-Thalamus-Proper"}
_OLD_MEASURES = tuple(
    (one[0].replace("Cerebral", "Cortical"), one[1].replace("Cerebral", "Cortical"), *one[2:]) for one in MEASURES
)
_WITH_STIV = (*MEASURES, ("SegmentedTotalIntraCranialVol", "sTIV", 1510000.5, "mm^3"))
ASEGS = {
    "anna": aseg(1),
    "bert": aseg(2),
    "carl": aseg(3, (4, 5, 10, 49, 53)),  # without 17
    "dora": aseg(4, (4, 5, 10, 17, 49)),  # without 53
    "elsa": aseg(5, (4, 5, 10, 49)),  # without both
    "finn": aseg(6, names=_OLD, measures=_OLD_MEASURES),  # FreeSurfer 5.3
    "gina": aseg(7, measures=_WITH_STIV),  # FreeSurfer 8
    "hans": aseg(8, (4, 5, 10, 17, 53, 49)),  # in another order
    "ivar": aseg(9, empty=(5,), snr=True),
    "kira": "# short\n",
    "lena": aseg(11, measures=MEASURES[:-1]),  # without eTIV
    "me_1": aseg(12),
    "me_2": aseg(13),
    "me_1.long.me": aseg(14),
    "me_2.long.me": aseg(15),
}
"""By subject."""


def subjects_dir(folder: Path) -> Path:
    """Write a SUBJECTS_DIR; jens has no stats."""
    for n, (subject, text) in enumerate(ASEGS.items(), start=1):
        stats = folder / subject / "stats"
        stats.mkdir(parents=True)
        (stats / "aseg.stats").write_text(text)
        (folder / subject / "scripts").mkdir()
        version = {"finn": "v5.3.0", "gina": "8.0.0"}.get(subject, "7.4.1")
        (folder / subject / "scripts" / "build-stamp.txt").write_text(f"freesurfer-Linux-centos6_x86_64-{version}\n")
        if subject == "kira":
            continue
        regions = REGIONS[:3] if subject == "carl" else (*REGIONS[:2], REGIONS[3]) if subject == "dora" else REGIONS
        for hemi in ("lh", "rh"):
            without = ("eTIV",) if subject == "lena" else ()
            (stats / f"{hemi}.aparc.stats").write_text(aparc(n, hemi, regions, without=without))
            (stats / f"{hemi}.aparc.pial.stats").write_text(aparc(n, hemi, regions, area="Pial"))
    (folder / "jens").mkdir()
    (folder / "anna" / "more").mkdir()
    (folder / "anna" / "more" / "wmparc.stats").write_text(ASEGS["bert"])
    return folder


def lists(folder: Path) -> None:
    """Write the lists of subjects, ids and regions that flags name."""
    texts = {
        "subjects.txt": "anna\nbert \n",
        "blank.txt": "anna\n\nbert\n",
        "qdec.dat": "fsid gender age\nanna F 30\n#bert M 31\ngina F 32\n",
        "qdec.csv": "fsid,age\nanna,30\nbert,31\n",
        "long.dat": "fsid fsid-base age\nme_1 me 30\nme_2 me 31\n",
        "group.fsgd": "GroupDescriptorFile 1\nTitle x\nClass A\nVariables age\nInput anna A 30\ninput bert A 31\n",
        "ids.txt": "53\n4\n",
        "ids_blank.txt": "53\n\n",
        "parcs.txt": "insula\nbogus\nbankssts\n",
        "parcs_blank.txt": "insula\n\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
