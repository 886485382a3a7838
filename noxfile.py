"""The words to learn: ``nox -s tests lowest lint types layers notebooks docs wheel readme``.

Each session makes its own environment. In an environment that has the ``dev`` extra already,
``nox --no-venv --no-install -s lint types layers`` runs the checks in it.
"""

import os
import shutil
from pathlib import Path

import nox

nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "types", "layers"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
DEV = PYPROJECT["project"]["optional-dependencies"]["dev"]
SAME_EVERYWHERE = (
    *("tests/discovery", "tests/parsers", "tests/places", "tests/runners", "tests/schema"),
    *("tests/gallery/test_page.py", "tests/reporting/test_page.py", "tests/test_house.py", "tests/test_docs_site.py"),
)
"""Tests of texts, names, places and command lines, of what a browser makes of a page, and of the source's text: other
releases of packages change nothing about them."""


def dev(*names: str) -> list[str]:
    """Give the requirements of the ``dev`` extra for these tools, so that a version is written once."""
    return [requirement for requirement in DEV if requirement.partition(">=")[0] in names]


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests on the source tree; what follows ``--`` goes to pytest."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """Run all but the long tests with the lowest supported releases of what fsstats needs at run time."""
    session.install(".[test]", "--constraint", "tests/constraints-lowest.txt")
    left_out = [f"--ignore={path}" for path in SAME_EVERYWHERE]
    workers = ("-n", str(os.cpu_count() or 1), "--dist", "worksteal")
    few = {"HYPOTHESIS_PROFILE": "few"}
    session.run("pytest", *workers, "-m", "not long", *left_out, *session.posargs, env=few)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and spelling."""
    session.install(*dev("ruff", "codespell"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("codespell")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types, strictly."""
    session.install("-e", ".", *dev("mypy", "pandas-stubs", "pyarrow-stubs"))
    session.run("mypy")


@nox.session
def layers(session: nox.Session) -> None:
    """Check who imports whom."""
    session.install("--no-deps", "-e", ".")
    session.install(*dev("import-linter"))
    session.run("lint-imports")


@nox.session
def notebooks(session: nox.Session) -> None:
    """Run the notebooks and check that no outputs are stored in them."""
    session.install(".[test]")
    session.run("pytest", "-k", "notebook", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, every warning being an error, and look at what was built."""
    session.install("-e", ".[docs]")
    site = Path(session.create_tmp()).resolve() / "site"
    shutil.rmtree(site, ignore_errors=True)
    session.run("sphinx-build", "--fail-on-warning", "--keep-going", "--quiet", "--jobs=auto", "docs", str(site))
    session.run("pytest", "--noconftest", "tests/built_site.py", env={"FSSTATS_SITE": str(site)})


@nox.session
def links(session: nox.Session) -> None:
    """Follow every link of the documentation to other sites; it needs the internet, and their goodwill."""
    session.install("-e", ".[docs]")
    found = Path(session.create_tmp()).resolve() / "links"
    session.run("sphinx-build", "--quiet", "--builder=linkcheck", "docs", str(found))


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz every parser and reader: all of them for two minutes, or as what follows ``--`` says (run.py --help)."""
    session.install(".", "atheris")
    session.run("python", "tests/fuzz/run.py", *(session.posargs or ("together", "--corpus", session.create_tmp())))


@nox.session
def wheel(session: nox.Session) -> None:
    """Build twice the same, look into the wheel, and run the installed command where nothing else is installed."""
    session.install(*dev("build", "check-wheel-contents"), "virtualenv")
    folder = Path(session.create_tmp()).resolve()
    shutil.rmtree(folder)
    dist, again, clean, work = (folder / name for name in ("dist", "again", "clean", "work"))
    work.mkdir(parents=True)
    session.run("python", "-m", "build", "--outdir", str(dist))
    session.run("python", "-m", "build", "--outdir", str(again))
    if changed := [path.name for path in dist.iterdir() if path.read_bytes() != (again / path.name).read_bytes()]:
        session.error(f"built a second time they differ: {', '.join(changed)}")
    built = str(next(dist.glob("*.whl")))
    session.run("check-wheel-contents", built)
    session.run("python", "-m", "virtualenv", "--quiet", str(clean))
    session.run(str(clean / "bin" / "python"), "-m", "pip", "install", "--quiet", built, external=True)
    session.chdir(work)
    session.run(str(clean / "bin" / "fsstats"), "--version", external=True)
    session.run(str(clean / "bin" / "fsstats"), "demo", external=True)


@nox.session(reuse_venv=False)
def readme(session: nox.Session) -> None:
    """Run the two commands of README.md in a new environment."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)
