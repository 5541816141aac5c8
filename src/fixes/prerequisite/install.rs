//! The order of what automake installs.

use super::super::{Case, Wish};
use crate::jobs::JobId;
use crate::source::Span;

/// What automake's install goals are named after, as in `pkglib_LTLIBRARIES`.
const PRIMARIES: [&str; 10] =
    ["LTLIBRARIES", "LIBRARIES", "PROGRAMS", "SCRIPTS", "HEADERS", "DATA", "MANS", "PYTHON", "JAVA", "LISP"];

/// Lines by which goals of automake wait: by a variable, since a rule for the name itself would take the place of
/// automake's (automake 1.16). `None` where one of those that wait installs no list of the makefile.
pub(super) fn order(case: &Case, edges: &[(JobId, JobId)]) -> Option<Vec<Wish>> {
    let mut res: Vec<(JobId, Vec<String>)> = Vec::new();
    for (first, second) in edges {
        let name = case.name(*first);
        match res.iter_mut().find(|(it, _)| it == second) {
            Some((_, names)) => names.push(name),
            None => res.push((*second, vec![name])),
        }
    }
    let wish = |(second, names): (JobId, Vec<String>)| {
        let target = case.graph.job(second).target();
        let (folder, primary) =
            PRIMARIES.iter().find_map(|it| Some((target.strip_prefix("install-")?.strip_suffix(it)?, it)))?;
        let variables = &case.instance(second).database.variables;
        let list = variables.get(format!("{folder}_{primary}").as_str())?.span?;
        let after = behind_conditionals(case, list)?;
        // No name that automake would take for a list of its own.
        let late = format!("late_{folder}_{}", primary.to_lowercase());
        let is_new = !variables.contains_key(late.as_str());
        is_new.then(|| Wish::Lines { after, lines: format!("{late} = {target}\n$({late}): {}\n", names.join(" ")) })
    };
    res.into_iter().map(wish).collect()
}

/// A place, or the `endif` of the outermost conditional around it: the order holds whichever arm gives the list.
fn behind_conditionals(case: &Case, place: Span) -> Option<Span> {
    let source = case.project.source(place.file);
    let (mut depth, mut at, mut is_within) = (0usize, 0, false);
    for line in source.text().split_inclusive('\n') {
        let end = at + line.trim_end().len();
        let is_end = line.starts_with("endif");
        depth = if is_end { depth.saturating_sub(1) } else { depth + usize::from(line.starts_with("if ")) };
        is_within |= depth > 0 && (at..=end).contains(&place.start());
        if is_end && depth == 0 && is_within {
            return Some(Span::new(place.file, at, end));
        }
        if depth == 0 && at > place.start() {
            break;
        }
        at += line.len();
    }
    (!is_within).then_some(place)
}
