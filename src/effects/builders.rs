//! Programs that build a folder of their own, as make does a makefile: `ninja -C out`, `cmake --build out`, `sphinx-build`.
//!
//! Knows nothing of what they build.

use super::apply::Arguments;
use super::machine::{Machine, Shell};
use super::value::Value;
use super::{Certainty, Effect, EffectKind, MakeRun};

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
        let place = file.place().or_else(|| self.outcome.invocations.get(invocation).map(|it| it.place.clone()));
        let Some(place) = place else { return };
        let path = self.path(shell, &file.text);
        self.push(Effect::of(path, EffectKind::Write, Certainty::May, place, invocation));
    }
}
