//! Commands end to end: replies, refusals, cursors.

mod operations;

use std::sync::Arc;

use super::Commands;
use crate::bson::RawDoc;
use crate::database::Database;
use crate::database::options::{Durability, OpenOptions};
use crate::error::Error;
use crate::json;
use crate::storage::vfs::memory::MemoryVfs;

fn commands() -> Commands {
    let options = OpenOptions {
        durability: Durability::None,
        background: false,
        ..OpenOptions::default()
    };
    let vfs = Arc::new(MemoryVfs::new());
    Commands::new(Database::open_on(vfs, "shop.mlite", options, false).unwrap())
}

fn run(commands: &Commands, command: &str) -> Result<String, Error> {
    let mut bytes = Vec::new();
    json::parse_document(command.as_bytes(), &mut bytes).unwrap();
    let reply = commands.run(RawDoc::trusted(&bytes))?;
    let mut text = Vec::new();
    json::write_document(&mut text, RawDoc::trusted(&reply), json::Mode::Relaxed);
    Ok(String::from_utf8(text).unwrap())
}

/// Runs commands one after another on one database and compares the replies.
fn script(steps: &[(&str, &str)]) {
    let commands = commands();
    for (command, expected) in steps {
        let reply = run(&commands, command).unwrap_or_else(|error| panic!("{command}: {error}"));
        assert_eq!(reply, expected.replace('\'', "\""), "{command}");
    }
}

#[test]
fn writes_and_reads_reply_as_mongodb_does() {
    script(&[
        (
            r#"{"insert": "a", "documents": [{"_id": 1, "x": 1}, {"_id": 2, "x": 2}, {"_id": 3}]}"#,
            "{'n':3,'ok':1.0}",
        ),
        (
            r#"{"update": "a", "updates": [{"q": {"_id": 1}, "u": {"$set": {"x": 1}}}, {"q": {}, "u": {"$inc": {"x": 1}}, "multi": true},
                {"q": {"_id": 9}, "u": {"$set": {"y": 0}}, "upsert": true}, {"q": {"_id": 3}, "u": {"z": 1}}]}"#,
            "{'n':6,'nModified':4,'upserted':[{'index':2,'_id':9}],'ok':1.0}",
        ),
        (
            r#"{"find": "a", "filter": {"_id": {"$lt": 3}}, "projection": {"x": 1}, "$db": "shop"}"#,
            "{'cursor':{'firstBatch':[{'_id':1,'x':2},{'_id':2,'x':3}],'id':0,'ns':'shop.a'},'ok':1.0}",
        ),
        (
            r#"{"count": "a", "query": {"_id": {"$gt": 1}}, "limit": -2}"#,
            "{'n':2,'ok':1.0}",
        ),
        (
            r#"{"delete": "a", "deletes": [{"q": {"_id": {"$gte": 2}}, "limit": 1}, {"q": {}, "limit": 0}]}"#,
            "{'n':4,'ok':1.0}",
        ),
        (r#"{"ping": 1, "comment": "hello"}"#, "{'ok':1.0}"),
    ]);
}

#[test]
fn statements_that_are_refused_are_in_the_reply() {
    script(&[
        (
            r#"{"insert": "a", "documents": [{"_id": 1}, {"_id": 1}, {"_id": 2}]}"#,
            "{'n':1,'writeErrors':[{'index':1,'code':11000,\
             'errmsg':'E11000 duplicate key error collection: a index: _id_ dup key: { _id: 1 }',\
             'keyPattern':{'_id':1},'keyValue':{'_id':1}}],'ok':1.0}",
        ),
        (
            r#"{"update": "a", "ordered": false, "updates": [{"q": {}, "u": {"$nope": {"x": 1}}}, {"q": {}, "u": {"$set": {"x": 1}}}]}"#,
            "{'n':1,'nModified':1,'writeErrors':[{'index':0,'code':9,'errmsg':\
             'Unknown modifier: $nope. Expected a valid update modifier or pipeline-style update specified as an array'}],'ok':1.0}",
        ),
        (
            r#"{"delete": "a", "deletes": [{"q": {"x": {"$nope": 1}}, "limit": 1}, {"q": {}, "limit": 1}]}"#,
            "{'n':0,'writeErrors':[{'index':0,'code':2,'errmsg':'unknown operator: $nope'}],'ok':1.0}",
        ),
    ]);
}

#[test]
fn collections_and_indexes_are_made_listed_and_dropped() {
    script(&[
        (r#"{"create": "a"}"#, "{'ok':1.0}"),
        (
            r#"{"createIndexes": "a", "indexes": [{"key": {"x": 1}, "name": "x_1"}]}"#,
            "{'numIndexesBefore':1,'numIndexesAfter':2,'createdCollectionAutomatically':false,'ok':1.0}",
        ),
        (
            r#"{"createIndexes": "a", "indexes": [{"key": {"x": 1}, "name": "x_1"}]}"#,
            "{'numIndexesBefore':2,'numIndexesAfter':2,'createdCollectionAutomatically':false,'note':'all indexes already exist','ok':1.0}",
        ),
        (
            r#"{"listIndexes": "a"}"#,
            "{'cursor':{'firstBatch':[{'v':2,'key':{'_id':1},'name':'_id_'},{'v':2,'key':{'x':1},'name':'x_1'}],'id':0,'ns':'shop.a'},'ok':1.0}",
        ),
        (
            r#"{"dropIndexes": "a", "index": {"x": 1}}"#,
            "{'nIndexesWas':2,'ok':1.0}",
        ),
        (
            r#"{"renameCollection": "shop.a", "to": "shop.b"}"#,
            "{'ok':1.0}",
        ),
        (
            r#"{"listCollections": 1, "nameOnly": true}"#,
            "{'cursor':{'firstBatch':[{'name':'b','type':'collection'}],'id':0,'ns':'shop.$cmd.listCollections'},'ok':1.0}",
        ),
        (
            r#"{"drop": "b"}"#,
            "{'nIndexesWas':1,'ns':'shop.b','ok':1.0}",
        ),
        (r#"{"drop": "b"}"#, "{'ok':1.0}"),
        (r#"{"dropDatabase": 1}"#, "{'dropped':'shop','ok':1.0}"),
    ]);
}

#[test]
fn a_cursor_is_read_batch_by_batch_and_can_be_killed() {
    let commands = commands();
    let documents: Vec<String> = (0..7).map(|id| format!("{{\"_id\": {id}}}")).collect();
    let insert = format!(
        "{{\"insert\": \"a\", \"documents\": [{}]}}",
        documents.join(",")
    );
    run(&commands, &insert).unwrap();
    let open = || {
        let reply = run(&commands, r#"{"find": "a", "batchSize": 3}"#).unwrap();
        assert!(
            reply.contains(r#"[{"_id":0},{"_id":1},{"_id":2}]"#),
            "{reply}"
        );
        let (_, rest) = reply.split_once("\"id\":").unwrap();
        rest.split_once(',').unwrap().0.to_string()
    };
    let id = open();
    let more = |id: &str, collection: &str| {
        let command =
            format!("{{\"getMore\": {id}, \"collection\": \"{collection}\", \"batchSize\": 3}}");
        run(&commands, &command)
    };
    assert_eq!(more(&id, "b").unwrap_err().code().0, 13);
    let reply = more(&id, "a").unwrap();
    assert!(
        reply.contains(r#""nextBatch":[{"_id":3},{"_id":4},{"_id":5}]"#),
        "{reply}"
    );
    let reply = more(&id, "a").unwrap();
    assert!(
        reply.contains(r#""nextBatch":[{"_id":6}],"id":0"#),
        "{reply}"
    );
    assert_eq!(more(&id, "a").unwrap_err().code().0, 43);

    let id = open();
    let kill = format!("{{\"killCursors\": \"a\", \"cursors\": [{id}, 5]}}");
    let expected = format!(
        "{{\"cursorsKilled\":[{id}],\"cursorsNotFound\":[5],\"cursorsAlive\":[],\"cursorsUnknown\":[],\"ok\":1.0}}"
    );
    assert_eq!(run(&commands, &kill).unwrap(), expected);
    assert_eq!(more(&id, "a").unwrap_err().code().0, 43);
    let single = run(
        &commands,
        r#"{"find": "a", "batchSize": 3, "singleBatch": true}"#,
    )
    .unwrap();
    assert!(single.contains(r#""id":0"#), "{single}");
}

#[test]
fn a_tailing_cursor_stays_open_and_does_not_wait_while_it_has_something() {
    let commands = commands();
    run(
        &commands,
        r#"{"create": "log", "capped": true, "size": 4096}"#,
    )
    .unwrap();
    run(&commands, r#"{"insert": "log", "documents": [{"_id": 1}]}"#).unwrap();
    let find = r#"{"find": "log", "tailable": true, "awaitData": true}"#;
    let reply = run(&commands, find).unwrap();
    assert!(
        reply.starts_with(r#"{"cursor":{"firstBatch":[{"_id":1}],"id":"#),
        "{reply}"
    );
    let id = reply
        .split("\"id\":")
        .nth(1)
        .and_then(|rest| rest.split(',').next())
        .unwrap();
    assert_ne!(id, "0");
    run(&commands, r#"{"insert": "log", "documents": [{"_id": 2}]}"#).unwrap();
    let more = format!(r#"{{"getMore": {id}, "collection": "log"}}"#);
    let expected =
        format!(r#"{{"cursor":{{"nextBatch":[{{"_id":2}}],"id":{id},"ns":"shop.log"}},"ok":1.0}}"#);
    assert_eq!(run(&commands, &more).unwrap(), expected);
}

#[test]
fn bad_commands_are_refused_with_the_servers_codes() {
    let cases = [
        ("{}", 9, "found an empty document"),
        (r#"{"nope": 1}"#, 59, "no such command: 'nope'"),
        (r#"{"find": 1}"#, 73, "collection name has invalid type int"),
        (r#"{"find": ""}"#, 73, "it is empty"),
        (
            r#"{"find": "a", "limt": 1}"#,
            40415,
            "BSON field 'find.limt' is an unknown field.",
        ),
        (
            r#"{"find": "a", "filter": 1}"#,
            14,
            "'find.filter' is the wrong type 'int', expected type 'object'",
        ),
        (
            r#"{"find": "a", "batchSize": -1}"#,
            51024,
            "value must be >= 0, actual value '-1'",
        ),
        (
            r#"{"find": "a", "$db": "other"}"#,
            73,
            r#"this one is called "shop""#,
        ),
        (r#"{"insert": "a"}"#, 40414, "'insert.documents' is missing"),
        (
            r#"{"insert": "a", "documents": []}"#,
            16,
            "between 1 and 100000. Got 0",
        ),
        (
            r#"{"insert": "a", "documents": [1]}"#,
            14,
            "wrong type 'int'",
        ),
        (
            r#"{"update": "a", "updates": [{"q": {}}]}"#,
            40414,
            "'update.updates.u' is missing",
        ),
        (
            r#"{"update": "a", "updates": [{"q": {}, "u": {}, "x": 1}]}"#,
            40415,
            "'update.updates.x'",
        ),
        (
            r#"{"delete": "a", "deletes": [{"q": {}, "limit": 2}]}"#,
            9,
            "must be 0 or 1. Got 2",
        ),
        (
            r#"{"getMore": 1, "collection": "a"}"#,
            43,
            "cursor id 1 not found",
        ),
        (
            r#"{"renameCollection": "a", "to": "shop.b"}"#,
            73,
            "Invalid namespace specified 'a'",
        ),
        (
            r#"{"renameCollection": "shop.a", "to": "shop.b"}"#,
            26,
            "does not exist",
        ),
        (r#"{"listIndexes": "a"}"#, 26, "does not exist"),
        (
            r#"{"getParameter": 1, "nope": 1}"#,
            40415,
            "'getParameter.nope'",
        ),
        (r#"{"explain": {"ping": 1}}"#, 9, "names a collection"),
    ];
    let commands = commands();
    for (command, code, fragment) in cases {
        let error = run(&commands, command).expect_err(command);
        assert_eq!(error.code().0, code, "{command}: {error}");
        assert!(error.message().contains(fragment), "{command}: {error}");
    }
}

#[test]
fn a_sessions_transaction_is_begun_committed_and_aborted_by_number() {
    let commands = commands();
    let with = |command: &str, number: i64, starts: bool| {
        let starts = if starts {
            r#", "startTransaction": true"#
        } else {
            ""
        };
        let command = command.strip_suffix('}').unwrap();
        run(
            &commands,
            &format!(
                r#"{command}, "lsid": {{"id": 1}}, "txnNumber": {number}, "autocommit": false{starts}}}"#
            ),
        )
    };
    let count = || run(&commands, r#"{"count": "a"}"#).unwrap();
    let code = |result: Result<String, Error>| result.unwrap_err().code().0;
    let insert = |id: i32| format!("{{\"insert\": \"a\", \"documents\": [{{\"_id\": {id}}}]}}");
    let (commit, abort) = (r#"{"commitTransaction": 1}"#, r#"{"abortTransaction": 1}"#);

    assert_eq!(code(with(&insert(1), 1, false)), 251);
    with(&insert(1), 1, true).unwrap();
    assert_eq!(code(with(&insert(2), 1, true)), 50911);
    with(&insert(2), 1, false).unwrap();
    assert_eq!(count(), r#"{"n":0,"ok":1.0}"#);
    let find = with(r#"{"find": "a", "batchSize": 1}"#, 1, false).unwrap();
    let (_, id) = find.split_once("\"id\":").unwrap();
    let more = format!(
        r#"{{"getMore": {}, "collection": "a"}}"#,
        id.split_once(',').unwrap().0
    );
    assert_eq!(code(run(&commands, &more)), 50740);
    assert!(
        with(&more, 1, false)
            .unwrap()
            .contains(r#""nextBatch":[{"_id":2}]"#)
    );
    assert_eq!(code(with(r#"{"count": "a"}"#, 1, false)), 263);
    assert_eq!(code(with(&insert(3), 2, false)), 251);
    with(commit, 1, false).unwrap();
    with(commit, 1, false).unwrap();
    assert_eq!(count(), r#"{"n":2,"ok":1.0}"#);
    assert_eq!(code(with(&insert(3), 1, false)), 256);
    assert_eq!(code(with(abort, 1, false)), 256);

    with(&insert(3), 2, true).unwrap();
    with(abort, 2, false).unwrap();
    assert_eq!(code(with(commit, 2, false)), 251);
    assert_eq!(code(with(&insert(3), 1, true)), 225);

    // A statement that is refused ends the transaction.
    with(&insert(4), 3, true).unwrap();
    assert!(with(&insert(4), 3, false).unwrap().contains("11000"));
    assert_eq!(code(with(&insert(5), 3, false)), 251);
    assert_eq!(count(), r#"{"n":2,"ok":1.0}"#);

    with(&insert(6), 4, true).unwrap();
    run(&commands, r#"{"endSessions": [{"id": 1}]}"#).unwrap();
    assert_eq!(code(with(commit, 4, false)), 251);
    assert_eq!(count(), r#"{"n":2,"ok":1.0}"#);

    for (fields, refused) in [
        (r#""txnNumber": 1"#, 72),
        (r#""lsid": {"id": 2}, "autocommit": false"#, 72),
        (
            r#""lsid": {"id": 2}, "txnNumber": 1, "autocommit": true"#,
            72,
        ),
        (
            r#""lsid": {"id": 2}, "txnNumber": 1, "startTransaction": true"#,
            72,
        ),
        (r#""lsid": {"id": 2}, "txnNumber": 1"#, 125),
    ] {
        let command = format!(r#"{{"commitTransaction": 1, {fields}}}"#);
        assert_eq!(code(run(&commands, &command)), refused, "{command}");
    }
}

#[test]
fn a_tailable_cursor_stays_open_at_the_end() {
    let commands = commands();
    run(
        &commands,
        r#"{"create": "a", "capped": true, "size": 4096}"#,
    )
    .unwrap();
    run(&commands, r#"{"insert": "a", "documents": [{"_id": 1}]}"#).unwrap();
    let reply = run(&commands, r#"{"find": "a", "tailable": true}"#).unwrap();
    let (_, id) = reply.split_once("\"id\":").unwrap();
    let id = id.split_once(',').unwrap().0;
    let more = format!(r#"{{"getMore": {id}, "collection": "a"}}"#);
    for (insert, batch) in [(None, "[]"), (Some(2), r#"[{"_id":2}]"#)] {
        if let Some(id) = insert {
            let insert = format!(r#"{{"insert": "a", "documents": [{{"_id": {id}}}]}}"#);
            run(&commands, &insert).unwrap();
        }
        let expected =
            format!(r#"{{"cursor":{{"nextBatch":{batch},"id":{id},"ns":"shop.a"}},"ok":1.0}}"#);
        assert_eq!(run(&commands, &more).unwrap(), expected);
    }
}

#[test]
fn a_document_is_changed_or_removed_and_given_back() {
    script(&[
        (
            r#"{"findAndModify": "a", "query": {"_id": 1}, "update": {"$set": {"x": 1}}, "upsert": true, "new": true}"#,
            "{'lastErrorObject':{'n':1,'updatedExisting':false,'upserted':1},'value':{'_id':1,'x':1},'ok':1.0}",
        ),
        (
            r#"{"findAndModify": "a", "query": {"x": 1}, "update": {"y": 2}, "fields": {"_id": 0}}"#,
            "{'lastErrorObject':{'n':1,'updatedExisting':true},'value':{'x':1},'ok':1.0}",
        ),
        (
            r#"{"findAndModify": "a", "query": {"x": 1}, "update": {"y": 2}}"#,
            "{'lastErrorObject':{'n':0,'updatedExisting':false},'value':null,'ok':1.0}",
        ),
        (
            r#"{"findandmodify": "a", "query": {}, "remove": true}"#,
            "{'lastErrorObject':{'n':1},'value':{'_id':1,'y':2},'ok':1.0}",
        ),
    ]);
    for command in [
        r#"{"findAndModify": "a"}"#,
        r#"{"findAndModify": "a", "remove": true, "update": {}}"#,
        r#"{"findAndModify": "a", "remove": true, "new": true}"#,
        r#"{"findAndModify": "a", "remove": true, "upsert": true}"#,
    ] {
        assert_eq!(
            run(&commands(), command).unwrap_err().code().0,
            9,
            "{command}"
        );
    }
}
