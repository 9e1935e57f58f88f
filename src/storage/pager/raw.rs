//! Reading a page straight from its file, trusting nothing: neither what was found out about the page before, nor that it is
//! there. For those who look for damage; everyone else reads through `PageFile`.

use std::result::Result;

use super::space::Bitmap;
use crate::storage::btree::node::Node;
use crate::storage::error::{self, Error};
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
    let length = whole_length(out, page_size)?;
    if length > page_size {
        out.resize(length, 0);
        read(&mut out[page_size..], offset + page_size as u64)?;
    }
    check_page(out, number, tree)
}

/// Bytes that `each_run` reads at a time, unless an extent is larger.
const BATCH: usize = 1 << 20;

/// Reads the pages of a set from `first` on, as many side by side as there are, and gives them to `visit` when they have been
/// checked. What cannot be read, or is damaged, ends it with the page named.
pub fn each_run(
    (file, shown): (&dyn VfsFile, &str),
    (tree, page_size): (TreeId, usize),
    wanted: &Bitmap,
    first: u32,
    visit: &mut dyn FnMut(u32, &[u8]) -> error::Result<()>,
) -> error::Result<()> {
    let end = wanted.end();
    let mut bytes = Vec::new();
    let mut number = first;
    while number < end {
        let run = (number..end).take(BATCH / page_size);
        let mut pages = run.take_while(|&number| wanted.get(number)).count();
        if pages == 0 {
            number += 1;
            continue;
        }
        read_pages(file, shown, page_size, number, pages, &mut bytes)?;
        let mut at = 0;
        while at < pages {
            let start = at * page_size;
            let page = number + at as u32;
            let damaged = |reason: String| Error::corrupt(shown, page, reason);
            let length = whole_length(&bytes[start..], page_size).map_err(damaged)?;
            if start + length > bytes.len() {
                if at > 0 {
                    // The next run begins with it.
                    break;
                }
                pages = length / page_size;
                read_pages(file, shown, page_size, number, pages, &mut bytes)?;
            }
            check_page(&bytes[start..start + length], page, tree).map_err(damaged)?;
            at += length / page_size;
        }
        visit(number, &bytes[..at * page_size])?;
        number += at as u32;
    }
    Ok(())
}

fn read_pages(
    file: &dyn VfsFile,
    shown: &str,
    page_size: usize,
    first: u32,
    pages: usize,
    out: &mut Vec<u8>,
) -> error::Result<()> {
    out.resize(pages * page_size, 0);
    let offset = |number: u32| u64::from(number) * page_size as u64;
    if file.read_at(out, offset(first)).is_ok() {
        return Ok(());
    }
    // One by one, to name the page.
    for (number, page) in (first..).zip(out.chunks_exact_mut(page_size)) {
        file.read_at(page, offset(number)).map_err(|e| {
            let what = format!("cannot read page {number} of {shown}");
            Error::io(what, e)
        })?;
    }
    Ok(())
}

/// The bytes of a page, or of a whole extent, rounded up to pages.
fn whole_length(page: &[u8], page_size: usize) -> Result<usize, String> {
    if page::kind(page) != Some(Kind::Extent) {
        return Ok(page_size);
    }
    let length = page::get_u32(page, 24) as usize;
    match length > MAX_EXTENT {
        true => Err(format!("an extent of {length} bytes")),
        false => Ok((HEADER + length).next_multiple_of(page_size)),
    }
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
