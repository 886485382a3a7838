"""What packaging/ states is what pyproject.toml states, and the two images are the same."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

import fsstats

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
RECIPE = yaml.safe_load((ROOT / "packaging" / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "packaging" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
DEFINITION = (ROOT / "packaging" / "fsstats.def").read_text(encoding="utf-8")
README = (ROOT / "packaging" / "README.md").read_text(encoding="utf-8")

CONDA = {"matplotlib": "matplotlib-base", "seaborn": "seaborn-base"}  # neither Qt nor what is named anyway


def for_conda(requirements):
    """Write requirements as a recipe does."""
    parts = [re.fullmatch(r"([\w-]+)>=([\d.]+)", one).groups() for one in requirements]
    return [f"{CONDA.get(name, name)} >={lowest}" for name, lowest in parts]


RECIPES = {
    "name": (RECIPE["package"]["name"], PROJECT["name"]),
    "version": (RECIPE["context"]["version"], fsstats.__version__),
    "lowest Python": (f">={RECIPE['context']['python_min']}", PROJECT["requires-python"]),
    "command": (
        RECIPE["build"]["python"]["entry_points"],
        [f"{name} = {function}" for name, function in PROJECT["scripts"].items()],
    ),
    "what it is built with": (
        RECIPE["requirements"]["host"],
        ["python ${{ python_min }}.*", *for_conda(PYPROJECT["build-system"]["requires"]), "pip"],
    ),
    "what it needs": (
        RECIPE["requirements"]["run"],
        ["python >=${{ python_min }}", *for_conda(PROJECT["dependencies"])],
    ),
    "packages": (
        RECIPE["tests"][0]["python"]["imports"],
        [Path(package).name for package in PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]],
    ),
    "summary": (RECIPE["about"]["summary"], PROJECT["description"]),
    "licence": (RECIPE["about"]["license"], PROJECT["license"]),
    "files of licences": (RECIPE["about"]["license_file"], PROJECT["license-files"]),
}


@pytest.mark.parametrize(("found", "due"), RECIPES.values(), ids=RECIPES)
def test_the_recipe_for_conda_states_what_pyproject_does(found, due):
    assert found == due


def part(name):
    """Give the lines of a part of the definition."""
    text = re.search(rf"^%{name}\n(.*?)(?=^%|\Z)", DEFINITION, re.MULTILINE | re.DOTALL)[1]
    return [line.strip() for line in text.splitlines()]


def instructions(name):
    """Give what stands behind a word of the Dockerfile, instruction by instruction."""
    return re.findall(rf"^{name} +(.+)$", DOCKERFILE, re.MULTILINE)


def extras(text):
    """Give the extras that an image installs."""
    (named,) = re.findall(r"pip install .*\[([\w,]+)\]", text)
    return named.split(",")


def label(line):
    """Give the name and the text of a label of the definition."""
    return line.split(" ", maxsplit=1)


PREFIX = "org.opencontainers.image."
LABELS = {
    f"{PREFIX}title": PROJECT["name"],
    f"{PREFIX}description": PROJECT["description"],
    f"{PREFIX}version": fsstats.__version__,
    f"{PREFIX}licenses": PROJECT["license"],
}
IMAGES = {
    "Docker": {
        "bases": {line.split()[0] for line in instructions("FROM")},
        "labels": dict(word.split("=", maxsplit=1) for word in shlex.split(instructions("LABEL")[0])),
        "sources": {word for line in instructions("COPY") if "--from" not in line for word in line.split()[:-1]},
        "extras": extras(DOCKERFILE),
        "starts": instructions("ENTRYPOINT"),
    },
    "Apptainer": {
        "bases": set(re.findall(r"^From: (.+)$", DEFINITION, re.MULTILINE)),
        "labels": dict(label(line) for line in part("labels") if line),
        "sources": {line.split()[0] for line in part("files") if line},
        "extras": extras(DEFINITION),
        "starts": [line for line in part("runscript") if line],
    },
}
STARTS = {"Docker": ['["fsstats"]'], "Apptainer": ['exec fsstats "$@"']}


@pytest.fixture(params=IMAGES)
def image(request):
    """One image after the other."""
    return IMAGES[request.param] | {"due": STARTS[request.param]}


def test_an_image_has_the_newest_python_that_is_supported(image):
    named = re.findall(r"Python :: 3\.(\d+)", "\n".join(PROJECT["classifiers"]))
    assert image["bases"] == {f"python:3.{max(map(int, named))}-slim"}


def test_an_image_says_what_it_is(image):
    assert image["labels"] == LABELS


def test_an_image_is_made_of_what_the_wheel_is_made_of(image):
    packages = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = {"pyproject.toml", PROJECT["readme"], *PROJECT["license-files"], *packages}
    assert image["sources"] == {Path(path).parts[0] for path in needed}


def test_an_image_starts_the_command(image):
    assert image["starts"] == image["due"]


def test_the_images_hold_the_same_extras_and_none_for_developers():
    assert IMAGES["Docker"]["extras"] == IMAGES["Apptainer"]["extras"]
    assert set(extras(DOCKERFILE)) <= PROJECT["optional-dependencies"].keys() - {"test", "docs", "dev"}


def test_the_container_is_not_run_as_root():
    assert [user for user in instructions("USER") if user.split(":")[0] in {"0", "root"}] == []
    assert instructions("USER") != []


def test_the_files_and_extras_that_the_commands_name_are_there():
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
    files = re.findall(r"\bpackaging/[\w./-]+", commands)
    assert [name for name in files if not (ROOT / name).is_file()] == []
    assert len(files) == 3
    named = {extra for group in re.findall(r"\[([a-z,]+)\]\"", README) for extra in group.split(",")}
    assert named
    assert named <= PROJECT["optional-dependencies"].keys()
