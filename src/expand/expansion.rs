//! Expansion of references, after GNU make's expand.c.
//!
//! Knows nothing of rules; the functions are in their own file.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;

use super::functions;
use super::limits;
use super::pattern::Replacement;
use super::spelling::{Builder, Map, Out, Text};
use super::variables::Expander;
use super::{Flavor, Variable};
use crate::source::Span;
use crate::syntax::make::scan;
use crate::text::{Origin, Traced, destination, has_unknown, unknown};

impl Expander<'_> {
    /// The expansion of a text.
    pub(crate) fn expand(&mut self, text: &str, map: &Map) -> String {
        let mut out = String::new();
        self.expand_into(text, map, &mut out);
        out
    }

    /// The expansion of a line of a makefile; each piece of it knows the word or the reference of the line that gave it.
    pub(crate) fn expand_line(&mut self, line: &Text) -> Text<'static> {
        self.use_names(&line.map, 0..line.text.len());
        let mut out = String::new();
        let mut places = Builder::default();
        let mut at = 0;
        while let Some(found) = memchr(b'$', &line.text.as_bytes()[at..]) {
            out.push_str(&line.text[at..at + found]);
            places.push(&line.map, at..at + found);
            at += found;
            let before = out.len();
            let end = self.reference(&line.text, &line.map, at, &mut out);
            let place = line.map.place(at..end);
            places.piece(out.len() - before, place.map(Origin::Derived), place, None);
            at = end;
        }
        out.push_str(&line.text[at..]);
        places.push(&line.map, at..line.text.len());
        Text { text: Cow::Owned(out), map: places.finish() }
    }

    /// Appends the expansion of a text.
    pub(crate) fn expand_into<O: Out>(&mut self, text: &str, map: &Map, out: &mut O) {
        if self.budget.reported {
            return;
        }
        if self.budget.depth >= limits::DEPTH {
            return self.give_up(limits::NESTED, out);
        }
        if self.budget.is_spent() {
            return self.give_up(limits::LARGE, out);
        }
        self.use_names(map, 0..text.len());
        self.budget.depth += 1;
        let mut at = 0;
        while let Some(found) = memchr(b'$', &text.as_bytes()[at..]) {
            out.literal(text, map, at..at + found);
            // What a name means is looked up in each scope.
            if !self.budget.take(1 + self.locals.len() / 4, found) || out.text().len() > self.budget.expansion {
                self.give_up(limits::LARGE, out);
                self.budget.depth -= 1;
                return;
            }
            at = self.reference(text, map, at + found, out);
        }
        self.budget.take(0, text.len() - at);
        out.literal(text, map, at..text.len());
        self.budget.depth -= 1;
    }

    /// Ends an expansion before its end: an error where make would still be reading, text that is not known later.
    fn give_up<O: Out>(&mut self, message: &str, out: &mut O) {
        if !self.budget.reported {
            self.budget.reported = true;
            self.error(message);
            if self.book.is_none() {
                out.computed(&unknown(message), None);
            }
        }
    }

    /// Remembers the substituted variables in a text.
    pub(crate) fn use_names(&mut self, map: &Map, range: Range<usize>) {
        if let (Some(used), Map::Pieces(_)) = (&mut self.used, map) {
            for name in map.names(range) {
                if !used.contains(name) {
                    used.insert(name.clone());
                }
            }
        }
    }

    /// Expands the reference whose `$` stands at `at`; gives the offset after it.
    fn reference<O: Out>(&mut self, text: &str, map: &Map, at: usize, out: &mut O) -> usize {
        let bytes = text.as_bytes();
        match bytes.get(at + 1) {
            None => {
                out.literal(text, map, at..at + 1);
                text.len()
            }
            Some(b'$') => {
                out.literal(text, map, at + 1..at + 2);
                at + 2
            }
            Some(b'(') => self.bracketed(text, map, at, (b'(', b')'), out),
            Some(b'{') => self.bracketed(text, map, at, (b'{', b'}'), out),
            Some(_) => {
                let end = at + 1 + scan::char_len(text, at + 1);
                let place = self.place::<O>(map, at..end);
                self.value(&text[at + 1..end], place, out);
                end
            }
        }
    }

    fn place<O: Out>(&self, map: &Map, range: Range<usize>) -> Option<Span> {
        if O::TRACED { map.place(range) } else { None }
    }

    fn bracketed<O: Out>(&mut self, text: &str, map: &Map, at: usize, brackets: (u8, u8), out: &mut O) -> usize {
        let start = at + 2;
        let (open, close) = brackets;
        if let Some((function, arguments)) = functions::named_at(text, start) {
            let Some(end) = scan::closing(text.as_bytes(), arguments, open, close) else {
                let name = function.name;
                self.error(format!("unterminated call to function '{name}': missing '{}'", close as char));
                return text.len();
            };
            let call = functions::Site { text, map, range: at..end + 1, arguments: arguments..end, brackets };
            self.call_function(function, &call, out);
            return end + 1;
        }
        let Some(first) = memchr(close, &text.as_bytes()[start..]).map(|it| start + it) else {
            self.error("unterminated variable reference");
            return text.len();
        };
        let mut end = first;
        let mut name = Cow::Borrowed(&text[start..first]);
        if name.contains('$') {
            let Some(found) = scan::closing(text.as_bytes(), start, open, close) else {
                // As in make, `$($(A)` is a variable with the name `$(A`, and what follows is dropped.
                self.value(&name, None, out);
                return text.len();
            };
            end = found;
            name = self.computed_name(text, map, start..end);
        }
        let place = self.place::<O>(map, at..end + 1);
        self.named(&name, place, out);
        end + 1
    }

    #[inline(never)]
    fn computed_name(&mut self, text: &str, map: &Map, range: Range<usize>) -> Cow<'static, str> {
        Cow::Owned(self.expand(&text[range.clone()], &map.slice(range)))
    }

    /// A reference by its name, with all within it expanded: `X`, or `X:.c=.o`.
    #[inline(never)]
    fn named<O: Out>(&mut self, name: &str, place: Option<Span>, out: &mut O) {
        let substitution = name.split_once(':').and_then(|(name, rest)| Some((name, rest.split_once('=')?)));
        match substitution {
            Some((variable, (from, to))) => {
                let mut value = String::new();
                self.value(variable, None, &mut value);
                let replaced = Replacement::suffix(from, to).apply(&value);
                out.computed(&replaced, place);
            }
            None if has_unknown(name) => out.computed(&unknown(&format!("$({name})")), place),
            None => self.value(name, place, out),
        }
    }

    /// The value of a variable.
    pub(crate) fn value<O: Out>(&mut self, name: &str, place: Option<Span>, out: &mut O) {
        if let Some(used) = &mut self.used
            && !used.contains(name)
        {
            used.insert(name.into());
        }
        if name == ".VARIABLES"
            && let Some(names) = self.names_of_variables()
        {
            self.memory.others += 1;
            return out.computed(&names, place);
        }
        let Some(variable) = self.lookup(name) else {
            self.asked_in_vain = true;
            self.memory.others += 1;
            if is_installed_to(name, out.text()) {
                out.computed(&unknown(&format!("$({name})")), place);
            }
            return self.unset(name);
        };
        self.variable_value(name, &variable, place, out, false);
    }

    /// The value of this variable, whatever its name means now. `called` variables may name themselves.
    pub(crate) fn variable_value<O: Out>(
        &mut self,
        name: &str,
        variable: &Arc<Variable>,
        place: Option<Span>,
        out: &mut O,
        called: bool,
    ) {
        let me = Arc::as_ptr(variable);
        if variable.flavor == Flavor::Simple && !variable.append {
            if !self.budget.take(0, variable.value.len() / limits::COPIED) {
                return self.give_up(limits::LARGE, out);
            }
            if O::TRACED {
                self.retraced(variable, place, out)
            } else {
                out.computed(&variable.value, None)
            }
            return;
        }
        if self.expanding.iter().any(|it| it.0 == me) && !self.expanding.iter().any(|it| it.0 == me && it.1) {
            self.error(format!("Recursive variable '{name}' references itself (eventually)"));
            return;
        }
        // Places are wanted of findings alone, and scopes change with the target.
        let lasts = !O::TRACED && self.book.is_some() && self.locals.is_empty() && self.used.is_some();
        let lasts = lasts && !called && variable.flavor == Flavor::Recursive && self.memory.wants(variable);
        if let Some(known) = self.memory.get(variable).filter(|_| lasts) {
            if !self.budget.take(1 + known.len() / limits::BYTES_A_REFERENCE, known.len() / limits::COPIED) {
                return self.give_up(limits::LARGE, out);
            }
            return out.computed(&known, None);
        }
        let (others, start) = (self.memory.others, out.text().len());
        self.expanding.push((me, called));
        if variable.append {
            self.outer_value(name, variable, out);
        }
        match variable.flavor {
            Flavor::Simple => out.computed(&variable.value, variable.value_span),
            Flavor::Recursive => self.expand_into(&variable.value, &variable.map, out),
        }
        self.expanding.pop();
        if lasts && self.memory.others == others && !self.budget.is_spent() {
            self.memory.keep(variable, &out.text()[start..]);
        }
    }

    /// What a target's `+=` appends to: the variable of the scope around.
    fn outer_value<O: Out>(&mut self, name: &str, variable: &Arc<Variable>, out: &mut O) {
        let own = self.locals.iter().rposition(|it| it.get(name).is_some_and(|it| Arc::ptr_eq(it, variable)));
        let Some(outer) = self.lookup_below(name, own.unwrap_or(0)) else { return };
        let before = out.text().len();
        self.variable_value(name, &outer, None, out, false);
        if out.text().len() > before {
            out.computed(" ", None);
        }
    }

    /// A simple variable's value with the places of its definition, where expanding that again gives the same text.
    #[inline(never)]
    fn retraced<O: Out>(&mut self, variable: &Arc<Variable>, place: Option<Span>, out: &mut O) {
        let me = Arc::as_ptr(variable);
        let harmless = variable.definition.iter().all(|it| !it.0.contains("eval") && !it.0.contains("call"));
        let fresh = !self.expanding.iter().any(|it| it.0 == me);
        if harmless && fresh && !variable.definition.is_empty() {
            let errors = self.errors.len();
            let mut again = Traced::default();
            self.expanding.push((me, false));
            for (text, map) in &variable.definition {
                if !again.text.is_empty() {
                    again.push(" ", None);
                }
                self.expand_into(text, map, &mut again);
            }
            self.expanding.pop();
            self.errors.truncate(errors);
            if again.text == variable.value {
                let map = super::spelling::map_of(&again);
                out.literal(&again.text, &map, 0..again.text.len());
                return;
            }
        }
        out.computed(&variable.value, variable.value_span.or(place));
    }
}

/// Whether a variable that nobody sets is a folder of the installation, as what stands before it says: `$(DESTDIR)$(libdir)`.
/// The user, or a makefile that configure writes, gives it.
fn is_installed_to(name: &str, before: &str) -> bool {
    ["dir", "DIR"].iter().any(|it| name.ends_with(it)) && before.ends_with(destination())
}
