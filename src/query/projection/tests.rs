use super::Projection;
use crate::bson::{Document, RawDoc, doc};
use crate::error::{Code, Result};
use crate::query::{Context, Filter};

fn compile(projection: &Document) -> Result<Option<Projection>> {
    compile_for(&doc! {}, projection)
}

fn compile_for(filter: &Document, projection: &Document) -> Result<Option<Projection>> {
    let context = Context::default();
    let filter = Filter::compile(RawDoc::trusted(&filter.to_bytes()), &context)?;
    Projection::compile(RawDoc::trusted(&projection.to_bytes()), &filter, &context)
}

fn project(projection: Document, document: &Document) -> Document {
    project_for(&doc! {}, &projection, document).unwrap()
}

fn project_for(filter: &Document, projection: &Document, document: &Document) -> Result<Document> {
    let compiled = compile_for(filter, projection)?.unwrap();
    let mut out = Vec::new();
    compiled.apply(RawDoc::trusted(&document.to_bytes()), &mut out)?;
    Document::from_raw(RawDoc::new(&out).unwrap())
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
        (
            doc! { "a": { "$slice": "x" } },
            28667,
            "Location31273 (31273)",
        ),
        (
            doc! { "a": { "$slice": [1, 0] } },
            28724,
            "Location31259 (31259)",
        ),
        (
            doc! { "a": { "$slice": ["$b", 1] }, "c": 0 },
            31254,
            "field c",
        ),
        (
            doc! { "a": 0, "b": { "$slice": ["$b", 1] } },
            31253,
            "inclusion on field b",
        ),
        (
            doc! { "a": { "b": 1, "$slice": 1 } },
            16410,
            "start with '$'",
        ),
        (doc! { "a": {} }, 51270, "Invalid empty sub-projection: a"),
        (
            doc! { "a": { "$foo": 1 } },
            31325,
            "Unknown expression $foo",
        ),
        (
            doc! { "a": 0, "b": { "$add": [1] } },
            31252,
            "other than $meta in exclusion projection",
        ),
        (
            doc! { "a": 0, "b": "x" },
            31310,
            "Cannot use an expression b: \"x\"",
        ),
        (doc! { "": 1 }, 40352, "empty string"),
        (doc! { "a.": 1 }, 40353, "end with"),
        (doc! { "a..b": 1 }, 15998, "empty strings"),
        (doc! { "$a": 1 }, 16410, "start with '$'"),
        (
            doc! { "a": { "$elemMatch": 1 } },
            31274,
            "object required, but got int",
        ),
        (
            doc! { "a.b": { "$elemMatch": { "c": 1 } } },
            31275,
            "nested field",
        ),
        (
            doc! { "a": { "b": { "$elemMatch": { "c": 1 } } } },
            31275,
            "nested field",
        ),
        (
            doc! { "a.$": 1, "b": { "$elemMatch": { "c": 1 } } },
            31255,
            "positional operator and $elemMatch",
        ),
        (
            doc! { "b": { "$elemMatch": { "c": 1 } }, "a.$": 1 },
            31256,
            "positional operator and $elemMatch",
        ),
        (
            doc! { "a": { "$elemMatch": { "$expr": true } } },
            2,
            "top-level document",
        ),
        (
            doc! { "a": 1, "a.b": { "$meta": "sortKey" } },
            31249,
            "Path collision at a.b",
        ),
        (
            doc! { "a.$": 1, "b.$": 1 },
            31276,
            "more than one positional",
        ),
        (doc! { "a.$": 1, "a": 1 }, 31250, "Path collision at a"),
        (doc! { "a.$": 1, "a.b": 1 }, 31249, "Path collision at a.b"),
        (doc! { "b": 0, "a.$": 1 }, 31253, "inclusion on field a.$"),
        (doc! { "a.$": 1, "b": 0 }, 31254, "exclusion on field b"),
        (doc! { "a.$": 0 }, 31395, "with exclusion"),
        (doc! { "a.$": "x" }, 31308, "with a literal"),
        (
            doc! { "a.$": { "b": 1 } },
            31271,
            "expression or sub object",
        ),
        (doc! { "a.$.b": 1 }, 31394, "in the middle of a path"),
        (doc! { "a.$.$": 1 }, 31394, "in the middle of a path"),
        (
            doc! { ".$": 1 },
            5392900,
            "Projection on field .$ is invalid",
        ),
        (doc! { "$": 1 }, 16410, "start with '$'"),
        (doc! { "$a.$": 1 }, 16410, "start with '$'"),
        (doc! { "a": { "$meta": 1 } }, 17307, "string arguments"),
        (
            doc! { "a": { "$meta": "x" } },
            17308,
            "Unsupported argument to $meta: x",
        ),
        (
            doc! { "a": { "$meta": "textScore" } },
            40218,
            "query requires text score metadata",
        ),
        (
            doc! { "a": { "$meta": "geoNearDistance" } },
            40218,
            "query requires $geoNear distance metadata",
        ),
    ];
    for (projection, code, message) in cases {
        let error = compile(&projection).unwrap_err();
        assert_eq!(error.code(), Code(code), "{projection:?}: {error}");
        assert!(error.message().contains(message), "{projection:?}: {error}");
    }
}

#[test]
fn elem_match_keeps_the_first_element_that_matches() {
    let document = doc! {
        "_id": 1, "a": [1, 5, 7], "b": 2, "c": [{ "x": 1, "y": 1 }, { "x": 2, "y": 2 }, { "x": 2 }],
    };
    let cases = [
        // An inclusion by itself; what matched stands behind what is kept.
        (
            doc! { "a": { "$elemMatch": { "$gt": 1 } } },
            doc! { "_id": 1, "a": [5] },
        ),
        (
            doc! { "a": { "$elemMatch": { "$gt": 1, "$lt": 7 } }, "b": 1, "_id": 0 },
            doc! { "b": 2, "a": [5] },
        ),
        (
            doc! { "_id": 0, "a": { "$elemMatch": { "$gt": 1 } } },
            doc! { "a": [5] },
        ),
        (
            doc! { "c": { "$elemMatch": { "x": 2, "y": { "$exists": false } } } },
            doc! { "_id": 1, "c": [{ "x": 2 }] },
        ),
        (
            doc! { "a": { "$elemMatch": { "$gt": 9 } } },
            doc! { "_id": 1 },
        ),
        (
            doc! { "b": { "$elemMatch": { "$gt": 1 } } },
            doc! { "_id": 1 },
        ),
        (
            doc! { "z": { "$elemMatch": { "$gt": 1 } } },
            doc! { "_id": 1 },
        ),
        // Among what an exclusion keeps it keeps its place.
        (
            doc! { "b": 0, "a": { "$elemMatch": { "$gt": 1 } }, "c": { "$elemMatch": { "x": 9 } } },
            doc! { "_id": 1, "a": [5] },
        ),
        (
            doc! { "a": { "$elemMatch": { "$gt": 1 } }, "c": { "$slice": 1 } },
            doc! { "_id": 1, "a": [5], "b": 2, "c": [{ "x": 1, "y": 1 }] },
        ),
    ];
    for (projection, expected) in cases {
        let found = project(projection.clone(), &document);
        assert_eq!(found, expected, "{projection:?}");
    }
}

#[test]
fn the_positional_operator_keeps_the_element_that_the_filter_matched() {
    let document = doc! {
        "_id": 1, "a": [1, 5, 7], "b": 5, "c": [{ "x": 1, "y": 1 }, 9, { "x": 2, "y": 2 }],
        "d": { "e": [3, 4] }, "f": [7, 8, 9],
    };
    let cases = [
        (
            doc! { "a": 5 },
            doc! { "a.$": 1 },
            Ok(doc! { "_id": 1, "a": [5] }),
        ),
        (
            doc! { "a": { "$gt": 1 } },
            doc! { "b": 1, "a.$": true, "_id": 0 },
            Ok(doc! { "a": [5], "b": 5 }),
        ),
        (
            doc! { "d.e": 4 },
            doc! { "d.e.$": 1 },
            Ok(doc! { "_id": 1, "d": { "e": [4] } }),
        ),
        (
            doc! { "d.e": 4 },
            doc! { "d": { "e.$": 1 } },
            Ok(doc! { "_id": 1, "d": { "e": [4] } }),
        ),
        // The filter's array may be another one.
        (
            doc! { "a": 5 },
            doc! { "f.$": 1 },
            Ok(doc! { "_id": 1, "f": [8] }),
        ),
        // The first array on the path counts.
        (
            doc! { "c.x": 1 },
            doc! { "c.x.$": 1 },
            Ok(doc! { "_id": 1, "c": [{ "x": 1 }] }),
        ),
        // What an inclusion drops moves the elements; so it does in MongoDB.
        (doc! { "c.x": 2 }, doc! { "c.x.$": 1 }, Err(51247)),
        (doc! { "a": 7 }, doc! { "d.e.$": 1 }, Err(51247)),
        // Where there is no array nothing is done.
        (
            doc! { "b": 5 },
            doc! { "b.$": 1 },
            Ok(doc! { "_id": 1, "b": 5 }),
        ),
        (doc! { "b": 5 }, doc! { "z.$": 1 }, Ok(doc! { "_id": 1 })),
        // Where there is one, but nothing met an array, there is no answer.
        (doc! {}, doc! { "a.$": 1 }, Err(51246)),
        (doc! { "b": 5 }, doc! { "a.$": 1 }, Err(51246)),
        (
            doc! { "$or": [{ "a": 5 }, { "b": 6 }] },
            doc! { "a.$": 1 },
            Err(51246),
        ),
    ];
    for (filter, projection, expected) in cases {
        let found = project_for(&filter, &projection, &document);
        let found = found.map_err(|error| error.code().0);
        assert_eq!(found, expected, "{filter:?} {projection:?}");
    }
}

#[test]
fn stages_of_pipelines_have_no_operators_of_find() {
    let cases = [
        (doc! { "a.$": 1 }, 31324),
        (doc! { "a": { "$elemMatch": { "$gt": 1 } } }, 168),
        (doc! { "a": { "$slice": 1 } }, 28667),
        (doc! { "a": { "$foo": 1 } }, 31325),
    ];
    for (projection, code) in cases {
        let bytes = projection.to_bytes();
        let compiled = Projection::compile_stage(RawDoc::trusted(&bytes), &Context::default());
        assert_eq!(compiled.unwrap_err().code(), Code(code), "{projection:?}");
    }
}
