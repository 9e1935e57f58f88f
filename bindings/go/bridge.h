/* What stands between Go and the C API: one crossing for each call.
 *
 * A crossing costs some 50 ns, so each function here makes the call, copies a small result into the
 * caller's buffer and frees what the library handed out. Functions of one shape are numbered; their
 * order is that of the constants in bridge.go. */

#ifndef IRONBASE_GO_BRIDGE_H
#define IRONBASE_GO_BRIDGE_H

#include <ironbase.h>
#include <stdlib.h>
#include <string.h>

/* What a call gave: `text` only if it did not fit into the buffer; then free it. */
typedef struct {
    char *text;
    size_t len;
    uint32_t count;
    bool bson; /* `text` is BSON */
    ironbase_error_t *error;
} bridge_reply;

/* The functions of bridge_bson. */
enum { BRIDGE_FIND_ONE, BRIDGE_INSERT_ONE, BRIDGE_INSERT_MANY };

static void bridge_free(bridge_reply *reply) {
    if (reply->bson) {
        ironbase_bson_free((uint8_t *)reply->text);
    } else {
        ironbase_string_free(reply->text);
    }
    reply->text = NULL;
}

static void bridge_take(bridge_reply *reply, char *buffer, size_t capacity) {
    if (reply->text != NULL && reply->len <= capacity) {
        memcpy(buffer, reply->text, reply->len);
        bridge_free(reply);
    }
}

typedef ironbase_status_t (*bridge_one_fn)(ironbase_collection_t *, const char *, size_t, const char *, size_t,
                                           char **, size_t *, ironbase_error_t **);
typedef ironbase_status_t (*bridge_two_fn)(ironbase_collection_t *, const char *, size_t, const char *, size_t,
                                           const char *, size_t, char **, size_t *, ironbase_error_t **);

/* Functions of a BSON document and options. Of an inserted document only the _id would come back, which
 * the caller knows. */
static ironbase_status_t bridge_bson(int call, ironbase_collection_t *collection, const uint8_t *document,
                                     size_t document_len, const uint8_t *options, size_t options_len, char *buffer,
                                     size_t capacity, bridge_reply *reply) {
    ironbase_status_t status = IRONBASE_ERROR_ARGUMENT;
    uint8_t *found = NULL;
    switch (call) {
    case BRIDGE_FIND_ONE:
        status = ironbase_collection_find_one_bson(collection, document, document_len, options, options_len, &found,
                                                   &reply->len, &reply->error);
        break;
    case BRIDGE_INSERT_ONE:
        return ironbase_collection_insert_one_bson(collection, document, document_len, options, options_len, NULL, NULL,
                                                   &reply->error);
    case BRIDGE_INSERT_MANY:
        return ironbase_collection_insert_many_bson(collection, document, document_len, options, options_len, NULL,
                                                    &reply->error);
    }
    reply->text = (char *)found;
    reply->bson = true;
    bridge_take(reply, buffer, capacity);
    return status;
}

/* Functions of a JSON document (or an array, or lines) and options. */
static ironbase_status_t bridge_one(int call, ironbase_collection_t *collection, const char *document,
                                    size_t document_len, const char *options, size_t options_len, char *buffer,
                                    size_t capacity, bridge_reply *reply) {
    static const bridge_one_fn functions[] = {
        ironbase_collection_delete_one, ironbase_collection_delete_many,    ironbase_collection_find_one_and_delete,
        ironbase_collection_bulk_write, ironbase_collection_create_indexes, ironbase_collection_explain,
    };
    ironbase_status_t status = functions[call](collection, document, document_len, options, options_len,
                                               &reply->text, &reply->len, &reply->error);
    bridge_take(reply, buffer, capacity);
    return status;
}

/* Functions of a filter, an update and options, all JSON. */
static ironbase_status_t bridge_two(int call, ironbase_collection_t *collection, const char *filter, size_t filter_len,
                                    const char *update, size_t update_len, const char *options, size_t options_len,
                                    char *buffer, size_t capacity, bridge_reply *reply) {
    static const bridge_two_fn functions[] = {
        ironbase_collection_update_one,          ironbase_collection_update_many,
        ironbase_collection_replace_one,         ironbase_collection_find_one_and_update,
        ironbase_collection_find_one_and_replace,
    };
    ironbase_status_t status = functions[call](collection, filter, filter_len, update, update_len, options, options_len,
                                               &reply->text, &reply->len, &reply->error);
    bridge_take(reply, buffer, capacity);
    return status;
}

/* Go's functions that the library calls (callbacks.go). A handle of Go's is a number, not a pointer. */
extern bool ironbaseGoProgress(uintptr_t watcher, uint64_t done, uint64_t total);
extern void ironbaseGoLog(int32_t level, char *message);

static bool bridge_progress(void *user, uint64_t done, uint64_t total) {
    return ironbaseGoProgress((uintptr_t)user, done, total);
}

/* No progress is told if the watcher is 0. */
static ironbase_status_t bridge_set_progress(ironbase_db_t *db, uint64_t op_id, uintptr_t watcher) {
    return ironbase_db_op_set_progress(db, op_id, watcher != 0 ? bridge_progress : NULL, (void *)watcher, NULL);
}

static void bridge_log(void *user, int32_t level, const char *message) {
    (void)user;
    ironbaseGoLog(level, (char *)message);
}

static void bridge_set_log(int32_t level) {
    ironbase_set_log_callback(level != IRONBASE_LOG_OFF ? bridge_log : NULL, NULL, level);
}

/* The functions of bridge_db: of an open database and options. */
typedef ironbase_status_t (*bridge_db_fn)(ironbase_db_t *, const char *, size_t, char **, size_t *, ironbase_error_t **);

static ironbase_status_t bridge_db(int call, ironbase_db_t *db, const char *options, size_t options_len, bridge_reply *reply) {
    static const bridge_db_fn functions[] = {ironbase_db_stats, ironbase_db_compact, ironbase_db_verify};
    return functions[call](db, options, options_len, &reply->text, &reply->len, &reply->error);
}

static ironbase_status_t bridge_verify(const char *path, const char *options, size_t options_len, uintptr_t watcher,
                                       bridge_reply *reply) {
    return ironbase_verify(path, options, options_len, watcher != 0 ? bridge_progress : NULL, (void *)watcher, &reply->text,
                           &reply->len, &reply->error);
}

static ironbase_status_t bridge_backup(ironbase_db_t *db, const char *destination, const char *options, size_t options_len,
                                       bridge_reply *reply) {
    return ironbase_db_backup(db, destination, options, options_len, &reply->text, &reply->len, &reply->error);
}

static ironbase_status_t bridge_restore(const char *backup, const char *destination, const char *options, size_t options_len,
                                        uintptr_t watcher, bridge_reply *reply) {
    return ironbase_restore(backup, destination, options, options_len, watcher != 0 ? bridge_progress : NULL, (void *)watcher,
                            &reply->text, &reply->len, &reply->error);
}

static ironbase_status_t bridge_salvage(const char *damaged, const char *into, const char *options, size_t options_len,
                                        uintptr_t watcher, bridge_reply *reply) {
    return ironbase_salvage(damaged, into, options, options_len, watcher != 0 ? bridge_progress : NULL, (void *)watcher,
                            &reply->text, &reply->len, &reply->error);
}

#endif
