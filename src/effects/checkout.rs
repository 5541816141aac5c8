//! Commands that fill a folder with another project's tree: `git submodule update`, `git clone URL folder`.
//!
//! Knows nothing of what such a tree holds.

use super::apply::Arguments;
use super::machine::{Machine, Shell};
use super::value::Value;
use crate::source::normalise;
use crate::text::has_unknown;

impl Machine<'_> {
    /// Submodules, each by its folder; all that `.gitmodules` lists where none is named.
    pub(super) fn submodules(&mut self, shell: &Shell, arguments: &Arguments) {
        if arguments.operands.is_empty() {
            let project = self.recipe.project;
            let listed = project.open(".gitmodules").map(|it| project.source(it));
            let text = listed.as_ref().map_or("", |it| it.text());
            let paths = text.lines().filter_map(|it| it.trim().strip_prefix("path"));
            let paths = paths.filter_map(|it| it.trim_start().strip_prefix('='));
            let paths: Vec<String> = paths.map(|it| normalise(&project.root, "", it.trim())).collect();
            paths.into_iter().for_each(|it| self.fill(it));
        } else {
            self.checkout(shell, &arguments.operands);
        }
    }

    /// `git clone URL [folder]`, `svn checkout URL [folder]`.
    pub(super) fn cloned(&mut self, shell: &Shell, arguments: &Arguments) {
        let Some(url) = arguments.operands.first() else { return };
        let named = || {
            let name = url.text.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
            Value::plain(name.trim_end_matches(".git"))
        };
        let folder = arguments.operands.get(1).cloned().unwrap_or_else(named);
        self.checkout(shell, &[folder]);
    }

    fn checkout(&mut self, shell: &Shell, folders: &[Value]) {
        let known: Vec<String> =
            folders.iter().filter(|it| it.is_known()).map(|it| self.path(shell, &it.text)).collect();
        known.into_iter().for_each(|it| self.fill(it));
    }

    /// A folder that a command fills, by its name or by that of an archive without its last suffix (`x-1.tar`).
    pub(super) fn unpacked(&mut self, shell: &Shell, folder: &Value) {
        let folder = match folder.text.strip_suffix(".tar") {
            Some(stem) => folder.derived(stem.to_owned()),
            None => folder.clone(),
        };
        self.checkout(shell, &[folder]);
    }

    /// A folder that is there already is as the user wants it.
    fn fill(&mut self, folder: String) {
        let is_empty = self.recipe.project.list(&folder).is_none_or(|it| it.is_empty());
        if is_empty && !folder.is_empty() && !has_unknown(&folder) {
            self.outcome.fills.push(folder);
        }
    }
}
