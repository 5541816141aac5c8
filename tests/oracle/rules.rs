//! Rules and pattern rules.

use std::collections::{BTreeMap, BTreeSet};

use unrace::configure::{Note, What};
use unrace::expand::{Database, Name, RecipeUse, Request, Resolved, Rule, RuleId, RuleKind};
use unrace::text::{display, has_unknown};

use super::database::{Block, files, patterns, recipe_text};
use super::{Tally, agree};

/// Holds each target of make's data base against ours, and each of ours against make's.
pub(crate) fn rules(printed: &str, request: &Request, database: &Database) -> Tally {
    let mut res = Tally::default();
    let mut ours: BTreeSet<&str> = BTreeSet::new();
    let mut doubles: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &database.rules {
        for it in &rule.targets {
            if rule.double_colon {
                doubles.entry(&it.text).or_default().push(rule);
            } else {
                ours.insert(&it.text);
            }
        }
    }
    let mut seen: BTreeMap<&str, Vec<Block>> = BTreeMap::new();
    for block in files(printed) {
        let known = targets_of(&block.head).find(|it| ours.contains(it) || doubles.contains_key(it));
        let Some(target) = known.and_then(|it| ours.get(it).copied().or(doubles.get_key_value(it).map(|it| *it.0)))
        else {
            only_theirs(&block, database, &mut res);
            continue;
        };
        if doubles.contains_key(target) {
            seen.entry(target).or_default().push(block);
            continue;
        }
        ours.remove(target);
        compare(target, &block, request, database, &mut res);
    }
    for (target, rules) in &doubles {
        let theirs = seen.remove(target).unwrap_or_default();
        double_colon(target, rules, &theirs, &mut res);
    }
    for target in ours {
        let by_pattern =
            database.resolve(request, target).recipes.iter().any(|it| matches!(it.rule, RuleId::Implicit(_)));
        match has_unknown(target) {
            true => res.unknown += 1,
            false if by_pattern => {}
            false => res.differing.push(format!("make has no target {target:?}")),
        }
    }
    res
}

/// What the target of a line may be: colons may belong to a name.
fn targets_of(head: &str) -> impl Iterator<Item = &str> {
    head.rmatch_indices(':').map(|(at, _)| &head[..at])
}

/// A target that make has and we have not; one that make knows by an implicit rule only is no matter.
fn only_theirs(block: &Block, database: &Database, res: &mut Tally) {
    // A suffix rule is a pattern for us.
    let is_suffix = |it: &Rule| it.targets.iter().any(|it| block.head.starts_with(&format!("{}:", it.text)));
    let suffix = database.rules.iter().chain(&database.implicit).any(is_suffix);
    let made = block.searched || block.head.ends_with(':');
    let targets = || targets_of(&block.head);
    let is_one_of = |rule: &Rule| match &rule.target_pattern {
        // `$(shell ls): %.o: %.c`
        Some(pattern) => rule.targets.iter().any(|it| has_unknown(&it.text)) && targets().any(|it| fits(pattern, it)),
        None => rule.targets.iter().any(|it| says_some(&it.text) && targets().any(|target| agree(&it.text, target))),
    };
    let gives_rules = |note: &Note| note.what == What::Construct && note.name.starts_with("$(foreach ");
    match () {
        () if suffix || made => {}
        () if database.rules.iter().any(is_one_of) => res.unknown += 1,
        () if database.notes.iter().any(gives_rules) => res.hidden += 1,
        () => res.differing.push(format!("only make has the rule {}", block.head)),
    }
}

/// Whether a name with unknown text is known in part.
fn says_some(name: &str) -> bool {
    has_unknown(name) && name.chars().any(|it| it.is_ascii_alphanumeric())
}

fn fits(pattern: &str, target: &str) -> bool {
    let Some((before, after)) = pattern.split_once('%') else { return false };
    target.strip_prefix(before).is_some_and(|it| it.ends_with(after))
}

fn compare(target: &str, block: &Block, request: &Request, database: &Database, res: &mut Tally) {
    let rest = block.head[target.len()..].trim_start_matches(':');
    let resolved = database.resolve(request, target);
    let by_pattern = resolved.recipes.iter().any(|it| matches!(it.rule, RuleId::Implicit(_)));
    // `-r` leaves make without suffixes, us not.
    let by_suffix = |it: &RecipeUse| database.rule(it.rule).kind == RuleKind::Suffix;
    let by_suffix = resolved.recipes.iter().any(by_suffix) && block.recipe.is_none();
    if by_suffix || (by_pattern && !block.searched) {
        return;
    }
    let special = target == ".SUFFIXES";
    let ours = needs_of_resolved(&resolved);
    let found: Vec<String> = ours.split(' ').map(|it| seen_as(request, database, it)).collect();
    let found = found.join(" ");
    let theirs = needs_of(rest);
    let theirs = theirs.split(' ').filter(|it| *it != target).collect::<Vec<_>>().join(" ");
    let needs = [&ours, &found].into_iter().any(|it| agree(it, &theirs)) || special || rest.contains('$');
    let recipe = resolved.recipes.first().map(|it| text_of(database.rule(it.rule))).unwrap_or_default();
    let same_recipe = recipe == *block.recipe.as_deref().unwrap_or_default();
    match needs && same_recipe {
        true if has_unknown(&ours) => res.unknown += 1,
        true => res.same += 1,
        false if needs => res.differing.push(format!("{target}: recipe ours {recipe:?}, make {:?}", block.recipe)),
        false => res.differing.push(format!("{target}: ours {:?}, make {theirs:?}", display(&ours))),
    }
}

/// The rules of a double-colon target, each with its recipe; make prints the first of them last or first.
fn double_colon(target: &str, ours: &[&Rule], theirs: &[Block], res: &mut Tally) {
    let needs_ours = |rule: &Rule| {
        let stem = rule.target_pattern.as_ref().and_then(|it| {
            let (before, after) = it.split_once('%')?;
            target.strip_prefix(before)?.strip_suffix(after)
        });
        let filled = |it: &Name| it.text.replacen('%', stem.unwrap_or("%"), 1);
        let names = |it: &[Name]| it.iter().map(filled).collect::<Vec<_>>();
        let (normal, order_only) = (names(&rule.prerequisites), names(&rule.order_only));
        needs_of(&format!("{} | {}", normal.join(" "), order_only.join(" ")))
    };
    let mut left: Vec<(String, String)> = theirs
        .iter()
        .map(|it| (needs_of(&it.head[target.len() + 2..]), it.recipe.clone().unwrap_or_default()))
        .collect();
    for rule in ours {
        let (needs, recipe) = (needs_ours(rule), text_of(rule));
        let same = |it: &(String, String)| (agree(&needs, &it.0) || it.0.contains('$')) && recipe == it.1;
        match left.iter().position(same) {
            Some(at) => {
                left.remove(at);
                if has_unknown(&needs) { res.unknown += 1 } else { res.same += 1 }
            }
            None => res.differing.push(format!("{target}:: ours {:?} {recipe:?}, make has none such", display(&needs))),
        }
    }
    res.differing.extend(left.iter().map(|it| format!("only make has the rule {target}:: {it:?}")));
}

/// Holds pattern rules with a recipe against each other.
pub(crate) fn implicit(printed: &str, database: &Database) -> Tally {
    let mut res = Tally::default();
    let files = files(printed);
    let theirs = patterns(printed).into_iter().filter_map(|it| Some((it.head.trim().to_owned(), it.recipe?)));
    let mut theirs: Vec<(String, String)> = theirs.collect();
    let second = theirs.iter().any(|it| it.0.contains('$'));
    theirs.retain(|it| !it.0.contains('$'));
    for rule in database.implicit.iter().filter(|it| it.has_recipe && it.span.is_some()) {
        let (head, recipe) = (head_of(rule), text_of(rule));
        match theirs.iter().position(|it| agree(&head, &it.0) && it.1 == recipe) {
            Some(at) => {
                theirs.remove(at);
                if has_unknown(&head) { res.unknown += 1 } else { res.same += 1 }
            }
            // `-r` leaves make without suffixes: the rule is a target like any other.
            None if rule.kind == RuleKind::Suffix => {
                let name = format!(".{}.{}:", extension(&rule.prerequisites), extension(&rule.targets));
                let found = files.iter().find(|it| it.head.trim() == name.replacen("..", ".", 1));
                match found.is_some_and(|it| it.recipe.as_deref().unwrap_or_default() == recipe) {
                    true => res.same += 1,
                    false => res.differing.push(format!("suffix rule {name} {recipe:?}: make has none such")),
                }
            }
            // Prerequisites that are expanded a second time stand as text with make, not at all with us.
            None if second && head.ends_with(':') => {}
            None if has_unknown(&head) => res.unknown += 1,
            None => res.differing.push(format!("pattern rule {head} {recipe:?}: make has none such")),
        }
    }
    res.differing.extend(theirs.into_iter().map(|it| format!("only make has the pattern rule {} {:?}", it.0, it.1)));
    res
}

/// The suffix of the one pattern.
fn extension(names: &[Name]) -> &str {
    names.first().map_or("", |it| it.text.trim_start_matches(['%', '.']))
}

fn head_of(rule: &Rule) -> String {
    let names = |it: &[Name]| it.iter().map(|it| it.text.clone()).collect::<Vec<_>>().join(" ");
    let bar = if rule.order_only.is_empty() { String::new() } else { format!(" | {}", names(&rule.order_only)) };
    let colon = if rule.double_colon { "::" } else { ":" };
    format!("{}{colon} {}{bar}", names(&rule.targets), names(&rule.prerequisites)).trim().to_owned()
}

fn text_of(rule: &Rule) -> String {
    let lines: Vec<String> = rule.recipe.iter().map(|it| it.text.to_string()).collect();
    recipe_text(&lines)
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

/// Without the target itself: make drops a circle where it comes to it.
fn needs_of_resolved(resolved: &Resolved) -> String {
    let names = |order_only| {
        let chosen = resolved.prerequisites.iter().filter(move |it| it.order_only == order_only);
        chosen.filter(|it| *it.name != *resolved.target).map(|it| &*it.name).collect::<Vec<_>>()
    };
    needs_of(&needs(&names(false), &names(true)))
}

/// A name as make has it after it looked along VPATH.
fn seen_as(request: &Request, database: &Database, name: &str) -> String {
    database.resolve(request, name).found.map_or_else(|| name.to_owned(), String::from)
}
