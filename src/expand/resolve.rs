//! What make does for one target: its rules, their prerequisites, the scopes of its variables.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::book::Entry;
use super::kept::Shape;
use super::limits::LONGEST_PATH;
use super::pattern::{self, Pattern};
use super::spelling::{Builder, Map, Text};
use super::variables::{Assign, Expander, Scope};
use super::{
    Database, Name, Prerequisite, RecipeUse, Request, Resolved, Rule, RuleId, RuleKind, Variable, VariableOrigin,
};
use crate::source::normalise;

/// A list of prerequisites: normal ones and those after the bar.
type Needs = (Vec<Name>, Vec<Name>);

impl Database {
    /// Whether make's built-in rules hold here, and in the makes that recipes run.
    pub fn has_builtin_rules(&self) -> bool {
        !super::finish::no_builtin_rules(self)
    }

    /// What make does for a target: its rules, else the implicit rule that applies (chains of them too).
    pub fn resolve(&self, request: &Request, target: &str) -> Resolved {
        self.resolve_shared(request, target).as_ref().clone()
    }

    /// The same, resolved once.
    pub fn resolve_shared(&self, request: &Request, target: &str) -> Arc<Resolved> {
        let target = super::reading::target_name(target);
        if let Some(known) = self.kept.shape.resolved(target) {
            return known;
        }
        self.kept.shape.keep(Arc::new(self.resolved_now(request, target)))
    }

    /// Takes over what another evaluation found of its rules, as far as the same hold here; tells whether all do.
    pub fn share(&mut self, request: &Request, other: &Database) -> bool {
        let path = Some(self.general_search_path(request));
        let same_paths = self.directory == other.directory
            && self.book.search_paths == other.book.search_paths
            && path == other.kept.shape.paths.search_path.get();
        if !same_paths {
            return false;
        }
        let same = self.rules == other.rules
            && self.implicit == other.implicit
            && self.phony == other.phony
            && self.book.targets == other.book.targets
            && self.book.suffixes == other.book.suffixes
            && [&*self, other].into_iter().all(|it| !it.expands());
        let shape = &other.kept.shape;
        self.kept.shape = if same {
            self.mentioned = other.mentioned.clone();
            shape.clone()
        } else {
            let searches = if self.searches_like(other) { &shape.searches } else { &self.kept.shape.searches };
            Arc::new(Shape::with(shape.paths.clone(), searches.clone()))
        };
        same
    }

    /// The global variables whose value is not the one that another evaluation with the same rules gives them; `None`
    /// where more than these can differ.
    pub fn differing(&self, request: &Request, other: &Database) -> Option<Vec<Arc<str>>> {
        // Other goals may have a target inherit the variables of other ones.
        let same_parents = || self.book.scopes.is_empty() || other.parents.get() == Some(self.parents(request));
        let alike = Arc::ptr_eq(&self.kept.shape, &other.kept.shape)
            && self.book.scopes == other.book.scopes
            && self.book.pattern_variables == other.book.pattern_variables
            && (self.one_shell, self.book.posix, self.lacks_makefile)
                == (other.one_shell, other.book.posix, other.lacks_makefile)
            && same_parents();
        if !alike {
            return None;
        }
        let differs = |(name, it): &(&String, &Arc<Variable>), other: &Database| {
            let known = other.variables.get(*name);
            known.is_none_or(|known| (&known.value, known.flavor, known.origin) != (&it.value, it.flavor, it.origin))
        };
        let own = self.variables.iter().filter(|it| differs(it, other));
        let gone = other.variables.iter().filter(|it| !self.variables.contains_key(it.0));
        Some(own.chain(gone).map(|it| it.0.as_str().into()).collect())
    }

    /// Whether an explicit rule has a name as a target.
    pub fn has_rule_for(&self, name: &str) -> bool {
        self.book.targets.contains_key(name)
    }

    /// Tells apart the rules of evaluations: those that share them answer the same.
    pub fn shape(&self) -> usize {
        Arc::as_ptr(&self.kept.shape) as usize
    }

    /// Whether resolving a target expands text, so that it depends on more than the rules.
    pub fn expands(&self) -> bool {
        self.variables.contains_key(".EXTRA_PREREQS")
            || self.book.scopes.values().any(|it| it.contains_key(".EXTRA_PREREQS"))
            || self.rules.iter().chain(&self.implicit).any(|it| it.second.is_some())
    }

    fn resolved_now(&self, request: &Request, target: &str) -> Resolved {
        let target = super::reading::target_name(target);
        let entry = self.book.targets.get(target);
        let mut res = Resolved { target: target.into(), has_rule: entry.is_some(), ..Resolved::default() };
        let (mut recipes, mut needs) = (Vec::new(), Needs::default());
        if let Some(entry) = entry {
            self.explicit(request, target, entry, &mut recipes, &mut needs);
        }
        if recipes.is_empty() && !self.phony.contains(target) {
            res.has_rule |= self.by_pattern(request, target, &mut recipes, &mut needs);
        }
        let found = self.find(request, target);
        if recipes.is_empty() && !res.has_rule && found.is_none() {
            recipes.extend(self.by_default());
        }
        // make looks for `-lx` along its search path; a rule that it stands in beside files is meant for them.
        let is_alone = entry.is_some_and(|it| it.rules().all(|at| self.rules[at].targets.len() == 1));
        if target.starts_with("-l") && !is_alone {
            recipes.clear();
        }
        let mut prerequisites = prerequisites(needs);
        self.extra(request, target, &mut prerequisites);
        Resolved { recipes: recipes.into(), prerequisites: prerequisites.into(), found: found.map(Into::into), ..res }
    }

    fn explicit(
        &self,
        request: &Request,
        target: &str,
        entry: &Entry,
        recipes: &mut Vec<RecipeUse>,
        needs: &mut Needs,
    ) {
        for position in entry.rules() {
            let rule = &self.rules[position];
            let id = RuleId::explicit(position);
            let stem = self.stem(rule, target);
            let (normal, order_only) = self.needs(request, rule, target, stem.as_deref(), needs);
            let leads = rule.has_recipe && !entry.double_colon && entry.recipe() == Some(position);
            if rule.has_recipe && !entry.double_colon {
                needs.0.splice(0..0, normal);
                needs.1.splice(0..0, order_only);
            } else {
                needs.0.extend(normal);
                needs.1.extend(order_only);
            }
            if leads || (entry.double_colon && rule.has_recipe) {
                let others = rule.targets.iter().map(|it| it.text.clone()).filter(|it| it != target);
                let also_makes = if rule.grouped { others.collect() } else { Box::default() };
                let stem = stem.unwrap_or_else(|| self.suffix_stem(target)).into();
                recipes.push(RecipeUse { rule: id, stem, also_makes });
            }
        }
    }

    fn stem(&self, rule: &Rule, target: &str) -> Option<String> {
        let pattern = Pattern::new(rule.target_pattern.as_deref()?);
        pattern.stem(target).map(str::to_owned)
    }

    /// `$*` of an explicit rule: the target without a known suffix.
    fn suffix_stem(&self, target: &str) -> String {
        let member = target.strip_suffix(')').and_then(|it| it.split_once('(')).map(|it| it.1);
        let name = member.unwrap_or(target);
        let known = self.book.suffixes.iter().find_map(|it| name.strip_suffix(it.as_str()));
        known.filter(|it| !it.is_empty()).unwrap_or("").to_owned()
    }

    fn needs(&self, request: &Request, rule: &Rule, target: &str, stem: Option<&str>, before: &Needs) -> Needs {
        if let Some((text, map)) = rule.second.as_deref() {
            return self.second(request, target, stem.map(|it| ("", it)), Text::new(text, map.clone()), before);
        }
        let unmatched = rule.kind == RuleKind::StaticPattern && stem.is_none();
        if unmatched {
            return Needs::default();
        }
        let filled = |it: &Name| match (stem, rule.kind) {
            (Some(stem), RuleKind::StaticPattern) => Name { text: pattern::fill(&it.text, stem), span: it.span },
            _ => it.clone(),
        };
        (rule.prerequisites.iter().map(filled).collect(), rule.order_only.iter().map(filled).collect())
    }

    /// Prerequisites expanded again, with the automatic variables that make has then. The stem has its folder, which is
    /// given too where the pattern has none.
    pub(crate) fn second(
        &self,
        request: &Request,
        target: &str,
        stem: Option<(&str, &str)>,
        text: Text,
        before: &Needs,
    ) -> Needs {
        let mut state = self.expander(request, target);
        let names = |it: &[Name]| it.iter().map(|it| it.text.clone()).collect::<Vec<_>>();
        let normal = names(&before.0);
        let mut scope = Scope::default();
        let mut set = |name: &str, value: String| {
            let variable = Variable::plain(&value, super::Flavor::Simple, VariableOrigin::Automatic);
            scope.insert(name.into(), std::sync::Arc::new(variable));
        };
        set("@", target.to_owned());
        set("*", stem.map_or("", |it| it.1).to_owned());
        set("<", normal.first().cloned().unwrap_or_default());
        set("+", normal.join(" "));
        set("^", unique(&normal).join(" "));
        set("|", names(&before.1).join(" "));
        state.locals.push(scope);
        let mut expanded = state.expand_line(&text);
        if let Some((folder, stem)) = stem {
            expanded = fill_words(&expanded, folder, &stem[folder.len()..]);
        }
        state.prerequisites(&expanded, true)
    }

    /// `.EXTRA_PREREQS`.
    fn extra(&self, request: &Request, target: &str, needs: &mut Vec<Prerequisite>) {
        let scoped = self.book.scopes.values().any(|it| it.contains_key(".EXTRA_PREREQS"));
        if !scoped && !self.variables.contains_key(".EXTRA_PREREQS") {
            return;
        }
        let mut state = self.expander(request, target);
        let mut list = String::new();
        state.value(".EXTRA_PREREQS", None, &mut list);
        let extra = state.names(&Text::new(&list, Map::Nowhere), true);
        for it in extra.into_iter().filter(|it| it.text != target) {
            let known = needs.iter().any(|other| *other.name == it.text);
            if !known {
                needs.push(Prerequisite {
                    name: it.text.into(),
                    order_only: false,
                    after_wait: false,
                    extra: true,
                    span: it.span,
                });
            }
        }
    }

    fn by_default(&self) -> Option<RecipeUse> {
        let position = self.book.targets.get(".DEFAULT").and_then(Entry::recipe)?;
        Some(RecipeUse { rule: RuleId::explicit(position), stem: Box::default(), also_makes: Box::default() })
    }

    /// The path at which a target's file is before make starts, in make's folder or along `vpath` and `VPATH`, or by
    /// which a rule there makes it.
    pub(crate) fn find(&self, request: &Request, name: &str) -> Option<String> {
        self.kept.shape.paths.find(name, || self.find_now(request, name)).or_else(|| {
            let searched = !name.starts_with('/') && name.len() <= LONGEST_PATH && !self.has_rule_for(name);
            let mut places = searched.then(|| self.places(request, name)).into_iter().flatten();
            places.find(|it| self.has_rule_for(it))
        })
    }

    fn find_now(&self, request: &Request, name: &str) -> Option<String> {
        if name.len() > LONGEST_PATH {
            return None;
        }
        let (project, directory) = (request.project, request.directory);
        let exists = |name: &str| {
            let path = normalise(&project.root, directory, name);
            let is_there = || project.exists(&path) || request.configure.outputs.contains_key(&path);
            !path.starts_with('/') && !path.starts_with("..") && is_there()
        };
        if exists(name) {
            return Some(name.to_owned());
        }
        if name.starts_with('/') {
            return None;
        }
        self.places(request, name).find(|it| exists(it))
    }

    /// The paths that a name has below the folders that are searched for it.
    fn places(&self, request: &Request, name: &str) -> impl Iterator<Item = String> {
        let selective = self.book.search_paths.iter().filter(|it| it.pattern.stem(name).is_some());
        let folders = selective.flat_map(|it| &it.folders).chain(self.general_search_path(request));
        folders.map(move |it| {
            let path = format!("{}/{name}", it.trim_end_matches('/'));
            super::names::without_dots(&path).to_owned()
        })
    }

    /// The folders that are searched for prerequisites, as far as targets were resolved.
    pub fn search_path(&self) -> impl Iterator<Item = &str> {
        let general = self.kept.shape.paths.search_path.get().into_iter().flatten();
        self.book.search_paths.iter().flat_map(|it| &it.folders).chain(general).map(String::as_str)
    }

    /// The folders of `VPATH`.
    fn general_search_path(&self, request: &Request) -> &Vec<String> {
        self.kept.shape.paths.search_path.get_or_init(|| {
            if !self.variables.contains_key("VPATH") {
                return Vec::new();
            }
            let mut list = String::new();
            Expander::over(request, Some(&self.variables)).value("VPATH", None, &mut list);
            list.split([':', ' ', '\t']).filter(|it| !it.is_empty()).map(str::to_owned).collect()
        })
    }

    /// A state in which variables mean what they mean in a recipe of `target`, automatic ones apart.
    pub(crate) fn expander<'a>(&'a self, request: &'a Request<'a>, target: &str) -> Expander<'a> {
        let mut state = Expander::over(request, Some(&self.variables));
        if self.book.scopes.is_empty() && self.book.pattern_variables.is_empty() {
            return state;
        }
        let mut line: Vec<&str> = vec![target];
        let parents = self.parents(request);
        while let Some(parent) = line.last().and_then(|it| parents.get(*it)) {
            if line.contains(&parent.as_str()) || line.len() > 100 {
                break;
            }
            line.push(parent);
        }
        for name in line.iter().rev() {
            let inherited = *name != target;
            self.push_scopes(&mut state, name, inherited);
        }
        state
    }

    fn push_scopes(&self, state: &mut Expander, target: &str, inherited: bool) {
        let matching = self.book.pattern_variables.iter().filter(|it| it.pattern.stem(target).is_some());
        state.locals.push(Scope::default());
        for it in matching.filter(|it| !(inherited && it.variable.private)) {
            if it.operator == crate::syntax::make::scan::Operator::Simple {
                let fixed = state.global(&it.name).is_some_and(|old| old.origin > it.variable.origin);
                if let Some(scope) = state.locals.last_mut().filter(|_| !fixed) {
                    scope.insert(it.name.clone(), it.variable.clone());
                }
                continue;
            }
            state.assign_local(Assign {
                name: it.name.as_ref().into(),
                operator: it.operator,
                value: Text::new(&it.variable.value, it.variable.map.clone()),
                origin: it.variable.origin,
                span: it.variable.span,
            });
        }
        if let Some(scope) = self.book.scopes.get(target) {
            let scope: Scope = scope
                .iter()
                .filter(|it| !(inherited && it.1.private))
                .map(|(name, it)| (name.clone(), it.clone()))
                .collect();
            state.locals.push(scope);
        }
    }

    /// For each target that a goal needs, the target that needs it first; where no goal does that was named, one that has
    /// variables of its own.
    fn parents(&self, request: &Request) -> &FxHashMap<String, String> {
        if let Some(known) = self.parents.get() {
            return known;
        }
        // Found without inheritance, since finding it needs it not. Where nothing is expanded on the way, resolving a
        // target is the same with inheritance, and done once.
        let mut res: FxHashMap<String, String> = FxHashMap::default();
        let mut seen: FxHashSet<String> = FxHashSet::default();
        let mut waiting: Vec<String> = request.goals.to_vec();
        if waiting.is_empty() {
            waiting.extend(self.default_goal.clone());
        }
        waiting.reverse();
        // What no goal needs that was named may be asked for by name.
        let targets = self.rules.iter().flat_map(|it| &it.targets).map(|it| it.text.as_str());
        let mut others = targets.filter(|it| self.book.scopes.contains_key(*it));
        let mut tops: FxHashSet<String> = FxHashSet::default();
        let plain = self.expands().then(|| Database {
            book: super::Book { scopes: FxHashMap::default(), pattern_variables: Vec::new(), ..self.book.clone() },
            ..self.clone()
        });
        loop {
            let Some(name) = waiting.pop() else {
                let Some(other) = others.find(|it| !seen.contains(*it)) else { break };
                tops.insert(other.to_owned());
                waiting.push(other.to_owned());
                continue;
            };
            if !seen.insert(name.clone()) || seen.len() > 200_000 {
                continue;
            }
            let resolved = plain.as_ref().unwrap_or(self).resolve_shared(request, &name);
            for it in resolved.prerequisites.iter().rev() {
                if !seen.contains(&*it.name) {
                    res.insert(it.name.to_string(), name.clone());
                    waiting.push(it.name.to_string());
                } else if *it.name != name && tops.remove(&*it.name) {
                    res.insert(it.name.to_string(), name.clone());
                }
            }
        }
        self.parents.get_or_init(|| res)
    }
}

/// Each word's `%` filled; the folder that the target's pattern left out comes before it.
fn fill_words(text: &Text, folder: &str, stem: &str) -> Text<'static> {
    let (mut res, mut map) = (String::new(), Builder::default());
    for range in crate::syntax::make::scan::words(&text.text) {
        let word = &text.text[range.clone()];
        let filled = pattern::fill(word, stem);
        let filled = if pattern::percent(word).is_some() { format!("{folder}{filled}") } else { filled };
        let place = text.map.place(range).map_or(Map::Nowhere, Map::At);
        map.push(&Map::Nowhere, 0..1);
        map.push(&place, 0..filled.len());
        res.push(' ');
        res.push_str(&filled);
    }
    Text { text: res.into(), map: map.finish() }
}

/// The names without repetition.
pub(crate) fn unique(names: &[String]) -> Vec<String> {
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    names.iter().filter(|it| seen.insert(it)).cloned().collect()
}

pub(super) fn prerequisites((normal, order_only): Needs) -> Vec<Prerequisite> {
    let mut res = Vec::with_capacity(normal.len() + order_only.len());
    let mut seen: FxHashMap<(String, bool), usize> = FxHashMap::default();
    for (names, order_only) in [(normal, false), (order_only, true)] {
        let mut after_wait = false;
        for it in names {
            if it.text == ".WAIT" {
                after_wait = true;
                continue;
            }
            let key = (it.text.clone(), order_only);
            if order_only && (seen.contains_key(&key) || seen.contains_key(&(it.text.clone(), false))) {
                continue;
            }
            seen.insert(key, res.len());
            res.push(Prerequisite { name: it.text.into(), order_only, after_wait, extra: false, span: it.span });
            after_wait = false;
        }
    }
    res
}
