//! A test run again in a process of its own: to be the second process, or to have its memory to itself.

use std::process::Command;

use crate::shell::TempDir;

const DIRECTORY: &str = "IRONBASE_BEHAVIOUR_DIRECTORY";

/// Runs the test of that name again as a child, which finds the database's path by [`path`]. Gives what it printed.
pub fn run(test: &str, directory: &TempDir) -> String {
    let output = command(test, directory)
        .output()
        .expect("the test's own program runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the child failed:\n{printed}\n{errors}"
    );
    assert!(printed.contains("1 passed"), "no test {test}:\n{printed}");
    printed
}

/// What runs the test of that name again.
pub fn command(test: &str, directory: &TempDir) -> Command {
    let program = std::env::current_exe().expect("the test has a program");
    let mut command = Command::new(program);
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory.database());
    command
}

/// The database's path, in the child.
pub fn path() -> Option<String> {
    std::env::var(DIRECTORY).ok()
}
