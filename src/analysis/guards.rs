//! Which conditionals decide about rules, and which about values alone; what variables they set and refer to.

use std::collections::{BTreeMap, BTreeSet};

use crate::configure::Setting;
use crate::makefile::{Kind, Makefile};
use crate::source::{FileId, Project, Span, name_of};

/// The conditionals of a project's makefiles, each makefile read once.
pub(super) struct Guards<'a> {
    project: &'a Project,
    known: BTreeMap<FileId, Vec<Conditional>>,
}

/// A conditional with all its arms, or an include, whose name may hang on variables.
#[derive(Default)]
pub(super) struct Conditional {
    /// Its `if` and `else` lines.
    lines: Vec<Span>,
    /// Whether a rule stands in one of the arms.
    pub(super) holds_rules: bool,
    /// Variables that an arm sets.
    sets: BTreeSet<String>,
    /// Those of them to which it gives names of files.
    pub(super) lists: BTreeSet<String>,
    /// Variables that an arm refers to.
    pub(super) uses: BTreeSet<String>,
}

impl Guards<'_> {
    pub(super) fn new(project: &Project) -> Guards<'_> {
        Guards { project, known: BTreeMap::new() }
    }

    /// The conditional one of whose lines is at a place.
    pub(super) fn at(&mut self, place: Span) -> Option<&Conditional> {
        let project = self.project;
        let known = self.known.entry(place.file);
        let known = known.or_insert_with(|| conditionals(&Makefile::read(project, place.file)));
        known.iter().find(|it| it.lines.iter().any(|it| it.contains(place)))
    }

    /// The variables on which it hangs which rules stand in makefiles, directly or by others that they set.
    pub(super) fn gates(&mut self, files: impl Iterator<Item = FileId>) -> BTreeSet<String> {
        let project = self.project;
        for file in files {
            self.known.entry(file).or_insert_with(|| conditionals(&Makefile::read(project, file)));
        }
        let asked = |it: &Conditional| -> Vec<String> {
            let lines = it.lines.iter().map(|it| project.text(*it));
            lines.flat_map(|it| names(&it).chain(defined(&it)).collect::<Vec<_>>()).collect()
        };
        let all = self.known.values().flatten().map(|it| (it, asked(it)));
        let (holding, mut others): (Vec<_>, Vec<_>) = all.partition(|it| it.0.holds_rules);
        let mut res: BTreeSet<String> = holding.into_iter().flat_map(|it| it.1).collect();
        loop {
            let (setting, left): (Vec<_>, Vec<_>) = others.into_iter().partition(|it| !it.0.sets.is_disjoint(&res));
            if setting.is_empty() {
                return res;
            }
            res.extend(setting.into_iter().flat_map(|it| it.1));
            others = left;
        }
    }

    /// Those of some variables that the conditional at a setting's place sets.
    pub(super) fn set_by(&mut self, setting: &Setting, names: &BTreeSet<String>) -> BTreeSet<String> {
        self.at(setting.place).map_or_else(BTreeSet::new, |it| it.sets.intersection(names).cloned().collect())
    }

    /// Whether the conditional at a setting's place has a rule in one of its arms, or an include stands there. What asks
    /// whether a part was read before (`ifndef part` around all of it) sets that itself.
    pub(super) fn hold_rules(&mut self, setting: &Setting) -> bool {
        self.at(setting.place).is_some_and(|it| it.holds_rules && !it.sets.contains(setting.subject.name()))
    }
}

fn conditionals(makefile: &Makefile) -> Vec<Conditional> {
    let mut res = Vec::new();
    let mut open: Vec<Conditional> = Vec::new();
    for (position, it) in makefile.statements.iter().enumerate() {
        match it.kind {
            Kind::If => open.push(Conditional { lines: vec![it.span], ..Conditional::default() }),
            Kind::Else => open.last_mut().into_iter().for_each(|open| open.lines.push(it.span)),
            Kind::Endif => res.extend(open.pop()),
            _ if open.is_empty() && it.kind != Kind::Include => {}
            kind => {
                let text = |span: Span| &makefile.text()[span.range()];
                let with_recipe = kind == Kind::Define && text(it.span).contains("\n\t");
                let holds_rules = matches!(kind, Kind::Rule | Kind::Include) || with_recipe;
                let set = makefile.assignment(position);
                let is_list = set.as_ref().is_some_and(|it| text(it.value).split_whitespace().any(names_a_file));
                let set = set.map(|it| text(it.name).to_owned());
                for around in &mut open {
                    around.holds_rules |= holds_rules;
                    around.lists.extend(set.clone().filter(|_| is_list));
                    around.sets.extend(set.clone());
                    around.uses.extend(names(text(it.span)));
                }
                let lines = vec![it.span];
                res.extend((kind == Kind::Include).then(|| Conditional {
                    lines,
                    holds_rules,
                    ..Conditional::default()
                }));
            }
        }
    }
    res
}

fn names_a_file(word: &str) -> bool {
    let name = name_of(word);
    !word.starts_with('-') && name.find('.').is_some_and(|at| at > 0)
}

/// The plain names that a text refers to, also within other references: `$(X)`, `${X:.c=.o}`.
fn names(text: &str) -> impl Iterator<Item = String> {
    let references = text.split('$').skip(1).filter_map(|it| it.strip_prefix(['(', '{']));
    references.filter_map(|it| {
        let (name, rest) = it.split_at(it.find(|it: char| !(it.is_alphanumeric() || "_-.".contains(it)))?);
        (!name.is_empty() && rest.starts_with([')', '}', ':'])).then(|| name.to_owned())
    })
}

/// The name that `ifdef X` asks for.
fn defined(line: &str) -> Option<String> {
    let line = line.trim_start().trim_start_matches("else").trim_start();
    let name = line.strip_prefix("ifdef").or_else(|| line.strip_prefix("ifndef"))?;
    let name = name.split('#').next().unwrap_or_default().trim();
    (!name.is_empty() && !name.contains('$')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configure::Subject;

    #[test]
    fn conditionals_set_variables_and_refer_to_others() {
        let text = "ifdef A\nX += a.c\nelse\nY = -static -Wl,x.y\nZ := b d/e.c\nendif\nifdef B\nall: $(patsubst %.c,%.o,$(X)) $Z ${W:.c=.o}\nendif\n";
        let project = Project::in_memory([("Makefile", text)]);
        let file = project.open("Makefile").unwrap();
        let mut guards = Guards::new(&project);
        let at = |line: &str| Span::new(file, text.find(line).unwrap(), text.find(line).unwrap() + line.len());
        assert!(guards.at(at("ifdef A")).unwrap().lists.iter().eq(["X", "Z"]));
        assert!(guards.at(at("ifdef B")).unwrap().uses.iter().eq(["W", "X"]));
    }

    #[test]
    fn conditionals_around_rules_are_told_from_others() {
        let text = "ifdef A\nX = 1\nelse ifdef B\nX = 2\nendif\nifdef C\nifdef D\na: b\nendif\nendif\n\
            ifdef E\ndefine R\n$(1):\n\tcp x $(1)\nendef\nendif\nifdef F\ndefine V\nx\nendef\nendif\n\
            ifndef G\nG = 1\nc: d\nendif\n";
        let project = Project::in_memory([("Makefile", text)]);
        let file = project.open("Makefile").unwrap();
        let mut guards = Guards::new(&project);
        let mut holds = |name: &str| {
            let start = text.find(&format!("def {name}\n")).unwrap();
            let place = Span::new(file, start, start + 5);
            guards.hold_rules(&Setting { subject: Subject::Make(name.to_owned()), value: "1".to_owned(), place })
        };
        let around_rules = ["A", "C", "E", "F", "G"].map(&mut holds);
        assert_eq!(around_rules, [false, true, true, false, false]);
    }

    #[test]
    fn a_variable_is_a_gate_that_sets_what_is_asked_before_rules() {
        let text = "ifeq ($(BOARD),big)\nFAT = y\nX = 1\nendif\nifdef FAT\nall: a\nendif\nifdef SMALL\nX = 2\nendif\n";
        let project = Project::in_memory([("Makefile", text)]);
        let file = project.open("Makefile").unwrap();
        assert!(Guards::new(&project).gates([file].into_iter()).iter().eq(["BOARD", "FAT"]));
    }
}
