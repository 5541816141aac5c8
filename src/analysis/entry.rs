//! A makefile's path to what make is given for it.

use std::collections::BTreeSet;

use crate::configure::Configure;
use crate::jobs::{Entry, Given};
use crate::source::{Project, normalise};
use crate::text::unknown;

use super::Options;

/// What make is given for a makefile named by a user.
pub fn entry(project: &Project, makefile: &str, configure: &Configure, options: &Options) -> Entry {
    let directory = directory_of(project, makefile, configure);
    // Paths below DESTDIR read better with its name, and packagers always set it.
    let environment = vec![("DESTDIR".to_owned(), unknown("$(DESTDIR)"))];
    debug_assert!(project.open(makefile).is_some());
    let given = Given {
        makefile: makefile.to_owned(),
        directory,
        command_line: options.defines.clone(),
        environment,
        goals: options.goals.clone(),
    };
    Entry { given, goals: options.goals.clone(), usual_only: false }
}

/// The folder in which make runs for a makefile: where configure puts what it makes of it, else where it stands; for a
/// part of other makefiles the folder upwards that has the folders into which its recipes go.
pub fn directory_of(project: &Project, makefile: &str, configure: &Configure) -> String {
    let output = configure.outputs.iter().find(|(_, templates)| templates.iter().any(|it| it == makefile));
    let own = folder_of(output.map_or(makefile, |(output, _)| output));
    if output.is_some() || is_whole(makefile) {
        return own.to_owned();
    }
    let Some(file) = project.open(makefile) else { return own.to_owned() };
    let source = project.source(file);
    let entered = entered(source.text());
    let fits = |folder: &str| entered.iter().filter(|it| project.exists(&normalise("", folder, it))).count();
    let above = std::iter::successors(Some(own), |it| (!it.is_empty()).then(|| folder_of(it)));
    let best = above.map(|it| (it, fits(it))).reduce(|best, it| if it.1 > best.1 { it } else { best });
    best.map_or(own, |it| it.0).to_owned()
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |it| it.0)
}

/// Whether a makefile has a name that make looks for, or is the template of one.
fn is_whole(makefile: &str) -> bool {
    let name = makefile.rsplit('/').next().unwrap_or(makefile);
    let stem = [".pre.in", ".in", ".am"].iter().find_map(|it| name.strip_suffix(it)).unwrap_or(name);
    ["GNUmakefile", "makefile", "Makefile"].contains(&stem)
}

/// The folders that recipes name after `-C` and `cd`.
fn entered(text: &str) -> BTreeSet<&str> {
    let plain = |it: &&str| {
        it.starts_with(|it: char| it.is_ascii_alphanumeric())
            && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"_./-".contains(&it))
    };
    let words: Vec<&str> = text.split([' ', '\t', '\n', ';', '(', ')']).filter(|it| !it.is_empty()).collect();
    let after = words.windows(2).filter(|it| ["-C", "cd"].contains(&it[0])).map(|it| it[1]);
    after.filter(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_makefiles_runs_where_its_folders_are() {
        let rules = "a:\n\t$(MAKE) -C lib\nb:\n\tcd lib; cc x\n";
        let project = Project::in_memory([("build/rules.mk", rules), ("lib/Makefile", "all:\n")]);
        let folder = |makefile: &str| directory_of(&project, makefile, &Configure::default());
        assert_eq!(folder("build/rules.mk"), "");
        assert_eq!(folder("lib/Makefile"), "lib");
    }
}
