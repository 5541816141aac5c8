//! One program for all targets; `UNRACE_FUZZ_TARGET` says which law is tried. `run.sh` builds and runs it.
#![no_main]

mod laws;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();
    let law = TARGET.get_or_init(|| {
        let name = std::env::var("UNRACE_FUZZ_TARGET").expect("UNRACE_FUZZ_TARGET names a target");
        laws::TARGETS.iter().find(|it| it.0 == name).expect("there is such a target").1
    });
    law(data);
});
