//! What a command prints, told from its text and the tree: `$(shell for i in a b; do echo $i.o; done)`.
//!
//! Knows the few tools that show what the tree holds; what else a command would print is not known.

use std::sync::OnceLock;

use super::machine::{Machine, Origin, Shell};
use super::models::Row;
use super::value::Value;
use super::{Headers, Models, Recipe, awk, fold};
use crate::shell::parse;
use crate::source::Project;

/// Bytes of a file of the tree that is printed, at most.
const LARGEST: usize = 4_096;

/// Bytes of a command that a person may have written.
const LONGEST: usize = 16 << 10;

/// What a shell in a folder prints for a command, as make takes it: newlines are blanks. `None` where that is not
/// known.
pub fn printed(project: &Project, directory: &str, command: &str) -> Option<String> {
    if command.len() > LONGEST || is_hopeless(command) {
        return None;
    }
    project.answer(directory, command, || print(project, directory, command))
}

/// Whether what is printed comes, at the end of a plain pipe, from a program whose output is not told. Such commands
/// can be long and many (`$(shell echo $(OBJS) | awk ...)` in each recipe), and reading them takes time.
fn is_hopeless(command: &str) -> bool {
    const SILENT: [&str; 9] = ["awk", "gawk", "nawk", "mawk", "perl", "python", "python3", "wc", "bc"];
    let last = command.rsplit('|').next().unwrap_or_default();
    let program = last.split_whitespace().next().unwrap_or_default();
    let prints_fields = program.ends_with("awk") && ["{print", "{ print"].iter().any(|it| last.contains(it));
    SILENT.contains(&program) && !prints_fields && !command.contains([';', '&', '`'])
}

fn print(project: &Project, directory: &str, command: &str) -> Option<String> {
    static MODELS: OnceLock<Models> = OnceLock::new();
    let headers = Headers::default();
    let recipe = Recipe {
        project,
        directory,
        lines: &[],
        open: &[],
        before: &[],
        one_shell: false,
        environment: &[],
        generated: &|_| false,
        links: &|_| None,
        models: MODELS.get_or_init(Models::built_in),
        headers: &headers,
    };
    let mut machine = Machine::new(&recipe);
    let mut shell = Shell {
        folder: directory.to_owned(),
        name: Value::plain("sh"),
        output: Some(Value::default()),
        substituted: true,
        ..Shell::default()
    };
    machine.script(&mut shell, &parse(command), &Origin::Script);
    let output = shell.output.filter(|it| it.is_known() && !shell.maybe_done)?;
    Some(output.text.trim_end_matches('\n').replace('\n', " "))
}

impl Machine<'_> {
    /// Prints what a modelled command prints, where somebody takes it.
    pub(super) fn printed(&mut self, shell: &mut Shell, name: &str, row: &Row, words: &[Value]) {
        if row.silent || shell.output.is_none() {
            return;
        }
        let folded = match (name, shell.input.clone()) {
            ("sed", Some(input)) => fold::sed(words, &input),
            ("sort", Some(input)) => fold::sort(words, &input),
            ("grep" | "egrep" | "fgrep", Some(input)) => fold::grep(name, words, &input),
            ("head" | "tail", Some(input)) => fold::some_lines(name, words, &input),
            ("tr", Some(input)) => fold::tr(words, &input),
            ("cut", Some(input)) => fold::cut(words, &input),
            ("awk", Some(input)) => awk::folded(words, &input),
            ("cat", Some(input)) if words.is_empty() => Some(input),
            ("cat", _) => self.content(shell, words),
            ("ls", _) => self.listing(shell, words),
            ("realpath", _) => self.real_path(shell, words),
            ("readlink", _) if words.iter().any(|it| it.text.starts_with('-')) => self.real_path(shell, words),
            _ => None,
        };
        let text = folded.unwrap_or_else(|| fold::output(name, words));
        shell.print(&text);
    }

    /// The text of short files that no rule makes.
    fn content(&self, shell: &Shell, words: &[Value]) -> Option<Value> {
        let mut res = Value::default();
        for it in words {
            let path = self.path(shell, &it.text);
            let file = self.recipe.project.open(&path).filter(|_| !(self.recipe.generated)(&path))?;
            let source = self.recipe.project.source(file);
            if source.bytes().len() > LARGEST || source.bytes().contains(&0) {
                return None;
            }
            res.push(source.text(), it.place());
        }
        Some(res)
    }

    /// `realpath x`, `readlink -f x` of what is no link.
    fn real_path(&self, shell: &Shell, words: &[Value]) -> Option<Value> {
        let (flags, operands): (Vec<&Value>, Vec<&Value>) = words.iter().partition(|it| it.text.starts_with('-'));
        let [only] = operands[..] else { return None };
        let path = self.path(shell, &only.text);
        let project = self.recipe.project;
        let is_plain = flags.iter().all(|it| ["-f", "-e", "-m"].contains(&&*it.text));
        if !only.is_known() || !is_plain || project.without_links(&path).is_some() {
            return None;
        }
        let root = project.root.trim_end_matches('/');
        let absolute = if path.starts_with('/') { path } else { format!("{root}/{path}") };
        Some(only.derived(format!("{}\n", absolute.trim_end_matches('/'))))
    }

    /// `ls`, of files and of at most one folder.
    fn listing(&self, shell: &Shell, words: &[Value]) -> Option<Value> {
        let (flags, operands): (Vec<&Value>, Vec<&Value>) = words.iter().partition(|it| it.text.starts_with('-'));
        if !flags.iter().all(|it| matches!(it.text.as_str(), "-1" | "-d")) {
            return None;
        }
        let whole = flags.iter().any(|it| it.text == "-d");
        let here = Value::plain(".");
        let operands = if operands.is_empty() { vec![&here] } else { operands };
        let mut res = Value::default();
        for it in &operands {
            let path = self.path(shell, &it.text);
            if !it.is_known() || !self.recipe.project.exists(&path) && !path.is_empty() {
                return None;
            }
            let folder = self.recipe.project.list(&path).filter(|_| !whole);
            if folder.is_some() && operands.len() > 1 {
                return None;
            }
            match folder {
                Some(entries) => entries.iter().filter(|it| !it.name.starts_with('.')).for_each(|entry| {
                    res.push(&entry.name, None);
                    res.push("\n", None);
                }),
                None => {
                    res.append(it);
                    res.push("\n", None);
                }
            }
        }
        Some(res)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prints(command: &str) -> Option<String> {
        let files = [("VERSION", "1.2\n"), ("src/a.c", ""), ("src/b.c", ""), ("src/deep/c.c", ""), ("src/x.h", "")];
        printed(&Project::in_memory(files), "", command)
    }

    #[test]
    fn what_the_tree_holds_is_printed() {
        let known = [
            ("for i in a b; do echo \"$i/lib$i.o\"; done", "a/liba.o b/libb.o"),
            ("cat VERSION", "1.2"),
            ("ls src/*.c", "src/a.c src/b.c"),
            ("cd src && ls *.c", "a.c b.c"),
            ("find src -name '*.c'", "src/a.c src/b.c src/deep/c.c"),
            ("find src -maxdepth 1 -type f -name \\*.c", "src/a.c src/b.c"),
            ("find . ! -path '*/deep/*' -iname '*.C'", "./src/a.c ./src/b.c"),
            ("find src -path src/deep -prune -o -name '*.[ch]' -print", "src/a.c src/b.c src/x.h"),
            ("find src \\( -name 'a*' -o -name '*.h' \\) -type f", "src/a.c src/x.h"),
            ("find src -mindepth 2 -printf '%P %f\\n'", "deep/c.c c.c"),
            ("find src -type d", "src src/deep"),
            ("test -f VERSION && echo yes", "yes"),
            ("[ -d src -a -d src/deep ] && ls src/deep", "c.c"),
            ("mkdir -p out", ""),
            ("echo a.c | sed 's/c$/o/'", "a.o"),
            ("echo 'Big A' | tr '[:upper:]' '[:lower:]'", "big a"),
            ("echo Linux | tr A-Z a-z", "linux"),
            ("echo a-b_cd | tr -d _- | tr b-c '\\n'", "a  d"),
            ("echo '' | tr a b", ""),
            ("echo 1.22.3 | cut -d. -f2", "22"),
            ("find src -name '*.c' | grep -v b.c", "src/a.c src/deep/c.c"),
            ("ls src | grep '[ab]\\.c\\|x'", "a.c b.c x.h"),
            ("ls src | egrep -i 'A|X' | head -1", "a.c"),
            ("ls src/*.c | tail -n 1", "src/b.c"),
            ("printf '%s ' src/*.c", "src/a.c src/b.c "),
            ("ls src/*.c | xargs", "src/a.c src/b.c"),
            ("echo check-x | cut -b 7-", "x"),
        ];
        for (command, text) in known {
            assert_eq!(prints(command).as_deref(), Some(text), "{command}");
        }
    }

    #[test]
    fn an_expression_that_nests_is_not_read() {
        assert_eq!(prints(&format!("find . {}-name x", "! ".repeat(5_000))), None);
        assert_eq!(prints(&format!("find . {}-name x", "\\( ".repeat(2_000))), None);
    }

    #[test]
    fn what_other_programs_print_is_not_known() {
        let commands = [
            "uname -s",
            "ls src | xargs -n1 basename",
            "uname | grep Linux",
            "uname | tr A-Z a-z",
            "echo a | tr -c a b",
            "cat none",
            "echo $(date)",
            "which gcc || echo cc",
            "ls none",
            "pkg-config --libs x",
        ];
        for command in commands {
            assert_eq!(prints(command), None, "{command}");
        }
    }
}
