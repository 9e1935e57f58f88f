//! Figures as MongoDB's `collStats` and `dbStats` give them
//! ([collStats](https://www.mongodb.com/docs/manual/reference/command/collStats/),
//! [dbStats](https://www.mongodb.com/docs/manual/reference/command/dbStats/)).
//!
//! Sizes of data are those of what is in the trees, keys included; sizes of storage are those of the files, with what is free in
//! them. All are cut to multiples of a scale. The index on `_id` of a clustered collection is the collection itself: it has no
//! size of its own.

use super::collection::Collection;
use super::errors::from_storage;
use super::{Database, capped, listing};
use crate::bson::{Document, doc};
use crate::error::Result;
use crate::index::ID_INDEX;
use crate::storage::catalog;
use crate::storage::pager::file::PageFile;
use crate::storage::snapshot::Version;

/// Bytes of documents and of files.
#[derive(Default)]
struct Sizes {
    count: u64,
    data: u64,
    storage: u64,
    free_storage: u64,
    /// By the indexes' names.
    indexes: Vec<(String, u64)>,
    free_indexes: u64,
}

impl Sizes {
    fn of(version: &Version, collection: &catalog::Collection) -> Result<Sizes> {
        let tree = version.tree(collection.id);
        let (storage, free_storage) = bytes_of_file(&collection.file)?;
        let mut sizes = Sizes {
            count: tree.entries,
            data: tree.bytes,
            storage,
            free_storage,
            ..Sizes::default()
        };
        if collection.index(ID_INDEX).is_none() {
            sizes.indexes.push((ID_INDEX.to_string(), 0));
        }
        for index in &collection.indexes {
            let (bytes, free) = bytes_of_file(&index.file)?;
            sizes.indexes.push((index.name.clone(), bytes));
            sizes.free_indexes += free;
        }
        Ok(sizes)
    }

    fn index_bytes(&self) -> u64 {
        self.indexes.iter().map(|(_, bytes)| bytes).sum()
    }

    fn average(&self) -> u64 {
        self.data.checked_div(self.count).unwrap_or(0)
    }
}

/// The bytes of a file, and those of them that are free.
fn bytes_of_file(file: &PageFile) -> Result<(u64, u64)> {
    let (pages, free) = file.usage().map_err(from_storage)?;
    let bytes = |pages: u32| u64::from(pages) * file.page_size as u64;
    Ok((bytes(pages), bytes(free)))
}

impl Collection {
    /// Figures on the collection, sizes in multiples of `scale` bytes; all zero if there is none.
    pub fn stats(&self, scale: u64) -> Result<Document> {
        let engine = self.database.enter()?;
        engine.refuse_in_transaction("collStats")?;
        let version = engine.snapshot();
        let found = version.catalog.get(&self.name);
        if found.is_none() && self.database.options.strict_collections {
            return Err(listing::no_collection(&version.catalog, &self.name));
        }
        let sizes = match found {
            Some(collection) => Sizes::of(&version, collection)?,
            None => Sizes::default(),
        };
        let scaled = |bytes: u64| (bytes / scale) as i64;
        let mut stats = doc! {
            "size": (scaled(sizes.data)), "count": (sizes.count as i64), "numOrphanDocs": 0,
        };
        if sizes.count > 0 {
            stats.insert("avgObjSize", sizes.average() as i64);
        }
        stats.insert("storageSize", scaled(sizes.storage));
        stats.insert("freeStorageSize", scaled(sizes.free_storage));
        let limits = found.map_or(Ok(None), |found| capped::limits(found))?;
        stats.insert("capped", limits.is_some());
        if let Some(limits) = limits {
            stats.insert("max", limits.max.unwrap_or(0) as i64);
            stats.insert("maxSize", scaled(limits.size));
        }
        let mut index_sizes = doc! {};
        for (name, bytes) in &sizes.indexes {
            index_sizes.insert(name.as_str(), scaled(*bytes));
        }
        stats.insert("nindexes", sizes.indexes.len() as i32);
        stats.insert("indexBuilds", Vec::new());
        stats.insert("totalIndexSize", scaled(sizes.index_bytes()));
        stats.insert("totalSize", scaled(sizes.storage + sizes.index_bytes()));
        stats.insert("indexSizes", index_sizes);
        stats.insert("scaleFactor", scale as i64);
        Ok(stats)
    }
}

impl Database {
    /// Figures on the database, sizes in multiples of `scale` bytes; with `free` also what is free in its files.
    pub fn scaled_stats(&self, scale: u64, free: bool) -> Result<Document> {
        let engine = self.0.enter()?;
        let version = engine.snapshot();
        let (mut all, mut collections, mut indexes, mut index_bytes) =
            (Sizes::default(), 0i64, 0, 0);
        for collection in version.catalog.collections() {
            let own = Sizes::of(&version, collection)?;
            collections += 1;
            indexes += own.indexes.len() as i64;
            index_bytes += own.index_bytes();
            all.count += own.count;
            all.data += own.data;
            all.storage += own.storage;
            all.free_storage += own.free_storage;
            all.free_indexes += own.free_indexes;
        }
        let scaled = |bytes: u64| (bytes / scale) as f64;
        let mut stats = doc! {
            "collections": collections,
            "views": 0i64,
            "objects": (all.count as i64),
            "avgObjSize": (all.average() as f64),
            "dataSize": (scaled(all.data)),
            "storageSize": (scaled(all.storage)),
        };
        if free {
            stats.insert("freeStorageSize", scaled(all.free_storage));
        }
        stats.insert("indexes", indexes);
        stats.insert("indexSize", scaled(index_bytes));
        if free {
            stats.insert("indexFreeStorageSize", scaled(all.free_indexes));
        }
        stats.insert("totalSize", scaled(all.storage + index_bytes));
        if free {
            let free = all.free_storage + all.free_indexes;
            stats.insert("totalFreeStorageSize", scaled(free));
        }
        stats.insert("scaleFactor", scale as i64);
        Ok(stats)
    }
}
