//! `unrace.toml`: a project's defaults and command models.

use std::path::Path;

use anyhow::{Context, Result, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Deserialize;

use super::args::class_named;
use crate::races::Class;

/// The file's name.
pub(super) const NAME: &str = "unrace.toml";

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Settings {
    /// Goals to look at.
    pub(super) goals: Vec<String>,
    /// Names of classes to report.
    classes: Vec<String>,
    /// Globs of makefiles to leave out, relative to the root.
    exclude: Vec<String>,
    /// Command models; `effects` reads them from the text.
    #[serde(rename = "command")]
    commands: Vec<toml::Table>,
    /// The file's text, where it has models.
    #[serde(skip)]
    pub(super) models: Option<String>,
}

impl Settings {
    /// The settings in the first of some folders that has any.
    pub(super) fn read(folders: &[std::path::PathBuf]) -> Result<Settings> {
        let Some(path) = folders.iter().map(|it| it.join(NAME)).find(|it| it.is_file()) else {
            return Ok(Settings::default());
        };
        let bytes = crate::files::read_named(&path)?;
        Settings::parse(&path, &String::from_utf8_lossy(&bytes))
    }

    fn parse(path: &Path, text: &str) -> Result<Settings> {
        let shown = crate::files::show(path);
        let mut res: Settings = match toml::from_str(text) {
            Ok(settings) => settings,
            Err(error) => {
                let line = error.span().map_or(1, |it| text[..it.start].matches('\n').count() + 1);
                bail!("{shown}:{line}: {}", crate::report::escape(error.message()))
            }
        };
        res.models = (!res.commands.is_empty()).then(|| text.to_owned());
        res.classes().with_context(|| shown.clone())?;
        res.excluded().context(shown)?;
        Ok(res)
    }

    pub(super) fn classes(&self) -> Result<Vec<Class>> {
        let named = |it: &String| class_named(it).with_context(|| format!("`{it}` is no class; see unrace explain"));
        self.classes.iter().map(named).collect()
    }

    pub(super) fn excluded(&self) -> Result<GlobSet> {
        let mut globs = GlobSetBuilder::new();
        for glob in &self.exclude {
            globs.add(Glob::new(glob)?);
        }
        Ok(globs.build()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_faults_named() {
        let parse = |text| Settings::parse(Path::new("unrace.toml"), text);
        let settings = parse("goals = ['all']\nclasses = ['multi-output']\nexclude = ['vendor/**']\n").unwrap();
        assert_eq!((settings.goals.len(), settings.classes().unwrap()), (1, vec![Class::MultiOutput]));
        assert!(settings.models.is_none() && settings.excluded().unwrap().is_match("vendor/x/Makefile"));
        assert!(parse("[[command]]\nname = 'gen'\n").unwrap().models.is_some());
        let error = |text| format!("{:#}", parse(text).unwrap_err());
        assert!(error("goals = []\ngaols = []\n").starts_with("unrace.toml:2: unknown field `gaols`"));
        assert_eq!(error("classes = ['x']"), "unrace.toml: `x` is no class; see unrace explain");
    }
}
