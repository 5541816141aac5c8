#!/usr/bin/env python3
"""Does a patched tree build the same files under `make -j4` as the tree before under `make -j1`?

usage: products.py --bin unrace [--work DIR] [--unsafe] CORPUS [NAME...]

CORPUS has unpacked source packages, which are only read. How each NAME (all of them) is configured and with which goals
it is built stands in `tests/traced.sh`. Two copies are configured alike; one is built serially, the other after
`unrace fix` patched it and with four jobs. Files that a build makes are compared by name and by content; those whose
content differs between two serial builds (times, folders) show as "differ", which a person must look at. A row of a
table is printed for each tree.
"""
import argparse, hashlib, os, shutil, subprocess
from pathlib import Path

LIMIT = 1500


def run(words, folder, stdin=None):
    env = dict(os.environ, LC_ALL="C", SOURCE_DATE_EPOCH="1000000000", MAKEFLAGS="")
    try:
        return subprocess.run(words, cwd=folder, input=stdin, capture_output=True, timeout=LIMIT, env=env)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 124, b"", b"time-out")


def files(folder):
    res = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            res[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return res


def build(folder, jobs, goals):
    return run(["make", f"-j{jobs}", *goals], folder).returncode


def rows():
    """Name, folder in the tree, what configures it and goals, as `tests/traced.sh` has them."""
    text = (Path(__file__).resolve().parent.parent / "traced.sh").read_text()
    lines = text.split("packages='\n")[1].split("'\n")[0].splitlines()
    return [line.split("|") for line in lines]


FRESH = "for it in aclocal.m4 configure config.h.in config.hin Makefile.in; do find . -name $it -exec touch {} +; sleep 0.02; done"


def products(tree, setup, goals, options):
    # Both are built in a folder of one name, since many products hold it.
    place, kept = Path(options.work) / "tree", Path(options.work) / "configured"
    for it in (place, kept):
        shutil.rmtree(it, ignore_errors=True)
    shutil.copytree(tree, place, symlinks=True)
    if run(["bash", "-c", f"{FRESH}; {setup}"], place).returncode:
        return "not configured"
    shutil.copytree(place, kept, symlinks=True)
    sources = set(files(place))
    if build(place, 1, goals):
        return "not built before"
    serial = {name: text for name, text in files(place).items() if name not in sources}
    shutil.rmtree(place)
    shutil.move(str(kept), str(place))
    words = ["fix", "--unsafe-fixes"] if options.unsafe else ["fix"]
    patch = run([options.bin, *words, "."], place).stdout
    hunks = patch.count(b"\n@@ ")
    if patch:
        done = run(["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch"], place, patch)
        if done.returncode:
            return "not patched: " + done.stdout.decode()[-80:]
        if (place / "config.status").exists():
            run(["sh", "./config.status"], place)
    if build(place, 4, goals):
        return f"{hunks} hunks, not built after"
    parallel = {name: text for name, text in files(place).items() if name not in sources}
    missing = sorted(set(serial) ^ set(parallel))
    differ = sorted(name for name in set(serial) & set(parallel) if serial[name] != parallel[name])
    return f"{hunks} | {len(serial)} | {len(missing)} {' '.join(missing[:3])} | {len(differ)} {' '.join(differ[:3])}"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bin", default="unrace")
    args.add_argument("--work", default="/tmp/unrace-products")
    args.add_argument("--unsafe", action="store_true")
    args.add_argument("corpus")
    args.add_argument("names", nargs="*")
    options = args.parse_args()
    Path(options.work).mkdir(parents=True, exist_ok=True)
    print("| tree | hunks | products | missing or new | differ |\n|---|--:|--:|---|---|", flush=True)
    for name, folder, setup, goals in rows():
        tree = next(iter(sorted(Path(options.corpus).glob(f"{name}-[0-9]*"))), None)
        if tree and (not options.names or name in options.names):
            print(f"| {tree.name} | {products(tree / folder, setup, goals.split(), options)} |", flush=True)


if __name__ == "__main__":
    main()
