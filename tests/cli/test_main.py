"""The grammar: help, version, exit codes, and that no user's mistake ends in a traceback."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import fsstats as library
from fsstats import TableError
from fsstats_cli import main as program


def listed(folder="."):
    """Name what lies in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


COMMANDS = (
    *("bids", "check", "demo", "design", "enigma", "euler", "find", "merge", "run", "segstats", "show"),
    *("snapshots", "table"),
    *("adjust", "asymmetry", "compare", "correct", "harmonise", "meta", "mixed", "permute", "regress", "report"),
)
SCRIPTS = ("aparcstats2table", "asegstats2table")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_of_a_command_has_examples_and_every_options_meaning(fsstats, command, option):
    done = fsstats(command, option)
    assert (done.status, done.err) == (0, "")
    assert "Examples" in done.out
    assert done.out.count(f"fsstats {command} ") >= 2
    assert f" {command} [OPTIONS]" in done.out


def test_every_command_is_listed_and_tested(fsstats):
    done = fsstats("--help")
    assert done.status == 0
    commands = {
        line.split()[1] for line in done.out.splitlines() if line.startswith("│ ") and line.split()[1].isalpha()
    }
    assert set(COMMANDS) <= commands
    assert {command.name for command in program.app.registered_commands} == {*COMMANDS, *SCRIPTS}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_fits_a_narrow_terminal_and_keeps_each_example_on_its_line(fsstats, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    lines = fsstats(command, "--help").out.splitlines()
    examples = [line.strip() for line in lines if line.strip().startswith("fsstats ")]
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line.strip().startswith("--") and not line.startswith("│")], (
        "an example was broken in two"
    )
    assert len(examples) >= 2


def test_the_version_is_the_librarys(fsstats):
    done = fsstats("--version")
    assert (done.status, done.out, done.err) == (0, f"fsstats {library.__version__}\n", "")


def test_no_words_are_a_question_for_help(fsstats):
    done = fsstats()
    assert done.status == 2
    assert "Usage: " in done.out + done.err


USAGE = {
    "no such command": (["mergee", "sd"], "merge"),
    "no such option": (["find", "sd", "--sorce", "seg"], "--source"),
    "no root": (["merge", "-o", "x.csv"], "ROOT"),
    "no output": (["merge", "sd"], "--output"),
    "a root that is not there": (["find", "nowhere"], "nowhere"),
    "a subjects file that is not there": (["find", "sd", "--subjects", "nobody.txt"], "nobody.txt"),
    "a folder as subjects file": (["find", "sd", "--subjects", "sd"], "sd"),
    "participants that are not there": (["merge", "sd", "-o", "x.csv", "--participants", "p.tsv"], "p.tsv"),
    "a folder shown": (["show", "sd"], "sd"),
    "nothing shown": (["show"], "FILE"),
    "one subject made up": (["demo", "new", "--subjects", "1"], "--subjects"),
    "a number that is none": (["demo", "new", "--seed", "x"], "--seed"),
}


@pytest.mark.parametrize(("words", "named"), USAGE.values(), ids=USAGE)
def test_wrong_usage_is_status_2_and_names_what_is_wrong(fsstats, study, words, named):
    done = fsstats(*words)
    assert (done.status, done.out) == (2, "")
    assert named in done.err
    assert listed() == ["sd"]


FILES = {
    "latin.txt": "M\xfcller\n".encode("latin-1"),
    "latin.tsv": "participant_id\tname\nsub-01\tM\xfcller\n".encode("latin-1"),
    "empty.tsv": b"",
    "ragged.csv": b"participant_id,age\nsub-01,31\nsub-02,1,2,3\n",
    "broken.parquet": b"PAR1 and then nothing",
    "nameless.tsv": b"age\n31\n",
    "twice.tsv": b"participant_id\tage\nsub-01\t31\nsub-01\t32\n",
    "value.tsv": b"participant_id\tvalue\nsub-01\t31\n",
    "people.xlsx": b"x",
    "taken.json": b"{}",
    "none.stats": b"hello\n",
    "empty.stats": b"",
    "binary.stats": b"\0\1\2",
    "group.stats": b"Measure:volume\tLeft-Hippocampus\nsub-01\t4000\n",
    "a-file": b"",
}
FAULTS = {
    "no format": (["merge", "sd", "-o", "out.xlsx"], ".xlsx"),
    "no suffix": (["merge", "sd", "-o", "out"], ".parquet"),
    "no format, found": (["find", "sd", "-o", "out.txt"], ".txt"),
    "no format, checked": (["check", "sd", "-o", "out.txt"], ".txt"),
    "no folder to write to": (["merge", "sd", "-o", "nowhere/out.csv"], "nowhere"),
    "a file as folder to write to": (["merge", "sd", "-o", "a-file/out.csv"], "a-file"),
    "a folder as output": (["merge", "sd", "-o", "folder.csv"], "folder.csv"),
    "a sidecar that is another's": (["merge", "sd", "-o", "taken.csv"], "taken.json"),
    "nothing found": (["find", "void"], "void"),
    "nothing to merge": (["merge", "void", "-o", "out.csv"], "void"),
    "no such source": (["merge", "sd", "-o", "out.csv", "--source", "sge"], "did you mean seg"),
    "no such measure": (["merge", "sd", "-o", "out.csv", "--measure", "thicknes"], "did you mean thickness"),
    "subjects that are no text": (["find", "sd", "--subjects", "latin.txt"], "latin.txt"),
    "subjects that are no text, merged": (["merge", "sd", "-o", "out.csv", "--subjects", "latin.txt"], "latin.txt"),
    "subjects that nobody is on": (["merge", "sd", "-o", "out.csv", "--subjects", "empty.tsv"], "empty.tsv"),
    **{
        f"participants: {name}": (["merge", "sd", "-o", "out.csv", "--participants", name], name if broken else word)
        for name, broken, word in (
            ("latin.tsv", True, ""),
            ("empty.tsv", True, ""),
            ("ragged.csv", True, ""),
            ("broken.parquet", True, ""),
            ("nameless.tsv", False, "participant_id"),
            ("twice.tsv", False, "sub-01"),
            ("value.tsv", False, "'value'"),
            ("people.xlsx", False, ".xlsx"),
        )
    },
    "no stats shown": (["show", "none.stats"], "none.stats"),
    "nothing in it shown": (["show", "empty.stats"], "empty file"),
    "binary shown": (["show", "binary.stats"], "binary data"),
    "a group table shown": (["show", "group.stats"], "group table"),
    "a made-up cohort into a file": (["demo", "a-file"], "a-file"),
    "a made-up cohort into a folder in use": (["demo", "sd"], "sd is not empty"),
}


@pytest.mark.parametrize(("words", "named"), FAULTS.values(), ids=FAULTS)
def test_input_at_fault_is_status_1_one_line_that_names_it_and_leaves_nothing(fsstats, study, words, named):
    for name, content in FILES.items():
        study.with_name(name).write_bytes(content)
    study.with_name("void").mkdir()
    study.with_name("folder.csv").mkdir()
    before = listed()
    done = fsstats(*words)
    assert (done.status, done.out) == (1, "")
    assert named in done.err
    assert done.err.startswith("fsstats: ")
    assert done.err.count("\n") == 1
    assert ".partial" not in done.err
    assert listed() == before


ERRORS = {
    "one of ours": (TableError("a thing is wrong"), "fsstats: a thing is wrong\n"),
    "of the system, with a file": (
        PermissionError(13, "Permission denied", "x.csv"),
        "fsstats: Permission denied: x.csv\n",
    ),
    "of the system, without": (OSError(28, "No space left on device"), "fsstats: [Errno 28] No space left on device\n"),
    "of the system, words only": (OSError("it broke"), "fsstats: it broke\n"),
}


@pytest.mark.parametrize(("error", "line"), ERRORS.values(), ids=ERRORS)
def test_errors_that_name_their_cause_are_one_line_and_status_1(monkeypatch, capsys, error, line):
    def fail(prog_name):
        raise error

    monkeypatch.setattr(program, "app", fail)
    with pytest.raises(SystemExit, match=r"^1$"):
        program.main()
    assert capsys.readouterr() == ("", line)


def test_a_bug_is_not_hidden(monkeypatch):
    def fail(prog_name):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(program, "app", fail)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        program.main()


def run_module(*words, **options):
    return subprocess.run(
        [sys.executable, "-m", "fsstats_cli", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


def test_the_module_is_the_command():
    done = run_module("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"fsstats {library.__version__}\n", "")


def test_the_installed_command_is_this_one():
    (script,) = entry_points(group="console_scripts", name="fsstats")
    assert script.load() is program.main


def test_a_reader_that_stops_early_costs_no_words(study):
    words = [sys.executable, "-m", "fsstats_cli", "find", "sd"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        said = process.stderr.read().decode()
    assert "Traceback" not in said
    assert "Broken pipe" not in said


def test_the_help_is_quick_to_come_by():
    code = "import sys; from fsstats_cli.main import app; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


STATISTICS = ("scipy.stats", "formulaic", "statsmodels", "matplotlib", "seaborn")
LIGHT = {
    "find": (["fsstats", "find", "sd"], "from fsstats_cli.main import main; main()"),
    "merge": (["fsstats", "merge", "sd", "-o", "out.parquet"], "from fsstats_cli.main import main; main()"),
    "run status": (["fsstats", "run", "status", "sd"], "from fsstats_cli.main import main; main()"),
    "N4's program": (["n4", "--help"], "from fsstats.runners.programs._n4 import main; main()"),
    "DIPY's program": (["degibbs", "--help"], "from fsstats.runners.programs._degibbs import main; main()"),
}


@pytest.mark.parametrize(("argv", "statement"), LIGHT.values(), ids=LIGHT)
def test_what_needs_no_statistics_loads_none(study, argv, statement):
    code = (
        f"import atexit, sys; sys.argv = {argv}; atexit.register(lambda: print({{*sys.modules}} & {{*{STATISTICS}}}))"
    )
    done = subprocess.run([sys.executable, "-c", f"{code}; {statement}"], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "set()"
