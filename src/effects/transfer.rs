//! What is copied, moved, linked or installed: to a folder or onto a file.
//!
//! Knows nothing of the programs' options but of those that say which of the two it is.

use super::apply::{Arguments, joined};
use super::machine::{Machine, Shell, is_unique};
use super::models::Action;
use super::value::Value;
use super::{Effect, EffectKind};
use crate::source::{folder_of, normalise, upwards};
use crate::text::{display, has_unknown, is_all_unknown};

impl Machine<'_> {
    /// `cp`, `mv`, `ln`, `install`: to a folder or onto a file.
    pub(super) fn transfer(&mut self, shell: &Shell, action: Action, arguments: &Arguments, invocation: usize) {
        if let Some(choices) = arguments.operands.last().and_then(|it| shell.choices.get(&it.text)) {
            self.may += 1;
            for it in choices.iter() {
                let mut one = arguments.clone();
                one.operands.splice(one.operands.len() - 1.., [it.clone()]);
                self.transfer(shell, action, &one, invocation);
            }
            self.may -= 1;
            return;
        }
        let target = ["-t", "--target-directory"].iter().find_map(|it| arguments.value(it));
        let (sources, target, into) = match (target, arguments.operands.split_last()) {
            (Some(target), _) => (arguments.operands.as_slice(), target.clone(), true),
            (None, Some((only, []))) if action == Action::Link => (std::slice::from_ref(only), Value::plain("."), true),
            (None, Some((last, sources))) if !sources.is_empty() => {
                let flat =
                    arguments.has(&["-T".to_owned(), "-n".to_owned(), "-h".to_owned()]) && action == Action::Link;
                let one_of_many = is_one_of_many(shell, &sources[0], last);
                let into = sources.len() > 1
                    || self.is_target_folder(shell, last)
                    || is_folder_of(last, &sources[0])
                    || one_of_many;
                let in_turn =
                    || self.may_be_folder(shell, last, &sources[0]) && is_turn(shell, &sources[0], last, |_| true);
                (sources, last.clone(), !flat && (into || in_turn()))
            }
            _ => return,
        };
        self.leading = action == Action::Copy && arguments.has(&["-D".to_owned()]);
        if into && !self.leading {
            self.need_folder(shell, &target, invocation);
        }
        let symbolic = arguments.has(&["-s".to_owned(), "--symbolic".to_owned()]);
        for source in sources {
            if action != Action::Link || !symbolic {
                self.effect(shell, source, EffectKind::Read, invocation);
            } else {
                self.asked_for(shell, source, invocation);
                self.linked(shell, source, &target, into);
            }
            if action == Action::Move {
                self.effect(shell, source, EffectKind::Remove, invocation);
            }
            self.swapping = action == Action::Move && is_unique(&source.text);
            let name = source.text.trim_end_matches('/');
            let base = source.slice(name.rfind('/').map_or(0, |it| it + 1)..name.len());
            let inside = joined(&target, &base);
            let recursive = ["-r", "-R", "-a", "--recursive", "--archive"].map(str::to_owned);
            let recursive = arguments.has(&recursive);
            let unsure = recursive || !into && self.may_be_folder(shell, &target, &base);
            let onto_itself = |it: &Value| self.path(shell, &it.text) == self.path(shell, &source.text);
            let written = if into { &inside } else { &target };
            if action != Action::Move && onto_itself(written) {
                // As it is, `cp $(srcdir)/x .` fails in the folder of the sources: it is written for builds elsewhere, as
                // configure can prepare them.
                let mut above = upwards(self.recipe.directory);
                let is_configured = above.any(|it| self.recipe.project.has_configure_ac(it));
                if action == Action::Copy && source.text.contains('/') && !recursive && is_configured {
                    self.effect_may(shell, written, EffectKind::Write, invocation);
                }
                continue;
            }
            if action != Action::Link && !recursive {
                self.carry_renamed(shell, source, written, action == Action::Move);
            }
            match (into, unsure) {
                (true, false) => self.effect(shell, &inside, EffectKind::Write, invocation),
                (false, false) => self.effect(shell, &target, EffectKind::Write, invocation),
                _ => {
                    self.effect_may(shell, &inside, EffectKind::Write, invocation);
                    // A folder that is copied is no file that is written.
                    if !(into || recursive && self.may_be_tree(shell, source)) {
                        self.effect_may(shell, &target, EffectKind::Write, invocation);
                    }
                }
            }
            if recursive {
                self.reads_tree(shell, source, invocation);
                let is_folder = into || self.recipe.project.is_folder(&self.path(shell, &target.text));
                self.copied_tree(shell, source, if is_folder { &inside } else { &target }, invocation);
            }
            self.swapping = false;
        }
        self.leading = false;
    }

    /// Remembers for what a symbolic link stands, which is seen from the link's folder.
    fn linked(&mut self, shell: &Shell, source: &Value, target: &Value, into: bool) {
        if into || !source.is_known() || !target.is_known() {
            return;
        }
        let link = self.path(shell, &target.text);
        let folder = folder_of(&link);
        let real = normalise(&self.recipe.project.root, folder, &source.text);
        if real != link && !real.is_empty() && !real.starts_with("..") {
            self.outcome.links.push((link, real));
        }
    }

    fn is_target_folder(&self, shell: &Shell, target: &Value) -> bool {
        let text = target.text.as_str();
        let spelt = text.ends_with('/') || matches!(text, "." | "..") || text.ends_with("/.") || text.ends_with("/..");
        if spelt {
            return true;
        }
        let path = self.path(shell, text);
        let is_made = |it: &Effect| {
            it.kind.makes_directory()
                && it.path.strip_prefix(&path).is_some_and(|it| it.is_empty() || it.starts_with('/'))
        };
        let there = || target.is_known() && !text.starts_with('/') && self.recipe.project.is_folder(&path);
        !path.is_empty() && self.outcome.effects.iter().any(is_made)
            || there()
            || (self.recipe.generated)(&format!("{path}/."))
    }

    /// Whether a source may be a folder: it is one, or nothing in its name says that it is a file.
    fn may_be_tree(&self, shell: &Shell, source: &Value) -> bool {
        let path = self.path(shell, &source.text);
        let name = path.rsplit('/').next().unwrap_or_default();
        !source.is_known() || self.recipe.project.is_folder(&path) || !name.contains('.')
    }

    /// Whether a target outside of the tree may be a folder: nothing in its name says that it is a file.
    fn may_be_folder(&self, shell: &Shell, target: &Value, base: &Value) -> bool {
        let path = self.path(shell, &target.text);
        let name = path.rsplit('/').next().unwrap_or_default();
        let outside = path.starts_with('/') || !target.is_known();
        outside && name != base.text && !name.contains('.')
    }
}

/// Whether a source is one of a list that a loop goes through, or a list itself, of which nobody knows the words, and its
/// target is the same for all: a folder.
fn is_one_of_many(shell: &Shell, source: &Value, target: &Value) -> bool {
    let spelt = display(&source.text);
    let listed = ["$(shell", "$(wildcard"].iter().any(|it| spelt.starts_with(it));
    let list = listed && is_all_unknown(&source.text) && !display(&target.text).contains(&spelt);
    list || is_turn(shell, source, target, |it| !it.is_known())
}

/// Whether a source is the word for which a loop runs this time, and its target says nothing of it.
fn is_turn(shell: &Shell, source: &Value, target: &Value, wanted: impl Fn(&Value) -> bool) -> bool {
    let target = display(&target.text);
    let within = |it: &&Value| source.text.contains(it.text.as_str()) && !names(&target, &display(&it.text));
    shell.turns.iter().filter(|it| wanted(it)).any(|it| within(&it))
}

/// Whether a text has another one in it as a word or more.
fn names(text: &str, words: &str) -> bool {
    let in_word = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_');
    text.match_indices(words)
        .any(|(at, _)| !in_word(text[..at].chars().next_back()) && !in_word(text[at + words.len()..].chars().next()))
}

/// Whether files of which nothing is known go to a place of which a part is known (`install $files "bin$dir"`).
fn is_folder_of(target: &Value, source: &Value) -> bool {
    let last = target.text.rsplit('/').next().unwrap_or_default();
    is_all_unknown(&source.text) && has_unknown(last) && !is_all_unknown(last)
}
