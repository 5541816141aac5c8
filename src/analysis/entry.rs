//! A makefile's path to what make is given for it.

use crate::configure::Configure;
use crate::jobs::{Entry, Given};
use crate::source::Project;
use crate::text::unknown;

use super::Options;

/// What make is given for a makefile named by a user.
pub fn entry(project: &Project, makefile: &str, configure: &Configure, options: &Options) -> Entry {
    let directory = directory_of(makefile, configure);
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
    Entry { given, goals: options.goals.clone() }
}

/// The folder in which make runs for a makefile: where configure puts what it makes of it, else where it stands.
pub fn directory_of(makefile: &str, configure: &Configure) -> String {
    let output = configure.outputs.iter().find(|(_, templates)| templates.iter().any(|it| it == makefile));
    let path = output.map_or(makefile, |(output, _)| output);
    path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
}
