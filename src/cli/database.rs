//! `unrace database`

use std::path::Path;

use anyhow::{Result, bail};

use super::args::{DatabaseArgs, DatabaseFormat};
use super::input::project;
use super::{Status, emit, notice};
use crate::analysis::directory_of;
use crate::configure::{Configuration, Configure, Setting};
use crate::expand::{Database, Request, evaluate};
use crate::files::{Place, makefiles};
use crate::jobs::Configures;
use crate::report::{database, escape};
use crate::text::display;

pub(super) fn run(args: &DatabaseArgs) -> Result<Status> {
    let place = Place::new(Path::new("."), std::slice::from_ref(&args.makefile))?;
    let makefile = only_makefile(&place, &args.makefile)?;
    let project = project(&place)?;
    let folder = makefile.rsplit_once('/').map_or("", |it| it.0);
    let configure = Configures::default().nearest(&project, folder);
    let directory = directory_of(&makefile, &configure);
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
    };
    let mut result = evaluate(&request);
    let configuration = configuration(&args.configuration, &result, &configure)?;
    let request = Request { configuration: &configuration, ..request };
    if !configuration.settings.is_empty() {
        result = evaluate(&request);
    }
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

fn configuration(wanted: &[(String, String)], database: &Database, configure: &Configure) -> Result<Configuration> {
    let substituted = database.inputs.names.iter().flat_map(|it| configure.deviations(it));
    let known: Vec<Setting> = database.deviations.iter().cloned().chain(substituted).collect();
    let mut res = Configuration::default();
    for (subject, value) in wanted {
        let Some(setting) = known.iter().find(|it| it.subject.name() == subject && it.value == *value) else {
            let mut names: Vec<String> = known.iter().map(|it| format!("{}={}", it.subject.name(), it.value)).collect();
            names.sort();
            names.dedup();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            bail!(
                "{}={}: not a configuration of this makefile; known: {}",
                escape(subject),
                escape(value),
                escape(&known)
            );
        };
        res = res.with(setting.clone());
    }
    Ok(res)
}
