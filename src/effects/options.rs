//! `getopts`.

use super::machine::Shell;
use super::value::Value;

/// Takes the next option; what is not known stays so.
pub(super) fn next(shell: &mut Shell, operands: &[Value]) -> Option<bool> {
    let [letters, name, rest @ ..] = operands else { return Some(false) };
    let words = if rest.is_empty() { shell.operands.to_vec() } else { rest.to_vec() };
    let index = shell.variable("OPTIND").text.parse::<usize>().unwrap_or(1).max(1);
    let Some(word) = words.get(index - 1) else { return end(shell, name, index) };
    if !word.is_known() && !word.text.starts_with('-') {
        for it in [name.text.as_str(), "OPTARG", "OPTIND"] {
            shell.set(it, Value::unknown(&format!("${{{it}}}")));
        }
        return None;
    }
    if !word.text.starts_with('-') || word.text == "-" {
        return end(shell, name, index);
    }
    if word.text == "--" {
        return end(shell, name, index + 1);
    }
    let at = shell.variable(WITHIN).text.parse::<usize>().unwrap_or(1);
    let letter = word.text[at..].chars().next().unwrap_or('?');
    let after = at + letter.len_utf8();
    let takes_value = letters.text.contains(&format!("{letter}:"));
    let (value, next, within) = match (takes_value, after < word.text.len()) {
        (true, true) => (Some(word.from(after)), index + 1, 1),
        (true, false) => (words.get(index).cloned(), index + 2, 1),
        (false, true) => (None, index, after),
        (false, false) => (None, index + 1, 1),
    };
    shell.set(&name.text, Value::plain(letter));
    shell.set("OPTARG", value.unwrap_or_default());
    shell.set("OPTIND", Value::plain(next.to_string()));
    shell.set(WITHIN, Value::plain(within.to_string()));
    Some(true)
}

/// Holds the offset in a bundle of letters; no script can name it.
const WITHIN: &str = "getopts within";

fn end(shell: &mut Shell, name: &Value, index: usize) -> Option<bool> {
    shell.set(&name.text, Value::plain("?"));
    shell.set("OPTIND", Value::plain(index.to_string()));
    Some(false)
}
