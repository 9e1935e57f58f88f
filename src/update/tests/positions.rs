//! `$`, `$[]` and `$[identifier]`.

use super::*;

fn apply_by(by: &str, filters: &str, document: &str, update: &str) -> Result<(Document, bool)> {
    let filters = json(&format!("{{'f': {filters}}}")).to_bytes();
    let filters = RawDoc::trusted(&filters).get("f").unwrap();
    let (update, document) = (json(update).to_bytes(), json(document).to_bytes());
    let array_filters = filters.as_array().filter(|filters| !filters.is_empty());
    let update = Update::compile(RawDoc::trusted(&update), array_filters, &Context::default())?;
    let (by, document) = (filter(json(by)), RawDoc::trusted(&document));
    assert!(by.matches(document).unwrap(), "{by:?} {document:?}");
    let mut out = Vec::new();
    let applied = update.apply(document, &by, &mut out)?;
    Ok((read(&out), applied.modified))
}

/// Each case: filter, array filters, document, update, the document after it.
fn check_each(cases: &[(&str, &str, &str, &str, &str)]) {
    for (by, filters, document, update, expected) in cases {
        let (found, modified) = apply_by(by, filters, document, update)
            .unwrap_or_else(|error| panic!("{by} {filters} {document} {update}: {error}"));
        assert_eq!(found, json(expected), "{by} {filters} {document} {update}");
        assert_eq!(modified, json(document) != json(expected), "{update}");
    }
}

/// Each case: filter, array filters, document, update, the error's code and a part of its message.
fn refuse_each(cases: &[(&str, &str, &str, &str, Code, &str)]) {
    for (by, filters, document, update, code, message) in cases {
        let error = apply_by(by, filters, document, update).unwrap_err();
        assert_eq!(error.code(), *code, "{update} {filters}: {error}");
        assert!(error.message().contains(message), "{update}: {error}");
    }
}

#[test]
fn the_dollar_is_the_position_that_the_filter_matched() {
    check_each(&[
        (
            "{'a': 2}",
            "[]",
            "{'a': [1, 2, 2]}",
            "{'$set': {'a.$': 9}}",
            "{'a': [1, 9, 2]}",
        ),
        (
            "{'a.b': 2}",
            "[]",
            "{'a': [{'b': 1}, {'b': 2, 'c': 0}]}",
            "{'$inc': {'a.$.c': 1}, '$set': {'a.$.d.e': 5}}",
            "{'a': [{'b': 1}, {'b': 2, 'c': 1, 'd': {'e': 5}}]}",
        ),
        (
            "{'a': 2}",
            "[]",
            "{'a': [1, 2]}",
            "{'$unset': {'a.$': ''}}",
            "{'a': [1, null]}",
        ),
        // One `$` for all paths.
        (
            "{'a': 2}",
            "[]",
            "{'a': [1, 2], 'b': [7, 8]}",
            "{'$set': {'b.$': 9}}",
            "{'a': [1, 2], 'b': [7, 9]}",
        ),
        // Beside other positions.
        (
            "{'a.b': 2}",
            "[]",
            "{'a': [{'b': 1}, {'b': 2}]}",
            "{'$set': {'a.$.c': 5, 'a.0.c': 6, 'a.1.d': 7}}",
            "{'a': [{'b': 1, 'c': 6}, {'b': 2, 'c': 5, 'd': 7}]}",
        ),
        (
            "{'a': 2}",
            "[]",
            "{'a': [1, 2]}",
            "{'$set': {'b.$': 5}}",
            "{'a': [1, 2], 'b': {'1': 5}}",
        ),
        (
            "{'a.b': 2}",
            "[]",
            "{'a': [{'b': [2, 3]}]}",
            "{'$inc': {'a.$.b.$[]': 1}}",
            "{'a': [{'b': [3, 4]}]}",
        ),
    ]);
    refuse_each(&[
        (
            "{'a': 2}",
            "[]",
            "{'a': 2}",
            "{'$set': {'a.$': 9}}",
            Code::BAD_VALUE,
            "The positional operator did not find the match needed from the query.",
        ),
        (
            "{'a': 2}",
            "[]",
            "{'a': [2]}",
            "{'$set': {'a.$': 9, 'a.0': 8}}",
            Code::CONFLICTING_UPDATE_OPERATORS,
            "Update created a conflict at 'a.0'",
        ),
        (
            "{'a': 2}",
            "[]",
            "{'a': [2]}",
            "{'$set': {'a.$.b': 9, 'a.0': 8}}",
            Code::CONFLICTING_UPDATE_OPERATORS,
            "Update created a conflict at 'a.0'",
        ),
        (
            "{}",
            "[]",
            "{}",
            "{'$set': {'$': 9}}",
            Code::BAD_VALUE,
            "in the first position in path '$'",
        ),
        (
            "{}",
            "[]",
            "{}",
            "{'$set': {'a.$.b.$': 9}}",
            Code::BAD_VALUE,
            "Too many positional (i.e. '$') elements found in path 'a.$.b.$'",
        ),
    ]);
}

#[test]
fn all_elements_are_updated() {
    check_each(&[
        (
            "{}",
            "[]",
            "{'a': [1, 2]}",
            "{'$inc': {'a.$[]': 10}}",
            "{'a': [11, 12]}",
        ),
        (
            "{}",
            "[]",
            "{'a': []}",
            "{'$inc': {'a.$[]': 10}}",
            "{'a': []}",
        ),
        (
            "{}",
            "[]",
            "{'a': [1, 5]}",
            "{'$set': {'a.$[]': 5}}",
            "{'a': [5, 5]}",
        ),
        (
            "{}",
            "[]",
            "{'a': [5, 5]}",
            "{'$set': {'a.$[]': 5}}",
            "{'a': [5, 5]}",
        ),
        (
            "{}",
            "[]",
            "{'a': [5, 6]}",
            "{'$unset': {'a.$[]': 1}}",
            "{'a': [null, null]}",
        ),
        (
            "{}",
            "[]",
            "{'a': [{'b': [1]}, {'b': []}, {'b': [2, 3]}]}",
            "{'$mul': {'a.$[].b.$[]': 2}}",
            "{'a': [{'b': [2]}, {'b': []}, {'b': [4, 6]}]}",
        ),
        (
            "{}",
            "[]",
            "{'a': [[1], [2]]}",
            "{'$push': {'a.$[]': 0}}",
            "{'a': [[1, 0], [2, 0]]}",
        ),
        (
            "{}",
            "[]",
            "{'a': [{}, {'b': 1}]}",
            "{'$set': {'a.$[].b': 5}}",
            "{'a': [{'b': 5}, {'b': 5}]}",
        ),
    ]);
    refuse_each(&[
        (
            "{}",
            "[]",
            "{}",
            "{'$set': {'a.b.$[]': 5}}",
            Code::BAD_VALUE,
            "The path 'a.b' must exist in the document in order to apply array updates.",
        ),
        (
            "{}",
            "[]",
            "{'a': 1}",
            "{'$set': {'a.b.$[]': 5}}",
            Code::BAD_VALUE,
            "The path 'a.b' must exist in the document in order to apply array updates.",
        ),
        (
            "{}",
            "[]",
            "{'a': {'b': 1}}",
            "{'$unset': {'a.b.$[]': 5}}",
            Code::BAD_VALUE,
            "Cannot apply array updates to non-array element b: 1",
        ),
        (
            "{}",
            "[]",
            "{'a': [1]}",
            "{'$set': {'a.$[].b': 5}}",
            Code::PATH_NOT_VIABLE,
            "Cannot create field 'b' in element {0: 1}",
        ),
        (
            "{}",
            "[]",
            "{}",
            "{'$set': {'a.$[]': 1, 'a.0': 2}}",
            Code::CONFLICTING_UPDATE_OPERATORS,
            "Updating the path 'a.0' would create a conflict at 'a'",
        ),
        (
            "{}",
            "[]",
            "{}",
            "{'$set': {'a': 1, 'a.$[]': 2}}",
            Code::CONFLICTING_UPDATE_OPERATORS,
            "Updating the path 'a.$[]' would create a conflict at 'a'",
        ),
        (
            "{}",
            "[]",
            "{}",
            "{'$set': {'$[]': 1}}",
            Code::BAD_VALUE,
            "Cannot have array filter identifier (i.e. '$[<id>]') element in the first position",
        ),
    ]);
}

#[test]
fn array_filters_select_elements() {
    check_each(&[
        (
            "{}",
            "[{'i': {'$gte': 5}}]",
            "{'a': [1, 5, 9]}",
            "{'$set': {'a.$[i]': 0}}",
            "{'a': [1, 0, 0]}",
        ),
        (
            "{}",
            "[{'i.b': 1, 'i.c': {'$ne': 2}}]",
            "{'a': [{'b': 1, 'c': 2}, {'b': 1}, {'b': 2}, 7]}",
            "{'$set': {'a.$[i].d': 0}}",
            "{'a': [{'b': 1, 'c': 2}, {'b': 1, 'd': 0}, {'b': 2}, 7]}",
        ),
        (
            "{}",
            "[{'$or': [{'i': 1}, {'i': 3}]}, {'j': 2}]",
            "{'a': [1, 2, 3]}",
            "{'$set': {'a.$[i]': 'i', 'a.$[j]': 'j'}}",
            "{'a': ['i', 'j', 'i']}",
        ),
        (
            "{}",
            "[{'i.x': 1}, {'j': {'$gt': 1}}]",
            "{'a': [{'x': 1, 'b': [1, 2]}, {'x': 2, 'b': [3]}]}",
            "{'$inc': {'a.$[i].b.$[j]': 10}}",
            "{'a': [{'x': 1, 'b': [1, 12]}, {'x': 2, 'b': [3]}]}",
        ),
        // Two identifiers may select one element, if they then go different ways.
        (
            "{}",
            "[{'i.x': 1}, {'j.y': 1}]",
            "{'a': [{'x': 1, 'y': 1}]}",
            "{'$set': {'a.$[i].p': 1, 'a.$[j].q': 2, 'a.$[].r': 3}}",
            "{'a': [{'x': 1, 'y': 1, 'p': 1, 'q': 2, 'r': 3}]}",
        ),
        (
            "{}",
            "[{'i': 7}]",
            "{'a': [1]}",
            "{'$set': {'a.$[i].b': 0}}",
            "{'a': [1]}",
        ),
    ]);
    refuse_each(&[(
        "{}",
        "[{'i': 1}, {'j': 1}]",
        "{'a': [2, 1]}",
        "{'$set': {'a.$[i]': 0, 'a.$[j]': 0}}",
        Code::CONFLICTING_UPDATE_OPERATORS,
        "Update created a conflict at 'a.1'",
    )]);
}

#[test]
fn bad_array_filters_are_refused() {
    let set = "{'$set': {'a.$[i]': 0}}";
    let parse = Code::FAILED_TO_PARSE;
    let cases = [
        (
            "[{'i': 1}, {'j': 1}]",
            parse,
            "The array filter for identifier 'j' was not used in the update { $set: { a.$[i]: 0 } }",
        ),
        (
            "[{'j': 1}]",
            Code::BAD_VALUE,
            "No array filter found for identifier 'i' in path 'a.$[i]'",
        ),
        (
            "[{'i': 1}, {'i': 2}]",
            parse,
            "Found multiple array filters with the same top-level field name i",
        ),
        (
            "[{'i': 1, 'j': 2}]",
            parse,
            "Error parsing array filter :: caused by :: Expected a single top-level field name, found 'i' and 'j'",
        ),
        (
            "[{'$and': [{'i': 1}, {'j.x': 2}]}]",
            parse,
            "found 'i' and 'j'",
        ),
        (
            "[{}]",
            parse,
            "Cannot use an expression without a top-level field name in arrayFilters",
        ),
        (
            "[{'I': 1}]",
            Code::BAD_VALUE,
            "must be an alphanumeric string beginning with a lowercase letter, found 'I'",
        ),
        ("[{'i_j': 1}]", Code::BAD_VALUE, "found 'i_j'"),
        ("[{'': 1}]", Code::BAD_VALUE, "found ''"),
        (
            "[{'i': {'$foo': 1}}]",
            Code::BAD_VALUE,
            "Error parsing array filter :: caused by :: unknown operator: $foo",
        ),
        (
            "[1]",
            Code::TYPE_MISMATCH,
            "needs documents, found an int (1)",
        ),
    ];
    for (filters, code, message) in cases {
        let error = apply_by("{}", filters, "{'a': [1]}", set).unwrap_err();
        assert_eq!(error.code(), code, "{filters}: {error}");
        assert!(error.message().contains(message), "{filters}: {error}");
    }
}
