//! The library's files, and stand-ins for those that they use.

#[path = "../../../../src/storage/error.rs"]
pub mod error;
#[path = "../../../../src/storage/page.rs"]
pub mod page;
#[path = "../../../../src/storage/snapshot.rs"]
pub mod snapshot;

pub mod engine;
pub mod pager;
pub mod sync;
pub mod wal;

pub use error::{Error, ErrorKind, Result};

/// A tree that is one page.
pub mod btree {
    use super::page::Lsn;

    #[derive(Clone, Copy, Default)]
    pub struct Tree {
        pub number: u32,
        pub born: Lsn,
    }

    pub mod edit {
        use crate::storage::page::{Lsn, TreeId};

        #[derive(Clone, Copy, Debug)]
        pub struct Death {
            pub tree: TreeId,
            pub number: u32,
            pub pages: u32,
            pub born: Lsn,
        }
    }
}

/// The roots of one tree.
pub mod roots {
    use super::btree::Tree;
    use super::page::TreeId;

    #[derive(Clone, Default)]
    pub struct Roots(pub Tree);

    impl Roots {
        pub fn get(&self, _: TreeId) -> Tree {
            self.0
        }
    }
}

/// Nothing is catalogued.
pub mod catalog {
    #[derive(Clone, Default)]
    pub struct Catalog;
}

/// No more of the superblock than the commit group knows.
pub mod superblock {
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    pub struct LogPosition {
        pub segment: u64,
        pub offset: u64,
    }
}
