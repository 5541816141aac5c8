//! What make orders, asked of make itself after a build: the prerequisites in the data base that `make -pn` prints.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Stdio;

use anyhow::{Context, Result};

use super::accesses::Story;
use super::hook::Control;
use super::scratch::Room;
use super::shell::{Program, Record, absolute};

/// The orders of all makes of a build, each asked when it is first needed.
pub(super) struct Orders<'a> {
    room: &'a Room,
    control: &'a Control,
    makes: BTreeMap<u32, &'a Record>,
    known: BTreeMap<u32, Graph>,
}

/// The prerequisites of one make's targets, by absolute paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Graph {
    before: BTreeMap<String, BTreeSet<String>>,
    serial: bool,
}

impl<'a> Orders<'a> {
    pub(super) fn new(room: &'a Room, control: &'a Control, records: &'a [Record]) -> Orders<'a> {
        let makes = records.iter().filter(|it| it.program.is_some()).map(|it| (it.make, it)).collect();
        Orders { room, control, makes, known: BTreeMap::new() }
    }

    /// Whether make orders two jobs, or those above them in the make that runs both.
    pub(super) fn ordered(&mut self, story: &Story, a: usize, b: usize) -> Result<bool> {
        let (above_a, above_b) = (story.above(a), story.above(b));
        let meeting = above_a.iter().find_map(|x| {
            let same = |y: &&usize| story.jobs[**y].make.0 == story.jobs[*x].make.0;
            above_b.iter().find(same).map(|y| (*x, *y))
        });
        let Some((x, y)) = meeting else { return Ok(true) };
        let (first, second) = (&story.jobs[x], &story.jobs[y]);
        // One recipe runs one makefile after the other; and what makefiles are made by comes before all else.
        if x == y || first.make.1 != second.make.1 {
            return Ok(true);
        }
        let graph = self.graph(first.make.0)?;
        Ok(graph.serial || graph.reaches(&first.target, &second.target) || graph.reaches(&second.target, &first.target))
    }

    fn graph(&mut self, make: u32) -> Result<&Graph> {
        if !self.known.contains_key(&make) {
            let graph = match self.makes.get(&make) {
                Some(record) => self.ask(record)?,
                None => Graph { serial: true, ..Graph::default() },
            };
            self.known.insert(make, graph);
        }
        Ok(&self.known[&make])
    }

    /// Runs a make again as it was run, in a way that makes nothing.
    fn ask(&self, record: &Record) -> Result<Graph> {
        let Some(program) = &record.program else { return Ok(Graph::default()) };
        let hook = self.control.path("ask.mk");
        fs::write(&hook, format!("{}: ;\n%: SHELL = /bin/true\nMAKEFILE_LIST :=\n", hook.display()))?;
        let folder = self.room.own(&record.folder);
        let mut command = self.room.command(folder.as_ref());
        command.args(asking(program)).env_clear().envs(environment(program)).env("MAKEFILES", &hook);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let output = command.output().context("ask make for its data base")?;
        Ok(parse(&String::from_utf8_lossy(&output.stdout), &record.folder, |it| self.room.own(it)))
    }
}

/// The words that ask: without those that change the folder, which has been changed, or share jobs.
fn asking(program: &Program) -> Vec<String> {
    let mut words = program.words.iter();
    let mut res: Vec<String> = words.next().cloned().into_iter().chain(["-pn".to_owned()]).collect();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-C" | "--directory" => drop(words.next()),
            it if it.starts_with("-C") || it.starts_with("--directory=") || it.starts_with("-j") => {}
            it => res.push(it.to_owned()),
        }
    }
    res
}

fn environment(program: &Program) -> impl Iterator<Item = (String, String)> {
    let pairs = program.environment.iter().filter_map(|it| it.split_once('='));
    pairs.map(|(name, value)| {
        let shares = |it: &&str| it.starts_with("-j") || it.starts_with("--jobserver");
        let value = match name {
            "MAKEFLAGS" => {
                let kept: Vec<&str> = value.split(' ').filter(|it| !shares(it)).collect();
                kept.join(" ")
            }
            _ => value.to_owned(),
        };
        (name.to_owned(), value)
    })
}

fn parse(text: &str, folder: &str, own: impl Fn(&str) -> String) -> Graph {
    let place = |it: &str| own(&absolute(folder, it));
    let mut res = Graph::default();
    let mut target = None;
    let lines = text.lines().skip_while(|it| *it != "# Files").take_while(|it| !it.starts_with("# files hash-table"));
    for line in lines {
        if let (Some(peers), Some(target)) = (line.strip_prefix("#  Also makes: "), &target) {
            for peer in peers.split_whitespace() {
                res.before.entry(place(peer)).or_default().insert(String::clone(target));
                res.before.entry(String::clone(target)).or_default().insert(place(peer));
            }
        }
        let Some((name, rest)) = rule(line) else { continue };
        res.serial |= name == ".NOTPARALLEL" && rest.trim().is_empty();
        let prerequisites = rest.split_whitespace().filter(|it| *it != "|").map(place);
        res.before.entry(place(name)).or_default().extend(prerequisites);
        target = Some(place(name));
    }
    res
}

/// A line of the data base that is a rule.
fn rule(line: &str) -> Option<(&str, &str)> {
    if line.starts_with(['#', '\t', ' ']) {
        return None;
    }
    let at = line.find(": ").or_else(|| line.find(":: ")).or_else(|| line.strip_suffix(':').map(str::len))?;
    Some((line[..at].trim_end_matches(':'), line[at + 1..].trim_start_matches(':')))
}

impl Graph {
    /// Whether `from` needs `to`, at once or through others.
    fn reaches(&self, from: &str, to: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut left = vec![from];
        while let Some(at) = left.pop() {
            for it in self.before.get(at).into_iter().flatten() {
                if it == to {
                    return true;
                }
                if seen.insert(it.as_str()) {
                    left.push(it);
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_base_orders() {
        let text = "# Implicit Rules\n%.o: %.c\n# Files\n\nall: b.o | dir\n#  Phony target\n\nb.o: b.c gen\n#  recipe\n\
                    \tcc x: y\n\n# Not a target:\nb.c:\n\ngen:: src\n#  Also makes: gen.h\n# files hash-table stats:\nx: y\n";
        let graph = parse(text, "/t", str::to_owned);
        assert!(graph.reaches("/t/all", "/t/src") && graph.reaches("/t/all", "/t/dir"));
        assert!(graph.reaches("/t/gen.h", "/t/src") && !graph.reaches("/t/gen", "/t/b.o"));
        assert!(!graph.before.contains_key("/t/x") && !graph.before.contains_key("/t/%.o"));
    }

    #[test]
    fn a_make_is_asked_where_it_was() {
        let words = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let program = Program {
            words: words(&["make", "-C", "lib", "-j4", "all", "X=1"]),
            environment: words(&["MAKEFLAGS= -j4 --jobserver-auth=3,4 -- X=1"]),
        };
        assert_eq!(asking(&program), ["make", "-pn", "all", "X=1"]);
        assert_eq!(environment(&program).next(), Some(("MAKEFLAGS".to_owned(), " -- X=1".to_owned())));
    }
}
