//! strace's output as values. Knows nothing of jobs, or of what a call means.

use std::collections::BTreeMap;

/// What a line of a trace tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A system call that returned, or that ended the process.
    Call(Call),
    /// The process ended.
    Exit { pid: u32, status: String },
}

/// A system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) pid: u32,
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
    /// What follows the `=`.
    pub(super) result: String,
}

impl Call {
    /// The name of the error, if it failed.
    pub(super) fn error(&self) -> Option<&str> {
        let mut words = self.result.split_whitespace();
        (words.next() == Some("-1")).then(|| words.next().unwrap_or("error"))
    }

    /// The number that it returned.
    pub(super) fn number(&self) -> Option<u32> {
        let end = self.result.find(|it: char| !it.is_ascii_digit()).unwrap_or(self.result.len());
        self.result[..end].parse().ok()
    }

    /// The path of the descriptor that it returned.
    pub(super) fn opened(&self) -> Option<String> {
        described(&self.result)
    }

    /// As strace would print it, without the folders that it puts beside descriptors.
    pub(super) fn text(&self) -> String {
        let arguments: Vec<String> = self.arguments.iter().map(|it| plain(it)).collect();
        format!("{}({}) = {}", self.name, arguments.join(", "), plain(&self.result))
    }
}

/// Reads lines; joins the halves of calls that others interrupted.
#[derive(Default)]
pub(super) struct Reader {
    unfinished: BTreeMap<u32, String>,
}

impl Reader {
    pub(super) fn line(&mut self, line: &str) -> Option<Event> {
        let (pid, rest) = line.trim_start().split_once(' ')?;
        let (pid, rest) = (pid.parse().ok()?, rest.trim_start());
        if let Some(text) = rest.strip_prefix("+++ ") {
            self.unfinished.remove(&pid);
            return Some(Event::Exit { pid, status: text.trim_end_matches(" +++").to_owned() });
        }
        if let Some(head) = rest.strip_suffix("<unfinished ...>") {
            self.unfinished.insert(pid, head.trim_end().to_owned());
            return None;
        }
        if let Some(tail) = rest.strip_prefix("<... ") {
            let (_, tail) = tail.split_once(" resumed>")?;
            let head = self.unfinished.remove(&pid)?;
            return call(pid, &format!("{head}{tail}")).map(Event::Call);
        }
        call(pid, rest).map(Event::Call)
    }
}

fn call(pid: u32, text: &str) -> Option<Call> {
    let (head, result) = text.rsplit_once(" = ")?;
    let (name, arguments) = head.trim_end().strip_suffix(')')?.split_once('(')?;
    let is_name = !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    is_name.then(|| Call {
        pid,
        name: name.to_owned(),
        arguments: split(arguments),
        result: result.trim_end().to_owned(),
    })
}

/// Splits at commas that are in no string and no bracket.
fn split(text: &str) -> Vec<String> {
    let mut res = Vec::new();
    let (mut depth, mut quoted, mut escaped, mut start) = (0usize, false, false, 0);
    for (at, it) in text.char_indices() {
        match it {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                res.push(text[start..at].trim().to_owned());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        res.push(last.to_owned());
    }
    res
}

/// The text of a quoted argument; `None` for a null pointer or an address.
pub(super) fn string(argument: &str) -> Option<String> {
    let inner = argument.strip_prefix('"')?;
    let inner = inner.strip_suffix("...").unwrap_or(inner).strip_suffix('"')?;
    Some(unescaped(inner))
}

/// The path that strace puts after a descriptor: `3</tmp/x>`, `AT_FDCWD</tmp>`.
pub(super) fn described(argument: &str) -> Option<String> {
    let (_, path) = argument.split_once('<')?;
    let (path, _) = path.rsplit_once('>')?;
    path.starts_with('/').then(|| unescaped(path))
}

fn plain(argument: &str) -> String {
    match (argument.split_once('<'), argument.starts_with('"')) {
        (Some((number, path)), false) if path.starts_with('/') => number.to_owned(),
        _ => argument.to_owned(),
    }
}

/// C escapes as strace writes them.
fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first != b'\\' {
            bytes.push(first);
            continue;
        }
        let digits = rest.iter().take(3).take_while(|it| (b'0'..=b'7').contains(*it)).count();
        if digits > 0 {
            let value = rest[..digits].iter().fold(0u32, |res, it| res * 8 + u32::from(it - b'0'));
            bytes.push(u8::try_from(value & 0xff).unwrap_or_default());
            rest = &rest[digits..];
        } else if let Some((&it, tail)) = rest.split_first() {
            bytes.push(match it {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'v' => 0x0b,
                b'f' => 0x0c,
                it => it,
            });
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Event> {
        let mut reader = Reader::default();
        text.lines().filter_map(|it| reader.line(it)).collect()
    }

    #[test]
    fn halves_are_joined_and_folders_told() {
        let events = read(
            "12 openat(AT_FDCWD</tmp/a, b>, \"x\\\"\\303\\251,\", O_WRONLY|O_CREAT, 0666 <unfinished ...>\n\
             13 mkdir(\"d = e\", 0777) = -1 EEXIST (File exists)\n\
             12 <... openat resumed>) = 3</tmp/a, b/x>\n\
             12 clone(child_stack=NULL, flags=A|B <unfinished ...>\n\
             12 <... clone resumed>, child_tidptr=0x7f) = 14\n\
             13 +++ exited with 1 +++\n",
        );
        let [Event::Call(mkdir), Event::Call(open), Event::Call(clone), exit] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!((mkdir.error(), string(&mkdir.arguments[0]).as_deref()), (Some("EEXIST"), Some("d = e")));
        assert_eq!(string(&open.arguments[1]).as_deref(), Some("x\"\u{e9},"));
        assert_eq!(described(&open.arguments[0]).as_deref(), Some("/tmp/a, b"));
        assert_eq!((open.opened().as_deref(), open.number()), (Some("/tmp/a, b/x"), Some(3)));
        assert_eq!((clone.name.as_str(), clone.number()), ("clone", Some(14)));
        assert_eq!(*exit, Event::Exit { pid: 13, status: "exited with 1".into() });
        assert_eq!(mkdir.text(), "mkdir(\"d = e\", 0777) = -1 EEXIST (File exists)");
    }
}
