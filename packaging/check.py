"""Check the definition for Apptainer and the recipe for conda, which no program checks as they are."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from rattler_build import Stage0Recipe

HERE = Path(__file__).parent
SHELL = ("post", "environment", "runscript", "test")


def scripts(definition: str) -> Iterator[tuple[str, str]]:
    """Give the name and text of each part that a shell runs, after as many empty lines as stand before it."""
    parts = re.split(r"^%(\w+)\n", definition, flags=re.MULTILINE)
    before = parts[0].count("\n")
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        before += 1
        if name in SHELL:
            yield name, "\n" * before + text
        before += text.count("\n")


def check_definition(path: Path) -> bool:
    """Tell whether shellcheck finds nothing in any script; what it finds is printed, with its line in the file."""
    sound = True
    for name, script in scripts(path.read_text(encoding="utf-8")):
        command = ["shellcheck", "--shell=sh", "-"]
        done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{path.name}, %{name}:\n{done.stdout}{done.stderr}")
            sound = False
    return sound


def check_recipe(path: Path) -> None:
    """Read the recipe as rattler-build does, and fill it in; what it cannot read is an error of its own."""
    for variant in Stage0Recipe.from_file(path).render():
        package = variant.recipe.package
        print(f"{path.name}: {package.name} {package.version} can be rendered")


if __name__ == "__main__":
    check_recipe(HERE / "conda" / "recipe.yaml")
    sys.exit(not check_definition(HERE / "fsstats.def"))
