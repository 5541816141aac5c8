//! Sources that are not where a recipe looks for them: a script of configure's links or copies them there.

use crate::source::{FileId, Project, folder_of, name_of, normalise};

/// Entries of folders that are looked through, at most.
const MOST_ENTRIES: usize = 50_000;

/// The source of this name, where the tree has one alone, and nothing of which the missing one may be made (`x.def`).
pub(super) fn namesake(project: &Project, path: &str) -> Option<FileId> {
    let stem = name_of(path).rsplit_once('.')?.0;
    let beside = project.list(folder_of(path)).unwrap_or_default();
    if beside.iter().any(|it| it.name.strip_prefix(stem).is_some_and(|it| it.starts_with('.'))) {
        return None;
    }
    let all = project.answer("", "sources of C", || Some(sources(project).join("\n")))?;
    let mut found = all.lines().filter(|it| name_of(it) == name_of(path));
    let only = found.next().filter(|_| found.next().is_none())?;
    project.open(only)
}

fn sources(project: &Project) -> Vec<String> {
    let (mut res, mut seen) = (Vec::new(), 0);
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let entries = project.list(&folder).unwrap_or_default();
        seen += entries.len();
        for entry in entries.iter().filter(|it| seen < MOST_ENTRIES && !it.name.starts_with('.')) {
            let path = normalise("", &folder, &entry.name);
            match entry.is_folder {
                true => folders.push(path),
                false if super::is_c_source(&path) => res.push(path),
                false => {}
            }
        }
    }
    res
}
