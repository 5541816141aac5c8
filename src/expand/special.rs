//! The functions that expand their arguments themselves: `if`, `or`, `and`, `foreach`, `call`, `let`.

use std::ops::Range;
use std::sync::Arc;

use super::functions::{self, Function, Site, Special, Work, spelt, words};
use super::limits;
use super::spelling::Out;
use super::variables::{Expander, Scope};
use super::{Flavor, Variable, VariableOrigin};
use crate::configure::Subject;
use crate::text::{display, has_unknown, is_unknown_char, unknown};

impl Expander<'_> {
    /// Expands a call of one of these.
    #[inline(never)]
    pub(crate) fn call_special<O: Out>(&mut self, work: Special, site: &Site, ranges: &[Range<usize>], out: &mut O) {
        match work {
            Special::If => self.function_if(site, ranges, out),
            Special::Or => self.function_or(site, ranges, out),
            Special::And => self.function_and(site, ranges, out),
            Special::Foreach => self.function_foreach(site, ranges, out),
            Special::Call => self.function_call(site, ranges, out),
            Special::Let => self.function_let(site, ranges, out),
        }
    }

    fn part<O: Out>(&mut self, site: &Site, range: Range<usize>, out: &mut O) {
        self.expand_into(&site.text[range.clone()], &site.map.slice(range), out);
    }

    /// An argument without the white space around it, expanded.
    fn condition(&mut self, site: &Site, range: &Range<usize>) -> String {
        let text = &site.text[range.clone()];
        let start = range.start + (text.len() - text.trim_start().len());
        let end = start + text.trim().len();
        self.comparing += 1;
        let res = self.expand(&site.text[start..end], &site.map.slice(start..end));
        self.comparing -= 1;
        res
    }

    /// Whether a condition holds: it does as soon as something in it is known and there.
    fn holds(&mut self, site: &Site, value: &str, range: &Range<usize>) -> Option<bool> {
        if value.is_empty() {
            return Some(self.looks_for_file(&site.text[range.clone()]) && self.asked(site.spelling(), false));
        }
        if value.chars().any(|it| !is_unknown_char(it) && !it.is_whitespace()) {
            return Some(true);
        }
        if let Some(used) = &mut self.used {
            used.insert(format!("@{}@", site.spelling()).into());
        }
        let subject = Subject::Test(site.spelling().to_owned());
        if let Some(forced) = self.request.configuration.value(&subject) {
            return Some(forced == "true");
        }
        self.offer(subject.clone(), "true");
        self.offer(subject, "false");
        None
    }

    fn function_if<O: Out>(&mut self, site: &Site, ranges: &[Range<usize>], out: &mut O) {
        let value = self.condition(site, &ranges[0]);
        self.offer_from_emptiness(&site.text[ranges[0].clone()], &value);
        let holds = self.holds(site, &value, &ranges[0]).or_else(|| self.either_way(site, ranges));
        match (holds, ranges.get(2)) {
            (Some(true), _) => self.part(site, ranges[1].clone(), out),
            (Some(false), Some(other)) => self.part(site, other.clone(), out),
            (Some(false), None) => {}
            (None, _) => out.computed(&unknown(&display(site.spelling())), site.place()),
        }
    }

    /// `false` where it is of no concern which side an `if` takes: both say one thing, or tell make to be quiet or not.
    fn either_way(&mut self, site: &Site, ranges: &[Range<usize>]) -> Option<bool> {
        // A function that calls itself until something is known would never end.
        const DEEPEST: usize = 4;
        if self.undecided >= DEEPEST {
            return None;
        }
        self.undecided += 1;
        let mut side = |at: usize| ranges.get(at).map_or(String::new(), |it| self.condition(site, it));
        let sides = [side(1), side(2)];
        self.undecided -= 1;
        let quiet = |it: &String| it.is_empty() || matches!(it.as_str(), "@" | ":");
        let same = sides[0].trim_matches('\'') == sides[1].trim_matches('\'');
        (same || sides.iter().all(quiet)).then_some(false)
    }

    fn function_or<O: Out>(&mut self, site: &Site, ranges: &[Range<usize>], out: &mut O) {
        for range in ranges {
            let value = self.condition(site, range);
            match self.holds(site, &value, range) {
                Some(false) => {}
                Some(true) => return out.computed(&value, site.place()),
                None => return out.computed(&unknown(&display(site.spelling())), site.place()),
            }
        }
    }

    fn function_and<O: Out>(&mut self, site: &Site, ranges: &[Range<usize>], out: &mut O) {
        let mut value = String::new();
        for range in ranges {
            value = self.condition(site, range);
            match self.holds(site, &value, range) {
                Some(true) => {}
                Some(false) => return,
                None => return out.computed(&unknown(&display(site.spelling())), site.place()),
            }
        }
        out.computed(&value, site.place());
    }

    fn function_foreach<O: Out>(&mut self, site: &Site, ranges: &[Range<usize>], out: &mut O) {
        let name: Arc<str> = self.condition(site, &ranges[0]).trim().into();
        let list = self.expand(&site.text[ranges[1].clone()], &site.map.slice(ranges[1].clone()));
        self.locals.push(Scope::default());
        for (at, word) in words(&list).enumerate() {
            if at > 0 {
                out.computed(" ", site.place());
            }
            if !self.budget.take(1, 1) {
                break;
            }
            self.bind(&name, word);
            if has_unknown(word) {
                let body = self.expand(&site.text[ranges[2].clone()], &site.map.slice(ranges[2].clone()));
                let call = unknown(&format!("$(foreach {name},{word},{})", &site.text[ranges[2].clone()]));
                out.computed(if body.trim().is_empty() { "" } else { &call }, site.place());
            } else {
                self.part(site, ranges[2].clone(), out);
            }
        }
        self.locals.pop();
    }

    fn bind(&mut self, name: &Arc<str>, value: &str) {
        let variable = Variable::plain(value, Flavor::Simple, VariableOrigin::Automatic);
        if let Some(scope) = self.locals.last_mut() {
            scope.insert(name.clone(), Arc::new(variable));
        }
    }

    fn function_let<O: Out>(&mut self, site: &Site, ranges: &[Range<usize>], out: &mut O) {
        let names = self.expand(&site.text[ranges[0].clone()], &site.map.slice(ranges[0].clone()));
        let list = self.expand(&site.text[ranges[1].clone()], &site.map.slice(ranges[1].clone()));
        let count = words(&names).count();
        let mut rest = list.as_str();
        self.locals.push(Scope::default());
        for (at, name) in words(&names).enumerate() {
            rest = rest.trim_start();
            let end = if at + 1 == count { rest.len() } else { rest.find(char::is_whitespace).unwrap_or(rest.len()) };
            self.bind(&name.into(), rest[..end].trim_end());
            rest = &rest[end..];
        }
        self.part(site, ranges[2].clone(), out);
        self.locals.pop();
    }

    fn function_call<O: Out>(&mut self, site: &Site, ranges: &[Range<usize>], out: &mut O) {
        let arguments: Vec<String> =
            ranges.iter().map(|it| self.expand(&site.text[it.clone()], &site.map.slice(it.clone()))).collect();
        let name = arguments[0].trim().to_owned();
        if name.is_empty() {
            return;
        }
        if let Some((function, _)) = functions::named_at(&format!("{name} "), 0) {
            self.call_by_name(function, &arguments[1..], site, out);
            return;
        }
        if has_unknown(&name) {
            out.computed(&spelt("call", &arguments), site.place());
            return;
        }
        if let Some(used) = &mut self.used {
            used.insert(name.as_str().into());
        }
        let Some(variable) = self.lookup(&name) else {
            self.asked_in_vain = true;
            self.unset(&name);
            // A makefile that is not there may define it.
            if self.automatic.as_ref().is_some_and(|it| it.lacks_makefile()) {
                out.computed(&spelt("call", &arguments), site.place());
            }
            return;
        };
        if self.locals.len() > limits::DEPTH {
            self.error("calls are nested too deeply");
            return;
        }
        self.locals.push(Scope::default());
        self.bind(&"0".into(), &name);
        for (at, argument) in arguments.iter().enumerate().skip(1) {
            self.bind(&at.to_string().into(), argument);
        }
        // A call within a call does not see the outer one's further arguments.
        for beyond in arguments.len()..self.called_with {
            self.bind(&beyond.to_string().into(), "");
        }
        let outer = self.called_with;
        self.called_with = outer.max(arguments.len());
        self.variable_value(&name, &variable, site.place(), out, true);
        self.called_with = outer;
        self.locals.pop();
    }

    /// `$(call patsubst,...)`: a function called with expanded arguments.
    fn call_by_name<O: Out>(&mut self, function: &Function, arguments: &[String], site: &Site, out: &mut O) {
        let mut arguments = arguments.to_vec();
        let (min, max) = function.arguments;
        if max > 0 && arguments.len() > max {
            let rest = arguments.split_off(max - 1).join(",");
            arguments.push(rest);
        }
        while arguments.len() < min.max(1) {
            arguments.push(String::new());
        }
        let res = match function.work {
            Work::Text(work) => work(&arguments).unwrap_or_else(|| spelt(function.name, &arguments)),
            Work::State(work) => work(self, &arguments, site.place().or(self.here)),
            Work::Special(_) => {
                // As in make, such a function expands its arguments once more.
                let text = format!("$({} {})", function.name, arguments.join(","));
                self.expand(&text, &super::spelling::Map::Nowhere)
            }
        };
        out.computed(&res, site.place());
    }
}
