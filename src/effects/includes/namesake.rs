//! Sources that are not where a recipe looks for them: a script that configures links or copies them there.

use crate::source::{FileId, Project, folder_of, name_of, upwards};

/// The source of this name, where the tree has one alone, and nothing of which the missing one may be made (`x.def`).
pub(super) fn namesake(project: &Project, path: &str) -> Option<FileId> {
    const MOST_ENTRIES: usize = 50_000;
    let list = |folder: &str| project.list(folder).unwrap_or_default();
    let stem = name_of(path).rsplit_once('.')?.0;
    let made_of = |name: &str| name.strip_prefix(stem).is_some_and(|it| it.starts_with('.'));
    let configures = |name: &str| name.to_ascii_lowercase().starts_with("configure");
    let is_configured = upwards(folder_of(path)).any(|it| list(it).iter().any(|it| configures(&it.name)));
    if !is_configured || list(folder_of(path)).iter().any(|it| made_of(&it.name)) {
        return None;
    }
    // Each on a line of its own, after a slash.
    let all = project.answer("", "sources of C", || {
        let (files, all) = project.files_below(vec![String::new()], MOST_ENTRIES, super::is_c_source);
        all.then(|| files.iter().map(|it| format!("/{it}\n")).collect())
    })?;
    let wanted = format!("/{}\n", name_of(path));
    let mut found = all.match_indices(&wanted);
    let (at, _) = found.next().filter(|_| found.next().is_none())?;
    let start = all[..at].rfind('\n').map_or(0, |it| it + 1) + 1;
    project.open(&all[start..at + wanted.len() - 1])
}
