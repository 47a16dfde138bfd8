//! One target under libFuzzer, which looks for inputs that reach new code. `run.sh` builds and
//! starts it; `BAITLINE_FUZZ_TARGET` names the target.

#![no_main]

use std::sync::LazyLock;

use baitline_fuzz::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("BAITLINE_FUZZ_TARGET").unwrap_or_default();
    let target = TARGETS.iter().find(|target| target.name == name);
    target.unwrap_or_else(|| panic!("BAITLINE_FUZZ_TARGET={name}: no such target"))
});

fuzz_target!(|bytes: &[u8]| (TARGET.run)(bytes));
