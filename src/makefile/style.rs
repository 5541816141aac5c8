//! How a makefile's author writes: line ends, blanks around colons, prefixes of recipe lines, guards.

use super::change::NewRule;
use super::{Kind, Makefile, RuleLine};

/// The style of the rule that a new one stands beside.
pub(super) struct Style {
    /// `@X_TRUE@` before each line.
    guard: String,
    /// What stands before the colon.
    before_colon: String,
    /// The blanks after the colon.
    gap: Gap,
    /// What starts a recipe line.
    prefix: String,
}

/// Blanks between a colon and the first prerequisite.
pub(super) enum Gap {
    /// These.
    Blanks(String),
    /// Tabs up to this column.
    Column(usize),
}

impl Style {
    /// The style of the rule at a position.
    pub(super) fn of(makefile: &Makefile, position: usize) -> Style {
        let text = makefile.text();
        let statement = &makefile.statements[position];
        let guard = text[statement.guards.range()].trim_end_matches([' ', '\t']).to_owned();
        let line = makefile.rule_line(position);
        let before_colon = line.as_ref().map_or("", |it| blank_before_colon(text, it)).to_owned();
        let is_recipe = |it: &&super::Statement| it.kind == Kind::Recipe;
        let recipe = makefile.statements[position..].iter().find(is_recipe);
        let prefix = recipe.map_or("\t", |it| &text[it.guards.range()]);
        let prefix = prefix.trim_start_matches(guard.as_str()).chars().take(1).collect();
        Style { guard, before_colon, gap: gap(makefile, position), prefix }
    }

    /// A rule as lines.
    pub(super) fn render(&self, rule: &NewRule) -> String {
        let mut list = rule.prerequisites.clone();
        if !rule.order_only.is_empty() {
            list.push_str(if list.is_empty() { "| " } else { " | " });
            list.push_str(&rule.order_only);
        }
        let colon = if rule.double_colon { "::" } else { ":" };
        let head = format!("{}{}{colon}", rule.targets, self.before_colon);
        let gap = if list.is_empty() { String::new() } else { self.gap.after(&head) };
        let mut res = format!("{}{head}{gap}{list}\n", self.guard);
        for line in &rule.recipe {
            res.push_str(&format!("{}{}{line}\n", self.guard, self.prefix));
        }
        res
    }
}

impl Gap {
    /// The blanks after a line's head.
    pub(super) fn after(&self, head: &str) -> String {
        match self {
            Gap::Blanks(it) => it.clone(),
            Gap::Column(column) => {
                let here = width(head.rsplit('\n').next().unwrap_or(head)) / 8;
                "\t".repeat((column / 8).saturating_sub(here).max(1))
            }
        }
    }
}

/// The blanks of the nearest rule line that has prerequisites, the one at the position first.
pub(super) fn gap(makefile: &Makefile, position: usize) -> Gap {
    let before = (0..=position).rev().take(60);
    let after = position + 1..makefile.statements.len().min(position + 60);
    let rules = before.chain(after).filter(|it| makefile.statements[*it].kind == Kind::Rule);
    rules.filter_map(|it| gap_of(makefile.text(), &makefile.rule_line(it)?)).next().unwrap_or(Gap::Blanks(" ".into()))
}

fn gap_of(text: &str, line: &RuleLine) -> Option<Gap> {
    let first = line.prerequisites.first().or(line.order_only.first())?;
    let blanks = text.get(line.operator.end()..first.start())?;
    if line.bar.is_some_and(|it| it.start() < first.start()) || !line.target_pattern.is_empty() {
        return None;
    }
    if !blanks.is_empty() && blanks.bytes().all(|it| it == b'\t') {
        let head = &text[line.head.start()..first.start()];
        return Some(Gap::Column(width(head.rsplit('\n').next().unwrap_or(head))));
    }
    // Many blanks align something that is not known here.
    blanks.bytes().all(|it| it == b' ').then(|| Gap::Blanks(if blanks.is_empty() { "" } else { " " }.to_owned()))
}

fn blank_before_colon<'t>(text: &'t str, line: &RuleLine) -> &'t str {
    let blanks = line.targets.last().map_or("", |it| &text[it.end()..line.operator.start()]);
    if blanks == " " { " " } else { "" }
}

/// The column after a text, with a tab stop at each eighth.
pub(super) fn width(text: &str) -> usize {
    text.chars().fold(0, |at, it| if it == '\t' { at / 8 * 8 + 8 } else { at + 1 })
}

/// How the file ends its lines.
pub(super) fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// New text with the line ends of a file.
pub(super) fn with_line_ends(text: &str, new: &str) -> String {
    let has_own = new.contains("\r\n");
    if newline(text) == "\r\n" && !has_own { new.replace('\n', "\r\n") } else { new.to_owned() }
}
