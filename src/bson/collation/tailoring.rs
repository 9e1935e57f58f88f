//! How each language's order differs from the one that all have in common: ICU4X's data, unpacked when a language is
//! first asked for, and kept from then on.
//!
//! An entry of the pack is named by locale and kind (`und-Hani pinyin`). Inflated it is 11 numbers of four bytes, the
//! header of the trie and the lengths of the five arrays, then the arrays, of each all lowest bytes, then all next
//! ones, and so on: that compresses better.

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_collator::provider as icu;
use icu_collections::codepointtrie::{CodePointTrie, CodePointTrieHeader, TrieType};
use icu_locale_core::DataLocale;
use icu_locale_fallback::{LocaleFallbacker, LocaleFallbackerWithConfig};
use icu_normalizer::provider as normalizer;
use icu_provider::prelude::*;
use parking_lot::Mutex;
use zerovec::ZeroVec;

use crate::bson::packed::{Pack, inflate};

static PACK: &[u8] = include_bytes!("tailorings.bin");

/// What was unpacked. There are 93 tailorings, 0.9 MB together: they are never given back.
static UNPACKED: LazyLock<Mutex<HashMap<&'static str, &'static icu::CollationData<'static>>>> =
    LazyLock::new(Mutex::default);

/// ICU4X's data, with the tailorings from the pack.
pub(super) struct Rules;

macro_rules! compiled_in {
    ($($marker:path: $from:path),*) => {$(
        impl DataProvider<$marker> for Rules {
            fn load(&self, request: DataRequest<'_>) -> Result<DataResponse<$marker>, DataError> {
                $from.load(request)
            }
        }
    )*};
}

compiled_in!(
    icu::CollationRootV1: icu::Baked,
    icu::CollationDiacriticsV1: icu::Baked,
    icu::CollationJamoV1: icu::Baked,
    icu::CollationMetadataV1: icu::Baked,
    icu::CollationReorderingV1: icu::Baked,
    icu::CollationSpecialPrimariesV1: icu::Baked,
    normalizer::NormalizerNfdDataV1: normalizer::Baked,
    normalizer::NormalizerNfdTablesV1: normalizer::Baked
);

impl DataProvider<icu::CollationTailoringV1> for Rules {
    /// Goes from a locale to the next more general one, as ICU4X does with its own data.
    fn load(
        &self,
        request: DataRequest<'_>,
    ) -> Result<DataResponse<icu::CollationTailoringV1>, DataError> {
        const INFO: DataMarkerInfo = icu::CollationTailoringV1::INFO;
        const FALLBACK: LocaleFallbackerWithConfig<'static> =
            LocaleFallbacker::new().for_config(INFO.fallback_config);
        let kind = request.id.marker_attributes.as_str();
        let mut locales = FALLBACK.fallback_for(*request.id.locale);
        loop {
            if let Some(tailoring) = find(locales.get(), kind)? {
                return Ok(DataResponse {
                    metadata: DataResponseMetadata::default(),
                    payload: DataPayload::from_static_ref(tailoring),
                });
            }
            if locales.get().is_unknown() {
                return Err(DataErrorKind::IdentifierNotFound.with_req(INFO, request));
            }
            locales.step();
        }
    }
}

fn find(
    locale: &DataLocale,
    kind: &str,
) -> Result<Option<&'static icu::CollationData<'static>>, DataError> {
    let Some((name, packed)) = Pack::new(PACK).find(format!("{locale} {kind}").trim_end()) else {
        return Ok(None);
    };
    let mut unpacked = UNPACKED.lock();
    if let Some(tailoring) = unpacked.get(name) {
        return Ok(Some(tailoring));
    }
    let inflated = inflate(packed).and_then(|bytes| unpack(&bytes));
    let tailoring = inflated.ok_or(DataError::custom("the tailoring cannot be unpacked"))?;
    let tailoring: &'static _ = Box::leak(Box::new(tailoring));
    unpacked.insert(name, tailoring);
    Ok(Some(tailoring))
}

fn unpack(bytes: &[u8]) -> Option<icu::CollationData<'static>> {
    let mut planes = Planes(bytes);
    let header: [u32; 11] = std::array::from_fn(|_| planes.number().unwrap_or(u32::MAX));
    let [start, shifted, index3, null, value, kind, lengths @ ..] = header;
    let header = CodePointTrieHeader {
        high_start: start,
        shifted12_high_start: u16::try_from(shifted).ok()?,
        index3_null_offset: u16::try_from(index3).ok()?,
        data_null_offset: null,
        null_value: value,
        trie_type: TrieType::try_from(u8::try_from(kind).ok()?).ok()?,
    };
    let index = planes.array(lengths[0], u16::from_le_bytes)?;
    let data = planes.array(lengths[1], u32::from_le_bytes)?;
    Some(icu::CollationData {
        trie: CodePointTrie::try_new(header, index, data).ok()?,
        ces: planes.array(lengths[2], u64::from_le_bytes)?,
        ce32s: planes.array(lengths[3], u32::from_le_bytes)?,
        contexts: planes.array(lengths[4], u16::from_le_bytes)?,
    })
}

struct Planes<'b>(&'b [u8]);

impl Planes<'_> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*number))
    }

    /// An array of numbers of `N` bytes.
    fn array<const N: usize, T: zerovec::ule::AsULE>(
        &mut self,
        length: u32,
        number: impl Fn([u8; N]) -> T,
    ) -> Option<ZeroVec<'static, T>> {
        let length = length as usize;
        let (planes, rest) = self.0.split_at_checked(length.checked_mul(N)?)?;
        self.0 = rest;
        let at = |i: usize| number(std::array::from_fn(|byte| planes[byte * length + i]));
        Some((0..length).map(at).collect())
    }
}
