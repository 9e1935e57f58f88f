/* The library loaded with dlopen, used by threads, and closed again, many times: what is left of it at dlclose (its own threads,
 * thread-locals of threads that end later, the fork handler) never runs code that is gone.
 *
 * This program is not linked with the library: it is given by its path. */
#include <ironbase.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 20 };

typedef ironbase_status_t open_fn(const char *, const char *, size_t, ironbase_db_t **, ironbase_error_t **);
typedef ironbase_status_t collection_fn(ironbase_db_t *, const char *, size_t, ironbase_collection_t **, ironbase_error_t **);
typedef ironbase_status_t insert_fn(ironbase_collection_t *, const char *, size_t, const char *, size_t, char **, size_t *,
                                    ironbase_error_t **);
typedef void collection_free_fn(ironbase_collection_t *);
typedef void db_free_fn(ironbase_db_t *);
typedef uint64_t live_fn(void);

static pthread_barrier_t used, closed;

/* A function of the library. Copied byte by byte: ISO C has no cast from an object's pointer. */
#define LOOK_UP(library, type, variable, name) \
    type *variable = NULL; \
    do { \
        void *symbol = dlsym(library, name); \
        memcpy(&variable, &symbol, sizeof variable); \
    } while (0)

static int use(void *library, const char *path) {
    ironbase_db_t *db = NULL;
    ironbase_collection_t *users = NULL;
    LOOK_UP(library, open_fn, open_db, "ironbase_open");
    LOOK_UP(library, collection_fn, collection, "ironbase_db_collection");
    LOOK_UP(library, insert_fn, insert, "ironbase_collection_insert_one");
    LOOK_UP(library, collection_free_fn, collection_free, "ironbase_collection_free");
    LOOK_UP(library, db_free_fn, db_free, "ironbase_db_free");
    LOOK_UP(library, live_fn, live, "ironbase_live_handles");
    if (open_db == NULL || collection == NULL || insert == NULL || collection_free == NULL || db_free == NULL || live == NULL ||
        open_db(path, NULL, 0, &db, NULL) != IRONBASE_OK ||
        collection(db, "users", IRONBASE_NUL, &users, NULL) != IRONBASE_OK ||
        insert(users, "{\"name\": \"Ada\"}", IRONBASE_NUL, NULL, 0, NULL, NULL, NULL) != IRONBASE_OK) {
        return 1;
    }
    collection_free(users);
    db_free(db);
    return 0;
}

/* Uses the library, and ends when it has been closed: its thread-locals are cleared then. */
static void *work(void *library) {
    const int failed = use(library, ":memory:");
    pthread_barrier_wait(&used);
    pthread_barrier_wait(&closed);
    return failed ? library : NULL;
}

int main(void) {
    pthread_barrier_init(&used, NULL, 2);
    pthread_barrier_init(&closed, NULL, 2);
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t thread;
        void *failed = NULL;
        void *library = dlopen(IRONBASE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        if (pthread_create(&thread, NULL, work, library) != 0) {
            return 1;
        }
        const int failed_here = use(library, "dlclose.mlite");
        pthread_barrier_wait(&used);
        if (dlclose(library) != 0) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        pthread_barrier_wait(&closed);
        pthread_join(thread, &failed);
        if (failed_here || failed != NULL) {
            fprintf(stderr, "round %d: a call failed\n", round);
            return 1;
        }
        /* The fork handler of a library that was closed. */
        const pid_t child = fork();
        int status = 1;
        if (child == 0) {
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
            fprintf(stderr, "round %d: fork\n", round);
            return 1;
        }
    }
    return 0;
}
