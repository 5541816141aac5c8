use super::*;
use crate::text::unknown;

/// Commands in a short notation: words between `<>`, redirections as `{n>word}`.
fn show(script: &Script) -> String {
    script.commands.iter().map(command).collect::<Vec<_>>().join("; ")
}

fn command(it: &Command) -> String {
    let mut res = match &it.kind {
        CommandKind::Simple { assignments, words } => {
            let assignments = assignments.iter().map(|it| format!("{}={}", it.name, word(&it.value)));
            assignments.chain(words.iter().map(word)).collect::<Vec<_>>().join(" ")
        }
        CommandKind::Pipeline { negated, commands } => {
            let bang = if *negated { "! " } else { "" };
            format!("{bang}{}", commands.iter().map(command).collect::<Vec<_>>().join(" | "))
        }
        CommandKind::AndOr { first, rest } => rest.iter().fold(command(first), |res, (connector, it)| {
            format!("{res} {} {}", if *connector == Connector::And { "&&" } else { "||" }, command(it))
        }),
        CommandKind::Subshell(it) => format!("({})", show(it)),
        CommandKind::Group(it) => format!("{{ {} }}", show(it)),
        CommandKind::If { arms, otherwise } => {
            let arms = arms.iter().map(|it| format!("{} ? {}", show(&it.0), show(&it.1))).collect::<Vec<_>>();
            format!(
                "if[{}{}]",
                arms.join(" : "),
                otherwise.as_ref().map_or(String::new(), |it| format!(" : {}", show(it)))
            )
        }
        CommandKind::For { name, words, body } => {
            let words = words.as_ref().map(|it| it.iter().map(word).collect::<Vec<_>>().join(" "));
            format!("for[{name} in {} : {}]", words.unwrap_or("@".to_owned()), show(body))
        }
        CommandKind::While { until, condition, body } => {
            format!("{}[{} : {}]", if *until { "until" } else { "while" }, show(condition), show(body))
        }
        CommandKind::Case { subject, arms } => {
            let arms = arms.iter().map(|it| {
                format!("{}) {}", it.patterns.iter().map(word).collect::<Vec<_>>().join("|"), show(&it.body))
            });
            format!("case[{}: {}]", word(subject), arms.collect::<Vec<_>>().join(" ;; "))
        }
        CommandKind::Function { name, body } => format!("{name}() {}", command(body)),
        CommandKind::Unparsed => "UNPARSED".to_owned(),
    };
    for it in &it.redirections {
        let descriptor = it.descriptor.map_or(String::new(), |it| it.to_string());
        res += &format!(" {{{descriptor}{:?} {}}}", it.kind, word(&it.operand));
    }
    if it.background { res + " &" } else { res }
}

fn word(it: &Word) -> String {
    let parts = it.parts.iter().map(|it| {
        let text = match &it.kind {
            PartKind::Literal(text) => text.clone(),
            PartKind::Parameter { name, operator: None } => format!("${name}"),
            PartKind::Parameter { name, operator: Some((operator, it)) } => {
                format!("${{{name}{operator}{}}}", word(it))
            }
            PartKind::Substitution(it) => format!("$({})", show(it)),
            PartKind::Process(it) => format!("<({})", show(it)),
            PartKind::Arithmetic(text) => format!("$(({text}))"),
        };
        if it.quoted { format!("'{text}'") } else { text }
    });
    parts.collect()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(show(&parse(text)), expected, "{text}");
}

#[test]
fn simple_commands() {
    check("gcc -c a.c -o a.o", "gcc -c a.c -o a.o");
    check("A=1 B= x y=z", "A=1 B= x y=z");
    check("echo 'a b'\"c $d\" e\\ f \"\"", "echo 'a b''c ''$d' e' 'f ''");
    check("a >b 2>&1 <c >>d", "a {Write b} {2Duplicate 1} {Read c} {Append d}");
    check("> f", " {Write f}");
    check("> f a | b", "a {Write f} | b");
    check("echo if then fi done", "echo if then fi done");
    check("x=`basename $y .c`; echo \"`a \\`b\\``\"", "x=$(basename $y .c); echo '$(a $(b))'");
    check("echo ${x:-a b} ${#x} ${x%.c} \"${y-'q'}\"", "echo ${x:-a b} ${xlength} ${x%.c} '${y-''q''}'");
    check("echo $((1+2)) $(echo (", "UNPARSED");
    check("a 'b", "UNPARSED");
    check("[ -f x -o ! -d \"$y\" ] && [[ a && b < c ]]", "[ -f x -o ! -d '$y' ] && [[ a && b < c ]]");
    check("cd a && make || exit 1; # comment", "cd a && make || exit 1");
    check("a \\\n b\\\nc", "a bc");
    check("a -d-1< f", "a -d-1 {Read f}");
    check("echo a#b #c", "echo a#b");
}

#[test]
fn compound_commands() {
    check("if a; then b; elif c; then d; else e; fi > f", "if[a ? b : c ? d : e] {Write f}");
    check("for i in a b; do c $i; done", "for[i in a b : c $i]");
    check("for i do a; done", "for[i in @ : a]");
    check("for i in; do a; done", "for[i in  : a]");
    check("while read x; do a; done < f | b", "while[read x : a] {Read f} | b");
    check("until a; do b; done", "until[a : b]");
    check("case $x in a|b) c ;; (d) e;; *) esac", "case[$x: a|b) c ;; d) e ;; *) ]");
    check("case a in *\"\n$x\n\"*) b;; [\\(]*) c;; esac", "case[a: *'\n''$x''\n'*) b ;; ['(']*) c]");
    check("if (a) then { b; } fi", "if[(a) ? { b }]");
    check("if a; then for i in b; do if c; then d; fi done fi", "if[a ? for[i in b : if[c ? d]]]");
    check("if a; then (b) fi", "if[a ? (b)]");
    check("((a; b) | c); d", "((a; b) | c); d");
    check("f() { a; }; f x", "f() { a }; f x");
    check("! a | b && c", "! a | b && c");
    check("a && b | c || d &", "a && b | c || d &");
    check("a & b; wait", "a &; b; wait");
    check("(cd a; b) >c && d", "(cd a; b) {Write c} && d");
    check("{ a; b; } 2>c", "{ a; b } {2Write c}");
    check("a | (b; c) | while read x; do d; done", "a | (b; c) | while[read x : d]");
    check("x=$(case $y in a) b;; esac)", "x=$(case[$y: a) b])");
    check("if test -f a; then > b; else :; fi", "if[test -f a ?  {Write b} : :]");
}

#[test]
fn what_is_not_closed_ends_with_the_text() {
    for text in [
        "a ${x\u{582}",
        "a $((1\u{582}",
        "a $'b\u{582}",
        "a `\u{582}",
        "a ${",
        "a $(",
        "a | ",
        "a && |",
        "eval | |\u{582}|",
    ] {
        let script = parse(text);
        let ranges = script.commands.iter().map(|it| it.range.clone());
        ranges.for_each(|it| assert!(text.get(it.clone()).is_some(), "{text}: {it:?}"));
    }
}

#[test]
fn here_documents() {
    check("cat <<EOF >a; b\nx $y\nEOF\nc", "cat {Here 'x ''$y''\n'} {Write a}; b; c");
    check("cat <<-'E'\n\t$y\n\tE\nc", "cat {Here '\t$y\n'}; c");
    check("while read x; do a; done <<E\n1\nE\n", "while[read x : a] {Here '1\n'}");
}

#[test]
fn unknown_text_survives() {
    let it = unknown("$(shell date)");
    check(&format!("gcc {it}x -o a{it}.o; {it} b"), &format!("gcc {it}x -o a{it}.o; {it} b"));
}

#[test]
fn ranges_are_offsets_in_the_text() {
    let text = "a=$(cat \"b c\" `d \\`e\\``) | x >f 'g'";
    let script = parse(text);
    let CommandKind::Pipeline { commands, .. } = &script.commands[0].kind else { panic!() };
    assert_eq!(&text[commands[1].range.clone()], "x >f 'g'");
    assert_eq!(&text[commands[1].redirections[0].operand.range.clone()], "f");
    let CommandKind::Simple { assignments, .. } = &commands[0].kind else { panic!() };
    let PartKind::Substitution(inner) = &assignments[0].value.parts[0].kind else { panic!() };
    let CommandKind::Simple { words, .. } = &inner.commands[0].kind else { panic!() };
    let spelt: Vec<_> = words.iter().map(|it| &text[it.range.clone()]).collect();
    assert_eq!(spelt, ["cat", "\"b c\"", "`d \\`e\\``"]);
    let PartKind::Substitution(inner) = &words[2].parts[0].kind else { panic!() };
    assert_eq!(&text[inner.commands[0].range.clone()], "d \\`e\\`");
}

#[test]
fn nesting_without_end_is_not_followed() {
    for (open, close) in [("(", ")"), ("$(", ")"), ("if a; then ", "; fi"), ("{ ", "; }"), ("x && ", ""), ("`", "")] {
        let text = open.repeat(20_000) + "a" + &close.repeat(20_000);
        parse(&text);
        parse(&open.repeat(20_000));
    }
    let long = "a && ".repeat(3_000) + "b";
    let script = parse(&long);
    assert!(matches!(&script.commands[0].kind, CommandKind::AndOr { rest, .. } if rest.len() == 3_000));
}
