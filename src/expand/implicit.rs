//! The search for an implicit rule, after GNU make's implicit.c.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashSet;

use super::kept::ByName;
use super::limits::LONGEST_PATH;
use super::pattern;
use super::resolve::prerequisites;
use super::spelling::Text;
use super::{Database, Name, RecipeUse, Request, Resolved, Rule, RuleId};

/// Chains of rules longer than this are not looked for.
const CHAIN: usize = 8;

/// A rule whose target pattern fits.
#[derive(Clone)]
struct Match {
    rule: usize,
    /// Which of the rule's targets.
    target: usize,
    /// What `%` stands for, without the folder.
    stem: String,
    /// The folder, with its slash, where the pattern was matched against the name behind it.
    folder: String,
}

type Needs = (Vec<Name>, Vec<Name>);

impl Database {
    /// Adds what the implicit rule that applies says; whether one does.
    pub(crate) fn by_pattern(
        &self,
        request: &Request,
        target: &str,
        recipes: &mut Vec<RecipeUse>,
        needs: &mut Needs,
    ) -> bool {
        let member = target.ends_with(')').then(|| target.find('(')).flatten().filter(|it| *it > 0);
        let name_of = |at: usize| &target[at..];
        let names = member.map(name_of).into_iter().chain([target]);
        let found = names.filter_map(|it| Some((it, self.searched(request, it)?))).next();
        let Some((name, matched)) = found else { return false };
        let rule = &self.implicit[matched.rule];
        let (normal, order_only) = self.implied(request, rule, &matched, name);
        needs.0.splice(0..0, normal);
        needs.1.splice(0..0, order_only);
        if rule.has_recipe {
            recipes.push(self.recipe_of(&matched));
        }
        true
    }

    fn recipe_of(&self, matched: &Match) -> RecipeUse {
        let others = self.implicit[matched.rule].targets.iter().enumerate().filter(|it| it.0 != matched.target);
        let also_makes = others.map(|(_, it)| matched.fill(&it.text)).collect();
        let stem = format!("{}{}", matched.folder, matched.stem);
        RecipeUse { rule: RuleId::implicit(matched.rule), stem: stem.into(), also_makes }
    }

    /// Whether a rule of the makefiles may make a name; no built-in one makes makefiles.
    pub(crate) fn has_own_rule(&self, name: &str) -> bool {
        let own = || self.implicit.iter().filter(|it| it.span.is_some()).flat_map(|it| &it.targets);
        self.book.targets.contains_key(name) || own().any(|it| pattern::Pattern::new(&it.text).stem(name).is_some())
    }

    /// The implicit rule that applies to a name, searched for once by all evaluations in which the search goes the same
    /// way.
    fn searched(&self, request: &Request, name: &str) -> Option<Match> {
        let (known, differing) = self.kept.searches.get_or_init(|| self.kept.shape.searches.nearest(self.mentioned()));
        let holds = |it: &Answer| differing.is_empty() || !it.asked.iter().any(|it| differing.contains(it));
        if let Some(answer) = known.answers.get(name).filter(|it| holds(it)) {
            return answer.found.clone();
        }
        let (in_use, asked) = Default::default();
        let mut search = Search { database: self, request, in_use, asked, mentioned: self.mentioned(), made: None };
        let found = search.find(name, 0).map(|it| it.0);
        let answer = Arc::new(Answer { found: found.clone(), asked: search.asked.into_iter().collect() });
        if holds(&answer) {
            known.answers.insert(name, answer);
        }
        found
    }

    /// What make does for a target once some files are made that no rule names, if an implicit rule applies then.
    pub fn resolve_once_made(&self, request: &Request, target: &str, made: &dyn Fn(&str) -> bool) -> Option<Resolved> {
        let (in_use, asked) = Default::default();
        let mut search =
            Search { database: self, request, in_use, asked, mentioned: self.mentioned(), made: Some(made) };
        let (matched, needs) = search.find(target, 0)?;
        let recipes = Box::new([self.recipe_of(&matched)]);
        Some(Resolved {
            target: target.into(),
            recipes,
            prerequisites: prerequisites(needs).into(),
            found: None,
            has_rule: true,
        })
    }

    /// Whether implicit rules are searched as in another evaluation with the same search paths.
    pub(crate) fn searches_like(&self, other: &Database) -> bool {
        let texts = |a: &[Name], b: &[Name]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.text == b.text);
        let alike = |a: &Rule, b: &Rule| {
            (a.has_recipe, a.double_colon) == (b.has_recipe, b.double_colon)
                && a.second.is_none()
                && b.second.is_none()
                && texts(&a.targets, &b.targets)
                && texts(&a.prerequisites, &b.prerequisites)
                && texts(&a.order_only, &b.order_only)
        };
        self.implicit.len() == other.implicit.len()
            && self.implicit.iter().zip(&other.implicit).all(|(a, b)| alike(a, b))
    }

    /// The prerequisites that an implicit rule gives a name.
    fn implied(&self, request: &Request, rule: &Rule, it: &Match, name: &str) -> Needs {
        if let Some((text, map)) = rule.second.as_deref() {
            let stem = format!("{}{}", it.folder, it.stem);
            let text = Text::new(text, map.clone());
            let mut needs = self.second(request, name, Some((&it.folder, &stem)), text, &Needs::default());
            needs.0.retain(|it| !it.text.is_empty());
            return needs;
        }
        let filled = |name: &Name| Name { text: it.fill(&name.text), span: name.span };
        (rule.prerequisites.iter().map(filled).collect(), rule.order_only.iter().map(filled).collect())
    }

    fn patterns(&self) -> &[TargetPattern] {
        self.kept.shape.patterns.get_or_init(|| {
            let targets = |at: usize, rule: &Rule| {
                let all = rule.targets.iter().enumerate();
                all.filter_map(|(target, it)| TargetPattern::new(at, target, &it.text)).collect::<Vec<_>>()
            };
            self.implicit.iter().enumerate().flat_map(|(at, rule)| targets(at, rule)).collect()
        })
    }

    /// Names (hashed) that explicit rules mention, so that they ought to exist.
    fn mentioned(&self) -> &Arc<FxHashSet<u64>> {
        self.mentioned.get_or_init(|| {
            let mut res: FxHashSet<u64> = self.book.targets.keys().map(|it| hashed(it)).collect();
            for rule in &self.rules {
                for it in rule.prerequisites.iter().chain(&rule.order_only) {
                    match &rule.target_pattern {
                        None => {
                            res.insert(hashed(&it.text));
                        }
                        Some(pattern) => {
                            let pattern = pattern::Pattern::new(pattern);
                            let stems = rule.targets.iter().filter_map(|it| pattern.stem(&it.text));
                            res.extend(stems.map(|stem| hashed(&pattern::fill(&it.text, stem))));
                        }
                    }
                }
            }
            Arc::new(res)
        })
    }
}

impl Match {
    /// A pattern of the rule for this stem.
    fn fill(&self, text: &str) -> String {
        match pattern::percent(text) {
            Some(_) => format!("{}{}", self.folder, pattern::fill(text, &self.stem)),
            None => pattern::fill(text, &self.stem),
        }
    }
}

/// What searches found, kept by all evaluations with the same search paths and implicit rules: those whose explicit rules
/// mention much the same share it.
#[derive(Default)]
pub(crate) struct Searches(Mutex<Vec<Arc<Found>>>);

/// What searches of like evaluations found.
#[derive(Default)]
pub(crate) struct Found {
    /// What the explicit rules of the first of them mention; the answers hold for it.
    mentioned: Arc<FxHashSet<u64>>,
    answers: ByName<Arc<Answer>>,
}

impl Searches {
    /// What was found where the explicit rules mention the most of the same names, and the names (hashed) that differ.
    fn nearest(&self, mentioned: &Arc<FxHashSet<u64>>) -> (Arc<Found>, FxHashSet<u32>) {
        const MOST: usize = 8;
        // A configuration that names all files anew.
        let is_near = |differing: &FxHashSet<u32>| differing.len() <= mentioned.len() / 4 + 64;
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().clone();
        let mut best: Option<(Arc<Found>, FxHashSet<u32>)> = None;
        for it in &known {
            let differing = differing(&it.mentioned, mentioned);
            if best.as_ref().is_none_or(|best| differing.len() < best.1.len()) {
                best = Some((it.clone(), differing));
            }
            if best.as_ref().is_some_and(|it| is_near(&it.1)) {
                break;
            }
        }
        match best {
            Some(best) if is_near(&best.1) || known.len() >= MOST => best,
            _ => {
                let own = Arc::new(Found { mentioned: mentioned.clone(), ..Found::default() });
                lock().push(own.clone());
                (own, FxHashSet::default())
            }
        }
    }
}

/// What a search found, and the names (hashed) for which it asked whether explicit rules mention them.
struct Answer {
    found: Option<Match>,
    asked: Box<[u32]>,
}

/// One number for a name; two names with one number are not to be met in 64 bits.
pub(super) fn hashed(name: &str) -> u64 {
    rustc_hash::FxBuildHasher.hash_one(name)
}

/// Half of it, where equal numbers of unequal names cost no more than a search.
fn half(hashed: u64) -> u32 {
    (hashed >> 32) as u32
}

/// The names (hashed) that one set has and the other has not.
fn differing(a: &FxHashSet<u64>, b: &FxHashSet<u64>) -> FxHashSet<u32> {
    a.symmetric_difference(b).map(|it| half(*it)).collect()
}

struct Search<'a> {
    database: &'a Database,
    request: &'a Request<'a>,
    in_use: FxHashSet<usize>,
    asked: FxHashSet<u32>,
    mentioned: &'a FxHashSet<u64>,
    /// What recipes write that no rule names, where that counts.
    made: Option<&'a dyn Fn(&str) -> bool>,
}

impl Search<'_> {
    fn find(&mut self, name: &str, depth: usize) -> Option<(Match, Needs)> {
        if name.len() > LONGEST_PATH {
            return None;
        }
        let matches = self.matches(name, depth);
        for intermediate in [false, true] {
            for it in &matches {
                let rule = &self.database.implicit[it.rule];
                if intermediate && (rule.double_colon || depth >= CHAIN) {
                    continue;
                }
                self.in_use.insert(it.rule);
                // What is expanded again costs more than to look whether its plain first word can be made.
                let first = rule.second.as_deref().and_then(|(text, _)| text.split_whitespace().next());
                let plain = first.filter(|it| !it.contains(['$', '|', '(', '*', '?', '[', '~']));
                if plain.is_some_and(|word| !self.can_be(&it.fill(word), intermediate, depth)) {
                    self.in_use.remove(&it.rule);
                    continue;
                }
                let needs = self.database.implied(self.request, rule, it, name);
                let all = needs.0.iter().chain(&needs.1).all(|it| self.can_be(&it.text, intermediate, depth));
                self.in_use.remove(&it.rule);
                if !all {
                    continue;
                }
                let found = (it.clone(), needs);
                // Built-in rules come last.
                let is_own = rule.span.is_some();
                let mut other = || matches.iter().find_map(|it| self.needing_another_make(it.clone(), name, depth));
                return if is_own { Some(found) } else { other().or(Some(found)) };
            }
        }
        matches.into_iter().find_map(|it| self.needing_another_make(it, name, depth))
    }

    /// Where no rule of the makefile fits: one that lacks only files of other folders which it names itself (`test_%: test_%.o
    /// ../lib/libx.so`). Another make is to make these first.
    fn needing_another_make(&mut self, it: Match, name: &str, depth: usize) -> Option<(Match, Needs)> {
        let rule = &self.database.implicit[it.rule];
        let named: Vec<&str> =
            rule.prerequisites.iter().map(|it| &*it.text).filter(|it| it.starts_with("../")).collect();
        if named.is_empty() || depth > 0 || self.database.find(self.request, name).is_some() {
            return None;
        }
        self.in_use.insert(it.rule);
        let needs = self.database.implied(self.request, rule, &it, name);
        let mut all = needs.0.iter().chain(&needs.1).map(|it| &*it.text);
        let can_be = all.all(|it| named.contains(&it) || self.can_be(it, true, depth));
        self.in_use.remove(&it.rule);
        can_be.then_some((it, needs))
    }

    /// The rules whose pattern fits, those with the shortest stem first.
    fn matches(&self, name: &str, depth: usize) -> Vec<Match> {
        let mut res: Vec<Match> = Vec::new();
        let mut specific = false;
        let last = name.as_bytes().last().copied();
        let slash = name.rfind('/');
        for pattern in self.database.patterns() {
            if pattern.last.is_some() && pattern.last != last {
                continue;
            }
            let rule = &self.database.implicit[pattern.rule];
            if depth > 0 && pattern.any && !rule.double_colon {
                continue;
            }
            let Some((folder, stem)) = pattern.fit(&rule.targets[pattern.target].text, name, slash) else { continue };
            if self.in_use.contains(&pattern.rule) {
                continue;
            }
            specific |= !pattern.any;
            // A rule without recipe is there to cancel another one.
            if rule.has_recipe {
                let (folder, stem) = (folder.to_owned(), stem.to_owned());
                res.push(Match { rule: pattern.rule, target: pattern.target, stem, folder });
            }
        }
        if specific {
            let rules = &self.database.implicit;
            res.retain(|it| rules[it.rule].double_colon || rules[it.rule].targets[it.target].text != "%");
        }
        // As in make, the folder counts where a pattern without a slash leaves it out.
        res.sort_by_key(|it| it.folder.len() + it.stem.len());
        res
    }

    /// Whether a prerequisite is there, ought to be, or can be made.
    fn can_be(&mut self, name: &str, intermediate: bool, depth: usize) -> bool {
        let own = hashed(name);
        self.asked.insert(half(own));
        if self.mentioned.contains(&own) || self.database.find(self.request, name).is_some() || name == ".WAIT" {
            return true;
        }
        if self.made.is_some_and(|it| it(name)) {
            return true;
        }
        intermediate && self.find(name, depth + 1).is_some()
    }
}

/// A target of an implicit rule, with what tells quickly that it does not fit.
pub(crate) struct TargetPattern {
    rule: usize,
    /// Which of the rule's targets.
    target: usize,
    percent: usize,
    has_slash: bool,
    /// Whether it is `%` alone.
    any: bool,
    /// The last byte of what stands after the `%`.
    last: Option<u8>,
}

impl TargetPattern {
    fn new(rule: usize, target: usize, text: &str) -> Option<TargetPattern> {
        let percent = pattern::percent(text)?;
        let last = text.as_bytes()[percent + 1..].last().copied();
        Some(TargetPattern { rule, target, percent, has_slash: text.contains('/'), any: text == "%", last })
    }

    /// The folder and the stem with which the pattern (of this text) fits a name whose last slash is known.
    fn fit<'n>(&self, text: &str, name: &'n str, slash: Option<usize>) -> Option<(&'n str, &'n str)> {
        let (prefix, suffix) = (&text[..self.percent], &text[self.percent + 1..]);
        let folder = slash.filter(|_| !self.has_slash).map_or("", |it| &name[..=it]);
        let stem = name[folder.len()..].strip_prefix(prefix)?.strip_suffix(suffix)?;
        (!stem.is_empty()).then_some((folder, stem))
    }
}
