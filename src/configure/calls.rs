//! A call of a macro to what it means in the shell text around it.
//!
//! One arm for each [`Meaning`]; the names are rows of `macros`.

use std::sync::Arc;

use super::macros::{self, Meaning};
use super::mapped::Mapped;
use super::structure::{Keep, Node, NodeId, Reader};
use super::{Note, What};
use crate::source::{Project, Span, normalise};
use crate::text::has_unknown;

/// A call as it is spelt.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Vec<Mapped>,
    pub(super) span: Option<Span>,
}

impl Call {
    pub(super) fn argument(&self, at: usize) -> Option<&Mapped> {
        self.arguments.get(at)
    }

    pub(super) fn word(&self, at: usize) -> String {
        self.argument(at).map(|it| it.text.trim().to_owned()).unwrap_or_default()
    }

    pub(super) fn argument_span(&self, at: usize) -> Option<Span> {
        let trimmed = self.argument(at)?.trimmed();
        trimmed.span(0..trimmed.text.len()).or(self.span)
    }

    /// `NAME(first, ...)`, as reports show it.
    pub(super) fn spelling(&self, arguments: usize) -> String {
        let shown: Vec<String> = self
            .arguments
            .iter()
            .take(arguments)
            .map(|it| it.text.split_whitespace().collect::<Vec<_>>().join(" "))
            .map(|it| it.chars().take(60).collect())
            .collect();
        if shown.is_empty() { self.name.clone() } else { format!("{}({})", self.name, shown.join(", ")) }
    }
}

impl Reader<'_> {
    /// Appends to `out` what stands for the call.
    pub(super) fn expand(&mut self, call: Call, out: &mut Mapped) {
        let Some(meaning) = macros::meaning(&call.name) else {
            return match self.definitions.get(&call.name).cloned() {
                Some(body) => self.expand_defined(&call, &body, out),
                None => self.expand_unknown(&call, out),
            };
        };
        if meaning != Meaning::Define {
            self.provided.insert(call.name.clone());
        }
        let node = match meaning {
            Meaning::Nothing | Meaning::Alias => None,
            Meaning::Define => {
                self.define(&call.arguments, Keep::Last);
                return;
            }
            Meaning::Quoting => {
                self.quotes.open = call.word(0);
                self.quotes.close = call.word(1);
                return;
            }
            Meaning::Substitute | Meaning::UserVariable => self.substitute(&call, meaning == Meaning::Substitute),
            Meaning::Conditional => self.conditional(&call),
            Meaning::ConditionalIf => self.conditional_if(&call),
            Meaning::Files => self.files(&call),
            Meaning::Option { prefix, value } => self.option(&call, prefix, value),
            Meaning::If => self.if_(&call),
            Meaning::Case => self.case(&call),
            Meaning::Probe(first) => self.probe(&call, first),
            Meaning::Run(at) => self.body(call.argument(at)),
            Meaning::Choice => self.choice(&call),
            Meaning::Program => self.sets(&call, vec![call.word(0)]),
            Meaning::Package => self.package(&call),
            Meaning::SilentRules => self.silent_rules(&call),
            Meaning::Init => self.init(&call),
            Meaning::InitAutomake => self.init_automake(&call),
            Meaning::Object => self.object(&call),
            Meaning::ObjectFolder => {
                self.substituted("ac_config_libobj_dir", call.span);
                self.assign("ac_config_libobj_dir", &call, 0)
            }
            Meaning::Replacements => self.replacements(&call),
            Meaning::Sets(names) => self.sets(&call, names.iter().map(|it| (*it).to_owned()).collect()),
            Meaning::Require => self.require(&call),
            Meaning::Include => self.include(&call),
            Meaning::Folders => {
                self.folders.extend(call.word(0).split_whitespace().map(str::to_owned));
                None
            }
            Meaning::Set | Meaning::Append => self.set(&call, meaning == Meaning::Append),
            Meaning::Prefix => self.assign("ac_default_prefix", &call, 0),
            Meaning::VariableIf => self.variable_if(&call),
            Meaning::NameMacro => {
                let mut name = Mapped::default();
                self.identifier(&call, 1, &mut name);
                let macro_name = call.argument(0).cloned().unwrap_or_default();
                self.define(&[macro_name, name], Keep::Last);
                None
            }
            Meaning::Identifier => return self.identifier(&call, 0, out),
            Meaning::Letters { upper } => return self.letters(&call, upper, out),
            Meaning::For => self.for_(&call),
            Meaning::Text(text) => return out.push_derived(text, call.span),
            Meaning::Compare if self.is_undecided(&call) => self.probe(&call, 2),
            Meaning::Compare
            | Meaning::IfValue
            | Meaning::IfBlank
            | Meaning::IfDefined
            | Meaning::Default
            | Meaning::Foreach
            | Meaning::ForeachWord
            | Meaning::Verbatim => return self.expand_text(&call, meaning, out),
        };
        self.refer(node, call.span, out);
    }

    fn substitute(&mut self, call: &Call, may_assign: bool) -> Option<NodeId> {
        let name = self.name(call, 0)?;
        self.substituted(&name, call.span);
        let gives = may_assign && call.arguments.len() > 1 && call.name == "AC_SUBST";
        if gives { self.assign(&name, call, 1) } else { None }
    }

    fn substituted(&mut self, name: &str, span: Option<Span>) {
        self.res.substituted.entry(name.to_owned()).or_insert(span);
    }

    /// An argument that must be a name.
    fn name(&mut self, call: &Call, at: usize) -> Option<String> {
        let text = call.argument(at).map(|it| self.read(it).text).unwrap_or_default();
        let name = text.trim();
        if !is_name(name) {
            self.note(&call.spelling(1), call.span);
        }
        is_name(name).then(|| name.to_owned())
    }

    /// `name=argument`.
    fn assign(&mut self, name: &str, call: &Call, at: usize) -> Option<NodeId> {
        let mut text = Mapped::default();
        text.push_derived(&format!("{name}="), call.argument_span(0));
        if let Some(value) = call.argument(at) {
            let value = self.read(value);
            text.append(&value.trimmed());
        }
        Some(self.shell(text))
    }

    fn conditional(&mut self, call: &Call) -> Option<NodeId> {
        let name = self.name(call, 0)?;
        for suffix in ["_TRUE", "_FALSE"] {
            self.substituted(&format!("{name}{suffix}"), call.span);
        }
        let test = self.body(call.argument(1)).unwrap_or_else(|| self.shell(Mapped::plain("false")));
        let place = call.argument_span(1).or(call.span);
        Some(self.node(Node::Conditional { name, test, place }))
    }

    fn conditional_if(&mut self, call: &Call) -> Option<NodeId> {
        let name = self.name(call, 0)?;
        let mut condition = Mapped::default();
        condition.push_derived(&format!("test -z \"${name}_TRUE\""), call.argument_span(0));
        self.branches(call, vec![(condition, 1)], Some(2))
    }

    fn files(&mut self, call: &Call) -> Option<NodeId> {
        let words = call.argument(0).map(|it| self.read(it)).unwrap_or_default();
        for word in words.text.split_whitespace() {
            let braced = word.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
            let variable = braced.or(word.strip_prefix('$')).filter(|it| is_name(it));
            if let Some((path, templates)) = output(self.project, &self.folder, word) {
                self.res.outputs.insert(path, templates);
                continue;
            }
            let name = format!("{}({word})", call.name);
            match variable {
                Some(it) => self
                    .res
                    .listed_by_variable
                    .push((it.to_owned(), Note { what: What::Construct, name, place: call.span })),
                None => self.note(&name, call.span),
            }
        }
        None
    }

    fn option(&mut self, call: &Call, prefix: &str, value: &str) -> Option<NodeId> {
        let feature = call.word(0).replace(|it: char| !it.is_ascii_alphanumeric(), "_");
        let variable = format!("{prefix}{feature}");
        let bodies = [self.body(call.argument(2)), self.body(call.argument(3))];
        bodies.iter().any(Option::is_some).then(|| {
            let mut text = Mapped::default();
            text.push_derived("if ", call.span);
            text.push_derived(&format!("test \"${{{variable}+set}}\" = set"), call.argument_span(0));
            text.push_derived(&format!("; then\n{value}=${variable}\n"), call.span);
            self.refer(bodies[0], call.span, &mut text);
            text.push_derived("\nelse\n", call.span);
            self.refer(bodies[1], call.span, &mut text);
            text.push_derived("\nfi\n", call.span);
            self.shell(text)
        })
    }

    fn if_(&mut self, call: &Call) -> Option<NodeId> {
        let count = call.arguments.len();
        let mut arms = Vec::new();
        for at in (0..count.saturating_sub(1)).step_by(2) {
            let condition = self.read(&call.arguments[at]).trimmed();
            arms.push((condition, at + 1));
        }
        let otherwise = (count % 2 == 1 && count > 1).then(|| count - 1);
        self.branches(call, arms, otherwise)
    }

    /// `if condition; then argument; elif...; else argument; fi`.
    fn branches(&mut self, call: &Call, arms: Vec<(Mapped, usize)>, otherwise: Option<usize>) -> Option<NodeId> {
        let mut text = Mapped::default();
        for (position, (condition, body)) in arms.into_iter().enumerate() {
            text.push_derived(if position == 0 { "if " } else { "\nelif " }, call.span);
            if condition.text.is_empty() {
                text.push_derived(":", call.span)
            } else {
                text.append(&condition)
            }
            text.push_derived("\nthen\n", call.span);
            let body = self.body(call.argument(body));
            self.refer(body, call.span, &mut text);
        }
        if text.text.is_empty() {
            return None;
        }
        if let Some(body) = otherwise.and_then(|it| self.body(call.argument(it))) {
            text.push_derived("\nelse\n", call.span);
            self.refer(Some(body), call.span, &mut text);
        }
        text.push_derived("\nfi\n", call.span);
        Some(self.shell(text))
    }

    fn case(&mut self, call: &Call) -> Option<NodeId> {
        let mut text = Mapped::default();
        text.push_derived("case ", call.span);
        let subject = self.read(call.argument(0)?).trimmed();
        text.append(&subject);
        text.push_derived(" in\n", call.span);
        let rest = &call.arguments[1..];
        for pair in rest.chunks(2) {
            match pair {
                [pattern, body] => {
                    let pattern = self.read(pattern).trimmed();
                    text.append(&pattern);
                    text.push_derived(")\n", call.span);
                    let body = self.body(Some(body));
                    self.refer(body, call.span, &mut text);
                }
                last => {
                    text.push_derived("*)\n", call.span);
                    let body = self.body(last.first());
                    self.refer(body, call.span, &mut text);
                }
            }
            text.push_derived(" ;;\n", call.span);
        }
        text.push_derived("esac\n", call.span);
        Some(self.shell(text))
    }

    pub(super) fn probe(&mut self, call: &Call, first: usize) -> Option<NodeId> {
        let bodies = [self.body(call.argument(first)), self.body(call.argument(first + 1))];
        bodies.iter().any(Option::is_some).then(|| {
            let test = self.test_name(call, first);
            self.node(Node::Probe { test, place: call.span, bodies })
        })
    }

    fn choice(&mut self, call: &Call) -> Option<NodeId> {
        let name = self.name(call, 0)?;
        self.substituted(&name, call.span);
        let value = |reader: &mut Self, at: usize| {
            let mut text = Mapped::default();
            text.push_derived(&format!("{name}=\""), call.argument_span(0));
            let value = reader.read(call.argument(at)?).trimmed();
            text.append(&value);
            text.push_derived("\"", call.argument_span(0));
            Some(reader.shell(text))
        };
        // `AC_CHECK_PROG(AR, ar, ar)`: a build has its tools.
        let is_tool = ["", "\"\"", "''"].contains(&call.word(3).as_str()) && call.word(1) == call.word(2);
        let bodies = [value(self, 2), value(self, if is_tool { 2 } else { 3 })];
        let test = self.test_name(call, 2);
        Some(self.node(Node::Probe { test, place: call.span, bodies }))
    }

    /// A name for a probe that no other has: two that are spelt alike can have two outcomes.
    fn test_name(&mut self, call: &Call, arguments: usize) -> String {
        let name = match &self.outer {
            Some(outer) => format!("{outer}: {}", call.spelling(arguments)),
            None => call.spelling(arguments),
        };
        let count = self.tests.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count > 1 { format!("{name} #{count}") } else { name }
    }

    fn sets(&mut self, call: &Call, names: Vec<String>) -> Option<NodeId> {
        let names: Vec<String> = names.into_iter().filter(|it| is_name(it)).collect();
        for name in &names {
            self.substituted(name, call.span);
        }
        (!names.is_empty()).then(|| self.node(Node::Sets { names, place: call.span }))
    }

    fn silent_rules(&mut self, call: &Call) -> Option<NodeId> {
        let sets = self.sets(call, macros::SILENT_RULES.iter().map(|it| (*it).to_owned()).collect());
        let quiet = (call.word(0) == "yes").then(|| {
            let mut text = Mapped::default();
            text.push_derived("AM_DEFAULT_VERBOSITY=0", call.span);
            self.node(Node::Shell(Arc::new(text)))
        });
        let both: Vec<NodeId> = quiet.into_iter().chain(sets).collect();
        Some(self.node(Node::Sequence(both)))
    }

    /// The names of the package, where they are spelt out.
    fn init(&mut self, call: &Call) -> Option<NodeId> {
        let [name, version, short] = [0, 1, 3].map(|at| self.plain(call, at));
        let version = version.filter(|it| it.contains(|it: char| it.is_ascii_digit()));
        let short = if call.word(3).is_empty() { name.as_deref().map(short_name) } else { short };
        let values = [("PACKAGE_NAME", name), ("PACKAGE_VERSION", version), ("PACKAGE_TARNAME", short)];
        let known = values.into_iter().filter_map(|(name, value)| Some(format!("{name}='{}'\n", value?))).collect();
        self.sets_to(call, macros::PACKAGE, known)
    }

    /// The old form names the package itself.
    fn init_automake(&mut self, call: &Call) -> Option<NodeId> {
        let known = match (self.plain(call, 0), self.plain(call, 1)) {
            (Some(name), Some(version)) if call.arguments.len() > 1 => {
                format!("PACKAGE='{name}'\nVERSION='{version}'\n")
            }
            _ if call.arguments.len() > 1 => String::new(),
            _ => "PACKAGE=$PACKAGE_TARNAME\nVERSION=$PACKAGE_VERSION\n".to_owned(),
        };
        self.sets_to(call, macros::AUTOMAKE, known)
    }

    /// What a macro sets, then what is known of it as shell text.
    fn sets_to(&mut self, call: &Call, names: &[&str], known: String) -> Option<NodeId> {
        let sets = self.sets(call, names.iter().map(|it| (*it).to_owned()).collect());
        let mut text = Mapped::default();
        text.push_derived(&known, call.span);
        let known = (!known.is_empty()).then(|| self.node(Node::Shell(Arc::new(text))));
        Some(self.node(Node::Sequence(sets.into_iter().chain(known).collect())))
    }

    /// An argument in which no command has a part.
    fn plain(&mut self, call: &Call, at: usize) -> Option<String> {
        let text = self.read(call.argument(at)?).text;
        let text = text.trim();
        let is_plain = text.chars().all(|it| it.is_ascii_alphanumeric() || " ._+-".contains(it));
        let is_called = text.split_whitespace().any(macros::looks_called);
        (is_plain && !is_called && !text.is_empty()).then(|| text.to_owned())
    }

    /// `LIBOBJS` with the object of each name added, as config.status writes it.
    fn add_objects(&mut self, call: &Call, names: &[String]) -> NodeId {
        let mut text = Mapped::default();
        for (variable, suffix) in macros::OBJECTS.iter().zip(["o", "lo"]) {
            self.substituted(variable, call.span);
            let objects: String = names.iter().map(|it| format!(" \\${{LIBOBJDIR}}{it}.{suffix}")).collect();
            text.push_derived(&format!("{variable}=\"${variable}{objects}\"\n"), call.span);
        }
        self.shell(text)
    }

    fn object(&mut self, call: &Call) -> Option<NodeId> {
        let name = self.read(call.argument(0)?).text;
        let name = name.trim();
        if is_computed(name) || name.is_empty() {
            return self.sets(call, macros::OBJECTS.iter().map(|it| (*it).to_owned()).collect());
        }
        Some(self.add_objects(call, &[name.to_owned()]))
    }

    /// The base has all functions; a system that lacks one may as well lack them all.
    fn replacements(&mut self, call: &Call) -> Option<NodeId> {
        let names = self.read(call.argument(0)?).text;
        let names: Vec<String> =
            names.split_whitespace().filter(|it| !is_computed(it) && *it != "dnl").map(str::to_owned).collect();
        let lacking = self.add_objects(call, &names);
        let test = self.test_name(call, 1);
        Some(self.node(Node::Probe { test, place: call.span, bodies: [Some(lacking), None] }))
    }

    fn package(&mut self, call: &Call) -> Option<NodeId> {
        let prefix = call.word(0);
        let names = vec![format!("{prefix}_CFLAGS"), format!("{prefix}_LIBS")];
        let sets = self.sets(call, names);
        let bodies = self.probe(call, 2);
        let both: Vec<NodeId> = sets.into_iter().chain(bodies).collect();
        Some(self.node(Node::Sequence(both)))
    }

    fn require(&mut self, call: &Call) -> Option<NodeId> {
        let name = call.word(0);
        if self.provided.contains(&name) {
            return None;
        }
        let required = Call { name, arguments: Vec::new(), span: call.span };
        let mut text = Mapped::default();
        let known = self.is_known(&required.name);
        if known {
            self.expand(required, &mut text);
        }
        known.then(|| self.shell(text))
    }

    fn include(&mut self, call: &Call) -> Option<NodeId> {
        let path = self.path(&call.word(0));
        let Some(file) = self.project.open(&path) else {
            self.note(&call.spelling(1), call.span);
            return None;
        };
        if !self.res.sources.contains(&file) {
            self.res.sources.push(file);
        }
        let source = self.project.source(file);
        let text = self.read(&Mapped::of_file(file, source.text()));
        Some(self.shell(text))
    }

    fn set(&mut self, call: &Call, append: bool) -> Option<NodeId> {
        let name = self.name(call, 0)?;
        if !append {
            let copied = call.name == "AS_VAR_COPY";
            if !copied {
                return self.assign(&name, call, 1);
            }
        }
        let mut text = Mapped::default();
        let source = if append { name.clone() } else { self.name(call, 1)? };
        text.push_derived(&format!("{name}=${source}"), call.argument_span(0));
        if append && let Some(value) = call.argument(1) {
            let value = self.read(value);
            text.append(&value.trimmed());
        }
        Some(self.shell(text))
    }

    fn variable_if(&mut self, call: &Call) -> Option<NodeId> {
        let name = self.read(call.argument(0)?).text.trim().to_owned();
        if !is_name(&name) {
            // A cache variable whose name is computed.
            return self.probe(call, 2);
        }
        let mut condition = Mapped::default();
        condition.push_derived(&format!("test \"x${name}\" = x\""), call.argument_span(0));
        let value = self.read(call.argument(1)?).trimmed();
        condition.append(&value);
        condition.push_derived("\"", call.argument_span(0));
        self.branches(call, vec![(condition, 2)], Some(3))
    }

    fn for_(&mut self, call: &Call) -> Option<NodeId> {
        let variable = self.name(call, 1)?;
        let mut text = Mapped::default();
        text.push_derived(&format!("for {variable} in "), call.span);
        let list = self.read(call.argument(2)?).trimmed();
        text.append(&list);
        text.push_derived("\ndo\n", call.span);
        self.define(&[Mapped::plain(&call.word(0)), Mapped::plain(&format!("${variable}"))], Keep::Last);
        let body = self.body(call.argument(3));
        self.refer(body, call.span, &mut text);
        text.push_derived("\ndone\n", call.span);
        Some(self.shell(text))
    }
}

/// The file that configure makes of a word of `AC_CONFIG_FILES`, and its templates.
pub(super) fn output(project: &Project, folder: &str, word: &str) -> Option<(String, Vec<String>)> {
    let path = |it: &str| normalise(&project.root, folder, it);
    let (output, templates) = word.split_once(':').unwrap_or((word, ""));
    // `$srcdir/part.in` is found below the folder of configure.ac, whatever the variable is called.
    let template = |word: &str| {
        if !is_computed(word) {
            return Some(path(word));
        }
        let below = word.split('/').rev().take_while(|it| !is_computed(it)).collect::<Vec<_>>();
        let path = path(&below.into_iter().rev().collect::<Vec<_>>().join("/"));
        project.open(&path).map(|_| path)
    };
    let templates = match templates {
        "" => Some(vec![path(&format!("{output}.in"))]),
        some => some.split(':').map(template).collect(),
    };
    templates.filter(|_| !is_computed(output)).map(|it| (path(output), it))
}

/// Whether only a run knows a text.
fn is_computed(text: &str) -> bool {
    text.contains(['$', '`']) || has_unknown(text)
}

/// Whether a text can be the name of a variable.
fn is_name(text: &str) -> bool {
    !text.is_empty() && super::m4::name_length(text) == text.len()
}

/// `GNU Foo Bar` to `foo-bar`, as autoconf names archives.
fn short_name(name: &str) -> String {
    let name = name.strip_prefix("GNU ").unwrap_or(name).to_ascii_lowercase();
    name.chars().map(|it| if it.is_ascii_alphanumeric() || it == '_' { it } else { '-' }).collect()
}
