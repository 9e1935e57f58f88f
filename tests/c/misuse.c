/* Random sequences of calls, right and wrong, on handles that are live, freed, of another kind, in another database's or
 * NULL; first from one thread, then from sixteen that share a database which is closed and opened under them. Every call returns a
 * status that the header knows, with an error object for each failure; nothing crashes, nothing leaks.
 *
 *     IRONBASE_SEED=7 tests/c/run.sh misuse        replays a run; IRONBASE_SOAK=1 makes a long one */
#include "check.h"

#include <pthread.h>
#include <time.h>

enum { HANDLES = 12, THREADS = 16 };

static bool is_soak;
static int failures; /* of all threads */

/* --- random things --------------------------------------------------------------------------------- */

/* xorshift64*; one for each thread. */
static uint64_t next_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}

static size_t below(uint64_t *state, size_t limit) {
    return (size_t)(next_random(state) >> 33) % limit;
}

static const char *const TEXTS[] = {
    "{}",
    "{\"_id\": 1}",
    "{\"_id\": 2, \"x\": [1, 2, {\"y\": null}]}",
    "{\"x\": {\"$gt\": 0}}",
    "{\"$set\": {\"x\": 1}}",
    "{\"$inc\": {\"x\": 1}, \"$push\": {\"tags\": \"a\"}}",
    "[{\"_id\": 3}, {\"_id\": 3}]",
    "[{\"insertOne\": {\"document\": {\"x\": 5}}}, {\"deleteOne\": {\"filter\": {}}}]",
    "[{\"key\": {\"x\": 1}}]",
    "{\"ping\": 1}",
    "{\"find\": \"a\", \"batchSize\": 1}",
    "{\"insert\": \"a\", \"documents\": [{\"x\": 1}]}",
    "{\"upsert\": true}",
    "{\"ordered\": false}",
    "{\"limit\": 1, \"sort\": {\"x\": -1}}",
    "{\"maxTimeMS\": 1000}",
    "{\"bogus\": 1}",
    "{\"$where\": \"1\"}",
    "{\"a\": ",
    "",
    "[",
    "\xFF\xFE",
    "{\"a\": {\"$numberInt\": \"x\"}}",
};
static const char *const NAMES[] = {"a", "b", "c", "", "$", "x_1", "_id_", "system."};

#define ANY(table) (table)[below(random, sizeof(table) / sizeof((table)[0]))]

/* A text and its length: mostly true, at times NULL, cut short, or a length that cannot be. */
typedef struct {
    const char *text;
    size_t len;
} text_t;

static text_t any_text(uint64_t *random) {
    /* Every second one is a document, so that calls get somewhere. */
    text_t result = {TEXTS[below(random, below(random, 2) ? 6 : sizeof TEXTS / sizeof TEXTS[0])], NUL};
    switch (below(random, 20)) {
    case 0: result.text = NULL; result.len = 0; break;
    case 1: result.text = NULL; break;
    case 2: result.len = below(random, strlen(result.text) + 1); break;
    case 3: result.len = NUL / 2 + 1 + below(random, 1000); break;
    default: break;
    }
    return result;
}

/* --- handles ----------------------------------------------------------------------------------------- */

/* What one thread has: places for handles of every kind. A freed one stays in its place for a while, so that
 * it is used again: the library keeps the memory of the last 256. */
typedef struct {
    uint64_t random;
    ironbase_db_t *dbs[HANDLES];
    ironbase_collection_t *collections[HANDLES];
    ironbase_cursor_t *cursors[HANDLES];
    ironbase_txn_t *txns[HANDLES];
    bool is_freed[4][HANDLES];
    bool is_alone; /* uses freed handles: among threads too many are freed for that */
    unsigned calls, refused;
} world_t;

static void check_call(world_t *world, const char *call, ironbase_status_t status, ironbase_error_t *error) {
    const bool is_known = status >= IRONBASE_ERROR_INTERNAL && status <= IRONBASE_TIMEOUT;
    world->calls++;
    world->refused += status < IRONBASE_OK;
    if (!is_known || status == IRONBASE_ERROR_INTERNAL || (status < IRONBASE_OK) != (error != NULL) ||
        (error != NULL && ironbase_error_message(error)[0] == 0)) {
        __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
        fprintf(stderr, "%s: %s: %s\n", call, ironbase_status_name(status), ironbase_error_message(error));
    }
    ironbase_error_free(error);
}

#define CALL(function, ...) \
    do { \
        ironbase_error_t *error = NULL; \
        ironbase_status_t status = function(__VA_ARGS__, &error); \
        check_call(world, #function, status, error); \
    } while (0)

/* A handle for a parameter of type T: of its kind; at times NULL or one of another kind. */
#define PICK(T, places) ((T *)pick(world, (void **)world->places))

static void *pick(world_t *world, void **places) {
    uint64_t *random = &world->random;
    switch (below(random, 30)) {
    case 0: return NULL;
    case 1: return world->collections[below(random, HANDLES)];
    case 2: return world->txns[below(random, HANDLES)];
    default: break;
    }
    size_t place = below(random, HANDLES);
    for (int i = 0; i < HANDLES && places[place] == NULL; i++) {
        place = (place + 1) % HANDLES;
    }
    return places[place];
}

/* A place whose handle may be overwritten: it is empty or freed. -1 if there is none. */
static int free_place(world_t *world, int kind, void **places) {
    for (int place = 0; place < HANDLES; place++) {
        if (places[place] == NULL || world->is_freed[kind][place]) {
            return place;
        }
    }
    return -1;
}

/* Puts a new handle in its place; there is one, since it was looked for before. */
#define PUT(kind, places, place, handle) \
    do { \
        if ((handle) != NULL) { \
            world->places[place] = handle; \
            world->is_freed[kind][place] = false; \
        } \
    } while (0)

/* Frees a handle that is live, or in a thread that is alone one that was freed already. */
#define RELEASE(kind, places, function) \
    do { \
        size_t place = below(random, HANDLES); \
        if (world->places[place] != NULL && (world->is_alone || !world->is_freed[kind][place])) { \
            function(world->places[place]); \
            world->is_freed[kind][place] = true; \
            if (!world->is_alone) { \
                world->places[place] = NULL; \
            } \
        } \
    } while (0)

static void step(world_t *world) {
    uint64_t *random = &world->random;
    text_t one = any_text(random), two = any_text(random), options = {NULL, 0};
    const char *name = below(random, 2) ? "a" : ANY(NAMES), *document = NULL;
    char *out = NULL;
    uint8_t *bson = NULL;
    size_t len = 0, *len_out = below(random, 2) ? &len : NULL;
    int64_t count = 0;
    int place;
    ironbase_db_t *db = PICK(ironbase_db_t, dbs);
    ironbase_collection_t *collection = PICK(ironbase_collection_t, collections), *new_collection = NULL;
    ironbase_cursor_t *cursor = PICK(ironbase_cursor_t, cursors), *new_cursor = NULL;
    ironbase_txn_t *txn = PICK(ironbase_txn_t, txns), *new_txn = NULL;
#define TEXT(given) (given).text, (given).len
    if (below(random, 4) == 0) {
        options = any_text(random);
    }
    /* Handles are made more often than freed. */
    size_t choice = below(random, 46);
    switch (choice < 34 ? choice : 27 + choice % 4) {
    case 0: CALL(ironbase_collection_insert_one, collection, TEXT(one), TEXT(options), &out, len_out); break;
    case 1: CALL(ironbase_collection_insert_many, collection, TEXT(one), TEXT(options), &out, len_out); break;
    case 2: CALL(ironbase_collection_find_one, collection, TEXT(one), TEXT(options), &out, len_out); break;
    case 3: CALL(ironbase_collection_count_documents, collection, TEXT(one), TEXT(options), &count); break;
    case 4: CALL(ironbase_collection_update_one, collection, TEXT(one), TEXT(two), TEXT(options), &out, len_out); break;
    case 5: CALL(ironbase_collection_update_many, collection, TEXT(one), TEXT(two), TEXT(options), &out, len_out); break;
    case 6: CALL(ironbase_collection_replace_one, collection, TEXT(one), TEXT(two), TEXT(options), &out, len_out); break;
    case 7: CALL(ironbase_collection_delete_one, collection, TEXT(one), TEXT(options), &out, len_out); break;
    case 8: CALL(ironbase_collection_find_one_and_update, collection, TEXT(one), TEXT(two), TEXT(options), &out, len_out); break;
    case 9: CALL(ironbase_collection_find_one_and_delete, collection, TEXT(one), TEXT(options), &out, len_out); break;
    case 10: CALL(ironbase_collection_bulk_write, collection, TEXT(one), TEXT(options), &out, len_out); break;
    case 11: CALL(ironbase_collection_create_indexes, collection, TEXT(one), TEXT(options), &out, len_out); break;
    case 12: CALL(ironbase_collection_drop_index, collection, name, NUL); break;
    case 13: CALL(ironbase_collection_list_indexes, collection, &out, len_out); break;
    case 14: CALL(ironbase_collection_explain, collection, TEXT(one), TEXT(options), &out, len_out); break;
    case 15: CALL(ironbase_collection_drop, collection); break;
    case 16: CALL(ironbase_collection_insert_one_bson, collection, (const uint8_t *)one.text, one.len, NULL, 0, &bson, len_out); break;
    case 17: CALL(ironbase_collection_find_one_bson, collection, NULL, 0, NULL, 0, &bson, len_out); break;
    case 18: CALL(ironbase_db_run_command, db, below(random, 2) ? NULL : txn, TEXT(one), &out, len_out); break;
    case 19: CALL(ironbase_db_list_collections, db, TEXT(one), &out, len_out); break;
    case 20: CALL(ironbase_db_create_collection, db, name, NUL, TEXT(options)); break;
    case 21: CALL(ironbase_db_rename_collection, db, name, NUL, ANY(NAMES), NUL, TEXT(options)); break;
    case 22: CALL(ironbase_cursor_next, cursor, &document, len_out); break;
    case 23: CALL(ironbase_cursor_next_batch, cursor, 2, 100, (int32_t)below(random, 4), &out, len_out, NULL); break;
    case 24: CALL(ironbase_txn_commit, txn); break;
    case 25: CALL(ironbase_txn_abort, txn); break;
    case 26: CALL(ironbase_db_op_kill, db, ironbase_db_op_new(db) + below(random, 2)); break;
    case 27:
        if ((place = free_place(world, 1, (void **)world->collections)) >= 0) {
            CALL(ironbase_db_collection, db, name, NUL, &new_collection);
            PUT(1, collections, place, new_collection);
        }
        break;
    case 28:
        if ((place = free_place(world, 1, (void **)world->collections)) >= 0) {
            CALL(ironbase_txn_collection, txn, name, NUL, &new_collection);
            PUT(1, collections, place, new_collection);
        }
        break;
    case 29:
        if ((place = free_place(world, 2, (void **)world->cursors)) >= 0) {
            CALL(ironbase_collection_find, collection, TEXT(one), TEXT(options), &new_cursor);
            PUT(2, cursors, place, new_cursor);
        }
        break;
    case 30:
        if ((place = free_place(world, 3, (void **)world->txns)) >= 0) {
            CALL(ironbase_txn_begin, db, TEXT(options), &new_txn);
            PUT(3, txns, place, new_txn);
        }
        break;
    case 31: RELEASE(1, collections, ironbase_collection_free); break;
    case 32: RELEASE(2, cursors, ironbase_cursor_free); break;
    default: RELEASE(3, txns, ironbase_txn_free); break;
    }
    ironbase_string_free(out);
    ironbase_bson_free(bson);
}

static void free_all(world_t *world) {
    for (int place = 0; place < HANDLES; place++) {
        if (!world->is_freed[1][place]) ironbase_collection_free(world->collections[place]);
        if (!world->is_freed[2][place]) ironbase_cursor_free(world->cursors[place]);
        if (!world->is_freed[3][place]) ironbase_txn_free(world->txns[place]);
    }
}

static ironbase_db_t *open_one(void) {
    ironbase_db_t *db = NULL;
    if (ironbase_open(":memory:", NULL, 0, &db, NULL) != IRONBASE_OK) {
        __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
    }
    return db;
}

/* --- the two runs -------------------------------------------------------------------------------------- */

/* Opens, closes and frees databases as well, and goes on with handles that were freed. */
static void alone(uint64_t seed) {
    world_t world = {.random = seed, .is_alone = true};
    const int rounds = is_soak ? 400 : 12;
    for (int round = 0; round < rounds; round++) {
        size_t place = below(&world.random, HANDLES);
        for (int i = 0; i < HANDLES; i++) {
            if (world.dbs[i] == NULL || (world.is_freed[0][i] && below(&world.random, 3) > 0)) {
                world.dbs[i] = open_one();
                world.is_freed[0][i] = false;
            }
        }
        if (below(&world.random, 2) == 0) {
            ironbase_db_close(world.dbs[place], NULL);
        } else {
            ironbase_db_free(world.dbs[place]);
            ironbase_db_free(world.dbs[place]);
            world.is_freed[0][place] = true;
        }
        for (int i = 0; i < 250; i++) {
            step(&world);
        }
    }
    for (int place = 0; place < HANDLES; place++) {
        if (!world.is_freed[0][place]) {
            ironbase_db_free(world.dbs[place]);
        }
    }
    free_all(&world);
    printf("alone: %u calls, %u refused\n", world.calls, world.refused);
}

static ironbase_db_t *shared[HANDLES];

static void *work(void *argument) {
    world_t *world = argument;
    const int steps = is_soak ? 20000 : 300;
    memcpy(world->dbs, shared, sizeof shared);
    for (int i = 0; i < steps; i++) {
        step(world);
    }
    free_all(world);
    return NULL;
}

static void together(uint64_t seed) {
    static world_t worlds[THREADS];
    pthread_t threads[THREADS];
    unsigned calls = 0, refused = 0;
    for (int i = 0; i < HANDLES; i++) {
        shared[i] = open_one();
    }
    for (int i = 0; i < THREADS; i++) {
        worlds[i].random = seed + 1 + (uint64_t)i * 0x9E3779B97F4A7C15u;
        CHECK(pthread_create(&threads[i], NULL, work, &worlds[i]) == 0);
    }
    /* A few are closed while all use them. */
    for (int i = 0; i < HANDLES / 3; i++) {
        struct timespec pause = {0, 20 * 1000 * 1000};
        nanosleep(&pause, NULL);
        ironbase_db_close(shared[i], NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        calls += worlds[i].calls;
        refused += worlds[i].refused;
    }
    for (int i = 0; i < HANDLES; i++) {
        ironbase_db_free(shared[i]);
    }
    printf("together: %u calls, %u refused\n", calls, refused);
}

int main(void) {
    const char *given = getenv("IRONBASE_SEED");
    const uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    is_soak = getenv("IRONBASE_SOAK") != NULL;
    printf("IRONBASE_SEED=%llu\n", (unsigned long long)seed);
    alone(seed * 2 + 1);
    CHECK(ironbase_live_handles() == 0);
    together(seed * 2 + 1);
    CHECK(ironbase_live_handles() == 0);
    CHECK(failures == 0);
    return check_end();
}
