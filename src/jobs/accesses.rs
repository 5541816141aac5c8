//! What jobs do to files, by path: what recipes are seen to do, and what make and commands without a model do beside.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{JobGraph, JobId, Parent, RecipeRun, Unread};
use crate::expand;
use crate::source::{folder_of, name_of};
use crate::text::{display, has_unknown, is_unknown_char};

/// Jobs that touch each path, for the detectors.
pub type Accesses = BTreeMap<String, Vec<Access>>;

/// Accesses while they are gathered.
type ByPath<'a> = FxHashMap<&'a str, Vec<Access>>;

/// A job's effect on a path.
#[derive(Clone, Debug)]
pub struct Access {
    /// The job.
    pub job: JobId,
    /// Its recipe.
    pub recipe: usize,
    /// The effect in that recipe's outcome; `None` for the write of its target that a recipe with unknown commands
    /// is taken to do, and for the look that make takes at a prerequisite without a rule.
    pub effect: Option<usize>,
    /// What it does.
    pub kind: crate::effects::EffectKind,
    /// Whether each run does it.
    pub must: bool,
}

/// Suffixes of what only a build makes.
const PRODUCTS: [&str; 16] = [
    ".o", ".a", ".so", ".lo", ".la", ".obj", ".lib", ".dll", ".dylib", ".rlib", ".cmo", ".cmi", ".cmx", ".cma",
    ".cmxa", ".cmxs",
];

/// Whatever lies below a folder.
const WHOLE: &str = "/**/*";
/// What may stand in a wildcard for other characters.
const WILD: [char; 2] = ['*', '?'];

/// The wildcard that a path is where a recipe's matches nothing in the tree, if it says anything of the file's name.
fn wildcard(path: &str) -> Option<String> {
    if !has_unknown(path) {
        return None;
    }
    let pattern = display(path);
    let name = pattern.rsplit_once('/').map_or(pattern.as_str(), |it| it.1);
    let mut hidden = path.chars().zip(pattern.chars()).filter(|it| is_unknown_char(it.0)).map(|it| it.1);
    let is_folder = |folder: &str| !folder.is_empty() && !folder.contains(WILD);
    let is_whole = pattern.strip_suffix(WHOLE).or_else(|| pattern.strip_suffix("/*")).is_some_and(is_folder);
    let telling =
        hidden.all(|it| WILD.contains(&it)) && (is_whole || name.chars().any(|it| it.is_ascii_alphanumeric()));
    telling.then_some(pattern)
}

/// Whether a path has the name of an object or a library, in whatever folder.
pub fn is_product(path: &str) -> bool {
    let name = name_of(path);
    !has_unknown(name) && (PRODUCTS.iter().any(|it| name.ends_with(it)) || name.contains(".so."))
}

/// Whether a pattern of the shell, which may be anywhere below a folder (`src/**/*.rs`), matches a path.
pub fn is_matched(pattern: &str, file: &str) -> bool {
    let part = |(pattern, name): (&str, &str)| {
        name.starts_with('.') == pattern.starts_with('.') && crate::effects::matches(pattern, name)
    };
    if let Some((folder, name)) = everywhere(pattern) {
        return file.starts_with(folder) && part((name, name_of(file)));
    }
    let depth = |it: &str| it.matches('/').count();
    depth(pattern) == depth(file) && pattern.split('/').zip(file.split('/')).all(part)
}

/// The folder, with its slash, and the pattern of a name that may be anywhere below it: `src/**/*.rs`.
fn everywhere(pattern: &str) -> Option<(&str, &str)> {
    let at = pattern.find("**/")?;
    Some((&pattern[..at], &pattern[at + 3..]))
}

/// What is written at the name of a folder that a job makes is written below it (`mv x.d dep`): the folder is needed.
/// A target below which other jobs write is a folder, made by its recipe (`out: ; ./mkdirs out`, `out: ; ln -s src out`).
fn written_as_folders(graph: &JobGraph, accesses: &mut Accesses) {
    use crate::effects::EffectKind::{MakeDirectory, NeedDirectory, Write};
    for (path, accesses) in accesses.iter_mut() {
        let made = accesses.iter().any(|it| it.kind.makes_directory());
        // What is to be made below it tells that it is a folder, whatever the recipe asks before (`test -h $@ ||`).
        let is_for = |it: &Access| folder_of(&graph.job(it.job).path) == path;
        let needed = accesses.iter().any(|it| it.kind == NeedDirectory && (it.must || is_for(it)));
        let written = accesses.iter_mut().filter(|it| it.kind == Write);
        if made {
            written.filter(|it| it.effect.is_some()).for_each(|it| it.kind = NeedDirectory);
        } else if needed {
            written.filter(|it| !graph.writes_file(it)).for_each(|it| it.kind = MakeDirectory);
        }
    }
}

impl JobGraph {
    /// All accesses by path, in the order of the jobs.
    pub fn accesses(&self) -> Accesses {
        let mut res = ByPath::default();
        for id in (0..self.jobs.len()).map(JobId) {
            self.accesses_of(id, &mut res);
        }
        for Unread { parent: Parent { job, recipe, must, .. }, makefiles, .. } in &self.unread {
            let must = *must && self.runs_each_time(*job);
            let (kind, recipe) = (crate::effects::EffectKind::Read, *recipe);
            for path in makefiles {
                let access = Access { job: *job, recipe, effect: None, kind, must };
                res.entry(path).or_default().push(access);
            }
        }
        // `include ../config.mk` of a sub-make.
        for (instance, Parent { job, recipe, must, .. }) in
            self.instances.iter().filter_map(|it| Some((it, it.parent?)))
        {
            let must = must && self.runs_each_time(job);
            for path in &instance.lacking {
                let access = Access { job, recipe, effect: None, kind: crate::effects::EffectKind::Read, must };
                res.entry(path).or_default().push(access);
            }
        }
        for (path, access) in self.left_by_unknown(&res) {
            res.entry(path).or_default().push(access);
        }
        self.made_unseen(&mut res);
        // A list takes less than half of what the table takes.
        let gathered: Vec<(&str, Vec<Access>)> = res.into_iter().collect();
        let kept = |(path, mut accesses): (&str, Vec<Access>)| {
            accesses.shrink_to_fit();
            (path.to_owned(), accesses)
        };
        let mut res = gathered.into_iter().map(kept).collect();
        written_as_folders(self, &mut res);
        self.follow_links(&mut res);
        self.match_patterns(&mut res);
        res
    }

    /// What is read, written and needed below a link that a job makes is so in the folder for which it stands.
    fn follow_links(&self, accesses: &mut Accesses) {
        use crate::effects::EffectKind::{NeedDirectory, Read, Write};
        let runs = self.jobs.iter().flat_map(|it| &it.recipes);
        let links: BTreeSet<&(String, String)> = runs.flat_map(|it| it.outcome.links.iter()).collect();
        let mut found: Vec<(String, Access)> = Vec::new();
        for (link, folder) in links {
            let below = format!("{link}/");
            // A copy stands for its file too.
            let is_folder =
                accesses.get(folder.as_str()).is_some_and(|it| it.iter().any(|it| it.kind.makes_directory()));
            if !is_folder || has_unknown(link) || has_unknown(folder) || format!("{folder}/").starts_with(&below) {
                continue;
            }
            for (path, all) in accesses.range(below.clone()..).take_while(|it| it.0.starts_with(&below)) {
                let used = all.iter().filter(|it| matches!(it.kind, Read | Write | NeedDirectory));
                let real =
                    |it: &Access| (format!("{folder}/{}", &path[below.len()..]), Access { must: false, ..it.clone() });
                found.extend(used.map(real));
            }
            let needed = accesses.get(link.as_str()).into_iter().flatten().filter(|it| it.kind == NeedDirectory);
            found.extend(needed.map(|it| (folder.to_owned(), Access { must: false, ..it.clone() })));
        }
        for (path, access) in found {
            let accesses = accesses.entry(path).or_default();
            accesses.push(access);
            accesses.sort_by_key(|it| it.job);
        }
    }

    /// Whether what an access writes can be no folder: a compiler, `cp` or a redirection makes files.
    fn writes_file(&self, access: &Access) -> bool {
        const ANYTHING: [&str; 2] = ["ln", "mv"];
        let outcome = &self.job(access.job).recipes[access.recipe].outcome;
        let effect = access.effect.map(|it| &outcome.effects[it]).filter(|it| !it.guessed);
        let invocation = effect.and_then(|it| outcome.invocations.get(it.invocation));
        let is_file = |it: &crate::effects::Invocation| {
            it.known == crate::effects::Known::Model && !ANYTHING.contains(&it.name.as_str())
        };
        invocation.is_some_and(is_file)
    }

    /// Has the wildcards of recipes that match nothing in the tree mean what other jobs write. A reader has what it wants
    /// where some of that is made before it.
    fn match_patterns(&self, accesses: &mut Accesses) {
        use crate::effects::EffectKind::{Read, Remove, Write};
        // Thousands of readers of a folder with thousands of made files say no more than these.
        const MOST_FOUND: usize = 200_000;
        let mut found: BTreeMap<String, Vec<Access>> = BTreeMap::new();
        let mut n_found = 0;
        for (path, users) in accesses.iter() {
            let Some(pattern) = wildcard(path) else { continue };
            let literal = pattern.find(WILD).unwrap_or(pattern.len());
            let below = accesses.range(pattern[..literal].to_owned()..);
            let below = below.take_while(|it| it.0.starts_with(&pattern[..literal]));
            let made: Vec<_> =
                below.filter(|(file, it)| is_matched(&pattern, file) && it.iter().any(|it| it.kind == Write)).collect();
            for user in users.iter().filter(|it| matches!(it.kind, Read | Remove)) {
                if n_found > MOST_FOUND {
                    break;
                }
                let comes_first = |it: &Access| it.job == user.job || self.before(it.job, user.job);
                let is_there = |accesses: &[Access]| accesses.iter().any(|it| it.kind == Write && comes_first(it));
                let each = everywhere(&pattern).is_some() && !pattern.ends_with(WHOLE);
                if user.kind == Read && !each && made.iter().any(|it| is_there(it.1)) {
                    continue;
                }
                let must = user.must && user.kind == Remove;
                n_found += made.len();
                for (file, _) in &made {
                    found.entry((*file).clone()).or_default().push(Access { must, ..user.clone() });
                }
            }
        }
        for (path, more) in found {
            let accesses = accesses.entry(path).or_default();
            accesses.extend(more);
            accesses.sort_by_key(|it| it.job);
        }
    }

    /// The writes of files that nothing is seen to make, and that a recipe moves, or takes away as another one does, after a
    /// command that is not known: that made them.
    fn left_by_unknown<'a>(&'a self, accesses: &ByPath<'a>) -> Vec<(&'a str, Access)> {
        use crate::effects::{Certainty, EffectKind};
        let is_made =
            |path: &str| accesses.get(path).is_some_and(|it| it.iter().any(|it| it.kind == EffectKind::Write));
        let mut res = Vec::new();
        let mut removers: BTreeMap<&str, Vec<Access>> = BTreeMap::new();
        for id in (0..self.jobs.len()).map(JobId) {
            for (recipe, run) in self.job(id).recipes.iter().enumerate() {
                let unknown = run.outcome.invocations.iter().position(|it| it.known.hides_writes());
                let Some(unknown) = unknown else { continue };
                let effects = &run.outcome.effects;
                let read = |path: &str| effects.iter().any(|it| it.kind == EffectKind::Read && it.path == path);
                let removed = effects.iter().filter(|it| {
                    it.kind == EffectKind::Remove && it.certainty == Certainty::Must && it.invocation > unknown
                });
                for it in removed.filter(|it| !has_unknown(&it.path) && !is_made(&it.path)) {
                    let access = Access { job: id, recipe, effect: None, kind: EffectKind::Write, must: false };
                    match read(&it.path) {
                        true => res.push((it.path.as_str(), access)),
                        false => removers.entry(&it.path).or_default().push(access),
                    }
                }
            }
        }
        let is_core = |path: &str| path == "core" || path.ends_with("/core") || path.ends_with(".core");
        let several =
            removers.into_iter().filter(|(path, it)| !is_core(path) && it.iter().any(|of| of.job != it[0].job));
        res.extend(several.flat_map(|(path, it)| it.into_iter().map(move |of| (path, of))));
        res
    }

    /// Targets that no recipe is seen to write, where a command that is not known may: one of a make that their recipe
    /// runs, or of the recipe of the only thing that they depend on (`gen.h: gen.c`).
    fn made_unseen<'a>(&'a self, res: &mut ByPath<'a>) {
        use crate::effects::EffectKind::Write;
        let hides = (0..self.jobs.len()).map(JobId).filter(|it| self.job(*it).hides_writes());
        let above: FxHashSet<JobId> = hides.flat_map(|it| self.ancestry(it).into_iter().skip(1)).collect();
        for id in (0..self.jobs.len()).map(JobId) {
            let job = self.job(id);
            let maker = match job.is_inert() {
                true => self.leader(id),
                false => Some(id).filter(|_| !job.phony && above.contains(&id)),
            };
            let Some(maker) = maker else { continue };
            let accesses = res.entry(&job.path).or_default();
            if accesses.iter().all(|it| it.kind != Write) {
                accesses.push(Access { job: maker, recipe: 0, effect: None, kind: Write, must: false });
                accesses.sort_by_key(|it| it.job);
            }
        }
    }

    /// The only job on which a target whose own recipe does nothing depends (`gen.h: gen.c`), where that may make it too.
    pub(super) fn leader(&self, id: JobId) -> Option<JobId> {
        let job = self.job(id);
        let named = job.is_inert() && job.resolved.has_rule && job.resolved.found.is_none() && !job.phony;
        let [only] = job.needs[..] else { return None };
        Some(only).filter(|it| named && self.job(*it).hides_writes())
    }

    /// The writes of a file that no recipe makes: a make whose makefile the tree does not have, run in a folder above it,
    /// may well make an object or a library.
    pub fn unread_makers(&self, path: &str) -> Vec<Access> {
        if !is_product(path) {
            return Vec::new();
        }
        let below = |it: &&Unread| {
            !it.directory.is_empty() && path.strip_prefix(&it.directory).is_some_and(|it| it.starts_with('/'))
        };
        let makes = |it: &&Unread| {
            let Parent { job, recipe, run, .. } = it.parent;
            let goals = &self.job(job).recipes[recipe].outcome.makes[run].goals;
            goals.is_empty() || goals.iter().any(|it| !it.contains("clean"))
        };
        let mut res: Vec<Access> = Vec::new();
        for Unread { parent: Parent { job, recipe, .. }, .. } in self.unread.iter().filter(below).filter(makes) {
            if res.iter().all(|it| it.job != *job) {
                let kind = crate::effects::EffectKind::Write;
                res.push(Access { job: *job, recipe: *recipe, effect: None, kind, must: false });
            }
        }
        res
    }

    /// Folders that jobs fill with other projects, each as the write of whatever lies below it.
    pub fn fills(&self) -> Vec<(&str, Access)> {
        let kind = crate::effects::EffectKind::Write;
        let of = |job: JobId| {
            let runs = self.job(job).recipes.iter().enumerate();
            let fills = runs.flat_map(|(recipe, run)| run.outcome.fills.iter().map(move |it| (recipe, it)));
            fills.map(move |(recipe, it)| (it.as_str(), Access { job, recipe, effect: None, kind, must: false }))
        };
        (0..self.jobs.len()).map(JobId).flat_map(of).collect()
    }

    /// For each folder in which one job alone runs a make, that as the write of an object or a library there that no rule
    /// makes: what a make makes may hang on values that are not known.
    pub fn submakes(&self) -> FxHashMap<&str, Access> {
        let mut runners: FxHashMap<&str, Vec<Parent>> = FxHashMap::default();
        for it in &self.instances {
            runners.entry(&it.given.directory).or_default().extend(it.parent);
        }
        let only = |it: Vec<Parent>| {
            let first = it.iter().find(|first| it.iter().all(|it| it.job == first.job))?;
            let kind = crate::effects::EffectKind::Write;
            Some(Access { job: first.job, recipe: first.recipe, effect: None, kind, must: false })
        };
        runners.into_iter().filter_map(|(folder, it)| Some((folder, only(it)?))).collect()
    }

    /// The jobs that put files of unknown names into a folder (`ln -s "$$f" "farm/$$f"`), or make it and run a command that
    /// is not known, each as the write of whatever lies in it.
    pub fn fillers(&self) -> BTreeMap<&str, Vec<Access>> {
        let kind = crate::effects::EffectKind::Write;
        let mut res: BTreeMap<&str, Vec<Access>> = BTreeMap::new();
        for id in (0..self.jobs.len()).map(JobId) {
            let job = self.job(id);
            let hides = job.hides_writes();
            for (recipe, effect) in job.effects() {
                let unknown = effect.path.find(is_unknown_char);
                let folder = match unknown {
                    Some(at) if effect.kind == kind => effect.path[..at].rsplit_once('/').map(|it| it.0),
                    None if hides && effect.kind.makes_directory() => Some(effect.path.as_str()),
                    _ => None,
                };
                let Some(folder) = folder.filter(|it| !it.is_empty()) else { continue };
                let fillers = res.entry(folder).or_default();
                if fillers.iter().all(|it| it.job != id) {
                    fillers.push(Access { job: id, recipe, effect: None, kind, must: false });
                }
            }
        }
        res
    }

    /// The jobs that write what a pattern matches, of which the tree has nothing (`mv sub/*.o .`).
    pub fn patterned(&self) -> Vec<(String, Access)> {
        const MOST: usize = 40;
        let kind = crate::effects::EffectKind::Write;
        let of = |id: JobId| {
            let writes = self.job(id).effects().filter(move |(_, it)| it.kind == kind);
            writes.filter_map(move |(recipe, it)| {
                Some((wildcard(&it.path)?, Access { job: id, recipe, effect: None, kind, must: false }))
            })
        };
        (0..self.jobs.len()).map(JobId).flat_map(of).take(MOST).collect()
    }

    fn accesses_of<'a>(&'a self, id: JobId, res: &mut ByPath<'a>) {
        use crate::effects::{Certainty, EffectKind};
        let job = self.job(id);
        let certain = self.runs_each_time(id);
        for (recipe, run) in job.recipes.iter().enumerate() {
            for (index, effect) in run.outcome.effects.iter().enumerate() {
                let must = certain && effect.certainty == Certainty::Must;
                // A program is guessed to write the target that it is given, and nothing else.
                let elsewhere = effect.kind == EffectKind::NeedDirectory
                    && effect.guessed
                    && (job.phony || job.path.rsplit_once('/').is_none_or(|it| it.0 != effect.path));
                if elsewhere {
                    continue;
                }
                // `-mkdir x`
                let excused = run.lines.get(effect.place.line()).is_some_and(|it| it.ignore_errors);
                let kind = match effect.kind {
                    EffectKind::MakeDirectoryOnce if excused => EffectKind::MakeDirectory,
                    kind => kind,
                };
                let access = Access { job: id, recipe, effect: Some(index), kind, must };
                res.entry(&effect.path).or_insert_with(|| Vec::with_capacity(1)).push(access);
            }
        }
        // make itself looks for a prerequisite that no rule makes, and stops where it is not there yet.
        if self.is_looked_for(id) {
            let access = Access { job: id, recipe: 0, effect: None, kind: EffectKind::Read, must: certain };
            res.entry(&job.path).or_default().push(access);
        }
        let writes_target = job.effects().any(|(_, it)| {
            it.path == job.path
                && !it.guessed
                && matches!(it.kind, EffectKind::Write | EffectKind::MakeDirectory | EffectKind::MakeDirectoryOnce)
        });
        let is_given = || job.effects().any(|(_, it)| it.path == job.path && it.kind == EffectKind::Read);
        let makes_it = !job.phony || job.names_a_file() && is_given();
        if makes_it && !writes_target && job.hides_writes() {
            let certain = certain && !job.phony;
            for path in std::iter::once(&job.path).chain(&job.also) {
                let access = Access { job: id, recipe: 0, effect: None, kind: EffectKind::Write, must: certain };
                res.entry(path).or_default().push(access);
            }
        }
        for path in self.made_beside(id) {
            let access = Access { job: id, recipe: 0, effect: None, kind: EffectKind::Write, must: false };
            res.entry(path).or_default().push(access);
        }
    }

    /// The other targets of a job's rule, where its recipe names no target and runs a command that is not known: it is
    /// taken to make them all.
    fn made_beside(&self, id: JobId) -> Vec<&str> {
        let job = self.job(id);
        let instance = self.instance_of(id);
        let [run] = job.recipes.as_slice() else { return Vec::new() };
        let rule = match run.rule {
            expand::RuleId::Explicit(_) => instance.database.rule(run.rule),
            expand::RuleId::Implicit(_) => return Vec::new(),
        };
        if rule.targets.len() < 2 || job.phony || !job.hides_writes() || rule.names_target() {
            return Vec::new();
        }
        let others =
            rule.targets.iter().filter(|it| it.text != job.target() && !instance.database.phony.contains(&it.text));
        // A variable of the recipe may name the target.
        let text = |it: &RecipeRun| it.lines.iter().map(|it| it.text.text.clone()).collect::<Vec<_>>();
        let same = |it: &&JobId| self.job(**it).recipes.first().is_none_or(|it| text(it) == text(run));
        let jobs = others.filter_map(|it| instance.by_target.get(it.text.as_str())).filter(same);
        jobs.map(|it| self.job(*it).path.as_str()).collect()
    }

    /// The files that no rule of their make makes and the tree does not have.
    pub fn lacking(&self) -> impl Iterator<Item = &str> {
        (0..self.jobs.len()).map(JobId).filter(|it| self.is_looked_for(*it)).map(|it| self.job(it).path.as_str())
    }

    /// Whether a target is a file that no rule of its make makes.
    pub(super) fn is_looked_for(&self, id: JobId) -> bool {
        let job = self.job(id);
        !job.phony && job.recipes.is_empty() && !job.resolved.has_rule && job.resolved.found.is_none()
    }
}
