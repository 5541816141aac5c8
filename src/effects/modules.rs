//! Modules of Fortran: a compilation writes a file for each module that its source defines, and reads those that it uses;
//! and of Haskell, whose compiler compiles what a source imports.

use std::collections::BTreeSet;

use super::EffectKind;
use super::apply::Arguments;
use super::formats::{FORTRAN, HASKELL};
use super::machine::{Machine, Shell};
use super::value::Value;
use crate::source::FileId;

/// The modules of a source, in lower case as compilers name their files, each with whether a condition stands around it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Modules {
    defined: BTreeSet<(String, bool)>,
    used: BTreeSet<(String, bool)>,
}

impl Machine<'_> {
    /// Notes the module files of a compilation.
    pub(super) fn modules(&mut self, shell: &Shell, arguments: &Arguments, invocation: usize) {
        const NO_COMPILATION: [&str; 4] = ["-E", "-M", "-MM", "-fsyntax-only"];
        if arguments.flags.iter().any(|it| NO_COMPILATION.contains(&it.as_str())) {
            return;
        }
        let sources = arguments.operands.iter().filter(|it| FORTRAN.iter().any(|suffix| it.text.ends_with(suffix)));
        for source in sources.cloned().collect::<Vec<_>>() {
            let path = self.path(shell, &source.text);
            let Some(file) = self.recipe.project.open(&path).or_else(|| self.origin(&path)) else { continue };
            let modules = self.recipe.models.cache.modules(&self.recipe.project.source(file), read);
            let own = ["-J", "-module", "-fmod=", "-moddir="].iter().find_map(|it| arguments.value(it));
            let also = arguments.options.iter().filter(|it| it.0 == "-I").map(|it| &it.1);
            let in_folder = |folder: Option<&Value>, name: &str| {
                let folder = folder.map_or(String::new(), |it| format!("{}/", it.text.trim_end_matches('/')));
                let mut value = Value::default();
                value.push(&format!("{folder}{name}.mod"), source.place());
                value
            };
            let mut effects = Vec::new();
            for (name, conditional) in &modules.defined {
                effects.push((in_folder(own, name), EffectKind::Write, *conditional));
            }
            for (name, conditional) in &modules.used {
                let folders = [own].into_iter().chain(also.clone().map(Some)).map(|it| in_folder(it, name));
                effects.extend(folders.map(|it| (it, EffectKind::Read, *conditional)));
            }
            for (value, kind, conditional) in effects {
                match conditional {
                    true => self.effect_may(shell, &value, kind, invocation),
                    false => self.effect(shell, &value, kind, invocation),
                }
            }
        }
    }

    /// What a generated source is made of, if that is in the tree.
    fn origin(&mut self, path: &str) -> Option<FileId> {
        const MOST_COPIES: usize = 4;
        self.outcome.includes = true;
        let own = |it: &str| self.outcome.links.iter().rev().find(|link| link.0 == it).map(|it| it.1.clone());
        let next = |it: &String| own(it).or_else(|| (self.recipe.links)(it));
        let copies = std::iter::successors(next(&path.to_owned()), next).take(MOST_COPIES);
        copies.into_iter().find_map(|it| self.recipe.project.open(&it))
    }

    /// `ghc`, which makes an object and an interface of each source, and of all that these import unless `-c` is given.
    pub(super) fn haskell(&mut self, shell: &Shell, arguments: &Arguments, invocation: usize) {
        const NO_COMPILATION: [&str; 6] = ["-e", "-E", "-M", "--interactive", "--version", "--info"];
        if arguments.flags.iter().any(|it| NO_COMPILATION.contains(&it.as_str())) {
            return;
        }
        let one = arguments.flags.iter().any(|it| it == "-c");
        let listed = arguments.options.iter().filter(|it| it.0 == "-i").flat_map(|it| it.1.text.split(':'));
        let folders: Vec<String> = [""].into_iter().chain(listed).map(|it| self.path(shell, it)).collect();
        let output = |own: &str| [own, "-outputdir"].iter().find_map(|it| arguments.value(it).cloned());
        let products =
            [("o", output("-odir"), arguments.value("-o")), ("hi", output("-hidir"), arguments.value("-ohi"))];
        let sources = arguments.operands.iter().filter(|it| HASKELL.iter().any(|suffix| it.text.ends_with(suffix)));
        for source in sources.cloned().collect::<Vec<_>>() {
            let path = self.path(shell, &source.text);
            self.outcome.includes = true;
            let modules = if one { vec![path.as_str().into()] } else { self.imported(&path, &folders) };
            for module in modules {
                if *module != *path && (self.recipe.generated)(&module) {
                    let value = source.derived(self.spelt_from(shell, &module));
                    self.effect(shell, &value, EffectKind::Read, invocation);
                }
                let root = module.rsplit_once('.').map_or(&*module, |it| it.0);
                // Named after the module, which is a path below one of the folders.
                let below = |folder: &String| {
                    let rest = root.strip_prefix(folder.as_str())?;
                    if folder.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
                };
                let below = folders.iter().filter_map(below).min_by_key(|it| it.len());
                for (suffix, folder, given) in &products {
                    if one && given.is_some() {
                        continue;
                    }
                    let name = match folder {
                        Some(it) => format!("{}/{}.{suffix}", it.text.trim_end_matches('/'), below.unwrap_or(root)),
                        None => self.spelt_from(shell, &format!("{root}.{suffix}")),
                    };
                    self.effect(shell, &source.derived(name), EffectKind::Write, invocation);
                }
            }
        }
    }
}

fn read(text: &str) -> Modules {
    let mut res = Modules::default();
    let mut depth = 0usize;
    for line in text.lines() {
        let line = line.trim().to_ascii_lowercase();
        if let Some(directive) = line.strip_prefix('#') {
            match directive.trim_start() {
                it if it.starts_with("if") => depth += 1,
                it if it.starts_with("endif") => depth = depth.saturating_sub(1),
                _ => {}
            }
            continue;
        }
        let line = line.split('!').next().unwrap_or_default();
        let words: Vec<&str> = line.split([' ', '\t', ',', ':', ';']).filter(|it| !it.is_empty()).collect();
        match words[..] {
            // `module procedure x` stands in an interface.
            ["module", name] if is_name(name) => drop(res.defined.insert((name.to_owned(), depth > 0))),
            ["use", "intrinsic", ..] => {}
            ["use", "non_intrinsic", name, ..] | ["use", name, ..] if is_name(name) => {
                res.used.insert((name.to_owned(), depth > 0));
            }
            _ => {}
        }
    }
    let defined: BTreeSet<String> = res.defined.iter().map(|it| it.0.clone()).collect();
    res.used.retain(|it| !defined.contains(&it.0));
    res
}

fn is_name(word: &str) -> bool {
    word.starts_with(|it: char| it.is_ascii_alphabetic())
        && word.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_defined_and_used() {
        let text = "MODULE M ! m\n use, intrinsic :: iso_c_binding\n Use k, only: x\n#ifdef A\n use :: g\n#endif\n\
                    interface\n module procedure p\nend interface\nend module m\nprogram q\nuse m\nend\n";
        let set = |names: &[(&str, bool)]| names.iter().map(|it| (it.0.to_owned(), it.1)).collect::<BTreeSet<_>>();
        assert_eq!(read(text), Modules { defined: set(&[("m", false)]), used: set(&[("g", true), ("k", false)]) });
    }
}
