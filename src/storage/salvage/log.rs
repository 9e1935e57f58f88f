//! The commits of the log, as far as they can be read. A stretch that is damaged is passed over: what comes behind it still tells what
//! its documents were like.

use std::collections::HashMap;

use super::source::Source;
use super::target::{Put, Target};
use super::{Rescuer, Salvaged};
use crate::storage::error::Result;
use crate::storage::page::Lsn;
use crate::storage::superblock::LogPosition;
use crate::storage::wal::group::{Frame, Group, PartsNumber, Place};
use crate::storage::wal::operation::{Operation, Operations};
use crate::storage::wal::reader::{find_group, read_segment, segments, with_part};
use crate::storage::wal::segment_path;
use crate::storage::wal::writer::{SEGMENT_HEADER, SegmentHeader};

/// Applies the log behind the checkpoint; all of it, if the checkpoint is not known.
pub fn apply(
    source: &Source,
    target: &mut Target<'_>,
    salvaged: &mut Salvaged,
    rescuer: &dyn Rescuer,
) -> Result<()> {
    let (from, checkpoint) = match &source.superblock {
        Some(superblock) => (superblock.log, superblock.checkpoint_lsn),
        None => (LogPosition::default(), 0),
    };
    let Ok(numbers) = segments(&source.vfs, from.segment) else {
        salvaged.notes.push("there is no log".into());
        return Ok(());
    };
    if source.superblock.is_some() && numbers.first() != Some(&from.segment) {
        let path = segment_path(from.segment);
        salvaged
            .notes
            .push(format!("{path}, where the checkpoint ends, is missing"));
    }
    let mut applying = Applying {
        source,
        target,
        salvaged,
        rescuer,
        checkpoint,
        // What came before the log is in the files, if they are of a checkpoint that is known.
        last: source.superblock.as_ref().map(|_| checkpoint),
        parts: HashMap::new(),
    };
    for number in numbers {
        let start = match number == from.segment {
            true => from.offset.max(SEGMENT_HEADER as u64),
            false => SEGMENT_HEADER as u64,
        };
        applying.segment(number, start as usize)?;
    }
    let Applying { last, salvaged, .. } = applying;
    salvaged.last_commit = last.filter(|&last| last > checkpoint);
    Ok(())
}

struct Applying<'a, 'e> {
    source: &'a Source,
    target: &'a mut Target<'e>,
    salvaged: &'a mut Salvaged,
    rescuer: &'a dyn Rescuer,
    checkpoint: Lsn,
    last: Option<Lsn>,
    parts: HashMap<PartsNumber, Vec<LogPosition>>,
}

impl Applying<'_, '_> {
    fn note(&mut self, text: String) {
        self.salvaged.notes.push(text);
    }

    fn segment(&mut self, number: u64, start: usize) -> Result<()> {
        let path = segment_path(number);
        let bytes = match read_segment(&self.source.vfs, number) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.note(format!(
                    "{path} cannot be read: {:#}",
                    anyhow::Error::from(error)
                ));
                return Ok(());
            }
        };
        match SegmentHeader::decode(&bytes, &path)? {
            Some(header) if header.database_id != self.source.database_id => {
                self.note(format!("{path} is another database's: it was not read"));
                return Ok(());
            }
            Some(header) if header.number != number => {
                self.note(format!(
                    "{path} is segment {} in another's place: it was not read",
                    header.number
                ));
                return Ok(());
            }
            Some(_) => {}
            None => self.note(format!("{path}: its header cannot be read")),
        }
        let place = Place::new(&self.source.database_id, number);
        let mut offset = start;
        loop {
            while let Some(group) = Group::read(&bytes, offset, place) {
                self.group(
                    &group,
                    LogPosition {
                        segment: number,
                        offset: offset as u64,
                    },
                )?;
                offset += group.length();
            }
            if bytes.iter().skip(offset).all(|&byte| byte == 0) {
                return Ok(());
            }
            match find_group(&bytes, offset, place, |_| true) {
                Some((next, _)) => {
                    self.note(format!("{path}: bytes {offset} to {next} cannot be read"));
                    offset = next;
                }
                None => {
                    self.note(format!(
                        "{path} cannot be read from byte {offset} on: the torn end of the last write, or damage"
                    ));
                    return Ok(());
                }
            }
        }
    }

    fn group(&mut self, group: &Group<'_>, at: LogPosition) -> Result<()> {
        if let Some(last) = self.last
            && group.first > last + 1
        {
            let (first, end) = (last + 1, group.first - 1);
            self.note(format!("commits {first} to {end} are lost"));
            self.salvaged.lost_commits += end - last;
        }
        for frame in group.frames() {
            match frame {
                Ok(frame) => self.frame(frame, at)?,
                Err(reason) => self.note(format!("a group of the log: {reason}")),
            }
        }
        self.last = Some(self.last.map_or(group.last, |last| last.max(group.last)));
        Ok(())
    }

    fn frame(&mut self, frame: Frame<'_>, at: LogPosition) -> Result<()> {
        match frame {
            Frame::Part {
                number, is_first, ..
            } => {
                let parts = self.parts.entry(number).or_default();
                if is_first {
                    parts.clear();
                }
                parts.push(at);
                Ok(())
            }
            Frame::Commit { lsn, operations } if lsn > self.checkpoint => {
                self.operations(operations)
            }
            Frame::End {
                lsn,
                number,
                operations,
            } if lsn > self.checkpoint => {
                for part in self.parts.remove(&number).unwrap_or_default() {
                    self.part(part)?;
                }
                self.operations(operations)
            }
            Frame::Commit { .. } | Frame::End { .. } | Frame::Time(_) => Ok(()),
        }
    }

    /// A part of a large commit whose end was read.
    fn part(&mut self, at: LogPosition) -> Result<()> {
        let (vfs, database_id) = (self.source.vfs.clone(), self.source.database_id);
        let mut applied = Ok(());
        let read = with_part(&vfs, &database_id, at, |operations| {
            applied = self.operations(operations);
            Ok(())
        });
        if let Err(error) = read {
            self.note(format!("a part of a commit is lost: {}", error.message()));
        }
        applied
    }

    fn operations(&mut self, operations: &[u8]) -> Result<()> {
        for operation in Operations(operations) {
            match operation {
                Ok(operation) => self.operation(&operation)?,
                Err(reason) => {
                    self.note(format!("a commit of the log: {reason}"));
                    break;
                }
            }
        }
        Ok(())
    }

    fn operation(&mut self, operation: &Operation<'_>) -> Result<()> {
        let target = &mut *self.target;
        match *operation {
            Operation::Put { tree, key, value } => {
                if !target.has(tree) {
                    target.create_as(tree, &format!("recovered_{tree}"), "", &[], false)?;
                }
                self.rescuer.step(value.len())?;
                target.put(tree, key, value, Put::Newest)
            }
            Operation::Patch {
                tree,
                key,
                checksum,
                steps,
            } if target.has(tree) => {
                self.rescuer.step(steps.len())?;
                target.patch(tree, key, checksum, steps)
            }
            Operation::CreateCollection {
                tree,
                name,
                file,
                options,
                ..
            } => {
                match target.is_known(tree) {
                    Some(true) => return Ok(()),
                    // Ordinary documents have the keys that they have anyway.
                    Some(false) if options.is_empty() => {
                        return target.rename_collection(tree, name);
                    }
                    // The log has all of it, and knows more than the file does.
                    Some(false) => target.drop_collection(tree)?,
                    None => {}
                }
                target.create_as(tree, name, file, options, true)
            }
            Operation::CreateIndex {
                tree,
                collection,
                unique,
                name,
                spec,
                ..
            } => {
                target.plan_index(collection, tree, name, unique, spec);
                Ok(())
            }
            Operation::DropIndex { tree } => {
                target.drop_index(tree);
                Ok(())
            }
            Operation::Delete { tree, key } if target.has(tree) => target.delete(tree, key),
            Operation::DropCollection { tree } if target.has(tree) => target.drop_collection(tree),
            Operation::RenameCollection { tree, name } if target.has(tree) => {
                target.rename_collection(tree, name)
            }
            Operation::SetOptions { tree, options } if target.has(tree) => {
                target.set_options(tree, options)
            }
            // Of a tree of which there is nothing else.
            Operation::Patch { .. }
            | Operation::Delete { .. }
            | Operation::DropCollection { .. }
            | Operation::RenameCollection { .. }
            | Operation::SetOptions { .. } => Ok(()),
        }
    }
}
