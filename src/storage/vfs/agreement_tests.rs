//! The three file systems must not be told apart by storage: the same random calls give the same
//! answers, the same contents and the same kinds of errors on all of them.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::memory::MemoryVfs;
use super::os::tests::Scratch;
use super::sim::{Random, SimVfs};
use super::{Vfs, VfsFile};

const FILES: [&str; 5] = ["a", "b", "d/a", "d/b", "a/x"];
const DIRECTORIES: [&str; 4] = ["", "d", "b", "e"];

/// A file system and the files that are open on it, by slot.
struct Subject<'a> {
    vfs: &'a dyn Vfs,
    open: BTreeMap<u64, Arc<dyn VfsFile>>,
}

impl Subject<'_> {
    /// Makes one call, chosen by the generator, and says what it was and what came of it.
    fn call(&mut self, random: &mut Random) -> String {
        let path = random.choose(&FILES).unwrap_or_default();
        let other = random.choose(&FILES).unwrap_or_default();
        let directory = random.choose(&DIRECTORIES).unwrap_or_default();
        let create = random.chance(70);
        let slot = random.below(4);
        let offset = random.below(40_000);
        let bytes = vec![random.next_u64() as u8; random.below(20_000) as usize];
        let call = random.below(100);
        let (vfs, file) = (self.vfs, self.open.get(&slot));
        match (call, file) {
            (0..15, _) => match vfs.open(path, create) {
                Ok(file) => {
                    self.open.insert(slot, file);
                    format!("open {path} {create}: ok")
                }
                Err(error) => format!("open {path} {create}: {:?}", error.kind()),
            },
            (15..20, _) => say("remove", path, vfs.remove(path)),
            (20..30, _) => say(&format!("rename {path}"), other, vfs.rename(path, other)),
            (30..33, _) => say("create_directory", "d", vfs.create_directory("d")),
            (33..36, _) => say("sync_directory", directory, vfs.sync_directory(directory)),
            (36..40, _) => say("exists", path, vfs.exists(path)),
            (40..44, _) => {
                let names = vfs.list(directory).map(|mut names| {
                    names.sort();
                    names
                });
                say("list", directory, names)
            }
            (44..70, Some(file)) => say("write", slot, file.write_at(&bytes, offset)),
            (70..75, Some(file)) => say("set_length", slot, file.set_length(offset)),
            (75..80, Some(file)) => say("sync", slot, file.sync()),
            (80..85, Some(file)) => say("length", slot, file.length()),
            (_, Some(file)) => {
                let mut buffer = bytes;
                let result = file.read_at(&mut buffer, offset);
                say("read", slot, result.map(|()| crc32c::crc32c(&buffer)))
            }
            (_, None) => String::new(),
        }
    }
}

fn say<T: std::fmt::Debug>(
    call: &str,
    what: impl std::fmt::Display,
    result: io::Result<T>,
) -> String {
    format!("{call} {what}: {:?}", result.map_err(|error| error.kind()))
}

#[test]
fn all_file_systems_agree() {
    for seed in 0..20 {
        let scratch = Scratch::new();
        let (os, memory, sim) = (scratch.vfs(), MemoryVfs::new(), SimVfs::new());
        let mut subjects = [&os as &dyn Vfs, &memory, &sim].map(|vfs| Subject {
            vfs,
            open: BTreeMap::new(),
        });
        let mut random = Random::new(seed);
        for step in 0..500 {
            let seed_of_step = random.next_u64();
            let [os, memory, sim] = subjects
                .each_mut()
                .map(|subject| subject.call(&mut Random::new(seed_of_step)));
            assert_eq!(os, memory, "seed {seed}, step {step}");
            assert_eq!(os, sim, "seed {seed}, step {step}");
        }
        let total = os.counters().total();
        assert_eq!(
            (memory.counters().total(), sim.counters().total()),
            (total, total)
        );
    }
}
