//! `list-once`: a file that two lists of an automake file install into one folder leaves one of them.

use std::collections::BTreeSet;

use super::{Case, Proposal, Wish};
use crate::analysis::Strategy;
use crate::makefile::{Kind, Makefile, Operator};
use crate::races::Class;
use crate::source::Span;
use crate::syntax::make::scan;
use crate::text::display;

/// A list of files that automake installs.
#[derive(Default)]
struct List {
    variable: String,
    /// The words that name what is in dispute, each with what joins it to the word before, or the assignments that add
    /// nothing else.
    words: Vec<Span>,
    /// The files that these name, and those of them that they name in each configuration.
    names: BTreeSet<String>,
    unconditional: BTreeSet<String>,
}

/// Takes the words out of the list that says least: one that is not shipped, data rather than scripts rather than
/// programs.
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
    if case.race.class != Class::SharedOutput || case.is_removal() {
        return Vec::new();
    }
    let paths = std::iter::once(&case.race.path).chain(&case.race.paths);
    let disputed: BTreeSet<&str> = paths.map(|it| last(it)).collect();
    let mut lists: Vec<List> = Vec::new();
    for writer in case.writers() {
        let by_automake = case.rule(writer).is_none() && case.instance(writer).given.makefile.ends_with(".am");
        let variables = &case.instance(writer).database.variables;
        let target = case.graph.job(writer).target();
        let variable = variables.iter().filter(|it| it.1.span.is_some()).find(|it| is_installed_by(it.0, target));
        match variable.filter(|_| by_automake) {
            Some((name, _)) => lists.push(list(case, name, &disputed)),
            None => return Vec::new(),
        }
    }
    lists.sort_by_key(|it| rank(&it.variable));
    let [less, more] = &lists[..] else { return Vec::new() };
    let has_all = |names: &BTreeSet<String>| disputed.iter().all(|it| names.contains(*it));
    if !has_all(&less.names) || !has_all(&more.unconditional) {
        return Vec::new();
    }
    let title = format!("list {} in {} only", display(last(&case.race.path)), more.variable);
    let why = "two lists install the file into one folder, and automake's rules for them run side by side";
    let wishes = less.words.iter().map(|it| Wish::Remove { span: *it }).collect();
    vec![Proposal { doubtful: true, ..Proposal::new(Strategy::ListOnce, title, why, wishes) }]
}

/// Whether automake's rule for a variable (`dist_bin_SCRIPTS`) has the target (`install-dist_binSCRIPTS`).
fn is_installed_by(variable: &str, target: &str) -> bool {
    let primary = variable.rsplit_once('_');
    primary.is_some_and(|(prefix, primary)| target.strip_prefix("install-") == Some(&format!("{prefix}{primary}")))
}

/// How much a list says of its files.
fn rank(variable: &str) -> (bool, usize) {
    let kinds = ["SCRIPTS", "PROGRAMS"];
    let kind = kinds.iter().position(|it| variable.ends_with(it)).map_or(0, |it| it + 1);
    (variable.starts_with("dist_") || variable.contains("_dist_"), kind)
}

/// The words of a list's assignments that name files in dispute and nothing else.
fn list(case: &Case, variable: &str, disputed: &BTreeSet<&str>) -> List {
    let instance = case.instance(case.race.pair.0.job());
    let request = instance.given.request(case.project, &instance.configure, case.configuration);
    let mut res = List { variable: variable.to_owned(), ..List::default() };
    for file in &instance.database.files {
        let makefile = Makefile::read(case.project, *file);
        let mut depth = 0usize;
        for (position, statement) in makefile.statements.iter().enumerate() {
            match statement.kind {
                Kind::If => depth += 1,
                Kind::Endif => depth = depth.saturating_sub(1),
                _ => {}
            }
            let assignment = makefile.assignment(position).filter(|it| case.project.text(it.name) == variable);
            let Some(assignment) = assignment else { continue };
            let text = &makefile.text()[assignment.value.range()];
            let mut end = assignment.operator_span.end();
            let (start, mut n_left) = (res.words.len(), 0);
            for word in scan::words(text).filter(|it| text[it.clone()] != *"\\") {
                let span = Span::new(*file, end, assignment.value.start() + word.end);
                let named = instance.database.expand(&request, &text[word]);
                let names: BTreeSet<&str> = named.split_whitespace().map(last).collect();
                if !names.is_empty() && names.iter().all(|it| disputed.contains(it)) {
                    res.words.push(span);
                    let names = || names.iter().map(|it| it.to_string());
                    res.names.extend(names());
                    res.unconditional.extend(names().filter(|_| depth == 0));
                } else {
                    n_left += 1;
                }
                end = span.end();
            }
            if n_left == 0 && assignment.operator == Operator::Append && res.words.len() > start {
                res.words.truncate(start);
                res.words.push(Span::new(*file, assignment.name.start(), end));
            }
        }
    }
    res
}

/// The name of a file without its folder.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
