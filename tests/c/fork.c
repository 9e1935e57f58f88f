/* What a child may do after fork(): nothing with its parent's handles, which say so and can be freed without harm; all with
 * databases of its own. The parent notices nothing. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

#define CLOSED IRONBASE_ERROR_CLOSED

static ironbase_error_t *error;
static ironbase_db_t *db;
static ironbase_collection_t *users;
static ironbase_cursor_t *cursor;
static ironbase_txn_t *txn;

static int in_child(void) {
    ironbase_db_t *own = NULL, *parents = NULL;
    ironbase_collection_t *numbers = NULL;
    const char *document = NULL;
    int64_t count = 0;

    CHECK_ERROR(ironbase_collection_insert_one(users, "{}", NUL, NULL, 0, NULL, NULL, &error), CLOSED, 0, "collection was made before fork()", "{");
    CHECK_ERROR(ironbase_cursor_next(cursor, &document, NULL, &error), CLOSED, 0, "cursor was made before fork()", "{");
    CHECK_ERROR(ironbase_txn_commit(txn, &error), CLOSED, 0, "txn was made before fork()", "{");
    CHECK_ERROR(ironbase_db_checkpoint(db, &error), CLOSED, 0, "db was made before fork()", "{");
    CHECK_ERROR(ironbase_db_close(db, &error), CLOSED, 0, "db was made before fork()", "{");
    ironbase_cursor_free(cursor);
    ironbase_txn_free(txn);
    ironbase_collection_free(users);
    ironbase_db_free(db);

    /* The parent's lock is still the parent's. */
    CHECK_ERROR(ironbase_open("parent.mlite", NULL, 0, &parents, &error), IRONBASE_ERROR_LOCKED, 0, "", "{");

    CHECK_OK(ironbase_open("child.mlite", NULL, 0, &own, &error));
    CHECK_OK(ironbase_db_collection(own, "numbers", NUL, &numbers, &error));
    CHECK_OK(ironbase_collection_insert_many(numbers, "{\"_id\": 1} {\"_id\": 2}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_db_checkpoint(own, &error));
    CHECK_OK(ironbase_collection_count_documents(numbers, NULL, 0, NULL, 0, &count, &error));
    CHECK(count == 2);
    ironbase_collection_free(numbers);
    CHECK_OK(ironbase_db_close(own, &error));
    ironbase_db_free(own);
    return check_end();
}

int main(void) {
    const char *document = NULL;
    int64_t count = 0;
    int status = -1;
    CHECK_OK(ironbase_open("parent.mlite", NULL, 0, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK_OK(ironbase_collection_insert_many(users, "{\"_id\": 1} {\"_id\": 2}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_collection_find(users, NULL, 0, NULL, 0, &cursor, &error));
    CHECK_OK(ironbase_cursor_next(cursor, &document, NULL, &error));
    CHECK_OK(ironbase_txn_begin(db, NULL, 0, &txn, &error));

    const pid_t child = fork();
    if (child == 0) {
        /* Replaced by another program: what the parent's threads had is lost in the child, and no leak of the library. */
        const int failed = in_child();
        execl("/bin/sh", "sh", "-c", failed ? "exit 1" : "exit 0", (char *)NULL);
        _exit(2);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    CHECK_OK(ironbase_cursor_next(cursor, &document, NULL, &error));
    CHECK_TEXT(document, "{\"_id\":2}");
    CHECK_OK(ironbase_collection_insert_one(users, "{\"_id\": 3}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_txn_commit(txn, &error));
    ironbase_cursor_free(cursor);
    ironbase_txn_free(txn);
    CHECK_OK(ironbase_db_close(db, &error));
    ironbase_db_free(db);
    CHECK_OK(ironbase_open("parent.mlite", NULL, 0, &db, &error));
    ironbase_collection_free(users);
    CHECK_OK(ironbase_db_collection(db, "users", NUL, &users, &error));
    CHECK_OK(ironbase_collection_count_documents(users, NULL, 0, NULL, 0, &count, &error));
    CHECK(count == 3);
    ironbase_collection_free(users);
    ironbase_db_free(db);
    return check_end();
}
