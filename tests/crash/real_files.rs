//! The scripted run on the operating system's own files, read through maps and without: the paths that a simulated disk,
//! which has no maps, cannot show. What was committed is there after each opening; no power is cut here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ironbase::storage::engine::{Durability, Engine, Options};
use ironbase::storage::vfs::os::OsVfs;

use crate::check::{Check, ensure, told, verifies, version_is};
use crate::figures::figure;
use crate::life::{Life, Opener, options};
use crate::model::{Model, State};
use crate::runs::{for_each, seeds};
use crate::words::Words;

/// A directory of its own, gone at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        Directory(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(seed: u64, mapped: bool) -> Check {
    let directory = Directory::new(&format!("crash-{seed}-{mapped}"));
    let options = Options {
        mapped,
        durability: if seed.is_multiple_of(4) {
            Durability::Full
        } else {
            Durability::None
        },
        ..options(seed)
    };
    let path = directory.0.clone();
    let opener: Opener = Box::new(move |options| {
        let vfs = OsVfs::open(&path, false, true).expect("a directory");
        Engine::open(Arc::new(vfs), options.clone(), Arc::new(Words))
    });
    let reopen = Box::new(|opener: &Opener, model: &Model| {
        let engine = opener(&options).map_err(told)?;
        let version = engine.snapshot();
        ensure!(
            version.lsn == model.last(),
            "commit {} of {}",
            version.lsn,
            model.last()
        );
        version_is(&version, model.newest())?;
        verifies(&engine)
    });
    let model = Model::new(0, State::default());
    let life = Life::begin_with(opener, &options, seed, model, Arc::default());
    let mut life = life.map_err(told)?;
    life.run(400).map_err(told)?;
    version_is(&life.engine().snapshot(), life.model.newest())?;
    verifies(life.engine())?;
    let (opener, model) = life.end();
    reopen(&opener, &model)?;
    reopen(&opener, &model)
}

#[test]
fn real_files_with_maps_and_without() {
    let seeds = seeds(8);
    let cases: Vec<(u64, bool)> = seeds
        .iter()
        .flat_map(|&seed| [(seed, true), (seed, false)])
        .collect();
    for_each(
        &cases,
        |(seed, mapped)| {
            format!(
                "real_files_with_maps_and_without: seed {seed}, mapped: {mapped}\n\
                 Replay: IRONBASE_SEED={seed} cargo test --test crash real_files"
            )
        },
        |&(seed, mapped)| run(seed, mapped),
    );
    figure(
        "400 operations on real files, with maps and without",
        format!("{} runs", cases.len()),
        "0 differences",
    );
}
