//! Where a quoted or nested piece of shell text ends. Each function takes the offset after what opens the piece and
//! gives the offset after what closes it, or `None` where nothing does or the nesting is absurd.
//!
//! Knows nothing of commands, but for `case`, whose patterns end in a lone parenthesis.

/// Nesting that no person writes.
pub(super) const DEEPEST: usize = 200;

/// The end of the word that starts at `at`.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let mut it = at;
    if matches!(bytes.get(it), Some(b'<' | b'>')) && bytes.get(it + 1) == Some(&b'(') {
        it = parenthesis(bytes, it + 2, 0)?;
    }
    while let Some(byte) = bytes.get(it) {
        it = match byte {
            b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b')' => return Some(it),
            b'(' if it > at && bytes[it - 1] == b'=' => parenthesis(bytes, it + 1, 0)?,
            b'(' => return Some(it),
            _ => piece(bytes, it, 0)?,
        };
    }
    Some(it)
}

/// The end of the character, escape, quote or expansion at `at`.
fn piece(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    match bytes[at] {
        b'\\' => Some((at + 2).min(bytes.len())),
        b'\'' => single(bytes, at + 1),
        b'"' => double(bytes, at + 1, depth + 1),
        b'`' => backquote(bytes, at + 1),
        b'$' => dollar(bytes, at, depth),
        _ => Some(at + 1),
    }
}

/// After `'`.
pub(super) fn single(bytes: &[u8], at: usize) -> Option<usize> {
    bytes[at..].iter().position(|it| *it == b'\'').map(|it| at + it + 1)
}

/// After `` ` ``.
pub(super) fn backquote(bytes: &[u8], at: usize) -> Option<usize> {
    closing(bytes, at, b'`')
}

fn closing(bytes: &[u8], at: usize, close: u8) -> Option<usize> {
    let mut it = at;
    while *bytes.get(it)? != close {
        it += if bytes[it] == b'\\' { 2 } else { 1 };
    }
    Some(it + 1)
}

/// After `"`.
pub(super) fn double(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    let mut it = at;
    loop {
        it = match bytes.get(it)? {
            b'"' => return Some(it + 1),
            b'\'' => it + 1,
            _ => piece(bytes, it, depth)?,
        };
    }
}

/// From `$`: the end of the expansion, or of the dollar where it expands nothing.
pub(super) fn dollar(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    match bytes.get(at + 1) {
        _ if depth > DEEPEST => None,
        Some(b'(') => parenthesis(bytes, at + 2, depth + 1),
        Some(b'{') => brace(bytes, at + 2, depth + 1),
        Some(b'\'') => closing(bytes, at + 2, b'\''),
        Some(b'$') => Some(at + 2),
        _ => Some(at + 1),
    }
}

/// After `${`.
pub(super) fn brace(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    let mut it = at;
    loop {
        it = match bytes.get(it)? {
            b'}' => return Some(it + 1),
            _ => piece(bytes, it, depth)?,
        };
    }
}

/// After `(`.
pub(super) fn parenthesis(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    // One entry for each open parenthesis (`false`) and `case` (`true`).
    let mut open = vec![false];
    let mut it = at;
    let mut at_word = true;
    while let Some(last) = open.last() {
        let byte = *bytes.get(it)?;
        if at_word && byte.is_ascii_lowercase() {
            let end = bytes[it..].iter().position(|it| !it.is_ascii_alphanumeric()).map_or(bytes.len(), |n| it + n);
            match &bytes[it..end] {
                b"case" if has_in(&bytes[end..]) => open.push(true),
                b"esac" if *last => drop(open.pop()),
                _ => {}
            }
            it = end;
            at_word = false;
            continue;
        }
        it = match byte {
            b'#' if at_word => bytes[it..].iter().position(|it| *it == b'\n').map_or(bytes.len(), |n| it + n),
            b'(' => {
                open.push(false);
                it + 1
            }
            b')' => {
                if !*last {
                    open.pop();
                }
                it + 1
            }
            _ => piece(bytes, it, depth)?,
        };
        at_word = matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'(' | b')' | b'&' | b'|');
        if open.len() > DEEPEST {
            return None;
        }
    }
    Some(it)
}

/// Whether what follows `case` is a subject and `in`: the word alone may be an argument.
fn has_in(rest: &[u8]) -> bool {
    let Some(start) = rest.iter().position(|it| !matches!(it, b' ' | b'\t')) else { return false };
    let Some(end) = word(rest, start) else { return false };
    let after = rest[end..].iter().position(|it| !matches!(it, b' ' | b'\t' | b'\n')).map_or(rest.len(), |it| end + it);
    start > 0 && rest[after..].starts_with(b"in")
}
