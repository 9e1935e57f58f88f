/* Backs a database up while a thread writes to it, continues the backup, and looks at an instant of the past.
 *
 *     cc backup.c -lironbase -lpthread && ./a.out
 *
 * Keep the backup on another disk: it is for the day when this one is gone. */
#include <ironbase.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DOCUMENTS = 20000, BATCH = 1000, WIDTH = 40 };

static ironbase_db_t *db;
static ironbase_collection_t *events;

static void die(const char *what, ironbase_error_t *error) {
    fprintf(stderr, "%s: %s\n", what, error == NULL ? "?" : ironbase_error_message(error));
    exit(1);
}

/* Called about ten times a second. Returning false would stop the backup. */
static bool show(void *user, uint64_t done, uint64_t total) {
    int filled = total == 0 ? 0 : (int)(done * WIDTH / total);
    (void)user;
    printf("\r[");
    for (int i = 0; i < WIDTH; i++) {
        putchar(i < filled ? '#' : '.');
    }
    printf("] %3d %%", filled * 100 / WIDTH);
    fflush(stdout);
    return true;
}

static void insert(int first, int count, const char *kind) {
    static char batch[BATCH * 256];
    ironbase_error_t *error = NULL;
    for (int at = first; at < first + count; at += BATCH) {
        size_t length = 0;
        for (int id = at; id < at + BATCH && id < first + count; id++) {
            length += (size_t)snprintf(batch + length, sizeof batch - length, "{\"_id\": %d, \"kind\": \"%s\", \"text\": \"%0150d\"}\n", id, kind, id);
        }
        if (ironbase_collection_insert_many(events, batch, length, NULL, 0, NULL, NULL, &error) != IRONBASE_OK) {
            die("insert_many", error);
        }
    }
}

/* The thread that goes on writing. */
static void *work(void *user) {
    (void)user;
    insert(DOCUMENTS, 5 * BATCH, "beside");
    return NULL;
}

/* A number in a report. */
static long long figure(const char *report, const char *name) {
    const char *at = strstr(report, name);
    return at == NULL ? -1 : strtoll(at + strlen(name) + 2, NULL, 10);
}

/* Adds what was committed since to the backup. Gives its last commit. */
static long long go_on(void) {
    ironbase_error_t *error = NULL;
    char *report = NULL;
    if (ironbase_db_backup(db, "events.backup", "{\"incremental\": true}", IRONBASE_NUL, &report, NULL, &error) != IRONBASE_OK) {
        die("incremental backup", error);
    }
    long long lsn = figure(report, "lsn");
    printf("incremental: up to commit %lld, %lld KiB\n", lsn, figure(report, "bytes") / 1024);
    ironbase_string_free(report);
    return lsn;
}

/* Restores the backup, and says how many documents it has. */
static long long restore(const char *to, const char *options) {
    ironbase_error_t *error = NULL;
    char *report = NULL;
    if (ironbase_restore("events.backup", to, options, options == NULL ? 0 : IRONBASE_NUL, NULL, NULL, &report, NULL, &error) !=
        IRONBASE_OK) {
        die("restore", error);
    }
    long long documents = figure(report, "documents");
    printf("%s %s: commit %lld, %lld documents\n", to, options == NULL ? "(all)" : options, figure(report, "lsn"), documents);
    ironbase_string_free(report);
    return documents;
}

int main(void) {
    ironbase_error_t *error = NULL;
    char options[64], *report = NULL;
    pthread_t writer;

    /* Enough log stays for the backup to be continued from. */
    if (ironbase_open("events.mlite", "{\"durability\": \"interval\", \"logRetentionBytes\": 268435456}", IRONBASE_NUL, &db, &error) !=
            IRONBASE_OK ||
        ironbase_db_collection(db, "events", IRONBASE_NUL, &events, &error) != IRONBASE_OK) {
        die("open", error);
    }
    insert(0, DOCUMENTS, "before");
    if (ironbase_db_checkpoint(db, &error) != IRONBASE_OK) {
        die("checkpoint", error);
    }

    uint64_t op = ironbase_db_op_new(db);
    snprintf(options, sizeof options, "{\"opId\": %llu}", (unsigned long long)op);
    if (pthread_create(&writer, NULL, work, NULL) != 0 || ironbase_db_op_set_progress(db, op, show, NULL, &error) != IRONBASE_OK ||
        ironbase_db_backup(db, "events.backup", options, IRONBASE_NUL, &report, NULL, &error) != IRONBASE_OK) {
        die("backup", error);
    }
    pthread_join(writer, NULL);
    printf("\nfull: commits %lld to %lld, %lld KiB\n", figure(report, "baseLsn"), figure(report, "lsn"), figure(report, "bytes") / 1024);
    ironbase_string_free(report);
    ironbase_db_op_free(db, op, NULL);

    go_on();
    /* The last instant at which all was well: the log tells the time to a tenth of a second. */
    struct timespec now, moment = {0, 300000000};
    nanosleep(&moment, NULL);
    clock_gettime(CLOCK_REALTIME, &now);
    nanosleep(&moment, NULL);
    if (ironbase_collection_delete_many(events, "{\"kind\": \"before\"}", IRONBASE_NUL, NULL, 0, NULL, NULL, &error) != IRONBASE_OK) {
        die("delete_many", error);
    }
    go_on();
    ironbase_collection_free(events);
    ironbase_db_free(db);

    snprintf(options, sizeof options, "{\"toTime\": %lld}", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    long long all = restore("now.mlite", NULL), past = restore("past.mlite", options);
    return all == 5 * BATCH && past == DOCUMENTS + 5 * BATCH ? 0 : 1;
}
