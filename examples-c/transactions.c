/* Moves money between accounts, all or nothing, from several threads at once.
 *
 *     cc transactions.c -lironbase -lpthread && ./a.out
 *
 * A transaction that meets another one on the same account is refused, and tried again from its beginning: that is what
 * the loop in `transfer` is for. In the end nothing is lost and nothing was made up. */
#include <ironbase.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNTS = 5, THREADS = 4, TRANSFERS = 50, START = 1000 };

static ironbase_db_t *db;

static void die(const char *what, ironbase_error_t *error) {
    fprintf(stderr, "%s: %s\n", what, error == NULL ? "?" : ironbase_error_message(error));
    exit(1);
}

/* Adds to an account within the transaction; an account never goes below zero. */
static ironbase_status_t add(ironbase_collection_t *accounts, int account, int amount, int *done,
                             ironbase_error_t **error) {
    char filter[96], update[64], *result = NULL;
    snprintf(filter, sizeof filter, "{\"_id\": %d, \"balance\": {\"$gte\": %d}}", account, amount < 0 ? -amount : 0);
    snprintf(update, sizeof update, "{\"$inc\": {\"balance\": %d}}", amount);
    ironbase_status_t status = ironbase_collection_update_one(accounts, filter, IRONBASE_NUL, update, IRONBASE_NUL,
                                                              NULL, 0, &result, NULL, error);
    *done = status == IRONBASE_OK && strstr(result, "\"modifiedCount\":1") != NULL;
    ironbase_string_free(result);
    return status;
}

/* One try. Whether the money was moved is in `moved`. */
static ironbase_status_t try_transfer(int from, int to, int amount, int *moved, ironbase_error_t **error) {
    ironbase_txn_t *txn = NULL;
    ironbase_collection_t *accounts = NULL;
    int taken = 0, given = 0;
    ironbase_status_t status = ironbase_txn_begin(db, NULL, 0, &txn, error);
    if (status == IRONBASE_OK) {
        status = ironbase_txn_collection(txn, "accounts", IRONBASE_NUL, &accounts, error);
    }
    if (status == IRONBASE_OK) {
        status = add(accounts, from, -amount, &taken, error);
    }
    if (status == IRONBASE_OK && taken) {
        status = add(accounts, to, amount, &given, error);
    }
    if (status == IRONBASE_OK && given) {
        status = ironbase_txn_commit(txn, error);
    }
    *moved = status == IRONBASE_OK && given;
    ironbase_collection_free(accounts);
    ironbase_txn_free(txn); /* Aborts it unless it was committed. */
    return status;
}

/* Tries until nobody is in the way. Returns how often that took; 0 if the account has too little. */
static int transfer(int from, int to, int amount) {
    for (int tries = 1;; tries++) {
        ironbase_error_t *error = NULL;
        int moved = 0;
        if (try_transfer(from, to, amount, &moved, &error) == IRONBASE_OK) {
            return moved ? tries : 0;
        }
        if (!ironbase_error_has_label(error, "TransientTransactionError")) {
            die("transfer", error);
        }
        ironbase_error_free(error);
    }
}

static void *work(void *argument) {
    unsigned seed = *(unsigned *)argument;
    for (int i = 0; i < TRANSFERS; i++) {
        seed = seed * 1103515245u + 12345u;
        int from = (int)(seed >> 16) % ACCOUNTS, to = (from + 1 + (int)(seed >> 20) % (ACCOUNTS - 1)) % ACCOUNTS;
        transfer(from, to, 1 + (int)(seed >> 24) % 100);
    }
    return NULL;
}

/* The sum over all accounts, in one look. */
static long total(void) {
    ironbase_error_t *error = NULL;
    ironbase_collection_t *accounts = NULL;
    ironbase_cursor_t *cursor = NULL;
    const char *account = NULL;
    long sum = 0;
    if (ironbase_db_collection(db, "accounts", IRONBASE_NUL, &accounts, &error) != IRONBASE_OK ||
        ironbase_collection_find(accounts, NULL, 0, NULL, 0, &cursor, &error) != IRONBASE_OK) {
        die("find", error);
    }
    while (ironbase_cursor_next(cursor, &account, NULL, &error) == IRONBASE_OK) {
        sum += strtol(strstr(account, "\"balance\":") + strlen("\"balance\":"), NULL, 10);
    }
    ironbase_cursor_free(cursor);
    ironbase_collection_free(accounts);
    return sum;
}

int main(void) {
    ironbase_error_t *error = NULL;
    ironbase_collection_t *accounts = NULL;
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];

    if (ironbase_open("bank.mlite", NULL, 0, &db, &error) != IRONBASE_OK ||
        ironbase_db_collection(db, "accounts", IRONBASE_NUL, &accounts, &error) != IRONBASE_OK) {
        die("open", error);
    }
    for (int i = 0; i < ACCOUNTS; i++) {
        char account[64];
        snprintf(account, sizeof account, "{\"_id\": %d, \"balance\": %d}", i, START);
        if (ironbase_collection_insert_one(accounts, account, IRONBASE_NUL, NULL, 0, NULL, NULL, &error) !=
            IRONBASE_OK) {
            die("insert", error);
        }
    }
    ironbase_collection_free(accounts);

    printf("moved 100 from account 0 to account 1 at the first try: %s\n", transfer(0, 1, 100) == 1 ? "yes" : "no");
    printf("moved a million: %s\n", transfer(0, 1, 1000000) == 0 ? "no, there is too little" : "yes");

    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 1;
        if (pthread_create(&threads[i], NULL, work, &seeds[i]) != 0) {
            die("pthread_create", NULL);
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    long sum = total();
    printf("after %d transfers from %d threads the accounts hold %ld\n", THREADS * TRANSFERS, THREADS, sum);
    ironbase_db_free(db);
    return sum == (long)ACCOUNTS * START ? 0 : 1;
}
