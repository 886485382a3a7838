"""The flags of FreeSurfer's two scripts, read by optparse as they do: shortened and repeated ones mean the same."""

import optparse
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

_OWN: Final = """
Flags that FreeSurfer's script does not have, and that are never shortened:
  --from FILE     take the values from a table of fsstats merge
  --missing nan   print nan where there is no value, instead of 0.0

Examples:
  fsstats {name} -s bert -s ernie {hemi}-t table.txt
  fsstats {name} --from cohort.parquet {hemi}-t table.txt
"""


class _Parser(optparse.OptionParser):
    """A parser that leaves the last part of its help as it is."""

    def format_epilog(self, _formatter: optparse.HelpFormatter | None) -> str:
        """Give the last part of the help."""
        return self.epilog or ""


_OWN_FLAGS: Final = {"--missing": "missing", "--from": "table"}


class Own(NamedTuple):
    """What the flags say that the scripts do not have."""

    missing: str
    table: str | None


class Stop(Exception):  # noqa: N818 - it is no error: the script would end here
    """The command ends here, with these lines on stdout and status 1."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def parsed(parser: optparse.OptionParser, words: Sequence[str]) -> tuple[Any, Own]:
    """Give the script's options and ours, which are never shortened and may stand anywhere."""
    own: dict[str, str] = {}
    rest: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        flag, is_joined, value = word.partition("=")
        if flag not in _OWN_FLAGS:
            rest.append(word)
            continue
        if not is_joined and not waiting:
            parser.error(f"{flag} option requires 1 argument")
        own[_OWN_FLAGS[flag]] = value if is_joined else waiting.pop(0)
    options = parser.parse_args(rest)[0]
    missing = own.get("missing", "zero")
    if missing not in {"zero", "nan"}:
        parser.error(f"option --missing: invalid choice: {missing!r} (choose from 'zero', 'nan')")
    if "table" in own and getattr(options, "inputs", None) is not None:
        parser.error("--from takes the values from a merged table, and --inputs from files: give one of them")
    return options, Own(missing, own.get("table"))


def _take_words(option: optparse.Option, _flag: str, _value: object, parser: optparse.OptionParser) -> None:
    """Take all words up to the next flag, instead of those that an earlier flag took."""
    words: list[str] = []
    waiting = parser.rargs or []
    while waiting and not _is_flag(waiting[0]):
        words.append(waiting.pop(0))
    setattr(parser.values, str(option.dest), words)


def _is_flag(word: str) -> bool:
    return (word.startswith("--") and len(word) > 2) or (word.startswith("-") and len(word) > 1 and word[1] != "-")


def _parser(name: str, about: str) -> optparse.OptionParser:
    """Give the flags that both scripts have."""
    from fsstats.tables.freesurfer import DELIMITERS

    epilog = _OWN.format(name=name, hemi="--hemi lh " if name.startswith("aparc") else "")
    parser = _Parser(prog=f"fsstats {name}", description=about, epilog=epilog)
    add = parser.add_option
    words: dict[str, Any] = {"action": "callback", "callback": _take_words}
    add("--subjects", dest="subjects", help="the subjects, all behind this flag", **words)
    add("-s", dest="subjects", action="append", help="one subject; may be repeated")
    add("--subjectsfile", dest="subjectsfile", help="a file with one subject a line")
    add("--qdec", dest="qdec", help="a qdec table, with the subjects in column fsid")
    add("--qdec-long", dest="qdeclong", help="a longitudinal qdec table, with columns fsid and fsid-base")
    add("--fsgd", dest="fsgd", help="a group descriptor file, with the subjects in its Input lines")
    add("-t", "--tablefile", dest="outputfile", help="the table to write (required)")
    add("--append", dest="append", action="store_true", default=False, help="write behind what the file holds")
    add(
        "-d",
        "--delimiter",
        dest="delimiter",
        choices=tuple(DELIMITERS),
        default="tab",
        help="tab, comma, space, semicolon",
    )
    add("--skip", dest="skip", action="store_true", default=False, help="leave out subjects without a stats file")
    add("--transpose", dest="transpose", action="store_true", default=False, help="a line a structure, in six digits")
    add("-v", "--debug", dest="verbose", action="store_true", default=False, help="accepted, and without effect")
    add("--etiv", dest="etiv", action="store_true", default=False, help="per cent of the intracranial volume (eTIV)")
    add("--scale", dest="scale", type="float", help="multiply every value by this")
    return parser


def aseg_parser() -> optparse.OptionParser:
    """Give the flags of asegstats2table."""
    from fsstats.tables.freesurfer import ASEG_WORDS

    parser = _parser("asegstats2table", "One measure of the structures in aseg.stats, or another file of its kind.")
    add = parser.add_option
    words: dict[str, Any] = {"action": "callback", "callback": _take_words}
    add("--inputs", dest="inputs", help="the stats files, all behind this flag; rows are numbered", **words)
    add("-i", dest="inputs", action="append", help="one stats file; may be repeated")
    add("--sd", dest="subjects_dir", help="the folder of the subjects, instead of $SUBJECTS_DIR")
    add("-m", "--meas", dest="measure", choices=tuple(ASEG_WORDS), default="volume", help=", ".join(ASEG_WORDS))
    add("--maxsegno", dest="maxsegno", help="the greatest segmentation id")
    add("--segids-from-file", dest="segidsfile", help="a file with one segmentation id a line")
    add("--segno", dest="segnos", help="these segmentation ids, in this order", **words)
    add("--no-segno", dest="no_segnos", help="not these segmentation ids", **words)
    add("--common-segs", dest="common", action="store_true", default=False, help="the structures that all have")
    add("--all-segs", dest="all", action="store_true", default=False, help="the structures that any has")
    add("--no-vol-extras", dest="extras", action="store_false", default=True, help="no header Measures")
    add("--stats", "--statsfile", dest="statsfile", help="the stats file, instead of aseg.stats")
    add("--subdir", dest="subdir", help="the folder in the subject's, instead of stats")
    add("--stiv", dest="stiv", action="store_true", default=False, help="per cent of the segmented volume (sTIV)")
    add(
        "--replace53", dest="replace53", action="store_true", help="names of FreeSurfer 5.3 as later releases have them"
    )
    return parser


def aparc_parser() -> optparse.OptionParser:
    """Give the flags of aparcstats2table."""
    from fsstats.tables.freesurfer import APARC_WORDS

    parser = _parser("aparcstats2table", "One measure of one hemisphere's cortical regions.")
    add = parser.add_option
    add("--hemi", dest="hemi", choices=("lh", "rh"), help="lh or rh (required)")
    add("-p", "--parc", dest="parc", default="aparc", help="the parcellation: aparc, aparc.a2009s ...")
    add("-m", "--measure", dest="measure", choices=tuple(APARC_WORDS), default="area", help=", ".join(APARC_WORDS))
    add("--parcid-only", dest="plain", action="store_true", default=False, help="no side and measure in the names")
    add("--common-parcs", dest="common", action="store_true", default=False, help="the regions that all have")
    add("--parcs-from-file", dest="parcsfile", help="a file with one region a line")
    add("--report-rois", dest="report", action="store_true", default=False, help="accepted, and without effect")
    return parser
