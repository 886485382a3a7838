"""``fsstats run``: what makes the files that the other commands read, for all images of a study."""

import re
import signal
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from fsstats_cli.options import SubjectsOption, part_of, read_subjects
from fsstats_cli.output import number, print_table, say, slow_progress_bar

if TYPE_CHECKING:
    import pandas as pd

    from fsstats.runners.recipes.named import Plan

EXAMPLES = """
[bold]Examples[/bold]

  fsstats run recon-all --inputs bids -o $SUBJECTS_DIR --jobs 8

  fsstats run fsl-structural -i bids -o fsl --set bet.f=0.3

  fsstats run recon-all -i bids -o out --dry-run > script.sh

  fsstats run recon-all -i bids -o out -- -qcache -3T

  fsstats run status out

  fsstats run recipes
"""
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_WELL = ("done", "found")
_BADLY = ("failed", "refused", "interrupted")
_ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What a cluster sends whose time is up, and a terminal that is closed; not every system has both."""


class Engine(StrEnum):
    """What runs containers."""

    APPTAINER = "apptainer"
    DOCKER = "docker"
    PODMAN = "podman"


def _measure(text: str, units: dict[str, int], example: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]?)", text.strip())
    unit = "" if found is None else next((one for one in units if one.casefold() == found[2].casefold()), "?")
    if found is None or unit == "?" or not float(found[1]):
        message = f"expected something like {example}, found {text!r}."
        raise typer.BadParameter(message)
    return round(float(found[1]) * units[unit])


def _time(text: str) -> int:
    """Read a time: 90, 30m, 24h, 2d."""
    return _measure(text, _SECONDS, "24h or 30m")


def _memory(text: str) -> int:
    """Read a size: 16G."""
    return _measure(text, _BYTES, "16G")


def run(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="What to run; or status, tools, recipes.", show_default=False)
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="-- OPTIONS", help="Options of its tool as the tool spells them.", show_default=False),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs",
            "--participants",
            "-i",
            metavar="BIDS|TABLE",
            help="A BIDS data set; or a table with the columns subject, session, t1 ...",
            exists=True,
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUT", help="The folder to write to.", file_okay=False),
    ] = None,
    subjects: SubjectsOption = None,
    t1: Annotated[
        str | None, typer.Option("--t1", metavar="PATTERN", help="Only T1 images of this name: '*acq-mprage*'.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="TOOL.OPTION=VALUE", help="An option of a tool: bet.f=0.3. May be repeated."),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, metavar="N", help="Subjects at a time; 0 for one a processor.")
    ] = 1,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="Threads of each program.")] = None,
    memory: Annotated[
        int | None, typer.Option(metavar="SIZE", help="Memory that a process may take: 16G.", parser=_memory)
    ] = None,
    timeout: Annotated[
        int | None, typer.Option(metavar="TIME", help="End a program after this time: 24h.", parser=_time)
    ] = None,
    retries: Annotated[int, typer.Option(min=0, metavar="N", help="Run a program that failed again, N times.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Run all again, and replace what is there.")] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Run also what another machine began and does not go on with.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Run nothing: print the commands as a script.")] = False,
    script: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Run nothing: write them to FILE.", dir_okay=False)
    ] = None,
    container: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="Run the programs in this container image.")
    ] = None,
    engine: Annotated[Engine, typer.Option(help="What runs the container.")] = Engine.APPTAINER,
    licence: Annotated[
        Path | None,
        typer.Option(
            "--licence", "--license", metavar="FILE", help="FreeSurfer's licence for the container.", exists=True
        ),
    ] = None,
    gpu: Annotated[bool, typer.Option("--gpu", help="Let the container use the graphics processors.")] = False,
    slurm: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Run nothing: write a job array for SLURM to FILE.", dir_okay=False),
    ] = None,
    sbatch: Annotated[
        list[str] | None,
        typer.Option("--sbatch", metavar="OPTION", help="An option for it: --partition=long. May be repeated."),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Run part I of N only, as one job of many.", callback=part_of),
    ] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on the workers of the Dask cluster at this address.")
    ] = None,
) -> None:
    """Run FreeSurfer, FastSurfer, FSL and others on all images of a study.

    Given again, it goes on where it was. See also: fsstats run status OUT, fsstats run tools, fsstats run recipes.
    """
    if recipe in _TABLES:
        _TABLES[recipe](words or [], output)
    if inputs is None or output is None:
        message = f"expected --{'inputs' if inputs is None else 'output'}, as in: fsstats run recon-all -i bids -o out"
        raise typer.BadParameter(message, param_hint="RECIPE")
    if dask is not None and jobs != 1:
        message = "the workers of the cluster run them, and this machine none."
        raise typer.BadParameter(message, param_hint="--jobs")
    from fsstats import runners

    plan = runners.plan(
        recipe,
        inputs,
        output,
        subjects=read_subjects(subjects),
        t1=t1,
        options=runners.options_for(recipe, settings or (), words or ()),
        threads=threads,
        container=None
        if container is None
        else {"image": container, "engine": engine.value, "licence": licence, "gpu": gpu},
    )
    if part is not None:
        number_of_part, n_parts = map(int, part.split("/"))
        plan = plan.part(number_of_part, n_parts)
    _say_plan(plan)
    if slurm is not None:
        _write_array(plan, slurm, output, threads=threads or 1, memory=memory, timeout=timeout, options=sbatch or ())
    elif dry_run or script is not None:
        _write_script(plan, script)
    else:
        from fsstats.io._merging import executor_for

        with _stopped_politely(output), executor_for(1, None, dask) as workers, slow_progress_bar(recipe) as progress:
            table = runners.run_jobs(
                plan.jobs,
                executor=workers,
                n_jobs=jobs,
                timeout=timeout,
                memory=memory,
                threads=threads,
                retries=retries,
                overwrite=overwrite,
                take_over=take_over,
                progress=progress,
            )
        _say_ends(plan, table, output)
    if plan.images["problem"].notna().any():
        raise typer.Exit(1)


def _say_plan(plan: "Plan") -> None:
    """Say what is odd with the images, and with the use of the tools."""
    from fsstats._frames import plain_rows

    cells = plain_rows(plan.images[["subject", "session", "remark", "problem"]])
    texts = (
        (_who(subject, session), "; ".join(filter(None, (why, remark)))) for subject, session, remark, why in cells
    )
    _say_alike((who, text, "") for who, text in texts if text)
    for remark in plan.remarks:
        say(f"note: {remark}")


def _say_alike(lines: Iterable[tuple[str, str, str]]) -> None:
    """Say who has what, what several have in common once; and what comes behind it where one has it alone."""
    from fsstats._frames import some_of

    alike: dict[str, list[tuple[str, str]]] = {}
    for who, text, more in lines:
        alike.setdefault(text, []).append((who, more))
    for text, people in alike.items():
        more = people[0][1] if len(people) == 1 else ""
        say(f"{some_of([who for who, _ in people])}: {text}{more}")


def _who(subject: str | None, session: str | None) -> str:
    return " ".join(filter(None, (subject, session)))


def _write_script(plan: "Plan", path: Path | None) -> None:
    from fsstats.runners.scripts import script_of

    text = script_of(plan.jobs)
    if path is None:
        sys.stdout.write(text)
        return
    _write(text, path)
    say(f"{number(len(plan.jobs), 'job')} -> {path}; run it with: bash {path}")


def _write_array(
    plan: "Plan",
    path: Path,
    output: Path,
    *,
    threads: int,
    memory: int | None,
    timeout: int | None,
    options: Sequence[str],
) -> None:
    from fsstats.discovery.folders import RUNS
    from fsstats.runners.scripts import slurm_script

    logs = output.absolute() / RUNS / "slurm"
    text = slurm_script(
        ["fsstats", *_without(sys.argv[1:], ("--slurm", "--sbatch"))],
        len(plan.jobs),
        name=plan.recipe.name,
        threads=threads,
        memory=None if memory is None else f"{-(-memory >> 20)}M",
        timeout=timeout,
        log=logs,
        options=options,
    )
    logs.mkdir(parents=True, exist_ok=True)
    _write(text, path)
    say(f"{number(len(plan.jobs), 'job')} -> {path}; start them with: sbatch {path}")


def _write(text: str, path: Path) -> None:
    from fsstats.io._replace import write_text
    from fsstats.io._stores import require_place

    require_place(path)
    write_text(text, path)


def _without(words: Sequence[str], options: Collection[str]) -> list[str]:
    """Give the words of a command line without some options and their values."""
    end = words.index("--") if "--" in words else len(words)
    kept, is_value = [], False
    for word in words[:end]:
        if not is_value and word.partition("=")[0] not in options:
            kept.append(word)
        is_value = not is_value and word in options
    return [*kept, *words[end:]]


@contextmanager
def _stopped_politely(output: Path) -> Iterator[None]:
    """Say how to go on if the user, or a cluster whose time is up, stops the command."""

    def stop(_signal: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {one: signal.getsignal(one) for one in _ENDS}
    for one, now in before.items():
        signal.signal(one, now if now is signal.SIG_IGN else stop)  # nohup has it ignored
    try:
        yield
    except KeyboardInterrupt:
        say(f"stopped; the same command goes on where it was, and fsstats run status {output} says how far that is")
        raise typer.Exit(1) from None
    finally:
        for one, then in before.items():
            signal.signal(one, then)


def _say_ends(plan: "Plan", table: "pd.DataFrame", output: Path) -> None:
    """Say what became of the jobs, each failure with its reason, and what comes next."""
    _say_bad(table)
    counts = table["status"].value_counts()
    words = {"found": "there already", "running": "running elsewhere"}
    said = [f"{n} {words.get(str(status), status)}" for status, n in counts.items()]
    n_problems = int(plan.images["problem"].notna().sum())
    said += [f"{n_problems} without images"] if n_problems else []
    say(f"{', '.join(said) or 'nothing to run'} -> {output}")
    if plan.recipe.is_merged and table["status"].isin(_WELL).any():
        say(f"next: fsstats merge {output} -o cohort.parquet")
    if not table["status"].isin(_WELL).all():
        raise typer.Exit(1)


def _say_bad(table: "pd.DataFrame") -> None:
    """Say what did not go well, and where more is said."""
    from fsstats._frames import plain_rows

    bad = table[~table["status"].isin(_WELL)]
    cells = plain_rows(bad[["subject", "session", "status", "reason", "log"]])
    _say_alike(
        (
            _who(subject, session),
            _advised(": ".join(filter(None, (status, reason)))),
            f" (see {log})" if log and status in _BADLY else "",
        )
        for subject, session, status, reason, log in cells
    )


def _advised(reason: str) -> str:
    """Name the options that a reason advises; the rest may be words of a tool, which stay."""
    return reason.replace("(overwrite)", "(--overwrite)").replace("(take_over)", "(--take-over)")


def _status(words: Sequence[str], output: Path | None) -> NoReturn:
    from fsstats.runners.engine.state import status_of

    if len(words) != 1 and output is None:
        message = "expected the folder that was run in: fsstats run status OUT"
        raise typer.BadParameter(message, param_hint="OUT")
    table = status_of(output or words[0])
    reasons = table["reason"].map(_advised, na_action="ignore")
    print_table(table.assign(seconds=table["seconds"].round(1), reason=reasons))
    raise typer.Exit(int(table["status"].isin(_BADLY).any()))


def _tools(words: Sequence[str], output: Path | None) -> NoReturn:
    from fsstats.runners import tools

    del words, output
    print_table(tools())
    raise typer.Exit


def _recipes(words: Sequence[str], output: Path | None) -> NoReturn:
    import pandas as pd

    from fsstats.runners.recipes.named import RECIPES

    del words, output
    rows = [
        (one.name, one.says, ", ".join(one.needs), ", ".join(t.name for t in one.tools)) for one in RECIPES.values()
    ]
    print_table(pd.DataFrame(rows, columns=["recipe", "what it does", "needs", "tools"]))
    raise typer.Exit


_TABLES = {"status": _status, "tools": _tools, "recipes": _recipes}
