//! `stamp`: a file that only says when the recipe ran has the recipe, what the recipe makes depends on it.

use super::several::Several;
use super::{Case, NewRule, Position, Proposal, Wish};
use crate::analysis::Strategy;
use crate::expand::Rule;
use crate::source::Span;

/// Where the makefile has stamps already.
pub(super) fn propose_by_habit(case: &Case) -> Vec<Proposal> {
    let rules = &case.instance(case.race.pair.0.job()).database.rules;
    // autoconf's manual has these two, automake adds them.
    let of_autotools = |name: &str| name.ends_with("dirstamp") || name.starts_with("stamp-h");
    let is_stamp = |name: &str| name.rsplit('/').next().is_some_and(|it| it.contains("stamp") && !of_autotools(it));
    let is_own = |it: &Rule| it.has_recipe && it.span.is_some();
    let habit = rules.iter().any(|it| is_own(it) && it.targets.iter().any(|it| is_stamp(&it.text)));
    if habit { propose(case) } else { Vec::new() }
}

/// Gives the recipe to a stamp; a rule that removes what the recipe makes removes the stamp too.
///
/// ```make
/// # --strategy stamp
/// all: parse.c parse.h
/// parse.c parse.h: parse.y
/// 	bison -d -o parse.c parse.y
/// clean:
/// 	rm -f parse.c parse.h
/// ```
/// becomes
/// ```make
/// # --strategy stamp
/// all: parse.c parse.h
/// parse.c parse.h: parse.stamp
/// parse.stamp: parse.y
/// 	bison -d -o parse.c parse.y
/// 	touch $@
/// clean:
/// 	rm -f parse.c parse.h parse.stamp
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    let Some(several) = Several::of(case) else { return Vec::new() };
    let Some(list) = several.list() else { return Vec::new() };
    if several.words.len() < 2 || several.recipe_uses(&['@', '*', '?']) {
        return Vec::new();
    }
    let texts = several.texts(case);
    let Some(stamp) = stamp_name(case, &texts[0]) else { return Vec::new() };
    let title = format!("run the recipe of {} once for all that it makes", texts[0]);
    let why = "a rule with several targets runs once for each; the stamp's recipe runs once, and what it leaves as it \
               was stays as old as it is";
    // An empty recipe keeps make from looking for a rule that makes the target in another way.
    let with = |end: &str| {
        let line =
            NewRule { targets: case.project.text(list), prerequisites: format!("{stamp}{end}"), ..NewRule::default() };
        let mut wishes = vec![
            Wish::Rule { position: Position::Before(several.span), rule: line },
            Wish::Replace { span: list, text: stamp.clone() },
            Wish::LastCommand { rule: several.span, command: "touch $@".to_owned() },
        ];
        wishes.extend(cleaned(case, &texts, &stamp));
        Proposal::new(Strategy::Stamp, title.clone(), why, wishes)
    };
    vec![with(""), with(" ;")]
}

/// `parse.c` to `parse.stamp`, unless something has this name.
fn stamp_name(case: &Case, first: &str) -> Option<String> {
    let (stem, suffix) = first.rsplit_once('.')?;
    let usual = !suffix.contains(['/', ')', '$']) && !first.contains('%');
    let name = format!("{stem}.stamp");
    let taken = case.sources().iter().any(|it| case.project.source(*it).text().contains(&name));
    (usual && !taken).then_some(name)
}

/// The stamp beside what the recipe makes, in the first place that lists files to remove.
fn cleaned(case: &Case, made: &[String], stamp: &str) -> Option<Wish> {
    let database = &case.instance(case.race.pair.0.job()).database;
    let removes = |it: &&Rule| it.targets.iter().any(|it| it.text.contains("clean"));
    let lines = database.rules.iter().filter(removes).flat_map(|it| &it.recipe).filter_map(|it| it.span);
    let lists =
        database.variables.iter().filter(|(name, _)| name.contains("CLEAN")).filter_map(|(_, it)| it.value_span);
    let last = lists.chain(lines).filter_map(|place| {
        let text = case.project.text(place);
        made.iter()
            .filter_map(|it| end_of_word(&text, it))
            .max()
            .map(|at| place.start() + at)
            .map(|at| Span::new(place.file, at, at))
    });
    last.map(|span| Wish::Replace { span, text: format!(" {stamp}") }).next()
}

/// The offset after a word of a text.
fn end_of_word(text: &str, word: &str) -> Option<usize> {
    let ends = |it: Option<char>| it.is_none_or(|it| it.is_whitespace() || it == ';' || it == '\\');
    let whole = |at: &usize| ends(text[..*at].chars().next_back()) && ends(text[at + word.len()..].chars().next());
    text.match_indices(word).map(|(at, _)| at).filter(whole).last().map(|it| it + word.len())
}
