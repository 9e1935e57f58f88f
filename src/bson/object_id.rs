//! ObjectId: twelve bytes that are unique without asking anyone, and sort by time of creation.
//!
//! Four bytes of seconds, five random bytes chosen once a process, three of a counter that starts
//! at random; all big-endian, so that byte order is creation order within a process.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The usual `_id`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub [u8; 12]);

struct Process {
    random: [u8; 5],
    counter: AtomicU32,
}

static PROCESS: LazyLock<Process> = LazyLock::new(|| {
    // The operating system seeds `RandomState`; hashing the process id and the time in guards
    // against two processes that were handed equal seeds (cloned virtual machines).
    let salt = (
        std::process::id(),
        SystemTime::now().duration_since(UNIX_EPOCH).ok(),
    );
    let [a, b, c, d, e, ..] = RandomState::new().hash_one(salt).to_be_bytes();
    let counter = RandomState::new().hash_one(salt) as u32;
    Process {
        random: [a, b, c, d, e],
        counter: AtomicU32::new(counter),
    }
});

impl ObjectId {
    /// A new id that no other call, here or elsewhere, returns.
    #[allow(clippy::new_without_default)]
    pub fn new() -> ObjectId {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let [t0, t1, t2, t3] = (since_epoch.as_secs() as u32).to_be_bytes();
        let [r0, r1, r2, r3, r4] = PROCESS.random;
        let [_, c0, c1, c2] = PROCESS
            .counter
            .fetch_add(1, Ordering::Relaxed)
            .to_be_bytes();
        ObjectId([t0, t1, t2, t3, r0, r1, r2, r3, r4, c0, c1, c2])
    }

    /// The id written as 24 hexadecimal digits of either case; none for any other text.
    pub fn from_hex(hex: impl AsRef<[u8]>) -> Option<ObjectId> {
        let digits: &[u8; 24] = hex.as_ref().try_into().ok()?;
        let mut bytes = [0; 12];
        let mut invalid = 0;
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let (high, low) = (hex_digit(pair[0]), hex_digit(pair[1]));
            invalid |= high | low;
            *byte = high << 4 | low;
        }
        (invalid < 16).then_some(ObjectId(bytes))
    }

    /// The 24 lower-case hexadecimal digits.
    pub fn to_hex(self) -> [u8; 24] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 24];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        hex
    }

    /// When the id was made, in seconds since 1970.
    pub fn timestamp(self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_be_bytes([a, b, c, d])
    }
}

/// The digit's value, or 0xff.
const fn hex_digit(digit: u8) -> u8 {
    const TABLE: [u8; 256] = {
        let mut table = [0xff; 256];
        let mut i = 0;
        while i < 10 {
            table[b'0' as usize + i] = i as u8;
            i += 1;
        }
        let mut i = 0;
        while i < 6 {
            table[b'a' as usize + i] = 10 + i as u8;
            table[b'A' as usize + i] = 10 + i as u8;
            i += 1;
        }
        table
    };
    TABLE[digit as usize]
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.to_hex();
        f.write_str(std::str::from_utf8(&hex).unwrap_or_default())
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_reads_back_and_refuses_the_rest() {
        let id = ObjectId::new();
        assert_eq!(ObjectId::from_hex(id.to_hex()), Some(id));
        assert_eq!(
            ObjectId::from_hex("00000000000000000000000F"),
            Some(ObjectId([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15]))
        );
        for wrong in [
            "",
            "0",
            "00000000000000000000000g",
            "0000000000000000000000000",
        ] {
            assert_eq!(ObjectId::from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_are_unique_and_share_the_process_part() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| ObjectId::new()).collect();
        assert_eq!(ids.len(), 1000);
        let process: std::collections::HashSet<_> = ids.iter().map(|id| &id.0[4..9]).collect();
        assert_eq!(process.len(), 1);
    }
}
