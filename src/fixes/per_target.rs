//! `per-target`: a name derived from the target in place of the shared one.

use std::collections::BTreeSet;

use super::{Case, Proposal, Wish};
use crate::analysis::Strategy;
use crate::effects::{Effect, EffectKind};
use crate::jobs::JobId;
use crate::races::Class;
use crate::source::Span;
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
    let path = &case.race.path;
    let is_folder = |it: &str| it.strip_prefix(path.as_str()).is_some_and(|it| it.starts_with('/'));
    let holds_files =
        case.graph.jobs.iter().any(|it| is_folder(&it.path) || it.effects().any(|(_, it)| is_folder(&it.path)));
    let Some(spans) = spellings(case).filter(|_| !holds_files && !is_gathered(case)) else { return Vec::new() };
    let suffix = suffix(path);
    let title = format!("give each target its own {}", display(path));
    let why = "nothing else reads the file, so that each recipe can have one of its own";
    let wishes: Vec<Wish> =
        spans.iter().map(|it| Wish::Replace { span: *it, text: own_name(case, *it, &suffix) }).collect();
    let others = other_mentions(case, &spans);
    if others.is_empty() {
        // What no recipe uses or takes away may be there for people.
        let uses = |it: EffectKind| matches!(it, EffectKind::Read | EffectKind::Remove);
        let doubtful = !case.writers().iter().any(|it| case.effects(*it).any(|(_, it)| uses(it.kind)));
        return vec![Proposal { doubtful, ..Proposal::new(Strategy::PerTarget, title, why, wishes) }];
    }
    let why = format!(
        "refused: {} is also named at {}; these would read a file that nothing makes",
        display(path),
        others.join(", ")
    );
    vec![Proposal { manual: true, ..Proposal::new(Strategy::PerTarget, title, &why, Vec::new()) }]
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

/// The file's suffix, `.tmp` where it has none.
fn suffix(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
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

/// Places that name the path beside the racing recipes, as `file:line`.
fn other_mentions(case: &Case, spans: &BTreeSet<Span>) -> Vec<String> {
    let Some(name) = spans.first().map(|it| case.project.text(*it)) else { return Vec::new() };
    let mut res = Vec::new();
    let variables = &case.instance(case.race.pair.0.job()).database.variables;
    let cleaned: Vec<Span> =
        variables.iter().filter(|it| it.0.ends_with("CLEANFILES")).filter_map(|it| it.1.span).collect();
    for file in case.sources() {
        let source = case.project.source(file);
        for (at, _) in source.text().match_indices(&name) {
            let here = Span::new(file, at, at + name.len());
            let known = spans.iter().any(|it| it.contains(here)) || cleaned.iter().any(|it| it.contains(here));
            let is_told = || !is_comment(source.text(), at) && !only_removes(line_of(source.text(), at));
            if !known && is_told() && !is_part_of_longer(source.text(), at, name.len()) {
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
    res
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
