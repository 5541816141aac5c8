//! A makefile as statements with spans, in source order, nothing evaluated.
//!
//! Knows the shape of the text, not what it means: that is `expand`'s.

mod change;
mod prerequisites;
mod style;

use std::sync::OnceLock;

pub use change::{NewRule, Position, Wish, edits};

use crate::source::{FileId, Project, Span};
use crate::syntax::make;
use crate::syntax::make::{Inside, RuleWords};
pub use crate::syntax::make::{Kind, Modifiers, Operator};

/// A makefile's statements.
#[derive(Clone)]
pub struct Makefile {
    /// The file.
    pub file: FileId,
    /// In source order.
    pub statements: Vec<Statement>,
    text: String,
    lines: Vec<make::Statement>,
    inside: OnceLock<Inside>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it is.
    pub kind: Kind,
    /// Its text, without the newline at its end.
    pub span: Span,
    /// Guards (`@X_TRUE@`) and white space before it; empty mostly.
    pub guards: Span,
    /// Whether a conditional decides if this is a recipe line.
    pub ambiguous: bool,
}

/// The words of a rule line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLine {
    /// Targets.
    pub targets: Vec<Span>,
    /// `:`, `::`, `&:` or `&::`.
    pub operator: Span,
    /// The target pattern of a static pattern rule.
    pub target_pattern: Vec<Span>,
    /// Prerequisites before the bar.
    pub prerequisites: Vec<Span>,
    /// The bar.
    pub bar: Option<Span>,
    /// Prerequisites after the bar.
    pub order_only: Vec<Span>,
    /// The recipe after `;`, blanks before it apart.
    pub recipe: Option<Span>,
    /// The line up to recipe and comment.
    pub head: Span,
}

/// The parts of an assignment, of a `define` or of a target's variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Words before the name.
    pub modifiers: Modifiers,
    /// The name, unexpanded.
    pub name: Span,
    /// How it works.
    pub operator: Operator,
    /// The operator's place.
    pub operator_span: Span,
    /// The value without comment; of a `define`, its body.
    pub value: Span,
}

impl Makefile {
    /// Reads a source of a project. Never fails.
    pub fn read(project: &Project, file: FileId) -> Makefile {
        let source = project.source(file);
        let text = source.text().to_owned();
        let lines = make::read(&text, source.path.ends_with(".am"));
        let statements = lines
            .iter()
            .map(|it| Statement {
                kind: it.kind,
                span: Span::new(file, it.range.start, it.range.end),
                guards: Span::new(file, it.range.start, it.content.min(it.range.end)),
                ambiguous: it.ambiguous,
            })
            .collect();
        Makefile { file, statements, text, lines, inside: OnceLock::new() }
    }

    /// The position of the statement that holds an offset.
    pub fn at(&self, offset: usize) -> Option<usize> {
        let position = self.statements.partition_point(|it| it.span.end() < offset);
        (position < self.statements.len()).then_some(position)
    }

    /// The words of a rule's line or of the head of a target's variable.
    pub fn rule_line(&self, position: usize) -> Option<RuleLine> {
        let text = self.text.as_str();
        let own = make::rule_line(text, &self.lines[position])?;
        let span = |it: &std::ops::Range<usize>| Span::new(self.file, it.start, it.end);
        let spans = |it: &[std::ops::Range<usize>]| it.iter().map(span).collect::<Vec<_>>();
        // The grammar's words where it read the line, else the reader's own.
        let inside = own.targets.first().and_then(|it| RuleWords::read(text, &self.lines[position], it.start));
        let read = inside.filter(|it| it.targets.len() == own.targets.len() && own.bar.is_none());
        let prerequisites = read.as_ref().map_or(&own.prerequisites, |it| &it.prerequisites);
        let targets = read.as_ref().map_or(&own.targets, |it| &it.targets);
        let recipe = own.semicolon.map(|at| {
            let start = make::scan::skip_space(text, at + 1).min(self.lines[position].range.end);
            Span::new(self.file, start, self.lines[position].range.end)
        });
        Some(RuleLine {
            targets: spans(targets),
            operator: span(&own.operator),
            target_pattern: spans(&own.target_pattern),
            prerequisites: spans(prerequisites),
            bar: own.bar.map(|at| Span::new(self.file, at, at + 1)),
            order_only: spans(&own.order_only),
            recipe,
            head: Span::new(self.file, self.lines[position].content, own.end),
        })
    }

    /// The parts of an assignment.
    pub fn assignment(&self, position: usize) -> Option<Assignment> {
        let found = make::assignment(self.text.as_str(), &self.lines[position])?;
        let span = |it: &std::ops::Range<usize>| Span::new(self.file, it.start, it.end);
        Some(Assignment {
            modifiers: found.modifiers,
            name: span(&found.name),
            operator: found.operator,
            operator_span: span(&found.operator_range),
            value: span(&found.value),
        })
    }

    /// The references in a span, at its top level.
    pub fn references(&self, span: Span) -> Vec<Span> {
        let found = make::references(self.text.as_str(), span.range());
        found.into_iter().map(|it| Span::new(self.file, it.start, it.end)).collect()
    }

    /// The words of the include lines.
    pub fn includes(&self) -> Vec<Span> {
        self.inside().includes.iter().map(|it| Span::new(self.file, it.start, it.end)).collect()
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.text.as_str()
    }

    /// The last statement of the rule at `position`: its last recipe line, or itself.
    pub fn rule_end(&self, position: usize) -> usize {
        let mut end = position;
        // The end before a conditional that is still open: one that holds a rule of its own is no part of this one.
        let mut outside = position;
        let mut depth = 0usize;
        for (at, it) in self.statements.iter().enumerate().skip(position + 1) {
            match it.kind {
                Kind::Recipe => end = at,
                Kind::If => {
                    outside = if depth == 0 { end } else { outside };
                    depth += 1;
                }
                Kind::Endif if depth > 0 => {
                    depth -= 1;
                    // A conditional among the recipe lines belongs to the rule.
                    end = if end > position && depth == 0 && self.recipe_inside(at) { at } else { end };
                }
                Kind::Else if depth > 0 => {}
                Kind::Blank | Kind::Comment => {}
                _ => break,
            }
        }
        if depth > 0 { outside } else { end }
    }

    /// Whether rules around this one, which ends at the statement `end`, have blank lines between them.
    fn blank_after_rule(&self, position: usize, end: usize) -> bool {
        let is_blank = |at: usize| self.statements.get(at).is_some_and(|it| it.kind == Kind::Blank);
        if end + 1 < self.statements.len() {
            return is_blank(end + 1);
        }
        // The file's last rule does as the one before it, its comments apart.
        let before = (0..position).rev().find(|at| self.statements[*at].kind != Kind::Comment);
        before.is_some_and(is_blank)
    }

    /// The offset after the newline of a statement.
    fn line_after(&self, position: usize) -> usize {
        (self.statements[position].span.end() + 1).min(self.text.len())
    }

    fn recipe_inside(&self, endif: usize) -> bool {
        self.statements[..endif].iter().rev().take_while(|it| it.kind != Kind::If).any(|it| it.kind == Kind::Recipe)
    }

    fn inside(&self) -> &Inside {
        self.inside.get_or_init(|| Inside::new(self.text.as_str(), &self.lines))
    }
}
