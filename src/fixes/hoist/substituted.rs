//! Hoisting out of a value that configure.ac substitutes.

use super::command::{self, find};
use super::{Case, Place, Position, Wish, is_called, new_variable, reader_wishes, rule, upper, words};
use crate::configure::ShellAssignment;
use crate::source::Span;

/// The command leaves the value in configure.ac; a new substituted variable names the file where the value was set, and
/// is empty elsewhere.
pub(super) fn wishes(case: &Case, places: &[Place], spelt: Span) -> Option<Vec<Wish>> {
    let configure = case.configure;
    let assignment = assignment_around(case, spelt)?;
    let source = case.project.source(spelt.file);
    let value = inside_quotes(source.text(), assignment.value_span);
    let found = find(&source, value, spelt)?;
    // Of the shell's variables make knows nothing.
    let is_known = !words(&found.text).first()?.contains('$');
    if is_known && places.iter().any(|it| !is_called(case, it.job, &found.text)) {
        return None;
    }
    let file = case.project.text(spelt);
    let name = new_variable(case);
    let mut wishes = Vec::new();

    // What the command took from other shell variables.
    let mut text = unescaped(&found.text);
    let mut defaults = format!("{name}=\n");
    let mut substitutions = format!("AC_SUBST({name})\n");
    let mut lines = vec![(name.clone(), format!("@{name}@"))];
    for variable in shell_variables(&found.text) {
        let own = only_used_in(case, &variable, found.with_separator);
        if !own {
            return None;
        }
        let new = upper(&variable);
        for other in configure.assignments(&variable) {
            let target = Span::new(other.span.file, other.span.start(), other.span.start() + variable.len());
            // Within a macro that is given the name there is none to change.
            if case.project.text(target) != variable {
                return None;
            }
            wishes.push(Wish::Replace { span: target, text: new.clone() });
        }
        text = text
            .replace(&format!("${{{variable}}}"), &format!("$({new})"))
            .replace(&format!("${variable}"), &format!("$({new})"));
        defaults.push_str(&format!("{new}=\n"));
        substitutions.push_str(&format!("AC_SUBST({new})\n"));
        lines.push((new.clone(), format!("@{new}@")));
    }
    if command::uses_automatic_variable(&text) {
        return None;
    }

    wishes.push(leave_value(case, &assignment, found.with_separator, value, &name, &file));
    let subst = substitution(case, &assignment.name)?;
    wishes.push(Wish::Lines { after: subst, lines: format!("{substitutions}{defaults}") });
    wishes.extend(template_lines(case, places, &assignment.name, &lines));
    let first = case.explicit_rule(places[0].job)?.1;
    wishes.push(Wish::Rule { position: Position::After(first), rule: rule(case, places[0].job, &file, &text) });
    wishes.extend(reader_wishes(case, &format!("$({name})"))?);
    Some(wishes)
}

/// The call that substitutes a variable: `AC_SUBST` where it has one, since `AC_ARG_VAR` and the like may stand far off.
fn substitution(case: &Case, variable: &str) -> Option<Span> {
    let file = case.configure.file?;
    let source = case.project.source(file);
    let call = [format!("AC_SUBST({variable})"), format!("AC_SUBST([{variable}])")];
    let own = call.iter().find_map(|it| source.text().find(it).map(|at| Span::new(file, at, at + it.len())));
    own.or_else(|| case.configure.subst_span(variable))
}

/// The assignment whose value holds a span.
fn assignment_around(case: &Case, span: Span) -> Option<ShellAssignment> {
    let names = case.graph.inputs();
    let of_inputs = names.iter().flat_map(|it| case.configure.assignments(it));
    of_inputs.filter(|it| it.value_span.contains(span)).min_by_key(|it| it.value_span.len())
}

fn inside_quotes(text: &str, value: Span) -> Span {
    let quoted = text[value.start()..].starts_with(['"', '\'']) && value.len() >= 2;
    if quoted { Span::new(value.file, value.start() + 1, value.end() - 1) } else { value }
}

/// `\$(X)` in double quotes is `$(X)` to make.
fn unescaped(text: &str) -> String {
    text.replace("\\$", "$").replace("\\\"", "\"").replace("\\`", "`")
}

/// The shell variables that a double-quoted text names, each once.
fn shell_variables(text: &str) -> Vec<String> {
    let mut res: Vec<String> = Vec::new();
    for (at, _) in text.match_indices('$') {
        let escaped = text[..at].ends_with('\\');
        let rest = text[at + 1..].trim_start_matches('{');
        let name: String = rest.chars().take_while(|it| it.is_ascii_alphanumeric() || *it == '_').collect();
        if !escaped && !name.is_empty() && !res.contains(&name) {
            res.push(name);
        }
    }
    res
}

/// Whether a shell variable is used within a span only.
fn only_used_in(case: &Case, variable: &str, span: Span) -> bool {
    let uses = case.configure.uses(variable);
    !uses.is_empty() && uses.iter().all(|it| span.contains(*it))
}

/// The value without the command; where nothing but its own former value is left, the new variable is set instead.
fn leave_value(case: &Case, assignment: &ShellAssignment, command: Span, value: Span, name: &str, file: &str) -> Wish {
    let source = case.project.source(value.file);
    let text = source.text();
    let rest = format!("{}{}", &text[value.start()..command.start()], &text[command.end()..value.end()]);
    let itself = [format!("${}", assignment.name), format!("${{{}}}", assignment.name)];
    let set = format!("{name}={file}");
    if itself.contains(&rest.trim().to_owned()) {
        return Wish::Replace { span: assignment.span, text: set };
    }
    let kept =
        format!("{}{}", &text[assignment.span.start()..command.start()], &text[command.end()..assignment.span.end()]);
    let indent: String =
        text[source.line_at(assignment.span.start()).start..].chars().take_while(|it| it.is_whitespace()).collect();
    Wish::Replace { span: assignment.span, text: format!("{kept}\n{indent}{set}") }
}

/// `NAME= @NAME@` lines beside the one of the variable that held the command, in its style.
fn template_lines(case: &Case, places: &[Place], variable: &str, lines: &[(String, String)]) -> Option<Wish> {
    let reference = format!("@{variable}@");
    let database = &case.instance(places[0].job).database;
    let span =
        database.variables.values().filter_map(|it| it.span).find(|it| case.project.text(*it).contains(&reference))?;
    let line = case.project.text(span);
    let equals = line.find('=')?;
    let operator: String = line[..equals].chars().skip_while(|it| it.is_alphanumeric() || *it == '_').collect();
    let blanks: String = line[equals + 1..].chars().take_while(|it| it.is_whitespace()).collect();
    let width = line[..equals].len();
    let lines: String = lines
        .iter()
        .map(|(name, value)| format!("{name}{operator}={}{value}\n", fitted(&blanks, width, name.len())))
        .collect();
    Some(Wish::Lines { after: span, lines })
}

/// Blanks that reach the column of the model line.
fn fitted(blanks: &str, model: usize, name: usize) -> String {
    if !blanks.starts_with('\t') {
        return blanks.to_owned();
    }
    let column = (model + 1) / 8 + blanks.len();
    let here = (name + 1) / 8;
    "\t".repeat(column.saturating_sub(here).max(1))
}
