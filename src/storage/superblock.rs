//! The superblock: two slots of one sector each; a checkpoint overwrites the older.
//!
//! Opening takes the newer slot that is whole. A slot is one 512-byte sector, so it is there whole or not at all.

use super::btree::Tree;
use super::error::{Error, ErrorKind, Result};
use super::page::{self, Lsn, PagePtr, TreeId};
use super::pager::free_map::FreeMapRoot;

pub const FORMAT_VERSION: u32 = 1;
pub const FILE_MAGIC: &[u8; 8] = b"IRONFILE";
const MAGIC: &[u8; 8] = b"IRONBASE";

/// Where the two slots are: far enough apart for every page size.
pub const SLOT_OFFSETS: [u64; 2] = [0, 32768];
pub const SLOT_SIZE: usize = 512;
/// Bytes at the start of `metadata.mlite` that belong to the slots.
pub const RESERVED: usize = 65536;

/// A place in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPosition {
    pub segment: u64,
    pub offset: u64,
}

/// What a slot says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superblock {
    pub page_size: u32,
    pub database_id: [u8; 16],
    pub generation: u64,
    pub checkpoint_lsn: Lsn,
    pub log: LogPosition,
    pub catalog: Tree,
    pub catalog_map: FreeMapRoot,
    pub next_tree: TreeId,
    /// When the newest of its commits was written at the latest, in milliseconds since 1970; 0: not known.
    pub time: u64,
    /// It is the beginning of a restoration that has not come to its end.
    pub is_restoring: bool,
}

impl Superblock {
    /// Where this generation is written: never over the one before it.
    pub fn offset(&self) -> u64 {
        SLOT_OFFSETS[(self.generation % 2) as usize]
    }

    pub fn encode(&self) -> [u8; SLOT_SIZE] {
        let mut slot = [0; SLOT_SIZE];
        slot[..8].copy_from_slice(MAGIC);
        page::put_u32(&mut slot, 12, FORMAT_VERSION);
        page::put_u32(&mut slot, 16, self.page_size);
        slot[24..40].copy_from_slice(&self.database_id);
        page::put_u64(&mut slot, 40, self.generation);
        page::put_u64(&mut slot, 48, self.checkpoint_lsn);
        page::put_u64(&mut slot, 56, self.log.segment);
        page::put_u64(&mut slot, 64, self.log.offset);
        slot[72..78].copy_from_slice(&self.catalog.root.to_bytes());
        slot[78] = self.catalog.level;
        page::put_u64(&mut slot, 80, self.catalog.entries);
        page::put_u32(&mut slot, 88, self.catalog_map.pages);
        slot[92..98].copy_from_slice(&self.catalog_map.root.to_bytes());
        slot[98] = self.catalog_map.level;
        page::put_u32(&mut slot, 100, self.next_tree);
        page::put_u64(&mut slot, 104, self.catalog.bytes);
        page::put_u64(&mut slot, 112, self.time);
        slot[120] = u8::from(self.is_restoring);
        let sum = crc32c::crc32c(&slot[12..]);
        page::put_u32(&mut slot, 8, sum);
        slot
    }

    fn decode(slot: &[u8]) -> std::result::Result<Superblock, String> {
        if slot[..8] != *MAGIC {
            return Err("it does not start with \"IRONBASE\"".into());
        }
        let sum = crc32c::crc32c(&slot[12..]);
        if sum != page::get_u32(slot, 8) {
            return Err("its checksum is wrong".into());
        }
        Ok(Superblock {
            page_size: page::get_u32(slot, 16),
            database_id: slot[24..40].try_into().expect("16 bytes"),
            generation: page::get_u64(slot, 40),
            checkpoint_lsn: page::get_u64(slot, 48),
            log: LogPosition {
                segment: page::get_u64(slot, 56),
                offset: page::get_u64(slot, 64),
            },
            catalog: Tree {
                root: PagePtr::read(&slot[72..]),
                level: slot[78],
                entries: page::get_u64(slot, 80),
                bytes: page::get_u64(slot, 104),
                ..Tree::default()
            },
            catalog_map: FreeMapRoot {
                pages: page::get_u32(slot, 88),
                root: PagePtr::read(&slot[92..]),
                level: slot[98],
            },
            next_tree: page::get_u32(slot, 100),
            time: page::get_u64(slot, 112),
            is_restoring: slot[120] != 0,
        })
    }

    /// What each slot says; none: it was never written. `Err`: what is wrong with it.
    pub fn slots(bytes: &[u8]) -> [std::result::Result<Option<Superblock>, String>; 2] {
        SLOT_OFFSETS.map(|offset| {
            let offset = offset as usize;
            match bytes.get(offset..offset + SLOT_SIZE) {
                None => Err("the file ends before it".into()),
                Some(slot) if slot.iter().all(|&byte| byte == 0) => Ok(None),
                Some(slot) => Superblock::decode(slot).map(Some),
            }
        })
    }

    /// The newer whole slot of a metadata file that starts with `bytes`.
    pub fn choose(bytes: &[u8], file: &str) -> Result<Superblock> {
        let mut found: Option<Superblock> = None;
        let mut reasons = Vec::new();
        for (index, &offset) in SLOT_OFFSETS.iter().enumerate() {
            let Some(slot) = bytes.get(offset as usize..offset as usize + SLOT_SIZE) else {
                reasons.push(format!("slot {index}: the file ends before it"));
                continue;
            };
            // A newer format is told apart from damage even though its checksum may lie elsewhere.
            if slot[..8] == *MAGIC && page::get_u32(slot, 12) > FORMAT_VERSION {
                let version = page::get_u32(slot, 12);
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!(
                        "{file} has format version {version}; this program reads up to {FORMAT_VERSION}"
                    ),
                ));
            }
            match Superblock::decode(slot) {
                Ok(block)
                    if found
                        .as_ref()
                        .is_none_or(|f| f.generation < block.generation) =>
                {
                    found = Some(block);
                }
                Ok(_) => {}
                Err(reason) => reasons.push(format!("slot {index}: {reason}")),
            }
        }
        let block = found.ok_or_else(|| {
            let reasons = reasons.join("; ");
            Error::corrupt_file(
                file,
                format!("not an IronBase database, or damaged ({reasons})"),
            )
        })?;
        if !page::PAGE_SIZES.contains(&block.page_size) || !block.page_size.is_power_of_two() {
            return Err(Error::corrupt_file(
                file,
                format!("page size {}", block.page_size),
            ));
        }
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(generation: u64) -> Superblock {
        Superblock {
            page_size: 8192,
            database_id: [7; 16],
            generation,
            checkpoint_lsn: 5,
            log: LogPosition {
                segment: 3,
                offset: 64,
            },
            catalog: Tree {
                root: PagePtr {
                    number: 9,
                    birth: 4,
                },
                level: 1,
                entries: 17,
                bytes: 1700,
                ..Tree::default()
            },
            catalog_map: FreeMapRoot {
                root: PagePtr {
                    number: 11,
                    birth: 5,
                },
                level: 0,
                pages: 40,
            },
            next_tree: 21,
            time: 1_700_000_000_000,
            is_restoring: true,
        }
    }

    fn file(blocks: &[&Superblock]) -> Vec<u8> {
        let mut bytes = vec![0; RESERVED];
        for block in blocks {
            let at = block.offset() as usize;
            bytes[at..at + SLOT_SIZE].copy_from_slice(&block.encode());
        }
        bytes
    }

    #[test]
    fn the_newer_whole_slot_wins() {
        let (old, new) = (block(6), block(7));
        let mut bytes = file(&[&old, &new]);
        assert_eq!(Superblock::choose(&bytes, "f").expect("whole"), new);
        bytes[new.offset() as usize + 50] ^= 1;
        assert_eq!(Superblock::choose(&bytes, "f").expect("one is whole"), old);
        bytes[old.offset() as usize + 50] ^= 1;
        let error = Superblock::choose(&bytes, "f").expect_err("none is whole");
        assert!(error.message().contains("checksum"), "{error}");
    }

    #[test]
    fn a_newer_format_is_not_called_damage() {
        let mut bytes = file(&[&block(1)]);
        bytes[32768 + 12] = 2;
        let error = Superblock::choose(&bytes, "f").expect_err("newer");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_short_or_foreign_file_says_so() {
        for bytes in [&b""[..], b"SQLite format 3", &[0; 100_000]] {
            let error = Superblock::choose(bytes, "f").expect_err("not ours");
            assert_eq!(error.kind(), ErrorKind::Corrupt);
        }
    }
}
