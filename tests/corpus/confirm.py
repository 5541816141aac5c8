#!/usr/bin/env python3
"""Confirm real races on real builds: each case that builds here is built before its fix, after it, and after unrace's.

usage: confirm.py --cases cases.json --trees DIR [--unrace PROGRAM] [--work DIR] [--json FILE] [--repeat N] [--table] [ID...]

DIR holds ID/before and ID/after, as the benchmark's score.py (beside cases.json) leaves them; they are copied, not changed.
BUILDS says how a case is configured and which words make gets; what is not in it is in NOT_TRIED with the reason.
Per case: `check` names the race in the tree before, in its configured makefile where there is one; `confirm` tries it
there once, and --repeat times in the tree after upstream's fix and in that with `fix`'s patch. FILE keeps what was seen, and
a case that it has is not run again. --table prints FILE as the rows of README.md.
"""
import argparse, json, os, shutil, subprocess, sys, tempfile, time
from pathlib import Path

from confirm_builds import BUILDS, NOT_TRIED

CONFIRM = ("--output-format", "json", "--time-limit", "900")
MOST = 3  # findings of a case that are tried


class Failed(Exception):
    """A step that did not come off, and why."""


def run(words, cwd, limit=300, codes=(0,), **more):
    try:
        done = subprocess.run(words, cwd=cwd, capture_output=True, timeout=limit, stdin=subprocess.DEVNULL, **more)
    except subprocess.TimeoutExpired:
        raise Failed(f"{words[0] if isinstance(words, list) else words.split()[0]}: {limit} s have passed")
    if done.returncode not in codes:
        text = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise Failed(text[-1][:160] if text else f"status {done.returncode}")
    return done.stdout


def copied(tree, into):
    shutil.rmtree(into, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", tree, into], check=True)
    # Without it make takes what is committed for older than what it is made from, or not, as the copy went.
    (into / ".complete").unlink(missing_ok=True)
    return into


def prepared(tree, into, build):
    copied(tree, into)
    if build.get("setup"):
        # What `configure` found out in one tree of a case it need not find out in the others.
        site = into.parent / "config.site"
        site.write_text(f"cache_file={into.parent}/config.cache\n")
        run(build["setup"], into, shell=True, env={**os.environ, "CONFIG_SITE": str(site)})
    return into


def goals(build):
    words = build.get("words", [])
    res = [part for word in words if "=" in word for part in ("-D", word)]
    return res + [part for word in words if "=" not in word and not word.startswith("-") for part in ("--goal", word)]


def findings(options, case, build, tree, source):
    """The race as `check` reports it: of the configured makefile, or of its source."""
    entry = case["entry"]
    made = build.get("entry", entry.removesuffix(".in").removesuffix(".am").removesuffix(".pre"))
    for makefile, folder in [(made, tree), (entry, source)]:
        if not (folder / makefile).is_file():
            continue
        words = ["check", "--output-format", "json", "--min-severity", "note", *goals(build), makefile]
        report = json.loads(run([options.unrace, *words], folder, codes=(0, 1)))
        # Errors come first: they are what every build meets. What has the very name that the case has leaves others out.
        found = [it for it in report["findings"] if options.matches(case, it)]
        report["findings"] = ([it for it in found if it["path"] == case["racing_file"]] or found)[:MOST]
        report["findings"] = [focused(options, case, it) for it in report["findings"]]
        if report["findings"]:
            return report
    raise Failed("check does not report it")


def focused(options, case, finding):
    """The finding with the case's own pair in front, where it has more jobs than two and that is another pair."""
    def named(job):
        return any(options.same(it, job["target"]) for it in case["racing_targets"])
    jobs = sorted(finding["jobs"], key=lambda it: not named(it))
    # Who writes comes before who reads; the order is kept otherwise.
    front = sorted(jobs[:2], key=lambda it: it["effect"] == "read")
    if not all(map(named, front)) or all(it["effect"] == "read" for it in front) or front == finding["jobs"][:2]:
        return finding
    words = finding["witness"].split()
    swap = {old["target"]: new["target"] for old, new in zip(finding["jobs"], front)}
    if not all(it in words for it in swap):
        return finding
    own = [it for it in [finding["path"], *finding["paths"]] if options.same(case["racing_file"], it)]
    if not own:
        return finding
    return {**finding, "jobs": front + [it for it in jobs if it not in front], "path": own[0], "paths": own[1:],
            "witness": " ".join(swap.get(it, it) for it in words)}


def confirm(options, tree, build, report, work, repeat=1):
    """The verdicts of each run, a list of one for each."""
    (work / "findings.json").write_text(json.dumps(report))
    log = ("--log", options.log) if options.log else ()
    words = ["confirm", "--findings", str(work / "findings.json"), *CONFIRM, "--hold", options.hold, *log]
    words += ["--repeat", str(repeat), ".", "--", *build.get("words", [])]
    seen = json.loads(run([options.unrace, *words], tree, limit=1200 * repeat, codes=(0, 1)))
    if options.log:
        with open(options.log, "a") as file:
            json.dump(seen, file, indent=1)
    return [[verdict] for it in seen["results"] for verdict in it["runs"]]


def best(verdicts):
    """What a run showed of a case with several findings."""
    order = ["confirmed", "ordered", "no-conflict", "one-job", "not-run"]
    return min(verdicts, key=order.index)


def patched(options, case, source, into):
    patch = run([options.unrace, "fix", "--unsafe-fixes", "--min-severity", "note", case["entry"]], source, limit=900, codes=(0, 1))
    if not patch:
        raise Failed("no fix")
    copied(source, into)
    done = subprocess.run(["git", "apply", "-p1", "-"], input=patch, cwd=into, capture_output=True)
    if done.returncode:
        raise Failed("git apply refuses the fix")
    return into


def one(options, case, build, res):
    work = Path(options.work) / case["id"]
    work.mkdir(parents=True, exist_ok=True)
    trees = Path(options.trees) / case["id"]
    try:
        if "report" not in res:
            tree = prepared(trees / "before", work / "before", build)
            report = findings(options, case, build, tree, trees / "before")
            res["before"] = []
            # The first that is confirmed stands for the case, in the fixed trees too.
            for it in report["findings"]:
                res["report"] = {**report, "findings": [it]}
                [verdicts] = confirm(options, tree, build, res["report"], work)
                res["before"] += verdicts
                if "confirmed" in verdicts:
                    break
        if best(res["before"]) != "confirmed":
            return
        for side in ("after", "ours"):
            runs = res.setdefault(side, [])
            if len(runs) >= options.repeat or f"{side} failed" in res:
                continue
            try:
                source = trees / "after" if side == "after" else patched(options, case, trees / "before", work / "source")
                tree = prepared(source, work / side, build)
                runs += confirm(options, tree, build, res["report"], work, options.repeat - len(runs))
            except Failed as error:
                res[f"{side} failed"] = str(error)
    except Failed as error:
        res["failed"] = str(error)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def counted(runs):
    seen = [best(it) for it in runs]
    return ", ".join(f"{name} {seen.count(name)} of {len(seen)}" for name in dict.fromkeys(seen))


def row(case, res):
    said = {side: counted(res[side]) if res.get(side) else res.get(f"{side} failed", "-") for side in ("after", "ours")}
    before = best(res["before"]) if "before" in res else res.get("failed", "-")
    return f"| `{case['id']}` | {before} | {said['after']} | {said['ours']} |"


def table(cases, results):
    ran = {it["id"]: results[it["id"]] for it in cases if it["id"] in results}
    built = [it for it in ran.values() if "before" in it]
    confirmed = [it for it in built if best(it["before"]) == "confirmed"]
    print(f"Of {len(cases)} cases {len(built)} were built, and {len(confirmed)} of these confirmed.")
    for side in ("after", "ours"):
        runs = [run for it in confirmed for run in it.get(side, [])]
        print(f"{side}: {sum(best(it) == 'confirmed' for it in runs)} of {len(runs)} runs confirmed.")
    print("\n| case | before | after upstream's fix | after unrace's |\n|---|---|---|---|")
    for case in cases:
        if case["id"] in ran:
            print(row(case, ran[case["id"]]))
    print("\n| not tried | why |\n|---|---|")
    for case in cases:
        if case["id"] not in ran:
            print(f"| `{case['id']}` | {NOT_TRIED.get(case['id'], 'no time')} |")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--cases", required=True)
    args.add_argument("--trees", required=True)
    args.add_argument("--unrace", default="target/release/unrace")
    args.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "unrace-confirm-cases"))
    args.add_argument("--json", default="confirm-cases.json")
    args.add_argument("--repeat", type=int, default=1)
    args.add_argument("--hold", default="3", help="seconds that a job waits for another")
    args.add_argument("--log", type=os.path.abspath, help="add to this file what make and `confirm` print")
    args.add_argument("--again", action="store_true", help="run what FILE has again")
    args.add_argument("--table", action="store_true")
    args.add_argument("ids", nargs="*")
    options = args.parse_args()
    options.unrace = os.path.abspath(options.unrace)
    sys.path.insert(0, os.path.dirname(os.path.abspath(options.cases)))
    score = __import__("score")
    options.matches, options.same = score.matches, score.same
    cases = json.loads(Path(options.cases).read_text())
    kept = Path(options.json)
    results = json.loads(kept.read_text()) if kept.exists() else {}
    if options.table:
        return table(cases, results)
    by_id = {it["id"]: it for it in cases}
    for name, build in BUILDS.items():
        if name not in by_id or options.ids and not any(it in name for it in options.ids):
            continue
        res = {} if options.again else results.get(name, {})
        if "failed" in res:
            continue
        start = time.monotonic()
        one(options, by_id[name], build, res)
        # Others may have written meanwhile.
        results = json.loads(kept.read_text()) if kept.exists() else {}
        results[name] = res
        kept.write_text(json.dumps(results, indent=1))
        print(f"{time.monotonic() - start:6.0f} s {row(by_id[name], res)}", flush=True)


if __name__ == "__main__":
    main()
