/* The same calls from C, to compare those from Go with. Each returns 0, or 1 for a failure. */
#include <ironbase.h>
#include <stdint.h>

/* Opens the database; `durability` as in the options of ironbase_open(). */
int calls_open(const char *path, const char *durability, ironbase_db_t **db, ironbase_collection_t **collection);
/* Reads the documents with these _ids, one by one. */
int calls_get(ironbase_collection_t *collection, const int32_t *ids, int count);
/* The same, without JSON. */
int calls_get_bson(ironbase_collection_t *collection, const int32_t *ids, int count);
/* Reads `count` documents from `first` on, through a cursor. */
int calls_read(ironbase_collection_t *collection, int32_t first, int count);
/* The same, without JSON. */
int calls_read_bson(ironbase_collection_t *collection, int32_t first, int count);
