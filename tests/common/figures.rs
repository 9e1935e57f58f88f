//! Figures of the tests that try something very often: printed, and kept in the file that `IRONBASE_FIGURES` names, from which
//! `make test` shows them as one table at its end.

use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write;

/// A row: what was done, how often, what came of it.
pub fn figure(what: impl Display, how_often: impl Display, outcome: impl Display) {
    println!("{what} | {how_often} | {outcome}");
    let Some(path) = std::env::var_os("IRONBASE_FIGURES") else {
        return;
    };
    let file = OpenOptions::new().append(true).create(true).open(path);
    // One write, since other tests add rows at the same time.
    let row = format!("{what} | {how_often} | {outcome}\n");
    file.and_then(|mut file| file.write_all(row.as_bytes()))
        .expect("IRONBASE_FIGURES names a file that can be written");
}
