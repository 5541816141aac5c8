//! Shell text to commands: what a recipe line, a script or a fragment of configure.ac says, nothing run or expanded.
//!
//! Knows nothing of make, of files or of what a command does.

mod context;
mod lower;
mod skip;
mod tokens;
mod words;

use std::ops::Range;
use std::sync::Arc;

/// A sequence of and-or lists, separated by `;`, `&` or newlines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// In order.
    pub commands: Vec<Command>,
}

/// One command with the bytes that it covers in the text that was parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What it is.
    pub kind: CommandKind,
    /// Its bytes, redirections included, the separator after it not.
    pub range: Range<usize>,
    /// Redirections, in order; for a compound command those after it.
    pub redirections: Vec<Redirection>,
    /// Whether it ends in `&`.
    pub background: bool,
}

/// The shapes of commands.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandKind {
    /// `A=x cmd word...`; without words, assignments to the shell's own variables.
    Simple { assignments: Vec<Assignment>, words: Vec<Word> },
    /// `a | b`, `! a`.
    Pipeline { negated: bool, commands: Vec<Command> },
    /// `a && b || c`: the first, then each with its connector.
    AndOr { first: Box<Command>, rest: Vec<(Connector, Command)> },
    /// `( ... )`
    Subshell(Script),
    /// `{ ...; }`
    Group(Script),
    /// `if`, `elif`...: condition and body of each arm, then `else`.
    If { arms: Vec<(Script, Script)>, otherwise: Option<Script> },
    /// `for name in words`; `None` stands for `"$@"`.
    For { name: String, words: Option<Vec<Word>>, body: Script },
    /// `while` and `until`.
    While { until: bool, condition: Script, body: Script },
    /// `case subject in pattern | pattern) ... esac`
    Case { subject: Word, arms: Vec<CaseArm> },
    /// `name() body`
    Function { name: String, body: Arc<Command> },
    /// What the grammar could not read.
    Unparsed,
}

/// `&&` or `||`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// `pattern | pattern) body ;;`
#[derive(Clone, Debug, PartialEq)]
pub struct CaseArm {
    /// The patterns.
    pub patterns: Vec<Word>,
    /// The commands.
    pub body: Script,
    /// Bytes from the first pattern to after `;;`.
    pub range: Range<usize>,
}

/// `name=value`, `name+=value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// Whether `+=`.
    pub append: bool,
    /// The value; no parts for an empty one.
    pub value: Word,
    /// Bytes of the whole.
    pub range: Range<usize>,
}

/// `2>&1`, `>>file`, `<<EOF`.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirection {
    /// The number before it.
    pub descriptor: Option<u32>,
    /// What it does.
    pub kind: RedirectionKind,
    /// File, number or `-`; for a here-document its body as one word (quoted where its delimiter is quoted).
    pub operand: Word,
    /// Bytes of the whole; for a here-document those of the operator and delimiter.
    pub range: Range<usize>,
}

/// The operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectionKind {
    /// `<`
    Read,
    /// `>` and `>|`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&` and `>&` with a number or `-`
    Duplicate,
    /// `<<`, `<<-`, `<<<`
    Here,
    /// `&>` and `>&` with a file
    WriteBoth,
}

/// A word: parts without blanks between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Word {
    /// In order.
    pub parts: Vec<Part>,
    /// Bytes of the whole word, quotes included.
    pub range: Range<usize>,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Whether quotes protect it from splitting and globbing.
    pub quoted: bool,
    /// Its bytes, without the quotes around it.
    pub range: Range<usize>,
}

/// The shapes of parts.
#[derive(Clone, Debug, PartialEq)]
pub enum PartKind {
    /// Text with escapes removed. Unquoted `*`, `?`, `[` in it are wildcards.
    Literal(String),
    /// `$name`, `${name}`, `$1`, `$@`, `$?`; with an operator (`:-`, `%`, `##`, `length`...) and its word. An array's
    /// value `(a b)` has the name `()`.
    Parameter { name: String, operator: Option<(String, Word)> },
    /// `$(...)` or backquotes.
    Substitution(Script),
    /// `<(commands)`, `>(commands)`: the name of a pipe.
    Process(Script),
    /// `$((...))`, its inside as text.
    Arithmetic(String),
}

impl Word {
    /// The text of a word that has only literal parts.
    pub fn literal(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|it| if let PartKind::Literal(text) = &it.kind { Some(text.as_str()) } else { None })
            .collect()
    }
}

/// Reads shell text. Never fails: what cannot be read is [`CommandKind::Unparsed`].
pub fn parse(text: &str) -> Script {
    context::Context::new(text).script()
}

#[cfg(test)]
mod tests;
