//! `serialise`: makes one after the other where a goal cleans before it builds, else a sketch.

use super::{Case, Moves, NewRule, Position, Proposal, Wish};
use crate::analysis::Strategy;
use crate::effects::EffectKind;
use crate::expand::{Rule, RuleKind};
use crate::jobs::JobId;
use crate::races::Class;
use crate::source::Span;
use crate::text::display;

/// A goal that names what removes before what makes gets a make for each; else nothing but a sketch is left.
///
/// ```make
/// all: prog
/// prog: main.c
/// 	cc -o prog main.c
/// clean:
/// 	rm -f prog
/// rebuild: clean all
/// .PHONY: all clean rebuild
/// ```
/// becomes
/// ```make
/// all: prog
/// prog: main.c
/// 	cc -o prog main.c
/// clean:
/// 	rm -f prog
/// rebuild:
/// 	$(MAKE) clean
/// 	$(MAKE) all
/// .PHONY: all clean rebuild
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    in_steps(case).into_iter().chain(of_makes(case)).chain([sketch(case)]).collect()
}

/// Where a goal does nothing but run makes, one after the other: each of them still runs its own jobs side by side.
fn of_makes(case: &Case) -> Option<Proposal> {
    const BESIDE: [&str; 10] = ["make", "gmake", "cd", "echo", "printf", ":", "true", "test", "[", "mkdir"];
    let goal = case.graph.goals.get(case.race.goal?)?.job;
    let (a, b) = case.graph.lifted(case.race.pair.0.job(), case.race.pair.1.job())?;
    let instance = case.instance(a);
    let runs = |it: JobId| !case.graph.job(it).recipes.is_empty();
    let makes_only = |it: JobId| {
        let recipes = &case.graph.job(it).recipes;
        let beside = |name: &str| BESIDE.contains(&name.rsplit('/').next().unwrap_or_default());
        recipes
            .iter()
            .all(|it| !it.outcome.makes.is_empty() && it.outcome.invocations.iter().all(|it| beside(&it.name)))
    };
    let started: Vec<JobId> = case.graph.closure([goal]).into_iter().filter(|it| runs(*it)).collect();
    let is_theirs = started.contains(&a) && started.contains(&b) && started.len() > 2;
    let alike = case.race.class == Class::RecursiveOverlap || case.race.class == Class::SharedOutput;
    if !is_theirs || !alike || !started.iter().all(|it| *it == goal || makes_only(*it)) {
        return None;
    }
    let rules = &instance.database.rules;
    let named = |name: &str| rules.iter().find(|it| it.targets.iter().any(|it| it.text == name)).and_then(|it| it.span);
    let place = named(".PHONY").or_else(|| case.explicit_rule(b).map(|it| it.1))?;
    // Makes that read the same text would lose their parallelism too.
    let readers = case.graph.instances.iter().filter(|it| it.database.files.contains(&place.file)).count();
    let rule = NewRule { targets: ".NOTPARALLEL".to_owned(), ..NewRule::default() };
    let wish = Wish::Rule { position: Position::After(place), rule };
    let title = format!("run the makes of {} one after the other", display(&instance.given.makefile));
    let why = "the goal only runs makes, each of which still runs its own jobs side by side";
    (readers == 1).then(|| Proposal { doubtful: true, ..Proposal::new(Strategy::Serialise, title, why, vec![wish]) })
}

/// The prerequisites of a goal as makes of its recipe, what removes in one of its own.
fn in_steps(case: &Case) -> Option<Proposal> {
    let removes = |it: &EffectKind| *it == EffectKind::Remove;
    let top = |it: JobId| case.graph.ancestry(it).last().copied().unwrap_or(it);
    let parts = || case.race.parts.iter().filter(|it| !it.aside);
    let removers: Vec<JobId> = parts().filter(|it| removes(&it.access.kind)).map(|it| top(it.job())).collect();
    let makers: Vec<JobId> = parts().filter(|it| !removes(&it.access.kind)).map(|it| top(it.job())).collect();
    let started = case.graph.closure([case.graph.goals.get(case.race.goal?)?.job]);
    let joins = |it: &JobId| {
        let (cleans, others): (Vec<JobId>, Vec<JobId>) =
            case.graph.job(*it).needs.iter().partition(|it| removers.contains(it));
        let below = if cleans.is_empty() { None } else { Some(case.graph.closure(others)) };
        below.is_some_and(|below| makers.iter().any(|it| below.contains(it)))
    };
    let goal = started.iter().copied().filter(joins).min()?;
    let rule = rule_of(case, goal)?;
    let (list, span) = (words(case, rule)?, rule.span?);
    let is_remover = |names: &[&str]| removers.iter().any(|it| names.contains(&case.graph.job(*it).target()));
    if list.iter().any(|(names, _)| names.len() > 1 && is_remover(names)) {
        return None;
    }
    let source = case.project.source(span.file);
    let n_of = |name: &str| source.text().matches(name).count();
    let make = if n_of("${MAKE}") > n_of("$(MAKE)") { "${MAKE}" } else { "$(MAKE)" };
    let mut steps: Vec<String> = Vec::new();
    let mut is_open = false;
    for (names, text) in &list {
        match steps.last_mut().filter(|_| is_open && !is_remover(names)) {
            Some(step) => *step += &format!(" {text}"),
            None => steps.push(format!("{make} {text}")),
        }
        is_open = !is_remover(names);
    }
    let (first, last) = (rule.prerequisites.first()?.span?, rule.prerequisites.last()?.span?);
    let before = source.text()[..first.start()].trim_end_matches([' ', '\t']);
    let rest = source.text()[last.end()..].split('\n').next()?;
    if !before.ends_with(':') || !rest.trim().is_empty() || steps.len() < 2 {
        return None;
    }
    let place = Span::new(span.file, before.len(), last.end() + rest.trim_end_matches('\r').len());
    let text = steps.iter().map(|it| format!("\n\t{it}")).collect();
    let title = format!("have {} make its prerequisites one after the other", case.name(goal));
    let why = "`make -j` starts all prerequisites of a goal at once; the commands of a recipe wait for each other";
    let wishes = vec![Wish::Replace { span: place, text }];
    Some(Proposal { doubtful: true, moves: Moves::Steps, ..Proposal::new(Strategy::Serialise, title, why, wishes) })
}

/// The one rule of a target that is no file, if it is of that target alone and no recipe names its prerequisites.
fn rule_of<'a>(case: &Case<'a>, goal: JobId) -> Option<&'a Rule> {
    let job = case.graph.job(goal);
    let rules = case.instance(goal).database.rules.iter();
    let mut own = rules.filter(|it| it.targets.iter().any(|it| it.text == job.target()));
    let (rule, others) = (own.next()?, own.next());
    let is_plain = rule.kind == RuleKind::Explicit && !rule.computed && !rule.double_colon && rule.targets.len() == 1;
    let names_them = |text: &str| ["$^", "$<", "$?", "$+", "$(^", "$(<"].iter().any(|it| text.contains(it));
    let is_read = rule.recipe.iter().any(|it| names_them(&it.text));
    (is_plain && others.is_none() && !is_read && rule.order_only.is_empty() && !job.writes_its_target()).then_some(rule)
}

/// The words of a rule's prerequisites, each with what it stands for; `None` where one is not spelt there.
fn words<'a>(case: &Case, rule: &'a Rule) -> Option<Vec<(Vec<&'a str>, String)>> {
    let mut words: Vec<(Span, Vec<&str>)> = Vec::new();
    for it in &rule.prerequisites {
        let span = it.span?;
        match words.last_mut().filter(|it| it.0 == span) {
            Some((_, names)) => names.push(&it.text),
            None => words.push((span, vec![&it.text])),
        }
    }
    let rises = words.windows(2).all(|it| it[0].0.file == it[1].0.file && it[0].0.end() < it[1].0.start());
    let is_own = rule.span.is_some_and(|rule| words.iter().all(|it| rule.contains(it.0)));
    (rises && is_own).then(|| words.into_iter().map(|(span, names)| (names, case.project.text(span))).collect())
}

/// Says which makefile would have to lose its parallelism.
fn sketch(case: &Case) -> Proposal {
    let instance = case.graph.common_instance(case.race.pair.0.job(), case.race.pair.1.job());
    let makefile = &case.graph.instances[instance.0].given.makefile;
    let title = format!("add .NOTPARALLEL to {makefile}");
    let why = "everything there would run one job at a time; only where no other fix is right";
    Proposal { manual: true, ..Proposal::new(Strategy::Serialise, title, why, Vec::new()) }
}
