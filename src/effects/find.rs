//! What `find` prints, told from the tree: POSIX, with the names that GNU findutils adds for tests of names and depths.

use std::slice::Iter;

use super::expand::wild;
use super::fold;
use super::machine::{Machine, Shell};
use super::pattern::matches;
use super::value::Value;
use crate::source::name_of;

/// Bytes that are printed, at most.
const LONGEST: usize = 512 << 10;
/// Words of an expression that is read, at most: brackets and negations nest.
const MOST_WORDS: usize = 200;

/// Files for each of which a command is run, at most.
const MOST_RUNS: usize = 200;

enum Expression<'a> {
    All(Vec<Expression<'a>>),
    Any(Vec<Expression<'a>>),
    Not(Box<Expression<'a>>),
    Name { pattern: &'a str, whole: bool, any_case: bool },
    Kind(&'a str),
    Prune,
    Print,
    PrintFormat(&'a str),
    True,
}

/// The expression, and between which depths it is asked.
struct Search<'a> {
    expression: Expression<'a>,
    least: usize,
    most: usize,
}

/// A file that is looked at.
struct Entry<'a> {
    /// As `find` prints it.
    name: &'a str,
    /// Bytes of that which name where the search began.
    start: usize,
    is_folder: bool,
}

/// What the expression says of one file.
#[derive(Default)]
struct Answer {
    printed: String,
    pruned: bool,
}

impl Machine<'_> {
    /// `find ... -exec cmd {} \;`: for each file that is found now, else for files that cannot be known.
    pub(super) fn find(&mut self, shell: &mut Shell, words: &[Value], invocation: usize) {
        let is_run = |it: &Value| matches!(it.text.as_str(), "-exec" | "-execdir" | "-ok");
        let asked = words.iter().position(is_run);
        let files = asked.and_then(|at| self.found(shell, &words[..at])).map(|it| it.text);
        let files: Vec<&str> = files.iter().flat_map(|it| it.lines()).take(MOST_RUNS + 1).collect();
        let mut at = 0;
        while let Some(it) = words.get(at) {
            at += 1;
            if is_run(it) {
                let end =
                    words[at..].iter().position(|it| it.text == ";" || it.text == "+").map_or(words.len(), |n| at + n);
                let given = |it: &Value, file: &str| match file {
                    _ if !it.text.contains("{}") => it.clone(),
                    "" => Value::unknown("{}"),
                    file => it.derived(it.text.replace("{}", file)),
                };
                let is_first = Some(at - 1) == asked && it.text == "-exec";
                let known = if is_first && (1..=MOST_RUNS).contains(&files.len()) { files.as_slice() } else { &[""] };
                for file in known {
                    let command: Vec<Value> = words[at..end].iter().map(|it| given(it, file)).collect();
                    self.maybe(shell, |machine, inner| machine.run(inner, &command, invocation));
                }
                at = end;
            }
        }
        let text = if shell.output.is_some() { self.found(shell, words) } else { None };
        shell.print(&text.unwrap_or_else(|| fold::output("find", words)));
    }

    /// What `find WORDS` prints; `None` where that is not known.
    pub(super) fn found(&self, shell: &Shell, words: &[Value]) -> Option<Value> {
        let n_flags = words.iter().take_while(|it| matches!(it.text.as_str(), "-L" | "-H" | "-P")).count();
        // The shell gives a pattern as it is where nothing matches it.
        let words: Vec<Value> = words[n_flags..].iter().map(|it| it.derived(wild(&it.text))).collect();
        if words.iter().any(|it| !it.is_known()) {
            return None;
        }
        let n_folders = words.iter().take_while(|it| !it.text.starts_with(['-', '(', '!'])).count();
        let search = Search::read(&words[n_folders..])?;
        let mut res = String::new();
        let here = Value::plain(".");
        for it in if n_folders == 0 { std::slice::from_ref(&here) } else { &words[..n_folders] } {
            let path = self.path(shell, &it.text);
            let is_folder = self.recipe.project.list(&path).is_some();
            if !is_folder && !self.recipe.project.exists(&path) {
                return None;
            }
            let entry = Entry { name: &it.text, start: it.text.trim_end_matches('/').len(), is_folder };
            self.below(shell, &entry, 0, &search, &mut res)?;
        }
        Some(Value::plain(res))
    }

    fn below(&self, shell: &Shell, entry: &Entry, depth: usize, search: &Search, res: &mut String) -> Option<()> {
        let mut answer = Answer::default();
        if depth >= search.least {
            search.expression.holds(entry, &mut answer);
        }
        res.push_str(&answer.printed);
        if !entry.is_folder || answer.pruned || depth >= search.most {
            return Some(());
        }
        for below in self.recipe.project.list(&self.path(shell, entry.name))?.iter() {
            let name = format!("{}/{}", entry.name.trim_end_matches('/'), below.name);
            let below = Entry { name: &name, start: entry.start, is_folder: below.is_folder };
            self.below(shell, &below, depth + 1, search, res)?;
        }
        (res.len() < LONGEST).then_some(())
    }
}

impl<'a> Search<'a> {
    fn read(words: &'a [Value]) -> Option<Search<'a>> {
        if words.len() > MOST_WORDS {
            return None;
        }
        let mut res = Search { expression: Expression::True, least: 0, most: usize::MAX };
        let mut words = words.iter();
        let read = res.any(&mut words)?;
        if words.next().is_some() {
            return None;
        }
        res.expression = if read.acts() { read } else { Expression::All(vec![read, Expression::Print]) };
        Some(res)
    }

    fn any(&mut self, words: &mut Iter<'a, Value>) -> Option<Expression<'a>> {
        let mut alternatives = vec![self.all(words)?];
        while take(words, &["-o", "-or"]) {
            alternatives.push(self.all(words)?);
        }
        Some(Expression::Any(alternatives))
    }

    fn all(&mut self, words: &mut Iter<'a, Value>) -> Option<Expression<'a>> {
        let mut res = Vec::new();
        while words.as_slice().first().is_some_and(|it| !matches!(it.text.as_str(), "-o" | "-or" | ")")) {
            if !take(words, &["-a", "-and"]) {
                res.push(self.one(words)?);
            }
        }
        Some(Expression::All(res))
    }

    fn one(&mut self, words: &mut Iter<'a, Value>) -> Option<Expression<'a>> {
        let word = words.next()?.text.as_str();
        let mut operand = || words.next().map(|it| it.text.as_str());
        let name = |pattern, whole, any_case| Expression::Name { pattern, whole, any_case };
        Some(match word {
            "(" => {
                let res = self.any(words)?;
                take(words, &[")"]).then_some(res)?
            }
            "!" | "-not" => Expression::Not(Box::new(self.one(words)?)),
            "-name" => name(operand()?, false, false),
            "-iname" => name(operand()?, false, true),
            "-path" | "-wholename" => name(operand()?, true, false),
            "-ipath" | "-iwholename" => name(operand()?, true, true),
            "-type" => Expression::Kind(operand().filter(|it| matches!(*it, "f" | "d"))?),
            "-maxdepth" => {
                self.most = operand()?.parse().ok()?;
                Expression::True
            }
            "-mindepth" => {
                self.least = operand()?.parse().ok()?;
                Expression::True
            }
            "-prune" => Expression::Prune,
            "-print" => Expression::Print,
            "-printf" => Expression::PrintFormat(operand().filter(|it| format(it, |_| Some("")).is_some())?),
            "-follow" | "-mount" | "-xdev" | "-true" => Expression::True,
            _ => return None,
        })
    }
}

impl Expression<'_> {
    /// Whether it says itself what is printed.
    fn acts(&self) -> bool {
        match self {
            Expression::All(parts) | Expression::Any(parts) => parts.iter().any(Expression::acts),
            Expression::Not(it) => it.acts(),
            Expression::Print | Expression::PrintFormat(_) => true,
            _ => false,
        }
    }

    fn holds(&self, entry: &Entry, answer: &mut Answer) -> bool {
        match self {
            Expression::All(parts) => parts.iter().all(|it| it.holds(entry, answer)),
            Expression::Any(parts) => parts.iter().any(|it| it.holds(entry, answer)),
            Expression::Not(it) => !it.holds(entry, answer),
            Expression::Name { pattern, whole, any_case } => {
                let name = if *whole { entry.name } else { entry.last() };
                match any_case {
                    true => matches(&pattern.to_lowercase(), &name.to_lowercase()),
                    false => matches(pattern, name),
                }
            }
            Expression::Kind(kind) => (*kind == "d") == entry.is_folder,
            Expression::Prune => {
                answer.pruned = true;
                true
            }
            Expression::Print => {
                answer.printed += entry.name;
                answer.printed.push('\n');
                true
            }
            Expression::PrintFormat(text) => {
                answer.printed += &format(text, |it| entry.field(it)).unwrap_or_default();
                true
            }
            Expression::True => true,
        }
    }
}

impl Entry<'_> {
    fn last(&self) -> &str {
        let name = self.name.trim_end_matches('/');
        name_of(name)
    }

    /// What stands for a directive of `-printf`.
    fn field(&self, directive: char) -> Option<&str> {
        Some(match directive {
            'p' => self.name,
            'f' => self.last(),
            'P' => self.name[self.start..].trim_start_matches('/'),
            'h' => self.name.rsplit_once('/').map_or(".", |it| it.0),
            _ => return None,
        })
    }
}

/// A format of `-printf` with its directives filled; `None` where one of them is not known.
fn format<'f>(text: &str, field: impl Fn(char) -> Option<&'f str>) -> Option<String> {
    let mut res = String::new();
    let mut chars = text.chars();
    while let Some(it) = chars.next() {
        match it {
            '%' => res.push_str(match chars.next()? {
                '%' => "%",
                directive @ ('p' | 'f' | 'P' | 'h') => field(directive)?,
                _ => return None,
            }),
            '\\' => res.push(match chars.next()? {
                'n' => '\n',
                't' => '\t',
                '\\' => '\\',
                _ => return None,
            }),
            it => res.push(it),
        }
    }
    Some(res)
}

fn take(words: &mut Iter<Value>, wanted: &[&str]) -> bool {
    let found = words.as_slice().first().is_some_and(|it| wanted.contains(&it.text.as_str()));
    if found {
        words.next();
    }
    found
}
