//! The logical-line reader after GNU make's own model, and tree-sitter-make on what it normalised.
//!
//! The reader decides what each logical line is; it never fails. Evaluates nothing, so that lines whose kind depends on
//! a conditional are marked.

pub(crate) mod scan;
mod tree;
mod words;

use std::ops::Range;

pub use scan::{Modifiers, Operator};
pub(crate) use tree::{Inside, RuleWords};
pub use words::{Assignment, RuleLine, assignment, references, rule_line};

/// What a logical line (or a `define` with its body) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `a: b`
    Rule,
    /// A line that belongs to the rule before it.
    Recipe,
    /// `X = 1`, with its modifiers.
    Assignment,
    /// `a: X = 1`
    TargetAssignment,
    /// `define` to `endef`.
    Define,
    /// `undefine X`
    Undefine,
    /// `include`, `-include`, `sinclude`
    Include,
    /// `ifeq`, `ifneq`, `ifdef`, `ifndef`; automake's `if`
    If,
    /// `else`, also with a condition after it
    Else,
    /// `endif`
    Endif,
    /// `export` or `unexport` without assignment
    Export,
    /// `vpath`
    Vpath,
    /// `load`
    Load,
    /// References alone: `$(eval ...)`.
    Expression,
    /// `@X@` alone.
    Substitution,
    /// Nothing but a comment.
    Comment,
    /// Nothing.
    Blank,
    /// What make would reject.
    Unknown,
}

/// A statement of a makefile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it is.
    pub kind: Kind,
    /// Its bytes, without the newline at its end.
    pub range: Range<usize>,
    /// Where it starts after guards (`@X_TRUE@`), white space and, in a recipe, the prefix.
    pub content: usize,
    /// Whether a conditional decides if a rule is open here, so that the line may be no recipe.
    pub ambiguous: bool,
}

/// Whether a rule takes recipe lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    No,
    Yes,
    Maybe,
}

struct Reader<'t> {
    text: &'t str,
    automake: bool,
    prefix: u8,
    open: Open,
    /// For each `if`: the state before it, and the states at the ends of its arms so far.
    arms: Vec<(Open, Vec<Open>, bool)>,
}

/// The statements of a makefile, in order, without gaps but the newlines between them.
pub fn read(text: &str, automake: bool) -> Vec<Statement> {
    let mut reader = Reader { text, automake, prefix: b'\t', open: Open::No, arms: Vec::new() };
    let mut res = Vec::with_capacity(text.len() / 40);
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while at < text.len() {
        let end = scan::logical_end(text, at);
        let statement = reader.statement(at, end);
        at = statement.range.end + 1;
        res.push(statement);
    }
    res
}

impl Reader<'_> {
    fn statement(&mut self, start: usize, end: usize) -> Statement {
        let bytes = self.text.as_bytes();
        let guarded = self.after_guards(start, end);
        let blank = Statement { kind: Kind::Blank, range: start..end, content: guarded, ambiguous: false };
        if guarded < end && bytes[guarded] == self.prefix && self.open != Open::No {
            let ambiguous = self.open == Open::Maybe;
            return Statement { kind: Kind::Recipe, content: guarded + 1, ambiguous, ..blank };
        }
        let content = (guarded..end).find(|it| !scan::is_space(bytes[*it])).unwrap_or(end);
        if content == end {
            return blank;
        }
        if bytes[content] == b'#' {
            return Statement { kind: Kind::Comment, content, ..blank };
        }
        let kind = self.kind(content, end);
        let end = if kind == Kind::Define { self.define_end(end) } else { end };
        self.follow(kind, content);
        Statement { kind, range: start..end, content, ambiguous: false }
    }

    /// The offset after `@X_TRUE@` and the like.
    fn after_guards(&self, start: usize, end: usize) -> usize {
        let mut at = start;
        while self.text.as_bytes().get(at) == Some(&b'@') {
            let Some(length) = self.text[at + 1..end].find('@') else { break };
            let name = &self.text[at + 1..at + 1 + length];
            let guard = name.ends_with("_TRUE") || name.ends_with("_FALSE");
            if !guard || name.bytes().any(|it| !it.is_ascii_alphanumeric() && it != b'_') {
                break;
            }
            at += length + 2;
        }
        at
    }

    fn kind(&self, content: usize, end: usize) -> Kind {
        let line = &self.text[content..end];
        let line = &line[..scan::comment_start(line)];
        match scan::assignment(line, 0, false) {
            Some((_, scan::Assigning::Value(_))) => return Kind::Assignment,
            Some((_, scan::Assigning::Define(_))) => return Kind::Define,
            Some((_, scan::Assigning::Undefine(_))) => return Kind::Undefine,
            None => {}
        }
        match &line[..scan::word_end(line, 0)] {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => Kind::If,
            "if" if self.automake => Kind::If,
            "else" => Kind::Else,
            "endif" => Kind::Endif,
            "export" | "unexport" => Kind::Export,
            "vpath" => Kind::Vpath,
            "include" | "-include" | "sinclude" => Kind::Include,
            "load" | "-load" => Kind::Load,
            _ => other_kind(line),
        }
    }

    fn follow(&mut self, kind: Kind, content: usize) {
        match kind {
            Kind::Rule => self.open = Open::Yes,
            Kind::Assignment => {
                self.open = Open::No;
                self.follow_prefix(content);
            }
            Kind::If => self.arms.push((self.open, Vec::new(), false)),
            Kind::Else => {
                if let Some((before, ends, seen)) = self.arms.last_mut() {
                    ends.push(self.open);
                    self.open = *before;
                    *seen = true;
                }
            }
            Kind::Endif => {
                if let Some((before, mut ends, seen)) = self.arms.pop() {
                    ends.push(self.open);
                    if !seen {
                        ends.push(before);
                    }
                    let same = ends.iter().all(|it| *it == ends[0]);
                    self.open = if same { ends[0] } else { Open::Maybe };
                }
            }
            // An expression may be a rule.
            Kind::Expression | Kind::Substitution => self.open = Open::Maybe,
            Kind::Unknown | Kind::Comment | Kind::Blank | Kind::Recipe => {}
            _ => self.open = Open::No,
        }
    }

    fn follow_prefix(&mut self, content: usize) {
        let rest = &self.text[content..];
        if rest.starts_with(".RECIPEPREFIX") {
            let end = scan::logical_end(self.text, content);
            let line = &self.text[content..end];
            if let Some(found) = scan::definition(line, 0) {
                self.prefix = line.as_bytes().get(found.value).copied().filter(u8::is_ascii).unwrap_or(b'\t');
            }
        }
    }

    /// The end of the line of the `endef` that closes a define whose first line ends at `end`.
    fn define_end(&self, end: usize) -> usize {
        let mut depth = 1;
        let mut at = end + 1;
        while at < self.text.len() {
            let line_end = scan::logical_end(self.text, at);
            if self.text.as_bytes()[at] != self.prefix {
                let start = scan::skip_space(self.text, at).min(line_end);
                match &self.text[start..scan::word_end(self.text, start).min(line_end).max(start)] {
                    "define" => depth += 1,
                    "endef" => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    return line_end;
                }
            }
            at = line_end + 1;
        }
        self.text.len()
    }
}

/// What a line is that neither assigns nor starts with one of make's words.
fn other_kind(line: &str) -> Kind {
    let colon = scan::find_unquoted(line, 0, |it| it == b':');
    if let Some(colon) = colon {
        let after = colon + 1 + usize::from(line.as_bytes().get(colon + 1) == Some(&b':'));
        let target = matches!(scan::assignment(line, after, true), Some((_, scan::Assigning::Value(_))));
        return if target { Kind::TargetAssignment } else { Kind::Rule };
    }
    let words = || scan::words(line).map(|it| &line[it]);
    let substitution = |it: &str| it.len() > 2 && it.starts_with('@') && it.ends_with('@');
    if words().all(substitution) {
        return Kind::Substitution;
    }
    if line.starts_with('$') { Kind::Expression } else { Kind::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        read(text, text.starts_with("if X")).into_iter().map(|it| it.kind).collect()
    }

    #[test]
    fn lines_are_what_make_takes_them_for() {
        use Kind::*;
        assert_eq!(kinds("a: b\n\tc\nX+=1\n\tY = 2\n"), [Rule, Recipe, Assignment, Assignment]);
        assert_eq!(
            kinds("# a \\\nall: b\n$(eval x)\n@X@\n\nnonsense"),
            [Comment, Expression, Substitution, Blank, Unknown]
        );
        assert_eq!(kinds("define F\ndefine G\nendef\n\tendef\nendef\na: X = 1"), [Define, TargetAssignment]);
        assert_eq!(kinds("if X\na:\nelse\nb:\nendif\n\tc"), [If, Rule, Else, Rule, Endif, Recipe]);
        assert_eq!(kinds("@A_TRUE@a: b\n@A_TRUE@\tc\n"), [Rule, Recipe]);
        assert_eq!(
            kinds(".RECIPEPREFIX = >\na:\n>b\nexport X\n-include y"),
            [Assignment, Rule, Recipe, Export, Include]
        );
        assert_eq!(kinds("include: b\nexport = 1\na\\:b = 1: c"), [Rule, Assignment, Rule]);
    }

    #[test]
    fn a_line_that_a_conditional_decides_is_marked() {
        let found = read("ifdef X\na:\nendif\n\tb\n", false);
        assert!(found[3].ambiguous && found[3].kind == Kind::Recipe);
    }

    #[test]
    fn statements_leave_no_gap() {
        let text = "a: b \\\n c\n\n\tx\ndefine F\ny\nendef # z\nZ";
        let mut at = 0;
        for it in read(text, false) {
            assert_eq!(it.range.start, at);
            at = it.range.end + 1;
        }
        assert_eq!(at, text.len() + 1);
    }
}
