//! Transactions over several documents and collections: what they see, what others see of them, when they are refused, and that
//! nothing is left of those that come to nothing.

use ironbase::bson::{RawDoc, doc};
use ironbase::database::options::{
    Common, DeleteOptions, Durability, OpenOptions, TransactionOptions, WriteOptions,
};
use ironbase::database::{Database, Transaction};
use ironbase::error::{Error, Status};

use crate::shell::{Shell, TempDir, code, figure, in_memory, open};

const CONFLICT: i32 = 112;
const NO_SUCH_TRANSACTION: i32 = 251;
const COMMITTED: i32 = 256;
const NOT_SUPPORTED: i32 = 263;

fn begin(database: &Database) -> Transaction {
    database.begin(&TransactionOptions::default()).unwrap()
}

fn is_transient(error: &Error) -> bool {
    error.labels().contains(&"TransientTransactionError")
}

#[test]
fn it_sees_its_own_writes_and_others_see_them_after_the_commit_only() {
    let database = in_memory();
    let (users, orders) = (
        database.collection("users").unwrap(),
        database.collection("orders").unwrap(),
    );
    users.index(doc! { "key": { "age": 1 } }).unwrap();
    users.add_all((0..10).map(|id| doc! { "_id": id, "age": (id * 10) }));

    let transaction = begin(&database);
    let (inside, new) = (
        transaction.collection("users").unwrap(),
        transaction.collection("orders").unwrap(),
    );
    inside.add(doc! { "_id": 10, "age": 5 }).unwrap();
    inside
        .update(doc! { "_id": 3 }, doc! { "$set": { "age": 7 } })
        .unwrap();
    assert_eq!(inside.delete(doc! { "_id": 0 }), 1);
    inside
        .replace(doc! { "_id": 4 }, doc! { "age": 8 }, false)
        .unwrap();
    inside
        .upsert(doc! { "_id": 11 }, doc! { "$set": { "age": 9 } })
        .unwrap();
    new.add(doc! { "_id": 1 }).unwrap();

    let young = doc! { "age": { "$lt": 10 } };
    let by_age = doc! { "sort": { "age": 1 } };
    assert_eq!(inside.ids(young.clone(), by_age.clone()), [10, 3, 4, 11]);
    assert_eq!(inside.count(doc! {}), 11);
    assert_eq!(new.count(doc! {}), 1);
    assert_eq!(users.ids(young.clone(), by_age.clone()), [0]);
    assert_eq!((users.count(doc! {}), orders.count(doc! {})), (10, 0));

    transaction.commit().unwrap();
    assert_eq!(users.ids(young, by_age), [10, 3, 4, 11]);
    assert_eq!((users.count(doc! {}), orders.count(doc! {})), (11, 1));
    // Once more is fine; there is no way back, nor on.
    transaction.commit().unwrap();
    assert_eq!(code(transaction.abort()), COMMITTED);
    assert_eq!(code(inside.raw(doc! {}, doc! {})), COMMITTED);
}

#[test]
fn it_does_not_see_what_others_commit_meanwhile() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.add_all((0..5).map(|id| doc! { "_id": id, "n": 0 }));
    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    things
        .update_all(doc! {}, doc! { "$set": { "n": 1 } })
        .unwrap();
    things.add(doc! { "_id": 9, "n": 1 }).unwrap();
    assert_eq!(inside.count(doc! { "n": 0 }), 5);
    assert_eq!(inside.count(doc! {}), 5);
    // One that has only read commits whatever happened.
    transaction.commit().unwrap();
}

#[test]
fn the_first_committer_wins() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.add_all((0..3).map(|id| doc! { "_id": id, "n": 0 }));
    let (first, second) = (begin(&database), begin(&database));
    let add = |transaction: &Transaction, id: i32| {
        let inside = transaction.collection("things")?;
        inside.update(doc! { "_id": id }, doc! { "$inc": { "n": 1 } })
    };
    add(&first, 0).unwrap();
    add(&second, 0).unwrap();
    add(&second, 1).unwrap();
    first.commit().unwrap();
    let error = second.commit().unwrap_err();
    assert_eq!(
        (error.code().0, error.status()),
        (CONFLICT, Status::Conflict)
    );
    assert!(is_transient(&error));
    // It is aborted, whole.
    assert_eq!(code(second.commit()), NO_SUCH_TRANSACTION);
    assert_eq!(code(add(&second, 2)), NO_SUCH_TRANSACTION);
    second.abort().unwrap();
    assert_eq!(things.count(doc! { "n": 0 }), 2);
    // Different documents of one page do not conflict.
    let (first, second) = (begin(&database), begin(&database));
    add(&first, 0).unwrap();
    add(&second, 1).unwrap();
    first.commit().unwrap();
    second.commit().unwrap();
    assert_eq!(
        things.ids(doc! {}, doc! { "sort": { "n": -1, "_id": 1 } }),
        [0, 1, 2]
    );
}

#[test]
fn a_single_write_since_the_beginning_conflicts_at_the_write_itself() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.add_all((0..3).map(|id| doc! { "_id": id, "n": 0 }));
    for (number, change) in [
        doc! { "$set": { "n": 5 } },
        // Even if it is there again, or gone and back.
        doc! { "$set": { "n": 0 } },
    ]
    .into_iter()
    .enumerate()
    {
        let transaction = begin(&database);
        let inside = transaction.collection("things").unwrap();
        things
            .update(doc! { "_id": 0 }, doc! { "$inc": { "n": 1 } })
            .unwrap();
        things.update(doc! { "_id": 0 }, change).unwrap();
        let error = inside.update(doc! { "_id": 0 }, doc! { "$inc": { "n": 1 } });
        let error = error.unwrap_err();
        assert_eq!(error.code().0, CONFLICT, "{number}");
        assert!(is_transient(&error));
        assert_eq!(code(inside.raw(doc! {}, doc! {})), NO_SUCH_TRANSACTION);
    }
    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    things.add(doc! { "_id": 7 }).unwrap();
    assert_eq!(code(inside.add(doc! { "_id": 7 })), CONFLICT);
}

#[test]
fn unique_keys_are_checked_at_the_write_and_again_at_the_commit() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things
        .index(doc! { "key": { "u": 1 }, "unique": true })
        .unwrap();
    things.add(doc! { "_id": 1, "u": 1 }).unwrap();

    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    inside.add(doc! { "_id": 2, "u": 2 }).unwrap();
    // A failed operation aborts the transaction.
    assert_eq!(code(inside.add(doc! { "_id": 3, "u": 2 })), 11000);
    assert_eq!(code(transaction.commit()), NO_SUCH_TRANSACTION);
    assert_eq!(things.count(doc! {}), 1);

    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    inside.add(doc! { "_id": 2, "u": 2 }).unwrap();
    things.add(doc! { "_id": 3, "u": 2 }).unwrap();
    let error = transaction.commit().unwrap_err();
    assert_eq!(error.code().0, CONFLICT);
    assert!(is_transient(&error));
    assert_eq!(things.ids(doc! {}, doc! { "sort": { "_id": 1 } }), [1, 3]);
}

#[test]
fn an_index_made_meanwhile_has_the_transactions_documents() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.add_all((0..5).map(|id| doc! { "_id": id, "n": id }));
    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    inside.add(doc! { "_id": 9, "n": 9 }).unwrap();
    inside.delete(doc! { "_id": 0 });
    things.index(doc! { "key": { "n": 1 } }).unwrap();
    transaction.commit().unwrap();
    let hinted = doc! { "hint": "n_1" };
    assert_eq!(things.ids(doc! {}, hinted), [1, 2, 3, 4, 9]);
}

#[test]
fn collections_and_indexes_made_in_it_come_with_the_commit() {
    let database = in_memory();
    let transaction = begin(&database);
    transaction
        .create_collection("made", RawDoc::EMPTY)
        .unwrap();
    let inside = transaction.collection("made").unwrap();
    inside
        .index(doc! { "key": { "n": 1 }, "unique": true })
        .unwrap();
    inside.add(doc! { "_id": 1, "n": 1 }).unwrap();
    let made = database.collection("made").unwrap();
    assert_eq!(code(made.list_indexes()), 26);
    transaction.commit().unwrap();
    assert_eq!(made.index_names(), ["_id_", "n_1"]);
    assert_eq!(code(made.add(doc! { "_id": 2, "n": 1 })), 11000);

    // Made by two: one is refused.
    let (first, second) = (begin(&database), begin(&database));
    for transaction in [&first, &second] {
        transaction
            .collection("twice")
            .unwrap()
            .add(doc! { "n": 1 })
            .unwrap();
    }
    first.commit().unwrap();
    assert_eq!(code(second.commit()), CONFLICT);
    assert_eq!(database.collection("twice").unwrap().count(doc! {}), 1);
    // Dropped meanwhile.
    let transaction = begin(&database);
    transaction
        .collection("made")
        .unwrap()
        .add(doc! { "n": 5 })
        .unwrap();
    made.drop().unwrap();
    assert_eq!(code(transaction.commit()), CONFLICT);
}

#[test]
fn what_mongodb_does_not_do_in_transactions_is_refused() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.add(doc! { "_id": 1 }).unwrap();
    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    assert_eq!(code(inside.drop()), NOT_SUPPORTED);
    // That aborted it; each of the others has one of its own.
    let refused = |what: &dyn Fn(&Transaction) -> i32| {
        assert_eq!(what(&begin(&database)), NOT_SUPPORTED);
    };
    let index = || doc! { "key": { "n": 1 } };
    refused(&|t| code(t.collection("things").unwrap().index(index())));
    refused(&|t| code(t.collection("things").unwrap().drop_index("n_1")));
    refused(&|t| code(t.collection("things").unwrap().list_indexes()));
    refused(&|t| {
        let things = t.collection("things").unwrap();
        code(things.estimated_document_count(&Common::default()))
    });
    refused(&|t| {
        let new = t.collection("new").unwrap();
        new.add(doc! {}).unwrap();
        code(new.index(index()))
    });
    assert!(database.collection("new").unwrap().count(doc! {}) == 0);
    let options = doc! { "capped": true, "size": 10000 }.to_bytes();
    database
        .create_collection("capped", RawDoc::new(&options).unwrap())
        .unwrap();
    database
        .collection("capped")
        .unwrap()
        .add(doc! { "_id": 1 })
        .unwrap();
    refused(&|t| code(t.collection("capped").unwrap().add(doc! {})));
    refused(&|t| {
        code(
            t.collection("capped")
                .unwrap()
                .update(doc! {}, doc! { "$set": { "n": 1 } }),
        )
    });
    refused(&|t| {
        code(
            t.collection("capped")
                .unwrap()
                .update_all(doc! {}, doc! { "$set": { "n": 1 } }),
        )
    });
}

#[test]
fn nothing_is_left_of_one_that_is_aborted_or_dropped_or_outlives_its_time() {
    let directory = TempDir::new();
    let database = open(&directory);
    let things = database.collection("things").unwrap();
    things.add_all((0..200).map(|id| doc! { "_id": id, "text": ("x".repeat(500)) }));
    database.checkpoint().unwrap();
    let pages = || {
        figure(&database, "collectionStats.0.pages")
            - figure(&database, "collectionStats.0.freePages")
    };
    let (before, files) = (
        pages(),
        std::fs::read_dir(directory.database()).unwrap().count(),
    );
    for how in 0..3 {
        let options = TransactionOptions {
            lifetime_limit_seconds: 1,
            ..TransactionOptions::default()
        };
        let transaction = database.begin(&options).unwrap();
        let inside = transaction.collection("things").unwrap();
        inside
            .update_all(doc! {}, doc! { "$set": { "n": how } })
            .unwrap();
        inside.add_all((1000..1500).map(|id| doc! { "_id": id }));
        transaction
            .collection("passing")
            .unwrap()
            .add(doc! { "n": 1 })
            .unwrap();
        let cursor = inside.cursor(doc! {}, doc! {}).unwrap();
        match how {
            0 => transaction.abort().unwrap(),
            1 => drop(transaction),
            _ => {
                std::thread::sleep(std::time::Duration::from_millis(1100));
                let error = inside.raw(doc! {}, doc! {}).unwrap_err();
                assert_eq!(error.code().0, NO_SUCH_TRANSACTION);
                assert!(is_transient(&error));
                assert_eq!(code(transaction.commit()), NO_SUCH_TRANSACTION);
            }
        }
        assert_eq!(code(crate::shell::drain(cursor)), NO_SUCH_TRANSACTION);
        assert_eq!(
            code(inside.delete_one(&doc! {}.to_bytes(), &DeleteOptions::default())),
            NO_SUCH_TRANSACTION
        );
    }
    assert_eq!(things.count(doc! { "n": { "$exists": true } }), 0);
    things.add(doc! { "_id": 500 }).unwrap();
    database.checkpoint().unwrap();
    things
        .update(doc! { "_id": 500 }, doc! { "$set": { "n": 1 } })
        .unwrap();
    database.checkpoint().unwrap();
    // A page more or less for the documents added since, and the map's.
    assert!(
        (before - 2..=before + 2).contains(&pages()),
        "{before} pages, now {}",
        pages()
    );
    assert_eq!(
        std::fs::read_dir(directory.database()).unwrap().count(),
        files
    );
    drop((things, database));
    let database = open(&directory);
    assert_eq!(database.collection("things").unwrap().count(doc! {}), 201);
}

#[test]
fn a_cursor_sees_the_transaction_as_it_was_when_it_was_opened_and_ends_with_it() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    let text = "x".repeat(1000);
    things.add_all((0..1000).map(|id| doc! { "_id": id, "text": (text.as_str()) }));
    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    inside.add(doc! { "_id": 1000 }).unwrap();
    let mut cursor = inside.cursor(doc! {}, doc! {}).unwrap();
    cursor.next().unwrap();
    // Much is changed, moved and freed behind its back.
    inside.delete_all(doc! { "_id": { "$gte": 500 } });
    inside
        .update_all(doc! {}, doc! { "$set": { "text": ("y".repeat(3000)) } })
        .unwrap();
    inside.add_all((2000..3000).map(|id| doc! { "_id": id }));
    assert_eq!(1 + crate::shell::drain(cursor).unwrap().len(), 1001);
    assert_eq!(inside.count(doc! {}), 1500);
    let cursor = inside.cursor(doc! {}, doc! {}).unwrap();
    transaction.commit().unwrap();
    assert_eq!(code(crate::shell::drain(cursor)), COMMITTED);
    assert_eq!(things.count(doc! {}), 1500);
}

#[test]
fn a_write_to_many_meets_no_document_twice() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    things.index(doc! { "key": { "n": 1 } }).unwrap();
    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    inside.add_all((0..2000).map(|id| doc! { "_id": id, "n": id }));
    let result = inside.update_all(doc! { "n": { "$gte": 0 } }, doc! { "$inc": { "n": 1000 } });
    assert_eq!(result.unwrap().modified_count, 2000);
    transaction.commit().unwrap();
    assert_eq!(
        things.count(doc! { "n": { "$gte": 1000, "$lt": 3000 } }),
        2000
    );
}

#[test]
fn write_skew_is_possible() {
    let database = in_memory();
    let doctors = database.collection("doctors").unwrap();
    doctors.add_all((0..2).map(|id| doc! { "_id": id, "onCall": true }));
    let (first, second) = (begin(&database), begin(&database));
    for (id, transaction) in [&first, &second].into_iter().enumerate() {
        let inside = transaction.collection("doctors").unwrap();
        assert_eq!(inside.count(doc! { "onCall": true }), 2);
        inside
            .update(
                doc! { "_id": (id as i32) },
                doc! { "$set": { "onCall": false } },
            )
            .unwrap();
    }
    first.commit().unwrap();
    second.commit().unwrap();
    assert_eq!(doctors.count(doc! { "onCall": true }), 0);
}

#[test]
fn closing_the_database_aborts_it() {
    let directory = TempDir::new();
    let database = open(&directory);
    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    inside.add(doc! { "_id": 1 }).unwrap();
    database.close().unwrap();
    assert_eq!(
        inside.raw(doc! {}, doc! {}).unwrap_err().status(),
        Status::Closed
    );
    assert_eq!(transaction.commit().unwrap_err().status(), Status::Closed);
    drop(transaction);
    let database = open(&directory);
    assert_eq!(database.collection("things").unwrap().count(doc! {}), 0);
}

#[test]
fn a_database_opened_for_reading_has_transactions_that_read() {
    let directory = TempDir::new();
    open(&directory)
        .collection("things")
        .unwrap()
        .add(doc! { "_id": 1 })
        .unwrap();
    let options = OpenOptions {
        read_only: true,
        ..OpenOptions::default()
    };
    let database = Database::open(&directory.database(), options).unwrap();
    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    assert_eq!(inside.count(doc! {}), 1);
    assert_eq!(
        inside.add(doc! { "_id": 2 }).unwrap_err().status(),
        Status::ReadOnly
    );
}

#[test]
fn its_memory_is_bounded() {
    let directory = TempDir::new();
    let options = OpenOptions {
        cache_bytes: 2 << 20,
        ..OpenOptions::default()
    };
    let database = Database::open(&directory.database(), options).unwrap();
    let things = database.collection("things").unwrap();
    things.index(doc! { "key": { "n": 1 } }).unwrap();
    let transaction = begin(&database);
    let inside = transaction.collection("things").unwrap();
    let text = "x".repeat(500);
    for start in (0..20_000).step_by(1000) {
        let numbers = start..start + 1000;
        inside
            .add_all(numbers.map(|id| doc! { "_id": id, "n": (id % 7), "text": (text.as_str()) }));
        let dirty = figure(&database, "storage.dirtyBytes");
        assert!(dirty < 3 << 20, "{dirty} bytes of pages in memory");
    }
    inside
        .update_all(doc! { "n": 3 }, doc! { "$set": { "n": 100 } })
        .unwrap();
    transaction.commit().unwrap();
    drop((inside, transaction, things, database));
    let database = Database::open(&directory.database(), OpenOptions::default()).unwrap();
    let things = database.collection("things").unwrap();
    assert_eq!(things.count(doc! {}), 20_000);
    assert_eq!(things.count(doc! { "n": 100 }), 2857);
}

#[test]
fn its_commit_is_as_safe_as_it_was_begun_with() {
    let directory = TempDir::new();
    let database = Database::open(&directory.database(), OpenOptions::default()).unwrap();
    let syncs = || figure(&database, "storage.syncs");
    for (durability, expected) in [
        (None, 1),
        (Some(Durability::None), 0),
        (Some(Durability::Full), 1),
    ] {
        let options = TransactionOptions {
            durability,
            ..TransactionOptions::default()
        };
        let transaction = database.begin(&options).expect("begun");
        let inside = transaction.collection("c").expect("named");
        inside
            .insert_one(&doc! {}.to_bytes(), &WriteOptions::default())
            .expect("inserted");
        let before = syncs();
        transaction.commit().expect("committed");
        assert_eq!(syncs() - before, expected, "{durability:?}");
    }
    let refused =
        TransactionOptions::from_bson(RawDoc::trusted(&doc! { "durability": "some" }.to_bytes()));
    assert!(refused.is_err());
}

#[test]
fn figures_tell_of_the_versions_that_are_held() {
    let database = in_memory();
    let things = database.collection("things").unwrap();
    let insert = || {
        let options = WriteOptions::default();
        things.insert_one(&doc! {}.to_bytes(), &options).unwrap()
    };
    insert();
    let seen = figure(&database, "storage.visibleLsn");
    let idle = figure(&database, "storage.snapshots");
    let transaction = begin(&database);
    (0..100).for_each(|_| {
        insert();
    });
    assert_eq!(figure(&database, "storage.transactions"), 1);
    assert_eq!(figure(&database, "storage.snapshots"), idle + 1);
    assert!(figure(&database, "storage.oldestSnapshotLsn") <= seen);
    assert!(figure(&database, "storage.deadPages") > 0);
    transaction.abort().unwrap();
    assert_eq!(figure(&database, "storage.transactions"), 0);
}
