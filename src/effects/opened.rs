//! Files that a Python, Perl or Ruby program of the tree opens: `open("x.h", "w")`, `open(OUT, ">$ARGV[1]")`,
//! `Path("x.h").write_text(x)`.
//!
//! Knows only names that stand in the call, in the one assignment of a variable that does, or in the calls of the function
//! whose parameter does. Which branch runs is not known, so that all of it may be.

use super::EffectKind;
use super::machine::{Machine, Shell};
use super::value::Value;

/// A file that is opened.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) writes: bool,
}

/// How it is named.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum File {
    /// By its whole name.
    Name(String),
    /// By its name below a folder that is not known.
    Below(String),
    /// By an operand of the program, counted from 0.
    Operand(usize),
    /// By the argument of an option of this name.
    Option(String),
    /// By an operand of the program, options left out, counted from 0.
    Positional(usize),
}

impl Machine<'_> {
    /// Notes what a program of the tree may open.
    pub(super) fn opened(&mut self, shell: &Shell, program: &Value, operands: &[Value], invocation: usize) {
        const LONGEST: usize = 200_000;
        let path = self.path(shell, &program.text);
        let project = self.recipe.project;
        let Some(file) = project.open(&path).or_else(|| project.open(&format!("{path}.in"))) else { return };
        let source = project.source(file);
        if source.bytes().len() > LONGEST || source.bytes().contains(&0) {
            return;
        }
        let is_folder = |it: &&Value| {
            it.is_known() && !it.text.starts_with('-') && project.is_folder(&self.path(shell, &it.text))
                || it.text == "."
        };
        let folders: Vec<&str> = operands.iter().filter(is_folder).map(|it| it.text.as_str()).collect();
        let folders = if folders.is_empty() { vec!["."] } else { folders };
        for it in self.recipe.models.cache.opened(&source, read).iter() {
            match &it.file {
                File::Name(name) if it.writes => self.guess(shell, name, invocation),
                File::Name(name) if (self.recipe.generated)(&self.path(shell, name)) => {
                    let mut value = Value::default();
                    value.push(name, program.place());
                    self.effect_may(shell, &value, EffectKind::Read, invocation);
                }
                File::Below(name) if it.writes => {
                    folders.iter().for_each(|it| self.guess(shell, &format!("{it}/{name}"), invocation));
                }
                File::Operand(index) if it.writes => {
                    let named = operands.get(*index).filter(|it| it.is_known() && !it.text.starts_with('-'));
                    named.into_iter().for_each(|it| self.guess(shell, &it.text, invocation));
                }
                File::Positional(index) if it.writes => {
                    let named = operands.iter().filter(|it| !it.text.starts_with('-')).nth(*index);
                    named.filter(|it| it.is_known()).into_iter().for_each(|it| self.guess(shell, &it.text, invocation));
                }
                File::Option(name) if it.writes => {
                    let named = argument(operands, name).filter(|it| it.is_known() && is_path(&it.text));
                    named.into_iter().for_each(|it| self.guess(shell, &it.text, invocation));
                }
                _ => {}
            }
        }
    }
}

/// The argument of `--name`, apart or attached.
fn argument(operands: &[Value], name: &str) -> Option<Value> {
    let spelt = format!("--{}", name.replace('_', "-"));
    operands.iter().enumerate().find_map(|(at, it)| match it.text.strip_prefix(&spelt)? {
        "" => operands.get(at + 1).cloned(),
        rest => rest.starts_with('=').then(|| it.from(spelt.len() + 1)),
    })
}

/// Whether a text is one of a file rather than of a number or an answer.
fn is_path(text: &str) -> bool {
    !text.starts_with('-') && text.contains(['.', '/'])
}

/// The files that a program opens.
pub(super) fn read(text: &str) -> Vec<Opened> {
    let mut res = Vec::new();
    for (at, word) in text.match_indices("open") {
        let before = &text[..at];
        let line = &before[before.rfind('\n').map_or(0, |it| it + 1)..];
        let is_word = !before.ends_with(|it: char| it.is_alphanumeric() || "_$@'\"".contains(it));
        if !is_word || before.ends_with("os.") || line.trim_start().starts_with('#') {
            continue;
        }
        let Some(arguments) = arguments(&text[at + word.len()..]) else { continue };
        for it in call(text, &arguments) {
            if !res.contains(&it) {
                res.push(it);
            }
        }
    }
    for it in declared(text).into_iter().filter(|it| it.opens_to_write) {
        res.push(Opened { file: it.file(), writes: true });
    }
    for word in [".write_text(", ".write_bytes("] {
        let written = text.match_indices(word).filter_map(|(at, _)| file(text, subject(&text[..at])?, 0));
        res.extend(written.map(|file| Opened { file, writes: true }));
    }
    res
}

/// An argument that a program in Python declares with `add_argument`.
struct Declared<'a> {
    /// Without the dashes of an option.
    name: &'a str,
    /// What the program calls it.
    attribute: String,
    /// Which operand it is, where it is one.
    position: Option<usize>,
    /// `type=argparse.FileType("w")`
    opens_to_write: bool,
}

impl Declared<'_> {
    fn file(&self) -> File {
        self.position.map_or_else(|| File::Option(self.name.to_owned()), File::Positional)
    }
}

/// The arguments that a program declares, up to an operand that can be several.
fn declared(text: &str) -> Vec<Declared<'_>> {
    const MOST: usize = 64;
    let mut res = Vec::new();
    let mut count = 0;
    for (at, word) in text.match_indices(".add_argument").take(MOST) {
        let Some(arguments) = arguments(&text[at + word.len()..]) else { continue };
        let Some(first) = arguments.first().and_then(|it| literal(it)) else { continue };
        let long = arguments.iter().filter_map(|it| literal(it)).find(|it| it.starts_with("--"));
        let is_option = first.starts_with('-');
        let kind = arguments.iter().find_map(|it| it.strip_prefix("type=")).unwrap_or_default();
        let mode =
            kind.split_once("FileType(").and_then(|it| literal(it.1.trim_end_matches(')').split(',').next()?.trim()));
        let opens_to_write = mode.is_some_and(|it| it.contains(['w', 'a', 'x']));
        if !is_option && arguments.iter().any(|it| it.starts_with("nargs=")) {
            break;
        }
        let position = (!is_option).then_some(count);
        count += usize::from(!is_option);
        let name = long.unwrap_or(first).trim_start_matches('-');
        let given = arguments.iter().find_map(|it| literal(it.strip_prefix("dest=")?));
        let attribute = given.unwrap_or(name).replace('-', "_");
        res.push(Declared { name, attribute, position, opens_to_write });
    }
    res
}

/// The expression at the end of a text: `Path("x.h")`, `(folder / "x.h")`, a variable.
fn subject(before: &str) -> Option<&str> {
    let line = &before[before.rfind('\n').map_or(0, |it| it + 1)..];
    if line.trim_start().starts_with('#') {
        return None;
    }
    let Some(inside) = line.strip_suffix(')') else {
        let start = line.rfind(|it: char| !it.is_ascii_alphanumeric() && it != '_').map_or(0, |it| it + 1);
        return line.get(start..).filter(|it| !it.is_empty());
    };
    let mut depth = 0;
    let opens = |it: char| {
        depth += i32::from(it == ')') - i32::from(it == '(');
        depth < 0
    };
    inside.get(inside.rfind(opens)? + 1..)
}

/// What a call opens.
fn call(text: &str, arguments: &[&str]) -> Vec<Opened> {
    let Some((first, rest)) = arguments.split_first() else { return Vec::new() };
    let mode = rest.iter().find_map(|it| literal(it.strip_prefix("mode=").unwrap_or(it)));
    if mode.is_none_or(|it| it.len() <= 3 && it.chars().all(|it| "rwaxbt+U".contains(it))) {
        let writes = mode.is_some_and(|it| it.contains(['w', 'a', 'x', '+']));
        let files = file(text, first, 0).map_or_else(|| given(text, first), |it| vec![it]);
        return files.into_iter().map(|file| Opened { file, writes }).collect();
    }
    by_handle(text, rest).into_iter().collect()
}

/// What the calls of a function give it as the parameter of this name, where only one function has it.
fn given(text: &str, parameter: &str) -> Vec<File> {
    const MOST: usize = 16;
    let mut places = text.match_indices("def ").filter_map(|(at, word)| {
        let after = &text[at + word.len()..];
        let name = &after[..after.find(|it: char| !it.is_alphanumeric() && it != '_')?];
        let names =
            arguments(&after[name.len()..])?.into_iter().map(|it| it.split([':', '=']).next().unwrap_or(it).trim());
        Some((name, names.filter(|it| *it != "self").position(|it| it == parameter)?))
    });
    let (Some((name, position)), None) = (places.next(), places.next()) else { return Vec::new() };
    let is_call = |at: usize| {
        !text[..at].ends_with("def ") && !text[..at].ends_with(|it: char| it.is_alphanumeric() || it == '_')
    };
    let call = format!("{name}(");
    let calls = text.match_indices(&call).map(|it| it.0).filter(|it| is_call(*it)).take(MOST);
    calls.filter_map(|at| file(text, arguments(&text[at + name.len()..])?.get(position)?, 1)).collect()
}

/// What Perl opens: a handle comes first, and the mode may stand in the name.
fn by_handle(text: &str, rest: &[&str]) -> Option<Opened> {
    let (named, more) = rest.split_first()?;
    let inner = literal(named)?;
    let sign = inner.trim_start().trim_start_matches('+');
    let name = sign.trim_start_matches(['<', '>']);
    let writes = sign.starts_with('>');
    let file = match more.first() {
        Some(path) if name.is_empty() || name.starts_with(':') => file(text, path, 0)?,
        _ => named_in(text, name.trim(), 0)?,
    };
    Some(Opened { file, writes })
}

/// The arguments of a call, without the brackets around them, which Perl may leave out.
fn arguments(after: &str) -> Option<Vec<&str>> {
    const LONGEST: usize = 400;
    let inside = after.trim_start_matches([' ', '\t']);
    let bracketed = inside.starts_with('(');
    if !bracketed && inside.len() == after.len() {
        return None;
    }
    let inside = inside.strip_prefix('(').unwrap_or(inside);
    let (mut res, mut start, mut depth, mut quote) = (Vec::new(), 0, 0, None);
    for (at, it) in inside.char_indices().take(LONGEST) {
        match (quote, it) {
            (Some(open), _) if open == it => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(it),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ';') if depth == 0 => {
                res.push(inside[start..at].trim());
                return (bracketed == (it == ')')).then_some(res);
            }
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                res.push(inside[start..at].trim());
                start = at + 1;
            }
            // `open F, ">x" or die;`
            (None, _) if !bracketed && depth == 0 && is_alternative(&inside[at..]) => {
                res.push(inside[start..at].trim());
                return Some(res);
            }
            (None, '\n') if !bracketed && !is_alternative(&format!(" {}", inside[at..].trim_start())) => return None,
            _ => {}
        }
    }
    None
}

/// Whether a text goes on with what is done where a call fails.
fn is_alternative(rest: &str) -> bool {
    ["|| ", " || ", " or ", "\nor "].iter().any(|it| rest.starts_with(it))
}

/// The text of an expression that is one string.
fn literal(expression: &str) -> Option<&str> {
    let quoted = expression.trim_start_matches(['r', 'b', 'u']);
    let quote = quoted.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    let inner = quoted[1..].strip_suffix(quote)?;
    (!inner.contains(quote)).then_some(inner)
}

/// The file that an expression names.
fn file(text: &str, expression: &str, depth: usize) -> Option<File> {
    if let Some(name) = literal(expression) {
        return named_in(text, name, depth);
    }
    if let Some(operand) = operand(expression) {
        return Some(File::Operand(operand));
    }
    let path = expression.strip_prefix("pathlib.").unwrap_or(expression).strip_prefix("Path(");
    if let Some(inside) = path.and_then(|it| it.strip_suffix(')')).filter(|it| !it.contains(')')) {
        return file(text, inside, depth);
    }
    // `args.header`, of `--header`
    if let Some((object, name)) = expression.split_once('.')
        && [object, name].iter().all(|it| is_name(it))
    {
        let declared = declared(text).into_iter().find(|it| it.attribute == name);
        return Some(declared.map_or_else(|| File::Option(name.to_owned()), |it| it.file()));
    }
    let name = expression.trim_start_matches('$');
    if is_name(name) {
        return variable(text, expression, depth);
    }
    // `os.path.join(folder, "x.h")`, `folder + "/x.h"`, `folder / "x.h"`
    let joined = expression.trim_end_matches(')');
    let quote = joined.chars().last().filter(|it| matches!(it, '"' | '\''))?;
    let inner = &joined[..joined.len() - 1];
    let start = inner.rfind(quote)?;
    let before = inner[..start].trim_end();
    let last = inner[start + 1..].rsplit('/').next().filter(|it| is_file_name(it))?;
    before.ends_with([',', '+', '/', '.']).then(|| File::Below(last.to_owned()))
}

/// The file that the text of a string names.
fn named_in(text: &str, name: &str, depth: usize) -> Option<File> {
    if let Some(operand) = operand(name) {
        return Some(File::Operand(operand));
    }
    if let Some(inner) = name.strip_prefix('$').filter(|it| !it.contains(['/', '.'])) {
        return variable(text, &format!("${inner}"), depth);
    }
    let parts: Vec<&str> = name.split('/').collect();
    let known = parts.iter().rposition(|it| it.contains(['$', '{', '%'])).map_or(0, |it| it + 1);
    let (last, above) = parts[known..].split_last()?;
    let is_plain =
        (is_file_name(last) || !above.is_empty() && is_folder_name(last)) && above.iter().all(|it| is_folder_name(it));
    let path = parts[known..].join("/");
    is_plain.then_some(if known > 0 { File::Below(path) } else { File::Name(path) })
}

/// `sys.argv[2]`, `$ARGV[1]`, `ARGV[1]`
fn operand(expression: &str) -> Option<usize> {
    let (number, first) = match expression.strip_prefix("sys.argv[") {
        Some(it) => (it, 1),
        None => (expression.trim_start_matches('$').strip_prefix("ARGV[")?, 0),
    };
    number.strip_suffix(']')?.parse::<usize>().ok()?.checked_sub(first)
}

/// The file that a variable holds which is assigned once.
fn variable(text: &str, name: &str, depth: usize) -> Option<File> {
    let mut values = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let declared = ["my ", "our ", "use constant "].iter().find_map(|it| line.strip_prefix(it));
        let value = declared.unwrap_or(line).strip_prefix(name)?.trim_start().strip_prefix('=')?;
        // `use constant NAME => "x";`
        let value = if line.starts_with("use ") { value.strip_prefix('>')? } else { value };
        (!value.starts_with(['=', '~'])).then(|| value.trim().trim_end_matches(';').trim_end())
    });
    let value = values.next()?;
    if values.next().is_some() || depth > 2 { None } else { file(text, value, depth + 1) }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

fn is_file_name(name: &str) -> bool {
    name.contains('.') && !name.ends_with('.') && is_folder_name(name)
}

fn is_folder_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-+.".contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_programs_open() {
        let name = |it: &str| File::Name(it.to_owned());
        let below = |it: &str| File::Below(it.to_owned());
        for (text, file, writes) in [
            ("f = open('a.h', 'w')", name("a.h"), true),
            ("with open(\"a.h\") as f:", name("a.h"), false),
            ("with io.open('d/a.h', mode='wb', encoding='x') as f:", name("d/a.h"), true),
            ("open(os.path.join(folder, 'a.h'), 'w')", below("a.h"), true),
            ("open(folder + '/a.h', 'w')", below("a.h"), true),
            ("open(sys.argv[2], 'w')", File::Operand(1), true),
            ("out = sys.argv[1]\nopen(out, 'a')", File::Operand(0), true),
            ("File.open(\"a.h\", \"w\") do |f|", name("a.h"), true),
            ("open(OUT, \">a.h\") || die;", name("a.h"), true),
            ("open(my $out, '>', 'a.h') or die;", name("a.h"), true),
            ("open(my $out, '>:utf8', \"$folder/a.h\");", below("a.h"), true),
            ("open(IN, \"<$ARGV[0]\");", File::Operand(0), false),
            ("my $name = 'a.h';\nopen OUT, \">$name\";", name("a.h"), true),
            ("open(OUT, \">gen/version\");", name("gen/version"), true),
            ("use constant OUT => 'gen/version';\nopen(my $f, '>', OUT);", name("gen/version"), true),
            ("open OUT, \">a.h\" || die 'x';", name("a.h"), true),
            ("open OUT, '>', 'a.h'\n  or die;", name("a.h"), true),
            ("open(OUT, \">$top/d/a.h\");", below("d/a.h"), true),
            ("with open(args.header, 'w') as f:", File::Option("header".to_owned()), true),
            ("Path('a.h').write_text(x)", name("a.h"), true),
            ("(folder / 'a.h').write_bytes(x)", below("a.h"), true),
            ("out = pathlib.Path(sys.argv[1])\nout.write_text(x)", File::Operand(0), true),
        ] {
            assert_eq!(read(text), [Opened { file, writes }], "{text}");
        }
        let text = "p.add_argument('x')\np.add_argument('-v', '--very')\np.add_argument('out', help='y')\n";
        for (rest, file) in [
            ("open(args.out, 'w')", File::Positional(1)),
            ("p.add_argument('--to', type=argparse.FileType('w'))", File::Option("to".to_owned())),
            ("p.add_argument('to', type=FileType('w', 2))", File::Positional(2)),
            ("p.add_argument('-o', '--to', dest='name')\nopen(args.name, 'w')", File::Option("to".to_owned())),
            ("def put(text, to: str):\n  open(to, 'w')\nput(x, args.out)", File::Positional(1)),
        ] {
            assert_eq!(read(&format!("{text}{rest}")), [Opened { file, writes: true }], "{rest}");
        }
        for text in ["urlopen('a.h')", "# open('a.h', 'w')", "open(name, 'w')", "open('a %s' % x, 'w')", "reopen(x)"] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
