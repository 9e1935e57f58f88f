//! One case: its world, its operations one after another, what each should give, and what is there at the end.

use ironbase::bson::{Document, RawDoc, Value};

use super::world::{Failure, World};
use super::{flag, list, matching, operation, part, shown, text, whole};

/// Runs a case; says how it differs from what is expected.
pub fn run(file: &Document, case: &Document) -> Result<(), String> {
    let mut world = World::default();
    let ready = world
        .create_entities(list(file, "createEntities"))
        .and_then(|()| world.fill(list(file, "initialData")));
    ready.map_err(|failure| format!("cannot prepare: {failure:?}"))?;
    for (index, operation) in list(case, "operations").iter().enumerate() {
        let operation = operation.as_document().expect("an operation is a document");
        let outcome = operation::run(&mut world, operation);
        check(operation, outcome)
            .map_err(|difference| format!("{} [{index}]: {difference}", text(operation, "name")))?;
    }
    for collection in list(case, "outcome") {
        let collection = collection.as_document().expect("an outcome is a document");
        let name = text(collection, "collectionName");
        let found = world
            .documents(text(collection, "databaseName"), name)
            .map_err(|failure| format!("cannot read {name}: {failure:?}"))?;
        matching::exactly(list(collection, "documents"), &matching::by_id(found))
            .map_err(|difference| format!("at the end, {name}: {difference}"))?;
    }
    Ok(())
}

fn check(operation: &Document, outcome: Result<Option<Value>, Failure>) -> Result<(), String> {
    let ignores = flag(operation, "ignoreResultAndError");
    let expected = operation.get("expectError").and_then(Value::as_document);
    match (outcome, expected) {
        (Err(Failure::Unable(what)), _) => Err(format!("cannot: {what}")),
        _ if ignores => Ok(()),
        (Ok(result), Some(_)) => {
            let result = result.as_ref().map_or("nothing".to_string(), shown);
            Err(format!("should fail, gave {result}"))
        }
        (Ok(result), None) => match operation.get("expectResult") {
            Some(expected) => matching::result(expected, result.as_ref()),
            None => Ok(()),
        },
        (Err(failure), None) => Err(format!("failed: {failure:?}")),
        (Err(failure), Some(expected)) => check_error(expected, &failure),
    }
}

/// An error as the format looks at it.
struct Seen {
    is_client: bool,
    message: String,
    code: i64,
    code_name: String,
    labels: Vec<&'static str>,
    result: Option<Value>,
    writes: Vec<(usize, Document)>,
    response: Document,
}

fn seen(failure: &Failure) -> Seen {
    let mut seen = Seen {
        is_client: false,
        message: String::new(),
        code: 0,
        code_name: String::new(),
        labels: Vec::new(),
        result: None,
        writes: Vec::new(),
        response: Document::new(),
    };
    match failure {
        Failure::Client(message) => {
            seen.is_client = true;
            seen.message = message.clone();
        }
        Failure::Command(error) => {
            seen.message = error.message().to_string();
            seen.code = error.code().0.into();
            seen.code_name = error.code().name();
            seen.labels = error.labels().to_vec();
            let details = serde_json::to_vec(error.details()).expect("details are JSON");
            let mut response = Vec::new();
            ironbase::json::parse_document(&details, &mut response).expect("details are JSON");
            let response = RawDoc::new(&response).expect("a document");
            seen.response = Document::from_raw(response).expect("BSON");
        }
        Failure::Writes(errors, result) => {
            seen.result = (*result != Value::Null).then(|| result.clone());
            seen.writes = errors.clone();
            let (_, first) = &errors[0];
            seen.message = text(first, "errmsg").to_string();
            seen.code = whole(first, "code");
            seen.code_name = ironbase::error::Code(seen.code as i32).name();
            seen.response
                .insert("writeErrors", vec![Value::Document(first.clone())]);
        }
        Failure::Unable(_) => {}
    }
    seen.response.insert("code", seen.code);
    seen.response.insert("errmsg", seen.message.clone());
    seen.response.insert("codeName", seen.code_name.clone());
    seen
}

fn check_error(expected: &Document, failure: &Failure) -> Result<(), String> {
    let seen = seen(failure);
    for (name, value) in expected.iter() {
        let fits = match name {
            "isError" => true,
            "isClientError" => *value == Value::Boolean(seen.is_client),
            "errorContains" => {
                let wanted = value.as_str().unwrap_or("").to_lowercase();
                seen.message.to_lowercase().contains(&wanted)
            }
            "errorCode" => value.to_raw().as_raw().as_integer() == Some(seen.code),
            "errorCodeName" => value.as_str() == Some(&seen.code_name),
            "errorLabelsContain" => strings(value).all(|label| seen.labels.contains(&label)),
            "errorLabelsOmit" => strings(value).all(|label| !seen.labels.contains(&label)),
            "expectResult" => {
                matching::result(value, seen.result.as_ref())?;
                true
            }
            "errorResponse" => {
                matching::result(value, Some(&Value::Document(seen.response.clone())))?;
                true
            }
            "writeErrors" => {
                let mut found = Document::new();
                for (index, error) in &seen.writes {
                    found.insert(index.to_string(), error.clone());
                }
                for (index, error) in part(expected, "writeErrors").iter() {
                    matching::result(error, found.get(index))?;
                }
                true
            }
            other => return Err(format!("the runner does not know {other}")),
        };
        if !fits {
            let wanted = shown(value);
            return Err(format!(
                "{name} should be {wanted}; the error is {failure:?}"
            ));
        }
    }
    Ok(())
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .unwrap_or(&[])
        .iter()
        .filter_map(Value::as_str)
}
