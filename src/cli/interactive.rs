//! Fixes one at a time, as `git add -p` asks.
//!
//! Asks on standard error, so that the patch can go to standard output, and reads answers from standard input.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use anyhow::Result;

use super::args::Color;
use crate::migrate::{Outcome, Policy, Step};
use crate::patch::{changes, unified};
use crate::report::escape;
use crate::text::display;

const HELP: &str = "\
y - take this fix
n - leave it
a - take this one and all that follow
q - leave this one and all that follow
";

/// What was answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Take,
    Leave,
    TakeAll,
    Quit,
}

/// The outcome with those steps only that were taken. Steps build on each other: what is left out is left out of a new
/// run, whose steps are asked for where they are new.
pub(super) fn choose(solve: impl Fn(&Policy) -> Outcome, policy: &Policy, color: Color) -> Result<Outcome> {
    let mut out = anstream::AutoStream::new(std::io::stderr(), choice(color));
    let mut lines = std::io::stdin().lock().lines();
    let mut policy = policy.clone();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut rest = None;
    loop {
        let outcome = solve(&policy);
        let mut is_settled = true;
        for (n, step) in outcome.steps.iter().enumerate() {
            if taken.contains(&step.finding.id) {
                continue;
            }
            let answer = match rest {
                Some(answer) => answer,
                None => {
                    show(&mut out, step, (n + 1, outcome.steps.len()))?;
                    ask(&mut out, &mut lines)?
                }
            };
            rest = rest.or([Answer::TakeAll, Answer::Quit].contains(&answer).then_some(answer));
            if [Answer::Take, Answer::TakeAll].contains(&answer) {
                taken.insert(step.finding.id.clone());
            } else {
                policy.except.insert(step.finding.id.clone());
                is_settled = false;
            }
        }
        if is_settled {
            return Ok(outcome);
        }
    }
}

fn choice(color: Color) -> anstream::ColorChoice {
    match color {
        Color::Auto => anstream::AutoStream::choice(&std::io::stderr()),
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
}

/// The race, why the fix is what it is, and its patch.
fn show(out: &mut impl Write, step: &Step, (n, all): (usize, usize)) -> Result<()> {
    let (finding, fix) = (&step.finding, &step.fix);
    let shown = |text: &str| escape(&display(text));
    writeln!(out, "\n\u{1b}[1m({n}/{all}) {}: {}\u{1b}[0m", finding.class.name(), shown(&finding.message))?;
    writeln!(out, "goal: {}; witness: {}", shown(&finding.goal), shown(&finding.witness))?;
    writeln!(out, "fix: {} ({}, {})", shown(&fix.title), fix.strategy.name(), fix.applicability.name())?;
    for line in fix.why.lines() {
        writeln!(out, "     {}", shown(line))?;
    }
    let patch = unified(&changes(&step.before, &step.after, [&fix.edits]), "");
    for line in String::from_utf8_lossy(&patch).lines() {
        let colour = match line.as_bytes().first() {
            _ if line.starts_with("--- ") || line.starts_with("+++ ") => "1",
            Some(b'+') => "32",
            Some(b'-') => "31",
            Some(b'@') => "36",
            _ => "0",
        };
        let line = escape(&line.replace('\t', "        "));
        writeln!(out, "\u{1b}[{colour}m{line}\u{1b}[0m")?;
    }
    Ok(())
}

/// Asks until there is an answer; no more input is the end.
fn ask(out: &mut impl Write, lines: &mut impl Iterator<Item = std::io::Result<String>>) -> Result<Answer> {
    loop {
        write!(out, "\u{1b}[1;34mTake this fix [y,n,a,q,?]?\u{1b}[0m ")?;
        out.flush()?;
        let Some(line) = lines.next().transpose()? else {
            writeln!(out)?;
            return Ok(Answer::Quit);
        };
        match line.trim() {
            "y" => return Ok(Answer::Take),
            "n" => return Ok(Answer::Leave),
            "a" => return Ok(Answer::TakeAll),
            "q" => return Ok(Answer::Quit),
            _ => write!(out, "{HELP}")?,
        }
    }
}
