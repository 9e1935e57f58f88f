//! Measures IronBase beside SQLite, LMDB and the bare disk: the same work, in the same run.
//!
//! A case is one file of `case/`; what is compared is one file each of `peer/`. Contenders take turns
//! in several rounds, so that a slow minute of the machine strikes all of them, and the median counts.
//! The method and each peer's set-up are told in docs/performance.md.

mod case;
mod documents;
mod measure;
mod peer;
mod process;
mod settings;

use settings::Settings;

fn main() -> anyhow::Result<()> {
    let settings = Settings::from_args(std::env::args().skip(1))?;
    if std::env::var_os(process::TASK).is_none() {
        settings.print_machine();
    }
    for (name, run) in case::ALL {
        if settings.wants(name) {
            run(&settings)?;
        }
    }
    for (name, run) in case::ALONE {
        if settings.names(name) {
            run(&settings)?;
        }
    }
    Ok(())
}
