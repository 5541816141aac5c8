//! `unrace database`

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, bail};

use super::args::{DatabaseArgs, DatabaseFormat};
use super::input::project;
use super::{Status, emit, notice};
use crate::analysis::{Options, Setup, directory_of, explore};
use crate::configure::{Configuration, Setting};
use crate::expand::{Request, evaluate};
use crate::files::{Place, makefiles};
use crate::jobs::{Cache, Configures};
use crate::report::{database, escape};
use crate::source::folder_of;
use crate::text::display;

pub(super) fn run(args: &DatabaseArgs) -> Result<Status> {
    let place = Place::new(Path::new("."), std::slice::from_ref(&args.makefile))?;
    let makefile = only_makefile(&place, &args.makefile)?;
    let project = project(&place)?;
    let folder = folder_of(&makefile);
    let configure = Configures::default().nearest(&project, folder);
    let directory = directory_of(&project, &makefile, &configure);
    let base = Configuration::default();
    let request = Request {
        project: &project,
        makefile: &makefile,
        directory: &directory,
        configure: &configure,
        configuration: &base,
        command_line: &args.define,
        environment: &[],
        goals: &args.goal,
        shell: crate::effects::printed,
    };
    let configuration = configuration(&args.configuration, &request)?;
    let request = Request { configuration: &configuration, ..request };
    let result = evaluate(&request);
    for (span, message) in &result.errors {
        let place = span.map_or_else(String::new, |it| {
            format!("{}{}:{}: ", place.prefix, project.source(it.file).path, project.position(it).line)
        });
        notice(&escape(&format!("{place}{}", display(message))));
    }
    let out = match args.output_format {
        DatabaseFormat::Text => database::text(&result, &request, &place.prefix),
        DatabaseFormat::Json => database::json(&result, &request, &place.prefix),
    };
    emit(out.as_bytes())?;
    Ok(if result.errors.is_empty() { Status::Clean } else { Status::Trouble })
}

/// A named makefile, or the one of a named folder.
fn only_makefile(place: &Place, typed: &Path) -> Result<String> {
    let found = makefiles(place, &globset::GlobSet::empty())?.makefiles;
    let shown = crate::files::show(typed);
    let Some(shallowest) = found.iter().map(|it| it.matches('/').count()).min() else { bail!("{shown}: no makefile") };
    let near: Vec<&String> = found.iter().filter(|it| it.matches('/').count() == shallowest).collect();
    match near[..] {
        [only] => Ok(only.clone()),
        _ => bail!("{shown}: has several makefiles ({}, ...); name one", escape(near[0])),
    }
}

/// The configuration in which subjects have these values: one of those that `check` looks at, or several together.
fn configuration(wanted: &[(String, String)], request: &Request) -> Result<Configuration> {
    if wanted.is_empty() {
        return Ok(Configuration::default());
    }
    let options =
        Options { defines: request.command_line.to_vec(), goals: request.goals.to_vec(), ..Options::default() };
    let explored = explore(request.project, request.makefile, &options, &Setup::new(&options), Cache::default());
    let known: Vec<&Setting> = explored.examined.iter().flat_map(|it| &it.settings).collect();
    let mut res = Configuration::default();
    for (subject, value) in wanted {
        let Some(setting) = known.iter().find(|it| it.subject.name() == subject && it.value == *value) else {
            let names: BTreeSet<String> =
                known.iter().map(|it| format!("{}={}", it.subject.name(), it.value)).collect();
            let known = if names.is_empty() { "none".into() } else { names.into_iter().collect::<Vec<_>>().join(", ") };
            bail!(
                "{}: not a configuration of this makefile; known: {}",
                escape(&format!("{subject}={value}")),
                escape(&known)
            );
        };
        res = res.with((*setting).clone());
    }
    Ok(res)
}
