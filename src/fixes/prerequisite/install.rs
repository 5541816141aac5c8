//! The order of what automake installs.

use super::super::{Case, Wish};
use crate::jobs::JobId;

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
        let after = variables.get(format!("{folder}_{primary}").as_str())?.span?;
        // No name that automake would take for a list of its own.
        let late = format!("late_{folder}_{}", primary.to_lowercase());
        let is_new = !variables.contains_key(late.as_str());
        is_new.then(|| Wish::Lines { after, lines: format!("{late} = {target}\n$({late}): {}\n", names.join(" ")) })
    };
    res.into_iter().map(wish).collect()
}
