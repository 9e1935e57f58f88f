//! What to run and where: the command line, and the machine's particulars for the record.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::case;

/// The command line's choices.
pub struct Settings {
    cases: Vec<String>,
    /// Documents in the data set of a comparison.
    pub documents: u32,
    has_documents: bool,
    /// Rounds of each comparison; the median of them is reported.
    pub rounds: usize,
    directory: PathBuf,
}

impl Settings {
    /// Reads `[case...] [--documents N] [--rounds N] [--dir DIRECTORY]`.
    pub fn from_args(mut args: impl Iterator<Item = String>) -> Result<Settings> {
        let directory = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let mut settings = Settings {
            cases: Vec::new(),
            documents: 100_000,
            has_documents: false,
            rounds: 5,
            directory: PathBuf::from(directory).join("bench"),
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--documents" => {
                    settings.documents = value()?.parse().context("--documents")?;
                    settings.has_documents = true;
                }
                "--rounds" => settings.rounds = value()?.parse().context("--rounds")?,
                "--dir" => settings.directory = value()?.into(),
                name if known_cases().any(|known| known == name) => {
                    settings.cases.push(arg);
                }
                _ => {
                    let known: Vec<_> = known_cases().collect();
                    bail!("unknown case {arg:?}; there are {}", known.join(", "));
                }
            }
        }
        if settings.documents < 1000 || settings.rounds == 0 {
            bail!("at least 1000 documents and 1 round are needed");
        }
        Ok(settings)
    }

    /// Whether a comparison is to be run: all are when no case is named.
    pub fn wants(&self, case: &str) -> bool {
        self.cases.is_empty() || self.names(case)
    }

    /// Whether a case was named.
    pub fn names(&self, case: &str) -> bool {
        self.cases.iter().any(|wanted| wanted == case)
    }

    /// Documents of a case that has its own number of them, unless the command line says another.
    pub fn documents_or(&self, own: u32) -> u32 {
        if self.has_documents {
            self.documents
        } else {
            own
        }
    }

    /// A new, empty directory. All are on one device.
    pub fn empty_directory(&self, name: &str) -> Result<PathBuf> {
        let path = self.directory.join(name);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path).with_context(|| format!("creating {}", path.display()))?;
        Ok(path)
    }

    /// What a reader of the figures wants to know of the machine.
    pub fn print_machine(&self) {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpu_info = read("/proc/cpuinfo");
        let model = cpu_info
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1))
            .unwrap_or("unknown processor");
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        println!(
            "{cores} cores of {model}, Linux {}",
            read("/proc/sys/kernel/osrelease").trim()
        );
        println!(
            "{} documents, {} rounds, in {}; SQLite {}",
            self.documents,
            self.rounds,
            self.directory.display(),
            rusqlite::version(),
        );
    }
}

fn known_cases() -> impl Iterator<Item = &'static str> {
    let all = case::ALL.iter().chain(&case::ALONE);
    all.map(|(name, _)| *name)
}
