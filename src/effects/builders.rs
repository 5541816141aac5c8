//! Programs that build a folder of their own, as make does a makefile: `ninja -C out`, `cmake --build out`, `sphinx-build`.
//!
//! Knows nothing of what they build.

use super::apply::Arguments;
use super::machine::{Machine, Shell};
use super::value::Value;
use super::{Certainty, Effect, EffectKind, MakeRun};
use crate::source::folder_of;

impl Machine<'_> {
    /// `ninja [-C folder]`, `meson compile [-C folder]`, `cmake --build folder`: two in one folder at a time do the same
    /// work and spoil each other's log.
    pub(super) fn builder(&mut self, shell: &Shell, name: &str, arguments: &Arguments, invocation: usize) {
        let by_operand = name == "cmake";
        let folder = if by_operand { arguments.operands.first() } else { arguments.value("-C") };
        let asks = ["-t", "-n", "--version", "--help", "-h"].map(str::to_owned);
        if arguments.has(&asks) || by_operand && folder.is_none() {
            return;
        }
        let directory = folder.map_or(shell.folder.clone(), |it| self.path(shell, &it.text));
        let file = if by_operand { "CMakeCache.txt" } else { "build.ninja" };
        let makefile = if directory.is_empty() { file.to_owned() } else { format!("{directory}/{file}") };
        self.outcome.makes.push(MakeRun {
            directory,
            makefile: Some(makefile),
            foreign: true,
            goals: Vec::new(),
            variables: Vec::new(),
            unset: Some(Vec::new()),
            certainty: self.certainty(shell),
            invocation,
        });
        self.locks.insert(self.lock.clone());
    }

    /// `sphinx-build [-d doctrees] sources output`: what it read of the sources is kept in a folder that it makes, which
    /// all its runs with the same output share.
    pub(super) fn sphinx(&mut self, shell: &Shell, arguments: &Arguments, invocation: usize) {
        let below = |name: &str| {
            let mut res = arguments.operands.get(1)?.clone();
            res.push(name, None);
            Some(res)
        };
        let by_mode = arguments.value("-M").is_some();
        let folder = arguments.value("-d").cloned();
        let folder = folder.or_else(|| below(if by_mode { "/doctrees" } else { "/.doctrees" }));
        let Some(mut file) = folder.filter(Value::is_known) else { return };
        file.push("/environment.pickle", None);
        let place = file.place().or_else(|| self.outcome.invocations.get(invocation).map(|it| it.place));
        let Some(place) = place else { return };
        let path = self.path(shell, &file.text);
        self.push(Effect::of(path, EffectKind::Write, Certainty::May, place, invocation));
    }

    /// `doxygen Doxyfile`: the folders that its settings name, each with its first page.
    pub(super) fn doxygen(&mut self, shell: &Shell, arguments: &Arguments, invocation: usize) {
        // Each output: whether it is made, its folder, what is made unless the file says otherwise, the first page.
        const OUTPUTS: [(&str, &str, &str, &str, &str); 3] = [
            ("GENERATE_HTML", "HTML_OUTPUT", "YES", "html", "index.html"),
            ("GENERATE_LATEX", "LATEX_OUTPUT", "YES", "latex", "refman.tex"),
            ("GENERATE_XML", "XML_OUTPUT", "NO", "xml", "index.xml"),
        ];
        let default = Value::plain("Doxyfile");
        let named = arguments.operands.first().unwrap_or(&default);
        let path = self.path(shell, &named.text);
        let project = self.recipe.project;
        let (file, is_there) = match project.open(&path) {
            Some(file) => (Some(file), true),
            None => (project.open(&format!("{path}.in")), false),
        };
        // It makes a template, or says something of itself.
        let asks = ["-v", "-V", "-h", "--help", "--version", "-g", "-l", "-w", "-e", "-f", "-x", "-u"];
        let Some(source) = file.map(|it| project.source(it)).filter(|_| !arguments.has(&asks.map(str::to_owned)))
        else {
            return;
        };
        let setting = |name: &str, default: &str| -> Option<String> {
            let mut lines = source.text().lines().filter_map(|it| it.split_once('=')).filter(|it| it.0.trim() == name);
            let value = lines.next_back().map_or("", |it| it.1).trim().trim_matches('"');
            let value = if value.is_empty() { default } else { value };
            (!value.contains(['$', '@'])).then(|| value.trim_end_matches('/').to_owned())
        };
        let Some(above) = setting("OUTPUT_DIRECTORY", ".") else { return };
        for (made, folder, usual, name, page) in OUTPUTS {
            let Some(folder) = setting(folder, name).filter(|_| setting(made, usual).as_deref() == Some("YES")) else {
                continue;
            };
            let folder = if folder.starts_with('/') { folder } else { format!("{above}/{folder}") };
            self.may += usize::from(!is_there);
            self.effect(shell, &named.derived(folder.clone()), EffectKind::MakeDirectory, invocation);
            self.effect(shell, &named.derived(format!("{folder}/{page}")), EffectKind::Write, invocation);
            self.may -= usize::from(!is_there);
        }
    }

    /// `lib/configure` of a project within this one: what it makes, in the folder in which it runs.
    pub(super) fn configure(&mut self, shell: &Shell, program: &Value, invocation: usize) {
        let path = self.path(shell, &program.text);
        let folder = folder_of(&path);
        let below = format!("{folder}/");
        if folder.is_empty() || format!("{}/", self.recipe.directory).starts_with(&below) {
            return;
        }
        let project = self.recipe.project;
        let made = project.answer(folder, "what configure makes", || {
            let scripts = ["configure.ac", "configure.in"].map(|it| format!("{below}{it}"));
            let script = scripts.into_iter().find(|it| project.exists(it))?;
            let outputs = crate::configure::read(project, &script).outputs;
            Some(outputs.into_keys().collect::<Vec<_>>().join("\n"))
        });
        for it in made.iter().flat_map(|it| it.lines()).filter_map(|it| it.strip_prefix(&below)) {
            self.guess(shell, it, invocation);
        }
    }
}
