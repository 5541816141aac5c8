//! Every value that a variable's assignments can give, whatever the configuration.
//!
//! Wider than what configurations show: an arm within arms is reached by several settings at once.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::model::{Model, Part, Value, Word};
use super::{Configuration, Configure};
use crate::text::unknown;

impl Configure {
    /// The values that `@name@` can have, unknown parts marked: one for each of its assignments. A variable in one that
    /// can have several values itself is unknown there.
    pub fn values(&self, name: &str) -> BTreeSet<String> {
        let mut res = Values { model: &self.model, known: FxHashMap::default() }.of(name);
        let initial = self.model.evaluate(&Configuration::default(), |it| it.at(name, 0, false));
        if self.model.assigns_any {
            res.insert(unknown(&format!("@{name}@")));
        }
        res.insert(initial.map(|it| it.text.clone()).unwrap_or_default());
        res
    }
}

struct Values<'a> {
    model: &'a Model,
    /// What each variable can be, where that is one value; `None` also while it is looked for.
    known: FxHashMap<String, Option<String>>,
}

impl Values<'_> {
    fn of(&mut self, name: &str) -> BTreeSet<String> {
        self.known.insert(name.to_owned(), None);
        let model = self.model;
        let value = |at: &usize| match &model.assignments[*at].value {
            Value::Unset => String::new(),
            Value::Unknown { spelling, .. } => unknown(spelling),
            Value::Word(word) => self.word(word),
        };
        model.of(name).iter().map(value).collect()
    }

    fn word(&mut self, word: &Word) -> String {
        let mut res = String::new();
        for part in &word.parts {
            match part {
                Part::Text(text) => res.push_str(&text.text),
                Part::Unknown { spelling, .. } => res.push_str(&unknown(spelling)),
                Part::Variable { name, operator, .. } => match self.only(name).filter(|_| operator.is_none()) {
                    Some(value) => res.push_str(&value),
                    None => res.push_str(&unknown(&format!("${name}"))),
                },
            }
        }
        res
    }

    /// The value of a variable that has one for certain: one that is assigned once, in no arm.
    fn only(&mut self, name: &str) -> Option<String> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let [at] = self.model.of(name) else { return None };
        if self.model.assignments[*at].guard.is_some() {
            return None;
        }
        let value = self.of(name).pop_first();
        self.known.insert(name.to_owned(), value.clone());
        value
    }
}
