//! `test`: what is known of its answer.
//!
//! Knows files only through the function that it is given.

use super::expand::at_least_one;
use super::pattern::{escape, matches};
use super::value::Value;

/// The answer to an expression; `exists` answers for `-f file` and its like.
pub(super) fn evaluate(operands: &[Value], exists: &dyn Fn(&str, &Value) -> Option<bool>) -> Option<bool> {
    let mut reader = Reader { operands, at: 0, exists };
    match operands {
        [] => Some(false),
        [only] => text(only).map(|it| !it.is_empty()),
        [bang, only] if bang.text == "!" => text(only).map(|it| it.is_empty()),
        _ => {
            let res = reader.or();
            if reader.at == operands.len() { res } else { None }
        }
    }
}

struct Reader<'a> {
    operands: &'a [Value],
    at: usize,
    exists: &'a dyn Fn(&str, &Value) -> Option<bool>,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> &str {
        self.operands.get(self.at + ahead).map_or("", |it| it.text.as_str())
    }

    fn or(&mut self) -> Option<bool> {
        let mut res = self.and();
        while matches!(self.peek(0), "-o" | "||") {
            self.at += 1;
            let other = self.and();
            res = match (res, other) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        res
    }

    fn and(&mut self) -> Option<bool> {
        let mut res = self.not();
        while matches!(self.peek(0), "-a" | "&&") {
            self.at += 1;
            let other = self.not();
            res = match (res, other) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        res
    }

    fn not(&mut self) -> Option<bool> {
        if self.peek(0) == "!" && !is_binary(self.peek(1)) {
            self.at += 1;
            return self.not().map(|it| !it);
        }
        if self.peek(0) == "(" && !is_binary(self.peek(1)) {
            self.at += 1;
            let res = self.or();
            self.at += 1;
            return res;
        }
        self.primary()
    }

    fn primary(&mut self) -> Option<bool> {
        let Some(first) = self.operands.get(self.at) else { return Some(false) };
        if let (true, Some(second)) = (is_binary(self.peek(1)), self.operands.get(self.at + 2)) {
            let operator = self.peek(1).to_owned();
            self.at += 3;
            return compare(first, &operator, second);
        }
        let unary = first.text.len() == 2 && first.text.starts_with('-');
        let operand = self.operands.get(self.at + 1).filter(|_| unary);
        self.at += if operand.is_some() { 2 } else { 1 };
        match (first.text.as_str(), operand) {
            ("-n", Some(it)) => text(it).map(|it| !it.is_empty()),
            ("-z", Some(it)) => text(it).map(str::is_empty),
            ("-t", Some(_)) => None,
            (operator, Some(it)) => (self.exists)(operator, it),
            (_, None) => text(first).map(|it| !it.is_empty()),
        }
    }
}

/// The text, unless part of it is unknown: an unknown may be empty, but not with known text beside it.
fn text(value: &Value) -> Option<&str> {
    value.is_known_in_part().then_some(value.text.as_str())
}

fn is_binary(text: &str) -> bool {
    matches!(text, "=" | "==" | "!=" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef" | "=~")
}

/// Whether text that is unknown in places can be `known`.
pub(super) fn may_be(text: &str, known: &str) -> bool {
    let mut pattern = String::new();
    for it in text.chars() {
        match crate::text::is_unknown_char(it) {
            true if pattern.ends_with('*') => {}
            true => pattern.push('*'),
            false => pattern.push_str(&escape(it.encode_utf8(&mut [0; 4]))),
        }
    }
    matches(&pattern, known)
}

fn compare(left: &Value, operator: &str, right: &Value) -> Option<bool> {
    if *left == at_least_one() {
        return match (operator, right.text.as_str()) {
            ("-gt" | "-ne" | "!=", "0") | ("-ge", "1") => Some(true),
            ("-eq" | "=" | "==" | "-le", "0") | ("-lt", "1") => Some(false),
            _ => None,
        };
    }
    if !left.is_known() || !right.is_known() {
        let same = left.text == right.text;
        let differs =
            left.is_known() && !may_be(&right.text, &left.text) || right.is_known() && !may_be(&left.text, &right.text);
        return match operator {
            "=" | "==" if same || differs => Some(same),
            "!=" if same || differs => Some(differs),
            _ => None,
        };
    }
    let numbers = || Some((left.text.trim().parse::<i64>().ok()?, right.text.trim().parse::<i64>().ok()?));
    match operator {
        "=" | "==" => Some(left.text == right.text),
        "!=" => Some(left.text != right.text),
        "-eq" => numbers().map(|it| it.0 == it.1),
        "-ne" => numbers().map(|it| it.0 != it.1),
        "-lt" => numbers().map(|it| it.0 < it.1),
        "-le" => numbers().map(|it| it.0 <= it.1),
        "-gt" => numbers().map(|it| it.0 > it.1),
        "-ge" => numbers().map(|it| it.0 >= it.1),
        _ => None,
    }
}
