//! Options that only add to lists (`obj-$(CONFIG_X) += x.o`), of which there can be more than configurations that are looked
//! at: those that matter are told by one look at a configuration that has them all.

use super::changes::Change;
use super::{Examined, Explorer};
use crate::configure::{Configuration, Setting, Subject};
use crate::races::Race;
use crate::source::{Project, name_of};

/// With those first, of the changes from `beyond` on, whose lists name what races where all of them hold.
pub(super) fn racing_first(
    explorer: &Explorer,
    base: &Configuration,
    mut wanted: Vec<Change>,
    beyond: usize,
    is_fresh: &dyn Fn(&Examined, &Race) -> bool,
) -> Vec<Change> {
    let project = explorer.project;
    let late = wanted.iter().skip(beyond).filter_map(|it| it.setting.as_ref());
    let lists: Vec<&Setting> = late.filter(|it| adds_to_list(project, it)).collect();
    if lists.len() < 2 {
        return wanted;
    }
    let mut settings = base.settings.clone();
    settings.extend(lists.into_iter().cloned());
    settings.sort();
    settings.dedup_by(|a, b| a.subject == b.subject);
    let all = explorer.examine(&Configuration { settings }, None);
    let racing = all.races.iter().filter(|it| it.goal.is_some() && is_fresh(&all, it));
    let jobs = racing.flat_map(|it| it.parts.iter().map(|it| it.job()).chain([it.pair.0.job(), it.pair.1.job()]));
    let names: std::collections::BTreeSet<&str> = jobs.map(|it| name_of(&all.graph.job(it).path)).collect();
    let is_named = |it: &Setting| {
        let statement = statement(project, it);
        adds_to_list(project, it) && statement.split_whitespace().any(|word| names.contains(name_of(word)))
    };
    let (named, late): (Vec<Change>, Vec<Change>) =
        wanted.split_off(beyond).into_iter().partition(|it| it.setting.as_ref().is_some_and(is_named));
    named.into_iter().chain(wanted).chain(late).collect()
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
    let mut res = String::new();
    for line in source.text()[start..].lines() {
        res.push_str(line.trim_end_matches('\\'));
        if !line.ends_with('\\') {
            break;
        }
        res.push(' ');
    }
    res
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
