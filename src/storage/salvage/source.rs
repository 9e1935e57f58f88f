//! What there is of a damaged database: which of its files belong together, and what its catalog still says.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::storage::catalog::{CATALOG_TREE, Entry, FIRST_TREE, METADATA_FILE};
use crate::storage::engine::page_files;
use crate::storage::error::{Error, ErrorKind, Result};
use crate::storage::page::{self, Kind, Lsn, PAGE_SIZES, TreeId};
use crate::storage::pager::raw;
use crate::storage::pager::space::Bitmap;
use crate::storage::superblock::{FILE_MAGIC, RESERVED, SLOT_OFFSETS, SLOT_SIZE, Superblock};
use crate::storage::verify::tree::{Pages, Range, Visitor, walk};
use crate::storage::vfs::{Vfs, VfsFile};
use crate::storage::wal::reader::{read_segment, segments};
use crate::storage::wal::writer::SegmentHeader;

/// Pages at the start of a file that are tried to find out what it is.
const TRIED: u32 = 64;

/// A page file, read as it is on disk.
pub struct RawFile {
    file: Arc<dyn VfsFile>,
    page_size: usize,
    tree: TreeId,
    /// Pages, the last perhaps not whole.
    pub pages: u32,
}

impl RawFile {
    fn open(vfs: &Arc<dyn Vfs>, name: &str, page_size: usize, tree: TreeId) -> Result<RawFile> {
        let failed = |e| Error::io(format!("cannot read {}", vfs.display(name)), e);
        let file = vfs.open(name, false).map_err(failed)?;
        let length = file.length().map_err(failed)?;
        Ok(RawFile {
            file,
            page_size,
            tree,
            pages: length.div_ceil(page_size as u64).min(u32::MAX.into()) as u32,
        })
    }
}

impl Pages for RawFile {
    fn page_size(&self) -> usize {
        self.page_size
    }

    fn read(&self, number: u32, out: &mut Vec<u8>) -> std::result::Result<(), String> {
        raw::read_page(&*self.file, self.page_size, self.tree, number, out)
    }
}

/// A collection that was found.
pub struct Found {
    pub id: TreeId,
    pub name: String,
    pub file: String,
    pub page_size: usize,
    /// What the catalog says of it; none: nothing is known but its file.
    pub entry: Option<Entry>,
    /// Whether the entry is that of the last checkpoint, so that its root and its free map can be followed.
    pub is_current: bool,
}

pub struct Source {
    pub vfs: Arc<dyn Vfs>,
    pub database_id: [u8; 16],
    /// The last checkpoint, if a slot can be read and is this database's.
    pub superblock: Option<Superblock>,
    pub is_catalog_whole: bool,
    pub collections: BTreeMap<TreeId, Found>,
    pub indexes: Vec<Entry>,
    pub notes: Vec<String>,
    /// The files of this database: name, and tree and page size if its header can be read.
    files: Vec<(String, Option<(TreeId, usize)>)>,
}

impl Source {
    pub fn open(vfs: Arc<dyn Vfs>) -> Result<Source> {
        let mut notes = Vec::new();
        let superblock = read_superblock(&vfs, &mut notes)?;
        let headers = read_headers(&vfs)?;
        let database_id = choose_id(&vfs, superblock.as_ref(), &headers)?;
        let superblock = superblock.filter(|superblock| {
            let is_own = superblock.database_id == database_id;
            if !is_own {
                notes.push(format!(
                    "{METADATA_FILE} is another database's: it was not read"
                ));
            }
            is_own
        });
        let mut files = Vec::new();
        for (name, header) in headers {
            match header {
                Some(header) if header.database_id != database_id => {
                    notes.push(format!("{name} is another database's: it was not read"));
                }
                Some(header) => files.push((name, Some((header.tree, header.page_size)))),
                None => {
                    notes.push(format!("{name}: its header cannot be read"));
                    files.push((name, None));
                }
            }
        }
        let mut source = Source {
            vfs,
            database_id,
            superblock,
            is_catalog_whole: false,
            collections: BTreeMap::new(),
            indexes: Vec::new(),
            notes,
            files,
        };
        source.read_catalog()?;
        Ok(source)
    }

    /// Documents that the last checkpoint counted.
    pub fn expected_documents(&self) -> u64 {
        let current = self.collections.values().filter(|found| found.is_current);
        current
            .filter_map(|found| found.entry.as_ref())
            .map(|entry| entry.tree.entries)
            .sum()
    }

    /// The newest commit that a page may be of; no limit if there is no checkpoint.
    pub fn newest(&self) -> Lsn {
        self.superblock
            .as_ref()
            .map_or(Lsn::MAX, |superblock| superblock.checkpoint_lsn)
    }

    pub fn open_file(&self, found: &Found) -> Result<Option<RawFile>> {
        if !self.files.iter().any(|(name, _)| *name == found.file) {
            return Ok(None);
        }
        RawFile::open(&self.vfs, &found.file, found.page_size, found.id).map(Some)
    }

    fn read_catalog(&mut self) -> Result<()> {
        let mut entries = BTreeMap::new();
        let exists = self.vfs.exists(METADATA_FILE).unwrap_or(false);
        if let Some(superblock) = self.superblock.clone() {
            let file = RawFile::open(
                &self.vfs,
                METADATA_FILE,
                superblock.page_size as usize,
                CATALOG_TREE,
            )?;
            let mut visitor = CatalogEntries {
                entries: &mut entries,
                notes: &mut self.notes,
            };
            let mut reached = Bitmap::default();
            let limits = (superblock.checkpoint_lsn, file.pages);
            let walked = walk(
                &file,
                &superblock.catalog,
                limits,
                &mut reached,
                &mut visitor,
            )?;
            self.is_catalog_whole = !walked.is_damaged;
        } else if exists {
            self.notes.push("the superblock cannot be read".into());
        } else {
            self.notes.push(format!("{METADATA_FILE} is missing"));
        }
        let current: Vec<TreeId> = entries.keys().copied().collect();
        if !self.is_catalog_whole && exists {
            self.scan_catalog(&mut entries)?;
        }
        for (id, entry) in entries {
            let is_current = current.contains(&id);
            let is_there = self.files.iter().any(|(name, _)| *name == entry.file);
            // Of a collection that is not of the last checkpoint nothing is left without its file.
            if !is_current && !is_there && entry.owner == 0 {
                continue;
            }
            self.add(entry, is_current, is_there);
        }
        Ok(())
    }

    fn add(&mut self, entry: Entry, is_current: bool, is_there: bool) {
        if entry.owner != 0 {
            self.indexes.push(entry);
            return;
        }
        if !is_there && !entry.tree.root.is_null() {
            let (name, file) = (&entry.name, &entry.file);
            self.notes
                .push(format!("{file} of collection {name:?} is missing"));
        }
        let found = Found {
            id: entry.id,
            name: entry.name.clone(),
            file: entry.file.clone(),
            page_size: entry.page_size as usize,
            is_current,
            entry: Some(entry),
        };
        self.collections.insert(found.id, found);
    }

    /// Looks through all pages of the catalog's file for entries that the walk did not find.
    fn scan_catalog(&self, entries: &mut BTreeMap<TreeId, Entry>) -> Result<()> {
        let sizes: Vec<usize> = match &self.superblock {
            Some(superblock) => vec![superblock.page_size as usize],
            None => page_sizes().collect(),
        };
        let mut newest: HashMap<TreeId, (Lsn, Entry)> = HashMap::new();
        for page_size in sizes {
            let file = RawFile::open(&self.vfs, METADATA_FILE, page_size, CATALOG_TREE)?;
            let mut bytes = Vec::new();
            for number in (RESERVED / page_size) as u32..file.pages {
                if file.read(number, &mut bytes).is_err() || page::kind(&bytes) != Some(Kind::Leaf)
                {
                    continue;
                }
                let birth = page::birth(&bytes);
                visit_leaf(&file, &bytes, Lsn::MAX, &mut |key, value| {
                    if let Some(entry) = value.and_then(|value| Entry::decode(key, value))
                        && newest
                            .get(&entry.id)
                            .is_none_or(|(other, _)| *other < birth)
                    {
                        newest.insert(entry.id, (birth, entry));
                    }
                    Ok(())
                })?;
            }
        }
        for (id, (_, entry)) in newest {
            entries.entry(id).or_insert(entry);
        }
        Ok(())
    }

    /// Collections' files that the catalog does not name.
    pub fn orphans(&self) -> Result<Vec<Found>> {
        let mut orphans = Vec::new();
        for (name, header) in &self.files {
            let is_named = self.collections.values().any(|found| found.file == *name);
            if is_named || !name.ends_with(".mlite") {
                continue;
            }
            let header = match header {
                Some(header) => Some(*header),
                None => guess_header(&self.vfs, name)?,
            };
            let Some((id, page_size)) = header.filter(|(id, _)| *id >= FIRST_TREE) else {
                continue;
            };
            orphans.push(Found {
                id,
                name: name.trim_end_matches(".mlite").to_string(),
                file: name.clone(),
                page_size,
                entry: None,
                is_current: false,
            });
        }
        Ok(orphans)
    }
}

/// Entries of the catalog as the walk finds them.
struct CatalogEntries<'a> {
    entries: &'a mut BTreeMap<TreeId, Entry>,
    notes: &'a mut Vec<String>,
}

impl Visitor for CatalogEntries<'_> {
    fn entry(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        match Entry::decode(key, value) {
            Some(entry) => {
                self.entries.insert(entry.id, entry);
            }
            None => self
                .notes
                .push(format!("the catalog's entry {key:02x?} cannot be read")),
        }
        Ok(())
    }

    fn damage(&mut self, page: u32, reason: String, _: Range<'_>) -> Result<()> {
        self.notes
            .push(format!("page {page} of the catalog is damaged: {reason}"));
        Ok(())
    }
}

/// Is given a key and its value; none: it is in an extent that cannot be read.
pub type VisitEntry<'v> = dyn FnMut(&[u8], Option<&[u8]>) -> Result<()> + 'v;

/// Goes over the entries of a leaf that was read; a value in an extent that cannot be read is none.
pub fn visit_leaf(
    pages: &dyn Pages,
    leaf: &[u8],
    newest: Lsn,
    visit: &mut VisitEntry<'_>,
) -> Result<()> {
    use crate::storage::btree::node::{Node, Stored};
    use crate::storage::verify::tree::read_extent;
    let node = Node::new(leaf);
    let (mut key, mut extent) = (Vec::new(), Vec::new());
    for index in 0..node.count() {
        node.key_into(index, &mut key);
        match node.value(index) {
            Stored::Inline(value) => visit(&key, Some(value))?,
            Stored::Extent { at, length } => {
                let read = read_extent(pages, at, length, newest, &mut extent);
                let value = read
                    .ok()
                    .map(|()| &extent[page::HEADER..page::HEADER + length as usize]);
                visit(&key, value)?;
            }
        }
    }
    Ok(())
}

fn read_superblock(vfs: &Arc<dyn Vfs>, notes: &mut Vec<String>) -> Result<Option<Superblock>> {
    let Ok(file) = vfs.open(METADATA_FILE, false) else {
        return Ok(None);
    };
    let length = file.length().unwrap_or(0).min(RESERVED as u64);
    let mut bytes = vec![0; length as usize];
    if let Err(error) = file.read_at(&mut bytes, 0) {
        notes.push(format!("{METADATA_FILE} cannot be read: {error}"));
        return Ok(None);
    }
    // Each slot alone: what looks like a newer format in one may be damage.
    let (mut newest, mut newer_format) = (None::<Superblock>, None);
    for other in SLOT_OFFSETS {
        let mut alone = bytes.clone();
        let end = alone.len().min(other as usize + SLOT_SIZE);
        if let Some(slot) = alone.get_mut(other as usize..end) {
            slot.fill(0);
        }
        match Superblock::choose(&alone, METADATA_FILE) {
            Ok(found)
                if newest
                    .as_ref()
                    .is_none_or(|newest| newest.generation < found.generation) =>
            {
                newest = Some(found);
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => newer_format = Some(error),
            _ => {}
        }
    }
    match (newest, newer_format) {
        (None, Some(error)) => Err(error),
        (newest, _) => Ok(newest),
    }
}

/// What the header of a page file says.
struct Header {
    tree: TreeId,
    database_id: [u8; 16],
    page_size: usize,
}

fn page_sizes() -> impl Iterator<Item = usize> {
    let (low, high) = (*PAGE_SIZES.start() as usize, *PAGE_SIZES.end() as usize);
    std::iter::successors(Some(low), |size| Some(size * 2)).take_while(move |&size| size <= high)
}

fn read_headers(vfs: &Arc<dyn Vfs>) -> Result<Vec<(String, Option<Header>)>> {
    let mut names = page_files(vfs)?;
    names.sort_unstable();
    Ok(names
        .into_iter()
        .map(|name| {
            let header = read_header(vfs, &name);
            (name, header)
        })
        .collect())
}

fn read_header(vfs: &Arc<dyn Vfs>, name: &str) -> Option<Header> {
    let file = vfs.open(name, false).ok()?;
    page_sizes().find_map(|page_size| {
        let mut bytes = vec![0; page_size];
        file.read_at(&mut bytes, 0).ok()?;
        let tree = page::get_u32(&bytes, 8);
        let is_header = page::damage(&bytes, 0, tree).is_none()
            && page::kind(&bytes) == Some(Kind::FileHeader)
            && bytes[24..32] == *FILE_MAGIC
            && page::get_u32(&bytes, 48) as usize == page_size;
        is_header.then(|| Header {
            tree,
            database_id: bytes[32..48].try_into().expect("16 bytes"),
            page_size,
        })
    })
}

/// A file whose header is gone, by the first of its pages that can be read.
fn guess_header(vfs: &Arc<dyn Vfs>, name: &str) -> Result<Option<(TreeId, usize)>> {
    for page_size in page_sizes() {
        let mut file = RawFile::open(vfs, name, page_size, 0)?;
        let mut header = [0; page::HEADER];
        let mut bytes = Vec::new();
        for number in 1..file.pages.min(TRIED) {
            let offset = u64::from(number) * page_size as u64;
            if file.file.read_at(&mut header, offset).is_err() {
                break;
            }
            file.tree = page::get_u32(&header, 8);
            if file.read(number, &mut bytes).is_ok() {
                return Ok(Some((file.tree, page_size)));
            }
        }
    }
    Ok(None)
}

/// The id of the database that most of the files belong to, the superblock's if there is a doubt.
fn choose_id(
    vfs: &Arc<dyn Vfs>,
    superblock: Option<&Superblock>,
    headers: &[(String, Option<Header>)],
) -> Result<[u8; 16]> {
    let mut votes: HashMap<[u8; 16], usize> = HashMap::new();
    for header in headers.iter().filter_map(|(_, header)| header.as_ref()) {
        *votes.entry(header.database_id).or_default() += 2;
    }
    if let Some(superblock) = superblock {
        *votes.entry(superblock.database_id).or_default() += 1;
    }
    for number in segments(vfs, 0).unwrap_or_default() {
        let bytes = read_segment(vfs, number).unwrap_or_default();
        if let Ok(Some(header)) = SegmentHeader::decode(&bytes, "") {
            votes.entry(header.database_id).or_insert(0);
        }
    }
    let best = votes.into_iter().max_by_key(|(_, votes)| *votes);
    best.map(|(id, _)| id).ok_or_else(|| {
        let message = format!(
            "{} holds nothing of a database that could be read",
            vfs.display("")
        );
        Error::new(ErrorKind::NotFound, message)
    })
}
