//! Which makefile a sub-make reads, and the folders that its reading makes.

use super::Builder;
use crate::configure;
use crate::effects::{self, MakeRun};
use crate::expand::Database;
use crate::jobs::{JobId, Parent, Unread};
use crate::source::{MAKEFILE_NAMES, folder_of, normalise};
use crate::text::located;

impl Builder<'_> {
    /// The makefiles without which a make stops that nothing is seen to give it, relative to the root.
    pub(super) fn lacking(&self, database: &Database, directory: &str) -> Vec<String> {
        database.missing.iter().map(|it| located(&self.context.project.root, directory, it)).collect()
    }

    /// The folders that the reading of a makefile makes: `$(shell mkdir -p out)`.
    pub(super) fn folders(&self, database: &Database, directory: &str) -> Vec<String> {
        let (headers, generated) = (effects::Headers::default(), |_: &str| false);
        let made = |command: &String| {
            let recipe = effects::Recipe {
                project: self.context.project,
                directory,
                lines: &[command.as_str()],
                open: &[],
                before: &[],
                one_shell: true,
                environment: &[],
                generated: &generated,
                links: &|_| None,
                models: self.context.models,
                headers: &headers,
            };
            let effects = effects::interpret(&recipe).effects.into_iter();
            effects.filter(|it| it.kind.makes_directory())
        };
        database.commands.iter().flat_map(made).map(|it| it.path).collect()
    }

    /// The makefile that a sub-make reads: as named, else GNU make's default names, else the template of one. Below a
    /// makefile that configure made, those that it made count.
    pub(super) fn makefile_of(&self, make: &MakeRun, parent: JobId) -> Option<String> {
        let project = self.context.project;
        let names = names_of(make);
        let made = || names.iter().find(|it| project.open(it).is_some()).cloned();
        let above = &self.graph.instance_of(parent).database;
        let read: Vec<String> = above.files.iter().map(|it| project.source(*it).path.clone()).collect();
        let written = |it: &String| configure::source_of_automake(project, it);
        // What automake makes of a Makefile.am says less of where things come from. Where it is read, it is read below.
        let as_made = read.iter().any(|it| written(it).is_some());
        let template = || {
            let template = names.iter().find_map(|it| self.template_of(it))?;
            written(&template).filter(|_| !as_made).or(Some(template))
        };
        let is_made = read.iter().any(|it| self.template_of(it).is_some());
        // `Makefile.linux.in` above, and so below.
        let named_alike = || {
            let name = read.first()?.rsplit('/').next()?;
            let path = normalise("", &make.directory, name);
            (make.makefile.is_none() && project.open(&path).is_some()).then_some(path)
        };
        let found = if is_made { made().or_else(template) } else { template().or_else(made) };
        found.or_else(named_alike)
    }

    /// The template from which configure makes a makefile, or that stands beside its name; the makefile itself where
    /// configure joins several.
    fn template_of(&self, makefile: &str) -> Option<String> {
        let project = self.context.project;
        let configure = self.context.configures.nearest(project, folder_of(makefile));
        let configured = configure.outputs.get(makefile).map_or(&[][..], |it| it.as_slice());
        let beside = [".in", ".pre.in", ".am", ".autosetup"].map(|it| format!("{makefile}{it}"));
        let found = configured.iter().chain(&beside).find(|it| project.open(it).is_some()).cloned();
        let is_joined = configured.len() > 1 && found.is_some() && project.open(makefile).is_none();
        if is_joined { Some(makefile.to_owned()) } else { found }
    }
}

impl Unread {
    /// A run of make in whose makefile not all is known.
    pub(super) fn of(make: &MakeRun, parent: Parent) -> Unread {
        let (directory, goals) = (make.directory.clone(), make.goals.clone());
        Unread { parent, directory, makefiles: names_of(make), goals }
    }
}

/// The makefiles that a run of make looks for.
fn names_of(make: &MakeRun) -> Vec<String> {
    match &make.makefile {
        Some(named) => vec![named.clone()],
        None => MAKEFILE_NAMES.iter().map(|it| normalise("", &make.directory, it)).collect(),
    }
}
