//! What is compared. Each file sets its system up as a skilled user would, and says how.

pub mod counting;
pub mod disk;
pub mod ironbase;
pub mod lmdb;
pub mod sqlite;
