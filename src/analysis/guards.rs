//! Which conditionals decide about rules, and which about values alone.

use std::collections::BTreeMap;

use crate::makefile::{Kind, Makefile};
use crate::source::{FileId, Project, Span};

/// The conditionals of a project's makefiles, each makefile read once.
pub(super) struct Guards<'a> {
    project: &'a Project,
    known: BTreeMap<FileId, Vec<Span>>,
}

impl Guards<'_> {
    pub(super) fn new(project: &Project) -> Guards<'_> {
        Guards { project, known: BTreeMap::new() }
    }

    /// Whether the conditional at a place has a rule in one of its arms, or an include stands there.
    pub(super) fn hold_rules(&mut self, place: Span) -> bool {
        let project = self.project;
        let known = self.known.entry(place.file);
        known.or_insert_with(|| around_rules(&Makefile::read(project, place.file))).iter().any(|it| it.contains(place))
    }
}

/// The lines of the conditionals with a rule in one of their arms, and the includes.
fn around_rules(makefile: &Makefile) -> Vec<Span> {
    let mut res = Vec::new();
    let mut open: Vec<(Vec<Span>, bool)> = Vec::new();
    for it in &makefile.statements {
        match it.kind {
            Kind::If => open.push((vec![it.span], false)),
            Kind::Else => open.last_mut().into_iter().for_each(|open| open.0.push(it.span)),
            Kind::Endif => res.extend(open.pop().filter(|it| it.1).into_iter().flat_map(|it| it.0)),
            Kind::Rule | Kind::Include => {
                open.iter_mut().for_each(|it| it.1 = true);
                // A name of an include may hang on variables.
                res.extend((it.kind == Kind::Include).then_some(it.span));
            }
            _ => {}
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditionals_around_rules_are_told_from_others() {
        let text = "ifdef A\nX = 1\nelse ifdef B\nX = 2\nendif\nifdef C\nifdef D\na: b\nendif\nendif\n";
        let project = Project::in_memory([("Makefile", text)]);
        let file = project.open("Makefile").unwrap();
        let makefile = Makefile::read(&project, file);
        let found: Vec<String> = around_rules(&makefile).into_iter().map(|it| project.text(it)).collect();
        assert_eq!(found, ["ifdef D", "ifdef C"]);
        let at = |name: &str| text.find(name).unwrap();
        let mut guards = Guards::new(&project);
        assert!(guards.hold_rules(Span::new(file, at("ifdef C"), at("ifdef C") + 7)));
        assert!(!guards.hold_rules(Span::new(file, at("ifdef A"), at("ifdef A") + 7)));
    }
}
