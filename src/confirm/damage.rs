//! What a race leaves behind, against what a serial build makes.

use std::fs;

use serde_json::{Value, json};

use super::scratch::Room;

/// A file that is not as a serial build makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) path: String,
    /// Sizes in bytes after the racing build and after the serial one; none where it is not there.
    pub(super) raced: Option<usize>,
    pub(super) serial: Option<usize>,
}

impl Difference {
    /// As a report tells it.
    pub(super) fn text(&self) -> String {
        let size = |it: Option<usize>| it.map_or("missing".to_owned(), |it| format!("{it} bytes"));
        match (self.raced, self.serial) {
            (raced, serial) if raced == serial => format!("its {} are others than after a serial build", size(raced)),
            (raced, serial) => format!("{}, after a serial build {}", size(raced), size(serial)),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({"path": self.path, "raced_bytes": self.raced, "serial_bytes": self.serial})
    }
}

/// The files among `paths` that differ.
pub(super) fn differences(paths: &[String], raced: &Room, serial: &Room) -> Vec<Difference> {
    let differs = |path: &String| {
        let [a, b] = [raced, serial].map(|it| content(it, path));
        (a != b).then(|| Difference { path: path.clone(), raced: a.map(|it| it.len()), serial: b.map(|it| it.len()) })
    };
    paths.iter().filter_map(differs).collect()
}

fn content(room: &Room, path: &str) -> Option<Vec<u8>> {
    let file = room.file(path);
    file.is_file().then(|| fs::read(file).ok()).flatten()
}
