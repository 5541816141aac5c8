//! Every makefile, template and configure.ac is read without a panic, a hang or a lost byte.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use unrace::analysis::directory_of;
use unrace::configure::{self, Configuration};
use unrace::expand::{Request, evaluate};
use unrace::jobs::Configures;
use unrace::makefile::Makefile;
use unrace::source::Project;
use unrace::text::Origin;

use crate::trees::{files, is_configure, is_make, name, packages, project, write_report};

/// What one file may take of the processor. The unoptimised build of a plain `cargo test` is about ten times slower.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

#[test]
#[ignore = "takes packages that tests/corpus/fetch.sh gets"]
fn every_file_is_read_whole_and_fast() {
    let (mut n_files, mut n_bytes, mut slowest) = (0, 0, (Duration::ZERO, String::new()));
    let mut wrong = Vec::new();
    for package in packages() {
        let project = project(&package);
        let configures = Configures::default();
        for path in files(&package, |it| is_make(it) || is_configure(it)) {
            let shown = format!("{}/{path}", name(&package));
            let Some(file) = project.open(&path) else { continue };
            n_files += 1;
            n_bytes += project.source(file).bytes().len();
            let started = processor_time();
            let read = catch_unwind(AssertUnwindSafe(|| match is_configure(&path) {
                true => read_configure(&project, &path),
                false => read_makefile(&project, &path, &configures),
            }));
            let took = processor_time() - started;
            match read {
                Err(_) => wrong.push(format!("{shown}: panic")),
                Ok(Err(lost)) => wrong.push(format!("{shown}: {lost}")),
                Ok(Ok(())) if took > LIMIT => wrong.push(format!("{shown}: {took:?}")),
                Ok(Ok(())) => {}
            }
            if took > slowest.0 {
                slowest = (took, shown);
            }
        }
    }
    println!("{n_files} files, {n_bytes} bytes; slowest {slowest:?}; {} wrong", wrong.len());
    write_report("lossless", &wrong);
    assert!(n_files > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Time that this thread has had; others on the machine do not count.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn read_makefile(project: &Project, path: &str, configures: &Configures) -> Result<(), String> {
    let file = project.open(path).unwrap();
    let source = project.source(file);
    let makefile = Makefile::read(project, file);
    let mut printed: Vec<u8> = Vec::new();
    for (position, it) in makefile.statements.iter().enumerate() {
        let between = &source.bytes()[printed.len()..it.span.start()];
        if position > 0 && between != b"\n" || position == 0 && !(between.is_empty() || between == b"\xef\xbb\xbf") {
            return Err(format!("bytes before offset {} belong to no statement", it.span.start()));
        }
        printed.extend_from_slice(between);
        printed.extend_from_slice(&source.bytes()[it.span.start()..it.span.end()]);
        let inside = |it: Option<unrace::source::Span>| it.is_none_or(|it| it.end() <= source.bytes().len());
        let parts = makefile.rule_line(position).map(|it| it.head);
        assert!(inside(parts) && inside(makefile.assignment(position).map(|it| it.value)));
    }
    let rest = source.bytes().strip_prefix(printed.as_slice());
    if !rest.is_some_and(|it| it.is_empty() || it == b"\n") {
        return Err(format!("printed {} of {} bytes", printed.len(), source.bytes().len()));
    }
    let folder = Path::new(path).parent().unwrap().to_str().unwrap();
    let configure = configures.nearest(project, folder);
    let directory = directory_of(project, path, &configure);
    let configuration = Configuration::default();
    evaluate(&Request {
        project,
        makefile: path,
        directory: &directory,
        configure: &configure,
        configuration: &configuration,
        command_line: &[],
        environment: &[],
        goals: &[],
        shell: unrace::effects::printed,
    });
    Ok(())
}

/// The reader of configure.ac keeps places, not text: what a value is said to be spelt with stands there, and each
/// assignment has a place, of whole words, with a word of its name or, in the argument of a macro, of its value.
fn read_configure(project: &Project, path: &str) -> Result<(), String> {
    let configure = configure::read(project, path);
    let names: Vec<String> = configure.substituted().map(str::to_owned).collect();
    for name in &names {
        let Some(value) = configure.substitution(name, &Configuration::default()) else { continue };
        for (piece, origin) in value.pieces() {
            let Some(Origin::Verbatim(span)) = origin else { continue };
            if project.text(span) != value.text[piece.clone()] {
                return Err(format!("{name}: {:?} is not spelt at {}", &value.text[piece], span.start()));
            }
        }
    }
    for it in names.iter().flat_map(|it| configure.assignments(it)) {
        let source = project.source(it.span.file);
        let (before, rest) = source.text().split_at(it.span.start());
        let (text, after) = rest.split_at(it.span.len());
        let is_cut = text.starts_with(is_word) && before.ends_with(is_word)
            || text.ends_with(is_word) && after.starts_with(is_word);
        let is_value = || it.span.contains(it.value_span) && words(&project.text(it.value_span)).next().is_some();
        let spelt =
            words(&text.replace("[]", "")).any(|word| is_piece(word, &it.name)) || text.contains("$1") || is_value();
        // Where m4 puts a name in for another, that one stands there.
        let spelt = spelt || text.chars().all(is_word);
        if is_cut || text.starts_with('=') || !spelt {
            return Err(format!("{}: not spelt at {}: {text:?}", it.name, it.span.start()));
        }
    }
    Ok(())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| !is_word(it)).filter(|it| !it.is_empty())
}

fn is_word(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_'
}

/// Whether a name has a word in it; one letter says nothing.
fn is_piece(word: &str, name: &str) -> bool {
    let word = word.trim_matches('_');
    word == name || word.len() > 1 && name.contains(word)
}
