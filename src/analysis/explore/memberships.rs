//! Options that only add to lists (`obj-$(CONFIG_X) += x.o`), of which there can be more than configurations that are looked
//! at: those that matter are told by one look at a configuration that has them all.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::Change;
use super::{Examined, Explorer};
use crate::configure::{Configuration, Setting, Subject};
use crate::races::Race;
use crate::source::{Project, name_of};
use crate::syntax::make::scan;

/// Settings that take the place of others so, at most, and the part of those that are looked at.
const MOST_TAKEN: usize = 16;
const LARGEST_PART: usize = 4;

/// The changes, of which the first `affordable` are looked at. The last of these give way to changes beyond them whose lists
/// hold what races where all the options hold: one for each race.
pub(super) fn bring_forward(
    explorer: &Explorer,
    base: &Configuration,
    mut wanted: Vec<Change>,
    affordable: usize,
    is_fresh: &dyn Fn(&Examined, &Race) -> bool,
) -> Vec<Change> {
    let project = explorer.project;
    let late = wanted.iter().skip(affordable).filter_map(|it| it.setting.as_ref());
    let options: Vec<&Setting> = late.filter(|it| adds_to_list(project, it)).collect();
    if options.len() < 2 {
        return wanted;
    }
    let mut by_subject: BTreeMap<&Subject, &Setting> = BTreeMap::new();
    by_subject.extend(base.settings.iter().map(|it| (&it.subject, it)));
    by_subject.extend(options.iter().map(|it| (&it.subject, *it)));
    let configuration = Configuration { settings: by_subject.into_values().cloned().collect() };
    let all = explorer.examine(&configuration, None);
    let lists: Vec<(&Setting, String)> = options.into_iter().map(|it| (it, statement(project, it))).collect();
    let mut taken: BTreeSet<Setting> = BTreeSet::new();
    let racing = all.races.iter().filter(|it| it.goal.is_some() && is_fresh(&all, it));
    for race in racing.take(MOST_TAKEN) {
        let names: Vec<&str> = race.parts.iter().map(|it| name_of(&all.graph.job(it.job()).path)).collect();
        let holds = |text: &str| text.split_whitespace().any(|word| names.contains(&name_of(word)));
        taken.extend(lists.iter().find(|it| holds(&it.1)).map(|it| it.0.clone()));
    }
    let late = wanted.split_off(affordable);
    let (named, late): (Vec<Change>, Vec<Change>) =
        late.into_iter().partition(|it| it.setting.as_ref().is_some_and(|it| taken.contains(it)));
    let n_kept = wanted.len() - named.len().min(wanted.len() / LARGEST_PART);
    let given_up = wanted.split_off(n_kept);
    wanted.into_iter().chain(named).chain(given_up).chain(late).collect()
}

/// Whether a setting is the word in the name of a list to which its statement adds.
fn adds_to_list(project: &Project, setting: &Setting) -> bool {
    let Subject::Make(name) = &setting.subject else { return false };
    let statement = statement(project, setting);
    let Some((list, _)) = statement.split_once("+=").or_else(|| statement.split_once('=')) else { return false };
    let reference = [format!("$({name})"), format!("${{{name}}}")];
    setting.is_stand_in() && reference.iter().any(|it| list.contains(it.as_str()) && list.trim() != it.as_str())
}

/// The statement in which a setting is looked at, with its continuation lines.
fn statement(project: &Project, setting: &Setting) -> String {
    let source = project.source(setting.place.file);
    let start = source.line_at(setting.place.start()).start;
    source.text()[start..scan::logical_end(source.text(), start)].to_owned()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use crate::analysis::{Options, analyse};
    use crate::source::Project;

    #[test]
    fn an_option_beyond_the_limit() {
        let mut makefile = "all: built.a\n-include config\nobj-y := version.o\n".to_owned();
        let mut files = vec![("imd.c".to_owned(), "#include \"gen.h\"\n".to_owned())];
        for at in 0..500 {
            let _ = writeln!(makefile, "obj-$(CONFIG_A{at}) += a{at}.o");
            files.push((format!("a{at}.c"), String::new()));
        }
        makefile += "lwl-$(CONFIG_IMD) += imd.o\nbuilt.a: $(obj-y) $(lwl-y)\n\tar rc $@ $^\n%.o: %.c\n\tcc -c $<\n\
                     version.o: gen.h\ngen.h:\n\techo > gen.h\n";
        files.push(("version.c".to_owned(), String::new()));
        files.push(("Makefile".to_owned(), makefile));
        let project = Project::in_memory(files.iter().map(|it| (it.0.as_str(), it.1.as_str())));
        let analysis = analyse(&project, &["Makefile".to_owned()], &Options::default());
        let found: Vec<(&str, &str)> =
            analysis.findings.iter().map(|it| (it.path.as_str(), it.configurations[0].name.as_str())).collect();
        assert_eq!(found, [("gen.h", "CONFIG_IMD=y")]);
    }
}
