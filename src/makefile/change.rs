//! Wishes in make's words, as edits that keep the file's style: the one place that turns wishes into bytes.
//!
//! Anchored on the statements of the makefile. Knows nothing of races.

use std::collections::BTreeMap;

use super::style::{Style, newline, with_line_ends};
use super::{Kind, Makefile, prerequisites};
use crate::edit::Edits;
use crate::source::{FileId, Project, Span};

/// What should be changed, as a person would say it. Rules are named by a span that starts in their first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The rule gets a prerequisite, after the others of its kind.
    Prerequisite {
        /// The rule line.
        rule: Span,
        /// The name, as make text.
        name: String,
        /// Whether it stands after the bar.
        order_only: bool,
    },
    /// The list that an assignment gives its variable gets more words at its end.
    Words {
        /// The assignment.
        assignment: Span,
        /// The words, with blanks between.
        words: String,
    },
    /// The rule's recipe gets another first command.
    FirstCommand {
        /// The rule line.
        rule: Span,
        /// The command without the recipe's prefix.
        command: String,
    },
    /// The rule's recipe gets another last command.
    LastCommand {
        /// The rule line.
        rule: Span,
        /// The command without the recipe's prefix.
        command: String,
    },
    /// A new rule.
    Rule {
        /// Where.
        position: Position,
        /// The rule.
        rule: NewRule,
    },
    /// New lines; each ends with `\n`, whatever the file's line ends are.
    Lines {
        /// After the line on which this ends; the file need not be a makefile.
        after: Span,
        /// The lines.
        lines: String,
    },
    /// Other text in place of what stands there.
    Replace {
        /// What goes.
        span: Span,
        /// What comes.
        text: String,
    },
    /// What stands there goes, with its line where nothing else stands on it.
    Remove {
        /// What goes.
        span: Span,
    },
}

/// Where a rule is inserted, by the rule line of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// After this rule and its recipe, spaced as the file spaces its rules.
    After(Span),
    /// Right after this rule and its recipe: a line that belongs to it.
    Beside(Span),
    /// Right before this rule.
    Before(Span),
}

/// A rule as make text, written in the style of the one beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRule {
    /// The target list.
    pub targets: String,
    /// The prerequisites.
    pub prerequisites: String,
    /// Prerequisites after the bar.
    pub order_only: String,
    /// The recipe's lines, without their prefix.
    pub recipe: Vec<String>,
    /// `::`
    pub double_colon: bool,
}

/// The edits that make all wishes true; `None` where the text has no such statement, it cannot be changed so, or two
/// wishes want the same bytes.
pub fn edits(project: &Project, wishes: &[Wish]) -> Option<Edits> {
    let mut editor = Editor { project, makefiles: BTreeMap::new(), edits: Edits::new() };
    for (index, wish) in wishes.iter().enumerate() {
        match wish {
            // All prerequisites of one rule are written at once.
            Wish::Prerequisite { rule, .. } if wishes[..index].iter().any(|it| adds_to(it, *rule)) => {}
            Wish::Prerequisite { rule, .. } => {
                let list: Vec<&Wish> = wishes[index..].iter().filter(|it| adds_to(it, *rule)).collect();
                editor.prerequisites(*rule, &list)?;
            }
            _ => editor.make(wish)?,
        }
    }
    Some(editor.edits)
}

fn adds_to(wish: &Wish, rule: Span) -> bool {
    matches!(wish, Wish::Prerequisite { rule: it, .. } if *it == rule)
}

struct Editor<'a> {
    project: &'a Project,
    makefiles: BTreeMap<FileId, Makefile>,
    edits: Edits,
}

impl Editor<'_> {
    fn make(&mut self, wish: &Wish) -> Option<()> {
        let (span, text) = match wish {
            Wish::Words { assignment, words } => {
                let (makefile, position) = self.statement(*assignment)?;
                prerequisites::appended(makefile, position, words)?
            }
            Wish::FirstCommand { rule, command } => {
                let (makefile, position) = self.rule(*rule)?;
                first_command(makefile, position, command)?
            }
            Wish::LastCommand { rule, command } => {
                let (makefile, position) = self.rule(*rule)?;
                last_command(makefile, position, command)?
            }
            Wish::Rule { position: Position::Before(anchor), rule } => {
                let (makefile, at) = self.rule(*anchor)?;
                let lines = with_line_ends(makefile.text(), &Style::of(makefile, at).render(rule));
                let start = makefile.statements[at].span.start();
                (Span::new(anchor.file, start, start), lines)
            }
            Wish::Rule { position: position @ (Position::After(anchor) | Position::Beside(anchor)), rule } => {
                // The rules of what is installed elsewhere stand where it is included.
                let holds_rules = |kind| matches!(kind, Kind::Rule | Kind::Include | Kind::Expression);
                let (makefile, at) = self.statement(*anchor).filter(|it| holds_rules(it.0.statements[it.1].kind))?;
                let lines = Style::of(makefile, at).render(rule);
                let end = makefile.rule_end(at);
                let blank = matches!(position, Position::After(_)) && makefile.blank_after_rule(at, end);
                insert_after(makefile.text(), whole_line(makefile, end), &format!("{}{lines}", blank_line(blank)))
            }
            Wish::Lines { after, lines } => {
                let source = self.project.source(after.file);
                let end = logical_line_end(source.text(), after.end());
                insert_after(source.text(), Span::new(after.file, after.start(), end), lines)
            }
            Wish::Replace { span, text } => {
                let source = self.project.source(span.file);
                (*span, with_line_ends(source.text(), text))
            }
            Wish::Remove { span } => (with_its_line(self.project.source(span.file).text(), *span), String::new()),
            Wish::Prerequisite { .. } => return None,
        };
        self.put(span, &text)
    }

    fn prerequisites(&mut self, rule: Span, wishes: &[&Wish]) -> Option<()> {
        let names = |wanted: bool| {
            let name = |it: &&Wish| match it {
                Wish::Prerequisite { name, order_only, .. } if *order_only == wanted => Some(name.clone()),
                _ => None,
            };
            wishes.iter().filter_map(name).collect::<Vec<_>>().join(" ")
        };
        let (normal, order_only) = (names(false), names(true));
        let (makefile, position) = self.rule(rule)?;
        for (span, text) in prerequisites::added(makefile, position, &normal, &order_only)? {
            self.put(span, &text)?;
        }
        Some(())
    }

    fn put(&mut self, span: Span, text: &str) -> Option<()> {
        // Bytes that are no text were replaced when the source was read: they cannot be written again.
        let is_whole = !text.contains('\u{7f}');
        is_whole.then(|| self.edits.replace(span, text).ok())?
    }

    /// The makefile and the statement of a rule.
    fn rule(&mut self, rule: Span) -> Option<(&Makefile, usize)> {
        self.statement(rule).filter(|(makefile, at)| makefile.statements[*at].kind == Kind::Rule)
    }

    fn statement(&mut self, place: Span) -> Option<(&Makefile, usize)> {
        let project = self.project;
        let makefile = self.makefiles.entry(place.file).or_insert_with(|| Makefile::read(project, place.file));
        let position = makefile.at(place.start())?;
        Some((makefile, position))
    }
}

/// A command before the recipe's first: on a line of its own, or before the one that stands on the rule's line.
fn first_command(makefile: &Makefile, position: usize, command: &str) -> Option<(Span, String)> {
    if let Some(recipe) = makefile.rule_line(position)?.recipe {
        let text = &makefile.text()[recipe.range()];
        let at = recipe.end() - text.trim_start_matches(['@', '-', '+', ' ', '\t']).len();
        return Some((Span::new(recipe.file, at, at), format!("{} && ", command.trim_start_matches('@'))));
    }
    let first = makefile.statements.get(position + 1..)?.iter().find(|it| it.kind == Kind::Recipe)?;
    let prefix = &makefile.text()[first.guards.range()];
    let at = makefile.line_after(position);
    let text = with_line_ends(makefile.text(), &format!("{prefix}{command}\n"));
    Some((Span::new(makefile.file, at, at), text))
}

/// A command after the recipe's last line; `None` where a conditional ends the recipe or it stands on the rule's line.
fn last_command(makefile: &Makefile, position: usize, command: &str) -> Option<(Span, String)> {
    let end = makefile.rule_end(position);
    let last = makefile.statements.get(end).filter(|it| it.kind == Kind::Recipe && !it.ambiguous)?;
    let prefix = &makefile.text()[last.guards.range()];
    Some(insert_after(makefile.text(), whole_line(makefile, end), &format!("{prefix}{command}\n")))
}

fn blank_line(wanted: bool) -> &'static str {
    if wanted { "\n" } else { "" }
}

fn insert_after(text: &str, line: Span, lines: &str) -> (Span, String) {
    let new = with_line_ends(text, lines);
    let newline = newline(text);
    // A file whose last line lacks its newline goes on lacking it.
    let new = match text[..line.end()].ends_with('\n') {
        true => new,
        false => format!("{newline}{}", new.strip_suffix(newline).unwrap_or(&new)),
    };
    (Span::new(line.file, line.end(), line.end()), new)
}

/// A statement with the newline at its end.
fn whole_line(makefile: &Makefile, position: usize) -> Span {
    let span = makefile.statements[position].span;
    Span::new(span.file, span.start(), makefile.line_after(position))
}

/// The span, or its whole line where only blanks and the prefix of a recipe line stand around it.
fn with_its_line(text: &str, span: Span) -> Span {
    let start = text[..span.start()].rfind('\n').map_or(0, |it| it + 1);
    let end = logical_line_end(text, span.end());
    let alone = text[start..span.start()].trim().is_empty() && text[span.end()..end].trim().is_empty();
    let continues = text[..start].trim_end_matches(['\n', '\r']).ends_with('\\');
    if alone && !continues { Span::new(span.file, start, end) } else { span }
}

/// The offset after the newline of the logical line that holds `offset`.
fn logical_line_end(text: &str, offset: usize) -> usize {
    let mut at = offset;
    loop {
        let Some(newline) = text[at..].find('\n') else { return text.len() };
        at += newline + 1;
        if !text[..at - 1].trim_end_matches('\r').ends_with('\\') {
            return at;
        }
    }
}

#[cfg(test)]
mod tests;
