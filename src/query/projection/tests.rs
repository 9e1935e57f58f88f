use super::Projection;
use crate::bson::{Document, RawDoc, doc};
use crate::error::{Code, Result};
use crate::query::Context;

fn compile(projection: &Document) -> Result<Option<Projection>> {
    Projection::compile(RawDoc::trusted(&projection.to_bytes()), &Context::default())
}

fn project(projection: Document, document: &Document) -> Document {
    let compiled = compile(&projection).unwrap().unwrap();
    let mut out = Vec::new();
    compiled
        .apply(RawDoc::trusted(&document.to_bytes()), &mut out)
        .unwrap();
    Document::from_raw(RawDoc::new(&out).unwrap()).unwrap()
}

#[test]
fn keeps_or_drops_fields_in_the_documents_order() {
    let document = doc! {
        "_id": 1, "b": 2, "a": { "x": 1, "y": 2 },
        "c": [{ "x": 1, "y": 2 }, 5, [{ "x": 3 }, 6], {}],
    };
    let cases = [
        (doc! { "a": 1 }, doc! { "_id": 1, "a": { "x": 1, "y": 2 } }),
        (
            doc! { "a": true, "b": 2.5 },
            doc! { "_id": 1, "b": 2, "a": { "x": 1, "y": 2 } },
        ),
        (doc! { "b": 1, "_id": 0 }, doc! { "b": 2 }),
        (doc! { "_id": 1 }, doc! { "_id": 1 }),
        (doc! { "a.x": 1 }, doc! { "_id": 1, "a": { "x": 1 } }),
        (doc! { "a": { "x": 1 } }, doc! { "_id": 1, "a": { "x": 1 } }),
        (
            doc! { "a": { "x": 1 }, "a.y": 1 },
            doc! { "_id": 1, "a": { "x": 1, "y": 2 } },
        ),
        (doc! { "a.z": 1 }, doc! { "_id": 1, "a": {} }),
        (doc! { "b.x": 1 }, doc! { "_id": 1 }),
        (
            doc! { "c.x": 1, "_id": 0 },
            doc! { "c": [{ "x": 1 }, [{ "x": 3 }], {}] },
        ),
        (doc! { "a": 0, "c": 0 }, doc! { "_id": 1, "b": 2 }),
        (doc! { "_id": 0, "c": 0, "a": false }, doc! { "b": 2 }),
        (doc! { "_id": 1, "c": 0, "a": 0 }, doc! { "_id": 1, "b": 2 }),
        (
            doc! { "a.x": 0, "c.x": 0 },
            doc! { "_id": 1, "b": 2, "a": { "y": 2 }, "c": [{ "y": 2 }, 5, [{}, 6], {}] },
        ),
        (doc! { "b.x": 0, "a": 0, "c": 0 }, doc! { "_id": 1, "b": 2 }),
    ];
    for (projection, expected) in cases {
        assert_eq!(
            project(projection.clone(), &document),
            expected,
            "{projection:?}"
        );
    }
    let with_id_document = doc! { "_id": { "a": 1, "b": 2 }, "c": 3 };
    assert_eq!(
        project(doc! { "_id.a": 1 }, &with_id_document),
        doc! { "_id": { "a": 1 } }
    );
    assert_eq!(
        project(doc! { "_id.a": 0 }, &with_id_document),
        doc! { "_id": { "b": 2 }, "c": 3 }
    );
    let without = project(doc! { "_id": 0 }, &with_id_document);
    assert_eq!(without, doc! { "c": 3 });
}

#[test]
fn slice_keeps_a_part_of_an_array_in_either_kind_of_projection() {
    let document = doc! {
        "_id": 1, "a": [1, 2, 3], "b": 4,
        "c": [{ "d": [1, 2], "e": 5 }, [{ "d": [1, 2] }], 6],
    };
    let slice = doc! { "$slice": 1 };
    let cases = [
        // Alone it is an exclusion.
        (
            doc! { "a": (slice.clone()), "c": 0 },
            doc! { "_id": 1, "a": [1], "b": 4 },
        ),
        (
            doc! { "_id": 0, "a": (slice.clone()), "c": 0 },
            doc! { "a": [1], "b": 4 },
        ),
        // With a field that is included, or _id, an inclusion.
        (
            doc! { "b": 1, "a": (slice.clone()) },
            doc! { "_id": 1, "a": [1], "b": 4 },
        ),
        (
            doc! { "_id": 1, "a": (slice.clone()) },
            doc! { "_id": 1, "a": [1] },
        ),
        (
            doc! { "_id": 0, "a": (slice.clone()), "b": 1 },
            doc! { "a": [1], "b": 4 },
        ),
        // Below an array it cuts each element's array, but not in arrays of arrays.
        (
            doc! { "c": { "d": (slice.clone()) }, "a": 0, "b": 0 },
            doc! { "_id": 1, "c": [{ "d": [1], "e": 5 }, [{ "d": [1, 2] }], 6] },
        ),
        (
            doc! { "c.d": (slice.clone()), "_id": 1 },
            doc! { "_id": 1, "c": [{ "d": [1] }, [{ "d": [1, 2] }]] },
        ),
        // What is no array stays as it is.
        (
            doc! { "b": (slice.clone()), "a": 0, "c": 0 },
            doc! { "_id": 1, "b": 4 },
        ),
    ];
    for (projection, expected) in cases {
        assert_eq!(
            project(projection.clone(), &document),
            expected,
            "{projection:?}"
        );
    }
}

#[test]
fn the_empty_projection_is_none() {
    assert!(compile(&doc! {}).unwrap().is_none());
}

#[test]
fn mixtures_and_collisions_are_refused() {
    let cases = [
        (
            doc! { "a": 1, "b": 0 },
            31254,
            "Cannot do exclusion on field b in inclusion projection",
        ),
        (
            doc! { "a": 0, "b.c": 1 },
            31253,
            "Cannot do inclusion on field b.c in exclusion projection",
        ),
        (
            doc! { "a": 1, "a.b": 1 },
            31249,
            "Path collision at a.b remaining portion b",
        ),
        (doc! { "a.b": 1, "a": 1 }, 31250, "Path collision at a"),
        (
            doc! { "a": { "b": 1 }, "a.b": 1 },
            31250,
            "Path collision at a.b",
        ),
        (
            doc! { "a.b": 1, "a": { "c": 1 } },
            31250,
            "Path collision at a",
        ),
        (
            doc! { "_id": 1, "_id.a": 1 },
            31249,
            "Path collision at _id.a remaining portion a",
        ),
        (
            doc! { "_id.a": 1, "_id": 0 },
            31250,
            "Path collision at _id",
        ),
        (
            doc! { "a": { "$slice": 1 }, "a.b": 0 },
            31249,
            "Path collision at a.b",
        ),
        (doc! { "a": { "$slice": "x" } }, 31273, "at 'a'"),
        (
            doc! { "a": { "b": 1, "$slice": 1 } },
            16410,
            "start with '$'",
        ),
        (doc! { "a": {} }, 51270, "empty object at path 'a'"),
        (doc! { "": 1 }, 40352, "empty string"),
        (doc! { "a.": 1 }, 40353, "end with"),
        (doc! { "a..b": 1 }, 15998, "empty strings"),
        (doc! { "$a": 1 }, 16410, "start with '$'"),
        (
            doc! { "a": { "$elemMatch": {} } },
            2,
            "$elemMatch) is not supported yet",
        ),
        (
            doc! { "a.$": 1 },
            2,
            "positional projection 'a.$' is not supported yet",
        ),
    ];
    for (projection, code, message) in cases {
        let error = compile(&projection).unwrap_err();
        assert_eq!(error.code(), Code(code), "{projection:?}: {error}");
        assert!(error.message().contains(message), "{projection:?}: {error}");
    }
}
