//! Who is told how far an analysis is.

use std::fmt;
use std::sync::Arc;

/// Is told of each makefile that was looked at, from any thread.
#[derive(Clone, Default)]
pub struct Watcher(Option<Call>);

/// What is called.
type Call = Arc<dyn Fn(&str) + Send + Sync>;

impl Watcher {
    /// A watcher that calls a function.
    pub fn new(call: Call) -> Watcher {
        Watcher(Some(call))
    }

    /// Tells of a makefile.
    pub fn tell(&self, makefile: &str) {
        if let Some(call) = &self.0 {
            call(makefile);
        }
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}
