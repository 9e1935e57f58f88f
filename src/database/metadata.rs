//! What a query knows of a document beside the document: what `$meta` shows. Gathered only for projections that ask for it.
//!
//! Nothing is kept from the scan for it. The key of a sort or of an index is made once more from the document, as it was made when
//! the document was sorted or indexed.

use super::cursor::Snapshot;
use super::record_id;
use super::select::{Selection, spec_of};
use crate::aggregate::expr::{Found, Metadata, MetadataNeeds};
use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::Result;
use crate::index::{extract, key};
use crate::query::{Access, Projection};

/// Appends what `projection` leaves of a document that was found, under `primary`, in `at`.
pub fn project(
    projection: &Projection,
    needs: MetadataNeeds,
    selection: &Selection,
    at: &Snapshot,
    primary: &[u8],
    document: RawDoc<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    if !needs.any() {
        return projection.apply(document, out);
    }
    let sort_key = match needs.sort_key {
        true => Some(selection.sort.key_values(document)?),
        false => None,
    };
    let index_key = match needs.index_key {
        true => index_key(at, document)?,
        false => None,
    };
    let metadata = Metadata {
        record_id: needs.record_id.then(|| record_id::of(primary)),
        sort_key: sort_key.as_deref().map(array),
        index_key: index_key
            .as_deref()
            .map(|key| RawValue::Document(RawDoc::trusted(key))),
    };
    let found = Found {
        document,
        metadata: Some(&metadata),
    };
    projection.apply(found, out)
}

/// A document with nothing known of it but what it was sorted by, as a write that gives it back has it. `sorted` is the document
/// as it was when it was found.
pub fn project_sorted(
    projection: &Projection,
    selection: &Selection,
    sorted: Option<RawDoc<'_>>,
    document: RawDoc<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    let sort_key = match sorted {
        Some(sorted) if projection.metadata_needs().sort_key => {
            Some(selection.sort.key_values(sorted)?)
        }
        _ => None,
    };
    let metadata = Metadata {
        sort_key: sort_key.as_deref().map(array),
        ..Metadata::default()
    };
    let found = Found {
        document,
        metadata: Some(&metadata),
    };
    projection.apply(found, out)
}

fn array(values: &[u8]) -> RawValue<'_> {
    RawValue::Array(RawDoc::trusted(values))
}

/// The fields and values of the index entry at which the plan comes across `document`; none where it uses no index.
pub fn index_key(at: &Snapshot, document: RawDoc<'_>) -> Result<Option<Vec<u8>>> {
    let Access::IndexScan {
        position,
        intervals,
        reverse,
        ..
    } = &at.plan.access
    else {
        return Ok(None);
    };
    let spec = spec_of(&at.collection.indexes[*position])?;
    let mut first: Option<(Vec<u8>, Vec<u8>)> = None;
    extract::each_key(&spec.fields, document, &mut |values| {
        let mut encoded = Vec::new();
        for (field, value) in spec.fields.iter().zip(values) {
            let collation = spec.collation.as_ref();
            key::encode_value(&mut encoded, *value, field.descending, collation);
        }
        key::cut(&mut encoded, key::MAX_INDEX_KEY);
        let is_inside = intervals.iter().any(|bounds| bounds.contains(&encoded));
        let comes_first = |best: &(Vec<u8>, Vec<u8>)| match reverse {
            false => encoded < best.0,
            true => encoded > best.0,
        };
        if is_inside && first.as_ref().is_none_or(comes_first) {
            let mut shown = Vec::new();
            let mut builder = Builder::new(&mut shown);
            for (field, value) in spec.fields.iter().zip(values) {
                builder.append(field.path.as_str(), *value);
            }
            builder.finish();
            first = Some((encoded, shown));
        }
    })?;
    Ok(first.map(|(_, shown)| shown))
}
