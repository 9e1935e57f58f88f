//! Reading a page straight from its file, trusting nothing: neither what was found out about the page before, nor that it is
//! there. For those who look for damage; everyone else reads through `PageFile`.

use std::result::Result;

use crate::storage::btree::node::Node;
use crate::storage::page::{self, HEADER, Kind, TreeId};
use crate::storage::vfs::VfsFile;

/// Bytes of an extent's content at most: twice the largest document. What claims more is no extent, and would only cost memory.
const MAX_EXTENT: usize = 32 << 20;

/// Reads a page, or a whole extent, into `out`. `Err`: what is wrong with it.
pub fn read_page(
    file: &dyn VfsFile,
    page_size: usize,
    tree: TreeId,
    number: u32,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let offset = u64::from(number) * page_size as u64;
    let read = |bytes: &mut [u8], offset| {
        file.read_at(bytes, offset)
            .map_err(|error| format!("it cannot be read: {error}"))
    };
    out.clear();
    out.resize(page_size, 0);
    read(out, offset)?;
    if page::kind(out) == Some(Kind::Extent) {
        let length = page::get_u32(out, 24) as usize;
        if length > MAX_EXTENT {
            return Err(format!("an extent of {length} bytes"));
        }
        out.resize((HEADER + length).next_multiple_of(page_size), 0);
        if out.len() > page_size {
            read(&mut out[page_size..], offset + page_size as u64)?;
        }
    }
    check_page(out, number, tree)
}

/// Checks all that a page read from disk says of itself.
pub fn check_page(page: &[u8], number: u32, tree: TreeId) -> Result<(), String> {
    if let Some(reason) = page::damage(page, number, tree) {
        return Err(reason);
    }
    match page::kind(page) {
        Some(Kind::Leaf | Kind::Branch) => Node::new(page).check(),
        _ => Ok(()),
    }
}
