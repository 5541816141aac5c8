//! Small makefiles whose database and commands are GNU make's.
//!
//! For each case `make -pRrqn` gives variables, rules and pattern rules, `make -n` the commands; both must equal ours
//! after these normalisations:
//!
//! | what | why |
//! |---|---|
//! | variables that no makefile sets, `MAKEFLAGS`, `MAKEFILE_LIST`, `CURDIR`, `SHELL` are left out | they are make's own |
//! | `$$` in a simple variable's value is `$`; outer blanks are cut | `-p` doubles and pads |
//! | repeated prerequisites count once | make drops repetitions when it considers the target |
//! | tabs after a newline in a recipe go | `-p` keeps them, the shell does not get them |
//! | `rm` of intermediate files and lines of make itself (`make: ...`) go | they are no recipes |
//! | where our text is unknown, any text agrees | `$(shell)` is not run by us |
//! | recipes by suffix rules where make printed none | `-r` empties `.SUFFIXES` |
//! | errors: make's message must be among ours, and nothing else is compared | make stops at the first |

// Helpers of tests may panic and print, too.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use unrace::configure::{Configuration, Configure};
use unrace::expand::{Database, Flavor, Request, Resolved, Rule, RuleId, RuleKind, VariableOrigin, evaluate};
use unrace::source::Project;
use unrace::text::{display, has_unknown, is_unknown_char};

struct Case {
    name: String,
    files: Vec<(String, String)>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut res: Vec<Case> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("=== ") {
            res.push(Case { name: name.trim().to_owned(), files: vec![("Makefile".to_owned(), String::new())] });
        } else if let Some(path) = line.strip_prefix("--- ") {
            res.last_mut().unwrap().files.push((path.trim().to_owned(), String::new()));
        } else {
            res.last_mut().unwrap().files.last_mut().unwrap().1.push_str(line);
        }
    }
    for case in &mut res {
        let makefile = &mut case.files[0].1;
        if case.name.contains("no newline") {
            makefile.pop();
        }
        if case.name.contains("carriage returns") {
            *makefile = makefile.replace('\n', "\r\n");
        }
    }
    res
}

#[test]
fn cases_equal_make() {
    compare(cases(include_str!("make_oracle/cases.txt")));
}

#[test]
fn snippets_equal_make() {
    compare(cases(include_str!("make_oracle/snippets.txt")));
}

fn compare(cases: Vec<Case>) {
    let mut failed = Vec::new();
    for case in &cases {
        let differences = differences(case);
        if !differences.is_empty() {
            failed.push(format!("=== {}\n{}", case.name, differences.join("\n")));
        }
    }
    let (count, all) = (failed.len(), cases.len());
    assert!(failed.is_empty(), "{count} of {all} differ\n{}", failed.join("\n"));
}

fn differences(case: &Case) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in &case.files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let root = folder.path().canonicalize().unwrap().to_str().unwrap().to_owned();
    let files = case.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let tree = unrace::source::MemoryTree::new(files);
    let project = Project::new(root, std::sync::Arc::new(tree));
    let (configure, configuration) = (Configure::default(), Configuration::default());
    let request = Request {
        project: &project,
        makefile: "Makefile",
        directory: "",
        configure: &configure,
        configuration: &configuration,
        command_line: &[],
        environment: &[],
        goals: &[],
    };
    let database = evaluate(&request);
    let (printed, errors) = make(folder.path(), &["-pRrqn"]);
    if let Some(message) = fatal(&errors) {
        let found = database.errors.iter().any(|it| message.contains(it.1.trim_start_matches("*** ")));
        return if found { Vec::new() } else { vec![format!("make: {message}\nours: {:?}", database.errors)] };
    }
    let mut res = Vec::new();
    if !database.errors.is_empty() && !errors.contains("***") {
        res.push(format!("errors that make has not: {:?}", database.errors));
    }
    variables(&printed, &database, &mut res);
    rules(&printed, &request, &database, &mut res);
    implicit(&printed, &database, &mut res);
    commands(folder.path(), &request, &database, &mut res);
    res
}

fn make(folder: &Path, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new("make");
    command.args(arguments).current_dir(folder).env_clear().env("PATH", std::env::var("PATH").unwrap());
    let output = command.env("LC_ALL", "C").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr))
}

/// The error with which make ended its reading.
fn fatal(errors: &str) -> Option<String> {
    let line = errors.lines().find(|it| it.contains("*** ") && it.contains("Stop"))?;
    let others = ["No rule to make", "No targets", "failed to load"];
    // The one snippet whose recipe cannot be expanded; its reading is fine.
    let in_reading =
        !others.iter().any(|it| line.contains(it)) && !line.contains("Makefile:2: *** unterminated variable");
    in_reading.then(|| line.trim_end_matches("  Stop.").to_owned())
}

/// Whether two texts agree where ours is known.
fn agree(ours: &str, theirs: &str) -> bool {
    if !has_unknown(ours) {
        return ours.trim() == theirs.trim();
    }
    let mut rest = theirs.trim();
    for part in ours.trim().split(is_unknown_char).filter(|it| !it.is_empty()) {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

fn variables(printed: &str, database: &Database, res: &mut Vec<String>) {
    let section = printed.split("\n# Pattern-specific").next().unwrap_or("");
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
        } else if let Some((name, value)) = line.split_once(" := ").or(line.strip_suffix(" :=").map(|it| (it, ""))) {
            theirs.insert(name.to_owned(), (false, value.replace("$$", "$")));
        } else if let Some((name, value)) = line.split_once(" = ").or(line.strip_suffix(" =").map(|it| (it, ""))) {
            theirs.insert(name.to_owned(), (true, value.to_owned()));
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

/// Prerequisites as a text: without repetition, the bar before order-only ones.
fn needs(normal: &[&str], order_only: &[&str]) -> String {
    let mut seen = BTreeSet::new();
    let normal: Vec<&str> = normal.iter().copied().filter(|it| seen.insert(*it)).collect();
    let order_only: Vec<&str> = order_only.iter().copied().filter(|it| seen.insert(*it)).collect();
    if order_only.is_empty() { normal.join(" ") } else { format!("{} | {}", normal.join(" "), order_only.join(" ")) }
}

fn needs_of(text: &str) -> String {
    let (normal, order_only) = text.split_once('|').unwrap_or((text, ""));
    let split = |it: &'_ str| it.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (normal, order_only) = (split(normal), split(order_only));
    let normal: Vec<&str> = normal.iter().map(String::as_str).collect();
    needs(&normal, &order_only.iter().map(String::as_str).collect::<Vec<_>>())
}

fn needs_of_resolved(resolved: &Resolved) -> String {
    let names = |order_only| {
        let chosen = resolved.prerequisites.iter().filter(move |it| it.order_only == order_only);
        chosen.map(|it| it.name.as_str()).collect::<Vec<_>>()
    };
    needs_of(&needs(&names(false), &names(true)))
}

fn recipe_text(lines: &[String]) -> String {
    let text = lines.join("\n");
    let text: Vec<&str> = text.lines().map(|it| it.trim_start_matches(['\t', '>']).trim_end()).collect();
    text.join("\n").trim().to_owned()
}

/// A block of the database: its target line, its recipe, whether the implicit rules were searched.
struct Block {
    head: String,
    recipe: Option<String>,
    searched: bool,
}

fn blocks(section: &str) -> Vec<Block> {
    let mut res = Vec::new();
    for block in section.split("\n\n") {
        let mut head = None;
        let mut recipe: Option<Vec<String>> = None;
        let mut is_variable = false;
        if block.contains("# Not a target:") {
            continue;
        }
        for line in block.lines() {
            if let Some(recipe) = &mut recipe {
                recipe.push(line.to_owned());
            } else if line.starts_with("#  recipe to execute") {
                recipe = Some(Vec::new());
            } else if line.starts_with('#') {
                is_variable = line.starts_with("# makefile") || line.starts_with("# 'override'");
            } else if is_variable {
                is_variable = false;
            } else if head.is_none() && !line.trim().is_empty() {
                head = Some(line.to_owned());
            }
        }
        let Some(head) = head else { continue };
        // A variable of the target stands before the target itself.
        let head = block
            .lines()
            .filter(|it| !it.starts_with('#') && !it.starts_with('\t'))
            .rfind(|it| {
                it.contains(':') && (recipe.is_none() || !recipe.as_ref().unwrap().iter().any(|line| line == it))
            })
            .map_or(head, str::to_owned);
        let searched = block.contains("Implicit rule search has been done");
        res.push(Block { head, recipe: recipe.map(|it| recipe_text(&it)), searched });
    }
    res
}

fn rules(printed: &str, request: &Request, database: &Database, res: &mut Vec<String>) {
    let section = printed.split("\n# Files\n").nth(1).unwrap_or("");
    let section = section.split("\n# files hash-table").next().unwrap_or("");
    let mut targets: BTreeSet<String> =
        database.rules.iter().flat_map(|it| it.targets.iter().map(|it| it.text.clone())).collect();
    for block in blocks(section) {
        let named = |it: &&String| block.head.strip_prefix(it.as_str()).is_some_and(|it| it.starts_with(':'));
        let found = targets.iter().filter(named).max_by_key(|it| it.len()).cloned();
        let Some(target) = found else {
            let known = database
                .rules
                .iter()
                .any(|it| it.targets.iter().any(|it| block.head.starts_with(&format!("{}:", it.text))));
            let made = block.searched || block.head.ends_with(':');
            if !known && !made {
                res.push(format!("only make has the rule {}", block.head));
            }
            continue;
        };
        let double = block.head[target.len()..].starts_with("::");
        let rest = block.head[target.len()..].trim_start_matches(':');
        let resolved = database.resolve(request, &target);
        let by_pattern = resolved.recipes.iter().any(|it| matches!(it.rule, RuleId::Implicit(_)));
        // `-r` leaves make without suffixes, us not.
        let by_suffix = |it: &unrace::expand::RecipeUse| database.rule(it.rule).kind == RuleKind::Suffix;
        let by_suffix = resolved.recipes.iter().any(by_suffix) && block.recipe.is_none();
        if double || by_suffix || (by_pattern && !block.searched) {
            continue;
        }
        targets.remove(&target);
        let special = target == ".SUFFIXES";
        let ours = needs_of_resolved(&resolved);
        let found: Vec<String> = ours.split(' ').map(|it| seen_as(request, database, it)).collect();
        let same = agree(&ours, &needs_of(rest)) || agree(&found.join(" "), &needs_of(rest));
        if !same && !special && !rest.contains('$') {
            res.push(format!("{target}: ours {:?}, make {:?}", display(&ours), needs_of(rest)));
        }
        let recipe = resolved.recipes.first().map(|it| {
            let lines: Vec<String> = database.rule(it.rule).recipe.iter().map(|it| it.text.clone()).collect();
            recipe_text(&lines)
        });
        if recipe.clone().unwrap_or_default() != block.recipe.clone().unwrap_or_default() {
            res.push(format!("{target}: recipe ours {recipe:?}, make {:?}", block.recipe));
        }
    }
    let double = |it: &&String| {
        database.rules.iter().any(|rule| rule.double_colon && rule.targets.iter().any(|t| t.text == **it))
    };
    for target in targets.iter().filter(|it| !double(it)) {
        let by_pattern =
            database.resolve(request, target).recipes.iter().any(|it| matches!(it.rule, RuleId::Implicit(_)));
        if !by_pattern && !has_unknown(target) {
            res.push(format!("make has no target {target:?}"));
        }
    }
}

/// A name as make has it after it looked along VPATH.
fn seen_as(request: &Request, database: &Database, name: &str) -> String {
    database.resolve(request, name).found.unwrap_or_else(|| name.to_owned())
}

fn implicit(printed: &str, database: &Database, res: &mut Vec<String>) {
    let section = printed.split("\n# Implicit Rules\n").nth(1).unwrap_or("");
    let section = section.split("\n# Files\n").next().unwrap_or("");
    let theirs: Vec<(String, String)> =
        blocks(section).into_iter().filter_map(|it| Some((it.head, it.recipe?))).collect();
    let named = |rule: &Rule| {
        let names = |it: &[unrace::expand::Name]| it.iter().map(|it| it.text.clone()).collect::<Vec<_>>().join(" ");
        let bar = if rule.order_only.is_empty() { String::new() } else { format!(" | {}", names(&rule.order_only)) };
        let colon = if rule.double_colon { "::" } else { ":" };
        format!("{}{colon} {}{bar}", names(&rule.targets), names(&rule.prerequisites))
    };
    let own = |rule: &&Rule| rule.has_recipe && (rule.span.is_some() || rule.kind == RuleKind::Implicit);
    let own = database.implicit.iter().filter(own).filter(|it| it.span.is_some());
    let ours: Vec<(String, String)> = own
        .map(|it| (named(it), recipe_text(&it.recipe.iter().map(|it| it.text.clone()).collect::<Vec<_>>())))
        .collect();
    let plain = |it: &[(String, String)]| {
        it.iter().filter(|it| !it.0.contains('$')).map(|it| (it.0.trim().to_owned(), it.1.clone())).collect::<Vec<_>>()
    };
    let second = database.implicit.iter().any(|it| it.span.is_some() && named(it).trim_end().ends_with(':'));
    if plain(&ours) != plain(&theirs) && !(second && theirs.iter().any(|it| it.0.contains('$'))) {
        res.push(format!("pattern rules: ours {ours:?}, make {theirs:?}"));
    }
}

/// The commands of a serial run, as `make -n` prints them.
struct Run<'a> {
    request: &'a Request<'a>,
    database: &'a Database,
    done: BTreeMap<String, bool>,
    lines: Vec<String>,
}

impl Run<'_> {
    /// Visits a target; whether it is made anew.
    fn visit(&mut self, target: &str) -> bool {
        if let Some(made) = self.done.get(target) {
            return *made;
        }
        self.done.insert(target.to_owned(), false);
        let resolved = self.database.resolve(self.request, target);
        let mut stale = resolved.found.is_none() || self.database.phony.contains(target);
        for it in &resolved.prerequisites {
            let made = self.visit(&it.name);
            stale |= made && !it.order_only;
        }
        let mut made = false;
        for used in &resolved.recipes {
            if !stale && !matches!(used.rule, RuleId::Implicit(_)) && resolved.found.is_some() {
                continue;
            }
            made = true;
            let (lines, _) = self.database.recipe(self.request, &resolved, used);
            self.lines.extend(lines.into_iter().map(|it| it.text.text));
            for other in &used.also_makes {
                self.done.insert(other.clone(), true);
            }
        }
        let made = made || (resolved.found.is_none() && resolved.has_rule);
        self.done.insert(target.to_owned(), made);
        made
    }
}

fn commands(folder: &Path, request: &Request, database: &Database, res: &mut Vec<String>) {
    let Some(goal) = &database.default_goal else { return };
    let (printed, errors) = make(folder, &["-n"]);
    if errors.contains("***") {
        return;
    }
    let mut run = Run { request, database, done: BTreeMap::new(), lines: Vec::new() };
    run.visit(goal);
    let ours: Vec<&str> = run.lines.iter().flat_map(|it| it.lines()).collect();
    let kept = |it: &&str| !it.starts_with("make: ") && !it.starts_with("rm ") && !it.trim().is_empty();
    let theirs: Vec<&str> = printed.lines().filter(kept).collect();
    let ours: Vec<&str> = ours.into_iter().filter(kept).collect();
    let equal = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| agree(a, b));
    if !equal {
        let ours: Vec<String> = ours.iter().map(|it| display(it)).collect();
        res.push(format!("commands: ours\n  {}\nmake\n  {}", ours.join("\n  "), theirs.join("\n  ")));
    }
}

/// Files of a folder on disk.
struct Disk(std::path::PathBuf);

impl unrace::source::Tree for Disk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let path = self.0.join(path);
        path.is_file().then(|| std::fs::read(path).ok()).flatten()
    }

    fn list(&self, folder: &str) -> Option<Vec<unrace::source::Entry>> {
        let entries = std::fs::read_dir(self.0.join(folder)).ok()?;
        let entry = |it: std::fs::DirEntry| unrace::source::Entry {
            name: it.file_name().to_string_lossy().into_owned(),
            is_folder: it.path().is_dir(),
        };
        let mut res: Vec<_> = entries.filter_map(|it| it.ok()).map(entry).collect();
        res.sort_by(|a, b| a.name.cmp(&b.name));
        Some(res)
    }
}

#[test]
#[ignore = "measures; takes folders of unconfigured trees in TREES, separated by colons"]
fn real_makefiles_agree() {
    let trees = std::env::var("TREES").unwrap();
    let only = std::env::var("ONLY").unwrap_or_default();
    let (mut agreed, mut differed, mut files, mut clean) = (0, 0, 0, 0);
    for tree in trees.split(':') {
        let root = Path::new(tree).canonicalize().unwrap();
        let project = Project::new(root.to_str().unwrap(), std::sync::Arc::new(Disk(root.clone())));
        for path in makefiles(&root).into_iter().filter(|it| it.to_string_lossy().contains(&only)) {
            let folder = path.parent().unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let output = Command::new("timeout")
                .args(["20", "make", "-pRrqn", "MAKE=:", "-f", &name])
                .current_dir(folder)
                .env_clear()
                .env("PATH", std::env::var("PATH").unwrap())
                .stdin(std::process::Stdio::null())
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            if fatal(&errors).is_some() || output.status.code() == Some(124) {
                continue;
            }
            let directory = folder.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let makefile = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let (configure, configuration) = (Configure::default(), Configuration::default());
            let request = Request {
                project: &project,
                makefile: &makefile,
                directory: &directory,
                configure: &configure,
                configuration: &configuration,
                command_line: &[("MAKE".to_owned(), ":".to_owned())],
                environment: &[],
                goals: &[],
            };
            let started = std::time::Instant::now();
            let database = evaluate(&request);
            let took = started.elapsed();
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let mut differences = Vec::new();
            rules(&printed, &request, &database, &mut differences);
            files += 1;
            clean += usize::from(differences.is_empty());
            differed += differences.len();
            agreed += printed.matches("\n#  Implicit rule search").count().saturating_sub(differences.len());
            println!(
                "{} {took:?} {} differences, errors {:?}",
                path.display(),
                differences.len(),
                database.errors.first()
            );
            for it in differences.iter().take(500) {
                println!("    {}", it.chars().take(3000).collect::<String>());
            }
        }
    }
    println!("{files} makefiles, {clean} without difference; {agreed} targets agree, {differed} differ");
}

fn makefiles(root: &Path) -> Vec<std::path::PathBuf> {
    let mut res = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap().filter_map(|it| it.ok()) {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path);
            } else if matches!(name.as_str(), "Makefile" | "GNUmakefile" | "makefile")
                || (name == "rules" && path.parent().unwrap().ends_with("debian"))
            {
                res.push(path);
            }
        }
    }
    res.sort();
    res
}
