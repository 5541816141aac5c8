//! The configuration in which make goes on, where it stops with nothing fixed.

use rayon::prelude::*;

use super::asked;
use crate::analysis::finding::Options;
use crate::configure::{Configuration, Configure, Setting};
use crate::expand::{Database, evaluate};
use crate::jobs::Entry;
use crate::source::Project;

/// Settings that make asks for before it goes on, at most.
const MOST_SETTINGS: usize = 4;
/// Values that are tried for one of them, at most.
const MOST_TRIED: usize = 60;

/// Where make may come to an error with nothing fixed, for want of a variable or on a system that the makefile does not
/// know: the first settings with which it goes on, Linux before other systems.
pub(super) fn going_on(
    project: &Project,
    configure: &Configure,
    entry: &Entry,
    options: &Options,
) -> Option<Configuration> {
    let read = |it: &Configuration| evaluate(&entry.given.request(project, configure, it));
    let mut base = Configuration::default();
    let mut database = read(&base);
    for _ in 0..MOST_SETTINGS {
        if stops(&database) == (0, 0) {
            break;
        }
        let Some(nearer) = nearer(&base, &database, configure, options, &read) else { break };
        (base, database) = nearer;
    }
    // A goal that fails whatever is set is what the makefile's author wants.
    (database.possible_errors() == 0 && !base.settings.is_empty()).then_some(base)
}

/// Errors that make may come to, and then goals that only fail.
pub(super) fn stops(database: &Database) -> (usize, usize) {
    (database.possible_errors(), database.failing_goals())
}

/// With one more setting: the first that leaves no error, or else that leaves the fewest.
fn nearer(
    base: &Configuration,
    database: &Database,
    configure: &Configure,
    options: &Options,
    read: &(dyn Fn(&Configuration) -> Database + Sync),
) -> Option<(Configuration, Database)> {
    let is_new = |it: &&Setting| base.value(&it.subject).is_none() && asked(it, options);
    // What configure gives is a value that is used; what the makefile asks for may only stand for one.
    let given: Vec<Setting> = database.inputs.names.iter().flat_map(|it| configure.deviations(it)).collect();
    let is_other = |it: &&Setting| !it.value.eq_ignore_ascii_case("linux");
    let mut settings: Vec<&Setting> = Vec::new();
    for all in [&given, &database.deviations] {
        let mut some: Vec<&Setting> = all.iter().filter(is_new).collect();
        some.sort_by_key(is_other);
        settings.extend(some.into_iter().take(MOST_TRIED));
    }
    settings.sort_by_key(is_other);
    let tried = settings.into_par_iter().map(|it| {
        let configuration = base.with(it.clone());
        let database = read(&configuration);
        (configuration, database)
    });
    // Without the part in which it is asked for, nothing is asked for.
    let tried: Vec<_> = tried.filter(|it| !it.1.lacks_part || database.lacks_part).collect();
    let best = tried.into_iter().min_by_key(|it| stops(&it.1));
    best.filter(|it| stops(&it.1) < stops(database))
}
