//! Runs a test in a process of its own, where it may do what concerns the whole process. Never repeats one.

use std::env;
use std::process::Command;

const IS_ALONE: &str = "TEST_IS_ALONE";

/// Returns true in the process that belongs to this test; everywhere else runs the test there, to its end, first.
///
/// # Panics
///
/// When the test fails in its process, or there is no test of this name.
#[must_use]
pub fn is_alone(test: &str) -> bool {
    if env::var_os(IS_ALONE).is_some() {
        return true;
    }
    let program = env::current_exe().expect("a running test has a program");
    let run = Command::new(program).args([test, "--exact", "--nocapture"]).env(IS_ALONE, "yes").output();
    let output = run.expect("the program that runs can be started");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("1 passed"), "no test is called {test}");
    false
}
