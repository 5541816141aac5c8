//! Commands that are no builtins: models, scripts of the tree, other commands' commands, sub-makes.
//!
//! Knows the few tools whose words no row of data can describe.

use std::rc::Rc;
use std::sync::Arc;

use super::apply::{Arguments, Effective};
use super::commands::is_preprocessor;
use super::expand::hide_wild;
use super::fold;
use super::machine::{Flow, Machine, Origin, Shell};
use super::models::{Action, Models, Row};
use super::value::Value;
use super::{EffectKind, Known};
use crate::expand::{called_for, usual_tool};
use crate::shell::{Script, parse};
use crate::source::{folder_of, upwards};
use crate::text::{display, has_unknown, is_unknown_char, unknown};

impl Machine<'_> {
    /// Runs a program: its model, else its text if it is a script of the tree.
    pub(super) fn program(&mut self, shell: &mut Shell, name: &str, fields: &[Value], invocation: usize) {
        let models = self.recipe.models;
        let apart = module_apart(name, fields);
        let fields = apart.as_deref().unwrap_or(fields);
        let on_path = self.on_path(shell, &fields[0]);
        let spelt = on_path.as_ref().unwrap_or(&fields[0]);
        let local = spelt.text.contains('/');
        if local {
            self.reads_program(shell, spelt, invocation);
            self.imports(shell, spelt, &[], invocation);
        }
        let found = models.find(name, fields).or_else(|| models.find(&standard_tool(name)?, fields));
        let found = found.or_else(|| models.find(&cross_tool(name)?, fields));
        let found = found.or_else(|| models.find(interpreter_of(name, fields)?, fields));
        let followed = !found.is_some_and(|it| it.0.auxiliary) && local;
        if followed && let Some(script) = self.script_of(shell, &spelt.text, false) {
            return self.follow(shell, &script, spelt, &fields[1..], invocation, name);
        }
        if found.is_none()
            && let Some(tool) = shell.environment.get(&called_for(name))
            && let Some((row, n_words)) = models.find(&tool.text, fields)
            && row.options.get("-o") == Some(&Action::Write)
            && fields.iter().any(|it| it.text.starts_with("-o"))
        {
            // Of a compiler by the name of its variable it is known what `-o` says.
            self.modelled(shell, name, row, &fields[n_words..], invocation);
            return self.set_known(invocation, name, Known::Opaque);
        }
        // `@WRAPPER@ cc -c x.c`
        if found.is_none()
            && spelt.text.chars().all(is_unknown_char)
            && let Some((rest, wrapped)) = compiler_behind(models, fields)
        {
            return self.program(shell, wrapped, rest, invocation);
        }
        let Some((row, n_words)) = found else {
            self.set_known(invocation, name, Known::Unknown);
            if local {
                self.opened(shell, spelt, &fields[1..], invocation);
            }
            self.used(shell, spelt, &fields[1..], invocation);
            return shell.print(&fold::output(name, &fields[1..]));
        };
        self.modelled(shell, name, row, &fields[n_words..], invocation);
        if row.special == "configure" {
            self.configure(shell, spelt, invocation);
        }
    }

    /// A program that some recipe makes in a folder of `PATH`.
    fn on_path(&self, shell: &Shell, name: &Value) -> Option<Value> {
        if name.text.contains('/') || has_unknown(&name.text) || !shell.is_set("PATH") {
            return None;
        }
        let folders = shell.variable("PATH");
        let folders = folders.text.split(':').filter(|it| !it.is_empty() && !has_unknown(it));
        let file = folders
            .map(|it| format!("{it}/{}", name.text))
            .find(|it| (self.recipe.generated)(&self.path(shell, it)))?;
        let mut res = Value::default();
        res.push(&file, name.place());
        Some(res)
    }

    /// Reads the program that is run by its name.
    fn shown(&mut self, shell: &Shell, arguments: &Arguments, invocation: usize) {
        let programs: Vec<Value> = arguments.operands.iter().filter_map(|it| self.on_path(shell, it)).collect();
        programs.iter().for_each(|it| self.effect(shell, it, EffectKind::Read, invocation));
    }

    fn modelled(&mut self, shell: &mut Shell, name: &str, row: &Row, words: &[Value], invocation: usize) {
        let mut arguments = Arguments::read(row, words);
        if row.declares {
            let declared = self.declared(shell, &arguments);
            arguments = Arguments::read(row, &[&declared, words].concat());
        }
        if row.special == "config-status" {
            arguments.operands = configured(&arguments.operands);
            let makes_all = arguments.operands.is_empty()
                && arguments.options.is_empty()
                && !arguments.has(&["--recheck".to_owned()]);
            if makes_all {
                self.set_known(invocation, name, Known::Opaque);
            }
        }
        shell.answer(None, row.question);
        if Effective::new(row, &arguments).opaque() {
            self.set_known(invocation, name, Known::Opaque);
        }
        self.may += usize::from(row.may);
        self.touching = name == "touch";
        let before = self.outcome.effects.len();
        self.apply(shell, row, &arguments, invocation);
        self.touching = false;
        if row.carries {
            self.carry_includes(before);
        }
        for suffix in &row.sources {
            let everywhere: String = format!("**/*{suffix}").chars().map(hide_wild).collect();
            self.effect_may(shell, &Value::plain(everywhere), EffectKind::Read, invocation);
        }
        if row.includes {
            self.includes(shell, &arguments, invocation);
            if !is_preprocessor(name) {
                self.modules(shell, &arguments, invocation);
            }
        }
        match row.special.as_str() {
            "shell" => self.shell_program(shell, words, invocation, name),
            "find" => self.find(shell, words, invocation),
            "libtool" => self.libtool(shell, &arguments, invocation),
            "ylwrap" => self.lex_wrapper(shell, words, invocation),
            "interpreter" => self.interpreter(shell, row, &arguments, invocation, name),
            "awk" => self.awk(shell, row, &arguments, words, (invocation, name)),
            "builder" => self.builder(shell, name, &arguments, invocation),
            "submodules" => self.submodules(shell, &arguments),
            "clone" => self.cloned(shell, &arguments),
            "rsync" => self.copied_trees(shell, &arguments, invocation),
            "resources" => self.resources(shell, &arguments, invocation),
            "qdbusxml2cpp" => self.bus_sources(shell, &arguments, invocation),
            "ghc" => self.haskell(shell, &arguments, invocation),
            "doxygen" => self.doxygen(shell, &arguments, invocation),
            "sphinx" => self.sphinx(shell, &arguments, invocation),
            "sed" => self.sed(shell, row, &arguments, words, invocation),
            "xargs" => self.gathered(shell, row, &arguments, invocation),
            "flock" => self.locked(shell, row, &arguments, invocation),
            "shown" => self.shown(shell, &arguments, invocation),
            "javac" => self.classes(shell, &arguments, invocation),
            _ if row.reads => self.reads_of_inner(shell, row, &arguments, invocation),
            _ if row.runs => self.inner(shell, row, &arguments, invocation),
            _ => self.printed(shell, name, row, words),
        }
        self.may -= usize::from(row.may);
    }

    /// `flock file command`.
    fn locked(&mut self, shell: &mut Shell, row: &Row, arguments: &Arguments, invocation: usize) {
        let lock = arguments.operands.first().filter(|it| it.is_known()).map(|it| self.path(shell, &it.text));
        let outer = self.lock.take();
        self.lock = lock.or_else(|| outer.clone());
        self.inner(shell, row, arguments, invocation);
        self.lock = outer;
    }

    /// The command that is given what is read as words, which it prints where there is no command.
    fn gathered(&mut self, shell: &mut Shell, row: &Row, arguments: &Arguments, invocation: usize) {
        let before = shell.output.clone();
        let each = arguments.value("-I").map(|it| it.text.clone());
        let given = shell.input.as_ref().filter(|it| it.is_known());
        let lines = given.map(|it| it.text.lines().take(MOST_GIVEN + 1).map(str::to_owned).collect::<Vec<_>>());
        match (lines.filter(|it| !it.is_empty() && it.len() <= MOST_GIVEN), each) {
            (Some(lines), None) => {
                let at_once = ["-n", "--max-args"].iter().find_map(|it| arguments.value(it)?.text.parse().ok());
                let words: Vec<&str> = lines.iter().flat_map(|it| it.split_whitespace()).collect();
                for words in words.chunks(at_once.filter(|it| *it > 0).unwrap_or(usize::MAX)) {
                    let mut one = arguments.clone();
                    one.operands.extend(words.iter().copied().map(Value::plain));
                    self.inner(shell, row, &one, invocation);
                }
            }
            (Some(lines), Some(each)) => {
                for line in lines {
                    let mut one = arguments.clone();
                    for it in &mut one.operands {
                        *it = it.derived(it.text.replace(&each, line.trim()));
                    }
                    self.inner(shell, row, &one, invocation);
                }
            }
            (None, _) => self.inner(shell, row, arguments, invocation),
        }
        let Some(mut output) = before else { return };
        let words = shell.input.clone().filter(|it| {
            it.is_known() && arguments.flags.is_empty() && arguments.options.is_empty() && arguments.operands.is_empty()
        });
        output.append(&words.map_or_else(
            || fold::output("xargs", &arguments.operands),
            |it| {
                let words: Vec<&str> = it.text.split_whitespace().collect();
                it.derived(words.join(" ") + "\n")
            },
        ));
        shell.output = Some(output);
    }

    /// The command that a wrapper runs, of which only what it reads counts.
    fn reads_of_inner(&mut self, shell: &mut Shell, row: &Row, arguments: &Arguments, invocation: usize) {
        let before = self.outcome.effects.len();
        self.inner(shell, row, arguments, invocation);
        let inner = self.outcome.effects.split_off(before);
        self.outcome.effects.extend(inner.into_iter().filter(|it| it.kind == EffectKind::Read));
    }

    /// The command that a wrapper runs.
    fn inner(&mut self, shell: &mut Shell, row: &Row, arguments: &Arguments, invocation: usize) {
        let command = arguments.operands.get(row.skip..).unwrap_or_default();
        let mut inner = shell.clone();
        for (_, it) in arguments.options.iter().filter(|it| it.0 == "=") {
            if let Some((name, _)) = it.text.split_once('=') {
                inner.set(name, it.from(name.len() + 1));
            }
        }
        if row.assignments {
            let clears = ["-i", "-", "--ignore-environment"].map(str::to_owned);
            inner.cleared |= arguments.has(&clears);
            let unset = arguments.options.iter().filter(|it| it.0 == "-u" || it.0 == "--unset");
            Rc::make_mut(&mut inner.unset).extend(unset.map(|it| it.1.text.clone()));
        }
        let operands: Vec<Value>;
        let mut command = command;
        if row.assignments {
            // `env A=x B=y cmd`: the words before the command are variables.
            operands = command.to_vec();
            command = &operands;
        }
        if !command.is_empty() {
            self.depth += 1;
            self.run(&mut inner, command, invocation);
            self.depth -= 1;
            let given = arguments.options.iter().filter(|it| it.0 == "=");
            let given: Vec<Value> = given.map(|(_, it)| it.from(it.text.find('=').map_or(0, |at| at + 1))).collect();
            self.used_if_unknown(&inner, &command[0], &given, invocation);
            shell.output = inner.output;
            shell.answer(inner.status, inner.question);
        }
    }

    /// `python script operands`: the script's model, if somebody wrote one; `perl -e text`, which most often prints.
    fn interpreter(&mut self, shell: &mut Shell, row: &Row, arguments: &Arguments, invocation: usize, name: &str) {
        let inline = arguments.options.iter().filter(|it| matches!(it.0.as_str(), "-c" | "-e" | "-E"));
        let inline: Vec<&str> = inline.map(|it| it.1.text.as_str()).collect();
        let models = self.recipe.models;
        match arguments.operands.split_first() {
            _ if !inline.is_empty() => {
                self.operands(shell, &Effective::new(row, arguments), arguments, invocation);
                if inline.iter().any(|it| WRITES.iter().any(|word| it.contains(word))) {
                    self.set_known(invocation, name, Known::Opaque);
                }
            }
            Some((script, rest)) => {
                self.effect(shell, script, EffectKind::Read, invocation);
                self.imports(shell, script, &arguments.options, invocation);
                let script_name = script.text.rsplit('/').next().unwrap_or_default();
                let operands = &arguments.operands;
                let found = models.find(script_name, operands);
                match found.or_else(|| models.find(&standard_tool(script_name)?, operands)) {
                    Some((row, n_words)) => {
                        self.modelled(shell, script_name, row, &rest[n_words - 1..], invocation);
                    }
                    None => {
                        self.set_known(invocation, script_name, Known::Unknown);
                        self.opened(shell, script, rest, invocation);
                        self.used(shell, script, rest, invocation);
                    }
                }
            }
            None if arguments.flags.is_empty() || arguments.value("-m").is_some() => {
                self.set_known(invocation, name, Known::Unknown);
            }
            None => {}
        }
        shell.print(&fold::output(name, &arguments.operands));
    }

    /// As [`Machine::used`], of what a command is given by its environment.
    pub(super) fn used_if_unknown(&mut self, shell: &Shell, program: &Value, given: &[Value], invocation: usize) {
        let is_unknown = self.outcome.invocations.get(invocation).is_some_and(|it| it.known == Known::Unknown);
        if is_unknown && !given.is_empty() {
            self.used(shell, program, given, invocation);
        }
    }

    /// What a command without a model is given is used by it, where some recipe makes it. If that recipe is its own, it
    /// most likely writes it, in a folder that must be there unless the program makes folders.
    fn used(&mut self, shell: &Shell, program: &Value, words: &[Value], invocation: usize) {
        let project = self.recipe.project;
        let text = project.open(&self.path(shell, &program.text)).map(|it| project.source(it));
        let makes_folders =
            text.is_some_and(|it| ["mkdir", "makedirs", "make_path"].iter().any(|word| it.text().contains(word)));
        for value in words.iter().flat_map(parts_of_word) {
            let names_file = value.is_known() && !value.text.starts_with('-') && value.text.contains(['.', '/']);
            let path = self.path(shell, &value.text);
            if names_file && (self.recipe.generated)(&path) {
                self.effect_may(shell, &value, EffectKind::Read, invocation);
                if !makes_folders {
                    self.guess_folder(&path, &value, invocation);
                }
            }
        }
    }

    fn reads_program(&mut self, shell: &Shell, spelt: &Value, invocation: usize) {
        let path = self.path(shell, &spelt.text);
        let is_of_tree =
            || !path.starts_with('/') && !path.starts_with("..") && self.recipe.project.open(&path).is_some();
        if (self.recipe.generated)(&path) || is_of_tree() {
            self.effect(shell, spelt, EffectKind::Read, invocation);
        }
    }

    /// The script at a path, or at its template's; `called` where a shell is asked to run it, whatever its first line.
    fn script_of(&self, shell: &Shell, text: &str, called: bool) -> Option<Arc<Script>> {
        let path = self.path(shell, text);
        let project = self.recipe.project;
        let file = project.open(&path).or_else(|| project.open(&format!("{path}.in")))?;
        let source = project.source(file);
        let first = source.text().lines().next().unwrap_or_default();
        // What has no such line the shell runs itself.
        let is_plain = || !first.is_empty() && !first.starts_with("#!") && source.path.ends_with(".sh");
        let named = first.starts_with("#!") && is_shell_line(first) || is_plain();
        let other = first.starts_with("#!") && !named;
        if source.bytes().len() > 200_000 || source.bytes().contains(&0) || other || !(named || called) {
            return None;
        }
        let own = folder_of(&source.path);
        let absolute = |it: &str| format!("{}/{it}", project.root).trim_end_matches('/').to_owned();
        let read = |text: &str| {
            let top = upwards(own).find(|it| project.has_configure_ac(it)).unwrap_or(own);
            parse(&instantiated(own_part(text), &absolute(top), &absolute(own)))
        };
        Some(self.recipe.models.cache.script(&source, read))
    }

    /// Interprets a script with its operands bound.
    fn follow(
        &mut self,
        shell: &mut Shell,
        script: &Script,
        name: &Value,
        operands: &[Value],
        invocation: usize,
        known_as: &str,
    ) {
        if self.depth > 8 {
            return self.set_known(invocation, known_as, Known::Unknown);
        }
        self.set_known(invocation, known_as, Known::Script);
        let mut inner = Shell {
            folder: shell.folder.clone(),
            name: name.clone(),
            operands: Rc::new(operands.to_vec()),
            environment: shell.environment.clone(),
            variables: shell.variables.clone(),
            output: shell.output.take(),
            input: shell.input.clone(),
            maybe_done: shell.maybe_done,
            ..Shell::default()
        };
        let outer = self.call.replace(invocation);
        self.depth += 1;
        self.script(&mut inner, script, &Origin::Script);
        self.end(&mut inner);
        self.depth -= 1;
        self.call = outer;
        shell.output = inner.output;
        shell.answer(None, false);
    }

    /// `sh [-e] script operands`, `sh -c text`.
    fn shell_program(&mut self, shell: &mut Shell, words: &[Value], invocation: usize, name: &str) {
        let n_flags = words.iter().take_while(|it| it.text.starts_with(['-', '+']) && it.text.len() > 1).count();
        let wants_text = words[..n_flags].iter().any(|it| !it.text.starts_with("--") && it.text.contains('c'));
        let Some((first, rest)) = words[n_flags..].split_first() else {
            let known = if shell.input.is_none() || n_flags > 0 { Known::Model } else { Known::Unknown };
            return self.set_known(invocation, name, known);
        };
        if wants_text {
            let mut inner = Shell { operands: Rc::new(rest.get(1..).unwrap_or_default().to_vec()), ..shell.clone() };
            self.text(&mut inner, first, invocation);
            shell.output = inner.output;
            return shell.answer(inner.status, inner.question);
        }
        let script_name = first.text.rsplit('/').next().unwrap_or_default();
        self.effect(shell, first, EffectKind::Read, invocation);
        let models = self.recipe.models;
        let fields = &words[n_flags..];
        match models.find(script_name, fields) {
            Some((row, n_words)) if row.auxiliary => {
                self.modelled(shell, script_name, row, &fields[n_words..], invocation);
            }
            _ => match self.script_of(shell, &first.text, true) {
                Some(script) => self.follow(shell, &script, first, rest, invocation, script_name),
                None => self.set_known(invocation, script_name, Known::Unknown),
            },
        }
    }

    pub(super) fn source(&mut self, shell: &mut Shell, operands: &[Value], invocation: usize) -> Flow {
        let Some(file) = operands.first() else { return Flow::Normal };
        self.effect(shell, file, EffectKind::Read, invocation);
        let Some(script) = self.script_of(shell, &file.text, true).filter(|_| self.depth < 8) else {
            self.set_known(invocation, &file.text, Known::Unknown);
            shell.answer(None, false);
            shell.foreign = true;
            // What prepares a test, found by PATH, often goes to a folder of the test's own.
            if self.call.is_some() && !file.text.contains('/') {
                shell.folder = crate::text::unknown("$$");
            }
            return Flow::Normal;
        };
        self.set_known(invocation, &file.text, Known::Script);
        let outer = self.call.replace(invocation);
        self.depth += 1;
        self.script(shell, &script, &Origin::Script);
        self.depth -= 1;
        self.call = outer;
        Flow::Normal
    }
}

/// `python -u -mmodule` as `python -m module`, where no flag but these comes before it.
fn module_apart(name: &str, fields: &[Value]) -> Option<Vec<Value>> {
    const FLAGS: [&str; 8] = ["-u", "-B", "-E", "-s", "-S", "-I", "-O", "-OO"];
    let (program, rest) = fields.split_first().filter(|_| name.starts_with("python"))?;
    let is_flag = |it: &&Value| FLAGS.contains(&it.text.as_str()) || it.text.starts_with("-W") && it.text.len() > 2;
    let n_flags = rest.iter().take_while(is_flag).count();
    let (module, rest) = rest[n_flags..].split_first()?;
    let attached = module.text.strip_prefix("-m")?;
    let apart = (!attached.is_empty()).then(|| module.from(2));
    (n_flags > 0 || apart.is_some()).then(|| {
        let words = [program.clone(), Value::plain("-m".to_owned())].into_iter().chain(apart);
        words.chain(rest.iter().cloned()).collect()
    })
}

/// The files among the operands of `config.status`: `out:in` names two, and some words are no files.
fn configured(operands: &[Value]) -> Vec<Value> {
    let file = |it: &&Value| !matches!(it.text.as_str(), "depfiles" | "default" | "default-1" | "po-directories");
    let output = |it: &Value| it.slice(0..it.text.find(':').unwrap_or(it.text.len()));
    operands.iter().filter(file).map(output).collect()
}

fn is_shell_line(line: &str) -> bool {
    let line = line.trim_start_matches("#!").trim();
    let names = ["@SHELL@", "@BASH@", "@SH@", "@PATH_TO_SHELL@", "@POSIX_SHELL@"];
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let name = first.rsplit('/').next().unwrap_or_default();
    let name = if name == "env" { words.next().unwrap_or_default() } else { name };
    matches!(name, "sh" | "bash" | "dash" | "ksh" | "ksh93" | "zsh" | "ash") || names.contains(&first)
}

/// Lines that are given to a command one by one, at most.
const MOST_GIVEN: usize = 200;

/// Words of a program given to perl, python and their like that may write a file.
const WRITES: [&str; 9] = ["open", "system", "exec", "write", "unlink", "rename", "mkdir", "compile", "`"];

/// The text of a script up to where another interpreter is given it (`exec perl -x $0`): the rest is in its language.
fn own_part(text: &str) -> &str {
    let gives = |it: &str| ["exec ", "eval 'exec ", "eval \"exec "].iter().any(|start| it.starts_with(start));
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        end += line.len();
        if gives(line) && line.contains("$0") {
            break;
        }
    }
    &text[..end]
}

/// A template's text with the values of `@NAME@` that are the same everywhere or are folders of the tree, of which `top` is the
/// first and `own` the template's; the others are unknown.
fn instantiated(text: &str, top: &str, own: &str) -> String {
    let value = |name: &str| match name {
        "EXEEXT" => Some(""),
        "PATH_SEPARATOR" => Some(":"),
        "SHELL" => Some("/bin/sh"),
        "abs_top_srcdir" | "abs_top_builddir" => Some(top),
        "abs_srcdir" | "abs_builddir" => Some(own),
        _ => None,
    };
    let mut res = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let name = rest[at + 1..].bytes().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_').count();
        res.push_str(&rest[..at]);
        if name > 0 && rest[at + 1 + name..].starts_with('@') {
            match value(&rest[at + 1..at + 1 + name]) {
                Some(known) => res.push_str(known),
                None => res.push_str(&unknown(&rest[at..at + name + 2])),
            }
            rest = &rest[at + name + 2..];
        } else {
            res.push('@');
            rest = &rest[at + 1..];
        }
    }
    res.push_str(rest);
    res
}

/// What a word may give a command: itself, what follows `--x=`, and what stands in it between blanks and marks
/// (`"program x.elf verify"`, `flash:w:x.hex`, `file=x.img,format=raw`).
fn parts_of_word(word: &Value) -> Vec<Value> {
    const MARKS: [char; 5] = [' ', ':', ',', ';', '='];
    let text = word.text.as_str();
    let whole = match text.find('=').filter(|_| text.starts_with("--")) {
        Some(at) => word.from(at + 1),
        None => word.clone(),
    };
    // Files of another machine are not these.
    if !whole.text.contains(MARKS) || text.contains("://") || text.contains('@') {
        return vec![whole];
    }
    let part = |start: usize, it: &str| whole.slice(start..start + it.len());
    let starts = std::iter::once(0).chain(whole.text.match_indices(MARKS).map(|it| it.0 + 1));
    let mut res: Vec<Value> = starts.zip(whole.text.split(MARKS)).map(|(start, it)| part(start, it)).collect();
    res.push(whole);
    res
}

/// The interpreter that an unknown command is, since it is given a script.
fn interpreter_of(name: &str, fields: &[Value]) -> Option<&'static str> {
    let script = fields[1..].iter().find(|it| !it.text.starts_with('-')).filter(|_| has_unknown(name))?;
    match script.text.rsplit_once('.')?.1 {
        "py" => Some("python"),
        "pl" => Some("perl"),
        "rb" => Some("ruby"),
        _ => None,
    }
}

/// The words behind the first one and the name of the compiler that they call.
fn compiler_behind<'f>(models: &Models, fields: &'f [Value]) -> Option<(&'f [Value], &'f str)> {
    let rest = fields.get(1..).filter(|it| !it.is_empty())?;
    let name = rest[0].text.rsplit('/').next()?;
    let found = models.find(name, rest).or_else(|| models.find(&standard_tool(name)?, rest));
    found.or_else(|| models.find(&cross_tool(name)?, rest)).filter(|it| it.0.includes).map(|_| (rest, name))
}

/// The tool that `$(shell which X)` looks for, or that a standard output variable of autoconf (`@CC@`, `$(RANLIB)`) stands for where its value is not known:
/// the program of that name in lower letters and with dashes, but for a few. Other scripts that configure write `@cc@` and,
/// with options, `@rm_f@`.
fn standard_tool(name: &str) -> Option<String> {
    if !has_unknown(name) {
        return None;
    }
    let spelt = display(name);
    if let Some(sought) = spelt.strip_prefix("$(shell ").and_then(sought_tool) {
        return Some(sought.to_owned());
    }
    let inner = spelt.strip_prefix('@').and_then(|it| it.strip_suffix('@'));
    let is_lower = |it: &&str| it.chars().all(|it| it.is_ascii_lowercase() || it == '_');
    if let Some(name) = inner.filter(is_lower) {
        let plain = ["_f", "_rf", "_p"].iter().find_map(|it| name.strip_suffix(it)).unwrap_or(name);
        return Some(plain.replace('_', "-"));
    }
    let variable = inner.or_else(|| spelt.strip_prefix("$(").and_then(|it| it.strip_suffix(')')))?;
    if !variable.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_') {
        return None;
    }
    match usual_tool(variable) {
        Some(known) => Some(known.to_owned()),
        None if variable.ends_with("SHELL") => Some("sh".to_owned()),
        None => Some(variable.to_ascii_lowercase().replace('_', "-")),
    }
}

/// The program that a command of make's own looks for (`which X || echo ./X`, `command -v X`).
fn sought_tool(command: &str) -> Option<&str> {
    let command = command.trim_start();
    let sought = ["which ", "command -v ", "type -p "].iter().find_map(|it| command.strip_prefix(it))?;
    let name = sought.trim_start().split([' ', '\t', ')', ';', '|', '>']).next()?;
    let is_plain = |it: char| it.is_ascii_alphanumeric() || ['-', '_', '.', '+'].contains(&it);
    (!name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain)).then_some(name)
}

/// The tool for another machine that a name ends in whose beginning is not known (`$(CROSS)gcc`).
fn cross_tool(name: &str) -> Option<String> {
    let tool = name.trim_start_matches(is_unknown_char).trim_start_matches('-');
    (name.len() > tool.len() && tool.len() > 1 && !has_unknown(tool)).then(|| format!("any-{tool}"))
}
