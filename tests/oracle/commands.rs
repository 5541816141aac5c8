//! Commands of a serial run.

use std::collections::BTreeMap;
use std::path::Path;

use unrace::expand::{Database, Request, RuleId};
use unrace::text::display;

use super::{agree, make};

/// What `make -n` does for the default goal.
struct Run<'a> {
    request: &'a Request<'a>,
    database: &'a Database,
    done: BTreeMap<String, bool>,
    lines: Vec<String>,
    errors: Vec<String>,
}

impl<'a> Run<'a> {
    fn new(request: &'a Request<'a>, database: &'a Database) -> Run<'a> {
        let mut res = Run { request, database, done: BTreeMap::new(), lines: Vec::new(), errors: Vec::new() };
        if let Some(goal) = &database.default_goal {
            res.visit(goal);
        }
        res
    }

    /// Visits a target; whether it is made anew.
    fn visit(&mut self, target: &str) -> bool {
        if let Some(made) = self.done.get(target) {
            return *made;
        }
        self.done.insert(target.to_owned(), false);
        let resolved = self.database.resolve(self.request, target);
        let mut stale = resolved.found.is_none() || self.database.phony.contains(target);
        // A double-colon rule is a job with prerequisites of its own.
        let double = resolved.recipes.len() > 1;
        for it in resolved.prerequisites.iter().filter(|_| !double) {
            let made = self.visit(&it.name);
            stale |= made && !it.order_only;
        }
        let mut made = false;
        for used in &resolved.recipes {
            for it in self.database.rule(used.rule).prerequisites.iter().filter(|_| double) {
                stale |= self.visit(&it.text.replace('%', &used.stem));
            }
            if !stale && !matches!(used.rule, RuleId::Implicit(_)) && resolved.found.is_some() {
                continue;
            }
            made = true;
            let (lines, _) = self.database.recipe(self.request, &resolved, used);
            self.errors.extend(self.database.recipe_errors(self.request, &resolved, used));
            self.lines.extend(lines.into_iter().map(|it| it.text.text));
            for other in &used.also_makes {
                self.done.insert(other.clone(), true);
            }
        }
        let made = made || (resolved.found.is_none() && resolved.has_rule);
        self.done.insert(target.to_owned(), made);
        made
    }
}

/// Whether an error of make is among ours.
pub(crate) fn error_is_known(message: &str, request: &Request, database: &Database) -> bool {
    let of_recipes = Run::new(request, database).errors;
    let ours = database.errors.iter().map(|it| &it.1).chain(&of_recipes);
    ours.map(|it| it.trim_start_matches("*** ")).any(|it| message.contains(it))
}

/// Holds the commands of the default goal against those of `make -n`. What make says besides (`$(info)`, what `+` lines
/// print) may stand between them.
pub(crate) fn commands(folder: &Path, request: &Request, database: &Database, res: &mut Vec<String>) {
    let (printed, errors) = make(folder, &["-n"]);
    if database.default_goal.is_none() || errors.contains("***") {
        return;
    }
    let run = Run::new(request, database);
    let own = |it: &&str| !it.starts_with("make: ") && !it.starts_with("rm ") && !it.trim().is_empty();
    let theirs: Vec<&str> = printed.lines().filter(own).collect();
    let ours: Vec<&str> = run.lines.iter().flat_map(|it| it.lines()).filter(own).collect();
    let makefile = std::fs::read_to_string(folder.join(request.makefile)).unwrap_or_default();
    let says_more = ["$(info", "$(warning", "\t+", "submake"].iter().any(|it| makefile.contains(it));
    let equal = match says_more {
        true => is_within(&ours, &theirs),
        false => ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| agree(a, b)),
    };
    if !equal {
        let ours: Vec<String> = ours.iter().map(|it| display(it)).collect();
        res.push(format!("commands: ours\n  {}\nmake\n  {}", ours.join("\n  "), theirs.join("\n  ")));
    }
}

/// Whether the lines of `ours` stand in `theirs`, in order.
fn is_within(ours: &[&str], theirs: &[&str]) -> bool {
    let mut left = theirs.iter();
    ours.iter().all(|it| left.any(|other| agree(it, other)))
}
