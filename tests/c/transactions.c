/* Transactions: what they see, conflicts, ends of every kind, and misuse from several threads. */
#include "check.h"

#include <pthread.h>

static ironbase_db_t *db;
static ironbase_collection_t *things;
static ironbase_error_t *error;
static char *out;

static ironbase_txn_t *begin(void) {
    ironbase_txn_t *txn = NULL;
    CHECK_OK(ironbase_txn_begin(db, NULL, 0, &txn, &error));
    return txn;
}

static ironbase_collection_t *within(ironbase_txn_t *txn) {
    ironbase_collection_t *collection = NULL;
    CHECK_OK(ironbase_txn_collection(txn, "things", NUL, &collection, &error));
    return collection;
}

static void commit_and_abort(void) {
    ironbase_txn_t *txn = begin();
    ironbase_collection_t *inside = within(txn);
    CHECK_OK(ironbase_collection_insert_one(inside, "{\"_id\": 1, \"n\": 1}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_RESULT(ironbase_collection_find_one(inside, "{\"_id\": 1}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"_id\":1,\"n\":1}");
    CHECK_DONE(ironbase_collection_find_one(things, "{\"_id\": 1}", NUL, NULL, 0, &out, NULL, &error));
    CHECK_OK(ironbase_txn_commit(txn, &error));
    CHECK_OK(ironbase_txn_commit(txn, &error));
    CHECK_ERROR(ironbase_txn_abort(txn, &error), IRONBASE_ERROR_CLOSED, 256, "committed", "");
    CHECK_ERROR(ironbase_collection_find_one(inside, NULL, 0, NULL, 0, &out, NULL, &error), IRONBASE_ERROR_CLOSED,
                256, "committed", "");
    ironbase_txn_free(txn);
    ironbase_collection_free(inside);
    CHECK_RESULT(ironbase_collection_find_one(things, "{\"_id\": 1}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"_id\":1,\"n\":1}");

    txn = begin();
    inside = within(txn);
    CHECK_OK(ironbase_collection_delete_many(inside, "{}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_txn_abort(txn, &error));
    CHECK_OK(ironbase_txn_abort(txn, &error));
    CHECK_ERROR(ironbase_txn_commit(txn, &error), IRONBASE_ERROR_NOT_FOUND, 251, "aborted", "\"labels\":[]");
    /* Freed in the other order. */
    ironbase_collection_free(inside);
    ironbase_txn_free(txn);

    /* Freeing aborts; cursors and collections may outlive it. */
    ironbase_cursor_t *cursor = NULL;
    const char *document = NULL;
    txn = begin();
    inside = within(txn);
    CHECK_OK(ironbase_collection_update_many(inside, "{}", NUL, "{\"$set\": {\"n\": 2}}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_collection_find(inside, NULL, 0, NULL, 0, &cursor, &error));
    ironbase_txn_free(txn);
    CHECK_ERROR(ironbase_cursor_next(cursor, &document, NULL, &error), IRONBASE_ERROR_NOT_FOUND, 251, "aborted", "");
    CHECK_ERROR(ironbase_collection_insert_one(inside, "{}", NUL, NULL, 0, NULL, NULL, &error),
                IRONBASE_ERROR_NOT_FOUND, 251, "aborted", "");
    ironbase_cursor_free(cursor);
    ironbase_collection_free(inside);
    CHECK_RESULT(ironbase_collection_find_one(things, "{\"_id\": 1}", NUL, NULL, 0, &out, NULL, &error),
                 "{\"_id\":1,\"n\":1}");
}

static void conflicts(void) {
    ironbase_txn_t *txn = begin();
    ironbase_collection_t *inside = within(txn);
    const char *increment = "{\"$inc\": {\"n\": 1}}";
    CHECK_OK(ironbase_collection_update_one(things, "{\"_id\": 1}", NUL, increment, NUL, NULL, 0, NULL, NULL, &error));
    ironbase_status_t status =
        ironbase_collection_update_one(inside, "{\"_id\": 1}", NUL, increment, NUL, NULL, 0, NULL, NULL, &error);
    CHECK(ironbase_error_has_label(error, "TransientTransactionError"));
    check_error(__LINE__, "update_one", status, &error, IRONBASE_ERROR_CONFLICT, 112, "Write conflict",
                "TransientTransactionError");
    CHECK_ERROR(ironbase_txn_commit(txn, &error), IRONBASE_ERROR_NOT_FOUND, 251, "aborted", "");
    ironbase_collection_free(inside);
    ironbase_txn_free(txn);

    txn = begin();
    inside = within(txn);
    CHECK_ERROR(ironbase_collection_drop(inside, &error), IRONBASE_ERROR_QUERY, 263,
                "Cannot run 'drop' in a multi-document transaction.", "");
    ironbase_collection_free(inside);
    ironbase_txn_free(txn);
}

static void bad_arguments(void) {
    ironbase_txn_t *txn = NULL;
    ironbase_collection_t *inside = NULL;
    CHECK_ARGUMENT(ironbase_txn_begin(NULL, NULL, 0, &txn, &error), "db is NULL");
    CHECK_ARGUMENT(ironbase_txn_begin(db, NULL, 0, NULL, &error), "out is NULL");
    CHECK_ERROR(ironbase_txn_begin(db, "{\"lifetime\": 1}", NUL, &txn, &error), IRONBASE_ERROR_ARGUMENT, 40415,
                "transactionLifetimeLimitSeconds", "");
    CHECK_ERROR(ironbase_txn_begin(db, "{\"readConcern\": {\"level\": \"linearizable\"}}", NUL, &txn, &error),
                IRONBASE_ERROR_ARGUMENT, 2, "snapshot", "");
    CHECK(txn == NULL);
    CHECK_ARGUMENT(ironbase_txn_commit(NULL, &error), "txn is NULL");
    CHECK_ARGUMENT(ironbase_txn_abort(NULL, &error), "txn is NULL");
    CHECK_ARGUMENT(ironbase_txn_collection(NULL, "a", NUL, &inside, &error), "txn is NULL");
    CHECK_ARGUMENT(ironbase_txn_commit((ironbase_txn_t *)db, &error), "txn is not a ironbase_txn_t");
    CHECK_OK(ironbase_txn_begin(db, "{\"readConcern\": {\"level\": \"snapshot\"}}", NUL, &txn, &error));
    CHECK_ERROR(ironbase_txn_collection(txn, "a$b", NUL, &inside, &error), IRONBASE_ERROR_QUERY, 73, "a$b", "");
    CHECK_ARGUMENT(ironbase_txn_collection(txn, "a", NUL, NULL, &error), "out is NULL");
    ironbase_txn_free(txn);
    ironbase_txn_free(NULL);
}

enum { THREADS = 6, ROUNDS = 120 };

static ironbase_txn_t *shared;
static ironbase_collection_t *shared_things;

/* Everybody works in one transaction, and some end it. Each call succeeds or says that it is over. */
static void *misuse(void *argument) {
    int number = *(int *)argument;
    for (int round = 0; round < ROUNDS; round++) {
        ironbase_error_t *mine = NULL;
        ironbase_status_t status;
        char text[64], *found = NULL;
        ironbase_cursor_t *cursor = NULL;
        const char *document = NULL;
        snprintf(text, sizeof text, "{\"_id\": \"%d-%d\"}", number, round);
        switch ((number + round) % 4) {
        case 0:
            status = ironbase_collection_insert_one(shared_things, text, NUL, NULL, 0, NULL, NULL, &mine);
            break;
        case 1:
            status = ironbase_collection_find(shared_things, NULL, 0, NULL, 0, &cursor, &mine);
            while (status == IRONBASE_OK) {
                status = ironbase_cursor_next(cursor, &document, NULL, &mine);
            }
            ironbase_cursor_free(cursor);
            break;
        case 2:
            status = ironbase_collection_update_many(shared_things, "{}", NUL, "{\"$inc\": {\"m\": 1}}", NUL, NULL, 0,
                                                     &found, NULL, &mine);
            break;
        default:
            if (round == ROUNDS - 1 - number * 3) {
                status = number % 2 == 0 ? ironbase_txn_commit(shared, &mine) : ironbase_txn_abort(shared, &mine);
            } else {
                status = ironbase_collection_find_one(shared_things, text, NUL, NULL, 0, &found, NULL, &mine);
            }
        }
        int32_t code = mine == NULL ? 0 : ironbase_error_code(mine);
        if (status < IRONBASE_OK && code != 251 && code != 256) {
            check_fail(__LINE__, "misuse", ironbase_error_message(mine), "an ended transaction");
        }
        ironbase_string_free(found);
        ironbase_error_free(mine);
    }
    return NULL;
}

static void many_threads(void) {
    pthread_t threads[THREADS];
    int numbers[THREADS];
    shared = begin();
    shared_things = within(shared);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, misuse, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ironbase_collection_free(shared_things);
    ironbase_txn_free(shared);
    CHECK_OK(ironbase_collection_insert_one(things, "{\"_id\": \"after\"}", NUL, NULL, 0, NULL, NULL, &error));
}

int main(void) {
    CHECK_OK(ironbase_open("app.mlite", NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
    commit_and_abort();
    conflicts();
    bad_arguments();
    many_threads();

    /* A transaction may outlive its database, and be freed after it. */
    ironbase_txn_t *txn = begin();
    ironbase_collection_t *inside = within(txn);
    CHECK_OK(ironbase_collection_insert_one(inside, "{\"_id\": \"never\"}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_db_close(db, &error));
    CHECK_ERROR(ironbase_txn_commit(txn, &error), IRONBASE_ERROR_CLOSED, 0, "is closed", "");
    ironbase_collection_free(things);
    ironbase_db_free(db);
    ironbase_txn_free(txn);
    ironbase_collection_free(inside);

    CHECK_OK(ironbase_open("app.mlite", NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
    CHECK_DONE(ironbase_collection_find_one(things, "{\"_id\": \"never\"}", NUL, NULL, 0, &out, NULL, &error));
    ironbase_collection_free(things);
    ironbase_db_free(db);
    return check_end();
}
