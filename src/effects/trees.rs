//! Copies of whole folders: `cp -r`, `rsync -a`.

use super::EffectKind;
use super::apply::{Arguments, joined};
use super::expand::hide_wild;
use super::machine::{Machine, Shell};
use super::value::Value;
use crate::source::Project;

/// Files of one copied folder that are told apart; of a larger one nothing is told.
const MOST_FILES: usize = 500;

impl Machine<'_> {
    /// `rsync source... destination`: each source by its own name, or what is in it where it ends with a slash.
    pub(super) fn copied_trees(&mut self, shell: &Shell, arguments: &Arguments, invocation: usize) {
        let Some((destination, sources)) = arguments.operands.split_last() else { return };
        let is_remote = arguments.operands.iter().any(|it| it.text.contains(':'));
        if is_remote || arguments.has(&["-n", "--dry-run", "--list-only"].map(str::to_owned)) {
            return;
        }
        for source in sources {
            let name = source.text.trim_end_matches('/');
            if source.text.ends_with('/') || name == "." || name.ends_with("/.") {
                self.effect_may(shell, destination, EffectKind::MakeDirectory, invocation);
                self.copied_tree(shell, source, destination, invocation);
                continue;
            }
            let base = source.slice(name.rfind('/').map_or(0, |it| it + 1)..name.len());
            let inside = joined(destination, &base);
            self.effect_may(shell, &inside, EffectKind::Write, invocation);
            self.copied_tree(shell, source, &inside, invocation);
        }
    }

    /// Notes that whatever lies in a folder may be read (`tar cf x.tar doc`).
    pub(super) fn reads_tree(&mut self, shell: &Shell, folder: &Value, invocation: usize) {
        let path = self.path(shell, folder.text.trim_end_matches('/'));
        let project = self.recipe.project;
        let is_file = || project.exists(&path) && !project.is_folder(&path);
        let is_own = !path.is_empty() && !path.starts_with(['/', '.']) && !is_file();
        if folder.is_known() && is_own {
            let inside: String = "/**/*".chars().map(hide_wild).collect();
            let mut all = folder.slice(0..folder.text.trim_end_matches('/').len());
            all.push(&inside, None);
            self.effect_may(shell, &all, EffectKind::Read, invocation);
        }
    }

    /// Notes the files of a folder of the tree where it is copied to.
    pub(super) fn copied_tree(&mut self, shell: &Shell, source: &Value, target: &Value, invocation: usize) {
        if !source.is_known() || !target.is_known() {
            return;
        }
        let (from, to) = (self.path(shell, &source.text), self.path(shell, &target.text));
        let is_outside = |it: &str| it.is_empty() || it.starts_with('/') || it.starts_with("..");
        let is_within = to.strip_prefix(&from).is_some_and(|it| it.is_empty() || it.starts_with('/'));
        if is_outside(&from) || to.starts_with('/') || is_within {
            return;
        }
        for file in below(self.recipe.project, &from).unwrap_or_default() {
            let copy = self.spelt_from(shell, &format!("{to}{}", &file[from.len()..]));
            self.guess(shell, &copy, invocation);
        }
    }
}

/// The files of a folder of the tree and of those in it, where they are not too many.
fn below(project: &Project, folder: &str) -> Option<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in project.list(&folder).unwrap_or_default().iter() {
            let path = format!("{folder}/{}", entry.name);
            match entry.is_folder {
                true => folders.push(path),
                false => files.push(path),
            }
            if files.len() + folders.len() > MOST_FILES {
                return None;
            }
        }
    }
    Some(files)
}
