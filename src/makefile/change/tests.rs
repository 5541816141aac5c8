//! A makefile, a wish about the place of a word in it, and the makefile after.

use super::*;

/// The text after a wish about the place of `word` in it.
fn after(text: &str, word: &str, wish: impl Fn(Span) -> Wish) -> String {
    let project = Project::in_memory([("Makefile", text)]);
    let file = project.open("Makefile").unwrap();
    let at = text.find(word).unwrap();
    let edits = edits(&project, &[wish(Span::new(file, at, at + word.len()))]).unwrap();
    edits.apply(&project).source(file).text().to_owned()
}

fn normal(text: &str) -> String {
    after(text, "all", |rule| Wish::Prerequisite { rule, name: "new".to_owned(), order_only: false })
}

fn order_only(text: &str) -> String {
    after(text, "all", |rule| Wish::Prerequisite { rule, name: "new".to_owned(), order_only: true })
}

fn new_rule(recipe: &[&str]) -> NewRule {
    let recipe = recipe.iter().map(|it| (*it).to_owned()).collect();
    NewRule { targets: "n".to_owned(), prerequisites: "m".to_owned(), recipe, ..NewRule::default() }
}

fn below(text: &str) -> String {
    after(text, "all", |it| Wish::Rule { position: Position::After(it), rule: new_rule(&["y"]) })
}

#[test]
fn a_prerequisite_comes_after_the_others() {
    assert_eq!(normal("all: a b\n\tx\n"), "all: a b new\n\tx\n");
    assert_eq!(normal("all:\n\tx\n"), "all: new\n\tx\n");
    assert_eq!(normal("all: \n"), "all: new\n");
    assert_eq!(normal("all: | d\n"), "all: new | d\n");
    assert_eq!(normal("all: a| d\n"), "all: a new| d\n");
    assert_eq!(normal("all: a  # why\n"), "all: a new  # why\n");
    assert_eq!(normal("all: a; x\n"), "all: a new; x\n");
    assert_eq!(normal("all: $(A B)\t\n"), "all: $(A B) new\t\n");
    assert_eq!(normal("all:: a"), "all:: a new");
    assert_eq!(normal("all.o b.o: %.o: %.c\n"), "all.o b.o: %.o: %.c new\n");
    assert_eq!(normal("all.o: %.o:\n"), "all.o: %.o: new\n");
}

#[test]
fn a_first_prerequisite_stands_where_those_of_other_rules_do() {
    assert_eq!(normal("x:\t\ty\nall:\n"), "x:\t\ty\nall:\t\tnew\n");
    assert_eq!(normal("longer.name:\ty\nall:\n"), "longer.name:\ty\nall:\t\tnew\n");
}

#[test]
fn a_continued_list_goes_on_in_its_style() {
    assert_eq!(normal("all: a \\\n     b \\\n     c\n"), "all: a \\\n     b \\\n     c \\\n     new\n");
    assert_eq!(normal("all: a b \\\n  c d\n"), "all: a b \\\n  c d new\n");
    assert_eq!(normal("all: a b \\\n  c\n"), "all: a b \\\n  c new\n");
    assert_eq!(
        normal("all:    \\\n\tlong/a \\\n\tb      \\\n\tcc\n\tx\n"),
        "all:    \\\n\tlong/a \\\n\tb      \\\n\tcc     \\\n\tnew\n\tx\n"
    );
    assert_eq!(normal("all: \\\r\n\ta\r\n"), "all: \\\r\n\ta \\\r\n\tnew\r\n");
    assert_eq!(order_only("all: a \\\n     b\n"), "all: a \\\n     b \\\n     | new\n");
    let full = "all: a b \\\n  x234567890123456789012345678901234567890 y234567890123456789012345678901234567";
    assert_eq!(normal(full), format!("{full} \\\n  new"));
}

#[test]
fn an_order_only_prerequisite_stands_after_the_bar() {
    assert_eq!(order_only("all: a\n"), "all: a | new\n");
    assert_eq!(order_only("all: a | b\n"), "all: a | b new\n");
    assert_eq!(order_only("all:; x\n"), "all: | new; x\n");
    assert_eq!(order_only("all: a |\n"), "all: a | new\n");
}

#[test]
fn several_prerequisites_of_a_rule_are_added_at_once() {
    let project = Project::in_memory([("Makefile", "all:\n")]);
    let file = project.open("Makefile").unwrap();
    let wish =
        |name: &str, order_only| Wish::Prerequisite { rule: Span::new(file, 0, 4), name: name.to_owned(), order_only };
    let edits = edits(&project, &[wish("a", true), wish("b", false), wish("c", true)]).unwrap();
    assert_eq!(edits.apply(&project).source(file).text(), "all: b | a c\n");
}

#[test]
fn a_rule_is_written_as_the_one_beside_it() {
    assert_eq!(below("all: a\n\tx\n\nb:\n"), "all: a\n\tx\n\nn: m\n\ty\n\nb:\n");
    assert_eq!(below("all: a\n\tx\nb:\n"), "all: a\n\tx\nn: m\n\ty\nb:\n");
    assert_eq!(below("z:\n\n# c\nall:\n\tx"), "z:\n\n# c\nall:\n\tx\n\nn: m\n\ty");
    assert_eq!(below("all:\nifdef X\n\tx\nendif\n\ty\nA = 1\n"), "all:\nifdef X\n\tx\nendif\n\ty\nn: m\n\ty\nA = 1\n");
    assert_eq!(
        below("all:\n\tx\nifdef X\n# c\nb:\n\ty\nendif\n"),
        "all:\n\tx\nn: m\n\ty\nifdef X\n# c\nb:\n\ty\nendif\n"
    );
    assert_eq!(below("all:\r\n\tx\r\n"), "all:\r\n\tx\r\nn: m\r\n\ty\r\n");
    assert_eq!(below("all :\ta\n\tx\n"), "all :\ta\n\tx\nn :\tm\n\ty\n");
    assert_eq!(below("@A_TRUE@all: a\n@A_TRUE@\tx\n"), "@A_TRUE@all: a\n@A_TRUE@\tx\n@A_TRUE@n: m\n@A_TRUE@\ty\n");
    assert_eq!(below(".RECIPEPREFIX = >\nall: a\n>x\n"), ".RECIPEPREFIX = >\nall: a\n>x\nn: m\n>y\n");
}

#[test]
fn a_recipe_gets_another_first_command() {
    let first = |text| after(text, "all", |rule| Wish::FirstCommand { rule, command: "@m d".to_owned() });
    assert_eq!(first("all: a \\\n  b\n\tx\n"), "all: a \\\n  b\n\t@m d\n\tx\n");
    assert_eq!(first("all: a; @x\n"), "all: a; @m d && x\n");
    assert_eq!(first("@A_TRUE@all:\n@A_TRUE@\tx\n"), "@A_TRUE@all:\n@A_TRUE@\t@m d\n@A_TRUE@\tx\n");
}

#[test]
fn lines_come_and_go() {
    let insert = |after| Wish::Lines { after, lines: "Y = 2\n".to_owned() };
    assert_eq!(after("X = 1 \\\n 2\nZ = 3\n", "X", insert), "X = 1 \\\n 2\nY = 2\nZ = 3\n");
    let remove = |span| Wish::Remove { span };
    assert_eq!(after("all:\n\tone \\\n\t  two\n\tb\n", "one \\\n\t  two", remove), "all:\n\tb\n");
    assert_eq!(after("all:\n\ta; b\n", "a; ", remove), "all:\n\tb\n");
    let replace = |span| Wish::Replace { span, text: "$@.exp".to_owned() };
    assert_eq!(after("all:\n\tgen out.exp\n", "out.exp", replace), "all:\n\tgen $@.exp\n");
}

#[test]
fn bytes_that_are_no_text_are_never_written() {
    let project = Project::in_memory([("Makefile", b"all: \xe9\n\tx\n".to_vec())]);
    let file = project.open("Makefile").unwrap();
    let text = project.text(Span::new(file, 5, 6));
    let wish = Wish::Prerequisite { rule: Span::new(file, 0, 4), name: text, order_only: false };
    assert_eq!(edits(&project, &[wish]), None);
}
