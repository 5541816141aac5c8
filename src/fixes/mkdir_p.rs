//! `mkdir-p`: each recipe makes the folder that it needs, in the form that does no harm where the folder is there.

use std::collections::BTreeSet;

use super::{Case, Proposal, Wish};
use crate::analysis::Strategy;
use crate::effects::EffectKind;
use crate::jobs::JobId;
use crate::races::{Class, Part};
use crate::source::{Span, folder_of};
use crate::text::{Origin, display};

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
    let mut wishes: Vec<Wish> = makes_once.flat_map(|it| replaced(case, it)).collect();
    let mut rules = BTreeSet::new();
    let within = format!("{}/", case.race.path);
    let needers: Vec<JobId> = case.parts(EffectKind::NeedDirectory).map(Part::job).collect();
    // What lies in the folder and comes before has made it.
    let is_within = |it: JobId| format!("{}/", folder_of(&case.graph.job(it).path)).starts_with(&within);
    let is_made = |it: JobId| needers.iter().any(|other| is_within(*other) && case.graph.before(*other, it));
    for needer in needers.iter().copied().filter(|it| !is_made(*it)) {
        match case.rule(needer) {
            Some((_, rule)) if rules.insert(rule) => {
                let new = || format!("@{} {}", command(case, needer), folder(case, needer));
                wishes.push(Wish::FirstCommand { rule, command: siblings_command(case, needer).unwrap_or_else(new) });
            }
            Some(_) => {}
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
            let on_line = outcome.invocations.iter().filter(|it| it.place.line == effect.place.line);
            if on_line.count() > 1 {
                return None;
            }
            let span = case.graph.job(it).recipes[recipe].lines.get(effect.place.line)?.span?;
            let line = case.project.text(span);
            let several = line.contains([';', '&', '|', '\n', '`']);
            let speaks = |it: &str| it.contains("$@") || it.contains("$(@");
            let of_both = of_target == "$(@D)" && folder(case, it) == of_target && !speaks(&line.replace("$(@D)", ""));
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

/// The folder as the recipe would spell it.
fn folder(case: &Case, job: JobId) -> String {
    let job_path = &case.graph.job(job).path;
    let parent = folder_of(job_path);
    if parent == case.race.path || parent.starts_with(&format!("{}/", case.race.path)) {
        return "$(@D)".to_owned();
    }
    let directory = &case.instance(job).given.directory;
    let below = case.race.path.strip_prefix(&format!("{directory}/")).unwrap_or(&case.race.path);
    display(below)
}

/// `mkdir` to `mkdir -p` at the place of each non-idempotent effect.
fn replaced(case: &Case, job: JobId) -> Vec<Wish> {
    let mut res = Vec::new();
    for (recipe, effect) in case.effects(job).filter(|(_, it)| it.kind == EffectKind::MakeDirectoryOnce) {
        let traced = case.traced(job, recipe);
        let outcome = &case.graph.job(job).recipes[recipe].outcome;
        let Some(invocation) = outcome.invocations.get(effect.invocation) else { continue };
        let Some(line) = traced.get(invocation.place.line) else { continue };
        let start = invocation.place.range.start;
        let Some(command) = line.text.text.get(start..).and_then(|it| it.split_whitespace().next()) else { continue };
        let Some(Origin::Verbatim(span)) = line.text.origins(start..start + command.len()).first().copied() else {
            continue;
        };
        let word = Span::new(span.file, span.start, span.start + command.len().min(span.len()));
        let spelt = case.project.text(word);
        if ["mkdir", "gmkdir"].contains(&spelt.rsplit('/').next().unwrap_or_default()) {
            res.push(Wish::Replace { span: word, text: format!("{spelt} -p") });
        }
    }
    res
}
