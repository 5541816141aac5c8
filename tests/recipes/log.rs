//! What jobs did to files, from a log that `strace -f -y` wrote of a make whose SHELL names the job.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The folder of the make that ran it, and the target.
pub(crate) type Job = (String, String);

/// What a process of a job did to a path.
pub(crate) struct Access {
    pub(crate) kind: Kind,
    pub(crate) path: String,
    /// The programs of the job around it, outermost first.
    pub(crate) programs: Vec<String>,
    /// Whether the name has a process's number in it.
    pub(crate) numbered: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    /// A file whose name nobody else has (`O_EXCL`, as mkstemp opens it).
    WriteUnique,
    Remove,
    /// A folder whose name nobody else has.
    MakeUnique,
}

/// One system call, put together where the log has it in two parts.
struct Call<'a> {
    line: usize,
    name: &'a str,
    arguments: Vec<String>,
    result: &'a str,
}

/// What the processes of all jobs did, in the order in which they began to.
pub(crate) fn read(log: &str, folder: &str) -> BTreeMap<Job, Vec<Access>> {
    let calls = calls(log);
    let first = (log.split_whitespace().next().unwrap(), 0);
    let mut found = Vec::new();
    let state = State { folder: folder.to_owned(), job: None, programs: Vec::new(), numbers: Vec::new() };
    let mut left = vec![(first, state)];
    while let Some((process, mut state)) = left.pop() {
        state.numbers.push(process.0.to_owned());
        for call in calls.get(&process).into_iter().flatten() {
            if ["clone", "clone3", "fork", "vfork"].contains(&call.name) {
                // A number is used again: the first process with it that did something after this point.
                let lives = (0..).map_while(|it| calls.get(&(call.result, it)).map(|calls| (it, calls)));
                let child = lives.into_iter().find(|it| it.1.first().is_some_and(|it| it.line > call.line));
                left.extend(child.map(|it| ((call.result, it.0), state.clone())));
            } else if !call.result.starts_with('-') && !call.result.starts_with('?') {
                state.take(call, &mut found);
            }
        }
    }
    found.sort_by_key(|it| it.0);
    let mut res: BTreeMap<Job, Vec<Access>> = BTreeMap::new();
    for (_, job, access) in found {
        res.entry(job).or_default().push(access);
    }
    res
}

/// A process: its number, and how many had that number before.
type Process<'a> = (&'a str, usize);

/// The calls of each process.
fn calls(log: &str) -> HashMap<Process<'_>, Vec<Call<'_>>> {
    let mut res: HashMap<Process, Vec<Call>> = HashMap::new();
    let mut lives: HashMap<&str, usize> = HashMap::new();
    let mut open: HashMap<&str, (usize, &str)> = HashMap::new();
    for (line, text) in log.lines().enumerate() {
        let (pid, text) = text.split_once(' ').unwrap();
        let text = text.trim_start();
        if text.starts_with("+++") {
            let life = lives.entry(pid).or_default();
            res.entry((pid, *life)).or_default();
            *life += 1;
            res.entry((pid, *life)).or_default();
            continue;
        }
        if let Some(begun) = text.strip_suffix(" <unfinished ...>") {
            open.insert(pid, (line, begun));
            continue;
        }
        let (line, begun, rest) = match text.strip_prefix("<... ").and_then(|it| it.split_once(" resumed>")) {
            Some((_, rest)) => {
                let Some((line, begun)) = open.remove(pid) else { continue };
                (line, begun, rest)
            }
            None => (line, text, ""),
        };
        let whole = if rest.is_empty() { begun } else { rest };
        let Some((_, result)) = whole.rsplit_once(" = ") else { continue };
        let Some((name, inside)) = begun.split_once('(') else { continue };
        let inside = if rest.is_empty() { inside.rsplit_once(" = ").unwrap().0 } else { inside };
        let arguments = arguments(&format!("{inside}{}", rest.rsplit_once(" = ").map_or("", |it| it.0)));
        res.entry((pid, *lives.entry(pid).or_default())).or_default().push(Call {
            line,
            name,
            arguments,
            result: result.trim(),
        });
    }
    res
}

/// The arguments of a call, at the commas that stand in nothing.
fn arguments(text: &str) -> Vec<String> {
    let mut res = vec![String::new()];
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for it in text.chars() {
        match it {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' | '{' | '<' if !quoted => depth += 1,
            ']' | '}' | '>' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                res.push(String::new());
                continue;
            }
            _ => {}
        }
        res.last_mut().unwrap().push(it);
    }
    res.iter().map(|it| it.trim().to_owned()).collect()
}

/// A process at a point of its life.
#[derive(Clone)]
struct State {
    folder: String,
    job: Option<Job>,
    programs: Vec<String>,
    /// Of the processes around it and its own.
    numbers: Vec<String>,
}

impl State {
    fn take(&mut self, call: &Call, found: &mut Vec<(usize, Job, Access)>) {
        let path = |at: usize| self.path(&call.arguments, at);
        let accesses = match call.name {
            "execve" => {
                let read = (Kind::Read, path(0));
                self.execute(&call.arguments);
                vec![read]
            }
            "chdir" => {
                self.folder = path(0);
                vec![]
            }
            "fchdir" => {
                self.folder = shown_folder(&call.arguments[0]).unwrap_or(&self.folder).to_owned();
                vec![]
            }
            "open" | "openat" => {
                let at = usize::from(call.name == "openat");
                opened(&call.arguments[at + 1]).map(|it| (it, path(at))).into_iter().collect()
            }
            "creat" | "truncate" => vec![(Kind::Write, path(0))],
            "rename" => vec![(Kind::Remove, path(0)), (Kind::Write, path(1))],
            "renameat" | "renameat2" => vec![(Kind::Remove, path(1)), (Kind::Write, path(3))],
            "link" | "symlink" => vec![(Kind::Write, path(1))],
            "symlinkat" => vec![(Kind::Write, path(2))],
            "linkat" => vec![(Kind::Write, path(3))],
            "unlink" | "rmdir" => vec![(Kind::Remove, path(0))],
            "unlinkat" => vec![(Kind::Remove, path(1))],
            // As mktemp makes a folder.
            "mkdir" if call.arguments[1] == "0700" => vec![(Kind::MakeUnique, path(0))],
            _ => vec![],
        };
        let Some(job) = &self.job else { return };
        for (kind, path) in accesses {
            let numbered = self.numbers.iter().any(|it| path.contains(it.as_str()));
            found.push((call.line, job.clone(), Access { kind, path, programs: self.programs.clone(), numbered }));
        }
    }

    /// The path in an argument; what comes before it may be the folder that it starts from.
    fn path(&self, arguments: &[String], at: usize) -> String {
        let name = unquoted(&arguments[at]);
        let from = at.checked_sub(1).and_then(|it| shown_folder(&arguments[it])).unwrap_or(&self.folder);
        let whole = if name.starts_with('/') { name } else { format!("{from}/{name}") };
        let mut parts: Vec<&str> = Vec::new();
        for it in whole.split('/') {
            match it {
                "" | "." => {}
                ".." => drop(parts.pop()),
                _ => parts.push(it),
            }
        }
        format!("/{}", parts.join("/"))
    }

    fn execute(&mut self, arguments: &[String]) {
        let words: Vec<String> = self::arguments(&arguments[1][1..arguments[1].len().max(2) - 1]);
        let words: Vec<String> = words.iter().map(|it| unquoted(it)).collect();
        let program = unquoted(&arguments[0]);
        let name = base(&program);
        if words.get(1).is_some_and(|it| it == "--job") {
            // `$(shell)` has no target; make's own work is nobody's.
            self.job = Some((self.folder.clone(), words[2].clone())).filter(|it| it.1 != ".");
            self.programs.clear();
        } else if ["make", "gmake"].contains(&name) {
            self.job = None;
        } else {
            self.programs.push(name.to_owned());
            // The script that an interpreter runs.
            self.programs.extend(words.iter().skip(1).find(|it| !it.starts_with('-')).map(|it| base(it).to_owned()));
        }
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// `AT_FDCWD</a/b>`
fn shown_folder(argument: &str) -> Option<&str> {
    argument.split_once('<')?.1.strip_suffix('>').filter(|_| !argument.starts_with('"'))
}

fn unquoted(text: &str) -> String {
    let inside = text.split_once('"').and_then(|it| it.1.rsplit_once('"')).map_or("", |it| it.0);
    let mut res = String::new();
    let mut rest = inside.chars();
    while let Some(it) = rest.next() {
        match it {
            '\\' => match rest.next() {
                Some('n') => res.push('\n'),
                Some('t') => res.push('\t'),
                other => res.extend(other),
            },
            _ => res.push(it),
        }
    }
    res
}

/// What opening with these flags is.
fn opened(flags: &str) -> Option<Kind> {
    let flags: BTreeSet<&str> = flags.split('|').collect();
    match flags {
        it if it.contains("O_DIRECTORY") || it.contains("O_PATH") => None,
        it if it.contains("O_EXCL") => Some(Kind::WriteUnique),
        it if it.contains("O_WRONLY") || it.contains("O_RDWR") => Some(Kind::Write),
        _ => Some(Kind::Read),
    }
}
