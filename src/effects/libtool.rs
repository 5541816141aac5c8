//! `libtool` and `ylwrap`, whose words tell more names than a row of data can say.

use super::EffectKind;
use super::apply::Arguments;
use super::machine::{Machine, Shell};
use super::value::Value;
use crate::text::has_unknown;

/// What follows a shared library's stem where it is made with a version: the file and the link with its name at run time.
/// `-version-info 9:1:2` gives `.so.7` and `.so.7.2.1`; with `-release R` all follow `-R`, on ELF systems.
fn versioned(command: &[Value]) -> Vec<String> {
    let value = |option: &str| {
        let position = command.iter().position(|it| it.text == option)?;
        command.get(position + 1).map(|it| it.text.as_str())
    };
    let release = value("-release").map_or(String::new(), |it| format!("-{it}"));
    let numbers = |text: &str| -> Option<[u32; 3]> {
        let mut parts = text.split(':').map(str::parse);
        let mut next = || parts.next().unwrap_or(Ok(0)).ok();
        Some([next()?, next()?, next()?])
    };
    let info = || {
        let [current, revision, age] = numbers(value("-version-info").unwrap_or("0:0:0"))?;
        Some([current.checked_sub(age)?, age, revision])
    };
    let version = match value("-version-number") {
        _ if command.iter().any(|it| it.text == "-avoid-version") => None,
        Some(it) => numbers(it),
        None => info(),
    };
    let mut res = if release.is_empty() { Vec::new() } else { vec![format!("{release}.so")] };
    if let Some([major, minor, revision]) = version {
        res.push(format!("{release}.so.{major}"));
        res.push(format!("{release}.so.{major}.{minor}.{revision}"));
    }
    res
}

impl Machine<'_> {
    /// `libtool --mode=compile cc ... -o x.lo`: the compiler's files, and those that libtool makes of them.
    pub(super) fn libtool(&mut self, shell: &mut Shell, arguments: &Arguments, invocation: usize) {
        let command = arguments.operands.as_slice();
        let compiles = command.iter().any(|it| it.text == "-c");
        // Without a mode, the command tells it.
        let mode = arguments.value("--mode").map_or(if compiles { "compile" } else { "link" }, |it| it.text.as_str());
        let mode = mode.to_owned();
        let position = command.iter().position(|it| it.text == "-o");
        let output = position.and_then(|it| command.get(it + 1)).cloned();
        match mode.as_str() {
            "compile" => {
                let tags = |tag: &str| arguments.options.iter().any(|it| it.0 == "--tag" && it.1.text == tag);
                let given = |option: &str| command.iter().any(|it| it.text == option);
                let hidden_only = tags("disable-static") || given("-shared");
                self.libtool_compile(shell, command, output, hidden_only, invocation);
            }
            "link" => self.libtool_link(shell, command, output, invocation),
            "relink" => {
                for it in command.iter().filter(|it| it.text.ends_with(".la")) {
                    self.effect(shell, it, EffectKind::Read, invocation);
                }
            }
            "install" | "execute" | "uninstall" | "clean" if !command.is_empty() => {
                self.run(shell, command, invocation);
            }
            _ => {}
        }
    }

    /// With `hidden_only`, the one object is `.libs/x.o`.
    fn libtool_compile(
        &mut self,
        shell: &mut Shell,
        command: &[Value],
        output: Option<Value>,
        hidden_only: bool,
        invocation: usize,
    ) {
        let output = output.or_else(|| {
            let source = command.iter().rev().find(|it| it.text.contains('.') && !it.text.starts_with('-'))?;
            let start = source.text.rfind('/').map_or(0, |it| it + 1);
            let mut res = source.slice(start..source.text.rfind('.').unwrap_or(source.text.len()));
            res.push(".lo", None);
            Some(res)
        });
        let Some(output) = output else { return };
        let root = output.slice(0..output.text.rfind('.').unwrap_or(output.text.len()));
        // The compiler runs with the object as its output, so that its dependency file is found.
        let mut inner: Vec<Value> = command.to_vec();
        let mut object = if hidden_only { output.clone() } else { root.clone() };
        if !hidden_only {
            object.push(".o", None);
        }
        match inner.iter().position(|it| it.text == "-o") {
            Some(at) => inner[at + 1] = object,
            None => inner.extend([Value::plain("-o"), object]),
        }
        self.run(shell, &inner, invocation);
        // Written under another name, then renamed.
        let mut temporary = output.clone();
        temporary.push("T", None);
        self.effect_may(shell, &temporary, EffectKind::Write, invocation);
        self.effect_may(shell, &temporary, EffectKind::Remove, invocation);
        self.effect(shell, &output, EffectKind::Write, invocation);
        let start = root.text.rfind('/').map_or(0, |it| it + 1);
        let mut shared = self.hidden_folder(shell, &root.slice(0..start), invocation);
        shared.append(&root.from(start));
        shared.push(".o", None);
        self.effect_may(shell, &shared, EffectKind::Write, invocation);
    }

    fn libtool_link(&mut self, shell: &mut Shell, command: &[Value], output: Option<Value>, invocation: usize) {
        let library = output.as_ref().is_some_and(|it| it.text.ends_with(".la"));
        let known_only =
            |it: &&Value| !matches!(it.text.as_str(), "-module" | "-no-undefined" | "-avoid-version" | "-static");
        let inner: Vec<Value> = command.iter().filter(known_only).cloned().collect();
        self.run(shell, &inner, invocation);
        let Some(output) = output else { return };
        let start = output.text.rfind('/').map_or(0, |it| it + 1);
        let mut hidden = self.hidden_folder(shell, &output.slice(0..start), invocation);
        let stem = if library { output.slice(start..output.text.len() - 3) } else { output.from(start) };
        hidden.append(&stem);
        let mut suffixes: Vec<String> =
            if library { vec![".a", ".so", ".lai", ".la"] } else { vec![""] }.into_iter().map(str::to_owned).collect();
        if library && command.iter().any(|it| it.text == "-rpath") {
            // The library of imports, where the other is one for Windows.
            suffixes.push(".dll.a".to_owned());
            suffixes.extend(versioned(command));
        }
        let renamed = command.windows(2).find(|it| it[0].text == "-shrext").filter(|_| library);
        suffixes.extend(renamed.map(|it| it[1].text.clone()));
        for it in suffixes {
            let mut file = hidden.clone();
            file.push(&it, None);
            self.effect_may(shell, &file, EffectKind::Write, invocation);
        }
    }

    /// The folder, with its slash, where libtool keeps what is not to be seen; it makes it where it is missing.
    fn hidden_folder(&mut self, shell: &Shell, above: &Value, invocation: usize) -> Value {
        let mut folder = above.clone();
        folder.push(".libs", None);
        self.effect_may(shell, &folder, EffectKind::MakeDirectory, invocation);
        folder.push("/", None);
        folder
    }

    /// `ylwrap input (made wanted)... -- program`: what the program does not make is left out.
    pub(super) fn lex_wrapper(&mut self, shell: &mut Shell, words: &[Value], invocation: usize) {
        let end = words.iter().position(|it| it.text == "--").unwrap_or(words.len());
        let (words, program) = words.split_at(end);
        let Some((input, outputs)) = words.split_first() else { return };
        let before = self.outcome.effects.len();
        self.effect(shell, input, EffectKind::Read, invocation);
        let text = self.recipe.project.open(&self.path(shell, &input.text)).map(|it| self.recipe.project.source(it));
        let declares = |it: &str| ["%defines", "%header"].iter().any(|word| it.starts_with(word));
        let asks = |it: &Value| it.text == "-d" || it.text.starts_with("--defines") || has_unknown(&it.text);
        let header = program.iter().any(asks) || text.is_some_and(|it| it.text().lines().any(declares));
        for pair in outputs.chunks_exact(2) {
            let sure = pair[0].text.ends_with(".c") || header && pair[0].text.ends_with(".h");
            // Headers are left alone if they would not change, but made if missing.
            self.may += usize::from(!sure);
            self.effect(shell, &pair[1], EffectKind::Write, invocation);
            self.may -= usize::from(!sure);
        }
        self.carry_includes(before);
    }
}
