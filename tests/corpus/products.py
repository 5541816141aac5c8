#!/usr/bin/env python3
"""Does a patched tree build the same files under `make -j4` as the tree before under `make -j1`?

usage: products.py --bin unrace [--work DIR] [--unsafe] TREE...

Each TREE is an unpacked source package; it is only read. Two copies are configured alike (`./configure` where there is
one); one is built serially, the other after `unrace fix` patched it and with four jobs. Files that a build makes are
compared by name and by content; those whose content differs between two serial builds (times, folders) show as
"differ", which a person must look at. A row of a table is printed for each tree.
"""
import argparse, hashlib, os, shutil, subprocess
from pathlib import Path

LIMIT = 1500


def run(words, folder, stdin=None):
    env = dict(os.environ, LC_ALL="C", SOURCE_DATE_EPOCH="1000000000", MAKEFLAGS="", CFLAGS="-g0 -O0")
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


def build(folder, jobs):
    done = run(["make", f"-j{jobs}"], folder)
    return done.returncode


def products(tree, options):
    # Both are built in a folder of one name, since many products hold it.
    place, kept = Path(options.work) / "tree", Path(options.work) / "serial"
    for it in (place, kept):
        shutil.rmtree(it, ignore_errors=True)
    shutil.copytree(tree, place, symlinks=True)
    if (place / "configure").exists() and run(["sh", "./configure"], place).returncode:
        return "not configured"
    configured = Path(options.work) / "configured"
    shutil.rmtree(configured, ignore_errors=True)
    shutil.copytree(place, configured, symlinks=True)
    sources = set(files(place))
    if build(place, 1):
        return "not built before"
    serial = {name: text for name, text in files(place).items() if name not in sources}
    shutil.rmtree(place)
    shutil.move(str(configured), str(place))
    words = ["fix", "--unsafe-fixes"] if options.unsafe else ["fix"]
    patch = run([options.bin, *words, "."], place).stdout
    races = patch.count(b"\n@@ ") + patch.startswith(b"@@ ")
    if patch:
        done = run(["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch"], place, patch)
        if done.returncode:
            return "not patched: " + done.stdout.decode()[-80:]
        if (place / "config.status").exists():
            run(["sh", "./config.status"], place)
    if build(place, 4):
        return f"{races} hunks | not built after"
    parallel = {name: text for name, text in files(place).items() if name not in sources}
    missing = sorted(set(serial) ^ set(parallel))
    differ = sorted(name for name in set(serial) & set(parallel) if serial[name] != parallel[name])
    return f"{races} | {len(serial)} | {len(missing)} {' '.join(missing[:3])} | {len(differ)} {' '.join(differ[:3])}"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bin", default="unrace")
    args.add_argument("--work", default="/tmp/unrace-products")
    args.add_argument("--unsafe", action="store_true")
    args.add_argument("trees", nargs="+")
    options = args.parse_args()
    Path(options.work).mkdir(parents=True, exist_ok=True)
    print("| tree | hunks | products | missing or new | differ |\n|---|--:|--:|---|---|", flush=True)
    for tree in options.trees:
        print(f"| {Path(tree).name} | {products(Path(tree), options)} |", flush=True)


if __name__ == "__main__":
    main()
