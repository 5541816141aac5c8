//! `per-target`: a name derived from the target in place of the shared one.

use std::collections::BTreeSet;

use super::{Case, Proposal, Wish};
use crate::analysis::Strategy;
use crate::effects::{Effect, EffectKind};
use crate::jobs::{Job, JobId};
use crate::races::{Class, Race};
use crate::source::{Span, name_of};
use crate::text::display;

/// Writes `$@` and the file's suffix wherever the racing recipes name the file; refuses where anything else names it.
///
/// ```make
/// all: one two
/// one: one.in
/// 	sed s/a/b/ one.in > scratch.tmp
/// 	mv scratch.tmp one
/// two: two.in
/// 	sed s/a/b/ two.in > scratch.tmp
/// 	mv scratch.tmp two
/// ```
/// becomes
/// ```make
/// all: one two
/// one: one.in
/// 	sed s/a/b/ one.in > $@.tmp
/// 	mv $@.tmp one
/// two: two.in
/// 	sed s/a/b/ two.in > $@.tmp
/// 	mv $@.tmp two
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    if case.race.class != Class::SharedOutput || case.is_removal() {
        return Vec::new();
    }
    let Some(own) = replaced(case) else { return Vec::new() };
    if !own.others.is_empty() {
        let why = format!(
            "refused: {} is also named at {}; these would read a file that nothing makes",
            display(&case.race.path),
            own.others.join(", ")
        );
        return vec![Proposal { manual: true, ..Proposal::new(Strategy::PerTarget, own.title, &why, Vec::new()) }];
    }
    let why = "nothing else reads the file, so that each recipe can have one of its own";
    let proposal =
        |wishes, doubtful| Proposal { doubtful, ..Proposal::new(Strategy::PerTarget, own.title.clone(), why, wishes) };
    let mut res = vec![proposal(own.wishes.clone(), own.doubtful)];
    // Recipes that share several such files race on each of them.
    let races = case.race.paths.iter().map(|it| Race { path: it.clone(), ..case.race.clone() });
    let beside: Option<Vec<Replaced>> =
        races.map(|it| replaced(&Case { race: &it, ..*case }).filter(|it| it.others.is_empty())).collect();
    if let Some(beside) = beside.filter(|it| !it.is_empty()) {
        let wishes = own.wishes.iter().chain(beside.iter().flat_map(|it| &it.wishes)).cloned().collect();
        res.insert(0, proposal(wishes, own.doubtful || beside.iter().any(|it| it.doubtful)));
    }
    res
}

/// What gives each target its own file of one name.
struct Replaced {
    title: String,
    wishes: Vec<Wish>,
    /// What else names the file.
    others: Vec<String>,
    /// Whether the file may be there for people or for programs that are not told its name, since no recipe reads it, or
    /// `clean` takes it away by name.
    doubtful: bool,
}

fn replaced(case: &Case) -> Option<Replaced> {
    let path = &case.race.path;
    let is_below = |it: &str| it.strip_prefix(path.as_str()).is_some_and(|it| it.starts_with('/'));
    let holds_files =
        case.graph.jobs.iter().any(|it| is_below(&it.path) || it.effects().any(|(_, it)| is_below(&it.path)));
    let spans = spellings(case).filter(|_| !holds_files && !is_gathered(case))?;
    let suffix = free_suffix(case)?;
    let wishes = spans.iter().map(|it| Wish::Replace { span: *it, text: own_name(case, *it, &suffix) }).collect();
    let writers = case.writers();
    let is_read = |it: &JobId| case.effects(*it).any(|(_, it)| it.kind == EffectKind::Read);
    // What is taken away unread was read by a command that is not told its name.
    let is_removed = |it: &JobId| {
        let kinds = case.effects(*it).map(|(_, it)| it.kind);
        kinds.skip_while(|it| *it != EffectKind::Write).any(|it| it == EffectKind::Remove)
    };
    if writers.iter().any(|it| is_removed(it) && !is_read(it)) {
        return None;
    }
    let (others, is_cleaned) = other_mentions(case, &spans);
    let doubtful = !writers.iter().any(is_read) || is_cleaned && !writers.iter().any(is_removed);
    let title = format!("give each target its own {}", display(path));
    Some(Replaced { title, wishes, others, doubtful })
}

/// Whether the file is whole only with what each of the recipes adds to it (`ar r`, `sed -i`), and stays.
fn is_gathered(case: &Case) -> bool {
    let effects: Vec<_> = case.writers().into_iter().flat_map(|it| case.effects(it)).map(|it| it.1).collect();
    let of = |kind: EffectKind| effects.iter().filter(move |it| it.kind == kind);
    let adds = |write: &&&Effect| of(EffectKind::Read).any(|it| it.place == write.place);
    of(EffectKind::Write).any(|it| adds(&it)) && of(EffectKind::Remove).next().is_none()
}

/// Each place at which a racing recipe spells the path; `None` where some spelling cannot be replaced, or where a recipe
/// is only taken to write it, by a command that nobody tells the name.
fn spellings(case: &Case) -> Option<BTreeSet<Span>> {
    let mut res = BTreeSet::new();
    for job in case.writers() {
        if !case.effects(job).any(|(_, it)| it.kind == EffectKind::Write) {
            return None;
        }
        for (recipe, effect) in case.effects(job) {
            let traced = case.traced(job, recipe);
            res.insert(case.spelt(job, &traced, effect)?);
        }
    }
    (!res.is_empty()).then_some(res)
}

/// What follows `$@`: the file's suffix, or its whole name where a writer has another file with that suffix which is
/// raced for; `None` where any recipe names a file that would be called so.
fn free_suffix(case: &Case) -> Option<String> {
    let path = &case.race.path;
    let writers = case.writers();
    let name = name_of(path);
    let is_free = |suffix: &String| {
        let names: BTreeSet<String> =
            writers.iter().map(|it| format!("{}{suffix}", case.graph.job(*it).path)).collect();
        let is_taken = |job: &Job| names.contains(&job.path) || job.effects().any(|(_, it)| names.contains(&it.path));
        !case.graph.jobs.iter().any(is_taken)
    };
    let short = suffix(path);
    // Each such file gets a name of its own in turn.
    let raced = case.races.iter().flat_map(|it| std::iter::once(&it.path).chain(&it.paths));
    let alike: Vec<&String> = raced.filter(|it| *it != path && suffix(it) == short).collect();
    let has_alike = |job: &Job| job.effects().any(|(_, it)| alike.contains(&&it.path));
    let is_alone = !writers.iter().any(|it| has_alike(case.graph.job(*it)));
    let has_namesake = alike.iter().any(|it| it.rsplit('/').next() == Some(name));
    let whole = || Some(format!(".{name}")).filter(|it| !has_namesake && is_free(it));
    Some(short).filter(|it| is_alone && is_free(it)).or_else(whole)
}

/// The file's suffix, `.tmp` where it has none.
fn suffix(path: &str) -> String {
    let name = name_of(path);
    match name.rsplit_once('.') {
        Some((stem, suffix)) if !stem.is_empty() => format!(".{suffix}"),
        _ => ".tmp".to_owned(),
    }
}

/// `$@` as the place wants it: escaped in a double-quoted value of configure.ac.
fn own_name(case: &Case, span: Span, suffix: &str) -> String {
    let text = case.project.source(span.file);
    let quoted = case.configure.file == Some(span.file) && {
        let line = text.line_at(span.start());
        text.text()[line.start..span.start()].matches('"').count() % 2 == 1
    };
    format!("{}$@{suffix}", if quoted { "\\" } else { "" })
}

/// Places that name the path beside the racing recipes, as `file:line`, and whether others take it away.
fn other_mentions(case: &Case, spans: &BTreeSet<Span>) -> (Vec<String>, bool) {
    let Some(name) = spans.first().map(|it| case.project.text(*it)) else { return Default::default() };
    let mut res = Vec::new();
    let mut is_cleaned = false;
    let variables = &case.instance(case.race.pair.0.job()).database.variables;
    let cleaned: Vec<Span> =
        variables.iter().filter(|it| it.0.ends_with("CLEANFILES")).filter_map(|it| it.1.span).collect();
    for file in case.sources() {
        let source = case.project.source(file);
        for (at, _) in source.text().match_indices(&name) {
            let here = Span::new(file, at, at + name.len());
            let known = spans.iter().any(|it| it.contains(here)) || cleaned.iter().any(|it| it.contains(here));
            if known || is_comment(source.text(), at) || is_part_of_longer(source.text(), at, name.len()) {
                continue;
            }
            if only_removes(line_of(source.text(), at)) {
                is_cleaned = true;
            } else {
                res.push(format!("{}:{}", source.path, source.position(at).line));
            }
        }
    }
    let rules: BTreeSet<Span> = case.race.parts.iter().filter_map(|it| case.graph.rule_span(it.job())).collect();
    for (path, accesses) in &case.graph.accesses() {
        let is_part = |it: JobId| case.race.parts.iter().any(|part| part.job() == it);
        // What the same recipe does for one more target is changed with it.
        let is_other = |it: JobId| !is_part(it) && case.graph.rule_span(it).is_none_or(|it| !rules.contains(&it));
        if *path == case.race.path {
            let others = accesses.iter().filter(|it| is_other(it.job) && it.kind != EffectKind::Remove);
            let named = others.filter_map(|it| case.graph.rule_span(it.job));
            res.extend(
                named.map(|it| format!("{}:{}", case.project.source(it.file).path, case.project.position(it).line)),
            );
        }
    }
    res.dedup();
    (res, is_cleaned)
}

/// Whether a line only takes files away (`rm -f x.tmp`): where one is no longer made, that does no harm.
fn only_removes(line: &str) -> bool {
    let command = line.trim_start_matches(['@', '-', '+', ' ', '\t']);
    ["rm ", "$(RM)", "${RM}"].iter().any(|it| command.starts_with(it)) && !command.contains([';', '&', '|'])
}

fn line_of(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    text[start..].lines().next().unwrap_or_default()
}

fn is_comment(text: &str, at: usize) -> bool {
    let line = line_of(text, at);
    line.trim_start().starts_with('#') || line.trim_start().starts_with("dnl")
}

/// Whether the match is inside a longer name (`x.tmp` in `ax.tmp`).
fn is_part_of_longer(text: &str, at: usize, len: usize) -> bool {
    let word = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || "_-.".contains(it));
    word(text[..at].chars().next_back()) || word(text[at + len..].chars().next())
}
