//! A job that never started because make had no rule for a file that another make was about to write.
//!
//! `make: *** No rule to make target 'lib/x.a', needed by 'prog'` is how a race ends where the writer is a recipe that runs
//! make elsewhere: the reader is make itself, which asks for the file before the reader's recipe.

use super::Suspect;
use super::accesses::{Access, Job, Kind, Story};

/// What stands before and between the names in make's message.
const NO_RULE: &str = "No rule to make target '";
const NEEDED_BY: &str = "', needed by '";

/// Puts into a story the jobs of a suspect that make refused for want of a file which another job wrote in the same run.
///
/// Make looks for the file before it refuses, so what was written in the same run was written later, or at the time.
pub(super) fn add_refused(suspect: &Suspect, story: &mut Story, log: &str) {
    for (file, target) in log.lines().filter_map(refused) {
        let path = suspect.paths.iter().find(|it| ends(it, file));
        let target = suspect.pair().find(|it| ends(&it.target, target)).map(|it| &it.target);
        let (Some(path), Some(target)) = (path, target) else { continue };
        // A job that runs a make below for its target may well have run, and the make below refuse.
        let job = story.jobs.iter().position(|it| it.target == *target);
        let writes = |it: &&Access| it.path == *path && it.kind == Kind::Write && it.error.is_none();
        let Some(writer) = story.accesses.iter().find(writes).map(|it| it.job) else { continue };
        let asked = |it: usize| story.accesses.iter().any(|known| known.job == it && known.path == *path);
        if job.is_none_or(|it| it != writer && !asked(it)) {
            add(story, writer, path, (job, target), &format!("no rule to make target '{file}'"));
        }
    }
}

fn add(story: &mut Story, writer: usize, path: &str, (job, target): (Option<usize>, &str), said: &str) {
    let writer = &story.jobs[writer];
    let (from, make) = (writer.from, writer.make.0);
    let refused = Job { target: target.to_owned(), parent: None, lines: Vec::new(), ..writer.clone() };
    let job = job.unwrap_or_else(|| {
        story.jobs.push(refused);
        story.jobs.len() - 1
    });
    let access = Access {
        at: from,
        pid: make,
        job,
        kind: Kind::Read,
        path: path.to_owned(),
        error: Some("ENOENT".to_owned()),
        call: said.to_owned(),
        program: "make".to_owned(),
    };
    let at = story.accesses.partition_point(|it| it.at < from);
    story.accesses.insert(at, access);
}

/// The file and the target that make names.
fn refused(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once(NO_RULE)?;
    let (file, rest) = rest.split_once(NEEDED_BY)?;
    Some((file, rest.split_once('\'')?.0))
}

/// Whether an absolute path may be what make names by `name` in some folder.
fn ends(path: &str, name: &str) -> bool {
    let name = name.trim_start_matches("./").trim_start_matches("../");
    path.strip_suffix(name).is_some_and(|it| it.is_empty() || it.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_file_and_target() {
        let line = "make[1]: *** No rule to make target '../lib/x.a', needed by 'prog'.  Stop.";
        assert_eq!(refused(line), Some(("../lib/x.a", "prog")));
        assert!(ends("/t/lib/x.a", "../lib/x.a") && !ends("/t/lib/xx.a", "x.a"));
        assert_eq!(refused("make: *** [Makefile:1: prog] Error 1"), None);
    }
}
