//! A makefile's path to what make is given for it.

use std::collections::BTreeSet;

use crate::configure::{Configuration, Configure};
use crate::effects::is_make;
use crate::expand::{self, Database};
use crate::jobs::{Configures, Entry, Given};
use crate::source::{MAKEFILE_NAMES, Project, folder_of, name_of, normalise, stem_of_template, upwards};
use crate::text::{destination, has_unknown};

use super::Options;

/// What make is given for a makefile named by a user.
pub fn entry(project: &Project, makefile: &str, configure: &Configure, options: &Options) -> Entry {
    let directory = directory_of(project, makefile, configure);
    // Paths below DESTDIR read better with its name, and packagers always set it.
    let mut environment = vec![("DESTDIR".to_owned(), destination().to_owned())];
    environment.extend(exported_above(project, makefile, &directory, configure));
    debug_assert!(project.open(makefile).is_some());
    // One of several templates of a makefile stands for the whole.
    let is_part = |(output, templates): &(&String, &Vec<String>)| {
        templates.len() > 1 && templates.iter().any(|it| it == makefile) && folder_of(output) == folder_of(makefile)
    };
    let whole = configure.outputs.iter().find(is_part).filter(|it| project.open(it.0).is_none());
    let given = Given {
        makefile: whole.map_or(makefile, |it| it.0).to_owned(),
        directory,
        command_line: options.defines.clone(),
        environment,
        goals: options.goals.clone(),
    };
    Entry { given, goals: options.goals.clone(), usual_only: false }
}

/// What a makefile above exports to the makes that it runs, where it goes into the folder of this one.
fn exported_above(project: &Project, makefile: &str, directory: &str, configure: &Configure) -> Vec<(String, String)> {
    let is_plain = |path: &str| MAKEFILE_NAMES.contains(&name_of(path));
    if directory.is_empty() || folder_of(makefile) != directory || !is_plain(makefile) {
        return Vec::new();
    }
    let found = upwards(folder_of(directory)).find_map(|folder| {
        let path = MAKEFILE_NAMES.iter().map(|it| normalise("", folder, it)).find(|it| project.open(it).is_some())?;
        Some((folder, path))
    });
    let Some((folder, path)) = found else { return Vec::new() };
    let below = directory[folder.len()..].trim_start_matches('/');
    let source = project.open(&path).map(|it| project.source(it));
    let text = source.as_ref().map_or("", |it| it.text());
    // `export` or `.EXPORT_ALL_VARIABLES`
    let exports = text.to_lowercase().contains("export");
    let first = below.split('/').next().unwrap_or(below);
    let names = |it: &str| it.split(|it: char| it.is_whitespace() || "/=\"'".contains(it)).any(|it| it == first);
    if !exports || !text.lines().any(names) {
        return Vec::new();
    }
    let given = Given { makefile: path, directory: folder.to_owned(), ..Given::default() };
    let base = Configuration::default();
    let request = given.request(project, configure, &base);
    let mut res = expand::evaluate(&request).exported(&request, "");
    res.retain(|it| !it.0.starts_with("MAKE") && it.0 != "DESTDIR");
    res
}

/// The folder in which make runs for a makefile: where configure puts what it makes of it, else where it stands; where
/// nothing that it includes is found from there, the folder upwards from which most is; for a part of other makefiles
/// the folder upwards that has the folders into which its recipes go.
pub fn directory_of(project: &Project, makefile: &str, configure: &Configure) -> String {
    let output = configure.output_of(makefile);
    let own = folder_of(output.unwrap_or(makefile));
    if makefile.ends_with(".am") && is_whole(makefile) {
        return own.to_owned();
    }
    if let Some(folder) = included_from(project, makefile, own, configure) {
        return folder.to_owned();
    }
    if let Some(stem) = makefile.strip_suffix(".in").filter(|it| output.is_none() && is_makefile(it)) {
        let folder = folder_of_sources(project, makefile, own, configure);
        if is_whole(stem) || folder != own {
            return folder.to_owned();
        }
    }
    if output.is_some() {
        return own.to_owned();
    }
    let Some(file) = project.open(makefile) else { return own.to_owned() };
    if is_whole(makefile) {
        return named_from(project.source(file).text(), makefile).unwrap_or(own).to_owned();
    }
    let source = project.source(file);
    let entered = entered(source.text());
    let fits = |folder: &str| entered.iter().filter(|it| project.exists(&normalise("", folder, it))).count();
    let best = upwards(own).map(|it| (it, fits(it))).reduce(|best, it| if it.1 > best.1 { it } else { best });
    best.map_or(own, |it| it.0).to_owned()
}

/// The folder above a makefile's from which it says itself that it is read (`$(MAKE) -f unix/Makefile`).
fn named_from<'m>(text: &str, makefile: &'m str) -> Option<&'m str> {
    let above = upwards(folder_of(makefile)).skip(1);
    above.filter(|it| it.len() < makefile.len()).find(|folder| {
        let name = makefile[folder.len()..].trim_start_matches('/');
        let option = format!("-f {name}");
        let by_make = |at: usize| {
            let line = &text[text[..at].rfind('\n').map_or(0, |it| it + 1)..at];
            let command = line.rsplit([';', '&', '|']).next().unwrap_or(line).trim_end();
            let called = command.trim_start_matches(['\t', ' ', '@', '-', '+']).split(' ').next().unwrap_or_default();
            command.ends_with('=') || command.contains("MAKE)") || command.contains("MAKE}") || is_make(called)
        };
        text.match_indices(&option)
            .filter(|it| by_make(it.0))
            .any(|it| !text[it.0 + option.len()..].starts_with(|it: char| it.is_alphanumeric() || ".-_/".contains(it)))
    })
}

/// The folder above `own` from which a makefile's includes are found, if they are not from `own`.
fn included_from<'a>(project: &Project, makefile: &str, own: &'a str, configure: &Configure) -> Option<&'a str> {
    let includes = |text: &str| text.lines().any(|it| it.starts_with("include") || it.starts_with("-include"));
    if own.is_empty() || !includes(project.source(project.open(makefile)?).text()) {
        return None;
    }
    let found = |folder: &&str| read(project, makefile, folder, configure).files.len();
    if found(&own) > 1 {
        return None;
    }
    let counted: Vec<(usize, &str)> =
        upwards(folder_of(own)).map(|it| (found(&it), it)).filter(|it| it.0 > 1).collect();
    counted.into_iter().rev().max_by_key(|it| it.0).map(|it| it.1)
}

/// The folder in which a template that nothing configures is used: the nearest upwards that has what its rules name, where
/// its own has none of that (`build/Makefile.in`, of which a script makes `Makefile`).
fn folder_of_sources<'a>(project: &Project, makefile: &str, own: &'a str, configure: &Configure) -> &'a str {
    const FEWEST: usize = 3;
    let database = read(project, makefile, own, configure);
    let names = || database.rules.iter().flat_map(|it| &it.prerequisites).map(|it| it.text.as_str());
    let has = |folder: &str, name: &str| !has_unknown(name) && project.exists(&normalise("", folder, name));
    if own.is_empty() || names().any(|it| has(own, it)) {
        return own;
    }
    let has_some = |folder: &&str| names().filter(|it| has(folder, it)).take(FEWEST).count() == FEWEST;
    upwards(folder_of(own)).find(has_some).unwrap_or(own)
}

/// A makefile as make reads it in a folder.
fn read(project: &Project, makefile: &str, directory: &str, configure: &Configure) -> Database {
    let given = Given { makefile: makefile.to_owned(), directory: directory.to_owned(), ..Given::default() };
    expand::evaluate(&given.request(project, configure, &Configuration::default()))
}

/// The makefiles of the tree that read a part of makefiles, by `include` or `AC_SUBST_FILE`: those whose names make looks
/// for, else those that users name (`make -f build/linux.mak`).
pub fn includers(project: &Project, part: &str) -> Vec<String> {
    const MOST: usize = 6;
    const MOST_READ: usize = 60;
    let is_part = || !is_whole(part) || is_included_beside(project, part);
    let Some(file) = project.open(part).filter(|_| is_part()) else { return Vec::new() };
    let below = makefiles_below(project, folder_of(part).split('/').next().unwrap_or(""));
    let names = leading_to(project, part, &below);
    let configures = Configures::default();
    let may_read = |makefile: &&String| {
        let Some(source) = project.open(makefile).map(|it| project.source(it)) else { return false };
        let configure = configures.nearest(project, folder_of(makefile));
        let inserted = || configure.substituted().any(|it| source.text().contains(&format!("\n@{it}@\n")));
        names.iter().any(|it| source.text().contains(*it)) || inserted()
    };
    let reads = |makefile: &&String| {
        let configure = configures.nearest(project, folder_of(makefile));
        read(project, makefile, &directory_of(project, makefile, &configure), &configure).files.contains(&file)
    };
    let (whole, named): (Vec<String>, Vec<String>) = below.iter().cloned().partition(|it| is_whole(it));
    let found = |of: &[String]| -> Vec<String> {
        of.iter().filter(may_read).take(MOST_READ).filter(reads).take(MOST).cloned().collect()
    };
    let res = found(&whole);
    if res.is_empty() { found(&named).into_iter().filter(|it| it != part).collect() } else { res }
}

/// Whether the `Makefile` in the folder of a `Makefile.in` includes that.
fn is_included_beside(project: &Project, part: &str) -> bool {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let beside = name.strip_suffix(".in").and_then(|it| project.open(&normalise("", folder, it)));
    let includes = |line: &str| is_include(line) && line.split_whitespace().any(|it| it == name);
    beside.is_some_and(|it| project.source(it).text().lines().any(includes))
}

fn is_include(line: &str) -> bool {
    ["include ", "-include ", "sinclude "].iter().any(|it| line.trim_start().starts_with(it))
}

/// The names of a part of makefiles and of the parts through which it is read (`all.mk` includes `rules.mk`, which includes
/// it).
fn leading_to<'a>(project: &Project, part: &'a str, below: &'a [String]) -> BTreeSet<&'a str> {
    const MOST_ROUNDS: usize = 4;
    let name = |path: &'a str| name_of(path);
    let lines = |path: &str| {
        let source = project.open(path).map(|it| project.source(it));
        source.map_or(String::new(), |it| it.text().lines().filter(|it| is_include(it)).collect::<Vec<_>>().join("\n"))
    };
    let parts: Vec<(&str, String)> = below.iter().filter(|it| !is_whole(it)).map(|it| (name(it), lines(it))).collect();
    let mut res = BTreeSet::from([name(part)]);
    for _ in 0..MOST_ROUNDS {
        let more = parts.iter().filter(|(_, lines)| res.iter().any(|it| lines.contains(*it))).map(|it| it.0);
        let more: Vec<&str> = more.filter(|it| !res.contains(it)).collect();
        if more.is_empty() {
            break;
        }
        res.extend(more);
    }
    res
}

/// The makefiles below the root, those below `first` before others.
fn makefiles_below(project: &Project, first: &str) -> Vec<String> {
    const MOST_ENTRIES: usize = 50_000;
    let mut res = project.files_below(vec![String::new(), first.to_owned()], MOST_ENTRIES, is_makefile).0;
    let mut known = BTreeSet::new();
    res.retain(|it| known.insert(it.clone()));
    res
}

/// Whether a makefile has a name that make looks for, or is the template of one.
fn is_whole(makefile: &str) -> bool {
    let name = name_of(makefile);
    let stem = stem_of_template(name).unwrap_or(name);
    MAKEFILE_NAMES.contains(&stem)
}

/// Whether a file has a name that makefiles have, parts of them too.
fn is_makefile(path: &str) -> bool {
    let name = name_of(path);
    let ending = name.rsplit_once('.').map_or("", |it| it.1);
    ["Make", "make", "GNUmake"].iter().any(|it| name.starts_with(it)) || ["mk", "mak", "make"].contains(&ending)
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
    fn a_makefile_runs_where_its_includes_are_found() {
        let files = [("src/Makefile.in", "D = ./src\ninclude $(D)/a.mk\n"), ("src/a.mk", "all:\n")];
        let project = Project::in_memory(files);
        assert_eq!(directory_of(&project, "src/Makefile.in", &Configure::default()), "");
        let files = [("build/Makefile-unix.in", "x: a b c\n"), ("a", ""), ("b", ""), ("c", "")];
        let project = Project::in_memory(files);
        assert_eq!(directory_of(&project, "build/Makefile-unix.in", &Configure::default()), "");
    }

    /// The rules of a makefile, read as configured.
    fn targets(files: [(&str, &str); 4], makefile: &str) -> Vec<String> {
        let project = Project::in_memory(files);
        let configure = Configures::default().nearest(&project, folder_of(makefile));
        let entry = entry(&project, makefile, &configure, &Options::default());
        let configuration = Configuration::default();
        let database = expand::evaluate(&entry.given.request(&project, &configure, &configuration));
        database.rules.iter().flat_map(|it| &it.targets).map(|it| it.text.clone()).collect()
    }

    #[test]
    fn a_subfolder_knows_its_way_up() {
        let top = ("configure.ac", "AC_INIT([a], [1])\nAC_CONFIG_FILES([lib/Makefile])\nAC_OUTPUT\n");
        let own = ("lib/configure.ac", "AC_INIT([lib], [1])\nAC_OUTPUT([Makefile])\n");
        let template = ("lib/Makefile.in", "include @top_srcdir@/rules.mk\nall: @top_builddir@/lib/x\n");
        let files = [top, own, template, ("rules.mk", "shared:\n")];
        assert_eq!(targets(files, "lib/Makefile.in"), ["shared", "all"]);
    }

    #[test]
    fn one_of_several_templates_stands_for_the_whole() {
        let files = "lib/Makefile:build/top.mk:lib/Makefile.in";
        let configure = format!("AC_INIT([a], [1])\nAC_CONFIG_FILES([{files}])\nAC_OUTPUT\n");
        let templates = [("lib/Makefile.in", "all:\n"), ("build/top.mk", "common:\n"), ("README", "")];
        let [own, above, other] = templates;
        assert_eq!(
            targets([("configure.ac", configure.as_str()), own, above, other], "lib/Makefile.in"),
            ["common", "all"]
        );
    }

    #[test]
    fn a_part_is_read_by_others() {
        let include = ("app/Makefile", "include ../rules.mk\n");
        let files = [include, ("doc/Makefile", "# rules.mk\n"), ("rules.mk", "all:\n")];
        let project = Project::in_memory(files);
        assert_eq!(includers(&project, "rules.mk"), ["app/Makefile"]);
        assert_eq!(includers(&project, "app/Makefile"), [""; 0]);
    }

    #[test]
    fn a_part_is_read_through_others() {
        let parts = [("a/core.mk", "include a/$(P)/link.mk\n"), ("a/x/link.mk", "all:\n")];
        let files = [("Makefile", "P = x\ninclude a/core.mk\n"), parts[0], parts[1]];
        assert_eq!(includers(&Project::in_memory(files), "a/x/link.mk"), ["Makefile"]);
    }

    #[test]
    fn a_part_is_read_by_makefiles_of_other_names() {
        let files = [("build/linux.mak", "include build/unix.mak\n"), ("build/unix.mak", "all:\n"), ("Makefile", "")];
        let project = Project::in_memory(files);
        assert_eq!(includers(&project, "build/unix.mak"), ["build/linux.mak"]);
    }

    #[test]
    fn a_part_of_makefiles_runs_where_its_folders_are() {
        let rules = "a:\n\t$(MAKE) -C lib\nb:\n\tcd lib; cc x\n";
        let project = Project::in_memory([("build/rules.mk", rules), ("lib/Makefile", "all:\n")]);
        let folder = |makefile: &str| directory_of(&project, makefile, &Configure::default());
        assert_eq!(folder("build/rules.mk"), "");
        assert_eq!(folder("lib/Makefile"), "lib");
    }
}
