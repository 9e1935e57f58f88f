/* Backups, full and incremental, and what can be restored of them; progress, cancel, refusals, a disk that is full. */
#include "check.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static ironbase_error_t *error;
static char *out;
static ironbase_db_t *db;
static ironbase_collection_t *things;

typedef struct {
    uint64_t calls;
    uint64_t done;
    uint64_t total;
    bool go_on;
} seen_t;

static bool watch(void *user, uint64_t done, uint64_t total) {
    seen_t *seen = user;
    seen->calls++;
    seen->done = done;
    seen->total = total;
    return seen->go_on;
}

static bool is_there(const char *path) {
    struct stat found;
    return stat(path, &found) == 0;
}

static void contains(const char *fragment) {
    check_contains(__LINE__, "the report", out, fragment);
}

/* A number of the report. */
static int64_t figure(const char *name) {
    const char *at = out == NULL ? NULL : strstr(out, name);
    return at == NULL ? -1 : strtoll(at + strlen(name) + 2, NULL, 10);
}

static void insert(int first, int last) {
    char document[256];
    for (int n = first; n < last; n++) {
        snprintf(document, sizeof document, "{\"_id\": %d, \"n\": %d, \"text\": \"some text so that there are many pages\"}", n, n);
        CHECK_OK(ironbase_collection_insert_one(things, document, NUL, "{\"durability\": \"none\"}", NUL, NULL, NULL, &error));
    }
}

static int64_t count(const char *path) {
    ironbase_db_t *opened = NULL;
    ironbase_collection_t *collection = NULL;
    int64_t found = -1;
    CHECK_OK(ironbase_open(path, "{\"create\": false}", NUL, &opened, &error));
    CHECK_OK(ironbase_db_collection(opened, "things", NUL, &collection, &error));
    CHECK_OK(ironbase_collection_count_documents(collection, "{}", NUL, NULL, 0, &found, &error));
    CHECK_OK(ironbase_db_verify(opened, NULL, 0, &out, NULL, &error));
    contains("{\"valid\":true,");
    ironbase_string_free(out);
    ironbase_collection_free(collection);
    ironbase_db_free(opened);
    return found;
}

/* Writes until it is told to end. */
static int stop_writing;
static int written;

static void *write_on(void *unused) {
    (void)unused;
    while (!__atomic_load_n(&stop_writing, __ATOMIC_ACQUIRE)) {
        insert(10000 + written, 10001 + written);
        written++;
    }
    return NULL;
}

static void restored(const char *to, const char *options, int64_t lsn, int64_t documents) {
    CHECK_OK(ironbase_restore("copy.mlite", to, options, options == NULL ? 0 : NUL, NULL, NULL, &out, NULL, &error));
    CHECK(figure("lsn") == lsn && figure("documents") == documents);
    ironbase_string_free(out);
    CHECK(count(to) == documents);
}

int main(void) {
    char options[128];
    seen_t seen = {0, 0, 0, true};
    pthread_t writer;

    CHECK_OK(ironbase_open("app.mlite", "{\"logRetentionBytes\": 100000000}", NUL, &db, &error));
    CHECK_OK(ironbase_db_collection(db, "things", NUL, &things, &error));
    CHECK_OK(ironbase_collection_create_indexes(things, "[{\"key\": {\"n\": 1}, \"unique\": true}]", NUL, NULL, 0, &out, NULL, &error));
    ironbase_string_free(out);
    insert(0, 1500);
    CHECK_OK(ironbase_db_checkpoint(db, &error));
    insert(1500, 1600);

    /* Full, told of by an operation's id, beside one who writes. */
    uint64_t op = ironbase_db_op_new(db);
    snprintf(options, sizeof options, "{\"opId\": %" PRIu64 "}", op);
    CHECK_OK(ironbase_db_op_set_progress(db, op, watch, &seen, &error));
    CHECK(pthread_create(&writer, NULL, write_on, NULL) == 0);
    CHECK_OK(ironbase_db_backup(db, "beside.mlite", options, NUL, &out, NULL, &error));
    __atomic_store_n(&stop_writing, 1, __ATOMIC_RELEASE);
    CHECK(pthread_join(writer, NULL) == 0);
    contains("{\"incremental\":false,\"lsn\":");
    contains("\"previousLsn\":null,\"bytes\":");
    contains("\"time\":{\"$date\":\"20");
    CHECK(seen.calls > 1 && seen.done == seen.total && seen.total >= 100000);
    CHECK(figure("pageBytes") + figure("logBytes") == figure("bytes") && figure("pageBytes") > 100000);
    ironbase_string_free(out);
    int64_t beside = count("beside.mlite");
    CHECK(beside >= 1600 && beside <= 1600 + written);

    /* The same without anybody else; no report is wanted. */
    CHECK_OK(ironbase_collection_delete_many(things, "{\"_id\": {\"$gte\": 10000}}", NUL, NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_db_backup(db, "copy.mlite", NULL, 0, NULL, NULL, &error));

    /* Incremental. */
    insert(1600, 1700);
    CHECK_OK(ironbase_db_backup(db, "copy.mlite", "{\"incremental\": true}", NUL, &out, NULL, &error));
    contains("{\"incremental\":true,\"lsn\":");
    contains("\"pageBytes\":0,");
    int64_t base = figure("baseLsn"), before = figure("previousLsn"), middle = figure("lsn");
    CHECK(base > 0 && base <= before && before + 100 == middle);
    ironbase_string_free(out);
    CHECK_OK(ironbase_db_checkpoint(db, &error));
    insert(1700, 1900);
    CHECK_OK(ironbase_db_checkpoint(db, &error));
    snprintf(options, sizeof options, "{\"sinceLsn\": %" PRId64 "}", middle + 1);
    CHECK_ERROR(ironbase_db_backup(db, "copy.mlite", options, NUL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 2, "it ends with commit",
                "");
    snprintf(options, sizeof options, "{\"sinceLsn\": %" PRId64 "}", middle);
    CHECK_OK(ironbase_db_backup(db, "copy.mlite", options, NUL, &out, NULL, &error));
    int64_t end = figure("lsn");
    CHECK(end == middle + 200 && figure("previousLsn") == middle);
    const char *date = strstr(out, "\"time\":");
    char to_time[128];
    snprintf(to_time, sizeof to_time, "{\"toTime\": %.*s}", (int)(strchr(date, '}') + 1 - (date + 7)), date + 7);
    ironbase_string_free(out);
    CHECK_OK(ironbase_db_stats(db, NULL, 0, &out, NULL, &error));
    CHECK(figure("oldestLogLsn") >= 1 && figure("oldestLogLsn") <= base + 1 && figure("keptLogBytes") > 0);
    ironbase_string_free(out);

    /* Restored: its end, an instant, a commit; the backup is as it was. */
    restored("end.mlite", NULL, end, 1900);
    restored("time.mlite", to_time, end, 1900);
    snprintf(options, sizeof options, "{\"toLsn\": %" PRId64 "}", middle + 50);
    restored("some.mlite", options, middle + 50, 1750);
    seen = (seen_t){0, 0, 0, true};
    CHECK_OK(ironbase_restore("copy.mlite", "watched.mlite", "{\"comment\": \"x\"}", NUL, watch, &seen, NULL, NULL, &error));
    CHECK(seen.calls > 1 && seen.done == seen.total);

    /* States that it does not have. */
    snprintf(options, sizeof options, "{\"toLsn\": %" PRId64 "}", end + 1);
    CHECK_ERROR(ironbase_restore("copy.mlite", "new.mlite", options, NUL, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 2,
                "it holds commits from", "");
    CHECK_ERROR(ironbase_restore("copy.mlite", "new.mlite", "{\"toTime\": {\"$date\": \"2001-01-01T00:00:00Z\"}}", NUL, NULL, NULL, &out, NULL,
                                 &error),
                IRONBASE_ERROR_ARGUMENT, 2, "2001-01-01", "");
    CHECK_ERROR(ironbase_restore("copy.mlite", "new.mlite", "{\"toTime\": \"now\"}", NUL, NULL, NULL, &out, NULL, &error),
                IRONBASE_ERROR_ARGUMENT, 14, "a date or milliseconds", "");
    CHECK_ERROR(ironbase_restore("copy.mlite", "new.mlite", "{\"toLsn\": 9, \"toTime\": 9}", NUL, NULL, NULL, &out, NULL, &error),
                IRONBASE_ERROR_ARGUMENT, 0, "not both", "");
    CHECK_ERROR(ironbase_restore("copy.mlite", "new.mlite", "{\"opId\": 9}", NUL, NULL, NULL, &out, NULL, &error),
                IRONBASE_ERROR_ARGUMENT, 0, "opId", "");
    CHECK(!is_there("new.mlite/metadata.mlite"));

    /* Places that are taken, or hold nothing. */
    CHECK_ERROR(ironbase_db_backup(db, "copy.mlite", NULL, 0, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "not empty", "");
    CHECK_ERROR(ironbase_db_backup(db, "app.mlite", NULL, 0, &out, NULL, &error), IRONBASE_ERROR_LOCKED, 0, "app.mlite", "");
    CHECK_ERROR(ironbase_db_backup(db, "nowhere/new.mlite", NULL, 0, &out, NULL, &error), IRONBASE_ERROR_NOT_FOUND, 0, "nowhere", "");
    CHECK_ERROR(ironbase_db_backup(db, "none.mlite", "{\"incremental\": true}", NUL, &out, NULL, &error), IRONBASE_ERROR_NOT_FOUND, 0,
                "none.mlite", "");
    CHECK_ERROR(ironbase_db_backup(db, "end.mlite", "{\"incremental\": true}", NUL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 2,
                "another database", "");
    CHECK_ERROR(ironbase_restore("nowhere", "new.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_NOT_FOUND, 0, "nowhere", "");
    CHECK_ERROR(ironbase_restore("copy.mlite", "end.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "not empty",
                "");
    CHECK_ERROR(ironbase_restore("copy.mlite", "app.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_LOCKED, 0, "app.mlite", "");
    CHECK_ERROR(ironbase_restore("app.mlite", "new.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_LOCKED, 0, "app.mlite", "");

    /* Arguments. */
    CHECK_ERROR(ironbase_db_backup(NULL, "new.mlite", NULL, 0, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "db", "");
    CHECK_ERROR(ironbase_db_backup(db, NULL, NULL, 0, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "destination", "");
    CHECK_ERROR(ironbase_db_backup(db, "new.mlite", "{\"increment\": true}", NUL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 40415,
                "incremental, sinceLsn", "");
    CHECK_ERROR(ironbase_db_backup(db, "new.mlite", "{\"incremental\": false, \"sinceLsn\": 1}", NUL, &out, NULL, &error),
                IRONBASE_ERROR_ARGUMENT, 0, "sinceLsn", "");
    CHECK_ERROR(ironbase_restore(NULL, "new.mlite", NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "backup", "");
    CHECK_ERROR(ironbase_restore("copy.mlite", NULL, NULL, 0, NULL, NULL, &out, NULL, &error), IRONBASE_ERROR_ARGUMENT, 0, "destination", "");

    /* Stopped: nothing is left behind. */
    seen.go_on = false;
    snprintf(options, sizeof options, "{\"opId\": %" PRIu64 "}", op);
    CHECK_ERROR(ironbase_db_backup(db, "new.mlite", options, NUL, &out, NULL, &error), IRONBASE_ERROR_INTERRUPTED, 11601, "interrupted", "");
    CHECK(!is_there("new.mlite/metadata.mlite") && !is_there("new.mlite/things.mlite") && !is_there("new.mlite/backup.unfinished.mlite"));
    CHECK_ERROR(ironbase_restore("copy.mlite", "new.mlite", NULL, 0, watch, &seen, &out, NULL, &error), IRONBASE_ERROR_INTERRUPTED, 11601,
                "interrupted", "");
    CHECK(!is_there("new.mlite/metadata.mlite") && !is_there("new.mlite/things.mlite"));
    ironbase_db_op_free(db, op, NULL);

    /* No file may be larger than this: to the program that is much like a full disk. The database itself writes small files only. */
    struct rlimit limit, small;
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    small = limit;
    small.rlim_cur = 100 << 10;
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK(ironbase_restore("copy.mlite", "new.mlite", NULL, 0, NULL, NULL, &out, NULL, &error) == IRONBASE_ERROR_IO);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    check_contains(__LINE__, "the error", ironbase_error_message(error), "new.mlite");
    ironbase_error_free(error);
    error = NULL;
    CHECK(out == NULL && !is_there("new.mlite/metadata.mlite") && !is_there("new.mlite/things.mlite"));

    /* A database in memory, and one open for reading. */
    ironbase_db_t *other = NULL;
    CHECK_OK(ironbase_open(":memory:", NULL, 0, &other, &error));
    CHECK_OK(ironbase_db_backup(other, "memory.mlite", NULL, 0, NULL, NULL, &error));
    ironbase_db_free(other);
    CHECK_OK(ironbase_open("end.mlite", "{\"readOnly\": true}", NUL, &other, &error));
    CHECK_OK(ironbase_db_backup(other, "reader.mlite", NULL, 0, NULL, NULL, &error));
    CHECK_OK(ironbase_db_backup(other, "reader.mlite", "{\"incremental\": true}", NUL, NULL, NULL, &error));
    ironbase_db_free(other);
    CHECK(count("reader.mlite") == 1900);

    /* Without the log. */
    ironbase_collection_free(things);
    CHECK_OK(ironbase_db_close(db, &error));
    CHECK_ERROR(ironbase_db_backup(db, "new.mlite", NULL, 0, &out, NULL, &error), IRONBASE_ERROR_CLOSED, 0, "closed", "");
    ironbase_db_free(db);
    return check_end();
}
