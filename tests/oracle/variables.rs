//! Variables.

use std::collections::BTreeMap;

use unrace::expand::{Database, Flavor, VariableOrigin};
use unrace::text::display;

use super::agree;

pub(crate) fn variables(printed: &str, database: &Database, res: &mut Vec<String>) {
    let last = printed.rsplit("\n# Make data base").next().unwrap_or("");
    let section = last.split("\n# Pattern-specific").next().unwrap_or("");
    let mut theirs: BTreeMap<String, (bool, String)> = BTreeMap::new();
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        if !line.starts_with("# makefile") && !line.starts_with("# 'override'") {
            continue;
        }
        let Some(line) = lines.next() else { break };
        let line = line.strip_prefix("override ").unwrap_or(line);
        if let Some(name) = line.strip_prefix("define ") {
            let body: Vec<&str> = lines.by_ref().take_while(|it| *it != "endef").collect();
            theirs.insert(name.to_owned(), (true, body.join("\n")));
        } else if let Some((name, recursive, value)) = assignment(line) {
            let value = if recursive { value.to_owned() } else { value.replace("$$", "$") };
            theirs.insert(name.to_owned(), (recursive, value));
        }
    }
    let own = ["MAKEFLAGS", "MAKEFILE_LIST", "CURDIR", "SHELL", "GNUMAKEFLAGS", ".SHELLSTATUS"];
    theirs.retain(|name, _| !own.contains(&name.as_str()));
    let set = |it: &VariableOrigin| matches!(it, VariableOrigin::File | VariableOrigin::Override);
    for (name, it) in database.variables.iter().filter(|it| set(&it.1.origin) && !own.contains(&it.0.as_str())) {
        match theirs.remove(name) {
            // A multi-line value hides its flavor.
            Some((recursive, value)) => {
                let flavor =
                    value.contains('\n') || recursive == (it.flavor == Flavor::Recursive) || name == ".DEFAULT_GOAL";
                // A define within a define looks as if the first endef ended it.
                let nested = it.value.starts_with(&format!("{value}\nendef"));
                let blank = value.starts_with("$(subst ,,") && it.value.trim().is_empty();
                if !(blank || nested || agree(&it.value, &value)) || !flavor {
                    res.push(format!("{name}: ours {:?} {:?}, make {value:?}", it.flavor, display(&it.value)));
                }
            }
            None if name == ".DEFAULT_GOAL" && it.value.is_empty() => {}
            None => res.push(format!("{name}: make has no such variable")),
        }
    }
    theirs.retain(|name, value| !(name == ".DEFAULT_GOAL" && value.1.is_empty()));
    for (name, value) in theirs {
        res.push(format!("{name}: only make has it, {value:?}"));
    }
}

/// Name, whether the flavor is recursive, and value.
fn assignment(line: &str) -> Option<(&str, bool, &str)> {
    let (at, operator) = [" := ", " = "]
        .iter()
        .filter_map(|it| Some((line.find(it)?, *it)))
        .min()
        .unwrap_or((line.find(" :=").or(line.find(" ="))?, if line.ends_with(" :=") { " :=" } else { " =" }));
    Some((&line[..at], !operator.contains(':'), &line[at + operator.len()..]))
}
