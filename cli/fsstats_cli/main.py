"""The grammar of the command line, and its exit codes: 0 done, 1 some input at fault (named), 2 usage."""

import sys
from typing import Annotated

import typer

from fsstats._version import __version__
from fsstats.errors import FsstatsError
from fsstats_cli.commands import (
    adjust,
    asymmetry,
    bids,
    check,
    compare,
    correct,
    demo,
    design,
    enigma,
    euler,
    find,
    harmonise,
    merge,
    meta,
    mixed,
    permute,
    regress,
    report,
    run,
    segstats,
    show,
    snapshots,
    table,
)
from fsstats_cli.output import say
from fsstats_cli.scripts import AS_WRITTEN, aparcstats2table, asegstats2table
from fsstats_cli.wording import in_options

app = typer.Typer(
    name="fsstats",
    help="From a folder of finished FreeSurfer, FastSurfer or FSL subjects to one tidy table, and its statistics.",
    epilog="Start with: fsstats demo",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fsstats {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Hold the options of the program itself."""


_COMMANDS = (run, merge, find, check, show, table, enigma, bids, design, euler, segstats, snapshots)
_STATISTICS = (compare, regress, mixed, permute, correct, adjust, harmonise, asymmetry, meta)
for command in (*_COMMANDS, *_STATISTICS, report, demo):
    name = command.__name__.rpartition(".")[2]
    app.command(name, epilog=command.EXAMPLES)(getattr(command, name))

for script in (asegstats2table, aparcstats2table):
    app.command(script.__name__, context_settings=AS_WRITTEN, add_help_option=False)(script)


def main() -> None:
    """Run the command line; errors that name their cause end in one line, what to try below it, and status 1."""
    try:
        app(prog_name="fsstats")
    except FsstatsError as error:
        say(in_options("\n".join([f"fsstats: {error}", *getattr(error, "__notes__", ())])))
        sys.exit(1)
    except OSError as error:
        say(f"fsstats: {error.strerror or error}: {error.filename}" if error.filename else f"fsstats: {error}")
        sys.exit(1)
