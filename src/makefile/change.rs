//! A wish in make's words, as edits that keep the file's style: the one place that turns wishes into bytes.

use super::{Kind, Makefile, RuleLine};
use crate::edit::Edits;
use crate::source::{Project, Span};

/// What should be changed in a makefile. Rules and assignments are named by a span in their first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `rule: ... name`, after the other normal prerequisites.
    AddPrerequisite {
        /// The rule line.
        rule: Span,
        /// The name, as make text.
        name: String,
    },
    /// `rule: ... | name`
    AddOrderOnly {
        /// The rule line.
        rule: Span,
        /// The name, as make text.
        name: String,
    },
    /// The rule no longer has this target; there must be another one.
    RemoveTarget {
        /// The target's word.
        target: Span,
    },
    /// New lines where `position` says; each ends with `\n`, whatever the file's line ends are.
    Insert {
        /// Where.
        position: Position,
        /// The lines.
        lines: String,
    },
    /// A statement goes, with its line.
    Delete {
        /// In the statement.
        statement: Span,
    },
    /// Other text in place of a word.
    Replace {
        /// The word.
        word: Span,
        /// The text.
        with: String,
    },
}

/// Where lines are inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// As a rule of their own after this rule and its recipe, a blank line between where the file has such.
    AfterRule(Span),
    /// Just after this statement.
    After(Span),
    /// Just before this statement.
    Before(Span),
}

/// The edits that fulfil a wish; `None` where the file has no such statement or it cannot be changed so.
pub fn change(project: &Project, wish: &Wish) -> Option<Edits> {
    let mut edits = Edits::new();
    let place = match wish {
        Wish::AddPrerequisite { rule, .. } | Wish::AddOrderOnly { rule, .. } => rule,
        Wish::RemoveTarget { target } => target,
        Wish::Insert { position: Position::AfterRule(it) | Position::After(it) | Position::Before(it), .. } => it,
        Wish::Delete { statement } => statement,
        Wish::Replace { word, with } => {
            edits.replace(*word, with.as_str()).ok()?;
            return Some(edits);
        }
    };
    let makefile = Makefile::read(project, place.file);
    let position = makefile.at(place.start)?;
    let (span, text) = match wish {
        Wish::AddPrerequisite { name, .. } => add_prerequisite(&makefile, position, name)?,
        Wish::AddOrderOnly { name, .. } => add_order_only(&makefile, position, name)?,
        Wish::RemoveTarget { target } => remove_target(&makefile.rule_line(position)?, *target)?,
        Wish::Insert { position: Position::AfterRule(_), lines } => insert_rule(&makefile, position, lines),
        Wish::Insert { position: Position::After(_), lines } => insert_after(&makefile, position, lines),
        Wish::Insert { position: Position::Before(_), lines } => {
            let at = makefile.statements[position].span.start;
            (Span::new(makefile.file, at, at), with_line_ends(&makefile, lines))
        }
        Wish::Delete { .. } => (whole_line(&makefile, position), String::new()),
        Wish::Replace { .. } => return None,
    };
    edits.replace(span, text).ok()?;
    Some(edits)
}

fn add_prerequisite(makefile: &Makefile, position: usize, name: &str) -> Option<(Span, String)> {
    let line = plain_rule(makefile, position)?;
    Some(match line.prerequisites.last() {
        Some(last) => after_word(makefile, &line, *last, "", name),
        None => after_colon(makefile, &line, name),
    })
}

fn add_order_only(makefile: &Makefile, position: usize, name: &str) -> Option<(Span, String)> {
    let line = plain_rule(makefile, position)?;
    Some(match (line.order_only.last(), line.bar, line.prerequisites.last()) {
        (Some(last), _, _) => after_word(makefile, &line, *last, "", name),
        (None, Some(bar), _) => insertion(bar, format!(" {name}")),
        (None, None, Some(last)) => after_word(makefile, &line, *last, "| ", name),
        (None, None, None) => after_colon(makefile, &line, &format!("| {name}")),
    })
}

/// The line of a rule whose words stand in it.
fn plain_rule(makefile: &Makefile, position: usize) -> Option<RuleLine> {
    (makefile.statements[position].kind == Kind::Rule).then(|| makefile.rule_line(position)).flatten()
}

fn insertion(after: Span, text: String) -> (Span, String) {
    (Span::new(after.file, after.end, after.end), text)
}

/// After the colon; blanks that end the line serve as the separator.
fn after_colon(makefile: &Makefile, line: &RuleLine, text: &str) -> (Span, String) {
    let colon = match line.target_pattern.last() {
        Some(pattern) => {
            makefile.text()[pattern.end..line.head.end].find(':').map_or(pattern.end, |it| pattern.end + it + 1)
        }
        None => line.operator.end,
    };
    let bytes = makefile.text().as_bytes();
    let blanks = bytes[colon..].iter().take_while(|it| matches!(it, b' ' | b'\t')).count();
    let ends = bytes.get(colon + blanks).is_none_or(|it| matches!(it, b'\n' | b'\r'));
    let (at, separator) = if ends && blanks > 0 { (colon + blanks, "") } else { (colon, " ") };
    (Span::new(line.head.file, at, at), format!("{separator}{text}"))
}

/// After a word of the list: on its line, or on a line of its own where the list has one word on each.
fn after_word(makefile: &Makefile, line: &RuleLine, last: Span, before: &str, name: &str) -> (Span, String) {
    let text = makefile.text();
    let line_start = text[..last.start].rfind('\n').map_or(0, |it| it + 1);
    let indent = &text[line_start..last.start];
    let alone = line_start > line.head.start && indent.bytes().all(|it| it == b' ' || it == b'\t');
    if !alone {
        return insertion(last, format!(" {before}{name}"));
    }
    // The line before ends with a backslash; the new one goes in its column, or after the same blanks.
    let previous = text[..line_start].trim_end_matches(['\n', '\r']);
    let backslash = previous.len() - 1;
    let previous_start = previous.rfind('\n').map_or(0, |it| it + 1);
    let blanks_start = text[..backslash].trim_end_matches([' ', '\t']).len();
    let column = backslash - previous_start;
    let own = last.end - line_start;
    let usual = &text[blanks_start..backslash];
    let padding = if usual.len() > 1 && column > own { " ".repeat(column - own) } else { usual.to_owned() };
    let newline = newline(text);
    insertion(last, format!("{padding}\\{newline}{indent}{before}{name}"))
}

fn remove_target(line: &RuleLine, target: Span) -> Option<(Span, String)> {
    let position = line.targets.iter().position(|it| it.contains(target) || *it == target)?;
    let word = line.targets[position];
    let (start, end) = match (position.checked_sub(1), line.targets.get(position + 1)) {
        (Some(previous), _) => (line.targets[previous].end, word.end),
        (None, Some(next)) => (word.start, next.start),
        (None, None) => return None,
    };
    Some((Span::new(target.file, start, end), String::new()))
}

fn insert_rule(makefile: &Makefile, position: usize, lines: &str) -> (Span, String) {
    let end = makefile.rule_end(position);
    let blank = separated(makefile, position, end);
    let lines = if blank { format!("\n{lines}") } else { lines.to_owned() };
    insert_after(makefile, end, &lines)
}

/// Whether rules around this one have blank lines between them.
fn separated(makefile: &Makefile, position: usize, end: usize) -> bool {
    let is_blank = |at: usize| makefile.statements.get(at).is_some_and(|it| it.kind == Kind::Blank);
    if end + 1 < makefile.statements.len() {
        return is_blank(end + 1);
    }
    // The file's last rule does as the one before it, its comments apart.
    let before = (0..position).rev().find(|at| makefile.statements[*at].kind != Kind::Comment);
    before.is_some_and(is_blank)
}

fn insert_after(makefile: &Makefile, position: usize, lines: &str) -> (Span, String) {
    let line = whole_line(makefile, position);
    let complete = makefile.text()[..line.end].ends_with('\n');
    let text = with_line_ends(makefile, lines);
    let newline = newline(makefile.text());
    // A file whose last line lacks its newline goes on lacking it.
    let text = match complete {
        true => text,
        false => format!("{newline}{}", text.strip_suffix(newline).unwrap_or(&text)),
    };
    (Span::new(line.file, line.end, line.end), text)
}

/// A statement with the newline at its end.
fn whole_line(makefile: &Makefile, position: usize) -> Span {
    let span = makefile.statements[position].span;
    Span::new(span.file, span.start, (span.end + 1).min(makefile.text().len()))
}

fn with_line_ends(makefile: &Makefile, lines: &str) -> String {
    match newline(makefile.text()) {
        "\n" => lines.to_owned(),
        other => lines.replace('\n', other),
    }
}

/// How the file ends its lines.
fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text after a wish about the place of `word` in it.
    fn after(text: &str, word: &str, wish: impl Fn(Span) -> Wish) -> String {
        let project = Project::in_memory([("Makefile", text)]);
        let file = project.open("Makefile").unwrap();
        let at = text.find(word).unwrap();
        let edits = change(&project, &wish(Span::new(file, at, at + word.len()))).unwrap();
        edits.apply(&project).source(file).text().to_owned()
    }

    fn normal(text: &str) -> String {
        after(text, "all", |rule| Wish::AddPrerequisite { rule, name: "new".to_owned() })
    }

    fn order_only(text: &str) -> String {
        after(text, "all", |rule| Wish::AddOrderOnly { rule, name: "new".to_owned() })
    }

    fn below(text: &str, lines: &str) -> String {
        after(text, "all", |it| Wish::Insert { position: Position::AfterRule(it), lines: lines.to_owned() })
    }

    #[test]
    fn a_prerequisite_comes_after_the_others() {
        assert_eq!(normal("all: a b\n\tx\n"), "all: a b new\n\tx\n");
        assert_eq!(normal("all:\n\tx\n"), "all: new\n\tx\n");
        assert_eq!(normal("all: \n"), "all: new\n");
        assert_eq!(normal("all: | d\n"), "all: new | d\n");
        assert_eq!(normal("all: a| d\n"), "all: a new| d\n");
        assert_eq!(normal("all: a  # why\n"), "all: a new  # why\n");
        assert_eq!(normal("all: a; x\n"), "all: a new; x\n");
        assert_eq!(normal("all: $(A B)\t\n"), "all: $(A B) new\t\n");
        assert_eq!(normal("all:: a"), "all:: a new");
        assert_eq!(normal("all.o b.o: %.o: %.c\n"), "all.o b.o: %.o: %.c new\n");
        assert_eq!(normal("all.o: %.o:\n"), "all.o: %.o: new\n");
    }

    #[test]
    fn a_continued_list_goes_on_in_its_style() {
        assert_eq!(normal("all: a \\\n     b \\\n     c\n"), "all: a \\\n     b \\\n     c \\\n     new\n");
        assert_eq!(normal("all: a b \\\n  c d\n"), "all: a b \\\n  c d new\n");
        assert_eq!(
            normal("all:    \\\n\tlong/a \\\n\tb      \\\n\tcc\n\tx\n"),
            "all:    \\\n\tlong/a \\\n\tb      \\\n\tcc     \\\n\tnew\n\tx\n"
        );
        assert_eq!(normal("all: \\\r\n\ta\r\n"), "all: \\\r\n\ta \\\r\n\tnew\r\n");
        assert_eq!(order_only("all: a \\\n     b\n"), "all: a \\\n     b \\\n     | new\n");
    }

    #[test]
    fn an_order_only_prerequisite_stands_after_the_bar() {
        assert_eq!(order_only("all: a\n"), "all: a | new\n");
        assert_eq!(order_only("all: a | b\n"), "all: a | b new\n");
        assert_eq!(order_only("all:; x\n"), "all: | new; x\n");
        assert_eq!(order_only("all: a |\n"), "all: a | new\n");
    }

    #[test]
    fn a_target_leaves_its_rule() {
        let remove = |text: &str, word: &str| after(text, word, |target| Wish::RemoveTarget { target });
        assert_eq!(remove("a bb c: d\n", "bb"), "a c: d\n");
        assert_eq!(remove("aa b: d\n", "aa"), "b: d\n");
        assert_eq!(remove("a \\\n  bb: d\n", "bb"), "a: d\n");
    }

    #[test]
    fn a_rule_is_inserted_as_the_file_spaces_its_rules() {
        assert_eq!(below("all: a\n\tx\n\nb:\n", "n:\n\ty\n"), "all: a\n\tx\n\nn:\n\ty\n\nb:\n");
        assert_eq!(below("all: a\n\tx\nb:\n", "n:\n"), "all: a\n\tx\nn:\nb:\n");
        assert_eq!(below("z:\n\n# c\nall:\n\tx", "n:\n\ty\n"), "z:\n\n# c\nall:\n\tx\n\nn:\n\ty");
        assert_eq!(
            below("all:\nifdef X\n\tx\nendif\n\ty\nA = 1\n", "n:\n"),
            "all:\nifdef X\n\tx\nendif\n\ty\nn:\nA = 1\n"
        );
        assert_eq!(below("all:\r\n\tx\r\n", "n:\n"), "all:\r\n\tx\r\nn:\r\n");
    }

    #[test]
    fn statements_come_and_go() {
        let insert = |it| Wish::Insert { position: Position::After(it), lines: "Y = 2\n".to_owned() };
        assert_eq!(after("X = 1 \\\n 2\nZ = 3\n", "X", insert), "X = 1 \\\n 2\nY = 2\nZ = 3\n");
        let delete = |statement| Wish::Delete { statement };
        assert_eq!(after("X = 1 \\\n 2\nZ = 3\n", "X", delete), "Z = 3\n");
        let replace = |word| Wish::Replace { word, with: "$@.exp".to_owned() };
        assert_eq!(after("all:\n\tgen out.exp\n", "out.exp", replace), "all:\n\tgen $@.exp\n");
    }
}
