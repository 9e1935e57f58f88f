/* A queue of jobs and a pool of threads that work them off: each job is taken by one worker, whoever is first.
 *
 *     cc worker_pool.c -lironbase -lpthread && ./a.out
 *
 * All threads share one database handle and one collection handle. A job is taken and marked in one step
 * (ironbase_collection_find_one_and_update), so that no two workers get the same one; a program that crashed finds what was not
 * done still in the queue. */
#include <ironbase.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS = 200, WORKERS = 4 };

static ironbase_collection_t *jobs;

static void die(const char *what, ironbase_error_t *error) {
    fprintf(stderr, "%s: %s\n", what, error == NULL ? "?" : ironbase_error_message(error));
    exit(1);
}

/* Takes the next job; false if there is none. */
static bool take(int worker, int *job, int *input) {
    ironbase_error_t *error = NULL;
    char update[96], *taken = NULL;
    snprintf(update, sizeof update, "{\"$set\": {\"state\": \"taken\", \"worker\": %d}}", worker);
    ironbase_status_t status = ironbase_collection_find_one_and_update(
        jobs, "{\"state\": \"new\"}", IRONBASE_NUL, update, IRONBASE_NUL,
        "{\"sort\": {\"_id\": 1}, \"projection\": {\"input\": 1}}", IRONBASE_NUL, &taken, NULL, &error);
    if (status < IRONBASE_OK) {
        die("take", error);
    }
    const bool found = status == IRONBASE_OK && sscanf(taken, "{\"_id\":%d,\"input\":%d}", job, input) == 2;
    ironbase_string_free(taken);
    return found;
}

static void finish(int job, long result) {
    ironbase_error_t *error = NULL;
    char filter[64], update[96];
    snprintf(filter, sizeof filter, "{\"_id\": %d, \"state\": \"taken\"}", job);
    snprintf(update, sizeof update, "{\"$set\": {\"state\": \"done\", \"result\": %ld}, \"$inc\": {\"times\": 1}}", result);
    if (ironbase_collection_update_one(jobs, filter, IRONBASE_NUL, update, IRONBASE_NUL, NULL, 0, NULL, NULL, &error) !=
        IRONBASE_OK) {
        die("finish", error);
    }
}

static void *work(void *argument) {
    const int worker = (int)(size_t)argument;
    int job = 0, input = 0;
    long done = 0;
    while (take(worker, &job, &input)) {
        finish(job, (long)input * input);
        done++;
    }
    printf("worker %d did %ld jobs\n", worker, done);
    return NULL;
}

static int64_t count(const char *filter) {
    ironbase_error_t *error = NULL;
    int64_t number = 0;
    if (ironbase_collection_count_documents(jobs, filter, IRONBASE_NUL, NULL, 0, &number, &error) != IRONBASE_OK) {
        die("count", error);
    }
    return number;
}

int main(void) {
    ironbase_error_t *error = NULL;
    ironbase_db_t *db = NULL;
    pthread_t workers[WORKERS];
    char *text = malloc(JOBS * 64), *end = text;

    /* A job that is taken and lost with a crash of the system would be taken again: "interval" is durable enough. */
    if (ironbase_open("queue.mlite", "{\"durability\": \"interval\"}", IRONBASE_NUL, &db, &error) != IRONBASE_OK ||
        ironbase_db_collection(db, "jobs", IRONBASE_NUL, &jobs, &error) != IRONBASE_OK ||
        ironbase_collection_create_indexes(jobs, "[{\"key\": {\"state\": 1}}]", IRONBASE_NUL, NULL, 0, NULL, NULL, &error) !=
            IRONBASE_OK) {
        die("open", error);
    }
    for (int i = 0; i < JOBS; i++) {
        end += sprintf(end, "{\"_id\": %d, \"state\": \"new\", \"input\": %d}\n", i, i);
    }
    if (ironbase_collection_insert_many(jobs, text, (size_t)(end - text), NULL, 0, NULL, NULL, &error) != IRONBASE_OK) {
        die("insert", error);
    }
    free(text);

    for (size_t i = 0; i < WORKERS; i++) {
        if (pthread_create(&workers[i], NULL, work, (void *)i) != 0) {
            die("a thread", NULL);
        }
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], NULL);
    }
    const int64_t once = count("{\"state\": \"done\", \"times\": 1}");
    const int64_t right = count("{\"$expr\": {\"$eq\": [\"$result\", {\"$multiply\": [\"$input\", \"$input\"]}]}}");
    printf("%lld of %d jobs done once, %lld with the right result\n", (long long)once, JOBS, (long long)right);

    ironbase_collection_free(jobs);
    if (ironbase_db_close(db, &error) != IRONBASE_OK) {
        die("close", error);
    }
    ironbase_db_free(db);
    return once == JOBS && right == JOBS ? 0 : 1;
}
