//! What `unrace database` shows: evaluated variables and rules, as `make -p` words them, or as JSON.

use serde_json::{Value, json};

use super::escape;
use crate::expand::{Database, Flavor, Request, Rule, RuleId, RuleKind, Variable, VariableOrigin};
use crate::source::Span;
use crate::text::display;

/// The database as `make -p` prints it, as far as a reading that runs nothing knows it.
pub fn text(database: &Database, request: &Request, prefix: &str) -> String {
    let mut out = String::from("# Variables\n");
    for (name, variable) in &database.variables {
        let place = place(request, prefix, variable.span)
            .map_or_else(String::new, |(file, line)| format!(" (from '{}', line {line})", escape(&file)));
        out.push_str(&format!("\n# {}{place}\n{}\n", origin(variable.origin), assignment(name, variable)));
    }
    for (heading, rules) in [("Implicit Rules", &database.implicit), ("Files", &database.rules)] {
        out.push_str(&format!("\n# {heading}\n"));
        for (idx, rule) in rules.iter().enumerate() {
            out.push_str(&rule_text(database, request, prefix, id(heading == "Files", idx), rule));
        }
    }
    out
}

/// The same as JSON, schema `unrace-database/1`.
pub fn json(database: &Database, request: &Request, prefix: &str) -> String {
    let variables = database.variables.iter().map(|(name, it)| {
        let (file, line) = place(request, prefix, it.span).unzip();
        json!({"name": display(name), "flavor": flavor(it.flavor), "origin": origin_name(it.origin),
               "value": display(&it.value), "file": file, "line": line})
    });
    let rules = |explicit: bool, rules: &[Rule]| -> Vec<Value> {
        let one = |(idx, rule): (usize, &Rule)| {
            let (file, line) = place(request, prefix, rule.span).unzip();
            json!({
                "targets": names(&rule.targets), "kind": kind(rule.kind), "prerequisites": names(&rule.prerequisites),
                "order_only": names(&rule.order_only), "recipe": recipe(database, request, id(explicit, idx), rule),
                "file": file, "line": line,
            })
        };
        rules.iter().enumerate().map(one).collect()
    };
    let all = [rules(true, &database.rules), rules(false, &database.implicit)].concat();
    super::json::pretty(&json!({
        "schema": "unrace-database/1",
        "variables": variables.collect::<Vec<Value>>(),
        "rules": all,
    }))
}

fn id(explicit: bool, idx: usize) -> RuleId {
    if explicit { RuleId::explicit(idx) } else { RuleId::implicit(idx) }
}

fn rule_text(database: &Database, request: &Request, prefix: &str, id: RuleId, rule: &Rule) -> String {
    let separator = match rule.kind {
        RuleKind::DoubleColon => "::",
        RuleKind::Grouped => " &:",
        _ => ":",
    };
    let mut out = format!("\n{}{separator}", names(&rule.targets).join(" "));
    for name in names(&rule.prerequisites) {
        out.push_str(&format!(" {name}"));
    }
    if !rule.order_only.is_empty() {
        out.push_str(&format!(" | {}", names(&rule.order_only).join(" ")));
    }
    let mut out = escape(out.trim_start()) + "\n";
    // make names the recipe's first line, not the rule's.
    let from = rule.recipe.first().and_then(|it| it.span).or(rule.span).filter(|_| rule.has_recipe);
    if let Some((file, line)) = place(request, prefix, from) {
        out.push_str(&format!("#  recipe to execute (from '{}', line {line}):\n", escape(&file)));
    }
    out.extend(recipe(database, request, id, rule).iter().map(|it| format!("\t{it}\n")));
    format!("\n{out}")
}

/// The recipe for the rule's first target, as the shell gets it; that of a pattern, which has no target, as written.
fn recipe(database: &Database, request: &Request, id: RuleId, rule: &Rule) -> Vec<String> {
    let written = || rule.recipe.iter().map(|it| display(&it.text)).collect();
    let Some(target) = rule.targets.first().filter(|_| matches!(id, RuleId::Explicit(_))) else { return written() };
    let resolved = database.resolve(request, &target.text);
    match resolved.recipes.iter().find(|it| it.rule == id) {
        Some(used) => database.recipe(request, &resolved, used).0.iter().map(|it| display(&it.text.text)).collect(),
        None => written(),
    }
}

fn names(names: &[crate::expand::Name]) -> Vec<String> {
    names.iter().map(|it| display(&it.text)).collect()
}

fn place(request: &Request, prefix: &str, span: Option<Span>) -> Option<(String, usize)> {
    let span = span?;
    let path = format!("{prefix}{}", request.project.source(span.file).path);
    Some((path, request.project.position(span).line))
}

fn assignment(name: &str, variable: &Variable) -> String {
    let value = display(&variable.value);
    let (name, operator) = (escape(&display(name)), if variable.flavor == Flavor::Simple { ":=" } else { "=" });
    if value.contains('\n') {
        return format!("define {name}\n{value}\nendef");
    }
    format!("{name} {operator} {value}").trim_end().to_owned()
}

fn flavor(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Recursive => "recursive",
        Flavor::Simple => "simple",
    }
}

/// The origin as `make -p` words it.
fn origin(origin: VariableOrigin) -> &'static str {
    match origin {
        VariableOrigin::File => "makefile",
        VariableOrigin::Override => "'override' directive",
        other => origin_name(other),
    }
}

fn origin_name(origin: VariableOrigin) -> &'static str {
    match origin {
        VariableOrigin::Default => "default",
        VariableOrigin::Environment => "environment",
        VariableOrigin::File => "file",
        VariableOrigin::EnvironmentOverride => "environment override",
        VariableOrigin::CommandLine => "command line",
        VariableOrigin::Override => "override",
        VariableOrigin::Automatic => "automatic",
    }
}

fn kind(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::Explicit => "explicit",
        RuleKind::Implicit => "implicit",
        RuleKind::StaticPattern => "static-pattern",
        RuleKind::Suffix => "suffix",
        RuleKind::Grouped => "grouped",
        RuleKind::DoubleColon => "double-colon",
    }
}
