//! Lines of autosetup's templates: `@if`, `@elif`, `@else`, `@endif`, `@include` (autosetup's README, "Template files").

use std::ops::Range;

/// The lines of a template that are no part of the makefile, each range with the path that stands there instead, if one does.
pub(super) fn cuts(
    text: &str,
    mut holds: impl FnMut(&str, Range<usize>) -> bool,
) -> Vec<(Range<usize>, Option<String>)> {
    let mut res: Vec<(Range<usize>, Option<String>)> = Vec::new();
    // Of each `@if` around a line: whether its arm is taken, and whether one was.
    let mut arms: Vec<(bool, bool)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let (word, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        let mut test = |text: &str| match text.trim().strip_prefix('!') {
            Some(name) => !holds(name.trim(), range.clone()),
            None => holds(text.trim(), range.clone()),
        };
        let is_taken = arms.iter().all(|it| it.0);
        let mut path = None;
        match word {
            "@if" => {
                let taken = is_taken && test(rest);
                arms.push((taken, taken));
            }
            "@elif" => {
                if let Some((taken, was)) = arms.last_mut() {
                    *taken = !*was && test(rest);
                    *was |= *taken;
                }
            }
            "@else" => {
                if let Some((taken, was)) = arms.last_mut() {
                    *taken = !std::mem::replace(was, true);
                }
            }
            "@endif" => drop(arms.pop()),
            "@include" if is_taken => path = Some(rest.trim().to_owned()),
            "@define" => {}
            _ if is_taken => continue,
            _ => {}
        }
        match res.last_mut() {
            Some((last, None)) if path.is_none() && last.end == range.start => last.end = range.end,
            _ => res.push((range, path)),
        }
    }
    res
}

/// Whether a text has such lines.
pub(super) fn is_used(text: &str) -> bool {
    ["@if ", "@include "].iter().any(|it| text.starts_with(it) || text.contains(&format!("\n{it}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arms_that_are_not_taken_are_cut() {
        let text = "a\n@if X\nb\n@else\nc\n@endif\n@include d\ne\n";
        let left = |holds: bool| {
            let cuts = cuts(text, |_, _| holds);
            let mut res = text.to_owned();
            cuts.iter().rev().for_each(|(range, path)| res.replace_range(range.clone(), path.as_deref().unwrap_or("")));
            res
        };
        assert_eq!(left(true), "a\nb\nde\n");
        assert_eq!(left(false), "a\nc\nde\n");
        assert!(is_used(text) && !is_used("x: @if x\n"));
    }
}
