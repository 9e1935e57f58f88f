//! What all pages have in common: the 32-byte header, its checksum, and pointers to pages.
//!
//! Invariant: a page is sealed (checksum set) only in the copy that goes to disk; a page not yet written
//! carries no valid checksum and is not verified.

/// Bytes of the header that every page starts with.
pub const HEADER: usize = 32;

/// Smallest and largest page size.
pub const PAGE_SIZES: std::ops::RangeInclusive<u32> = 4096..=32768;

/// A tree's id, which is also its file's.
pub type TreeId = u32;

/// The number of a commit.
pub type Lsn = u64;

/// What a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Leaf = 1,
    Branch = 2,
    Extent = 3,
    FreeMap = 4,
    FileHeader = 5,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Kind> {
        Some(match byte {
            1 => Kind::Leaf,
            2 => Kind::Branch,
            3 => Kind::Extent,
            4 => Kind::FreeMap,
            5 => Kind::FileHeader,
            _ => return None,
        })
    }
}

/// A page's number, with the low bits of its birth so that a stale page is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct PagePtr {
    pub number: u32,
    pub birth: u16,
}

impl PagePtr {
    /// Points to nothing.
    pub const NULL: PagePtr = PagePtr {
        number: 0,
        birth: 0,
    };
    /// Bytes of a pointer on disk.
    pub const SIZE: usize = 6;

    /// The pointer to a page born at `birth`.
    pub fn new(number: u32, birth: Lsn) -> PagePtr {
        PagePtr {
            number,
            birth: birth as u16,
        }
    }

    /// Whether it points to nothing.
    pub fn is_null(self) -> bool {
        self.number == 0
    }

    /// Reads a pointer from the first bytes of `bytes`.
    pub fn read(bytes: &[u8]) -> PagePtr {
        PagePtr {
            number: get_u32(bytes, 0),
            birth: get_u16(bytes, 4),
        }
    }

    /// The pointer as it stands on disk.
    pub fn to_bytes(self) -> [u8; PagePtr::SIZE] {
        let mut bytes = [0; PagePtr::SIZE];
        put_u32(&mut bytes, 0, self.number);
        put_u16(&mut bytes, 4, self.birth);
        bytes
    }
}

#[inline]
pub fn get_u16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

#[inline]
pub fn get_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

#[inline]
pub fn get_u64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[inline]
pub fn put_u16(bytes: &mut [u8], at: usize, value: u16) {
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

#[inline]
pub fn put_u32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

#[inline]
pub fn put_u64(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

/// The page's kind, if it is one.
#[inline]
pub fn kind(page: &[u8]) -> Option<Kind> {
    Kind::from_byte(page[12])
}

/// Zero for leaves and bitmaps, one more for each level above.
#[inline]
pub fn level(page: &[u8]) -> u8 {
    page[13]
}

/// Slots or entries.
#[inline]
pub fn count(page: &[u8]) -> usize {
    get_u16(page, 14) as usize
}

#[inline]
pub fn set_count(page: &mut [u8], count: usize) {
    put_u16(page, 14, count as u16);
}

/// The commit that made the page, or a private birth.
#[inline]
pub fn birth(page: &[u8]) -> Lsn {
    get_u64(page, 16)
}

/// Set in the births of pages made by transactions that ran beside others. Such a transaction does not know the number of its
/// commit, so its pages carry that of the version it began with, and its own number among those open at the time.
const PRIVATE: u64 = 1 << 63;
const PRIVATE_LSN_BITS: u32 = 48;

/// The birth of the pages of open transaction `number`, which began with version `base`.
pub fn private_birth(number: u16, base: Lsn) -> Lsn {
    debug_assert!(number >> 15 == 0 && base >> PRIVATE_LSN_BITS == 0);
    PRIVATE | u64::from(number) << PRIVATE_LSN_BITS | base
}

#[inline]
pub fn is_private(birth: Lsn) -> bool {
    birth & PRIVATE != 0
}

/// The first version that may have the page.
#[inline]
pub fn first_version(birth: Lsn) -> Lsn {
    if is_private(birth) {
        birth & ((1 << PRIVATE_LSN_BITS) - 1)
    } else {
        birth
    }
}

/// Writes everything of the header but the checksum; clears the kind's own part.
pub fn init(page: &mut [u8], kind: Kind, level: u8, number: u32, tree: TreeId, birth: Lsn) {
    page[..HEADER].fill(0);
    put_u32(page, 4, number);
    put_u32(page, 8, tree);
    page[12] = kind as u8;
    page[13] = level;
    put_u64(page, 16, birth);
}

/// Gives a copied page its new number and birth.
pub fn adopt(page: &mut [u8], number: u32, birth: Lsn) {
    put_u32(page, 4, number);
    put_u64(page, 16, birth);
}

/// The bytes that the checksum covers: the whole page, or an extent's header and content.
fn covered(page: &[u8]) -> usize {
    match kind(page) {
        Some(Kind::Extent) => (HEADER + get_u32(page, 24) as usize).min(page.len()),
        _ => page.len(),
    }
}

/// Sets the checksum of a page (or extent) about to be written.
pub fn seal(page: &mut [u8]) {
    let end = covered(page);
    let sum = crc32c::crc32c(&page[4..end]);
    put_u32(page, 0, sum);
}

/// Says what is wrong with a page read from disk; `None`: nothing that its header could tell.
pub fn damage(page: &[u8], number: u32, tree: TreeId) -> Option<String> {
    if page.iter().take(HEADER).all(|&byte| byte == 0) {
        return Some("it was never written (all zeros)".into());
    }
    let sum = crc32c::crc32c(&page[4..covered(page)]);
    if sum != get_u32(page, 0) {
        let stored = get_u32(page, 0);
        return Some(format!("checksum {stored:08x} stored, {sum:08x} computed"));
    }
    if get_u32(page, 4) != number {
        return Some(format!(
            "it is page {} of the file, misplaced",
            get_u32(page, 4)
        ));
    }
    if get_u32(page, 8) != tree {
        return Some(format!(
            "it belongs to tree {}, not {tree}",
            get_u32(page, 8)
        ));
    }
    if kind(page).is_none() {
        return Some(format!("unknown kind {}", page[12]));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_byte_is_noticed() {
        let mut page = vec![7u8; 4096];
        init(&mut page, Kind::Leaf, 0, 9, 3, 77);
        seal(&mut page);
        assert_eq!(damage(&page, 9, 3), None);
        for at in 0..page.len() {
            page[at] ^= 0x40;
            assert!(damage(&page, 9, 3).is_some(), "flip at {at}");
            page[at] ^= 0x40;
        }
        assert!(
            damage(&page, 8, 3)
                .expect("misplaced")
                .contains("misplaced")
        );
        assert!(damage(&page, 9, 4).expect("foreign").contains("tree 3"));
    }
}
