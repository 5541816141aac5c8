//! Commands whose output can be told from their operands: `echo`, `basename`, `sed 's/x/y/'`.
//!
//! Knows no file.

use super::regex::Regex;
use super::value::Value;
use crate::text::{display, has_unknown};

/// `echo`
pub(super) fn echo(operands: &[Value]) -> Value {
    let flags = operands.iter().take_while(|it| matches!(it.text.as_str(), "-n" | "-e" | "-E" | "-ne")).count();
    let mut res = Value::default();
    for (idx, it) in operands[flags..].iter().enumerate() {
        if idx > 0 {
            res.push(" ", None);
        }
        res.append(it);
    }
    if flags == 0 {
        res.push("\n", None);
    }
    res
}

/// `printf`, for formats of `%s`, `%d`, `%%` and `\n`; the format is used again while operands are left.
pub(super) fn printf(operands: &[Value]) -> Value {
    let Some((format, rest)) = operands.split_first() else { return Value::default() };
    let mut rest = rest.iter();
    let mut res = Value::default();
    loop {
        let left = rest.len();
        let mut text = format.text.chars();
        while let Some(it) = text.next() {
            match it {
                '%' => match text.next() {
                    Some('d') if rest.clone().next().is_some_and(|it| !is_decimal(it)) => {
                        return output("printf", operands);
                    }
                    Some('s' | 'd' | 'b') => rest.next().into_iter().for_each(|it| res.append(it)),
                    Some('%') => res.push("%", None),
                    _ => return output("printf", operands),
                },
                '\\' => match text.next() {
                    Some('n') => res.push("\n", None),
                    Some('t') => res.push("\t", None),
                    Some('\\') => res.push("\\", None),
                    _ => return output("printf", operands),
                },
                it => res.push(it.encode_utf8(&mut [0; 4]), None),
            }
        }
        match rest.len() {
            0 => return res,
            still if still == left => return output("printf", operands),
            _ => {}
        }
    }
}

/// Whether a number is printed as it is written: `0x10` is not.
fn is_decimal(it: &Value) -> bool {
    let digits = it.text.strip_prefix('-').unwrap_or(&it.text);
    !it.is_known() || digits == "0" || !digits.starts_with('0') && digits.bytes().all(|it| it.is_ascii_digit())
}

/// `basename path [suffix]`
pub(super) fn basename(operands: &[Value]) -> Value {
    let Some(path) = operands.iter().find(|it| !it.text.starts_with('-')) else { return Value::default() };
    let text = path.text.trim_end_matches('/');
    let start = text.rfind('/').map_or(0, |it| it + 1);
    let name = path.slice(start..text.len());
    let suffix = operands.get(1).map_or("", |it| it.text.as_str());
    let length = name.text.strip_suffix(suffix).filter(|it| !it.is_empty()).map_or(name.text.len(), str::len);
    line(if start == 0 && !path.is_known() { output("basename", operands) } else { name.slice(0..length) })
}

/// `dirname path`
pub(super) fn dirname(operands: &[Value]) -> Value {
    let Some(path) = operands.first() else { return Value::default() };
    let text = path.text.trim_end_matches('/');
    line(match text.rfind('/') {
        Some(0) => path.derived("/"),
        Some(at) => path.slice(0..at),
        None if path.is_known() => path.derived("."),
        None => output("dirname", operands),
    })
}

/// `expr`, for sums.
pub(super) fn expr(operands: &[Value]) -> Value {
    let number = |at: usize| operands.get(at).and_then(|it| it.text.parse::<i64>().ok());
    let sum = match (number(0), operands.get(1).map(|it| it.text.as_str()), number(2)) {
        (Some(a), Some("+"), Some(b)) => a.checked_add(b),
        (Some(a), Some("-"), Some(b)) => a.checked_sub(b),
        _ => None,
    };
    let matched = match operands {
        [text, colon, pattern] if colon.text == ":" && text.is_known() => {
            let regex = Regex::new(&format!("^{}", pattern.text)).filter(|_| pattern.text.contains("\\("));
            regex.map(|it| it.captured(&text.text).unwrap_or_default())
        }
        _ => None,
    };
    line(match (sum, matched) {
        (Some(sum), _) => Value::plain(sum.to_string()),
        (_, Some(text)) => operands[0].derived(text),
        _ => output("expr", operands),
    })
}

/// `sed` on known text, for scripts of substitutions; `None` where it reads files or does more.
pub(super) fn sed(operands: &[Value], input: &Value) -> Option<Value> {
    let mut scripts = Vec::new();
    let mut operands = operands.iter();
    while let Some(it) = operands.next() {
        match it.text.as_str() {
            "-e" => scripts.push(operands.next()?.text.as_str()),
            text if text.starts_with('-') => return None,
            text if scripts.is_empty() => scripts.push(text),
            _ => return None,
        }
    }
    let text = input.trimmed().text;
    let spelling = || Value::unknown(&display(&format!("$(sed {} {})", scripts.join(";"), input.trimmed().text)));
    if !input.is_known() || scripts.is_empty() {
        return Some(spelling());
    }
    let changed = |it: &str| scripts.iter().try_fold(it.to_owned(), |line, script| substitute(script, &line));
    let lines: Option<Vec<String>> = text.split('\n').map(changed).collect();
    Some(lines.map_or_else(spelling, |it| line(input.trimmed().derived(it.join("\n")))))
}

/// `sort`, `sort -u` of known lines, by their bytes; `None` for others.
pub(super) fn sort(operands: &[Value], input: &Value) -> Option<Value> {
    let once = operands.iter().any(|it| it.text == "-u");
    if !input.is_known() || operands.len() > usize::from(once) {
        return None;
    }
    let mut lines: Vec<&str> = input.text.lines().collect();
    lines.sort_unstable();
    if once {
        lines.dedup();
    }
    Some(input.derived(lines.iter().map(|it| format!("{it}\n")).collect::<String>()))
}

/// `grep`, `grep -v`, also with `-E`, `-F`, `-i`, `-w`, `-x`, `-e`, of known lines; `None` for others.
pub(super) fn grep(name: &str, operands: &[Value], input: &Value) -> Option<Value> {
    let (mut extended, mut literal) = (name == "egrep", name == "fgrep");
    let (mut inverted, mut caseless, mut word, mut whole) = (false, false, false, false);
    let mut patterns = Vec::new();
    let mut operands = operands.iter().map(|it| it.text.as_str());
    while let Some(it) = operands.next() {
        match it.strip_prefix('-') {
            Some("e") => patterns.push(operands.next()?),
            Some(flags) => {
                for it in flags.chars() {
                    match it {
                        'E' => extended = true,
                        'F' => literal = true,
                        'v' => inverted = true,
                        'i' => caseless = true,
                        'w' => word = true,
                        'x' => whole = true,
                        'h' | 's' | 'a' => {}
                        _ => return None,
                    }
                }
            }
            None if patterns.is_empty() => patterns.push(it),
            None => return None,
        }
    }
    if !input.is_known() || patterns.is_empty() || patterns.iter().any(|it| has_unknown(it)) {
        return None;
    }
    let escaped: Vec<String> = patterns.iter().map(|it| regex::escape(it)).collect();
    let patterns = if literal { escaped.iter().map(String::as_str).collect() } else { patterns };
    let caseless = if caseless { "(?i)" } else { "" };
    let around = match (whole, word) {
        (true, _) => [&format!("{caseless}^"), "$"],
        (_, true) => [&format!("{caseless}\\b"), "\\b"],
        _ => [caseless, ""],
    };
    let pattern = Regex::any(&patterns, extended || literal, around)?;
    let lines = input.text.lines().filter(|it| pattern.matches(it) != inverted);
    Some(input.derived(lines.map(|it| format!("{it}\n")).collect::<String>()))
}

/// `head -n 3`, `head -3`, `tail -1` of known lines; `None` for others.
pub(super) fn some_lines(name: &str, operands: &[Value], input: &Value) -> Option<Value> {
    let words: Vec<&str> = operands.iter().map(|it| it.text.as_str()).collect();
    let number = match words[..] {
        [] => "10",
        ["-n", number] => number,
        [word] => word.strip_prefix("-n").or_else(|| word.strip_prefix('-'))?,
        _ => return None,
    };
    let number = number.parse::<usize>().ok().filter(|_| input.is_known())?;
    let lines: Vec<&str> = input.text.lines().collect();
    let number = number.min(lines.len());
    let taken = if name == "head" { &lines[..number] } else { &lines[lines.len() - number..] };
    Some(input.derived(taken.iter().map(|it| format!("{it}\n")).collect::<String>()))
}

/// `tr set set`, `tr -d set` on known text; `None` for others.
pub(super) fn tr(operands: &[Value], input: &Value) -> Option<Value> {
    let known = input.is_known() && operands.iter().all(Value::is_known);
    let changed: String = match operands {
        _ if !known => return None,
        [flag, from] if flag.text == "-d" => {
            let from = characters(&from.text)?;
            input.text.chars().filter(|it| !from.contains(it)).collect()
        }
        [from, to] if !from.text.starts_with("-") || from.text == "-" => {
            let (from, to) = (characters(&from.text)?, characters(&to.text)?);
            let last = *to.last()?;
            let of = |it: char| match from.iter().rposition(|known| *known == it) {
                Some(at) => to.get(at).copied().unwrap_or(last),
                None => it,
            };
            input.text.chars().map(of).collect()
        }
        _ => return None,
    };
    Some(input.derived(changed))
}

/// The characters that a set of `tr` spells.
fn characters(set: &str) -> Option<Vec<char>> {
    let set = set.replace("[:upper:]", "A-Z").replace("[:lower:]", "a-z").replace("[:digit:]", "0-9");
    let set = set.replace("[:space:]", " \\t\\n");
    if set.contains("[:") {
        return None;
    }
    let mut plain: Vec<(char, bool)> = Vec::new();
    let mut left = set.chars();
    while let Some(it) = left.next() {
        plain.push(match it {
            '\\' => match left.next()? {
                'n' => ('\n', false),
                't' => ('\t', false),
                it if it.is_ascii_digit() => return None,
                it => (it, false),
            },
            it => (it, it == '-'),
        });
    }
    let mut res = Vec::new();
    let mut at = 0;
    while let Some((it, _)) = plain.get(at) {
        match (plain.get(at + 1), plain.get(at + 2)) {
            (Some((_, true)), Some((end, _))) => {
                res.extend(*it..=*end);
                at += 3;
            }
            _ => {
                res.push(*it);
                at += 1;
            }
        }
    }
    Some(res)
}

/// `cut -d c -f n`, `cut -b n-` on one line of known text; `None` for others.
pub(super) fn cut(operands: &[Value], input: &Value) -> Option<Value> {
    let (mut separator, mut field, mut start) = ('\t', None, None);
    let mut operands = operands.iter().map(|it| it.text.as_str());
    while let Some(it) = operands.next() {
        let (flag, attached) = it.split_at_checked(2)?;
        let value = if attached.is_empty() { operands.next()? } else { attached };
        match flag {
            "-d" => separator = value.chars().next()?,
            "-f" => field = Some(value.parse::<usize>().ok()?.checked_sub(1)?),
            "-b" | "-c" => start = Some(value.strip_suffix('-')?.parse::<usize>().ok()?.checked_sub(1)?),
            _ => return None,
        }
    }
    let text = input.trimmed().text;
    if !input.is_known() || text.contains('\n') {
        return None;
    }
    let part = match (field, start) {
        (Some(_), None) if !text.contains(separator) => text.as_str(),
        (Some(field), None) => text.split(separator).nth(field).unwrap_or_default(),
        (None, Some(start)) => text.get(start..).unwrap_or_default(),
        _ => return None,
    };
    Some(line(input.derived(part)))
}

/// `s/x/y/`, several with `;` between.
fn substitute(script: &str, text: &str) -> Option<String> {
    let mut text = text.to_owned();
    let mut rest = script.trim_start_matches([' ', ';', '\n']);
    while !rest.is_empty() {
        let separator = rest.strip_prefix('s')?.chars().next()?;
        let body = &rest[1 + separator.len_utf8()..];
        let (pattern, body) = part(body, separator)?;
        let (replacement, flags) = part(body, separator)?;
        let end = flags.find([';', '\n']).unwrap_or(flags.len());
        let all = match flags[..end].trim() {
            "" => false,
            "g" => true,
            _ => return None,
        };
        text = Regex::new(&pattern)?.replace(&text, &replacement, all)?;
        rest = flags[end..].trim_start_matches([' ', ';', '\n']);
    }
    Some(text)
}

/// Text up to a separator that is not escaped, and what follows it.
fn part(text: &str, separator: char) -> Option<(String, &str)> {
    let mut res = String::new();
    let mut chars = text.char_indices();
    while let Some((at, it)) = chars.next() {
        match it {
            '\\' => {
                let (_, next) = chars.next()?;
                if next != separator {
                    res.push('\\');
                }
                res.push(next);
            }
            _ if it == separator => return Some((res, &text[at + it.len_utf8()..])),
            _ => res.push(it),
        }
    }
    None
}

/// What a command prints, where only its spelling is known.
pub(super) fn output(name: &str, operands: &[Value]) -> Value {
    let words: Vec<String> = operands.iter().map(|it| display(&it.text)).collect();
    Value::unknown(&format!("$({name} {})", words.join(" ")))
}

fn line(mut value: Value) -> Value {
    value.push("\n", None);
    value
}
