//! What `unrace explain` says of each class.

use super::Class;

/// What a class is, why it matters, an example, what to do, and what is not reported; Markdown.
pub fn explain(class: Class) -> &'static str {
    match class {
        Class::SharedOutput => include_str!("explain/shared-output.md"),
        Class::MultiOutput => include_str!("explain/multi-output.md"),
        Class::MissingPrerequisite => include_str!("explain/missing-prerequisite.md"),
        Class::MissingDirectory => include_str!("explain/missing-directory.md"),
        Class::RecursiveOverlap => include_str!("explain/recursive-overlap.md"),
    }
}
