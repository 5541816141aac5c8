//! What was seen before an edit, for the look after it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;

use super::with_fixes;
use crate::analysis::{self, Analysis, Explored, Finding, Options, Setup, examine};
use crate::jobs::Cache;
use crate::source::{Log, Project};

/// What the last check of each makefile showed, for one that follows: of the same project or of an edited one.
#[derive(Default)]
pub struct Memory {
    by_makefile: Mutex<BTreeMap<String, Last>>,
    shown: Mutex<BTreeMap<String, Shown>>,
}

/// What one of many makefiles showed.
struct Shown {
    project: Project,
    analysis: Analysis,
    /// The sources that were looked at, but for those of configure.
    read: Log,
}

impl Shown {
    /// Whether another look would show the same, where some sources have been edited since. What has no fix yet may have one
    /// now.
    fn holds(&self, edited: &[String], options: &Options) -> bool {
        let read = self.read.lock().expect("no panic while logging");
        let touched = |it: &String| {
            read.contains(it) || it.ends_with(".ac") || it.ends_with(".m4") || it.ends_with("configure.in")
        };
        let done = |it: &Finding| !it.fixes.is_empty() || options.settled.contains(&it.id);
        (!options.fixes || self.analysis.findings.iter().all(done)) && !edited.iter().any(touched)
    }
}

struct Last {
    project: Project,
    analysis: Analysis,
    explored: Explored,
}

/// What `check` gives, sooner where much is as at the last time. `memory` must come from checks with the same options, but
/// for [`Options::fixes`] and [`Options::settled`], of this project or of projects that differ by edits of makefiles.
pub fn check_again(project: &Project, makefiles: &[String], options: &Options, memory: &Memory) -> Analysis {
    // More would be too much to keep.
    const MOST_KEPT: usize = 4;
    if makefiles.len() > MOST_KEPT {
        return check_changed(project, makefiles, options, memory);
    }
    let setup = Setup::new(options);
    let one = |makefile: &String| {
        let lock = || memory.by_makefile.lock().expect("no panic while kept");
        let known = lock().remove(makefile);
        let (analysis, explored) = match known {
            Some(it) if it.project.is_same(project) => (it.analysis, it.explored),
            known => {
                let cache = known.map_or_else(Cache::default, |it| it.explored.cache.of_recipes());
                examine(project, makefile, options, &setup, cache)
            }
        };
        let mut res = analysis.clone();
        if options.fixes {
            res = with_fixes(res, project, options, &setup, &explored);
        }
        lock().insert(makefile.clone(), Last { project: project.clone(), analysis, explored });
        res
    };
    analysis::joined(makefiles, makefiles.par_iter().map(one).collect())
}

/// What `check` gives; makefiles that read nothing of what was edited since the last time are not looked at again.
fn check_changed(project: &Project, makefiles: &[String], options: &Options, memory: &Memory) -> Analysis {
    let setup = Setup::new(options);
    let lock = || memory.shown.lock().expect("no panic while kept");
    // There are few forms of the project, and many makefiles.
    let mut edited: Vec<(Project, Vec<String>)> = Vec::new();
    for it in lock().values() {
        if !edited.iter().any(|known| known.0.is_same(&it.project)) {
            edited.push((it.project.clone(), project.differing(&it.project)));
        }
    }
    let since = |it: &Project| edited.iter().find(|known| known.0.is_same(it)).map_or(&[][..], |it| &it.1);
    let one = |makefile: &String| {
        let known = lock().remove(makefile).filter(|it| it.holds(since(&it.project), options));
        let shown = known.unwrap_or_else(|| {
            let (logged, read) = project.logged();
            let (mut analysis, explored) = examine(&logged, makefile, options, &setup, Cache::default());
            if options.fixes {
                analysis = with_fixes(analysis, &logged, options, &setup, &explored);
            }
            // What is large is freed beside what comes next.
            rayon::spawn(move || drop(explored));
            Shown { project: project.clone(), analysis, read }
        });
        let res = shown.analysis.clone();
        lock().insert(makefile.clone(), shown);
        res
    };
    analysis::joined(makefiles, makefiles.par_iter().map(one).collect())
}
