//! `distinct`, constants of updates, figures, changes of collections: their replies.

use super::{commands, run, script};

#[test]
fn distinct_gives_values_under_a_collation_and_by_an_index() {
    script(&[
        (
            r#"{"insert": "a", "documents": [{"_id": 1, "x": ["b", "a"]}, {"_id": 2, "x": "B"}, {"_id": 3}]}"#,
            "{'n':3,'ok':1.0}",
        ),
        (
            r#"{"distinct": "a", "key": "x"}"#,
            "{'values':['b','a','B'],'ok':1.0}",
        ),
        (
            r#"{"distinct": "a", "key": "x", "query": {"_id": {"$gt": 1}}, "comment": "c", "maxTimeMS": 9000}"#,
            "{'values':['B'],'ok':1.0}",
        ),
        (
            r#"{"distinct": "a", "key": "x", "collation": {"locale": "en", "strength": 2}}"#,
            "{'values':['b','a'],'ok':1.0}",
        ),
        (
            r#"{"createIndexes": "a", "indexes": [{"key": {"x": 1}, "name": "x_1"}]}"#,
            "{'numIndexesBefore':1,'numIndexesAfter':2,'createdCollectionAutomatically':false,'ok':1.0}",
        ),
        (
            r#"{"distinct": "a", "key": "x", "hint": "x_1"}"#,
            "{'values':['B','b','a'],'ok':1.0}",
        ),
        (
            r#"{"distinct": "none", "key": "x", "query": null}"#,
            "{'values':[],'ok':1.0}",
        ),
    ]);
}

#[test]
fn constants_are_the_pipelines_alone() {
    script(&[
        (
            r#"{"insert": "a", "documents": [{"_id": 1, "x": 1}]}"#,
            "{'n':1,'ok':1.0}",
        ),
        (
            r#"{"update": "a", "updates": [{"q": {"_id": 1}, "u": [{"$set": {"x": "$$add", "y": "$$z"}}],
                "c": {"add": {"$add": [1, 1]}}}], "let": {"z": {"$add": [1, 1]}, "add": 0}}"#,
            "{'n':1,'nModified':1,'ok':1.0}",
        ),
        (
            r#"{"find": "a"}"#,
            "{'cursor':{'firstBatch':[{'_id':1,'x':{'$add':[1,1]},'y':2}],'id':0,'ns':'shop.a'},'ok':1.0}",
        ),
        (
            r#"{"bulkWrite": 1, "ops": [{"update": 0, "filter": {"_id": 1}, "updateMods": [{"$set": {"x": "$$n"}}], "constants": {"n": 5}}],
                "nsInfo": [{"ns": "shop.a"}], "errorsOnly": true}"#,
            "{'cursor':{'firstBatch':[],'id':0,'ns':'admin.$cmd.bulkWrite'},'nErrors':0,'nInserted':0,'nMatched':1,'nModified':1,\
             'nUpserted':0,'nDeleted':0,'ok':1.0}",
        ),
        (
            r#"{"update": "a", "updates": [{"q": {}, "u": {"$set": {"x": 1}}, "c": {"n": 1}}]}"#,
            "{'n':0,'nModified':0,'writeErrors':[{'index':0,'code':51198,'errmsg':\
             'Constant values may only be specified for pipeline updates'}],'ok':1.0}",
        ),
        (
            r#"{"update": "a", "updates": [{"q": {"$expr": {"$eq": ["$x", "$$n"]}}, "u": [{"$set": {"x": 1}}], "c": {"n": 5}}]}"#,
            "{'n':0,'nModified':0,'writeErrors':[{'index':0,'code':17276,'errmsg':'Use of undefined variable: n'}],'ok':1.0}",
        ),
    ]);
}

#[test]
fn figures_have_mongodbs_names_and_follow_the_scale() {
    let commands = commands();
    let field = |command: &str, name: &str| {
        let reply = run(&commands, command).unwrap();
        let reply: serde_json::Value = serde_json::from_str(&reply).unwrap();
        reply[name].clone()
    };
    run(
        &commands,
        r#"{"create": "c", "capped": true, "size": 4096, "max": 5}"#,
    )
    .unwrap();
    let insert = r#"{"insert": "a", "documents": [{"_id": 1, "x": 1}, {"_id": 2, "x": 2}]}"#;
    run(&commands, insert).unwrap();
    let index = r#"{"createIndexes": "a", "indexes": [{"key": {"x": 1}, "name": "x_1"}]}"#;
    run(&commands, index).unwrap();

    let stats = r#"{"collStats": "a"}"#;
    assert_eq!(field(stats, "ns"), "shop.a");
    assert_eq!(field(stats, "count"), 2);
    assert_eq!(field(stats, "capped"), false);
    assert_eq!(field(stats, "nindexes"), 2);
    assert_eq!(field(stats, "indexSizes")["_id_"], 0);
    let number = |command: &str, name: &str| field(command, name).as_f64().unwrap();
    let size = number(stats, "size");
    assert!((46.0..80.0).contains(&size), "{size}");
    assert_eq!(number(stats, "avgObjSize"), (size / 2.0).floor());
    let (storage, index) = (
        number(stats, "storageSize"),
        number(stats, "totalIndexSize"),
    );
    assert!(storage >= 8192.0 && index >= 8192.0, "{storage} {index}");
    assert_eq!(number(stats, "totalSize"), storage + index);
    let scaled = r#"{"collStats": "a", "scale": 1024.9}"#;
    assert_eq!(number(scaled, "storageSize"), storage / 1024.0);
    assert_eq!(field(scaled, "scaleFactor"), 1024);
    assert_eq!(field(scaled, "size"), 0);
    assert_eq!(field(r#"{"collStats": "c"}"#, "max"), 5);
    assert_eq!(field(r#"{"collStats": "c", "scale": 1024}"#, "maxSize"), 4);
    assert_eq!(field(r#"{"collStats": "none"}"#, "storageSize"), 0);

    let all = r#"{"dbStats": 1, "scale": 1024, "freeStorage": 1}"#;
    assert_eq!(field(all, "db"), "shop");
    assert_eq!(
        (field(all, "collections"), field(all, "objects")),
        (2.into(), 2.into())
    );
    assert_eq!(field(all, "indexes"), 3);
    let free = number(all, "freeStorageSize") + number(all, "indexFreeStorageSize");
    assert_eq!(number(all, "totalFreeStorageSize"), free);
    assert!(field(r#"{"dbStats": 1}"#, "freeStorageSize").is_null());
    for command in [
        r#"{"collStats": "a", "scale": 0}"#,
        r#"{"dbStats": 1, "scale": -1}"#,
    ] {
        assert_eq!(
            run(&commands, command).unwrap_err().code().0,
            51024,
            "{command}"
        );
    }
}

#[test]
fn a_capped_collections_limits_can_be_changed() {
    script(&[
        (
            r#"{"create": "c", "capped": true, "size": 4096, "max": 3}"#,
            "{'ok':1.0}",
        ),
        (
            r#"{"insert": "c", "documents": [{"_id": 1}, {"_id": 2}, {"_id": 3}]}"#,
            "{'n':3,'ok':1.0}",
        ),
        (
            r#"{"collMod": "c", "cappedMax": 2, "cappedSize": 1000}"#,
            "{'ok':1.0}",
        ),
        (r#"{"count": "c"}"#, "{'n':3,'ok':1.0}"),
        (
            r#"{"insert": "c", "documents": [{"_id": 4}]}"#,
            "{'n':1,'ok':1.0}",
        ),
        (
            r#"{"distinct": "c", "key": "_id"}"#,
            "{'values':[3,4],'ok':1.0}",
        ),
        (
            r#"{"listCollections": 1, "filter": {"options.size": 1024, "options.max": 2}, "nameOnly": true}"#,
            "{'cursor':{'firstBatch':[{'name':'c','type':'collection'}],'id':0,'ns':'shop.$cmd.listCollections'},'ok':1.0}",
        ),
        (r#"{"collMod": "c", "cappedMax": 0}"#, "{'ok':1.0}"),
        (
            r#"{"insert": "c", "documents": [{"_id": 5}]}"#,
            "{'n':1,'ok':1.0}",
        ),
        (r#"{"count": "c"}"#, "{'n':3,'ok':1.0}"),
    ]);
    let commands = commands();
    run(&commands, r#"{"create": "a"}"#).unwrap();
    for (command, code) in [
        (r#"{"collMod": "a", "cappedSize": 1000}"#, 72),
        (r#"{"collMod": "a", "cappedMax": 5}"#, 72),
        (
            r#"{"collMod": "a", "index": {"name": "x_1", "hidden": true}}"#,
            2,
        ),
        (r#"{"collMod": "a", "cappedSize": 0}"#, 51024),
        (r#"{"collMod": "none", "cappedSize": 1000}"#, 26),
    ] {
        assert_eq!(
            run(&commands, command).unwrap_err().code().0,
            code,
            "{command}"
        );
    }
}

#[test]
fn a_clustered_index_keeps_its_name() {
    script(&[
        (
            r#"{"create": "a", "clusteredIndex": {"key": {"_id": 1}, "unique": true, "name": "order"}}"#,
            "{'ok':1.0}",
        ),
        (
            r#"{"listIndexes": "a"}"#,
            "{'cursor':{'firstBatch':[{'v':2,'key':{'_id':1},'name':'order','unique':true,'clustered':true}],'id':0,'ns':'shop.a'},'ok':1.0}",
        ),
        (
            r#"{"insert": "a", "documents": [{"_id": 1}, {"_id": 2}]}"#,
            "{'n':2,'ok':1.0}",
        ),
        (
            r#"{"find": "a", "hint": "order", "returnKey": true, "skip": 1}"#,
            "{'cursor':{'firstBatch':[{'_id':2}],'id':0,'ns':'shop.a'},'ok':1.0}",
        ),
        (
            r#"{"find": "a", "min": {"_id": 2}, "hint": "order"}"#,
            "{'cursor':{'firstBatch':[{'_id':2}],'id':0,'ns':'shop.a'},'ok':1.0}",
        ),
    ]);
}

#[test]
fn a_server_tells_its_version_and_how_long_it_has_been_up() {
    let commands = commands();
    let reply = |command: &str| {
        let reply = run(&commands, command).unwrap();
        serde_json::from_str::<serde_json::Value>(&reply).unwrap()
    };
    let info = reply(r#"{"buildInfo": 1}"#);
    let version = info["versionArray"].as_array().unwrap();
    let shown: Vec<String> = version.iter().map(ToString::to_string).collect();
    assert_eq!(info["version"], shown.join("."));
    assert_eq!(info["behavesAs"], "8.2");
    let before = reply(r#"{"serverStatus": 1}"#)["uptimeMillis"]
        .as_i64()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(5));
    let status = reply(r#"{"serverStatus": 1}"#);
    assert!(
        status["uptimeMillis"].as_i64().unwrap() >= before + 5,
        "{status}"
    );
    assert_eq!(status["process"], "ironbase");
}
