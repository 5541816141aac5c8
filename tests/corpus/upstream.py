#!/usr/bin/env python3
"""Holds our fixes against those that upstreams made, on the benchmark's cases whose upstream fix is whole.

usage: upstream.py --score SCORE.PY --cases CASES.JSON --trees DIR --bin unrace [--only ID]

SCORE.PY is the benchmark's scorer, whose matching of findings is used here too; DIR holds ID/before and ID/after. For
each case that is found: the pair of racing jobs is looked up in the evaluated rules of three trees: before, after
upstream's fix, after ours. The pair is "ordered" where prerequisites lead from one target to the other, "apart" where
the race is not found any more though they are not ordered (other files, another recipe, one job gone), "racing" else.
A case agrees where both fixes end the race in the same way, and both end it where they do so in different ways.
"""
import argparse, importlib.util, json, shutil, subprocess, tempfile
from pathlib import Path


def load(path):
    spec = importlib.util.spec_from_file_location("score", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def needs(binary, tree, makefile):
    """Target to everything that make has finished before it."""
    done = subprocess.run([binary, "database", "--output-format", "json", makefile], cwd=tree, capture_output=True, timeout=300)
    direct = {}
    for rule in json.loads(done.stdout)["rules"]:
        for target in rule["targets"]:
            direct.setdefault(target, set()).update(rule["prerequisites"], rule["order_only"])
    return direct


def leads(direct, start, end):
    seen, left = {start}, [start]
    while left:
        for it in direct.get(left.pop(), ()):
            if it == end:
                return True
            if it not in seen:
                seen.add(it)
                left.append(it)
    return False


def state(score, binary, tree, case, pair):
    findings, _ = score.check(binary, tree, case["entry"])
    if any(score.matches(case, it) for it in findings):
        return "racing"
    direct = needs(binary, tree, case["entry"])
    ordered = leads(direct, *pair) or leads(direct, *reversed(pair))
    return "ordered" if ordered else "apart"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("score", "cases", "trees"):
        args.add_argument(f"--{name}", required=True)
    args.add_argument("--bin", default="unrace")
    args.add_argument("--only", default="")
    options = args.parse_args()
    score, n, both, agree = load(options.score), 0, 0, 0
    print("| case | class | upstream | ours | after upstream's | after ours |\n|---|---|---|---|---|---|")
    for case in json.loads(Path(options.cases).read_text()):
        before, after = (Path(options.trees) / case["id"] / side for side in ("before", "after"))
        whole = case["after_status"].startswith("fixed")
        if not whole or options.only not in case["id"] or not after.exists():
            continue
        findings, _ = score.check(options.bin, before, case["entry"])
        hits = [it for it in findings if score.matches(case, it)]
        if not hits:
            continue
        n += 1
        pair = [job["target"] for job in hits[0]["jobs"]][:2]
        _, patch, _, _ = score.run(options.bin, "fix", "--unsafe-fixes", case["entry"], cwd=before)
        theirs, ours = state(score, options.bin, after, case, pair), "no patch"
        if patch:
            with tempfile.TemporaryDirectory() as folder:
                patched = Path(folder) / "tree"
                shutil.copytree(before, patched, symlinks=True)
                done = subprocess.run(["git", "apply", "-p1", "-"], input=patch, cwd=patched, capture_output=True)
                ours = state(score, options.bin, patched, case, pair) if done.returncode == 0 else "not applied"
        both += theirs != "racing" and ours in ("ordered", "apart")
        agree += theirs == ours and ours in ("ordered", "apart")
        how = next((it["strategy"] for it in hits[0]["fixes"] if it["applicability"] != "manual"), "none")
        print(f"| {case['id']} | {hits[0]['class']} | {case['fix_strategy']} | {how} | {theirs} | {ours} |", flush=True)
    print(f"\n{n} cases found; both fixes end the race in {both}, in the same way in {agree}")


if __name__ == "__main__":
    main()
