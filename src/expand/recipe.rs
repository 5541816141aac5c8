//! Recipes as the shell gets them: automatic variables, expansion, prefixes, lines.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustc_hash::FxHashSet;

use super::finish;
use super::limits::{self, Budget};
use super::resolve::unique;
use super::spelling::{Map, Out, Text};
use super::tools;
use super::variables::{Expander, Scope};
use super::{
    Database, Flavor, Inputs, Line, RecipeLine, RecipeUse, Request, Resolved, Rule, RuleId, Uses, Variable,
    VariableOrigin,
};
use crate::configure::Setting;
use crate::source::name_of;
use crate::syntax::make::scan;
use crate::text::{Traced, display, is_all_unknown, unknown};

impl Rule {
    /// Whether its recipe is another one for each target.
    pub fn names_target(&self) -> bool {
        let names = |it: &RecipeLine| ["$@", "$(@", "${@", "$*", "$(*"].iter().any(|name| it.text.contains(name));
        self.recipe.iter().any(names)
    }
}

impl Database {
    /// The rule of an id.
    pub fn rule(&self, id: RuleId) -> &Rule {
        match id {
            RuleId::Explicit(at) => &self.rules[at as usize],
            RuleId::Implicit(at) => &self.implicit[at as usize],
        }
    }

    /// The recipe of a target as the shell gets it, automatic, target- and pattern-specific variables in force, and the
    /// variables that it looks at.
    pub fn recipe(&self, request: &Request, resolved: &Resolved, used: &RecipeUse) -> (Vec<Line>, Uses) {
        let mut state = self.recipe_state(request, resolved, used);
        state.used = Some(FxHashSet::default());
        let lines = self.lines::<String>(&mut state, self.rule(used.rule));
        (lines, self.kept.shape.uses(state.used.take().unwrap_or_default()))
    }

    /// What of the configuration a recipe depends on that looks at these variables.
    pub fn inputs_of(&self, uses: &Uses) -> Arc<Inputs> {
        self.kept.inputs(uses, || finish::inputs(uses.names(), self))
    }

    /// The same with the origin of each piece of text. Slower; for the recipes that take part in a finding.
    pub fn recipe_traced(&self, request: &Request, resolved: &Resolved, used: &RecipeUse) -> Vec<Line> {
        let mut state = self.recipe_state(request, resolved, used);
        self.lines::<Traced>(&mut state, self.rule(used.rule))
    }

    /// Settings under which a recipe's text may differ because of what it tests itself (`$(if $(V),...)`).
    pub fn recipe_deviations(&self, request: &Request, resolved: &Resolved, used: &RecipeUse) -> Vec<Setting> {
        let mut state = self.recipe_state(request, resolved, used);
        state.here = self.rule(used.rule).span.or(self.rule(used.rule).recipe.iter().find_map(|it| it.span));
        self.lines::<String>(&mut state, self.rule(used.rule));
        state.deviations
    }

    /// Whether a recipe looks at a variable that nobody sets.
    pub fn recipe_lacks(&self, request: &Request, resolved: &Resolved, used: &RecipeUse) -> bool {
        let mut state = self.recipe_state(request, resolved, used);
        self.lines::<String>(&mut state, self.rule(used.rule));
        state.asked_in_vain
    }

    /// Errors with which make would stop where it comes to run the recipe.
    pub fn recipe_errors(&self, request: &Request, resolved: &Resolved, used: &RecipeUse) -> Vec<String> {
        let mut state = self.recipe_state(request, resolved, used);
        self.lines::<String>(&mut state, self.rule(used.rule));
        state.errors.into_iter().map(|it| it.1).collect()
    }

    /// The expansion of a text that stands outside any rule.
    pub fn expand(&self, request: &Request, text: &str) -> String {
        self.expander(request, "").expand(text, &super::spelling::Map::default())
    }

    /// Variables that recipes of `target` get in their environment (`export`), expanded.
    pub fn exported(&self, request: &Request, target: &str) -> Vec<(String, String)> {
        self.exported_with(&mut self.expander(request, target))
    }

    /// The same with the programs that stand for usual tools (see [`called_for`](super::called_for)), shared where the target has no
    /// variables of its own.
    pub fn exported_shared(&self, request: &Request, target: &str) -> Arc<Vec<(String, String)>> {
        let mut state = self.expander(request, target);
        let no_own = state.locals.iter().all(Scope::is_empty);
        let mut find = || {
            let mut all = self.exported_with(&mut state);
            all.extend(self.programs(&mut state));
            Arc::new(all)
        };
        if no_own { self.kept.exported.get_or_init(find).clone() } else { find() }
    }

    /// The programs to which variables are set that are called as usual tools are, each with that tool: `CC = wrapcc`.
    fn programs(&self, state: &mut Expander) -> BTreeMap<String, String> {
        let named = self.kept.tools.get_or_init(|| {
            let named = self.variables.keys().filter_map(|it| Some((it.to_string(), tools::usual_tool(it)?)));
            let mut named: Vec<_> = named.collect();
            named.sort_unstable();
            named
        });
        let mut res = BTreeMap::new();
        for (name, tool) in named {
            let mut value = String::new();
            state.value(name, None, &mut value);
            let word = value.split_whitespace().next().unwrap_or_default();
            let word = name_of(word);
            if !word.is_empty() && word != *tool {
                res.entry(tools::called_for(word)).or_insert_with(|| (*tool).to_owned());
            }
        }
        res
    }

    /// What of the configuration all that depends on which recipes of targets without variables of their own get in their
    /// environment.
    pub fn exported_inputs(&self, request: &Request) -> &Inputs {
        self.kept.exported_inputs.get_or_init(|| {
            let mut state = self.expander(request, "");
            state.used = Some(FxHashSet::default());
            self.exported_with(&mut state);
            finish::inputs(state.used.take().unwrap_or_default().iter(), self)
        })
    }

    fn exported_with(&self, state: &mut Expander) -> Vec<(String, String)> {
        let mut names: FxHashSet<String> = FxHashSet::default();
        let wanted = |it: &Variable| match it.export {
            Some(said) => said,
            None if it.origin == VariableOrigin::CommandLine => true,
            None if self.book.export_all => it.origin != VariableOrigin::Default,
            None => it.origin == VariableOrigin::Environment,
        };
        names.extend(self.variables.iter().filter(|it| wanted(it.1)).map(|it| it.0.clone()));
        for scope in &state.locals {
            names.extend(scope.iter().filter(|it| wanted(it.1)).map(|it| it.0.to_string()));
        }
        // Other names are passed on only where the makefile says so.
        let said = |it: &String| self.variables.get(it).is_some_and(|it| it.export == Some(true));
        let plain = |it: &String| it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_') || said(it);
        let mut names: Vec<String> = names.into_iter().filter(plain).filter(|it| it != "SHELL").collect();
        names.sort();
        let value = |name: String| {
            let mut value = String::new();
            state.value(&name, None, &mut value);
            (name, value)
        };
        names.into_iter().map(value).collect()
    }

    fn recipe_state<'a>(
        &'a self,
        request: &'a Request<'a>,
        resolved: &'a Resolved,
        used: &'a RecipeUse,
    ) -> Expander<'a> {
        let mut state = self.expander(request, &resolved.target);
        state.budget = Budget::of_target(self.steps_left());
        state.automatic = Some(Automatic { database: self, request, resolved, used });
        state
    }

    /// How many references were expanded for it and its recipes.
    pub fn effort(&self) -> usize {
        self.effort + self.kept.spent.load(Ordering::Relaxed)
    }

    /// References that recipes may still expand.
    fn steps_left(&self) -> usize {
        limits::of_recipes(self.rules.len()).saturating_sub(self.kept.spent.load(Ordering::Relaxed))
    }

    /// How many errors make may come to, with those `$(error)` that hang on what is not known.
    pub fn possible_errors(&self) -> usize {
        self.errors.len() + self.notes.iter().filter(|it| it.name.starts_with("$(error")).count()
    }

    /// How many rules only fail, where the first goal is one of them (`ifndef SDK`, `nosdk: ; @echo set SDK; exit 1`).
    pub fn failing_goals(&self) -> usize {
        let first = self.default_goal.as_deref();
        let is_first = |it: &&Rule| it.targets.iter().any(|it| Some(it.text.as_str()) == first);
        let failing = || self.rules.iter().filter(|it| it.prerequisites.is_empty() && it.always_fails());
        if failing().any(|it| is_first(&it)) { failing().count() } else { 0 }
    }

    /// Whether limits ended the evaluation, or that of its recipes, before its end.
    pub fn is_cut_short(&self) -> bool {
        self.cut_short || self.steps_left() == 0
    }

    /// Of a double-colon target, the prerequisites of the one rule only.
    fn own_prerequisites<'a>(&'a self, resolved: &'a Resolved, used: &RecipeUse) -> Vec<(&'a str, bool)> {
        let rule = self.rule(used.rule);
        let alone = rule.double_colon && matches!(used.rule, RuleId::Explicit(_)) && rule.target_pattern.is_none();
        if alone && rule.second.is_none() {
            let normal = rule.prerequisites.iter().map(|it| (it.text.as_str(), false));
            return normal.chain(rule.order_only.iter().map(|it| (it.text.as_str(), true))).collect();
        }
        let shown = resolved.prerequisites.iter().filter(|it| !it.extra);
        shown.map(|it| (&*it.name, it.order_only)).collect()
    }

    /// A prerequisite as automatic variables show it: where it was found, the member of an archive alone.
    fn seen_as(&self, request: &Request, name: &str) -> String {
        if let Some((_, member)) = name.strip_suffix(')').and_then(|it| it.split_once('(')) {
            return member.to_owned();
        }
        let made = self.book.targets.get(name).is_some_and(|it| it.recipe().is_some());
        if made { name.to_owned() } else { self.find(request, name).unwrap_or_else(|| name.to_owned()) }
    }

    fn lines<O: Out + Into<Gathered>>(&self, state: &mut Expander, rule: &Rule) -> Vec<Line> {
        let mut res = Vec::with_capacity(rule.recipe.len());
        let before = state.budget.taken();
        if self.one_shell {
            self.one_line::<O>(state, rule, &mut res);
        } else {
            self.each_line::<O>(state, rule, &mut res);
        }
        let commands = std::mem::take(&mut state.commands);
        // What make runs while it expands a recipe is run, too, where no line is left.
        if res.is_empty()
            && !commands.is_empty()
            && let Some(line) = rule.recipe.first()
        {
            res.push(Flags::default().line(Traced::default(), line));
        }
        if let Some(first) = res.first_mut() {
            first.commands = commands.into_iter().collect();
        }
        self.kept.spent.fetch_add(state.budget.taken() - before, Ordering::Relaxed);
        res
    }

    fn each_line<O: Out + Into<Gathered>>(&self, state: &mut Expander, rule: &Rule, res: &mut Vec<Line>) {
        for line in &rule.recipe {
            let flags = Flags::of(&line.text, Flags::default()).0;
            let flags = Flags { recursive: flags.recursive || names_make(&line.text), ..flags };
            let expanded = expanded::<O>(state, line);
            let flags = Flags { open: state.open, ..flags };
            each_line(&expanded, |range| {
                let (flags, start) = Flags::of(&expanded.text[range.clone()], flags);
                let text = expanded.slice(range.start + start..range.end);
                if !text.text.trim().is_empty() {
                    res.push(flags.line(text, line));
                }
            });
        }
    }

    /// `.ONESHELL`: the whole recipe at once, the prefixes of its first line in force.
    fn one_line<O: Out + Into<Gathered>>(&self, state: &mut Expander, rule: &Rule, res: &mut Vec<Line>) {
        let Some(first) = rule.recipe.first() else { return };
        let mut whole = Traced::default();
        let mut flags = Flags::of(&first.text, Flags::default()).0;
        for (at, line) in rule.recipe.iter().enumerate() {
            let expanded = expanded::<O>(state, line);
            flags.recursive |= names_make(&line.text);
            flags.open |= state.open;
            let (found, start) = Flags::of(&expanded.text, Flags::default());
            if at == 0 {
                flags = Flags { recursive: flags.recursive, open: flags.open, ..found };
            } else {
                whole.push("\n", None);
            }
            whole.append(&expanded.slice(start..expanded.text.len()));
        }
        if !whole.text.trim().is_empty() {
            res.push(flags.line(whole, first));
        }
    }
}

/// The automatic variables of a recipe; each is made when it is asked for.
pub(crate) struct Automatic<'a> {
    database: &'a Database,
    request: &'a Request<'a>,
    resolved: &'a Resolved,
    used: &'a RecipeUse,
}

impl Automatic<'_> {
    /// Whether a makefile was not there that must be.
    pub(crate) fn lacks_makefile(&self) -> bool {
        self.database.lacks_makefile
    }

    /// The variable of a name.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Variable>> {
        let target = &*self.resolved.target;
        let member = target.strip_suffix(')').and_then(|it| it.split_once('('));
        let (archive, member) = member.unwrap_or((target, ""));
        let value = match name {
            "@" => archive.to_owned(),
            "%" => member.to_owned(),
            "*" => self.used.stem.to_string(),
            "<" => self.first(archive),
            "^" | "?" => unique(&self.named(false)).join(" "),
            "+" => self.named(false).join(" "),
            "|" => unique(&self.named(true)).join(" "),
            _ => return None,
        };
        Some(Arc::new(Variable::plain(&value, Flavor::Simple, VariableOrigin::Automatic)))
    }

    fn first(&self, archive: &str) -> String {
        let default = self.database.book.targets.get(".DEFAULT").and_then(|it| it.recipe()).map(RuleId::explicit);
        if default == Some(self.used.rule) {
            return archive.to_owned();
        }
        let own = self.database.own_prerequisites(self.resolved, self.used);
        let first = own.iter().find(|it| !it.1).map(|it| self.database.seen_as(self.request, it.0));
        first.unwrap_or_default()
    }

    fn named(&self, order_only: bool) -> Vec<String> {
        let own = self.database.own_prerequisites(self.resolved, self.used);
        own.iter().filter(|it| it.1 == order_only).map(|it| self.database.seen_as(self.request, it.0)).collect()
    }
}

/// Expanded text of either kind.
pub(crate) struct Gathered(Traced);

impl From<String> for Gathered {
    fn from(text: String) -> Gathered {
        Gathered(Traced::plain(text))
    }
}

impl From<Traced> for Gathered {
    fn from(text: Traced) -> Gathered {
        Gathered(text)
    }
}

/// A line after expansion. A tool without a value keeps its name, as what is not known.
fn expanded<O: Out + Into<Gathered>>(state: &mut Expander, line: &RecipeLine) -> Traced {
    let text = Text::new(&line.text, line.map.clone()).collapsed_references();
    let mut out = O::default();
    let called = tools::called(&text.text).into_iter().map(|(range, name)| (range, stands_for(state, name)));
    let mut unset: Vec<_> = called.filter(|it| tools::usual_tool(&it.1.0).is_some()).collect();
    unset.retain(|(_, (name, _))| {
        // Where nothing is missing, nobody gives it a value some day.
        let lacks = || state.automatic.as_ref().is_some_and(|it| it.lacks_makefile());
        if state.lookup(name).is_none() && !state.request.configure.calls_unknown_macros() && !lacks() {
            return false;
        }
        let mut value = String::new();
        state.value(name, None, &mut value);
        is_all_unknown(value.trim()) && !display(&value).starts_with('@')
    });
    state.open = false;
    let mut done = 0;
    for (range, (name, more)) in unset {
        state.expand_into(&text.text[done..range.start], &text.map.slice(done..range.start), &mut out);
        out.computed(&unknown(&format!("$({name})")), text.map.place(range.clone()));
        state.expand_into(&more, &Map::Nowhere, &mut out);
        done = range.end;
    }
    match done {
        0 => state.expand_into(&text.text, &text.map, &mut out),
        _ => state.expand_into(&text.text[done..], &text.map.slice(done..text.text.len()), &mut out),
    }
    out.into().0
}

/// The variable that one stands for whose value begins with a reference (`COMPILER = $(F90)`, `INST = $(INSTALL) -d`),
/// itself where it is none, and what else the value has.
fn stands_for(state: &Expander, name: &str) -> (String, String) {
    const MOST: usize = 4;
    let (mut name, mut more) = (name.to_owned(), String::new());
    for _ in 0..MOST {
        let variable = state.lookup(&name).filter(|it| it.flavor == Flavor::Recursive);
        let next = variable.as_ref().and_then(|it| tools::first_reference(&it.value));
        let Some((next, rest)) = next else { break };
        more.insert_str(0, rest);
        name = next.to_owned();
    }
    (name, more)
}

fn names_make(text: &str) -> bool {
    text.contains("$(MAKE)") || text.contains("${MAKE}")
}

/// Calls `found` with each line of a text; a newline after an odd number of backslashes ends none.
fn each_line(text: &Traced, mut found: impl FnMut(std::ops::Range<usize>)) {
    let mut at = 0;
    while at < text.text.len() {
        let end = scan::logical_end(&text.text, at);
        found(at..end);
        at = end + 1;
    }
}

#[derive(Clone, Copy, Default)]
struct Flags {
    silent: bool,
    ignore_errors: bool,
    recursive: bool,
    open: bool,
}

impl Flags {
    /// The flags of the prefixes of a line, and where the command starts.
    fn of(text: &str, mut flags: Flags) -> (Flags, usize) {
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'@' => flags.silent = true,
                b'-' => flags.ignore_errors = true,
                b'+' => flags.recursive = true,
                b' ' | b'\t' => {}
                _ => return (flags, at),
            }
        }
        (flags, text.len())
    }

    fn line(self, text: Traced, from: &RecipeLine) -> Line {
        Line {
            text,
            span: from.span,
            silent: self.silent,
            ignore_errors: self.ignore_errors,
            recursive: self.recursive,
            open: self.open,
            commands: Box::default(),
        }
    }
}

impl Rule {
    /// Whether the recipe gives up whatever is set (`$(error not configured)`, `exit 1`).
    pub fn always_fails(&self) -> bool {
        let gives_up = |line: &str| {
            let branches = ["||", "&&", "if ", "case "].iter().any(|it| line.contains(it));
            let last = line.rsplit([';', '\n']).map(str::trim).find(|it| !it.is_empty()).unwrap_or_default();
            let exits = last.strip_prefix("exit").is_some_and(|it| it.trim().parse::<u8>().is_ok_and(|it| it > 0));
            line.contains("$(error ") || !branches && (exits || last == "false")
        };
        self.recipe.iter().any(|it| gives_up(it.text.trim_start_matches(['@', '+', ' ', '\t'])))
    }
}
