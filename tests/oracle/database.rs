//! The data base that `make -p` prints, as blocks.

/// A target or a pattern rule.
pub(crate) struct Block {
    /// The line with targets and prerequisites.
    pub(crate) head: String,
    /// The recipe's text, outer blanks cut.
    pub(crate) recipe: Option<String>,
    /// Whether make looked for an implicit rule.
    pub(crate) searched: bool,
}

/// The targets: what stands under `# Files`.
pub(crate) fn files(printed: &str) -> Vec<Block> {
    blocks(last(printed, "\n# Files\n"), "# files hash-table")
}

/// The pattern rules: what stands under `# Implicit Rules`.
pub(crate) fn patterns(printed: &str) -> Vec<Block> {
    blocks(last(printed, "\n# Implicit Rules\n"), "# Files")
}

/// What stands under a heading of the last data base: make starts anew where it has remade a makefile.
fn last<'a>(printed: &'a str, heading: &str) -> &'a str {
    printed.rsplit_once(heading).map_or("", |it| it.1)
}

fn blocks(section: &str, end: &str) -> Vec<Block> {
    let mut res = Vec::new();
    let mut lines = section.lines().take_while(|it| !it.starts_with(end)).peekable();
    while lines.peek().is_some() {
        res.extend(block(&mut lines));
    }
    res
}

/// The lines up to the next empty one.
fn block<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<Block> {
    let mut res = Block { head: String::new(), recipe: None, searched: false };
    let (mut is_target, mut headed) = (true, false);
    while let Some(line) = lines.next().filter(|it| !it.is_empty()) {
        if line.starts_with("#  recipe to execute") {
            res.recipe = Some(recipe(lines));
            break;
        }
        is_target &= line != "# Not a target:";
        res.searched |= line.contains("Implicit rule search has been done");
        // Variables of the target stand before its own line, remarks after it.
        headed |= line.starts_with("#  ");
        if !line.starts_with('#') && !headed {
            line.clone_into(&mut res.head);
        }
    }
    (is_target && !res.head.is_empty()).then_some(res)
}

fn recipe<'a>(lines: &mut impl Iterator<Item = &'a str>) -> String {
    let mut res: Vec<String> = Vec::new();
    let continued = |it: Option<&String>| it.is_some_and(|it| (it.len() - it.trim_end_matches('\\').len()) % 2 == 1);
    for line in lines {
        if line.is_empty() && !continued(res.last()) {
            break;
        }
        res.push(line.to_owned());
    }
    recipe_text(&res)
}

/// A recipe as it can be compared: prefixes and outer blanks cut.
pub(crate) fn recipe_text(lines: &[String]) -> String {
    let text = lines.join("\n");
    let text: Vec<&str> = text.lines().map(|it| it.trim_start_matches(['\t', '>']).trim_end()).collect();
    text.join("\n").trim().to_owned()
}
