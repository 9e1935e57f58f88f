//! What is left of a simulated disk after a power loss.
//!
//! Whatever was synced survives. Of the rest a drive may have written anything in any order: each
//! sector, length and name shows its durable state or any later one. Picking all at random would
//! hardly ever produce the cases that break a database, such as all but one write kept, so the
//! seed first picks a kind of loss.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::disk::{Disk, FileId, FileState, NameChange, SECTOR_BYTES, Tick, Version};
use super::random::Random;
use crate::storage::vfs::chunks::Chunks;
use crate::storage::vfs::names::Names;
use crate::storage::vfs::parent;

/// A kind of power loss: which unsynced changes reach the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerLoss {
    /// None of them.
    KeepNothing,
    /// All of them.
    KeepEverything,
    /// Only the last call's.
    KeepLast,
    /// All but one call's.
    LoseOne,
    /// Those up to some call, as if the drive kept the order.
    CutShort,
    /// Those up to some write, of which only some sectors arrive.
    Tear,
    /// Each sector, length and name by itself.
    Scatter,
}

impl PowerLoss {
    /// All kinds.
    pub const ALL: [PowerLoss; 7] = [
        PowerLoss::KeepNothing,
        PowerLoss::KeepEverything,
        PowerLoss::KeepLast,
        PowerLoss::LoseOne,
        PowerLoss::CutShort,
        PowerLoss::Tear,
        PowerLoss::Scatter,
    ];

    /// The kind that a seed stands for; the ones with more outcomes come more often.
    pub(super) fn pick(random: &mut Random) -> PowerLoss {
        match random.below(16) {
            0 => PowerLoss::KeepNothing,
            1 => PowerLoss::KeepEverything,
            2 => PowerLoss::KeepLast,
            3 | 4 => PowerLoss::LoseOne,
            5..=7 => PowerLoss::CutShort,
            8..=10 => PowerLoss::Tear,
            _ => PowerLoss::Scatter,
        }
    }
}

/// The disk as found when the power is back. Everything on it is durable.
pub(super) fn crash(disk: &Disk, loss: PowerLoss, random: Random) -> Disk {
    let mut choice = Choice::new(disk, loss, random);
    let names = choice.surviving_names(disk);
    let named: BTreeSet<FileId> = names.files.values().copied().collect();
    let mut files: BTreeMap<FileId, Arc<FileState>> = BTreeMap::new();
    for (id, file) in disk.files.iter().filter(|(id, _)| named.contains(id)) {
        files.insert(
            *id,
            Arc::new(FileState::settled(choice.surviving_bytes(file))),
        );
    }
    let mut crashed = Disk::settled(files, names);
    crashed.capacity = disk.capacity;
    crashed
}

/// The decisions of one power loss.
struct Choice {
    loss: PowerLoss,
    /// The call that the loss turns on.
    pivot: Tick,
    /// How likely a scattered change arrives, in percent.
    percent: u64,
    random: Random,
}

impl Choice {
    fn new(disk: &Disk, loss: PowerLoss, mut random: Random) -> Choice {
        let mut sectors_of: BTreeMap<Tick, u64> = BTreeMap::new();
        for file in disk.files.values() {
            for version in file.sectors.values().flatten() {
                *sectors_of.entry(version.tick).or_default() += 1;
            }
            for (tick, _) in &file.lengths {
                sectors_of.entry(*tick).or_default();
            }
        }
        for (tick, _) in &disk.name_changes {
            sectors_of.entry(*tick).or_default();
        }
        let all: Vec<Tick> = sectors_of.keys().copied().collect();
        let tearable: Vec<Tick> = all
            .iter()
            .copied()
            .filter(|tick| sectors_of[tick] > 1)
            .collect();
        let pivot = match loss {
            PowerLoss::KeepLast => all.last().copied(),
            PowerLoss::Tear if !tearable.is_empty() => random.choose(&tearable),
            _ => random.choose(&all),
        };
        let percent = random.choose(&[5, 25, 50, 75, 95]).unwrap_or(50);
        // Without a pivot nothing is unsynced.
        let pivot = pivot.unwrap_or_default();
        Choice {
            loss,
            pivot,
            percent,
            random,
        }
    }

    /// Which of the unsynced states of one thing survives; `None` is the durable one.
    /// `torn_in`: whether the thing is among the kept parts, if its call is the one that tears.
    fn pick(&mut self, ticks: &[Tick], torn_in: bool) -> Option<usize> {
        let pivot = self.pivot;
        let last_where = |keep: &dyn Fn(Tick) -> bool| ticks.iter().rposition(|tick| keep(*tick));
        match self.loss {
            PowerLoss::KeepNothing => None,
            PowerLoss::KeepEverything => last_where(&|_| true),
            PowerLoss::KeepLast => last_where(&|tick| tick == pivot),
            PowerLoss::LoseOne => last_where(&|tick| tick != pivot),
            PowerLoss::CutShort => last_where(&|tick| tick <= pivot),
            PowerLoss::Tear => last_where(&|tick| tick < pivot || tick == pivot && torn_in),
            PowerLoss::Scatter if !self.random.chance(self.percent) => None,
            PowerLoss::Scatter if self.random.chance(50) => last_where(&|_| true),
            PowerLoss::Scatter => Some(self.random.below(ticks.len() as u64) as usize),
        }
    }

    fn surviving_bytes(&mut self, file: &FileState) -> Chunks {
        let mut torn = TornSectors::new(file, self.pivot, &mut self.random);
        let mut bytes = file.durable.clone();
        for (sector, versions) in &file.sectors {
            let ticks: Vec<Tick> = versions.iter().map(|version| version.tick).collect();
            let torn_in = ticks.contains(&self.pivot) && torn.next(&mut self.random);
            if let Some(kept) = self.pick(&ticks, torn_in) {
                let written = bytes.write(versions[kept].bytes.as_slice(), sector * SECTOR_BYTES);
                written.expect("a sector of a file that fits in memory");
            }
        }
        bytes
            .set_length(self.surviving_length(file))
            .expect("a length that the file once had");
        bytes
    }

    fn surviving_length(&mut self, file: &FileState) -> u64 {
        let durable = file.durable.length();
        let ticks: Vec<Tick> = file.lengths.iter().map(|(tick, _)| *tick).collect();
        if ticks.is_empty() {
            return durable;
        }
        let torn_in = self.random.chance(50);
        let kept = self
            .pick(&ticks, torn_in)
            .map_or(durable, |kept| file.lengths[kept].1);
        let partly = match self.loss {
            PowerLoss::Scatter => self.random.chance(30),
            PowerLoss::Tear => ticks.contains(&self.pivot) && self.random.chance(50),
            _ => false,
        };
        if !partly {
            return kept;
        }
        // A file grows sector by sector as its data are written back.
        let lengths = file.lengths.iter().map(|(_, length)| *length);
        let longest = lengths.clone().max().unwrap_or(durable).max(durable);
        let shortest = lengths.min().unwrap_or(durable).min(durable);
        let between = shortest + self.random.below(longest - shortest + 1);
        (between / SECTOR_BYTES * SECTOR_BYTES).max(shortest)
    }

    fn surviving_names(&mut self, disk: &Disk) -> Names<FileId> {
        let mut names = disk.durable_names.clone();
        let mut changes: Vec<&NameChange> = Vec::new();
        for (tick, change) in &disk.name_changes {
            let torn_in = self.random.chance(50);
            if self.pick(&[*tick], torn_in).is_some() {
                changes.push(change);
            }
        }
        for change in changes {
            change.apply(&mut names);
        }
        // What is in a directory that got lost is lost with it. Parents sort before children.
        let mut directories = Names::<FileId>::default();
        for path in &names.directories {
            if directories.is_directory(parent(path)) {
                directories.directories.insert(path.clone());
            }
        }
        names
            .files
            .retain(|path, _| directories.is_directory(parent(path)));
        names.directories = directories.directories;
        names
    }
}

/// Which sectors of the torn write arrive: the first few, the last few, or any.
struct TornSectors {
    kept: std::ops::Range<u64>,
    any: bool,
    position: u64,
}

impl TornSectors {
    fn new(file: &FileState, pivot: Tick, random: &mut Random) -> TornSectors {
        let is_torn = |version: &Version| version.tick == pivot;
        let torn = file
            .sectors
            .values()
            .filter(|versions| versions.iter().any(is_torn));
        let count = torn.count() as u64;
        let cut = 1 + random.below(count.saturating_sub(1));
        let kept = if random.chance(50) {
            0..cut
        } else {
            cut..count
        };
        TornSectors {
            kept,
            any: random.chance(30),
            position: 0,
        }
    }

    /// Whether the next of them arrives.
    fn next(&mut self, random: &mut Random) -> bool {
        let position = self.position;
        self.position += 1;
        if self.any {
            random.chance(50)
        } else {
            self.kept.contains(&position)
        }
    }
}
