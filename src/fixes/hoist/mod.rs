//! `prerequisite` by hoisting: a command that several recipes repeat becomes the recipe of a rule of its own.
//!
//! The command may stand in the recipes, in a makefile's variable, or in a value that configure.ac substitutes.

mod command;
mod substituted;

use super::{Case, Moves, NewRule, Position, Proposal, Wish};
use crate::analysis::Strategy;
use crate::effects::{self, Effect, EffectKind};
use crate::jobs::{JobId, RecipeRun};
use crate::races::Class;
use crate::source::{Span, name_of};
use crate::text::display;
use command::Command;
pub(super) use command::{uses_automatic_variable, words};

/// A rule for the file in dispute, and a prerequisite on the rules that read it.
///
/// ```make
/// all: prog test
/// LIB = libprog.a
/// LINK = ./mkexports prog.exp $(LIB); $(CC)
/// prog: main.o $(LIB)
/// 	$(LINK) -o $@ main.o prog.exp
/// test: test.o $(LIB)
/// 	$(LINK) -o $@ test.o prog.exp
/// ```
/// becomes
/// ```make
/// all: prog test
/// LIB = libprog.a
/// LINK = $(CC)
/// prog: main.o $(LIB) prog.exp
/// 	$(LINK) -o $@ main.o prog.exp
/// prog.exp: $(LIB)
/// 	./mkexports $@ $(LIB)
/// test: test.o $(LIB) prog.exp
/// 	$(LINK) -o $@ test.o prog.exp
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    let made_by_a_rule = case.graph.jobs.iter().any(|it| it.path == case.race.path && !it.recipes.is_empty());
    if case.race.class != Class::SharedOutput || made_by_a_rule || case.is_removal() {
        return Vec::new();
    }
    // What the recipes take away again is scratch: it can have a name for each target.
    let is_scratch = case
        .graph
        .jobs
        .iter()
        .flat_map(crate::jobs::Job::effects)
        .any(|(_, it)| it.kind == EffectKind::Remove && it.path == case.race.path);
    // Nor can a file be made of itself (`cp $(srcdir)/x .` in the folder of the sources).
    let copies_itself = |job: JobId| {
        let first = case.effects(job).find(|it| matches!(it.1.kind, EffectKind::Read | EffectKind::Write));
        first.is_some_and(|it| it.1.kind == EffectKind::Read)
    };
    let is_possible = !is_scratch && !case.writers().into_iter().any(copies_itself);
    let Some(places) = places(case).filter(|_| is_possible) else { return Vec::new() };
    let wishes = match &places[..] {
        [] => None,
        [Place { container: Container::Substituted, span, .. }, ..] if one_spelling(&places) => {
            substituted::wishes(case, &places, *span)
        }
        _ => in_makefile(case, &places),
    };
    let title = format!("make {} by a rule of its own", display(&case.race.path));
    let why = "each recipe made the file again; a rule makes it once, before the rules that read it; \
               a name for each target would leave its other readers without it";
    let proposal = |it| Proposal { moves: Moves::Commands, ..Proposal::new(Strategy::Prerequisite, title, why, it) };
    wishes.map(proposal).into_iter().collect()
}

/// Where a racing recipe spells the file that it writes.
struct Place {
    job: JobId,
    span: Span,
    container: Container,
}

/// What the spelling stands in.
#[derive(Clone, Copy, PartialEq)]
enum Container {
    /// The recipe line at this span.
    Recipe(Span),
    /// The value of a makefile's variable at this span.
    Variable(Span),
    /// configure.ac.
    Substituted,
}

fn one_spelling(places: &[Place]) -> bool {
    places.iter().all(|it| it.span == places[0].span)
}

fn places(case: &Case) -> Option<Vec<Place>> {
    case.writers().into_iter().map(|it| place(case, it)).collect()
}

fn place(case: &Case, job: JobId) -> Option<Place> {
    let (recipe, effect) = case.effects(job).find(|(_, it)| it.kind == EffectKind::Write)?;
    let traced = case.traced(job, recipe);
    let span = case.spelt(job, &traced, effect)?;
    let recipe_line = traced[effect.place.line()].span.filter(|it| it.contains(span));
    let variables = &case.instance(job).database.variables;
    let container = match recipe_line {
        Some(line) => Container::Recipe(line),
        None if case.configure.file == Some(span.file) => Container::Substituted,
        None => Container::Variable(variables.values().filter_map(|it| it.value_span).find(|it| it.contains(span))?),
    };
    Some(Place { job, span, container })
}

/// The command stands in the recipes or in one variable of the makefile.
fn in_makefile(case: &Case, places: &[Place]) -> Option<Vec<Wish>> {
    let makefile = |it: &Place| {
        let given = &case.instance(it.job).given;
        (&given.makefile, &given.directory)
    };
    // A rule of one makefile does nothing for what another one runs.
    if places.iter().any(|it| makefile(it) != makefile(&places[0])) {
        return None;
    }
    let mut wishes: Vec<Wish> = Vec::new();
    let mut commands: Vec<Command> = Vec::new();
    for place in places {
        let (Container::Recipe(span) | Container::Variable(span)) = place.container else { return None };
        let command = command::find(&case.project.source(span.file), span, place.span)?;
        if matches!(place.container, Container::Variable(_)) && !is_called(case, place.job, &command.text) {
            return None;
        }
        let wish = Wish::Remove { span: command.with_separator };
        if !wishes.contains(&wish) {
            wishes.push(wish);
        }
        commands.push(command);
    }
    let text = &commands[0].text;
    if commands.iter().any(|it| it.text != *text) || command::uses_automatic_variable(text) {
        return None;
    }
    let conditional = !case.configuration.settings.is_empty();
    let name = match places[0].container {
        Container::Variable(span) if conditional => Some((new_variable(case), span)),
        _ if conditional => return None,
        _ => None,
    };
    let file = case.project.text(places[0].span);
    let prerequisite = match name {
        Some((name, span)) => {
            wishes.push(Wish::Lines { after: span, lines: format!("{name} = {file}\n") });
            format!("$({name})")
        }
        None => file.clone(),
    };
    let first = case.explicit_rule(places[0].job)?.1;
    wishes.push(Wish::Rule { position: Position::After(first), rule: rule(case, places[0].job, &file, text) });
    wishes.extend(reader_wishes(case, &prerequisite)?);
    Some(wishes)
}

/// Whether a command that stands in a value is what the recipe calls, and not what it gives to another one: the value
/// may be options (`LDFLAGS = -lm -Wl,-Map=x.map`).
fn is_called(case: &Case, job: JobId, command: &str) -> bool {
    let Some((run, _, place)) = written(case, job) else { return false };
    let called = run.lines.get(place.line()).and_then(|it| it.text.text.get(place.range()));
    let instance = case.instance(job);
    let request = instance.given.request(case.project, &instance.configure, case.configuration);
    let first = words(command).first().map(|it| instance.database.expand(&request, it)).unwrap_or_default();
    let first_of = |it: &str| it.split_whitespace().next().map(str::to_owned);
    first_of(&first).is_some_and(|it| called.and_then(first_of) == Some(it))
}

/// The new rule.
fn rule(case: &Case, job: JobId, file: &str, command: &str) -> NewRule {
    let prerequisites = command::operands(case, job, file, command).join(" ");
    let recipe = vec![command::with_target(command, file)];
    NewRule { targets: file.to_owned(), prerequisites, recipe, ..NewRule::default() }
}

/// The prerequisite on each rule whose recipe reads the file and that nothing else makes wait for it.
fn reader_wishes(case: &Case, prerequisite: &str) -> Option<Vec<Wish>> {
    let mut res = Vec::new();
    for reader in readers(case) {
        let rule = case.explicit_rule(reader)?.1;
        let wish = Wish::Prerequisite { rule, name: prerequisite.to_owned(), order_only: false };
        if !res.contains(&wish) {
            res.push(wish);
        }
    }
    Some(res)
}

/// Jobs that read the file: those that wrote it themselves, and others that come after none of these.
fn readers(case: &Case) -> Vec<JobId> {
    let writers = case.writers();
    let reads = |id: JobId| case.effects(id).any(|(_, it)| it.kind == EffectKind::Read);
    let own: Vec<JobId> = writers.iter().copied().filter(|it| reads(*it) || names_it_again(case, *it)).collect();
    let reads = |id: JobId| reads(id) || own.contains(&id);
    let all = (0..case.graph.jobs.len()).map(JobId).filter(|it| reads(*it));
    all.filter(|it| own.contains(it) || !own.iter().any(|first| case.graph.before(*first, *it))).collect()
}

/// The recipe of a job that writes the file, its effect, and where the command stands that has it.
fn written<'a>(case: &Case<'a>, job: JobId) -> Option<(&'a RecipeRun, &'a Effect, effects::Place)> {
    let (recipe, effect) = case.effects(job).find(|(_, it)| it.kind == EffectKind::Write)?;
    let run = &case.graph.job(job).recipes[recipe];
    Some((run, effect, run.outcome.invocations.get(effect.invocation)?.place))
}

/// Whether another command of the recipe than the one that writes the file names it.
fn names_it_again(case: &Case, job: JobId) -> bool {
    let Some((run, effect, command)) = written(case, job) else { return false };
    let Some(text) = run.lines.get(effect.place.line()).map(|it| &it.text.text) else { return false };
    let Some(name) = text.get(effect.place.range()) else { return false };
    run.lines.iter().enumerate().any(|(index, line)| {
        let own = |at: usize| index == command.line() && command.range().contains(&at);
        line.text.text.match_indices(name).any(|(at, _)| !own(at))
    })
}

/// A name for a variable that holds the file, unlike any that is there.
fn new_variable(case: &Case) -> String {
    let base = name_of(&case.race.path);
    let name = upper(&display(base));
    let taken = &case.graph.instances[0].database.variables;
    let mut names = std::iter::once(name.clone()).chain((2..).map(|it| format!("{name}{it}")));
    names.find(|it| !taken.contains_key(it)).unwrap_or(name)
}

/// `prog.exp` to `PROG_EXP`.
fn upper(name: &str) -> String {
    name.chars().map(|it| if it.is_ascii_alphanumeric() { it.to_ascii_uppercase() } else { '_' }).collect()
}
