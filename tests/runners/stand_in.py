"""The program that stands in for a tool: it checks its arguments, writes the names that the tool writes, and is no tool.

It is put on the PATH under a tool's name, with ``known.json`` beside it: the options of each tool and how many values
each takes, from the tools' help texts. ``plan.json`` says what goes wrong when; ``calls.jsonl`` has every call.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = Path(sys.argv[0]).name
RECON_ALL = {
    "-autorecon1": "mri/orig.mgz mri/transforms/talairach.xfm mri/nu.mgz mri/T1.mgz mri/brainmask.mgz",
    "-autorecon2": "mri/norm.mgz mri/aseg.mgz mri/wm.mgz mri/filled.mgz surf/?h.orig surf/?h.inflated surf/?h.white",
    "-autorecon3": (
        "surf/?h.sphere.reg label/?h.aparc.annot surf/?h.pial mri/ribbon.mgz stats/?h.aparc.stats mri/wmparc.mgz "
        "stats/?h.aparc.a2009s.stats mri/aparc+aseg.mgz stats/aseg.stats stats/wmparc.stats"
    ),
}


def main():
    argv = sys.argv[1:]
    with (HERE / "calls.jsonl").open("a") as file:
        file.write(json.dumps([PROGRAM, *argv]) + "\n")
    if PROGRAM == "echo-arguments":
        say(json.dumps(argv))
        return
    given, plain = parsed(argv)
    step = planned(argv)
    if step.get("do") == "check":
        return
    say(f"{PROGRAM} begins")
    if step.get("do") == "fail-at-once":
        fail(step.get("say", "ERROR: as planned"))
    files = written(given, plain)
    half = len(files) // 2
    write(files[:half] or files[:1] if step else files[:half])
    act(step)
    write(files[half:])
    if PROGRAM == "recon-all":
        finish(given)
    say(f"{PROGRAM} ends")


def parsed(argv):
    """Take the arguments apart; one that no help text knows ends the program."""
    table = json.loads((HERE / "known.json").read_text())
    known, given, plain, at = table.get(PROGRAM), {}, [], 0
    if PROGRAM == "bet" and (len(argv) < 2 or argv[0].startswith("-") or argv[1].startswith("-")):
        fail("bet <input> <output> [options]")
    while at < len(argv):
        word, glued, value = argv[at].partition("=")
        at += 1
        if not word.startswith("-") or known is None:
            plain.append(word + glued + value)
        elif word in known:
            n = 0 if glued else n_values(known[word], argv[at:])
            given.setdefault(word, []).extend([value] if glued else argv[at : at + n])
            if len(argv) < at + n:
                fail(f"ERROR: {PROGRAM}: {word} needs {n} values")
            at += n
        else:
            fail(f"ERROR: {PROGRAM}: option {word} unknown")
    return given, plain


def n_values(said, rest):
    """Say how many of the words that follow belong to an option: a number of them, or all up to the next option."""
    if said.isdecimal():
        return int(said)
    return next((at for at, word in enumerate(rest) if word.startswith("-")), len(rest))


def planned(argv):
    """Find what is to go wrong now: the first rule that fits, as often as it says."""
    path = HERE / "plan.json"
    for number, rule in enumerate(json.loads(path.read_text()) if path.exists() else []):
        if rule.get("program", PROGRAM) == PROGRAM and all(word in " ".join(argv) for word in rule.get("with", [])):
            for time_ in range(rule.get("times", 1 << 30)):
                try:
                    if "times" in rule:
                        (HERE / f"used-{number}-{time_}").touch(exist_ok=False)
                except FileExistsError:
                    continue
                return rule
    return {}


def act(step):
    """Do what was planned, in the middle of the work."""
    do = step.get("do", "")
    if do == "fail":
        fail(step.get("say", "ERROR: as planned"), step.get("status", 1))
    if do == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if do == "sleep":
        time.sleep(step.get("seconds", 60))
    if do == "ignore":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(step.get("seconds", 60))
    if do == "eat":
        bytearray(step["bytes"])
    if do == "nothing":
        sys.exit(0)


def written(given, plain):
    """Name the files that the real tool writes."""
    if PROGRAM == "bet":
        stem = Path(without_suffix(plain[1]))
        return [image(stem), *([image(f"{stem}_mask")] if "-m" in given else [])]
    if PROGRAM == "fast":
        stem = given.get("-o", [without_suffix(plain[0])])[0]
        return [image(f"{stem}_{name}") for name in ("seg", "pve_0", "pve_1", "pve_2", "pveseg", "mixeltype")]
    if PROGRAM == "fslmaths":
        return [image(plain[-1])]
    if PROGRAM == "run_first_all":
        out, some = given["-o"][0], given["-s"][0].split(",")
        labels = [image(f"{out}_all_fast_{name}") for name in ("firstseg", "origsegs")]
        return [*labels, *(Path(f"{out}-{one}_first.{kind}") for one in some for kind in ("vtk", "bvars"))]
    if PROGRAM == "recon-all":
        return subject_files(given)
    return [Path(plain[-1])]


def subject_files(given):
    folder = subject_of(given)
    scripts = folder / "scripts"
    if folder.exists() and "-i" in given:
        fail("ERROR: You are trying to re-run an existing subject with (possibly)\n new input data (-i).")
    if "-no-isrunning" not in given and scripts.is_dir() and list(scripts.glob("IsRunning*")):
        fail("ERROR: it appears that recon-all is already running\nfor this subject.")
    if not folder.exists() and "-i" not in given:
        fail(f"ERROR: cannot find {folder}")
    scripts.mkdir(parents=True, exist_ok=True)
    for old in scripts.glob("recon-all.*"):
        old.unlink()
    told = f"SUBJECT {folder.name}\nDATE now\nHOST {os.uname().nodename}\nPROCESSID {os.getpid()} \n"
    (scripts / "IsRunning.lh+rh").write_text(told)
    stages = RECON_ALL if "-all" in given else [one for one in RECON_ALL if one in given]
    names = ["mri/orig/001.mgz", *(name for stage in stages for name in RECON_ALL[stage].split())]
    return [folder / name.replace("?h", hemi) for name in names for hemi in (["lh", "rh"] if "?h" in name else [""])]


def subject_of(given):
    name = (given.get("-s") or given.get("-subjid") or [""])[-1]
    return Path((given.get("-sd") or [os.environ.get("SUBJECTS_DIR", ".")])[-1], name)


def finish(given):
    scripts = subject_of(given) / "scripts"
    for sign in scripts.glob("IsRunning*"):
        sign.unlink()
    (scripts / "recon-all.done").write_text("------------------------------\nSUBJECT x\n")
    (scripts / "recon-all-status.log").write_text("recon-all -s x finished without error at now\n")


def without_suffix(name):
    return name.removesuffix(".gz").removesuffix(".nii")


def image(stem):
    return Path(f"{without_suffix(str(stem))}.nii.gz")


def write(files):
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PROGRAM)


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fail(text, status=1):
    say(text)
    if PROGRAM == "recon-all":
        say("Linux host 5.4\n\nrecon-all -s x exited with ERRORS at now\n\nFor more details, see the log file x")
    sys.exit(status)


main()
