//! Tools of GLib and Qt whose operands list or stand for other files.

use super::EffectKind;
use super::apply::Arguments;
use super::machine::{Machine, Shell};

impl Machine<'_> {
    /// `glib-compile-resources x.gresource.xml`, `rcc x.qrc`: the files that `<file>` names are read, below the folders of
    /// `--sourcedir`, else beside the list.
    pub(super) fn resources(&mut self, shell: &Shell, arguments: &Arguments, invocation: usize) {
        let project = self.recipe.project;
        let named: Vec<&str> =
            arguments.options.iter().filter(|it| it.0 == "--sourcedir").map(|it| it.1.text.as_str()).collect();
        for list in &arguments.operands {
            let path = self.path(shell, &list.text);
            let Some(file) = project.open(&path).or_else(|| project.open(&format!("{path}.in"))) else { continue };
            let beside = list.text.rsplit_once('/').map_or(".", |it| it.0);
            let folders = if named.is_empty() { vec![beside] } else { named.clone() };
            for name in listed(project.source(file).text()) {
                let mut spelt = folders.iter().map(|it| format!("{it}/{name}"));
                if let Some(made) = spelt.find(|it| (self.recipe.generated)(&self.path(shell, it))) {
                    self.effect(shell, &list.derived(made), EffectKind::Read, invocation);
                }
            }
        }
    }

    /// `qdbusxml2cpp -p name`: `name.h` and `name.cpp`; `-p x.h:y.cpp`, either of which may be left out.
    pub(super) fn bus_sources(&mut self, shell: &Shell, arguments: &Arguments, invocation: usize) {
        const SUFFIXES: [&str; 5] = [".h", ".hpp", ".cpp", ".cc", ".cxx"];
        for (_, named) in arguments.options.iter().filter(|it| it.0 == "-p" || it.0 == "-a") {
            let is_whole = named.text.contains(':') || SUFFIXES.iter().any(|it| named.text.ends_with(it));
            let names: Vec<String> = match is_whole {
                true => named.text.split(':').filter(|it| !it.is_empty()).map(str::to_owned).collect(),
                false => [".h", ".cpp"].map(|it| format!("{}{it}", named.text)).to_vec(),
            };
            for name in names {
                self.effect(shell, &named.derived(name), EffectKind::Write, invocation);
            }
        }
    }
}

/// What the elements `<file>` of a list name.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split("<file").skip(1).filter_map(|it| {
        let inside = it.starts_with(['>', ' ', '\t', '\n']).then(|| it.split_once('>'))??.1;
        Some(inside.split_once('<')?.0.trim()).filter(|it| !it.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_list() {
        let text = "<gresource>\n<file>a.ui</file><file\n alias='x'> b.png </file>\n<files>c</files></gresource>";
        assert_eq!(listed(text).collect::<Vec<_>>(), ["a.ui", "b.png"]);
    }
}
