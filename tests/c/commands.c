/* MongoDB's commands: replies, refusals, cursors that outlive a command, and closing with one open. */
#include "check.h"

static ironbase_error_t *error;
static ironbase_db_t *db;
static char *out;

static ironbase_status_t run(const char *command) {
    return ironbase_db_run_command(db, NULL, command, NUL, &out, NULL, &error);
}

static void replies(void) {
    CHECK_RESULT(run("{\"ping\": 1}"), "{\"ok\":1.0}");
    CHECK_RESULT(run("{\"insert\": \"a\", \"documents\": [{\"_id\": 1, \"x\": 5}, {\"_id\": 2, \"x\": 6}]}"), "{\"n\":2,\"ok\":1.0}");
    CHECK_RESULT(run("{\"find\": \"a\", \"filter\": {\"x\": 6}}"),
                 "{\"cursor\":{\"firstBatch\":[{\"_id\":2,\"x\":6}],\"id\":0,\"ns\":\"commands.a\"},\"ok\":1.0}");
    CHECK_RESULT(run("{\"update\": \"a\", \"updates\": [{\"q\": {\"_id\": 1}, \"u\": {\"$inc\": {\"x\": 1}}}]}"),
                 "{\"n\":1,\"nModified\":1,\"ok\":1.0}");
    /* What a write refuses is in the reply. */
    CHECK_OK(run("{\"insert\": \"a\", \"documents\": [{\"_id\": 1}]}"));
    CHECK_CONTAINS(out, "{\"n\":0,\"writeErrors\":[{\"index\":0,\"code\":11000,");
    ironbase_string_free(out);
    /* The reply may be unwanted. */
    CHECK_OK(ironbase_db_run_command(db, NULL, "{\"ping\": 1}", NUL, NULL, NULL, NULL));
}

static void refusals(void) {
    CHECK_ERROR(run("{\"nope\": 1}"), IRONBASE_ERROR_QUERY, 59, "no such command: 'nope'", "{");
    CHECK(out == NULL);
    CHECK_ERROR(run("{\"find\": \"a\", \"limt\": 1}"), IRONBASE_ERROR_ARGUMENT, 40415, "'find.limt' is an unknown field", "{");
    CHECK_ERROR(run("{\"find\": "), IRONBASE_ERROR_JSON, 9, "command", "\"parameter\":\"command\"");
    CHECK_ERROR(ironbase_db_run_command(db, NULL, NULL, 0, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "command is NULL", "{");
    CHECK_ERROR(ironbase_db_run_command(NULL, NULL, "{}", NUL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "db", "{");
    CHECK_ERROR(run("{\"getMore\": 77, \"collection\": \"a\"}"), IRONBASE_ERROR_QUERY, 43, "cursor id 77 not found", "{");
}

static void cursors(void) {
    char command[128];
    long long id = 0;
    CHECK_OK(run("{\"find\": \"a\", \"batchSize\": 1}"));
    CHECK(strstr(out, "\"id\":") != NULL && sscanf(strstr(out, "\"id\":") + 5, "%lld", &id) == 1 && id > 0);
    ironbase_string_free(out);
    snprintf(command, sizeof command, "{\"getMore\": %lld, \"collection\": \"a\"}", id);
    CHECK_RESULT(run(command), "{\"cursor\":{\"nextBatch\":[{\"_id\":2,\"x\":6}],\"id\":0,\"ns\":\"commands.a\"},\"ok\":1.0}");
    /* One stays open and goes with the database. */
    CHECK_OK(run("{\"find\": \"a\", \"batchSize\": 1}"));
    ironbase_string_free(out);
}

static ironbase_status_t run_in(ironbase_txn_t *txn, const char *command) {
    return ironbase_db_run_command(db, txn, command, NUL, &out, NULL, &error);
}

/* Commands in a transaction that was begun from the database, not by a session. */
static void transactions(void) {
    const char *count = "{\"find\": \"made\"}";
    const char *none = "{\"cursor\":{\"firstBatch\":[],\"id\":0,\"ns\":\"commands.made\"},\"ok\":1.0}";
    ironbase_txn_t *txn = NULL;
    CHECK_OK(ironbase_txn_begin(db, NULL, 0, &txn, &error));
    CHECK_RESULT(run_in(txn, "{\"create\": \"made\"}"), "{\"ok\":1.0}");
    CHECK_RESULT(run_in(txn, "{\"createIndexes\": \"made\", \"indexes\": [{\"key\": {\"x\": 1}, \"name\": \"x_1\"}]}"), "{\"ok\":1.0}");
    CHECK_RESULT(run_in(txn, "{\"insert\": \"made\", \"documents\": [{\"_id\": 1, \"x\": 2}]}"), "{\"n\":1,\"ok\":1.0}");
    CHECK_RESULT(run_in(txn, "{\"update\": \"made\", \"updates\": [{\"q\": {}, \"u\": [{\"$set\": {\"x\": {\"$add\": [\"$x\", \"$$n\"]}}}], "
                             "\"c\": {\"n\": 5}}]}"), "{\"n\":1,\"nModified\":1,\"ok\":1.0}");
    CHECK_RESULT(run_in(txn, "{\"distinct\": \"made\", \"key\": \"x\"}"), "{\"values\":[7],\"ok\":1.0}");
    /* Nobody else sees it. */
    CHECK_RESULT(run(count), none);
    CHECK_OK(ironbase_txn_commit(txn, &error));
    CHECK_ERROR(run_in(txn, count), IRONBASE_ERROR_CLOSED, 256, "committed", "{");
    ironbase_txn_free(txn);
    CHECK_RESULT(run(count), "{\"cursor\":{\"firstBatch\":[{\"_id\":1,\"x\":7}],\"id\":0,\"ns\":\"commands.made\"},\"ok\":1.0}");
    CHECK_OK(run("{\"listIndexes\": \"made\"}"));
    CHECK_CONTAINS(out, "\"name\":\"x_1\"");
    ironbase_string_free(out);

    /* What is refused ends it, and nothing of it stays. */
    CHECK_OK(ironbase_txn_begin(db, NULL, 0, &txn, &error));
    CHECK_OK(run_in(txn, "{\"delete\": \"made\", \"deletes\": [{\"q\": {}, \"limit\": 0}]}"));
    ironbase_string_free(out);
    CHECK_ERROR(run_in(txn, "{\"count\": \"made\"}"), IRONBASE_ERROR_QUERY, 263, "Cannot run 'count' in a multi-document transaction.", "{");
    CHECK_ERROR(run_in(txn, "{\"find\": \"made\", \"lsid\": {\"id\": 1}, \"txnNumber\": 1, \"autocommit\": false, "
                            "\"startTransaction\": true}"), IRONBASE_ERROR_QUERY, 72, "cannot name one of a session", "{");
    ironbase_txn_free(txn);
    CHECK_RESULT(run("{\"count\": \"made\"}"), "{\"n\":1,\"ok\":1.0}");

    CHECK_ARGUMENT(run_in((ironbase_txn_t *)db, count), "txn is not a ironbase_txn_t");
}

static void figures(void) {
    CHECK_OK(run("{\"collStats\": \"made\"}"));
    CHECK_CONTAINS(out, "{\"ns\":\"commands.made\",\"size\":");
    CHECK_CONTAINS(out, "\"nindexes\":2,\"indexBuilds\":[],\"totalIndexSize\":");
    ironbase_string_free(out);
    CHECK_OK(run("{\"dbStats\": 1}"));
    CHECK_CONTAINS(out, "{\"db\":\"commands\",\"collections\":2,\"views\":0,\"objects\":3,");
    ironbase_string_free(out);
}

int main(void) {
    CHECK_OK(ironbase_open("commands.mlite", NULL, 0, &db, &error));
    replies();
    refusals();
    cursors();
    transactions();
    figures();
    CHECK_OK(ironbase_db_close(db, &error));
    CHECK_ERROR(run("{\"find\": \"a\"}"), IRONBASE_ERROR_CLOSED, 0, "closed", "{");
    ironbase_db_free(db);
    return check_end();
}
