/* Handles: mixed up, used after closing, freed in every order. */
#include "check.h"

#define CLOSED IRONBASE_ERROR_CLOSED

static ironbase_db_t *open_one(const char *path) {
    ironbase_error_t *error = NULL;
    ironbase_db_t *db = NULL;
    CHECK_OK(ironbase_open(path, "{\"durability\": \"none\"}", NUL, &db, &error));
    return db;
}

static void a_handle_of_another_kind_is_refused(void) {
    ironbase_error_t *error = NULL;
    ironbase_db_t *db = open_one("kinds.mlite");
    ironbase_collection_t *users = NULL;
    ironbase_cursor_t *cursor = NULL;
    const char *document = NULL;
    char *out = NULL;
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK_OK(ironbase_collection_find(users, NULL, 0, NULL, 0, &cursor, &error));

    CHECK_ARGUMENT(ironbase_db_checkpoint((ironbase_db_t *)users, &error), "db is not a ironbase_db_t");
    CHECK_ARGUMENT(ironbase_collection_drop((ironbase_collection_t *)db, &error), "collection is not a ironbase_collection_t");
    CHECK_ARGUMENT(ironbase_collection_drop((ironbase_collection_t *)cursor, &error), "collection is not");
    CHECK_ARGUMENT(ironbase_cursor_next((ironbase_cursor_t *)users, &document, NULL, &error), "cursor is not a ironbase_cursor_t");
    CHECK_ARGUMENT(ironbase_cursor_next_batch((ironbase_cursor_t *)db, 0, 0, 0, &out, NULL, NULL, &error), "cursor is not");
    CHECK_ARGUMENT(ironbase_db_close((ironbase_db_t *)((char *)db + 1), &error), "db is not");
    CHECK(ironbase_error_code((ironbase_error_t *)db) == 0);
    CHECK_TEXT(ironbase_error_message((ironbase_error_t *)db), "");

    /* Freeing through the wrong function does nothing. */
    ironbase_db_free((ironbase_db_t *)users);
    ironbase_collection_free((ironbase_collection_t *)cursor);
    ironbase_cursor_free((ironbase_cursor_t *)db);
    ironbase_error_free((ironbase_error_t *)db);
    CHECK_DONE(ironbase_cursor_next(cursor, &document, NULL, &error));

    ironbase_cursor_free(cursor);
    ironbase_collection_free(users);
    ironbase_db_free(db);
}

/* `closing` ends the database: by closing it, or by freeing its handle. */
static void children_outlive_their_database(int freed) {
    ironbase_error_t *error = NULL;
    ironbase_db_t *db = open_one("children.mlite");
    ironbase_collection_t *users = NULL;
    ironbase_collection_t *more = NULL;
    ironbase_cursor_t *fresh = NULL;
    ironbase_cursor_t *used = NULL;
    const char *document = NULL;
    char *out = NULL;
    int64_t number = 0;

    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK_OK(ironbase_collection_insert_many(users, "{\"a\": 1} {\"a\": 2} {\"a\": 3}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_collection_find(users, NULL, 0, NULL, 0, &fresh, &error));
    CHECK_OK(ironbase_collection_find(users, NULL, 0, NULL, 0, &used, &error));
    CHECK_OK(ironbase_cursor_next(used, &document, NULL, &error));

    if (freed) {
        ironbase_db_free(db);
    } else {
        CHECK_OK(ironbase_db_close(db, &error));
        CHECK_OK(ironbase_db_close(db, &error));
        CHECK_ERROR(ironbase_db_collection(db, "users", NUL, &more, &error), CLOSED, 0, "closed", "{");
        CHECK_ERROR(ironbase_db_create_collection(db, "users", NUL, NULL, 0, &error), CLOSED, 0, "closed", "{");
        CHECK_ERROR(ironbase_db_rename_collection(db, "a", NUL, "b", NUL, NULL, 0, &error), CLOSED, 0, "closed", "{");
        CHECK_ERROR(ironbase_db_list_collections(db, NULL, 0, &out, NULL, &error), CLOSED, 0, "closed", "{");
        CHECK_ERROR(ironbase_db_checkpoint(db, &error), CLOSED, 0, "closed", "{");
        CHECK_ERROR(ironbase_db_stats(db, NULL, 0, &out, NULL, &error), CLOSED, 0, "closed", "{");
    }

    CHECK_ERROR(ironbase_collection_insert_one(users, "{}", NUL, NULL, 0, &out, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_insert_many(users, "{}", NUL, NULL, 0, &out, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_find_one(users, NULL, 0, NULL, 0, &out, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_count_documents(users, NULL, 0, NULL, 0, &number, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_update_one(users, "{}", NUL, "{\"$set\": {\"a\": 1}}", NUL, NULL, 0, &out, NULL, &error),
                CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_update_many(users, "{}", NUL, "{\"$set\": {\"a\": 1}}", NUL, NULL, 0, &out, NULL, &error),
                CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_replace_one(users, "{}", NUL, "{}", NUL, NULL, 0, &out, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_delete_one(users, "{}", NUL, NULL, 0, &out, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_delete_many(users, "{}", NUL, NULL, 0, &out, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_drop(users, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_create_indexes(users, "[{\"key\": {\"a\": 1}}]", NUL, NULL, 0, &out, NULL, &error),
                CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_drop_index(users, "a_1", NUL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_list_indexes(users, &out, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_collection_explain(users, "{\"find\": \"users\"}", NUL, NULL, 0, &out, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_cursor_next(fresh, &document, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_cursor_next(used, &document, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK_ERROR(ironbase_cursor_next_batch(used, 0, 0, IRONBASE_FORMAT_LINES, &out, NULL, NULL, &error), CLOSED, 0, "closed", "{");
    CHECK(document == NULL);

    /* The lock is free again although the children still live. */
    ironbase_db_free(open_one("children.mlite"));

    if (!freed) {
        ironbase_db_free(db);
    }
    ironbase_collection_free(users);
    ironbase_cursor_free(used);
    ironbase_cursor_free(fresh);
}

static void a_collection_may_go_before_its_cursor(void) {
    ironbase_error_t *error = NULL;
    ironbase_db_t *db = open_one("order.mlite");
    ironbase_collection_t *users = NULL;
    ironbase_cursor_t *cursor = NULL;
    const char *document = NULL;
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK_OK(ironbase_collection_insert_one(users, "{\"_id\": 1}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_collection_find(users, NULL, 0, NULL, 0, &cursor, &error));
    ironbase_collection_free(users);
    CHECK_OK(ironbase_cursor_next(cursor, &document, NULL, &error));
    CHECK_TEXT(document, "{\"_id\":1}");
    ironbase_cursor_free(cursor);
    ironbase_db_free(db);
}

/* An error belongs to nobody else. */
static void an_error_outlives_its_database(void) {
    ironbase_error_t *error = NULL;
    ironbase_collection_t *users = NULL;
    char *out = NULL;
    ironbase_db_t *db = open_one("error.mlite");
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK(ironbase_collection_find_one(users, "{\"$foo\": 1}", NUL, NULL, 0, &out, NULL, &error) == IRONBASE_ERROR_QUERY);
    ironbase_collection_free(users);
    ironbase_db_free(db);
    CHECK_TEXT(ironbase_error_code_name(error), "BadValue");
    CHECK_CONTAINS(ironbase_error_message(error), "$foo");
    CHECK(!ironbase_error_has_label(error, "TransientTransactionError"));
    ironbase_error_free(error);
}

int main(void) {
    a_handle_of_another_kind_is_refused();
    children_outlive_their_database(0);
    children_outlive_their_database(1);
    a_collection_may_go_before_its_cursor();
    an_error_outlives_its_database();
    return check_end();
}
