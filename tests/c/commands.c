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

int main(void) {
    CHECK_OK(ironbase_open("commands.mlite", NULL, 0, &db, &error));
    replies();
    refusals();
    cursors();
    CHECK_OK(ironbase_db_close(db, &error));
    CHECK_ERROR(run("{\"find\": \"a\"}"), IRONBASE_ERROR_CLOSED, 0, "closed", "{");
    ironbase_db_free(db);
    return check_end();
}
