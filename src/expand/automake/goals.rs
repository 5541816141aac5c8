//! The goals that automake's makefiles have: `all`, `check`, `install` and what they go through.

use std::fmt::Write;

use super::{
    Add, Am, List, harness, install_target, is_built, is_exec, is_installed, languages, manual_names, pages,
    with_suffix, words,
};

/// `all`, `check`, `install` and what is between them and the files.
pub(super) fn goals(am: &Am, lists: &[List], out: &mut String, add: &mut Add) {
    let local = |name: &str| if (am.defines)(name) { format!(" {name}") } else { String::new() };
    let references = |keep: &dyn Fn(&List) -> bool| -> String {
        let named = |it: &List| match it.primary {
            "JAVA" => format!(" {}", languages::classes(it)),
            _ => format!(" $({})", with_suffix(am, it)),
        };
        let listed = |it: &&List| it.primary != "JAVA" || !words(am, &it.variable).is_empty();
        lists.iter().filter(|it| keep(it)).filter(listed).map(named).collect()
    };
    let subdirs = !(am.value)("SUBDIRS").trim().is_empty();
    let built = !(am.value)("BUILT_SOURCES").trim().is_empty();
    let level = if subdirs { "recursive" } else { "am" };
    for goal in ["all", "check", "install"] {
        let rule = if built {
            format!("{goal}: $(BUILT_SOURCES)\n\t$(MAKE) {goal}-{level}\n")
        } else {
            format!("{goal}: {goal}-{level}\n")
        };
        // A rule of the makefile's own for `install` takes its place; for the others it takes that of the recipe.
        if goal != "install" && (am.has_recipe)(goal) {
            let needs = rule.lines().next().unwrap_or_default();
            out.push_str(&format!("{needs}\n"));
        }
        add(out, goal, &rule);
        if subdirs {
            add(out, &format!("{goal}-recursive"), &recursion(am, goal));
        }
    }
    let files = references(&is_built);
    let has_info = !manual_names(am).is_empty() || (am.defines)("info-local");
    let infos = if has_info { " info-am" } else { "" };
    add(out, "all-am", &format!("all-am:{files}{infos}{}\n", local("all-local")));
    let checks = references(&|it| it.place == "check");
    let build = if checks.is_empty() { String::new() } else { format!("\t$(MAKE){checks}\n") };
    let tests = if harness::tests(am, out, add) { " check-TESTS" } else { "" };
    let tests = format!("{tests}{}", local("check-local"));
    let run = if tests.is_empty() { tests } else { format!("\t$(MAKE){tests}\n") };
    add(out, "check-am", &format!("check-am: all-am\n{build}{run}"));
    add(out, "install-am", "install-am: all-am\n\t$(MAKE) install-exec-am install-data-am\n");
    for kind in ["exec", "data"] {
        let targets: String = lists
            .iter()
            .filter(|it| it.primary != "MANS" && is_installed(it) && is_exec(&it.place) == (kind == "exec"))
            .map(|it| format!(" {}", install_target(it)))
            .collect();
        let man = if kind == "data" && !pages(am, lists).is_empty() { " install-man" } else { "" };
        let hook = if (am.defines)(&format!("install-{kind}-hook")) {
            format!("\t$(MAKE) install-{kind}-hook\n")
        } else {
            String::new()
        };
        let target = format!("install-{kind}-am");
        add(out, &target, &format!("{target}:{targets}{man}{}\n{hook}", local(&format!("install-{kind}-local"))));
        // Users seldom ask for one half; a hook may.
        let half = format!("install-{kind}");
        if (am.mentions)(&half) {
            add(out, &half, &format!("{half}: {half}-{level}\n"));
            if subdirs {
                add(out, &format!("{half}-recursive"), &recursion(am, &half));
            }
        }
    }
    out.push_str(".PHONY: all all-am all-recursive check check-am check-recursive install install-am install-recursive install-exec-am install-data-am\n");
}

fn recursion(am: &Am, goal: &str) -> String {
    let subdirs = (am.value)("SUBDIRS");
    let mut rule = format!("{goal}-recursive:\n");
    for folder in subdirs.split_whitespace() {
        let _ = if folder == "." {
            writeln!(rule, "\t$(MAKE) {goal}-am")
        } else {
            writeln!(rule, "\tcd {folder} && $(MAKE) {goal}")
        };
    }
    if !subdirs.split_whitespace().any(|it| it == ".") {
        let _ = writeln!(rule, "\t$(MAKE) {goal}-am");
    }
    rule
}
