//! What a real `./configure` run substitutes is among the values that we say a variable can have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use unrace::configure::{self, Configuration, Configure};
use unrace::text::{display, has_unknown, is_unknown_char};

use crate::oracle::agree;
use crate::trees::{copy, name, packages, project, write_report};

/// Packages with few needs and a quick configure.
const CONFIGURED: &[&str] = &["less", "gzip", "m4", "grep", "expat", "bison", "screen", "nano"];

#[test]
#[ignore = "takes packages that tests/corpus/fetch.sh gets; runs their configure"]
fn values_of_a_configure_run_were_foreseen() {
    let (mut n_packages, mut report) = (0, Vec::new());
    let (mut exact, mut partly, mut unknown, mut wrong) = (0, 0, 0, 0);
    for package in packages() {
        let stem = name(&package);
        let wanted = CONFIGURED.iter().any(|it| stem.strip_prefix(it).is_some_and(|it| it.starts_with('-')));
        if !wanted || n_packages == 5 {
            continue;
        }
        let tree = copy(&package);
        let Some(values) = configured(tree.path()) else {
            println!("{stem}: configure fails here");
            continue;
        };
        n_packages += 1;
        let project = project(&package);
        let Some(path) = ["configure.ac", "configure.in"].into_iter().find(|it| project.exists(it)) else { continue };
        let configure = configure::read(&project, path);
        for (name, value) in values.iter().filter(|it| configure.substitutes(it.0)) {
            let foreseen = foreseen(&configure, name);
            let fits = |it: &&String| agree(it, value);
            match foreseen.iter().filter(fits).min_by_key(|it| it.chars().filter(|it| is_unknown_char(*it)).count()) {
                Some(it) if !has_unknown(it) => exact += 1,
                Some(it) if it.chars().all(is_unknown_char) => unknown += 1,
                Some(_) => partly += 1,
                None => {
                    wrong += 1;
                    let foreseen: Vec<String> = foreseen.iter().map(|it| display(it)).collect();
                    report.push(format!("{stem}: {name}: configure {value:?}, ours {foreseen:?}"));
                }
            }
        }
    }
    let all = exact + partly + unknown + wrong;
    println!(
        "{all} values of {n_packages} packages: {exact} foreseen, {partly} but for unknown parts, {unknown} unknown, {wrong} not foreseen"
    );
    write_report("configured", &report);
    assert!(n_packages >= 1 && all > 0, "no package was configured");
    assert!(report.is_empty(), "{}", report.join("\n"));
}

/// The substitutions that config.status holds after a run.
fn configured(tree: &Path) -> Option<BTreeMap<String, String>> {
    let mut command = Command::new("timeout");
    command.args(["300", "sh", "./configure", "--disable-dependency-tracking"]).current_dir(tree);
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    if !done.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&std::fs::read(tree.join("config.status")).unwrap()).into_owned();
    Some(substitutions(&text))
}

/// `S["NAME"]="value"`, a long value over several lines that end with `"\`.
fn substitutions(text: &str) -> BTreeMap<String, String> {
    let mut res = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((name, value)) = line.strip_prefix("S[\"").and_then(|it| it.split_once("\"]=\"")) else { continue };
        let mut value = value.to_owned();
        while value.ends_with("\"\\") {
            value.truncate(value.len() - 2);
            value.push_str(lines.next().unwrap().trim_start_matches('"'));
        }
        let value =
            value.strip_suffix('"').unwrap_or(&value).replace("\\\"", "\"").replace("\\\\", "\\").replace("\\n", "\n");
        res.insert(name.to_owned(), value);
    }
    res
}

/// The values that its assignments give, and those in the base configuration, one deviation away, and two.
fn foreseen(configure: &Configure, name: &str) -> BTreeSet<String> {
    let value = |it: &Configuration| configure.substitution(name, it).map(|it| it.text).unwrap_or_default();
    let base = Configuration::default();
    let mut res = configure.values(name);
    res.insert(value(&base));
    for first in configure.deviations(name) {
        let one = base.with(first);
        res.insert(value(&one));
        res.extend(configure.deviations_from(name, &one).into_iter().map(|it| value(&one.with(it))));
    }
    res
}
