//! How far a run over several makefiles is, on a terminal.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use crate::analysis::Watcher;

/// A bar on standard error; none where that is no terminal, or where there is little to wait for.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(super) fn new(makefiles: usize, quiet: bool) -> Progress {
        let bar = (makefiles > 1 && !quiet).then(|| ProgressBar::new(makefiles as u64));
        if let Some(bar) = &bar {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        }
        Progress(bar)
    }

    /// What is told of each makefile that was looked at.
    pub(super) fn watcher(&self) -> Watcher {
        let Some(bar) = self.0.clone() else { return Watcher::default() };
        Watcher::new(Arc::new(move |makefile: &str| {
            // Each round of fixes looks at all of them again.
            if Some(bar.position()) >= bar.length() {
                bar.reset();
            }
            bar.set_message(crate::report::escape(makefile));
            bar.inc(1);
        }))
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
