//! The tests of a makefile ("Parallel Test Harness"): a log for each.

use std::fmt::Write;

use super::{Add, Am, words};

/// Adds `check-TESTS` and the logs; tells whether there are tests.
pub(super) fn tests(am: &Am, out: &mut String, add: &mut Add) -> bool {
    let tests = words(am, "TESTS");
    if tests.is_empty() {
        return false;
    }
    let extensions = match am.names.contains("TEST_EXTENSIONS") {
        true => words(am, "TEST_EXTENSIONS"),
        false => vec![".test".to_owned()],
    };
    let mut logs = String::new();
    for test in &tests {
        let extension = extensions.iter().find(|it| test.ends_with(it.as_str()));
        let stem = extension.and_then(|it| test.strip_suffix(it.as_str())).unwrap_or(test);
        let kind = extension.map_or(String::new(), |it| format!("{}_", it.trim_start_matches('.').to_uppercase()));
        let program = if test.contains('/') { test.clone() } else { format!("./{test}") };
        let log = format!("{stem}.log");
        let command = format!("$({kind}LOG_COMPILER) $(AM_{kind}LOG_FLAGS) $({kind}LOG_FLAGS) {program}");
        let rule = format!(
            "{log}: {test}\n\t$(AM_TESTS_ENVIRONMENT) $(TESTS_ENVIRONMENT) test-driver --log-file {log} -- {command}\n"
        );
        add(out, &log, &rule);
        let _ = write!(logs, " {log}");
    }
    add(out, "check-TESTS", &format!("check-TESTS:{logs}\n"));
    let _ = writeln!(out, ".PHONY: check-TESTS");
    true
}
