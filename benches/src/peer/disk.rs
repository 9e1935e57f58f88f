//! The bare disk: what one durable write of 600 bytes costs without any database.
//!
//! Two ways, since file systems differ: an append to a growing file must also make the new length
//! durable; an overwrite of a file whose blocks were all written before need not.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Result;

const RECORD: [u8; 600] = [0x5a; 600];
const PREALLOCATED_BYTES: u64 = 64 << 20;

/// A file that is written record by record, each made durable.
pub struct Log {
    file: File,
    offset: u64,
    /// Where to start over; a growing file never does.
    limit: u64,
}

impl Log {
    /// An empty file that grows with each record.
    pub fn growing(directory: &Path) -> Result<Log> {
        let file = File::create(directory.join("growing.log"))?;
        Ok(Log {
            file,
            offset: 0,
            limit: u64::MAX,
        })
    }

    /// A file full of zeros that were made durable.
    pub fn preallocated(directory: &Path) -> Result<Log> {
        let mut file = File::create(directory.join("preallocated.log"))?;
        let zeros = vec![0; 1 << 20];
        for _ in 0..PREALLOCATED_BYTES / zeros.len() as u64 {
            file.write_all(&zeros)?;
        }
        file.sync_all()?;
        Ok(Log {
            file,
            offset: 0,
            limit: PREALLOCATED_BYTES,
        })
    }

    /// Writes one record behind the last and waits for the disk (fdatasync).
    pub fn append(&mut self) -> Result<()> {
        if self.offset + RECORD.len() as u64 > self.limit {
            self.offset = 0;
        }
        self.file.write_all_at(&RECORD, self.offset)?;
        self.file.sync_data()?;
        self.offset += RECORD.len() as u64;
        Ok(())
    }
}
