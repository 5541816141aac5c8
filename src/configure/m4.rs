//! The lexical side of m4: quotes, comments, names and the arguments of calls.
//!
//! Knows no macro by name but `dnl`.

use std::ops::Range;

use super::mapped::Mapped;

/// The quotes in force; none where one of them is empty.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quotes {
    pub(super) open: String,
    pub(super) close: String,
}

impl Default for Quotes {
    fn default() -> Quotes {
        Quotes { open: "[".to_owned(), close: "]".to_owned() }
    }
}

/// What stands next in m4's input.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// From `#` to before the newline: copied, nothing in it is read.
    Comment(Range<usize>),
    /// The inside of a quoted string.
    Quoted(Range<usize>),
    /// A name, perhaps a macro's.
    Name(Range<usize>),
    /// `dnl` to the end of its line.
    Dropped,
    /// Anything else.
    Other(Range<usize>),
}

/// How many quotes without an end are looked for to the end of the text, so that hostile text costs no square.
const UNCLOSED: usize = 30;

/// Reads a text from left to right.
pub(super) struct Lexer<'a> {
    text: &'a str,
    pub(super) at: usize,
    unclosed: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Lexer<'a> {
        Lexer { text, at, unclosed: 0 }
    }

    /// The next token, or `None` at the end.
    pub(super) fn next(&mut self, quotes: &Quotes) -> Option<Token> {
        let rest = self.text.get(self.at..).filter(|it| !it.is_empty())?;
        let start = self.at;
        let first = rest.as_bytes()[0];
        let quoting = !quotes.open.is_empty() && !quotes.close.is_empty();
        if quoting
            && rest.starts_with(&quotes.open)
            && let Some(inside) = self.quoted(quotes)
        {
            return Some(Token::Quoted(inside));
        }
        if first == b'#' {
            self.at += rest.find('\n').unwrap_or(rest.len());
            return Some(Token::Comment(start..self.at));
        }
        if is_name_start(first) {
            self.at += name_length(rest);
            if &self.text[start..self.at] != "dnl" {
                return Some(Token::Name(start..self.at));
            }
            self.at = rest.find('\n').map_or(self.text.len(), |it| start + it + 1);
            return Some(Token::Dropped);
        }
        self.at += self.other_length(rest, quotes, quoting);
        Some(Token::Other(start..self.at))
    }

    /// The length of what is neither name nor quote nor comment; digits keep the letters after them from being a name.
    fn other_length(&self, rest: &str, quotes: &Quotes, quoting: bool) -> usize {
        let bytes = rest.as_bytes();
        let mut len = 0;
        while len < bytes.len() {
            if bytes[len].is_ascii_digit() {
                len += name_length(&rest[len..]);
                continue;
            }
            let stops = is_name_start(bytes[len])
                || matches!(bytes[len], b'#' | b'(' | b')' | b',')
                || quoting && rest.is_char_boundary(len) && rest[len..].starts_with(&quotes.open);
            if stops && len > 0 {
                break;
            }
            len += 1;
            if stops {
                break;
            }
        }
        while !rest.is_char_boundary(len) {
            len += 1;
        }
        len
    }

    /// The inside of the quoted string that starts here, and moves behind it; `None` where it never ends.
    fn quoted(&mut self, quotes: &Quotes) -> Option<Range<usize>> {
        if self.unclosed > UNCLOSED {
            return None;
        }
        let start = self.at + quotes.open.len();
        let bytes = self.text.as_bytes();
        let (open, close) = (quotes.open.as_bytes(), quotes.close.as_bytes());
        let mut depth = 1;
        let mut at = start;
        while at < bytes.len() {
            if bytes[at] == close[0] && bytes[at..].starts_with(close) {
                depth -= 1;
                if depth == 0 {
                    self.at = at + close.len();
                    return Some(start..at);
                }
                at += close.len();
            } else if bytes[at] == open[0] && bytes[at..].starts_with(open) {
                depth += 1;
                at += open.len();
            } else {
                at += 1;
            }
        }
        self.unclosed += 1;
        None
    }
}

/// The arguments of the call whose `(` stands at `open`, each without its outer quotes and leading blanks, and the
/// offset after the `)`; `None` where the text ends first. A call in an argument that stands outside quotes keeps its
/// quotes, as m4 reads it before the argument is complete.
pub(super) fn arguments(input: &Mapped, open: usize, quotes: &Quotes) -> Option<(Vec<Mapped>, usize)> {
    let text = input.text.as_str();
    let mut lexer = Lexer::new(text, open + 1);
    let mut res = Vec::new();
    let mut current = Mapped::default();
    let mut blank = true;
    let mut depth = 0usize;
    loop {
        let start = lexer.at;
        match lexer.next(quotes)? {
            Token::Dropped => {}
            Token::Quoted(inside) => {
                current.push_slice(input, inside);
                blank = false;
            }
            Token::Comment(_) => {
                current.push_slice(input, start..lexer.at);
                blank = false;
            }
            Token::Name(name) => {
                blank = false;
                if text[name.end..].starts_with('(') {
                    lexer.at = call_end(text, name.end, quotes)?;
                }
                current.push_slice(input, start..lexer.at);
            }
            Token::Other(range) => match &text[range.clone()] {
                ")" if depth == 0 => {
                    res.push(current);
                    return Some((res, lexer.at));
                }
                "," if depth == 0 => {
                    res.push(std::mem::take(&mut current));
                    blank = true;
                }
                other => {
                    depth = match other {
                        "(" => depth + 1,
                        ")" => depth - 1,
                        _ => depth,
                    };
                    let skipped = if blank { other.len() - other.trim_start().len() } else { 0 };
                    blank &= skipped == other.len();
                    current.push_slice(input, range.start + skipped..range.end);
                }
            },
        }
    }
}

/// The offset after the call whose `(` stands at `open`.
fn call_end(text: &str, open: usize, quotes: &Quotes) -> Option<usize> {
    let mut lexer = Lexer::new(text, open);
    let mut depth = 0usize;
    loop {
        if let Token::Other(range) = lexer.next(quotes)? {
            match &text[range] {
                "(" => depth += 1,
                ")" if depth <= 1 => return Some(lexer.at),
                ")" => depth -= 1,
                _ => {}
            }
        }
    }
}

/// Whether a name can start with this byte.
pub(super) fn is_name_start(it: u8) -> bool {
    it.is_ascii_alphabetic() || it == b'_'
}

/// The number of letters, digits and underscores that `text` starts with.
pub(super) fn name_length(text: &str) -> usize {
    text.bytes().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let input = Mapped::plain(text);
        let open = text.find('(').unwrap();
        let (arguments, end) = arguments(&input, open, &Quotes::default()).unwrap();
        assert_eq!(end, text.len());
        arguments.into_iter().map(|it| it.text).collect()
    }

    #[test]
    fn arguments_lose_one_pair_of_quotes() {
        assert_eq!(read("M(a, [b, c], [[d]])"), ["a", "b, c", "[d]"]);
        assert_eq!(read("M(  x y ,\n  (a, b)[,])"), ["x y ", "(a, b),"]);
        assert_eq!(read("M([a]dnl (\n, N([b], c))"), ["a", "N([b], c)"]);
        assert_eq!(read("M(# a\n b)"), ["# a\n b"], "a comment is kept, and so is its newline");
        assert_eq!(read("M()"), [""]);
    }

    #[test]
    fn text_without_an_end_is_no_call() {
        let text = format!("M({}", "[".repeat(100_000));
        assert!(arguments(&Mapped::plain(&text), 1, &Quotes::default()).is_none());
    }

    #[test]
    fn comments_and_digits_hide_names() {
        let mut lexer = Lexer::new("a # b\n1c [q[r]] é", 0);
        let mut tokens = Vec::new();
        while let Some(it) = lexer.next(&Quotes::default()) {
            tokens.push(it);
        }
        assert_eq!(tokens[0], Token::Name(0..1));
        assert_eq!(tokens[2], Token::Comment(2..5));
        assert_eq!(tokens[3], Token::Other(5..9));
        assert_eq!(tokens[4], Token::Quoted(10..14));
    }
}
