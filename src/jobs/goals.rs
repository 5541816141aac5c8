//! The goals that are looked at, and how common each is.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::GoalRank;
use crate::expand::{self, Database};
use crate::text::has_unknown;

/// Goals that are asked for often.
const USUAL_GOALS: &[&str] = &["all", "check", "test", "install"];

/// Goals of the first instance: those asked for, else the default one, the usual ones and all targets that no other
/// rule depends on.
pub(super) fn goals(database: &Database, asked: &[String]) -> Vec<(String, GoalRank)> {
    if !asked.is_empty() {
        return asked.iter().map(|it| (it.clone(), GoalRank::Usual)).collect();
    }
    let targets: BTreeSet<&str> = database.rules.iter().flat_map(|it| &it.targets).map(|it| it.text.as_str()).collect();
    let mut res: Vec<(String, GoalRank)> = Vec::new();
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let mut add = |name: &str, rank| {
        if seen.insert(name.to_owned()) {
            res.push((name.to_owned(), rank));
        }
    };
    let default = database.default_goal.as_deref();
    // The usual name of a goal that is both says more to users.
    if default.is_some_and(|it| direct_need(database, "all", it)) && targets.contains("all") {
        add("all", GoalRank::Usual);
    }
    default.into_iter().for_each(|it| add(it, GoalRank::Usual));
    USUAL_GOALS.iter().filter(|it| targets.contains(*it)).for_each(|it| add(it, GoalRank::Usual));
    let needed: FxHashSet<&str> = database
        .rules
        .iter()
        .filter(|it| it.targets.iter().all(|it| !it.text.starts_with('.')))
        .flat_map(|it| it.prerequisites.iter().chain(&it.order_only))
        .map(|it| it.text.as_str())
        .collect();
    let mut others: Vec<(GoalRank, u8, &str)> = Vec::new();
    for rule in &database.rules {
        for target in rule.targets.iter().map(|it| it.text.as_str()) {
            let special = target.starts_with('.') && !target.contains('/');
            let phony = database.phony.contains(target);
            // Nobody asks for what automake's rules for `install` consist of.
            let by_automake = rule.span.is_none() && rare(target);
            let wanted = (!needed.contains(target) || phony) && !by_automake;
            if wanted && !special && !clean_like(target) && !has_unknown(target) {
                // Users name what is no file; what needs nothing starts nothing else.
                let alone = rule.prerequisites.is_empty() && rule.order_only.is_empty();
                let is_name = phony || !target.contains(['/', '.']);
                let rank = if rare(target) { GoalRank::Rare } else { GoalRank::Other };
                others.push((rank, u8::from(!is_name) * 2 + u8::from(alone), target));
            }
        }
    }
    others.sort_by_key(|it| (it.0, it.1));
    others.into_iter().for_each(|it| add(it.2, it.0));
    res
}

/// Whether a goal is a part of another one that users name.
fn rare(target: &str) -> bool {
    // Those of automake, its hooks among them, run from `all`, `check`, `install` and `dist`.
    install_like(target) || ["-install", "-am", "-recursive", "-hook", "-local"].iter().any(|it| target.ends_with(it))
}

/// Whether a goal installs, or a part of it.
pub fn install_like(target: &str) -> bool {
    target == "install" || target.starts_with("install-") || target.starts_with("install_")
}

fn direct_need(database: &Database, target: &str, prerequisite: &str) -> bool {
    let names = |rule: &expand::Rule| {
        rule.targets.iter().any(|it| it.text == target) && rule.prerequisites.iter().any(|it| it.text == prerequisite)
    };
    database.rules.iter().any(names)
}

/// Whether a goal only takes things away, so that nobody runs it beside a build.
pub fn clean_like(target: &str) -> bool {
    ["clean", "uninstall", "realclean", "clobber"].iter().any(|it| target.contains(it))
}
