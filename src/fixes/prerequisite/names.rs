//! Prerequisites that are there by another name than that of the rule.

use super::super::{Case, Moves, NewRule, Position, Proposal, Wish};
use super::{is_goal_of_automake, place};
use crate::analysis::Strategy;
use crate::effects::EffectKind;
use crate::jobs::JobId;
use crate::races::{Class, Part};
use crate::source::{FileId, Span, folder_of, normalise};
use crate::text::display;

/// Where make looks for a file by a name for which it has no rule (`$(top_builddir)/src/x.la` in `src`, whose rule makes
/// `x.la`): the rule's own name.
pub(super) fn respelt(case: &Case) -> Option<Proposal> {
    let sought = |it: &&Part| it.access.effect.is_none() && !case.graph.job(it.job()).resolved.has_rule;
    let reader = case.parts(EffectKind::Read).find(sought)?.job();
    let (instance, path) = (case.instance(reader), &case.graph.job(reader).path);
    let names = instance.by_target.iter().filter(|it| it.1 != &reader && case.graph.job(*it.1).path == *path);
    let name = names.map(|it| it.0).filter(|it| !it.contains('$')).min()?;
    let mut wishes = Vec::new();
    // In another folder the name would be another file's.
    let is_own = |file: &FileId| folder_of(&case.project.source(*file).path) == folder_of(&instance.given.makefile);
    for file in case.sources().into_iter().filter(is_own) {
        let source = case.project.source(file);
        let mut at = 0;
        let (mut is_told, mut continues) = (true, false);
        for line in source.text().split_inclusive('\n') {
            is_told = if continues { is_told } else { !line.starts_with(['\t', '#']) };
            continues = line.trim_end_matches(['\n', '\r']).ends_with('\\');
            for range in crate::syntax::make::scan::words(line).filter(|_| is_told) {
                let word = &line[range.clone()];
                let text = match is_spelling(word, path, &instance.given.directory) {
                    true => Some(&**name),
                    false => own_part(word, name, &instance.given.directory),
                };
                if let Some(text) = text.filter(|it| *it != word) {
                    let span = Span::new(file, at + range.start, at + range.end);
                    wishes.push(Wish::Replace { span, text: text.to_owned() });
                }
            }
            at += line.len();
        }
    }
    let title = format!("name {} as its rule does", display(name));
    let why = "make has no rule for the file by the other name, so that it must be there before make comes to it";
    let moves = Moves::Commands;
    (!wishes.is_empty()).then(|| Proposal { moves, ..Proposal::new(Strategy::Prerequisite, title, why, wishes) })
}

/// Where readers do name the file, by a name for which there is no rule (`$(top_builddir)/lib/x.h` in `lib`): a rule that
/// has that name wait for the writer.
pub(super) fn other_name(case: &Case, edges: &[(JobId, JobId)]) -> Option<Proposal> {
    let (first, second) = *edges.first()?;
    let names = case.instance(second).by_target.values().copied();
    let is_other = |it: JobId| {
        let job = case.graph.job(it);
        job.path == case.race.path && !job.resolved.has_rule && case.graph.before(it, second)
    };
    let name = names.into_iter().find(|it| case.race.class == Class::MissingPrerequisite && is_other(*it))?;
    let rule = NewRule { targets: case.spelling(name), prerequisites: case.spelling(first), ..NewRule::default() };
    let wish = Wish::Rule { position: Position::After(place(case, first, &[second])?), rule };
    let title = format!("make {} wait for {}", case.name(name), case.name(first));
    let why = "make has no rule for the file by the name that its readers give it";
    Some(Proposal::new(Strategy::Prerequisite, title, why, vec![wish]))
}

/// Where the second is a goal of automake's own (`install-data-am`), which a rule of the makefile would take the place of:
/// what automake has it wait for, `install-data-local`.
pub(super) fn by_local(case: &Case, edges: &[(JobId, JobId)]) -> Option<Proposal> {
    let [(first, second)] = *edges else { return None };
    let (job, instance) = (case.graph.job(second), case.instance(second));
    let goal = job.target().strip_suffix("-am").filter(|_| is_goal_of_automake(case, second))?;
    let local = format!("{goal}-local");
    let name = case.spelling(first);
    let wish = match instance.by_target.get(local.as_str()).and_then(|it| case.explicit_rule(*it)) {
        Some((_, rule)) => Wish::Prerequisite { rule, name, order_only: false },
        None => {
            let reader = case.explicit_rule(case.race.pair.1.job()).map(|it| it.1);
            let place = reader.or_else(|| place(case, first, &[]))?;
            let rule = NewRule { targets: local.clone(), prerequisites: name, ..NewRule::default() };
            Wish::Rule { position: Position::After(place), rule }
        }
    };
    let title = format!("make {local} wait for {}", case.name(first));
    let why = "automake has its own goal wait for this one; a rule for that goal would take the place of automake's";
    Some(Proposal { doubtful: true, ..Proposal::new(Strategy::Prerequisite, title, why, vec![wish]) })
}

/// The last part of a word (`$(top_builddir)/lib/libx-@VERSION@.la` in `lib`), where it may stand for a name.
fn own_part<'w>(word: &'w str, name: &str, directory: &str) -> Option<&'w str> {
    let rest = FROM_TOP.iter().find_map(|it| word.strip_prefix(it))?;
    let part = rest.strip_prefix(directory)?.strip_prefix('/').filter(|it| !it.contains('/'))?;
    let (start, end) = (part.find(['$', '@'])?, part.rfind(['@', ')', '}'])? + 1);
    let fits = start < end && name.strip_prefix(&part[..start]).is_some_and(|it| it.ends_with(&part[end..]));
    fits.then_some(part)
}

/// In a build beside the sources the file is not below `top_srcdir` at all.
const FROM_TOP: [&str; 6] =
    ["$(top_builddir)/", "${top_builddir}/", "@top_builddir@/", "$(top_srcdir)/", "${top_srcdir}/", "@top_srcdir@/"];

/// Whether a word of a makefile in a folder means a path: a plain one, or one from the top of the build.
fn is_spelling(word: &str, path: &str, directory: &str) -> bool {
    match FROM_TOP.iter().find_map(|it| word.strip_prefix(it)) {
        Some(rest) => path == rest || path.ends_with(&format!("/{rest}")),
        None => word.contains('/') && !word.contains(['$', '@']) && normalise("", directory, word) == path,
    }
}
