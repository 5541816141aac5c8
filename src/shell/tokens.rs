//! Shell text to tokens, as POSIX 2.3 says: words, reserved words where they are reserved, operators, redirections with
//! their operands and here-documents.
//!
//! Knows where words end, not what is in them (`words.rs`) and not how commands nest (`lower.rs`).

use std::ops::Range;

use super::RedirectionKind;
use super::skip;

/// A token and its bytes.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Word,
    Reserved,
    Operator,
    Newline,
    Redirection { descriptor: Option<u32>, kind: RedirectionKind, operand: Range<usize>, here: Option<Here> },
}

/// The body of a here-document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Here {
    pub(super) body: Range<usize>,
    pub(super) quoted: bool,
}

/// What a script is made of.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) tokens: Vec<Token>,
    /// Offset from which the text makes no sense: a quote that nothing closes.
    pub(super) broken: Option<usize>,
}

/// Splits `text`.
pub(super) fn tokens(text: &str) -> Tokens {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, res: Tokens::default(), ..Lexer::default() };
    lexer.run();
    lexer.res
}

/// What may come next.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Position {
    #[default]
    Command,
    /// After a compound command: a reserved word may follow without a separator.
    Closed,
    Argument,
    ForName,
    /// After `for name`.
    ForIn,
    CaseSubject,
    CaseIn,
    Pattern,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Frame {
    Parenthesis,
    Case,
}

#[derive(Default)]
struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    position: Position,
    frames: Vec<Frame>,
    /// Here-documents whose bodies start after the next newline: index of the token, delimiter, whether tabs go.
    pending: Vec<(usize, String, bool)>,
    res: Tokens,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            match byte {
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'\\' if self.bytes.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                b'#' => self.comment(),
                b'\n' => self.newline(),
                b'<' | b'>' if self.peek(1) == Some(b'(') => self.word(),
                b'<' | b'>' => self.redirection(self.at),
                b'&' if self.peek(1) == Some(b'>') => self.redirection(self.at),
                b'0'..=b'9' if self.is_descriptor() => {
                    let start = self.at;
                    self.at = self.digits_end();
                    self.redirection(start);
                }
                b'(' | b')' | b';' | b'&' | b'|' => self.operator(),
                _ => self.word(),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn comment(&mut self) {
        self.at = self.bytes[self.at..].iter().position(|it| *it == b'\n').map_or(self.bytes.len(), |it| self.at + it);
    }

    fn push(&mut self, kind: TokenKind, end: usize) {
        self.res.tokens.push(Token { kind, range: self.at..end });
        self.at = end;
    }

    fn newline(&mut self) {
        self.push(TokenKind::Newline, self.at + 1);
        self.position = match self.position {
            Position::Argument | Position::Closed => Position::Command,
            other => other,
        };
        for (token, delimiter, strip) in std::mem::take(&mut self.pending) {
            self.here_document(token, &delimiter, strip);
        }
    }

    fn here_document(&mut self, token: usize, delimiter: &str, strip: bool) {
        let start = self.at;
        let mut end = self.bytes.len();
        while self.at < self.bytes.len() {
            let line_end =
                self.bytes[self.at..].iter().position(|it| *it == b'\n').map_or(self.bytes.len(), |it| self.at + it);
            let line = &self.text[self.at..line_end];
            let line = if strip { line.trim_start_matches('\t') } else { line };
            let line_start = self.at;
            self.at = (line_end + 1).min(self.bytes.len());
            if line == delimiter {
                end = line_start;
                break;
            }
        }
        if let TokenKind::Redirection { here: Some(here), .. } = &mut self.res.tokens[token].kind {
            here.body = start..end;
        }
    }

    fn digits_end(&self) -> usize {
        self.bytes[self.at..].iter().position(|it| !it.is_ascii_digit()).map_or(self.bytes.len(), |it| self.at + it)
    }

    fn is_descriptor(&self) -> bool {
        matches!(self.bytes.get(self.digits_end()), Some(b'<' | b'>'))
    }

    /// The operator at `self.at`, its descriptor from `start`.
    fn redirection(&mut self, start: usize) {
        const OPERATORS: [(&str, RedirectionKind); 13] = [
            ("<<<", RedirectionKind::Here),
            ("<<-", RedirectionKind::Here),
            ("<<", RedirectionKind::Here),
            ("<>", RedirectionKind::ReadWrite),
            ("<&", RedirectionKind::Duplicate),
            ("<", RedirectionKind::Read),
            ("&>>", RedirectionKind::WriteBoth),
            ("&>", RedirectionKind::WriteBoth),
            (">>", RedirectionKind::Append),
            (">|", RedirectionKind::Write),
            (">&", RedirectionKind::Duplicate),
            (">", RedirectionKind::Write),
            ("", RedirectionKind::Write),
        ];
        let rest = &self.text[self.at..];
        let (operator, kind) = OPERATORS.into_iter().find(|it| rest.starts_with(it.0)).unwrap_or(OPERATORS[12]);
        let descriptor = self.text[start..self.at].parse().ok();
        let mut from = self.at + operator.len();
        while matches!(self.bytes.get(from), Some(b' ' | b'\t')) || self.text[from..].starts_with("\\\n") {
            from += if self.bytes[from] == b'\\' { 2 } else { 1 };
        }
        let to = self.word_end(from);
        let operand = &self.text[from..to];
        let duplicates = operand == "-" || (!operand.is_empty() && operand.bytes().all(|it| it.is_ascii_digit()));
        let kind = if operator == ">&" && !duplicates { RedirectionKind::WriteBoth } else { kind };
        let here = (operator == "<<" || operator == "<<-").then(|| {
            let quoted = operand.contains(['\'', '"', '\\']);
            let delimiter = operand.replace(['\'', '"', '\\'], "");
            self.pending.push((self.res.tokens.len(), delimiter, operator == "<<-"));
            Here { body: to..to, quoted }
        });
        let kind = TokenKind::Redirection { descriptor, kind, operand: from..to, here };
        self.at = start;
        self.push(kind, to.max(start + 1));
    }

    fn operator(&mut self) {
        const LONG: [&str; 7] = [";;&", ";;", ";&", "&&", "||", "|&", "&"];
        let rest = &self.text[self.at..];
        let text = LONG.into_iter().find(|it| rest.starts_with(it)).unwrap_or(&rest[..1]);
        let end = self.at + text.len();
        match text {
            "(" if self.position == Position::Pattern => {
                self.at = end; // `(pattern)`: the parenthesis says nothing.
                return;
            }
            "(" if self.position == Position::Command && self.is_arithmetic() => return self.arithmetic(),
            "(" if self.position == Position::Argument && self.is_function() => {
                let close = self.at + rest.find(')').unwrap_or(0) + 1;
                self.push(TokenKind::Operator, end);
                self.at = close - 1;
                self.push(TokenKind::Operator, close);
                self.position = Position::Command;
                return;
            }
            "(" => {
                self.frames.push(Frame::Parenthesis);
                self.position = Position::Command;
            }
            ")" if self.position == Position::Pattern => self.position = Position::Command,
            ")" => {
                if self.frames.last() == Some(&Frame::Parenthesis) {
                    self.frames.pop();
                }
                self.position = Position::Closed;
            }
            "|" if self.position == Position::Pattern => {}
            ";;" | ";&" | ";;&" if self.frames.last() == Some(&Frame::Case) => self.position = Position::Pattern,
            _ => self.position = Position::Command,
        }
        self.push(TokenKind::Operator, end);
    }

    /// Whether `((` at this point opens an arithmetic command and not two subshells.
    fn is_arithmetic(&self) -> bool {
        let inner_end =
            self.peek(1).filter(|it| *it == b'(').and_then(|_| skip::parenthesis(self.bytes, self.at + 2, 0));
        inner_end.is_some_and(|it| {
            let inside = &self.text[self.at..it];
            self.bytes.get(it) == Some(&b')') && !inside.contains([';', '\n', '|'])
        })
    }

    fn arithmetic(&mut self) {
        let end = skip::parenthesis(self.bytes, self.at + 1, 0).unwrap_or(self.bytes.len());
        self.push(TokenKind::Word, end);
        self.position = Position::Closed;
    }

    fn is_function(&self) -> bool {
        let named = self.res.tokens.last().is_some_and(|it| it.kind == TokenKind::Word);
        named && self.text[self.at + 1..].trim_start_matches([' ', '\t']).starts_with(')')
    }

    fn word_end(&mut self, from: usize) -> usize {
        match skip::word(self.bytes, from) {
            Some(end) => end,
            None => {
                self.res.broken.get_or_insert(from);
                self.bytes.len()
            }
        }
    }

    fn word(&mut self) {
        let mut end = self.word_end(self.at).max(self.at + 1);
        // `do\` at the end of a line is `do`.
        while end > self.at + 2 && self.text[..end].ends_with("\\\n") {
            end -= 2;
        }
        let text = &self.text[self.at..end];
        if self.position == Position::Command && text == "[[" {
            return self.conditional();
        }
        let (kind, next) = self.classify(text);
        self.position = next;
        self.push(kind, end);
    }

    fn classify(&mut self, text: &str) -> (TokenKind, Position) {
        use Position::*;
        match (self.position, text) {
            (Command | Closed, "if" | "then" | "elif" | "else" | "while" | "until" | "do" | "{" | "!") => {
                (TokenKind::Reserved, Command)
            }
            (Command | Closed, "fi" | "done" | "}") => (TokenKind::Reserved, Closed),
            (Command | Closed, "for" | "select") => (TokenKind::Reserved, ForName),
            (Command | Closed, "case") => {
                self.frames.push(Frame::Case);
                (TokenKind::Reserved, CaseSubject)
            }
            (Command | Closed | Pattern, "esac") if self.frames.last() == Some(&Frame::Case) => {
                self.frames.pop();
                (TokenKind::Reserved, Closed)
            }
            (Command, "function") => (TokenKind::Reserved, Argument),
            (ForName, _) => (TokenKind::Word, ForIn),
            (ForIn, "in") => (TokenKind::Reserved, Argument),
            (ForIn, "do") => (TokenKind::Reserved, Command),
            (CaseSubject, _) => (TokenKind::Word, CaseIn),
            (CaseIn, "in") => (TokenKind::Reserved, Pattern),
            (Pattern, _) => (TokenKind::Word, Pattern),
            _ => (TokenKind::Word, Argument),
        }
    }

    /// `[[ ... ]]`: operators inside are words.
    fn conditional(&mut self) {
        self.push(TokenKind::Word, self.at + 2);
        self.position = Position::Argument;
        while self.at < self.bytes.len() {
            let blank = matches!(self.bytes[self.at], b' ' | b'\t' | b'\n');
            let escaped_newline = self.text[self.at..].starts_with("\\\n");
            if blank || escaped_newline {
                self.at += if blank { 1 } else { 2 };
                continue;
            }
            let n_operators = self.bytes[self.at..].iter().take_while(|it| b"&|<>()".contains(it)).count();
            let end = if n_operators > 0 { self.at + n_operators } else { self.word_end(self.at).max(self.at + 1) };
            let last = &self.text[self.at..end] == "]]";
            self.push(TokenKind::Word, end);
            if last {
                return;
            }
        }
    }
}
