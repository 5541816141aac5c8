//! `mkdir-p`: each recipe makes the folder that it needs, in the form that does no harm where the folder is there.

use std::collections::BTreeSet;

use super::hoist::{uses_automatic_variable, words};
use super::{Case, Proposal, Wish};
use crate::analysis::Strategy;
use crate::effects::EffectKind;
use crate::jobs::JobId;
use crate::races::{Class, Part};
use crate::source::{Span, folder_of};
use crate::text::{Origin, display, has_unknown, located};

/// `mkdir -p` in place of `mkdir`, and at the head of recipes that only need the folder.
///
/// ```make
/// all: out/a.o out/b.o
/// out/a.o: a.c
/// 	test -d out || mkdir out
/// 	$(CC) -c a.c -o out/a.o
/// out/b.o: b.c
/// 	test -d out || mkdir out
/// 	$(CC) -c b.c -o out/b.o
/// ```
/// becomes
/// ```make
/// all: out/a.o out/b.o
/// out/a.o: a.c
/// 	test -d out || mkdir -p out
/// 	$(CC) -c a.c -o out/a.o
/// out/b.o: b.c
/// 	test -d out || mkdir -p out
/// 	$(CC) -c b.c -o out/b.o
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    if case.race.class != Class::MissingDirectory {
        return Vec::new();
    }
    let makes_once = case.parts(EffectKind::MakeDirectoryOnce).map(Part::job);
    let mut wishes: Vec<Wish> = makes_once.flat_map(|it| replaced(case, it, EffectKind::MakeDirectoryOnce)).collect();
    let mut rules = BTreeSet::new();
    let needers: Vec<JobId> = case.parts(EffectKind::NeedDirectory).map(Part::job).collect();
    // What lies in the folder and comes before has made it.
    let has_recipe = |it: JobId| !case.graph.job(it).recipes.is_empty();
    let first = || needers.iter().filter(|it| has_recipe(**it) && is_within(case, **it));
    let is_made = |it: JobId| first().any(|other| case.graph.before(*other, it));
    for needer in needers.iter().copied().filter(|it| !is_made(*it)) {
        let parents = replaced(case, needer, EffectKind::NeedDirectory);
        match case.rule(needer) {
            Some(_) if !parents.is_empty() => wishes.extend(parents),
            Some((_, rule)) if rules.insert(rule) => {
                let new = || Some(format!("@{} {}", command(case, needer), folder(case, needer)?));
                let Some(command) = siblings_command(case, needer).or_else(new) else { return Vec::new() };
                wishes.push(Wish::FirstCommand { rule, command });
            }
            Some(_) => {}
            // The folder's own name, or one without a recipe, needs nothing made.
            None if !has_recipe(needer) => {}
            None => return Vec::new(),
        }
    }
    wishes.dedup();
    if wishes.is_empty() {
        return Vec::new();
    }
    let title = format!("make the folder {} with mkdir -p", display(&case.race.path));
    let why = "mkdir -p does no harm where another recipe has made the folder";
    vec![Proposal::new(Strategy::MkdirP, title, why, wishes)]
}

/// The line with which another recipe makes the folder, where that is all it does and it does not speak of its target,
/// but for the folder of both.
fn siblings_command(case: &Case, needer: JobId) -> Option<String> {
    let of_target = folder(case, needer);
    let makers = case.parts(EffectKind::MakeDirectory).map(Part::job);
    makers
        .filter_map(|it| {
            let (recipe, effect) = case.effects(it).find(|(_, it)| it.kind == EffectKind::MakeDirectory)?;
            let outcome = &case.graph.job(it).recipes[recipe].outcome;
            let on_line = outcome.invocations.iter().filter(|it| it.place.line() == effect.place.line());
            if on_line.count() > 1 {
                return None;
            }
            let span = case.graph.job(it).recipes[recipe].lines.get(effect.place.line())?.span?;
            let line = case.project.text(span);
            let several = line.contains([';', '&', '|', '\n', '`']);
            let speaks = |it: &str| it.contains("$@") || it.contains("$(@");
            let of_both = of_target.as_deref() == Some("$(@D)")
                && folder(case, it) == of_target
                && !speaks(&line.replace("$(@D)", ""));
            (!several && (of_both || !speaks(&line)) && line.split_whitespace().count() <= 4)
                .then(|| line.trim().to_owned())
        })
        .next()
}

/// `$(MKDIR_P)` where the makefile has it.
fn command(case: &Case, job: JobId) -> &'static str {
    let known = case.instance(job).database.variables.get("MKDIR_P");
    if known.is_some_and(|it| it.span.is_some()) { "$(MKDIR_P)" } else { "mkdir -p" }
}

/// Whether a job's target lies in the folder or below.
fn is_within(case: &Case, job: JobId) -> bool {
    let parent = folder_of(&case.graph.job(job).path);
    parent == case.race.path || parent.starts_with(&format!("{}/", case.race.path))
}

/// The folder as the recipe would spell it; one outside of the tree only as it does spell it, since its name is the user's.
fn folder(case: &Case, job: JobId) -> Option<String> {
    if is_within(case, job) {
        return Some("$(@D)".to_owned());
    }
    if case.race.path.starts_with('/') || has_unknown(&case.race.path) {
        return spelt_folder(case, job);
    }
    let directory = &case.instance(job).given.directory;
    let below = case.race.path.strip_prefix(&format!("{directory}/")).unwrap_or(&case.race.path);
    Some(display(below))
}

/// The folder by a word of the recipe that names it or a file below it, without what comes below.
fn spelt_folder(case: &Case, job: JobId) -> Option<String> {
    let instance = case.instance(job);
    let request = instance.given.request(case.project, &instance.configure, case.configuration);
    let lines = case.graph.job(job).recipes.iter().flat_map(|it| it.lines.iter()).filter_map(|it| it.span);
    let texts: Vec<String> = lines.map(|it| case.project.text(it)).collect();
    let words = texts.iter().flat_map(|it| words(it)).map(|it| it.trim_matches(['"', '\'', ';']));
    words.filter(|it| !uses_automatic_variable(it) && !it.contains("$$")).find_map(|word| {
        let path = located(&case.project.root, &instance.given.directory, &instance.database.expand(&request, word));
        let below = path.strip_prefix(&case.race.path).filter(|it| it.is_empty() || it.starts_with('/'))?;
        let n_below = below.matches('/').count();
        let mut folder = word.trim_end_matches('/');
        for part in below.rsplit('/').take(n_below) {
            folder = folder.strip_suffix(part)?.strip_suffix('/')?;
        }
        Some(folder.to_owned())
    })
}

/// `mkdir` to `mkdir -p` where that makes the folder, or one in it.
pub(super) fn replaced(case: &Case, job: JobId, kind: EffectKind) -> Vec<Wish> {
    let mut res = Vec::new();
    for (recipe, effect) in case.effects(job).filter(|(_, it)| it.kind == kind) {
        let traced = case.traced(job, recipe);
        let outcome = &case.graph.job(job).recipes[recipe].outcome;
        let Some(invocation) = outcome.invocations.get(effect.invocation) else { continue };
        let Some(line) = traced.get(invocation.place.line()) else { continue };
        let start = invocation.place.range().start;
        let Some(command) = line.text.text.get(start..).and_then(|it| it.split_whitespace().next()) else { continue };
        let Some(Origin::Verbatim(span)) = line.text.origins(start..start + command.len()).first().copied() else {
            continue;
        };
        let word = Span::new(span.file, span.start(), span.start() + command.len().min(span.len()));
        let spelt = case.project.text(word);
        if ["mkdir", "gmkdir"].contains(&spelt.rsplit('/').next().unwrap_or_default()) {
            res.push(Wish::Replace { span: word, text: format!("{spelt} -p") });
        }
    }
    res
}
