//! Small makefiles evaluated; the large comparison with GNU make is in `tests/make_oracle.rs`.

use super::*;
use crate::text::{Origin, display};

fn with<T>(files: &[(&str, &str)], makefile: &str, then: impl FnOnce(&Request, &Database) -> T) -> T {
    let project = Project::in_memory(files.iter().map(|(path, text)| (*path, *text)));
    let (configure, configuration) = (Configure::default(), Configuration::default());
    let request = Request {
        project: &project,
        makefile,
        directory: "",
        configure: &configure,
        configuration: &configuration,
        command_line: &[],
        environment: &[],
        goals: &[],
        shell: |_, _, _| None,
    };
    let database = evaluate(&request);
    then(&request, &database)
}

fn recipe(request: &Request, database: &Database, target: &str) -> Vec<String> {
    let resolved = database.resolve(request, target);
    let lines = resolved.recipes.iter().flat_map(|it| database.recipe(request, &resolved, it).0);
    lines.map(|it| display(&it.text.text)).collect()
}

#[test]
fn a_template_is_read_with_its_places() {
    let text = "CC=@CC@\nLINK = $(CC) -o\nX := $(LINK) y\nprog: a.o @EXTRA@ | dir\n\t@$(X) $@ a.o\n";
    with(&[("Makefile.in", text)], "Makefile.in", |request, database| {
        assert_eq!(database.errors, []);
        let resolved = database.resolve(request, "prog");
        let names: Vec<String> = resolved.prerequisites.iter().map(|it| display(&it.name)).collect();
        assert_eq!(names, ["a.o", "@EXTRA@", "dir"]);
        assert_eq!(request.project.text(resolved.prerequisites[1].span.unwrap()), "@EXTRA@");
        let lines = database.recipe_traced(request, &resolved, &resolved.recipes[0]);
        assert_eq!(display(&lines[0].text.text), "gcc -o y prog a.o");
        let origins: Vec<String> =
            lines[0].text.pieces().filter_map(|(_, it)| it).map(|it| request.project.text(it.span())).collect();
        assert_eq!(origins, ["@CC@", " -o", " y", " ", "$@", " a.o"]);
        let span = database.rules[0].span.unwrap();
        assert_eq!(request.project.text(span), "prog: a.o @EXTRA@ | dir");
        let (_, uses) = database.recipe(request, &resolved, &resolved.recipes[0]);
        let inputs = database.inputs_of(&uses);
        assert!(inputs.names.contains("CC"), "{inputs:?}");
        assert!(database.inputs.names.contains("EXTRA") && !database.inputs.names.contains("CC"));
    });
}

#[test]
fn a_folder_that_reading_makes_is_real() {
    let text = "made := $(shell mkdir -p out && cd out && pwd)\nreal := $(realpath out) $(realpath other)\n";
    with(&[("Makefile", text)], "Makefile", |_, database| {
        assert_eq!(database.variables.get("real").unwrap().value, "/project/out ");
    });
}

#[test]
fn a_literal_of_a_recipe_is_verbatim() {
    with(&[("Makefile", "X = out/x.exp\na:\n\tgen $(X)\n")], "Makefile", |request, database| {
        let resolved = database.resolve(request, "a");
        let line = &database.recipe_traced(request, &resolved, &resolved.recipes[0])[0];
        let at = line.text.text.find("out/x.exp").unwrap();
        let [Origin::Verbatim(span)] = line.text.origins(at..at + 9)[..] else { panic!("{line:?}") };
        assert_eq!(request.project.position(span).column, 5);
    });
}

#[test]
fn hostile_makefiles_end_in_an_error() {
    let doubling: String = (1..60).map(|it| format!("X{it} = $(X{})$(X{})\n", it - 1, it - 1)).collect();
    let text = format!("R = $(R)x\nb: $(R)\nX0 = 0123456789\n{doubling}a: $(X59)\n{}", "include Makefile\n");
    let nested = format!("N = {}\nc: $(N)\n", "$(".repeat(100_000));
    let run = move || {
        with(&[("Makefile", &text)], "Makefile", |_, database| {
            let messages: Vec<&str> = database.errors.iter().map(|it| it.1.as_str()).collect();
            assert!(messages.contains(&"expansion is too large"), "{messages:?}");
            assert!(messages.contains(&"Recursive variable 'R' references itself (eventually)"), "{messages:?}");
            assert!(messages.contains(&"includes are nested too deeply"), "{messages:?}");
        });
        with(&[("Makefile", &nested)], "Makefile", |_, database| assert!(!database.errors.is_empty()));
        let chain: String = (1..5000).map(|it| format!("Y{it} = $(call id,$(strip $(Y{})))\n", it - 1)).collect();
        let text = format!("id = $(1)\nY0 = a\n{chain}d: $(Y4999)\n");
        with(&[("Makefile", &text)], "Makefile", |_, database| assert!(!database.errors.is_empty()));
        // Each level asks for twice as many files as the one before, and says so once.
        let text = "L := a b\ninclude Makefile\nL := $L $L\nL := $(L)x $(L)y\nY != echo $L\n-include $L\n";
        with(&[("Makefile", text)], "Makefile", |_, database| {
            assert!((1..10).contains(&database.errors.len()), "{:?}", database.errors);
        });
        let text = "define E\n$(eval $(E))\nendef\n$(E)\n";
        with(&[("Makefile", text)], "Makefile", |_, database| assert!(!database.errors.is_empty()));
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn conditionals_offer_what_they_compare_with() {
    let text = "ifeq ($(PLAT),juno)\na: x\nelse\na: y\nendif\nobj-$(CONFIG_X) += z\nifdef SHARED\nendif\n\
                ifneq ($(shell uname),Linux)\nendif\nV := $(if $(DEBUG),1,2)\n";
    with(&[("Makefile", text)], "Makefile", |request, database| {
        let found: Vec<(String, &str)> =
            database.deviations.iter().map(|it| (it.subject.name().to_owned(), it.value.as_str())).collect();
        let expected = [
            ("PLAT", "juno"),
            ("CONFIG_X", "y"),
            ("SHARED", "y"),
            ("ifneq ($(shell uname),Linux)", "false"),
            ("DEBUG", "1"),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
        let juno = Configuration::default().with(database.deviations[0].clone());
        let request = Request { configuration: &juno, ..*request };
        let resolved = evaluate(&request).resolve(&request, "a");
        assert_eq!(&*resolved.prerequisites[0].name, "x");
    });
}

#[test]
fn makefiles_of_other_folders_are_offered_before_more_of_one() {
    let text = "ALL = p/a/b1/x.mk p/a/b2/x.mk p/c/b3/x.mk\nifneq ($(filter %/$(B)/x.mk,$(ALL)),)\nendif\n";
    with(&[("Makefile", text)], "Makefile", |_, database| {
        let offered: Vec<&str> = database.deviations.iter().map(|it| it.value.as_str()).collect();
        assert_eq!(offered, ["b1", "b3", "b2"]);
        let first: Vec<&str> = database.first_of_folders.iter().map(|it| it.1.as_str()).collect();
        assert_eq!(first, ["b1", "b3"]);
    });
}

#[test]
fn guards_of_automake_are_asked_for() {
    let text = "@A_TRUE@a: b\n@A_TRUE@\tx $<\n@A_FALSE@a: c\n@A_FALSE@@B_TRUE@\ty $<\n@A_FALSE@@B_FALSE@\tz $<\n";
    with(&[("Makefile.in", text)], "Makefile.in", |request, database| {
        assert_eq!(recipe(request, database, "a"), ["z c"]);
        let names: Vec<&str> = database.deviations.iter().map(|it| it.subject.name()).collect();
        assert_eq!(names, ["A", "B"]);
        assert!(database.inputs.names.contains("A"));
    });
    let text = "if WIN\na: b\nelse\na: c\nendif\n\tcp $< $@\n";
    with(&[("Makefile.am", text)], "Makefile.am", |request, database| {
        assert_eq!(recipe(request, database, "a"), ["cp c a"]);
        assert_eq!(database.errors, []);
    });
}

#[test]
fn an_older_make_knows_no_grouped_targets() {
    let text = "a b &: c\n\tx\nifeq ($(filter grouped-target,$(.FEATURES)),)\nOLD = 1\nendif\n";
    with(&[("Makefile", text)], "Makefile", |request, database| {
        assert_eq!(database.rules[0].kind, RuleKind::Grouped);
        assert_eq!(*database.resolve(request, "a").recipes[0].also_makes, ["b"]);
        let older = Configuration::default().with(database.deviations[0].clone());
        let request = Request { configuration: &older, ..*request };
        let old = evaluate(&request);
        assert_eq!(old.rules[0].kind, RuleKind::Explicit);
        assert_eq!(old.rules[0].targets.len(), 3, "the ampersand is a target");
        assert!(old.variables.contains_key("OLD"));
    });
}

#[test]
fn the_outcome_of_an_unknown_test_can_be_forced() {
    let text = "ifneq (,$(findstring Linux,$(shell uname)))\nall: linux\nelse\nall: other\nendif\n";
    with(&[("Makefile", text)], "Makefile", |request, database| {
        assert_eq!(&*database.resolve(request, "all").prerequisites[0].name, "other");
        let forced = Configuration::default().with(database.deviations[0].clone());
        let request = Request { configuration: &forced, ..*request };
        assert_eq!(&*evaluate(&request).resolve(&request, "all").prerequisites[0].name, "linux");
    });
}

#[test]
fn a_wait_stands_between_prerequisites() {
    with(&[("Makefile", "all: a .WAIT b\n\tx $^\n")], "Makefile", |request, database| {
        let found = database.resolve(request, "all").prerequisites;
        let waits: Vec<(&str, bool)> = found.iter().map(|it| (&*it.name, it.after_wait)).collect();
        assert_eq!(waits, [("a", false), ("b", true)]);
        assert_eq!(recipe(request, database, "all"), ["x a b"]);
    });
}

#[test]
fn includes_find_templates_and_stay_in_the_tree() {
    let files = [("Makefile", "include conf.mk ../up.mk /etc/x\n"), ("conf.mk.in", "CC = @CC@ -x\n")];
    with(&files, "Makefile", |_, database| {
        assert_eq!(database.variables["CC"].value, "gcc -x");
        let noted: Vec<&str> = database.notes.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(noted, ["include ../up.mk", "include /etc/x"]);
    });
}

#[test]
fn exported_variables_are_expanded() {
    with(&[("Makefile", "export A = $(B)\nB = 1\nC = 2\na: export D = $@\na:\n")], "Makefile", |request, database| {
        let found = database.exported(request, "a");
        let own: Vec<(&str, &str)> = found.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        assert!(own.contains(&("A", "1")) && !own.iter().any(|it| it.0 == "C"), "{own:?}");
        assert!(own.iter().any(|it| it.0 == "D"));
    });
}

#[test]
fn no_text_makes_the_reading_panic() {
    let parts = [
        "$(",
        ")",
        "${",
        "}",
        "$",
        "$$",
        ":",
        "::",
        "&:",
        "=",
        ":=",
        "+=",
        "?=",
        "\\",
        "\\\n",
        "\n",
        "\n\t",
        " ",
        "#",
        "|",
        ";",
        "%",
        "@X@",
        "@X_TRUE@",
        "é",
        ",",
        "a",
        "b.c",
        "define ",
        "endef",
        "ifeq ",
        "ifdef ",
        "else",
        "endif",
        "include ",
        "if ",
        "eval ",
        "call ",
        "foreach ",
        "subst ",
        "word 0,",
        "wildcard *",
        "export ",
        ".RECIPEPREFIX=",
        "(",
        "'",
        "\r\n",
        ".SECONDEXPANSION:",
        "vpath ",
        "undefine ",
        "lib(",
        "*",
        "[",
        "./",
        "override ",
    ];
    let mut seed = 1u64;
    let mut next = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize
    };
    for round in 0..3000 {
        let text: String = (0..next() % 40).map(|_| parts[next() % parts.len()]).collect();
        let path = if round % 2 == 0 { "Makefile.in" } else { "Makefile.am" };
        with(&[(path, &text)], path, |request, database| {
            for target in database.rules.iter().flat_map(|it| &it.targets).take(5) {
                let resolved = database.resolve(request, &target.text);
                for used in &resolved.recipes {
                    database.recipe_traced(request, &resolved, used);
                }
            }
            let file = request.project.open(path).unwrap();
            let makefile = crate::makefile::Makefile::read(request.project, file);
            for at in 0..makefile.statements.len() {
                makefile.rule_line(at);
                makefile.assignment(at);
            }
        });
    }
}

#[test]
fn automake_rules_stand_beside_those_of_the_makefile() {
    let files = [
        (
            "Makefile.am",
            "bin_PROGRAMS = prog\nprog_SOURCES = main.c\nprog_CFLAGS = -g\n$(prog_OBJECTS): gen.h\nall-local: doc\n\
             check-local:\n\t./t\ninclude part.mk\n",
        ),
        ("part.mk", "if ALWAYS\nprog_SOURCES += more.c\nendif ALWAYS\n"),
    ];
    with(&files, "Makefile.am", |request, database| {
        assert_eq!(database.errors, []);
        assert_eq!(database.default_goal.as_deref(), Some("all"));
        let needs = |target: &str| -> Vec<String> {
            database.resolve(request, target).prerequisites.iter().map(|it| it.name.to_string()).collect()
        };
        assert_eq!(needs("all-am"), ["prog", "all-local"]);
        assert_eq!(needs("prog"), ["prog-main.o"]);
        assert_eq!(needs("prog-main.o"), ["main.c", "gen.h"]);
        assert_eq!(recipe(request, database, "check-am"), ["make check-local"]);
        assert_eq!(needs("install-exec-am"), ["install-binPROGRAMS"]);
    });
}

#[test]
fn a_line_that_is_a_substituted_file_is_its_text() {
    let files = [("Makefile.in", "@RULES@\nall: $(X)\n"), ("RULES.in", "X = a\n")];
    with(&files, "Makefile.in", |_, database| {
        assert_eq!(database.variables["X"].value, "a");
        assert_eq!(database.files.len(), 2);
    });
}

#[test]
fn a_long_value_is_expanded_again_where_a_part_of_it_changes() {
    let long = "a-header-of-some-length.h another-header-of-some-length.h";
    let text = format!(
        "h = {long} $(b)\nb = 1\nw: $(h)\nx: $(h)\nb = 2\ny: $(h)\ndefine b\n3\nendef\nz: $(h)\nundefine b\nlast: $(h)\n\
         f = {long} $(foreach v,$(list),$(v))\nlist = p\nq: $(f)\nlist += r\ns: $(f)\n"
    );
    with(&[("Makefile", &text)], "Makefile", |_, database| {
        let ends = |rule: &super::Rule| rule.prerequisites.iter().skip(2).map(|it| it.text.clone()).collect::<Vec<_>>();
        let ends: Vec<String> = database.rules.iter().map(|it| ends(it).join(" ")).collect();
        assert_eq!(ends, ["1", "1", "2", "3", "", "p", "p r"]);
    });
}
