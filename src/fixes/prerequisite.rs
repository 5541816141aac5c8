//! `prerequisite`: the job that comes second names the first as a prerequisite.

mod install;
mod lists;
mod names;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Moves, NewRule, Position, Proposal, Wish};
use crate::analysis::Strategy;
use crate::effects::EffectKind;
use crate::expand::Rule;
use crate::jobs::{GoalRank, Instance, InstanceId, JobId, RecipeRun, clean_like};
use crate::races::{Class, Part, View};
use crate::source::{FileId, Span, folder_of, upwards};

/// An explicit prerequisite on each reader, or between the writers where no other fix is known.
///
/// ```make
/// all: prog doc
/// version.h:
/// 	./mkversion > version.h
/// prog: main.c version.h
/// 	$(CC) -o prog main.c
/// doc: doc.in
/// 	sed -f version.h doc.in > doc
/// ```
/// becomes
/// ```make
/// all: prog doc
/// version.h:
/// 	./mkversion > version.h
/// prog: main.c version.h
/// 	$(CC) -o prog main.c
/// doc: doc.in version.h
/// 	sed -f version.h doc.in > doc
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    let mut ways = match case.race.class {
        Class::MissingPrerequisite | Class::MissingDirectory => vec![readers(case, true), readers(case, false)],
        Class::SharedOutput if case.is_removal() => vec![after_the_removal(case)],
        Class::SharedOutput => vec![one_after_the_other(case)],
        Class::RecursiveOverlap if makes_otherwise(case) => Vec::new(),
        Class::RecursiveOverlap => match asked_for_again(case) {
            edges if edges.is_empty() => vec![one_after_the_other(case)],
            edges => vec![edges],
        },
        Class::MultiOutput => Vec::new(),
    };
    ways.dedup();
    ways.into_iter().flat_map(|it| with_edges(case, it)).collect()
}

/// The ways of having the second of each pair wait for the first.
fn with_edges(case: &Case, edges: Vec<(JobId, JobId)>) -> Vec<Proposal> {
    let edges: Vec<(JobId, JobId)> = edges
        .into_iter()
        .filter_map(|(first, second)| case.graph.lifted(first, second))
        .filter(|(a, b)| a != b && !case.are_alternatives(*a, *b))
        .collect();
    // What waits for one that waits needs no edge of its own.
    let implied = |(first, second): &(JobId, JobId)| {
        edges.iter().any(|it| it.0 == *first && it.1 != *second && case.graph.before(it.1, *second))
    };
    let edges: Vec<(JobId, JobId)> = edges.iter().copied().filter(|it| !implied(it)).collect();
    // `make install` does not run the tests, whatever order the two would be in.
    let pulls_a_goal = edges.iter().any(|(first, _)| case.is_goal_of_its_own(*first));
    if edges.is_empty() || pulls_a_goal {
        return Vec::new();
    }
    let (first, second) = edges[0];
    let title = format!("make {} wait for {}", case.name(second), case.name(first));
    let why = match case.race.class {
        Class::SharedOutput | Class::RecursiveOverlap => "orders the two; each still does the work of the other again",
        _ => "states the order that the recipes rely on",
    };
    let mut res: Vec<Proposal> = names::respelt(case).into_iter().chain(names::other_name(case, &edges)).collect();
    res.extend(lists::by_stem(case, &edges, why));
    res.extend(lists::whole_list(case, &edges, why));
    res.extend(names::by_local(case, &edges));
    let mut built = built_sources(case, &edges);
    let seconds: BTreeSet<&str> = edges.iter().map(|it| case.graph.job(it.1).target()).collect();
    if seconds.len() > 1 {
        res.extend(built.take());
    }
    let mut forms = vec![(Form::Reference, false), (Form::Literal, false)];
    let names_all: Vec<&str> = edges.iter().filter_map(|(_, second)| names_all_prerequisites(case, *second)).collect();
    if !names_all.is_empty() {
        // `$(filter %.o,$^)` may leave out the new one.
        let at = if names_all.iter().all(|it| it.contains("$(filter")) { forms.len() } else { 0 };
        forms.splice(at..at, [(Form::Reference, true), (Form::Literal, true)]);
    }
    // The statement may be one arm's only.
    forms.push((Form::Apart, false));
    // `$^` may stand in a variable that the recipe names.
    if names_all.is_empty() {
        forms.extend([(Form::Reference, true), (Form::Literal, true)]);
    }
    for (form, order_only) in forms {
        let why = if order_only {
            "states the order that the recipes rely on; order-only, so that the recipe's commands stay as they are"
        } else {
            why
        };
        let wishes = wishes(case, &edges, form, order_only);
        if !wishes.is_empty() && res.iter().all(|it| it.wishes != wishes) {
            let doubtful = matches!(case.race.class, Class::SharedOutput | Class::RecursiveOverlap);
            res.push(Proposal { doubtful, ..Proposal::new(Strategy::Prerequisite, title.clone(), why, wishes) });
        }
    }
    res.extend(built);
    res
}

/// Where objects that automake's own rules compile read a header that is made: automake has what `BUILT_SOURCES` lists made
/// before all else.
fn built_sources(case: &Case, edges: &[(JobId, JobId)]) -> Option<Proposal> {
    let is_header = |path: &str| [".h", ".hh", ".hpp", ".hxx", ".inc"].iter().any(|it| path.ends_with(it));
    let instance = case.instance(edges[0].1);
    let by_automake = |it: JobId| case.rule(it).is_none() && case.automake_wish(it, "").is_none();
    // `all`, `check` and `install` each run the makefile again.
    let makefile = |of: &Instance| (of.given.makefile.clone(), of.given.directory.clone());
    let own = |it: JobId| makefile(case.instance(it)) == makefile(instance);
    let alike = edges.iter().all(|(first, second)| own(*first) && own(*second) && by_automake(*second));
    let file = instance.database.files.first().copied()?;
    let of_automake = case.project.source(file).path.ends_with(".am");
    if case.race.class != Class::MissingPrerequisite || !is_header(&case.race.path) || !alike || !of_automake {
        return None;
    }
    let mut names: Vec<String> = edges.iter().map(|it| case.spelling(it.0)).collect();
    // What the same jobs read of the same kind.
    let others = case.race.paths.iter().filter(|it| is_header(it));
    let maker = |path: &String| instance.by_target.values().copied().find(|it| case.graph.job(*it).path == *path);
    names.extend(
        others.filter_map(maker).filter(|it| !case.graph.job(*it).recipes.is_empty()).map(|it| case.spelling(it)),
    );
    names.sort();
    names.dedup();
    let words = names.join(" ");
    let assigned = |name: &str| instance.database.variables.get(name)?.span;
    // A part with rules of its own adds to what others list.
    let elsewhere = |assignment: &Span| case.rule(edges[0].0).filter(|it| it.1.file != assignment.file);
    let beside = assigned("BUILT_SOURCES").and_then(|it| sources_of(case, elsewhere(&it)?.1.file));
    let wish = match (assigned("BUILT_SOURCES"), beside) {
        (_, Some(after)) => Wish::Lines { after, lines: format!("BUILT_SOURCES += {words}\n") },
        (Some(assignment), _) => Wish::Words { assignment, words: words.clone() },
        (None, _) => Wish::Lines { after: sources_of(case, file)?, lines: format!("BUILT_SOURCES = {words}\n") },
    };
    let title = format!("have {words} made before all else");
    let why = "automake's rules for objects name no headers; what BUILT_SOURCES lists is made before `all`, `check` and \
               `install` start them";
    Some(Proposal { moves: Moves::Makes, ..Proposal::new(Strategy::Prerequisite, title, why, vec![wish]) })
}

/// The first list of sources of a makefile.
fn sources_of(case: &Case, file: FileId) -> Option<Span> {
    let variables = &case.instance(case.race.pair.1.job()).database.variables;
    let lists = variables.iter().filter(|it| it.0.ends_with("_SOURCES")).filter_map(|it| it.1.span);
    lists.filter(|it| it.file == file).min_by_key(|it| it.start())
}

/// Before each reader that one goal starts beside a writer: the last writers of its own make, else that of the pair; or the
/// file by its own name, where that is another target of the writer's rule.
fn readers(case: &Case, by_its_name: bool) -> Vec<(JobId, JobId)> {
    // A reader that is to wait for more is better served by an order among the writers.
    const MOST_WRITERS: usize = 4;
    let reads = |it: &Part| matches!(it.access.kind, EffectKind::Read | EffectKind::NeedDirectory);
    let (readers, writers): (Vec<&Part>, Vec<&Part>) =
        case.race.parts.iter().filter(|it| !it.aside).partition(|it| reads(it));
    let first = case.race.pair.0.job();
    let position = serial_positions(case);
    let mut res = Vec::new();
    for reader in readers.iter().map(|it| it.job()) {
        let beside = |it: &JobId| case.graph.job(*it).instance == case.graph.job(reader).instance;
        let mut own: Vec<JobId> = writers.iter().map(|it| it.job()).filter(beside).collect();
        // What a serial build writes again after the reader stays after it.
        let is_later = |it: &JobId| position[it.0] > position[reader.0];
        // Another target of a rule that has run already writes nothing that it reads.
        let is_again = |it: &JobId| own.iter().any(|own| !is_later(own) && case.graph.same_recipe(*own, *it));
        let later: Vec<JobId> = own.iter().copied().filter(|it| is_later(it) && !is_again(it)).collect();
        if case.race.class == Class::MissingPrerequisite && later.len() < own.len() && later.len() <= MOST_WRITERS {
            own.retain(|it| !later.contains(it));
            res.extend(later.into_iter().map(|it| (reader, it)));
        }
        own.sort_by_key(|it| *it != first);
        let mut last: Vec<JobId> = Vec::new();
        for it in own.iter().copied() {
            let is_last = !own.iter().any(|other| case.graph.before(it, *other));
            if is_last && !last.iter().any(|known| case.graph.same_recipe(*known, it)) {
                last.push(it);
            }
        }
        if last.is_empty() || last.len() > MOST_WRITERS && case.race.class == Class::MissingDirectory {
            last = vec![first];
        } else if last.len() > MOST_WRITERS {
            return Vec::new();
        }
        // The file by its own name, where that is a target that waits for the writer (`y.tab.h: y.tab.c`).
        let is_itself = |it: JobId| case.graph.job(it).path == case.race.path;
        let itself = case.instance(reader).by_target.values().copied().find(|it| is_itself(*it));
        let waits = |own: JobId, writer: JobId| {
            let is_made = case.graph.before(writer, own) || by_its_name && case.graph.same_recipe(own, writer);
            own != reader && !is_itself(writer) && is_made
        };
        let named = |it: JobId| itself.filter(|own| waits(*own, it)).unwrap_or(it);
        res.extend(last.into_iter().map(|it| (named(it), reader)));
    }
    res.retain(|(a, b)| !case.graph.ordered(*a, *b));
    res
}

/// Whether the race's goal starts a job: what only another goal starts needs no order.
fn started<'c>(case: &'c Case) -> impl Fn(JobId) -> bool + use<'c> {
    let started = case.race.goal.map(|it| case.graph.closure([case.graph.goals[it].job]));
    let starts = move |top: JobId| started.as_ref().is_none_or(|started| started.contains(&top));
    move |it| case.graph.ancestry(it).last().is_some_and(|it| starts(*it))
}

/// What removes a file before what makes it, where every other goal that starts the second starts the first: `make all`
/// does not clean where `rebuild: clean all` does.
fn after_the_removal(case: &Case) -> Vec<(JobId, JobId)> {
    const MOST_MAKERS: usize = 64;
    let (removers, makers): (Vec<&Part>, Vec<&Part>) =
        case.race.parts.iter().filter(|it| !it.aside).partition(|it| it.access.kind == EffectKind::Remove);
    let pairs = removers.iter().flat_map(|remover| makers.iter().map(|maker| (remover.job(), maker.job())));
    let pairs: BTreeSet<(JobId, JobId)> = pairs.filter_map(|(a, b)| case.graph.lifted(a, b)).collect();
    let is_started = started(case);
    let pairs = pairs.into_iter().filter(|(a, b)| is_started(*a) && is_started(*b));
    // Two runs of one makefile in one folder have a job each for a target.
    let place = |it: JobId| {
        let given = &case.instance(it).given;
        (&given.makefile, &given.directory, case.graph.job(it).target())
    };
    let pairs: BTreeMap<_, (JobId, JobId)> = pairs.rev().map(|it| ((place(it.0), place(it.1)), it)).collect();
    let pairs: BTreeSet<(JobId, JobId)> = pairs.into_values().collect();
    let Some((remover, _)) = pairs.first().copied().filter(|_| pairs.len() <= MOST_MAKERS) else { return Vec::new() };
    // `dist: build clean` is clean in the end, and `make build` does not clean.
    let position = serial_positions(case);
    let cleans = clean_like(case.graph.job(remover).target());
    let in_turn = |it: &(JobId, JobId)| {
        it.0 == remover && position[remover.0] < position[it.1.0] && !(cleans && case.graph.job(it.1).phony)
    };
    let instance = case.instance(remover);
    let goals: Vec<JobId> = match instance.parent {
        None => case.graph.goals.iter().map(|it| it.job).chain(names(case, instance)).collect(),
        Some(_) => instance.goals.iter().filter_map(|it| instance.by_target.get(it.as_str()).copied()).collect(),
    };
    let starts_alone = |goal: JobId| {
        let started = case.graph.closure([goal]);
        !started.contains(&remover) && pairs.iter().any(|it| it.1 != goal && started.contains(&it.1))
    };
    let may_wait = pairs.iter().all(in_turn) && !goals.into_iter().any(starts_alone);
    if may_wait { pairs.into_iter().collect() } else { Vec::new() }
}

/// What users name beside the goals: what is no file, whether or not it is said to be phony.
fn names(case: &Case, instance: &Instance) -> Vec<JobId> {
    const MOST: usize = 1000;
    let is_name =
        |it: &JobId| case.graph.job(*it).recipes.is_empty() && !case.project.exists(&case.graph.job(*it).path);
    instance.by_target.values().copied().filter(is_name).take(MOST).collect()
}

/// Whether more of what users name starts one job than another one (`lib` in `all: check lib`).
fn is_named_more(case: &Case, one: JobId, other: JobId) -> bool {
    const MOST: usize = 100;
    let mut named = names(case, case.instance(one));
    named.sort();
    let started = named.into_iter().take(MOST).map(|it| case.graph.closure([it]));
    let counts = started.map(|it| (usize::from(it.contains(&one)), usize::from(it.contains(&other))));
    let (n_one, n_other) = counts.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    n_one > n_other
}

/// Where one job runs its own makefile again for what others of its make build beside it: the targets that it asks for,
/// before it.
fn asked_for_again(case: &Case) -> Vec<(JobId, JobId)> {
    let (a, b) = (case.race.pair.0.job(), case.race.pair.1.job());
    let Some((first, second)) = case.graph.lifted(a, b) else { return Vec::new() };
    let asked = |inner: JobId, runner: JobId, beside: JobId, is_beside: bool| {
        let line = case.graph.ancestry(inner);
        let below = line.iter().position(|it| *it == runner).and_then(|it| line.get(it.checked_sub(1)?));
        let Some(again) = below.map(|it| case.instance(*it)) else { return Vec::new() };
        let top = case.instance(runner);
        if (&top.given.makefile, &top.given.directory) != (&again.given.makefile, &again.given.directory) {
            return Vec::new();
        }
        let asked: Vec<JobId> = again.goals.iter().filter_map(|it| top.by_target.get(it.as_str()).copied()).collect();
        // What both run makes for is told by the goals alone.
        if !is_beside && !asked.contains(&beside) {
            return Vec::new();
        }
        let open = asked.into_iter().filter(|it| *it != runner && !case.graph.ordered(*it, runner));
        open.map(|it| (it, runner)).collect::<Vec<_>>()
    };
    match asked(b, second, first, first == a) {
        found if found.is_empty() => asked(a, first, second, second == b),
        found => found,
    }
}

/// Whether a make of the makefile's own that a recipe runs makes by other commands (`$(MAKE) prog CFLAGS=-g`) what is made
/// here too: after that it would find it made.
fn makes_otherwise(case: &Case) -> bool {
    let (a, b) = (case.race.pair.0.job(), case.race.pair.1.job());
    let makefile = |of: JobId| (&case.instance(of).given.makefile, &case.instance(of).given.directory);
    let is_made_here = case.graph.lifted(a, b).is_some_and(|it| it.0 == a || it.1 == b);
    let is_run_again = case.graph.job(a).instance != case.graph.job(b).instance && makefile(a) == makefile(b);
    is_made_here && is_run_again && !case.graph.same_recipe(a, b)
}

/// The jobs that do the same, or that run makes that do, in a line, each after the one before it as in a serial build;
/// a long line would be no fix, so that there only the two that race are ordered.
fn one_after_the_other(case: &Case) -> Vec<(JobId, JobId)> {
    const MOST_JOBS: usize = 64;
    const MOST_IN_LINE: usize = 4;
    // No goal starts both: whoever asks for one would get the other too.
    if case.race.goal.is_none() {
        return Vec::new();
    }
    let jobs = sharers(case);
    // Two makes that build one folder meet in each file of it.
    let path = |it: JobId| &case.graph.job(it).path;
    let of_class = |a: JobId, b: JobId| case.race.class != Class::RecursiveOverlap || path(a) == path(b);
    let pairs = jobs.iter().enumerate().flat_map(|(at, a)| jobs[at + 1..].iter().map(|b| (*a, *b)));
    let own = [(case.race.pair.0.job(), case.race.pair.1.job())];
    let pairs = own.into_iter().chain(pairs.filter(|it| of_class(it.0, it.1)));
    let unordered = pairs.take(MOST_JOBS * MOST_JOBS).filter(|(a, b)| !case.graph.ordered(*a, *b));
    let mut lines: BTreeMap<InstanceId, BTreeSet<(usize, JobId)>> = BTreeMap::new();
    let position = serial_positions(case);
    let is_started = started(case);
    let lifted = unordered.filter_map(|(a, b)| case.graph.lifted(a, b));
    for (a, b) in lifted.filter(|(a, b)| is_started(*a) && is_started(*b)) {
        let line = lines.entry(case.graph.job(a).instance).or_default();
        line.extend([a, b].map(|it| (position[it.0], it)));
    }
    let (a, b) = (case.race.pair.0.job(), case.race.pair.1.job());
    let own = case.graph.lifted(a, b).and_then(|(it, _)| lines.get(&case.graph.job(it).instance));
    if let Some(line) = own.filter(|it| case.race.class == Class::SharedOutput && it.len() > 2) {
        let edges = around_one(case, line);
        if !edges.is_empty() || line.len() > MOST_IN_LINE {
            return edges;
        }
    }
    if own.is_some_and(|it| it.len() > MOST_IN_LINE) {
        let pair = if position[a.0] <= position[b.0] { (a, b) } else { (b, a) };
        return vec![pair];
    }
    lines.retain(|_, it| it.len() <= MOST_IN_LINE);
    if lines.is_empty() {
        return Vec::new();
    }
    // What others wait for comes last.
    let readers: Vec<JobId> = reading(case).collect();
    let awaited = |it: &JobId| readers.iter().any(|reader| case.graph.before(*it, *reader));
    // No goal is to start what it did not start: what more of them start comes first.
    let usual = case.graph.goals.iter().filter(|it| it.rank == GoalRank::Usual);
    let closures: Vec<_> = usual.map(|it| case.graph.closure([it.job])).collect();
    let n_goals = |it: &JobId| closures.iter().filter(|closure| closure.contains(it)).count();
    // Whose own make builds what both do comes before one that gets there by further makes.
    let ancestries: Vec<Vec<JobId>> = match case.race.class {
        Class::RecursiveOverlap => jobs.iter().map(|it| case.graph.ancestry(*it)).collect(),
        _ => Vec::new(),
    };
    let runs_one = |it: JobId| ancestries.iter().any(|line| line[1..].contains(&it));
    let depth = |it: &JobId| {
        let lines = ancestries.iter().filter(|line| !runs_one(line[0]));
        lines.filter_map(|line| line.iter().position(|step| step == it)).min()
    };
    let in_line = |line: &BTreeSet<(usize, JobId)>| {
        let mut jobs: Vec<JobId> = line.iter().map(|(_, it)| *it).collect();
        let is_pair = jobs.len() == 2;
        // A make elsewhere that makes a file which is not of its folder waits for the rule here.
        let is_made_here = jobs.iter().any(|it| [a, b].contains(it));
        let borrows = |it: &JobId| is_pair && is_made_here && makes_outside(case, *it);
        let key = |it: &JobId| (borrows(it), Reverse(n_goals(it)), depth(it), is_pair && awaited(it));
        jobs.sort_by_key(key);
        if is_pair && key(&jobs[0]) == key(&jobs[1]) && is_named_more(case, jobs[1], jobs[0]) {
            jobs.reverse();
        }
        jobs.windows(2).map(|it| (it[0], it[1])).filter(|(a, b)| !case.graph.ordered(*a, *b)).collect::<Vec<_>>()
    };
    lines.values().flat_map(in_line).collect()
}

/// Whether a job's sub-make writes the file in dispute, which lies outside of the folder in which it runs.
fn makes_outside(case: &Case, runner: JobId) -> bool {
    let inner = case.race.parts.iter().map(Part::job).filter(|it| *it != runner);
    let mut within = inner.filter(|it| case.graph.is_within(*it, runner));
    let is_below = |folder: &str| upwards(folder_of(&case.race.path)).any(|it| it == folder);
    within.any(|it| !is_below(&case.instance(it).given.directory))
}

/// Where one job's sub-make does again what many others do: that job before all of them or after them, as a serial build
/// has it.
fn around_one(case: &Case, line: &BTreeSet<(usize, JobId)>) -> Vec<(JobId, JobId)> {
    let in_submake = |it: &&(usize, JobId)| case.race.parts.iter().all(|part| part.job() != it.1);
    let mut runners = line.iter().filter(in_submake);
    let (Some(runner), None) = (runners.next(), runners.next()) else { return Vec::new() };
    let others = line.iter().filter(|it| *it != runner);
    if others.clone().next().is_some_and(|it| it < runner) {
        others.map(|it| (it.1, runner.1)).collect()
    } else {
        others.map(|it| (runner.1, it.1)).collect()
    }
}

/// The jobs that read the file in dispute.
fn reading(case: &Case) -> impl Iterator<Item = JobId> {
    let reads = |it: &JobId| case.effects(*it).any(|(_, it)| it.kind == EffectKind::Read);
    (0..case.graph.jobs.len()).map(JobId).filter(reads)
}

/// Every job that does what the racing ones do: makes one target in one folder, or writes one file.
fn sharers(case: &Case) -> Vec<JobId> {
    let race = case.race;
    if race.class == Class::SharedOutput {
        return race.parts.iter().map(Part::job).collect();
    }
    // What finds all made has nothing to wait for.
    let idle = View::new(case.project, case.graph).idle;
    let shared = |it: &JobId| {
        let job = case.graph.job(*it);
        !job.recipes.is_empty() && !idle.contains(it) && (job.path == race.path || race.paths.contains(&job.path))
    };
    let mut res: Vec<JobId> = (0..case.graph.jobs.len()).map(JobId).filter(shared).collect();
    res.extend([race.pair.0.job(), race.pair.1.job()]);
    res.sort();
    res.dedup();
    res
}

/// For each job, how many are finished before it in a serial build.
fn serial_positions(case: &Case) -> Vec<usize> {
    let mut res = vec![0; case.graph.jobs.len()];
    for (position, job) in case.graph.needers_first().into_iter().rev().enumerate() {
        res[job.0] = position;
    }
    res
}

/// How targets and prerequisites are spelt.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// As the makefile does, by variables.
    Reference,
    /// By their names.
    Literal,
    /// As the makefile does, on a line of its own.
    Apart,
}

/// Whether a prerequisite more would change what the recipe runs.
fn names_all_prerequisites<'a>(case: &'a Case, job: JobId) -> Option<&'a str> {
    let database = &case.instance(job).database;
    let recipes = case.graph.job(job).recipes.iter();
    let mut lines = recipes.flat_map(|it| &database.rule(it.rule).recipe).map(|it| &*it.text);
    let all = ["$^", "$+", "$?", "$(^", "$(+", "$(?", "${^", "${+", "${?"];
    lines.find(|line| all.iter().any(|it| line.contains(it)))
}

/// `always` where every new prerequisite is to be order-only.
fn wishes(case: &Case, edges: &[(JobId, JobId)], form: Form, always: bool) -> Vec<Wish> {
    let mut res: Vec<Wish> = Vec::new();
    let mut lines: Vec<(JobId, Vec<JobId>)> = Vec::new();
    let seconds: Vec<JobId> = edges.iter().map(|(_, second)| *second).collect();
    let mut linked: Vec<(JobId, Vec<String>)> = Vec::new();
    // A rule would take the place of automake's.
    if seconds.iter().any(|it| is_goal_of_automake(case, *it)) {
        return install::order(case, edges).unwrap_or_default();
    }
    for (first, second) in edges {
        if case.automake_wish(*second, "").is_some() {
            let name = name(case, *first, form);
            match linked.iter_mut().find(|(it, _)| it == second) {
                Some((_, names)) => names.push(name),
                None => linked.push((*second, vec![name])),
            }
            continue;
        }
        let order_only = always || order_only(case, *first, *second);
        let own = case.explicit_rule(*second).filter(|_| !same_rule(case, *first, *second)).map(|(_, span)| span);
        let own = own.filter(|it| case.may_name(*it, *second, *first));
        let line = || own.or_else(|| case.dependency_line(*second, &seconds));
        match Some(form).filter(|it| *it != Form::Apart).and_then(|_| line()) {
            Some(rule) => {
                let wish = Wish::Prerequisite { rule, name: name(case, *first, form), order_only };
                if !res.contains(&wish) {
                    res.push(wish);
                }
            }
            None => match lines.iter_mut().find(|(it, _)| it == first) {
                Some((_, targets)) => targets.push(*second),
                None => lines.push((*first, vec![*second])),
            },
        }
    }
    for (second, mut names) in linked {
        names.dedup();
        let wish = case.automake_wish(second, &names.join(" "));
        res.extend(wish.filter(|it| !res.contains(it)));
    }
    for (first, targets) in lines {
        let (name, targets_text) = (name(case, first, form), lists::target_list(case, &targets, first, form));
        let only_ordered = always || targets.iter().any(|it| order_only(case, first, *it));
        let Some(rule) = place(case, first, &targets) else {
            let Some(after) = targets.iter().find_map(|it| case.computed_at(*it)) else { return Vec::new() };
            let bar = if only_ordered { "| " } else { "" };
            res.push(Wish::Lines { after, lines: format!("{targets_text}: {bar}{name}\n") });
            continue;
        };
        let (prerequisites, order_only) = match only_ordered {
            true => (String::new(), name),
            false => (name, String::new()),
        };
        // What a `::` rule waits for stands before it.
        let double = targets.iter().find_map(|it| case.rule(*it).filter(|it| it.0.double_colon));
        let position = double.map_or(Position::After(rule), |it| Position::Before(it.1));
        let double_colon = double.is_some();
        let new = NewRule { targets: targets_text, prerequisites, order_only, double_colon, ..NewRule::default() };
        let wish = Wish::Rule { position, rule: new };
        if !res.contains(&wish) {
            res.push(wish);
        }
    }
    res
}

/// Whether a job is a goal that automake makes, such as `install-data-am`, but for `check-am`, to which it adds what the
/// makefile says (automake 1.16).
fn is_goal_of_automake(case: &Case, it: JobId) -> bool {
    let job = case.graph.job(it);
    let is_am = case.instance(it).given.makefile.ends_with(".am");
    let is_goal = job.phony || job.target().starts_with("install-");
    is_goal && job.target() != "check-am" && case.rule(it).is_none() && is_am
}

fn name(case: &Case, job: JobId, form: Form) -> String {
    match form {
        Form::Reference | Form::Apart => case.spelling(job),
        Form::Literal => case.name(job),
    }
}

/// A file that depends on a phony target would be made each time, and so would one that depends on a file which is
/// (`x: FORCE`), though it does not read it.
fn order_only(case: &Case, first: JobId, second: JobId) -> bool {
    let (maker, waiter) = (case.graph.job(first), case.graph.job(second));
    let reads = || waiter.effects().any(|(_, it)| it.kind == EffectKind::Read && it.path == maker.path);
    let anew = |it| made_each_time(case, it);
    // Each file made in a folder changes its time.
    let is_folder = case.race.class == Class::MissingDirectory && maker.path == case.race.path;
    let links = || maker.recipes.iter().flat_map(|it| &it.outcome.links);
    let stands_for_folder = || links().any(|it| it.0 == maker.path && case.project.is_folder(&it.1));
    if (is_folder || stands_for_folder()) && !waiter.phony {
        return true;
    }
    let for_order = || case.race.class != Class::MissingPrerequisite;
    let is_goal = maker.phony || for_order() && is_never_made(case, first) && !is_never_made(case, second);
    !waiter.phony && (is_goal || maker.writes_its_target() && anew(first) && !anew(second) && !reads())
}

/// Whether a target is one in name only: all that its recipe does is known, and it makes no such file.
fn is_never_made(case: &Case, job: JobId) -> bool {
    let job = case.graph.job(job);
    let known = |it: &RecipeRun| !it.lines.is_empty() && it.outcome.makes.is_empty();
    let makes_it = job.writes_its_target() || job.hides_writes() || case.project.exists(&job.path);
    !job.recipes.is_empty() && job.recipes.iter().all(known) && !makes_it
}

fn made_each_time(case: &Case, job: JobId) -> bool {
    let by_target = &case.graph.instance_of(job).by_target;
    let needs = case.graph.job(job).resolved.prerequisites.iter().filter(|it| !it.order_only);
    let mut needs = needs.filter_map(|it| by_target.get(&*it.name)).map(|it| case.graph.job(*it));
    needs.any(|it| it.phony || it.resolved.is_never_there())
}

fn same_rule(case: &Case, a: JobId, b: JobId) -> bool {
    case.explicit_rule(a).map(|(_, it)| it) == case.explicit_rule(b).map(|(_, it)| it)
        && case.explicit_rule(a).is_some()
}

/// Beside which rule a dependency line goes: the writer's, else one of the readers', else one that needs one of them; not
/// before the first goal, which it would be in the place of.
fn place(case: &Case, first: JobId, targets: &[JobId]) -> Option<Span> {
    let database = &case.instance(first).database;
    let is_default = |it: &&Rule| it.targets.iter().any(|it| Some(&it.text) == database.default_goal.as_ref());
    let is_chosen = database.variables.get(".DEFAULT_GOAL").is_some_and(|it| it.span.is_some());
    let default = database.rules.iter().find(is_default).and_then(|it| it.span).filter(|_| !is_chosen);
    let is_later = |it: &Span| default.is_none_or(|default| it.file != default.file || it.start() >= default.start());
    // A part that others read too may come before the variables of the targets.
    let may_name = |it: &Span, job: &JobId| case.may_name(*it, *job, *job);
    let fits = |it: &Span| is_later(it) && may_name(it, &first) && targets.iter().all(|job| may_name(it, job));
    let mut own = std::iter::once(&first).chain(targets).filter_map(|it| case.rule(*it)).map(|(_, span)| span);
    let needing = || case.needing_rule(first, targets).filter(fits);
    // Beside its own rules, where the first goal's stands in a part that others read too.
    let last = || database.rules.iter().rev().filter(|it| !it.computed).filter_map(|it| it.span).find(fits);
    own.find(fits).or_else(needing).or_else(|| default.filter(fits).or_else(last))
}
