"""What FreeSurfer's two scripts do, case by case: the words, and the rule that a golden table shows."""

from typing import NamedTuple


class Case(NamedTuple):
    """A call, and what it must come to."""

    name: str
    """Of the golden table, if one is written."""
    script: str
    words: str
    rule: str
    status: int = 0
    said: str = ""
    """Lines that must be on stdout."""


TWO = "--subjects anna bert"
A, P = "asegstats2table", "aparcstats2table"
NOT_SAME = "ERROR: All stat files should have the same segmentations."
ONE_WAY = "ERROR: Please specify just one of  --subjects, --inputs --subjectsfile --qdec or --qdec-long."

CASES = (
    # Whose files
    Case("aseg", A, TWO, "Structures in the order of the file, then Measures as in the header; volumes by default"),
    Case("aseg-s", A, "-s bert -s anna", "-s is repeated, and rows are in the order of the words"),
    Case("aseg-s-after", A, "--subjects anna -s bert", "-s behind --subjects adds to it"),
    Case("aseg-s-before", A, "-s anna --subjects bert", "--subjects behind -s takes its place"),
    Case("aseg-list", A, "--subjectsfile subjects.txt", "Blanks at the ends of a list's lines do not count"),
    Case("aseg-list-short", A, "--subjectsf subjects.txt", "A long flag may be shortened as long as it is clear"),
    Case("aseg-list-blank", A, "--subjectsfile blank.txt --skip", "An empty line is a subject without a name"),
    Case("aseg-qdec", A, "--qdec qdec.dat --all-segs", "The column fsid; rows that begin with # are left out"),
    Case("aseg-qdec-csv", A, "--qdec qdec.csv", "What parts the columns is found in the first line"),
    Case("aseg-qdec-long", A, "--qdec-long long.dat", "Longitudinal runs are called <fsid>.long.<fsid-base>"),
    Case("aseg-fsgd", A, "--fsgd group.fsgd", "The second word of Input lines, in capitals or not"),
    Case("aseg-inputs", A, "--inputs sd/anna/stats/aseg.stats sd/bert/stats/aseg.stats", "Rows are numbered from 0"),
    Case("aseg-i", A, "-i sd/bert/stats/aseg.stats -i sd/gina/stats/aseg.stats --all", "-i is repeated"),
    Case("aseg-sd", A, f"--sd sd {TWO}", "--sd takes the place of SUBJECTS_DIR"),
    Case(
        "aseg-skip",
        A,
        "--subjects anna jens kira bert --skip",
        "Missing and short files are left out, and named",
        said="Skipping sd/jens/stats/aseg.stats\nSkipping sd/kira/stats/aseg.stats",
    ),
    Case("aseg-statsfile", A, "--subjects anna --subdir more --statsfile wmparc.stats", "Another folder, another file"),
    Case("aseg-stats", A, "--subjects anna --subdir more --stats wmparc.stats", "--stats is --statsfile"),
    # Which measure
    Case("aseg-nvoxels", A, f"{TWO} -m nvoxels", "Counts are printed as floats; Measures follow volumes alone"),
    Case("aseg-nvertices", A, f"{TWO} -m nvertices", "The same word of the line as nvoxels"),
    Case("aseg-area", A, f"{TWO} --meas Area_mm2", "The same word of the line as volume, and no Measures"),
    Case("aseg-mean", A, f"{TWO} --meas=mean", "The sixth word of the line"),
    Case("aseg-std", A, f"{TWO} -m std", "The seventh word"),
    Case("aseg-max", A, f"{TWO} -m max", "The ninth word"),
    Case("aseg-snr", A, "--subjects ivar -m snr", "The eleventh word; the ratio of nothing is printed as nan"),
    Case("aseg-empty", A, "--subjects ivar -m mean", "What a structure without voxels has for a mean is 0.0"),
    Case("aseg-stiv-column", A, "--subjects gina", "FreeSurfer 8: SegmentedTotalIntracranialVol, with a small c"),
    # Which structures
    Case("aseg-all", A, "--subjects carl anna dora --all-segs", "Structures by first appearance; 0.0 where missing"),
    Case("aseg-common", A, "--subjects anna carl dora --common-segs", "What all have, in the order of the last file"),
    Case("aseg-common-order", A, "--subjects anna hans --common-segs", "The last file decides the order"),
    Case("aseg-common-all", A, "--subjects anna carl --common-segs --all-segs", "The common ones go first"),
    Case("aseg-segno", A, f"{TWO} --segno 53 4", "In the order of the request; Measures are not chosen from"),
    Case("aseg-segno-twice", A, f"{TWO} --segno 4 53 4", "An id that is asked for twice is given once"),
    Case(
        "aseg-segno-filled", A, "--subjects carl anna --segno 17", "A file without it has 0.0, under the others' name"
    ),
    Case("aseg-segno-in-turn", A, "--subjects elsa dora carl --segno 17 53", "Found in this order of the files"),
    Case("aseg-segids", A, f"{TWO} --segids-from-file ids.txt", "Ids from a file, in its order"),
    Case("aseg-no-segno", A, f"{TWO} --no-segno 4 17", "Ids that are left out"),
    Case("aseg-maxsegno", A, f"{TWO} --maxsegno 17", "The greatest id; Measures stay"),
    Case("aseg-no-extras", A, f"{TWO} --no-vol-extras", "No Measures"),
    Case("aseg-replace53", A, "--subjects finn anna --replace53", "FreeSurfer 5.3 under the later names"),
    # What is made of the numbers
    Case("aseg-etiv", A, f"{TWO} --etiv", "100 v / eTIV but for holes and ratios; eTIV itself is about 100"),
    Case("aseg-stiv", A, "--subjects gina --stiv", "The same of the segmented volume"),
    Case("aseg-scale", A, f"{TWO} --scale 0.001", "All columns are multiplied, holes and ratios too"),
    Case("aseg-scale-0", A, f"{TWO} --scale 0", "A scale of 0 is none"),
    Case("aseg-etiv-scale", A, f"{TWO} --etiv --scale 2", "The scale comes after the share"),
    # How it is written
    Case("aseg-comma", A, f"{TWO} -d comma", "Commas"),
    Case("aseg-space", A, f"{TWO} --delimiter space", "Blanks"),
    Case("aseg-semicolon", A, f"{TWO} --delim semicolon", "Semicolons"),
    Case("aseg-transpose", A, f"{TWO} --transpose", "A line a structure, numbers with six digits"),
    Case("aseg-append", A, f"{TWO} --append", "An empty line, and a whole table, behind what was there"),
    Case("aseg-mixture", A, "--subjects anna carl dora --all-segs --etiv -d comma --no-segno 5", "Flags together"),
    # The cortex
    Case("aparc", P, f"{TWO} --hemi lh", "Area by default; then WhiteSurfArea, and two Measures without side"),
    Case("aparc-rh", P, f"{TWO} --hemi rh -m thickness", "With MeanThickness"),
    Case("aparc-volume", P, f"{TWO} --hemi lh -m volume", "No total of its own"),
    Case("aparc-thicknessstd", P, f"{TWO} --hemi lh --meas thicknessstd", "--meas is short for --measure"),
    Case("aparc-thickness-t1", P, f"{TWO} --hemi lh -m thickness.T1", "The word of thickness, without MeanThickness"),
    Case("aparc-meancurv", P, f"{TWO} --hemi lh --m meancurv", "--m is clear here"),
    Case("aparc-gauscurv", P, f"{TWO} --hemi lh -m gauscurv", "Negative numbers"),
    Case("aparc-foldind", P, f"{TWO} --hemi lh -m foldind", "Whole numbers as floats"),
    Case("aparc-curvind", P, f"{TWO} --hemi lh -m curvind", "The last word of the line"),
    Case("aparc-parc", P, f"{TWO} --hemi lh -p aparc.pial", "Another parcellation; PialSurfArea is never shown"),
    Case("aparc-union", P, "--subjects carl anna --hemi lh -m thickness", "0.0 where a region is missing, at the end"),
    Case("aparc-common", P, "--subjects anna carl dora --hemi lh --common-parcs", "What all have"),
    Case("aparc-no-etiv", P, "--subjects anna lena --hemi lh", "0.0 where a Measure is missing"),
    Case("aparc-parcs", P, f"{TWO} --hemi lh --parcs-from-file parcs.txt", "In the order of the file; 0.0 for unknown"),
    Case(
        "aparc-parcs-none",
        P,
        f"{TWO} --hemi lh --parcs-from-file nowhere.txt",
        "Without the file: all of them",
        said="ERROR: cannot read nowhere.txt",
    ),
    Case("aparc-parcid", P, f"{TWO} --hemi lh --parcid-only", "Regions' names alone"),
    Case("aparc-etiv", P, f"{TWO} --hemi lh -m thickness --etiv", "Shares, of thickness too"),
    Case("aparc-scale", P, f"{TWO} --hemi lh --scale 10", "All columns"),
    Case("aparc-transpose", P, f"{TWO} --hemi lh --transpose", "Six digits"),
    Case("aparc-append", P, f"{TWO} --hemi lh --append", "As in the other script"),
    Case("aparc-comma", P, f"{TWO} --hemi lh -d comma --parcid-only -m thickness", "Flags together"),
    Case(
        "aparc-skip",
        P,
        "--subjects jens anna --hemi lh --skip",
        "Missing files are left out",
        said="Skipping sd/jens/stats/lh.aparc.stats",
    ),
    Case(
        "aparc-report",
        P,
        f"{TWO} --hemi lh --report-rois",
        "A flag that only warns",
        said="WARNING: --report-rois deprecated. Use -v instead",
    ),
    Case("aparc-qdec-long", P, "--qdec-long long.dat --hemi lh", "Longitudinal runs"),
    Case("aparc-fsgd", P, "--fsgd group.fsgd --hemi lh", "Subjects from a group descriptor file"),
    # What is refused
    Case(
        "", A, "", "No subjects", 1, "ERROR: Specify one of --subjects, --inputs, --subjectsfile --qdec or --qdec-long"
    ),
    Case("", A, "--subjects", "An empty list", 1, "ERROR: subjects are not specified (use --subjects SUBJECTS)"),
    Case("", A, "--inputs", "An empty list", 1, "ERROR: inputs are not specified"),
    Case("", A, f"{TWO} --qdec qdec.dat", "Two ways at once", 1, ONE_WAY),
    Case("", A, f"{TWO} --etiv --stiv", "Both shares", 1, "ERROR: Cannot pass --etiv and --stiv flags simultaneously"),
    Case("", A, f"{TWO} --segno", "No ids", 1, "ERROR: segmentation numbers should be specified with that option"),
    Case(
        "",
        A,
        f"{TWO} --no-segno",
        "No ids",
        1,
        "ERROR: to be excluded segmentation numbers should be specified with that option",
    ),
    Case("", A, f"{TWO} --maxsegno 0", "Below 1", 1, "ERROR: maximum number of segs reported shouldnt be less than 1"),
    Case(
        "",
        A,
        f"{TWO} --segno 4 --segids-from-file ids.txt",
        "Both",
        1,
        "ERROR: cannot spec both --segids-from-file and --segnos. Spec just one",
    ),
    Case("", A, f"{TWO} --segids-from-file nowhere", "No file", 1, "ERROR: cannot read nowhere"),
    Case(
        "",
        A,
        f"{TWO} --segids-from-file ids_blank.txt",
        "An empty id",
        1,
        "ERROR: cannot find the corresponding segmentation for the id: you provided",
    ),
    Case(
        "",
        A,
        f"{TWO} --segno 999",
        "An id that none has",
        1,
        "ERROR: cannot find the corresponding segmentation for the id:999 you provided\n"
        "in any of the .stats files parsed",
    ),
    Case(
        "",
        A,
        f"{TWO} --segno 17 --no-segno 17",
        "An id that is left out is asked for",
        1,
        "ERROR: cannot find the corresponding segmentation for the id:17 you provided",
    ),
    Case(
        "",
        A,
        "--subjects elsa carl dora --segno 17 53",
        "The second id stands in front of the first: not seen",
        1,
        "ERROR: cannot find the corresponding segmentation for the id:53 you provided",
    ),
    Case(
        "",
        A,
        "--subjects anna carl",
        "Structures differ",
        1,
        f"WARN: carl nmeasures = 24, expecting 25\nBuilding the table..\n{NOT_SAME}",
    ),
    Case("", A, "--subjects anna hans", "Their order differs", 1, NOT_SAME),
    Case("", A, "--subjects anna lena", "Measures differ", 1, NOT_SAME),
    Case(
        "",
        A,
        f"{TWO} --etiv --no-vol-extras",
        "Nothing to divide by",
        1,
        "ERROR: --etiv, cannot find EstimatedTotalIntraCranialVol in list",
    ),
    Case(
        "",
        A,
        f"{TWO} --stiv",
        "Nothing to divide by",
        1,
        "ERROR: --stiv, cannot find SegmentedTotalIntracranialVol in list",
    ),
    Case(
        "",
        A,
        "--subjects anna lena --all-segs --etiv",
        "A 0.0 to divide by",
        1,
        "ERROR: --etiv, cannot find EstimatedTotalIntraCranialVol in list",
    ),
    Case("", A, f"{TWO} -m snr", "A word that the file does not have", 1),
    Case(
        "",
        A,
        "--subjects jens",
        "No file",
        1,
        "\nERROR: Cannot find stats file sd/jens/stats/aseg.stats\n"
        "Use --skip flag to automatically skip bad or missing stats files\n",
    ),
    Case(
        "",
        A,
        "--subjects kira",
        "A file of less than ten bytes",
        1,
        "ERROR: The stats file sd/kira/stats/aseg.stats is too small to be a valid statsfile",
    ),
    Case("", A, "--subjects jens kira --skip", "Nothing is left", 1),
    Case("", A, "--qdec nowhere.dat", "No list", 1, "ERROR: the file nowhere.dat doesnt exist"),
    Case("", A, "--fsgd nowhere.fsgd", "No list", 1, "ERROR: fsgd file nowhere.fsgd does not exist"),
    Case("", A, f"{TWO} -m bogus", "A measure that there is not", 2),
    Case("", A, f"{TWO} --su stats", "A shortened flag that may be two", 2),
    Case("", A, f"{TWO} --scale x", "No number", 2),
    Case(
        "",
        P,
        "--hemi lh",
        "No subjects",
        1,
        "ERROR: Specify one of --subjects, --subjectsfile --qdec or --qdec-long\n       or run with --help for help.",
    ),
    Case("", P, "--subjects --hemi lh", "An empty list", 1, "ERROR: atleast 1 subject must be provided"),
    Case("", P, TWO, "No side", 1, "ERROR: hemisphere should be provided (lh or rh)"),
    Case("", P, f"{TWO} --hemi xh", "A side that there is not", 2),
    Case("", P, f"{TWO} --sd sd --hemi lh", "A flag of the other script", 2),
    Case(
        "",
        P,
        "--subjects anna lena --hemi lh --etiv",
        "A 0.0 to divide by",
        1,
        "ERROR: --etiv, cannot find eTIV in measure list",
    ),
    Case(
        "",
        P,
        "--subjects jens --hemi lh",
        "No file: no word of --skip here",
        1,
        "\nERROR: Cannot find stats file sd/jens/stats/lh.aparc.stats\n\n",
    ),
    Case(
        "",
        P,
        "--subjects anna --hemi lh --subjectsfile subjects.txt",
        "Two ways at once",
        1,
        "ERROR: Please specify just one of  --subjects, --subjectsfile --qdec or --qdec-long.",
    ),
)
GOLDEN = tuple(case for case in CASES if case.name)
REFUSED = tuple(case for case in CASES if not case.name)
