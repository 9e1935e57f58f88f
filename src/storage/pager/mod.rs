//! Page files: pages in memory and on disk, their checksums, and which of them are free.

mod arena;
pub mod file;
pub mod free_map;
pub mod maps;
pub mod open_files;
pub mod raw;
pub mod space;
pub mod table;
pub mod thin;
