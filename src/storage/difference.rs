//! The difference between two byte strings that are much alike: what to keep of the old one and what to put in its place.
//!
//! Made for documents: a field that changes its length moves what follows and changes the lengths at the starts of the documents
//! around it. So the common end is found first; before it the two are compared place by place.
//!
//! Invariant: applied to the very bytes that it was made from, a difference gives the new ones exactly. What it gives for
//! others only a checksum can tell.

use super::varint;

/// Equal bytes that end a step: shorter stretches cost less as part of one than as the start of another.
const GAP: usize = 4;
/// Bytes compared at once.
const BLOCK: usize = 32;

/// Appends the steps that make `new` from `old`: each says how many bytes of `old` to keep, how many to leave out, and what stands in
/// their place. Behind the last step the rest of `old` is kept.
pub fn write(old: &[u8], new: &[u8], out: &mut Vec<u8>) {
    let end = common_end(old, new);
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    let both = old.len().min(new.len());
    let mut done = 0;
    let mut at = next_difference(old, new, 0, both);
    while at < both {
        let start = at;
        let mut stop = at + 1;
        at = next_difference(old, new, stop, both);
        while at < both && at - stop < GAP {
            stop = at + 1;
            at = next_difference(old, new, stop, both);
        }
        if at == both && old.len() != new.len() && both - stop < GAP {
            // The last step takes it along.
            step(out, start - done, &old[start..], &new[start..]);
            return;
        }
        step(out, start - done, &old[start..stop], &new[start..stop]);
        done = stop;
    }
    if old.len() != new.len() {
        step(out, both - done, &old[both..], &new[both..]);
    }
}

fn step(out: &mut Vec<u8>, keep: usize, old: &[u8], new: &[u8]) {
    varint::put(out, keep as u64);
    varint::put(out, old.len() as u64);
    varint::put(out, new.len() as u64);
    out.extend_from_slice(new);
}

/// The first place from `from` on where the two differ, or `end`.
fn next_difference(a: &[u8], b: &[u8], mut from: usize, end: usize) -> usize {
    while from + BLOCK <= end && a[from..from + BLOCK] == b[from..from + BLOCK] {
        from += BLOCK;
    }
    let same = a[from..end].iter().zip(&b[from..end]);
    from + same.take_while(|(x, y)| x == y).count()
}

fn common_end(a: &[u8], b: &[u8]) -> usize {
    let most = a.len().min(b.len());
    let mut end = 0;
    while end + BLOCK <= most
        && a[a.len() - end - BLOCK..a.len() - end] == b[b.len() - end - BLOCK..b.len() - end]
    {
        end += BLOCK;
    }
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let same = a.iter().rev().zip(b.iter().rev());
    end + same.take_while(|(x, y)| x == y).count()
}

/// Appends what the steps make of `old`. `None`: they were not made from it.
pub fn apply(old: &[u8], mut steps: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut old = old;
    while !steps.is_empty() {
        let keep = usize::try_from(varint::take(&mut steps)?).ok()?;
        let leave_out = usize::try_from(varint::take(&mut steps)?).ok()?;
        let new = varint::take_bytes(&mut steps)?;
        let (kept, rest) = old.split_at_checked(keep)?;
        out.extend_from_slice(kept);
        out.extend_from_slice(new);
        old = rest.get(leave_out..)?;
    }
    out.extend_from_slice(old);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::vfs::sim::Random;

    fn steps(old: &[u8], new: &[u8]) -> Vec<u8> {
        let mut steps = Vec::new();
        write(old, new, &mut steps);
        let mut made = Vec::new();
        apply(old, &steps, &mut made).expect("made from it");
        assert_eq!(made, new);
        steps
    }

    #[test]
    fn a_changed_field_costs_a_few_bytes() {
        let old: Vec<u8> = (0..450u32).map(|n| (n * 7) as u8).collect();
        let mut same_length = old.clone();
        same_length[300..304].copy_from_slice(&[1, 2, 3, 4]);
        assert_eq!(steps(&old, &same_length).len(), 8);
        // Another length at the start, and five bytes more in the middle.
        let mut longer = old.clone();
        longer[0] += 1;
        longer.splice(200..200, [9; 5]);
        assert_eq!(steps(&old, &longer).len(), 13);
        let mut shorter = old.clone();
        shorter[0] += 1;
        shorter.drain(200..230);
        assert!(steps(&old, &shorter).len() < 10);
        assert!(steps(&old, &old).is_empty());
    }

    #[test]
    fn random_changes_come_out_the_same() {
        for seed in 0..3000 {
            let mut random = Random::new(seed);
            let length = random.below(300) as usize;
            let old: Vec<u8> = (0..length).map(|_| random.below(4) as u8).collect();
            let mut new = old.clone();
            for _ in 0..random.below(5) {
                let from = random.below(new.len() as u64 + 1) as usize;
                let to = from + random.below((new.len() - from) as u64 + 1) as usize;
                let put = (0..random.below(20)).map(|_| random.below(4) as u8);
                new.splice(from..to.min(from + 20), put.collect::<Vec<u8>>());
            }
            let steps = steps(&old, &new);
            // Steps of anything are refused or give something, but never panic.
            let mut damaged = steps.clone();
            if let Some(byte) = damaged.first_mut() {
                *byte ^= 1 << random.below(8);
            }
            apply(&old, &damaged, &mut Vec::new());
            apply(&old[..length / 2], &steps, &mut Vec::new());
        }
    }
}
