#include "calls.h"

#include <stdio.h>
#include <string.h>

int calls_open(const char *path, const char *durability, ironbase_db_t **db, ironbase_collection_t **collection) {
    char options[80];
    snprintf(options, sizeof options, "{\"durability\": \"%s\", \"cacheSize\": 268435456}", durability);
    return ironbase_open(path, options, IRONBASE_NUL, db, NULL) != IRONBASE_OK ||
           ironbase_db_collection(*db, "documents", IRONBASE_NUL, collection, NULL) != IRONBASE_OK;
}

int calls_get(ironbase_collection_t *collection, const int32_t *ids, int count) {
    for (int i = 0; i < count; i++) {
        char filter[32];
        char *found = NULL;
        int length = snprintf(filter, sizeof filter, "{\"_id\": %d}", (int)ids[i]);
        if (ironbase_collection_find_one(collection, filter, (size_t)length, NULL, 0, &found, NULL, NULL) != IRONBASE_OK) {
            return 1;
        }
        ironbase_string_free(found);
    }
    return 0;
}

int calls_get_bson(ironbase_collection_t *collection, const int32_t *ids, int count) {
    uint8_t filter[14] = {14, 0, 0, 0, 16, '_', 'i', 'd', 0};
    for (int i = 0; i < count; i++) {
        uint8_t *found = NULL;
        memcpy(filter + 9, &ids[i], 4);
        if (ironbase_collection_find_one_bson(collection, filter, sizeof filter, NULL, 0, &found, NULL, NULL) != IRONBASE_OK) {
            return 1;
        }
        ironbase_bson_free(found);
    }
    return 0;
}

static ironbase_cursor_t *find(ironbase_collection_t *collection, int32_t first, int count) {
    char filter[80];
    ironbase_cursor_t *cursor = NULL;
    snprintf(filter, sizeof filter, "{\"_id\": {\"$gte\": %d, \"$lt\": %d}}", (int)first, (int)first + count);
    ironbase_collection_find(collection, filter, IRONBASE_NUL, NULL, 0, &cursor, NULL);
    return cursor;
}

int calls_read(ironbase_collection_t *collection, int32_t first, int count) {
    ironbase_cursor_t *cursor = find(collection, first, count);
    const char *document = NULL;
    int read = 0;
    while (ironbase_cursor_next(cursor, &document, NULL, NULL) == IRONBASE_OK) {
        read++;
    }
    ironbase_cursor_free(cursor);
    return read != count;
}

int calls_read_bson(ironbase_collection_t *collection, int32_t first, int count) {
    ironbase_cursor_t *cursor = find(collection, first, count);
    const uint8_t *document = NULL;
    int read = 0;
    while (ironbase_cursor_next_bson(cursor, &document, NULL, NULL) == IRONBASE_OK) {
        read++;
    }
    ironbase_cursor_free(cursor);
    return read != count;
}
