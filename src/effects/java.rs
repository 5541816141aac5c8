//! Classes that a Java compiler writes below the folder of its `-d`.

use super::EffectKind;
use super::apply::{Arguments, joined};
use super::machine::{Machine, Shell};

impl Machine<'_> {
    /// `javac -d D a/B.java`: `D/p/B.class`, where the source's package is `p`.
    pub(super) fn classes(&mut self, shell: &Shell, arguments: &Arguments, invocation: usize) {
        let Some(folder) = arguments.value("-d").cloned() else { return };
        let project = self.recipe.project;
        for source in &arguments.operands {
            let name = source.text.rsplit('/').next().unwrap_or_default();
            let Some(stem) = name.strip_suffix(".java").filter(|_| source.is_known()) else { continue };
            let file = project.open(&self.path(shell, &source.text));
            let package = file.and_then(|it| package(project.source(it).text())).unwrap_or_default();
            let class = joined(&folder, &source.derived(format!("{package}{stem}.class")));
            match file {
                Some(_) => self.effect(shell, &class, EffectKind::Write, invocation),
                None => self.effect_may(shell, &class, EffectKind::Write, invocation),
            }
        }
    }
}

/// The package of a source as a folder (`a/b/`).
fn package(text: &str) -> Option<String> {
    let name = text.lines().find_map(|it| it.trim().strip_prefix("package ")?.split_once(';'))?.0.trim();
    Some(format!("{}/", name.replace('.', "/")))
}
