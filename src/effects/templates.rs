//! Names that a model spells as templates: `{operand.root}.h`.

use super::apply::Arguments;
use super::machine::{Machine, Shell};
use super::value::Value;
use crate::source::name_of;
use crate::text::is_unknown_char;

impl Machine<'_> {
    /// A template with what it names; `None` where that was not given.
    pub(super) fn rendered(
        &self,
        shell: &Shell,
        template: &str,
        operand: &Value,
        arguments: &Arguments,
    ) -> Option<Value> {
        let mut res = Value::default();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (field, after) = after.split_once('}')?;
            let (name, part) = field.split_once('.').unwrap_or((field, ""));
            let value = match name {
                "operand" if part == "module" => &self.module(shell, operand, arguments)?,
                "operand" if part == "below" => &below(operand, arguments),
                "operand" => operand,
                "second" => arguments.operands.get(1)?,
                option => arguments.value(option)?,
            };
            res.push(before, None);
            res.append(&part_of(value, part));
            rest = after;
        }
        res.push(rest, None);
        Some(res)
    }

    /// What an interface (`%module(directors="1") name`) or a command line calls itself.
    fn module(&self, shell: &Shell, operand: &Value, arguments: &Arguments) -> Option<Value> {
        if let Some(given) = arguments.value("-module") {
            return Some(given.clone());
        }
        let source = self.recipe.project.source(self.recipe.project.open(&self.path(shell, &operand.text))?);
        let line = source.text().lines().find_map(|it| it.strip_prefix("%module"))?.trim_start();
        let name = if line.starts_with('(') { line.split_once(')')?.1 } else { line };
        let name = name.trim().trim_matches('"');
        let mut res = Value::default();
        res.push(name, operand.place());
        (!name.is_empty()).then_some(res)
    }
}

/// An operand without its suffix, as seen from the first folder of `-I` that holds it; by default the current one.
fn below(operand: &Value, arguments: &Arguments) -> Value {
    let text = operand.text.trim_start_matches("./");
    let folders = arguments.options.iter().filter(|it| matches!(it.0.as_str(), "-I" | "--proto_path"));
    let inside = |folder: &str| match folder.trim_start_matches("./").trim_end_matches('/') {
        "" | "." => Some(text.to_owned()),
        // `virtual/path=folder`: protoc's.
        folder if folder.contains('=') => {
            let (above, folder) = folder.split_once('=')?;
            let rest = match folder.trim_start_matches("./") {
                "" | "." => text,
                folder => text.strip_prefix(folder)?.strip_prefix('/')?,
            };
            Some(format!("{above}/{rest}"))
        }
        folder => text.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned),
    };
    let name = folders.flat_map(|it| it.1.text.split(':')).find_map(inside);
    let name = name.as_deref().unwrap_or(text);
    let is_elsewhere = name.starts_with(['/', '.']) || name.starts_with(is_unknown_char);
    let mut res = Value::default();
    res.push(if is_elsewhere { name_of(name) } else { name }, operand.place());
    part_of(&res, "root")
}

fn part_of(value: &Value, part: &str) -> Value {
    let text = value.text.as_str();
    let name = text.rfind('/').map_or(0, |it| it + 1);
    let dot = text[name..].rfind('.').filter(|it| *it > 0).map_or(text.len(), |it| name + it);
    match part {
        "base" => value.slice(name..text.len()),
        "stem" => value.slice(name..dot),
        "root" => value.slice(0..dot),
        "folder" => value.slice(0..name),
        // `.cc` is `.hh`, `.cpp` is `.hpp`, `.C` is `.H`
        "header" => {
            let mut res = value.slice(0..dot);
            res.push(&text[dot..].replace('c', "h").replace('C', "H"), None);
            res
        }
        _ => value.clone(),
    }
}
