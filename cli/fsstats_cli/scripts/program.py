"""The two commands: check the flags, read the files, arrange the table, write it; each step as the scripts say it."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

import typer

from fsstats_cli.output import say
from fsstats_cli.scripts.flags import Own, Stop, aparc_parser, aseg_parser, parsed
from fsstats_cli.scripts.subjects import named, require_subjects, subjects_dir

if TYPE_CHECKING:
    from optparse import OptionParser

    from fsstats.tables._alike import Alike
    from fsstats.tables.freesurfer import Spec

AS_WRITTEN: Final = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
"""All flags are the script's; the command line's own grammar leaves them alone."""
_MOST_SAID: Final = 5


class _Read(NamedTuple):
    """What could be read, and what the script says file by file."""

    files: "Sequence[Alike]"
    rows: list[str]


def asegstats2table(context: typer.Context) -> None:
    """Make FreeSurfer's table of structures, byte for byte; --help lists the script's flags and ours."""
    _run(context.args, aseg_parser, _aseg)


def aparcstats2table(context: typer.Context) -> None:
    """Make FreeSurfer's table of one hemisphere's cortex, byte for byte; --help lists the script's flags and ours."""
    _run(context.args, aparc_parser, _aparc)


def _run(words: Sequence[str], parser: "Callable[[], OptionParser]", command: Callable[[Any, Own], None]) -> NoReturn:
    from fsstats.errors import FsstatsError, ScriptError

    options, own = parsed(parser(), words)
    try:
        command(options, own)
    except Stop as stop:
        _print(*stop.lines)
        sys.exit(1)
    except ScriptError as error:
        _print(*error.said)
        say(f"fsstats: {error}")
        sys.exit(1)
    except (FsstatsError, OSError, ValueError) as error:
        say(f"fsstats: {error}")
        sys.exit(1)
    sys.exit(0)


def _print(*lines: str) -> None:
    """Print where the script does."""
    for line in lines:
        print(line)  # noqa: T201 - on stdout, as the script


def _aseg(options: Any, own: Own) -> None:
    from fsstats.schema import identify
    from fsstats.tables.freesurfer import AsegTable

    if options.subjects_dir is not None:
        os.environ["SUBJECTS_DIR"] = options.subjects_dir
    if options.subjects == []:
        raise Stop("ERROR: subjects are not specified (use --subjects SUBJECTS)")
    if options.inputs == []:
        raise Stop("ERROR: inputs are not specified")
    require_subjects(options, needed=own.table is None)
    only = _segments(options)
    name = options.statsfile or "aseg.stats"
    said = identify(name)
    structures = "common" if options.common else "all" if options.all else "same"
    spec = AsegTable(
        source=said.source if said else name,
        hemi=said.hemi if said else None,
        measure=options.measure,
        structures=structures,
        only=only,
        without=options.no_segnos or (),
        up_to=int(options.maxsegno) if options.maxsegno else None,
        extras=options.extras,
        current_names=bool(options.replace53),
        percent_of="eTIV" if options.etiv else "sTIV" if options.stiv else None,
        scale=options.scale or 1.0,
    )
    if options.inputs is not None:
        read = _from_files(list(map(str, range(len(options.inputs)))), options.inputs, options, own, spec)
    else:
        read = _from_subjects(options, own, spec, (options.subdir or "stats", name))
    _write(read, spec, options, own)


def _segments(options: Any) -> list[str] | None:
    """Give the segmentation ids that are asked for, after all checks that the script makes of its flags."""
    if not options.outputfile:
        raise Stop("ERROR: output table name should be specified (use --tablefile FILE)")
    if options.segidsfile is not None and options.segnos is not None:
        raise Stop("ERROR: cannot spec both --segids-from-file and --segnos. Spec just one")
    if options.maxsegno and int(options.maxsegno) < 1:
        raise Stop("ERROR: maximum number of segs reported shouldnt be less than 1")
    if options.segnos == []:
        raise Stop("ERROR: segmentation numbers should be specified with that option")
    if options.no_segnos == []:
        raise Stop("ERROR: to be excluded segmentation numbers should be specified with that option")
    if options.segidsfile is None:
        return None if options.segnos is None else list(options.segnos)
    lines = _lines(options.segidsfile)
    if lines is None:
        raise Stop(f"ERROR: cannot read {options.segidsfile}")
    return lines or None


def _lines(path: str) -> list[str] | None:
    from fsstats.io.subjectlists import subjects_in_lines

    try:
        return subjects_in_lines(path)
    except OSError:
        return None


def _aparc(options: Any, own: Own) -> None:
    from fsstats.tables.freesurfer import AparcTable

    if options.subjects == []:
        raise Stop("ERROR: atleast 1 subject must be provided")
    require_subjects(options, needed=own.table is None)
    if not options.outputfile:
        raise Stop("ERROR: output table name should be specified")
    if not options.hemi:
        raise Stop("ERROR: hemisphere should be provided (lh or rh)")
    only = None if options.parcsfile is None else _lines(options.parcsfile)
    if options.parcsfile is not None and only is None:
        _print(f"ERROR: cannot read {options.parcsfile}")  # and goes on, as the script does
    if options.report:
        _print("WARNING: --report-rois deprecated. Use -v instead")
    spec = AparcTable(
        hemi=options.hemi,
        source=options.parc,
        measure=options.measure,
        structures="common" if options.common else "all",
        only=only,
        plain_names=options.plain,
        percent_of="eTIV" if options.etiv else None,
        scale=options.scale or 1.0,
    )
    read = _from_subjects(options, own, spec, ("stats", f"{options.hemi}.{options.parc}.stats"))
    _write(read, spec, options, own)


def _from_subjects(options: Any, own: Own, spec: "Spec", place: tuple[str, str]) -> _Read:
    if own.table is not None:
        return _from_table(own.table, options, spec)
    folder = subjects_dir()
    names = named(options) or []
    paths = [os.path.join(folder, name, *place) for name in names]  # noqa: PTH118 - printed as the script does
    return _from_files(names, paths, options, own, spec)


def _from_files(names: Sequence[str], paths: Sequence[str], options: Any, own: Own, spec: "Spec") -> _Read:
    """Read files, and say what the script says of each."""
    from fsstats.io.freesurfer import read_named

    _print("Parsing the .stats files")
    found = read_named(paths, spec, literally=own.missing == "zero")
    widths = _widths(found.alike, len(found.used), spec)
    for i, (name, path) in enumerate(zip(names, paths, strict=True)):
        if i in found.faults:
            _left_out(path, *found.faults[i], options, spec)
        elif (width := next(widths)) is not None:
            _print(f"WARN: {name} nmeasures = {width[0]}, expecting {width[1]}")
    for i, problem in [*found.remarks.items()][:_MOST_SAID]:
        say(f"{paths[i]}: {problem}")
    if len(found.remarks) > _MOST_SAID:
        say(f"and {len(found.remarks) - _MOST_SAID} more files with remarks; fsstats check names all")
    return _Read(found.alike, [names[i] for i in found.used])


def _widths(files: "Sequence[Alike]", n_files: int, spec: "Spec") -> Iterator[tuple[int, int] | None]:
    """Give how many columns a file has and the first had, where asegstats2table warns that they differ."""
    from fsstats.tables.freesurfer import AsegTable, columns_of

    if not (isinstance(spec, AsegTable) and spec.structures == "same" and files):
        yield from [None] * n_files
        return
    widths = [0] * n_files
    for one, columns in zip(files, columns_of(files, spec), strict=True):
        for i in one.rows.tolist():
            widths[i] = len(columns)
    yield from [(width, widths[0]) if width != widths[0] else None for width in widths]


def _left_out(path: str, fault: str, problem: str, options: Any, spec: "Spec") -> None:
    """Say that a file is left out, or stop, in the script's words; for a damaged file it has none."""
    from fsstats.io.freesurfer import DAMAGED, MISSING
    from fsstats.tables.freesurfer import AsegTable

    if options.skip:
        _print(f"Skipping {path}")
        return
    is_aseg = isinstance(spec, AsegTable)
    small = f"ERROR: The stats file {path} is too small to be a valid statsfile"
    damaged = f"ERROR: The stats file {path} cannot be used: {problem}"
    said = {MISSING: f"ERROR: Cannot find stats file {path}", DAMAGED: damaged}.get(fault, small)
    hint = f"Use --skip flag to automatically skip bad{' or missing' if is_aseg else ''} stats files"
    raise Stop("", said, *([hint] if is_aseg or fault != MISSING else []), "")


def _from_table(table: str, options: Any, spec: "Spec") -> _Read:
    """Take the values from a merged table."""
    from fsstats.io.freesurfer import MISSING, read_merged
    from fsstats.tables.freesurfer import chosen_files, lacking_fields

    _print(f"Reading {table}")
    files, rows = read_merged(table, spec)
    lacking = lacking_fields(files, spec)
    if lacking:
        say(f"warning: {table} has no {', '.join(lacking)} of {spec.source}; the table has no such columns")
    wanted = named(options)
    if wanted is None:
        return _Read(files, rows)
    known = set(rows)
    for name in [one for one in wanted if one not in known]:
        _left_out(f"of {name} in {table}", MISSING, "", options, spec)
    kept = [name for name in wanted if name in known]
    return _Read(chosen_files(files, rows, kept), kept)


def _write(read: _Read, spec: "Spec", options: Any, own: Own) -> None:
    from fsstats.io.freesurfer import save_text
    from fsstats.tables.freesurfer import tabulate, text_of, zeros_of

    _print("Building the table..")
    made = tabulate(read.files, read.rows, spec, missing=own.missing)
    _print(f"{'Appending' if options.append else 'Writing'} the table to {options.outputfile}")
    text = text_of(made, delimiter=options.delimiter, transpose=options.transpose)
    save_text(text, options.outputfile, append=options.append)
    if own.missing == "zero" and made.filled.any():
        say(f"warning: {zeros_of(made)}")
