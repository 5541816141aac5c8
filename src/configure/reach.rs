//! Configurations of several settings that bring an assignment into force which no single one does: an arm within arms.

use std::collections::BTreeSet;

use super::model::*;
use super::{Configuration, Configure};

/// Settings of a configuration, at most.
const MOST_SETTINGS: usize = 3;
/// Settings that are tried for one arm.
const TRIED: usize = 24;
/// Assignments of one variable that are looked at, with those of the variables that flow into it.
const MOST_ASSIGNMENTS: usize = 32;

impl Configure {
    /// For each assignment that `@name@` may come from and that takes more than one setting: these.
    pub fn reaching(&self, name: &str) -> Vec<Configuration> {
        let model = &self.model;
        let mut res: Vec<Configuration> = Vec::new();
        let guards = model.positions_behind(name).into_iter().map(|it| model.assignments[it].guard);
        for found in guards.filter_map(|it| model.reach(it)).filter(|it| it.settings.len() > 1) {
            if !res.contains(&found) {
                res.push(found);
            }
        }
        res
    }
}

impl Model {
    /// The assignments to a variable and to those that its values mention.
    fn positions_behind(&self, name: &str) -> Vec<Point> {
        let mut res = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::from([name]);
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            for position in self.of(name).iter().copied().take(MOST_ASSIGNMENTS - res.len()) {
                res.push(position);
                if let Value::Word(word) = &self.assignments[position].value {
                    open.extend(word.variables().into_iter().filter(|it| seen.insert(it)));
                }
            }
        }
        res
    }

    /// Settings under which all arms around something are taken, found arm by arm from the outermost one.
    fn reach(&self, guard: Option<GuardId>) -> Option<Configuration> {
        let mut arms: Vec<&Guard> = self.chain(guard).collect();
        arms.reverse();
        let mut res = Configuration::default();
        for (n, arm) in arms.iter().enumerate() {
            let holds = |it: &Configuration| {
                self.evaluate(it, |evaluation| arms[..=n].iter().all(|arm| evaluation.taken(arm.choice) == arm.arm))
            };
            if holds(&res) {
                continue;
            }
            if res.settings.len() >= MOST_SETTINGS {
                return None;
            }
            let candidates = self.choice_candidates(arm.choice, &res).into_iter().map(|it| it.setting);
            let free = candidates.filter(|it| res.value(&it.subject).is_none()).take(TRIED);
            res = free.map(|it| res.with(it)).find(holds)?;
        }
        Some(res)
    }
}
