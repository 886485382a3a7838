"""The reference of every command, written from the program's own grammar: usage, arguments, options, examples."""

import re
from inspect import cleandoc
from pathlib import Path
from typing import Any

from public import commands
from sphinx.application import Sphinx
from sphinx.config import Config
from typer.testing import CliRunner
from written import contents, heading, indented, table, write_pages

from fsstats_cli.main import app as program


def plain(text: str) -> str:
    """Keep reStructuredText from reading anything into words of the program's help."""
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def block(language: str, text: str) -> str:
    """Set a text as code."""
    return f".. code-block:: {language}\n\n" + indented(text.strip()) + "\n"


def examples(epilog: str) -> str:
    """Give the commands of what stands below the help."""
    lines = cleandoc(epilog.replace("[bold]Examples[/bold]", "")).splitlines()
    return "\n".join(line for line in lines if line)


def options(command: Any, context: Any) -> str:
    """Document arguments and options, as the program's help does."""
    text = ""
    for one in command.get_params(context):
        names, said = one.get_help_record(context)
        if one.param_type_name == "option":
            text += f".. option:: {names}\n\n" + indented(plain(said)) + "\n"
        else:
            text += f"``{names.partition(' <')[0]}``\n" + indented(plain(said)) + "\n"
    return text


def page(name: str) -> str:
    """Write the page of a command."""
    command = commands()[name]
    title = heading(f"fsstats {name}")
    if not command.params:  # one of FreeSurfer's scripts, which read their flags themselves
        return (
            title + plain(command.help) + "\n\n" + block("text", CliRunner().invoke(program, [name, "--help"]).output)
        )
    context = command.context_class(command, info_name=f"fsstats {name}")
    text = title + f".. program:: fsstats {name}\n\n" + plain(command.help) + "\n\n"
    text += block("text", command.get_usage(context).removeprefix("Usage: "))
    text += heading("Examples", "-") + block("sh", examples(command.epilog))
    return text + heading("Options", "-") + options(command, context)


def first_sentence(name: str) -> str:
    """Say what a command does, as the program's list of commands does."""
    return " ".join(commands()[name].help.split("\n\n")[0].split())


def index() -> str:
    """List the commands."""
    rows = {f":doc:`fsstats {name} <{name}>`": plain(first_sentence(name)) for name in commands()}
    said = "``fsstats COMMAND --help`` prints what stands on these pages.\n\n"
    return heading("In a shell") + said + table(rows) + contents(commands())


def write(app: Sphinx, _: Config) -> None:
    """Write the pages before Sphinx looks for what there is to read."""
    pages = {name: page(name) for name in commands()}
    write_pages(Path(app.srcdir) / "generated" / "commands", pages | {"index": index()})


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the pages when a build begins."""
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
