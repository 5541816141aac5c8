//! `list-once`: a file that two lists of an automake file install into one folder leaves one of them.

use std::collections::BTreeSet;

use super::{Case, Proposal, Wish};
use crate::analysis::Strategy;
use crate::jobs::Instance;
use crate::makefile::{Kind, Makefile, Operator};
use crate::races::Class;
use crate::source::{Span, name_of};
use crate::syntax::make::scan;
use crate::text::display;

/// Takes the words out of the list that says least, data rather than scripts rather than programs, and one that is not
/// shipped rather than one that is. They are those of the other list too, or the other list itself, so that no
/// configuration installs less.
///
/// ```make
/// dist_pkgdata_DATA = words.txt
/// pkgdata_DATA = $(dist_pkgdata_DATA) index
/// ```
/// becomes
/// ```make
/// dist_pkgdata_DATA = words.txt
/// pkgdata_DATA = index
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    let [a, b] = case.writers()[..] else { return Vec::new() };
    if case.race.class != Class::SharedOutput || case.graph.job(a).instance != case.graph.job(b).instance {
        return Vec::new();
    }
    let (Some(first), Some(second)) = (list_of(case, a), list_of(case, b)) else { return Vec::new() };
    let (less, more) = if rank(first) <= rank(second) { (first, second) } else { (second, first) };
    if less == more || rank(less).1 && !rank(more).1 || [less, more].iter().any(|it| it.contains("nobase_")) {
        return Vec::new();
    }
    let instance = case.instance(a);
    let kept: BTreeSet<String> =
        words(case, instance, more).into_iter().filter(|it| it.is_unconditional).map(|it| it.text).collect();
    let itself = [format!("$({more})"), format!("${{{more}}}")];
    let is_kept = |it: &Word| itself.contains(&it.text) || kept.contains(&it.text);
    let gone: Vec<Word> = words(case, instance, less).into_iter().filter(is_kept).collect();
    let named: BTreeSet<&str> = gone.iter().flat_map(|it| it.files.split_whitespace()).map(name_of).collect();
    let mut disputed = std::iter::once(&case.race.path).chain(&case.race.paths).map(|it| name_of(it));
    if !disputed.all(|it| named.contains(it)) {
        return Vec::new();
    }
    let title = format!("list {} in {more} only", display(name_of(&case.race.path)));
    let why = "two lists install the file into one folder, and automake's rules for them run side by side";
    let mut wishes: Vec<Wish> = Vec::new();
    for span in gone.into_iter().map(|it| it.span) {
        let wish = Wish::Remove { span };
        if !wishes.contains(&wish) {
            wishes.push(wish);
        }
    }
    vec![Proposal { doubtful: true, ..Proposal::new(Strategy::ListOnce, title, why, wishes) }]
}

/// The variable (`dist_bin_SCRIPTS`) of which automake has the job's rule (`install-dist_binSCRIPTS`).
fn list_of<'a>(case: &Case<'a>, job: crate::jobs::JobId) -> Option<&'a str> {
    let target = case.graph.job(job).target().strip_prefix("install-")?;
    let instance = case.instance(job);
    let is_own = |name: &str| name.rsplit_once('_').is_some_and(|it| target == format!("{}{}", it.0, it.1));
    let mut named = instance.database.variables.iter().filter(|it| it.1.span.is_some()).map(|it| &**it.0);
    let by_automake = case.rule(job).is_none() && instance.given.makefile.ends_with(".am");
    named.find(|it| by_automake && is_own(it))
}

/// How much a list says of its files.
fn rank(variable: &str) -> (usize, bool) {
    let kind = ["SCRIPTS", "PROGRAMS"].iter().position(|it| variable.ends_with(it)).map_or(0, |it| it + 1);
    (kind, variable.starts_with("dist_") || variable.contains("_dist_"))
}

/// A word of a list.
struct Word {
    text: String,
    /// The files that it stands for.
    files: String,
    /// It and what joins it to the word before; the whole assignment where that adds nothing else.
    span: Span,
    is_unconditional: bool,
}

/// The words of a list in the makefile itself: what it includes may hang on a condition.
fn words(case: &Case, instance: &Instance, variable: &str) -> Vec<Word> {
    let request = instance.given.request(case.project, &instance.configure, case.configuration);
    let mut res: Vec<Word> = Vec::new();
    let Some(file) = instance.database.files.first().copied() else { return res };
    let makefile = Makefile::read(case.project, file);
    let mut depth = 0usize;
    for (position, statement) in makefile.statements.iter().enumerate() {
        match statement.kind {
            Kind::If => depth += 1,
            Kind::Endif => depth = depth.saturating_sub(1),
            _ => {}
        }
        let assignment = makefile.assignment(position).filter(|it| case.project.text(it.name) == variable);
        let Some(assignment) = assignment else { continue };
        let value = &makefile.text()[assignment.value.range()];
        let found: Vec<_> = scan::words(value).filter(|it| value[it.clone()] != *"\\").collect();
        let is_whole = found.len() == 1 && assignment.operator == Operator::Append;
        let mut end = assignment.operator_span.end();
        for word in found {
            let text = value[word.clone()].to_owned();
            let own = Span::new(file, end, assignment.value.start() + word.end);
            end = own.end();
            res.push(Word {
                files: instance.database.expand(&request, &text),
                text,
                span: if is_whole { statement.span } else { own },
                is_unconditional: depth == 0,
            });
        }
    }
    res
}
