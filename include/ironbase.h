/* IronBase: an embedded document database with MongoDB's documents and queries.
 *
 * This file is generated from the library's source and is its manual: conventions first, then a
 * page for each group of functions, then every constant, type and function.
 *
 * MIT licence; see LICENSE. */

#ifndef IRONBASE_H
#define IRONBASE_H

/* Do not edit: see cbindgen.toml. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header. */
#define IRONBASE_VERSION_MAJOR 0
#define IRONBASE_VERSION_MINOR 1
#define IRONBASE_VERSION_PATCH 0
/** The version of this header as text; ironbase_version() is that of the library. */
#define IRONBASE_VERSION_STRING "0.1.0"
/** The version of the binary interface; see ironbase_abi_version(). */
#define IRONBASE_ABI_VERSION 0

/** As the length of a text: it ends at its NUL. */
#define IRONBASE_NUL SIZE_MAX

/**
 * @page conventions Conventions
 *
 * They hold for every function; a function's own comment says only what differs.
 *
 * **Results.** A function that can fail returns a status. #IRONBASE_OK and the other statuses from
 * 0 up are outcomes; those below 0 are errors. Results come through pointers, which are set to NULL
 * or 0 first and stay so unless the status is an outcome.
 *
 * **Errors.** The last parameter `err` may be NULL. If it is not, `*err` is set to NULL, and on an
 * error to an error object that tells everything known; free it with ironbase_error_free(). There
 * is no hidden last error: calls may move between threads freely.
 *
 * **Texts in** are UTF-8 with a length in bytes. The length #IRONBASE_NUL stands for "up to the
 * NUL". `(NULL, 0)` means "not given" and is allowed where the parameter says so. Texts are read
 * during the call and not kept.
 *
 * **JSON** is MongoDB's Extended JSON v2, in any mix of its relaxed and canonical forms. Objects
 * keep the order of their fields. Options are JSON documents as well; an option that the function
 * does not know is an error, `null` means "not given".
 *
 * **Texts out** (`char **`) belong to the caller: free them with ironbase_string_free(). They end
 * in a NUL that is not part of the length. Texts returned as `const char *` are borrowed; each
 * function says until when.
 *
 * **Handles** (databases, collections, cursors, transactions) are freed with the function of their own kind, each
 * once, in any order. Freeing NULL does nothing. A handle whose database was closed answers
 * #IRONBASE_ERROR_CLOSED and must still be freed.
 *
 * **Threads.** Any function may be called from any thread, at any time, with the same handles,
 * except that a cursor serves one thread at a time, and that nobody may use a handle while it is
 * being freed or later.
 *
 * **Options of writing.** Beside its own options every function that writes documents or builds indexes takes
 * `maxTimeMS` and `opId` (see @ref operation); `durability` (as of ironbase_open()) or `writeConcern` (`{"j": true}`) for how safe this write
 * must be; `bypassDocumentValidation` (false); `comment`, `readConcern` and `readPreference`, which change nothing.
 *
 * **Statuses of every function:** #IRONBASE_ERROR_ARGUMENT for a parameter that is NULL and must
 * not be, for an impossible length, for bad UTF-8 and unknown options (the message names the
 * parameter); #IRONBASE_ERROR_UNSUPPORTED for options that MongoDB has and this version has not;
 * #IRONBASE_ERROR_JSON for a malformed text (the details give `parameter` and `position`);
 * #IRONBASE_ERROR_CLOSED; #IRONBASE_ERROR_IO and #IRONBASE_ERROR_CORRUPT from the files;
 * #IRONBASE_ERROR_NO_MEMORY; #IRONBASE_ERROR_INTERNAL for a bug.
 *
 * **Statuses of writing**, beside those: #IRONBASE_ERROR_READ_ONLY for a database opened with
 * `readOnly`, and #IRONBASE_ERROR_FULL. A write that returned #IRONBASE_OK is complete and as
 * durable as the database's `durability` says; one that returned an error changed nothing, unless
 * its comment says otherwise. When the system failed to write or sync, further writes are refused
 * until the database is opened anew; reads go on. Opening anew may find the write that met the
 * failure done or not.
 */

/**
 * @page caveats Caveats
 *
 * Read these before they hurt.
 *
 * - **One opener.** A database is open once: in one process, through one ironbase_open(). A second
 *   gets #IRONBASE_ERROR_LOCKED. Share the handle between threads, and the process between users.
 *   Only those who open it with `readOnly` may be several, as long as nobody else has it open.
 * - **fork().** Handles belong to the process that made them. In a child those of the parent answer
 *   #IRONBASE_ERROR_CLOSED, freeing them does nothing, and the lock stays the parent's. A child may open
 *   databases of its own, unless other threads were inside this library when it was forked off: a lock that one of
 *   them held is never released there. Then it should call exec.
 * - **Long cursors.** A cursor keeps the state of the database that it reads from: pages freed
 *   meanwhile cannot be used again, so the files grow under heavy writing. Free cursors when done,
 *   and do not park them.
 * - **Network file systems.** Locks and syncs of NFS, SMB and the like do not keep their promises.
 *   Use a local disk.
 * - **The files belong to the library.** Do not rename, truncate or copy them while the database is
 *   open: a copy made then is not a backup.
 * - **Full disks and failing disks.** After a failed write or sync the database refuses to write
 *   until it is opened anew; check the statuses of writes and of ironbase_db_close().
 * - **Unloading.** `dlclose` is safe at any time; the shared library stays in memory after it.
 * - **Stale handles.** A handle must not be used while it is being freed, or later. One of another kind, and
 *   one of the last 256 that were freed (errors apart), are noticed: #IRONBASE_ERROR_ARGUMENT, and freeing it
 *   again does nothing. Older ones are not.
 */

/**
 * @defgroup status Statuses
 * @brief What functions return: numbers that never change their meaning.
 *
 * @code{.c}
 * ironbase_db_t *db = NULL;
 * ironbase_status_t status = ironbase_open("no/such/directory", "{\"create\": false}", IRONBASE_NUL, &db, NULL);
 * if (status < IRONBASE_OK) {
 *     printf("%s\n", ironbase_status_name(status)); // IRONBASE_ERROR_NOT_FOUND
 * }
 * @endcode
 */

/**
 * @defgroup library The library
 * @brief Version, log, and the texts it hands out.
 *
 * The library keeps no state of its own but the log's callback, and installs no signal handlers.
 *
 * @code{.c}
 * if (ironbase_abi_version() != IRONBASE_ABI_VERSION) {
 *     fprintf(stderr, "compiled for IronBase %s, found %s\n", IRONBASE_VERSION_STRING, ironbase_version());
 *     exit(1);
 * }
 * @endcode
 */

/**
 * @defgroup error Errors
 * @brief Everything known of a failure.
 *
 * An error is made by the call that failed and belongs to the caller. It is bound to no handle and
 * no thread. The texts that its functions return are borrowed until the error is freed.
 *
 * @code{.c}
 * ironbase_error_t *error = NULL;
 * ironbase_db_t *db = NULL;
 * if (ironbase_open("app.mlite", "{\"durable\": true}", IRONBASE_NUL, &db, &error) != IRONBASE_OK) {
 *     fprintf(stderr, "%s (%d): %s\n", ironbase_error_code_name(error), (int)ironbase_error_code(error),
 *             ironbase_error_message(error));
 *     fprintf(stderr, "details: %s\n", ironbase_error_details(error));
 *     ironbase_error_free(error);
 * }
 * @endcode
 */

/**
 * @defgroup database Databases
 * @brief Opening, closing, and the collections inside.
 *
 * A database is a directory. ironbase_open() makes it if it does not exist and recovers it if the
 * last program that had it open crashed. The handle is shared by all threads. ironbase_db_close()
 * makes everything durable and reports what that met; ironbase_db_free() gives the handle back, and
 * closes first if that was not done.
 *
 * @code{.c}
 * ironbase_db_t *db = NULL;
 * char *list = NULL;
 * if (ironbase_open("app.mlite", NULL, 0, &db, NULL) == IRONBASE_OK) {
 *     ironbase_db_create_collection(db, "users", IRONBASE_NUL, NULL, 0, NULL);
 *     if (ironbase_db_list_collections(db, NULL, 0, &list, NULL, NULL) == IRONBASE_OK) {
 *         puts(list);
 *         ironbase_string_free(list);
 *     }
 *     ironbase_db_close(db, NULL);
 *     ironbase_db_free(db);
 * }
 * @endcode
 */

/**
 * @defgroup collection Collections
 * @brief Documents: inserting, finding, changing, deleting; and indexes on them.
 *
 * A collection comes to be with its first document or index; its handle may be had before. Each call
 * sees what every call that returned before it has done. A write to one document is atomic; one to
 * many documents is not as a whole, as in MongoDB: others may see it half done.
 *
 * @code{.c}
 * ironbase_db_t *db = NULL;
 * ironbase_collection_t *users = NULL;
 * char *found = NULL;
 * ironbase_open("app.mlite", NULL, 0, &db, NULL);
 * ironbase_db_collection(db, "users", IRONBASE_NUL, &users, NULL);
 * ironbase_collection_insert_one(users, "{\"name\": \"Ada\", \"age\": 36}", IRONBASE_NUL, NULL, 0, NULL, NULL, NULL);
 * if (ironbase_collection_find_one(users, "{\"age\": {\"$gt\": 30}}", IRONBASE_NUL, NULL, 0, &found, NULL, NULL)
 *     == IRONBASE_OK) {
 *     puts(found);
 * }
 * ironbase_string_free(found);
 * ironbase_collection_free(users);
 * ironbase_db_free(db);
 * @endcode
 */

/**
 * @defgroup cursor Cursors
 * @brief The results of a query, a document or a batch at a time.
 *
 * A cursor sees the database as it was when it was made, and reads nothing before it is first asked.
 * It serves one thread at a time. Documents are returned once each, by either function.
 *
 * @code{.c}
 * ironbase_db_t *db = NULL;
 * ironbase_collection_t *users = NULL;
 * ironbase_cursor_t *cursor = NULL;
 * const char *user = NULL;
 * ironbase_open("app.mlite", NULL, 0, &db, NULL);
 * ironbase_db_collection(db, "users", IRONBASE_NUL, &users, NULL);
 * ironbase_collection_find(users, NULL, 0, "{\"sort\": {\"name\": 1}}", IRONBASE_NUL, &cursor, NULL);
 * while (ironbase_cursor_next(cursor, &user, NULL, NULL) == IRONBASE_OK) {
 *     puts(user);
 * }
 * ironbase_cursor_free(cursor);
 * ironbase_collection_free(users);
 * ironbase_db_free(db);
 * @endcode
 */

/**
 * @defgroup bson BSON
 * @brief Documents as bytes, for programs that have BSON of their own.
 *
 * These take and return BSON documents where their namesakes have JSON, options and results included.
 * BSON in is a pointer and a length in bytes, which must be that which the document says of itself; `(NULL, 0)` means "not given".
 * It is checked like a text: what is malformed is #IRONBASE_ERROR_JSON, and the details give `position` (`offset`) and `path`.
 * BSON out belongs to the caller (ironbase_bson_free()), or is borrowed where it is `const`. What has no
 * function here is done by ironbase_db_run_command_bson(). Batches: ironbase_cursor_next_batch() with
 * #IRONBASE_FORMAT_BSON.
 *
 * @code{.c}
 * static const uint8_t document[] = {14, 0, 0, 0, 16, 'x', 'y', 0, 42, 0, 0, 0, 0}; // one byte short
 * static const uint8_t five[] = {12, 0, 0, 0, 16, 'x', 0, 5, 0, 0, 0, 0}; // {"x": 5}
 * ironbase_db_t *db = NULL;
 * ironbase_collection_t *numbers = NULL;
 * ironbase_error_t *error = NULL;
 * uint8_t *found = NULL;
 * size_t length = 0;
 * ironbase_open("app.mlite", NULL, 0, &db, NULL);
 * ironbase_db_collection(db, "numbers", IRONBASE_NUL, &numbers, NULL);
 * ironbase_collection_insert_one_bson(numbers, five, sizeof five, NULL, 0, NULL, NULL, NULL);
 * if (ironbase_collection_find_one_bson(numbers, five, sizeof five, NULL, 0, &found, &length, NULL) == IRONBASE_OK) {
 *     printf("%zu bytes\n", length);
 * }
 * if (ironbase_collection_insert_one_bson(numbers, document, sizeof document, NULL, 0, NULL, NULL, &error) == IRONBASE_ERROR_JSON) {
 *     puts(ironbase_error_message(error));
 * }
 * ironbase_error_free(error);
 * ironbase_bson_free(found);
 * ironbase_collection_free(numbers);
 * ironbase_db_free(db);
 * @endcode
 */

/**
 * @defgroup transaction Transactions
 * @brief Several documents, in one collection or many, all or none.
 *
 * A transaction sees the database as it was when it began, and its own writes; others see nothing of it
 * until it is committed. It takes no locks: of two that write the same document the first to commit
 * wins, and the other is refused with `WriteConflict` (112), at the write or at its commit. So is one
 * whose document a call outside of transactions has changed meanwhile. An error with the label
 * `TransientTransactionError` says that the whole transaction may be tried again from its beginning.
 *
 * This is snapshot isolation. What it allows: two transactions that read the same documents and write
 * different ones do not see each other's writes, and both commit (write skew).
 *
 * A call that fails, whatever the reason, aborts its transaction, as in MongoDB. Indexes and collections
 * can be made in it, indexes only on collections that it has made itself and that are empty; dropping and
 * renaming, listing, explaining, and writing to capped collections cannot be done
 * (`OperationNotSupportedInTransaction`, 263). A cursor shows the transaction as it was when the cursor was
 * made, and ends with the transaction.
 *
 * @code{.c}
 * ironbase_db_t *db = NULL;
 * ironbase_txn_t *txn = NULL;
 * ironbase_collection_t *users = NULL, *log = NULL;
 * ironbase_open("app.mlite", NULL, 0, &db, NULL);
 * ironbase_txn_begin(db, NULL, 0, &txn, NULL);
 * ironbase_txn_collection(txn, "users", IRONBASE_NUL, &users, NULL);
 * ironbase_txn_collection(txn, "log", IRONBASE_NUL, &log, NULL);
 * if (ironbase_collection_insert_one(users, "{\"_id\": 1}", IRONBASE_NUL, NULL, 0, NULL, NULL, NULL) == IRONBASE_OK &&
 *     ironbase_collection_insert_one(log, "{\"new\": 1}", IRONBASE_NUL, NULL, 0, NULL, NULL, NULL) == IRONBASE_OK) {
 *     ironbase_txn_commit(txn, NULL);
 * }
 * ironbase_collection_free(log);
 * ironbase_collection_free(users);
 * ironbase_txn_free(txn); // aborts it unless it was committed
 * ironbase_db_free(db);
 * @endcode
 */

/**
 * @defgroup operation Operations
 * @brief Killing what runs too long, and watching how far it is.
 *
 * Every call that may take long has the option `maxTimeMS`, the milliseconds that the engine may work
 * for it, and `opId`, an id made beforehand by which another thread can kill it. Both end it with
 * #IRONBASE_ERROR_INTERRUPTED; ironbase_error_code() tells which (50, MaxTimeMSExpired; 11601,
 * Interrupted). Of a cursor the time counts that its calls take, over all its batches.
 *
 * @code{.c}
 * ironbase_db_t *db = NULL;
 * ironbase_collection_t *users = NULL;
 * char options[64];
 * int64_t count = 0;
 * ironbase_open("app.mlite", NULL, 0, &db, NULL);
 * ironbase_db_collection(db, "users", IRONBASE_NUL, &users, NULL);
 * uint64_t op = ironbase_db_op_new(db);
 * snprintf(options, sizeof options, "{\"maxTimeMS\": 5000, \"opId\": %llu}", (unsigned long long)op);
 * // From here on another thread may call ironbase_db_op_kill(db, op, NULL).
 * if (ironbase_collection_count_documents(users, "{\"name\": \"Ada\"}", IRONBASE_NUL, options, IRONBASE_NUL, &count, NULL)
 *     == IRONBASE_ERROR_INTERRUPTED) {
 *     puts("killed, or out of time");
 * }
 * ironbase_db_op_free(db, op, NULL);
 * ironbase_collection_free(users);
 * ironbase_db_free(db);
 * @endcode
 */
/**
 * @defgroup maintenance Maintenance
 * @brief Backups; looking for damage, and saving what is left.
 *
 * ironbase_db_backup() copies an open database while others work, and continues such a copy with what was committed since;
 * ironbase_restore() makes a database of it, as it was after any of its commits.
 *
 * A page that has gone bad is noticed when it is read. ironbase_db_verify() reads all of them, and compares
 * what must agree: documents and indexes, pages in use and free pages, catalog, files and log. Damage is
 * not repaired, since there is no second copy: ironbase_salvage() makes a new database of all that can be
 * read.
 *
 * @code{.c}
 * char *report = NULL;
 * if (ironbase_verify("app.mlite", NULL, 0, NULL, NULL, &report, NULL, NULL) == IRONBASE_OK) {
 *     puts(report); // {"valid":true, ...
 *     ironbase_string_free(report);
 * }
 * if (ironbase_salvage("app.mlite", "saved.mlite", NULL, 0, NULL, NULL, &report, NULL, NULL) == IRONBASE_OK) {
 *     puts(report); // {"documents": .., "lostDocuments": .., ...
 *     ironbase_string_free(report);
 * }
 * @endcode
 */


/**
 * The call did what it says.
 */
#define IRONBASE_OK 0

/**
 * There is nothing (more) to return: no document matched, or the cursor is at its end.
 */
#define IRONBASE_DONE 1

/**
 * A wait ended without an event.
 */
#define IRONBASE_TIMEOUT 2

/**
 * A wrong argument: NULL, a bad length, bad UTF-8, an unknown option or an option's bad value.
 */
#define IRONBASE_ERROR_ARGUMENT -1

/**
 * A text that is not valid (Extended) JSON; the details give its `position`.
 */
#define IRONBASE_ERROR_JSON -2

/**
 * A filter, update, projection, sort or index that MongoDB would refuse too.
 */
#define IRONBASE_ERROR_QUERY -3

/**
 * A unique index, or `_id`, already has the key; the details give `keyPattern` and `keyValue`.
 */
#define IRONBASE_ERROR_DUPLICATE_KEY -4

/**
 * A collection, index or directory that does not exist.
 */
#define IRONBASE_ERROR_NOT_FOUND -5

/**
 * Another transaction changed the same document first.
 */
#define IRONBASE_ERROR_CONFLICT -6

/**
 * A document that the collection's validator refuses.
 */
#define IRONBASE_ERROR_VALIDATION -7

/**
 * Someone else, in this process or another, has the database open.
 */
#define IRONBASE_ERROR_LOCKED -8

/**
 * The database behind the handle is closed.
 */
#define IRONBASE_ERROR_CLOSED -9

/**
 * The operation was cancelled, or ran out of its time.
 */
#define IRONBASE_ERROR_INTERRUPTED -10

/**
 * A write to a database that was opened for reading.
 */
#define IRONBASE_ERROR_READ_ONLY -11

/**
 * The operating system refused a file operation; the details give its `errno`.
 */
#define IRONBASE_ERROR_IO -12

/**
 * The disk, or a size limit, is full.
 */
#define IRONBASE_ERROR_FULL -13

/**
 * The database's files are damaged.
 */
#define IRONBASE_ERROR_CORRUPT -14

/**
 * A file format or a feature that this version does not know.
 */
#define IRONBASE_ERROR_UNSUPPORTED -15

/**
 * Memory could not be had.
 */
#define IRONBASE_ERROR_NO_MEMORY -16

/**
 * A bug in IronBase; please report it with the error's message.
 */
#define IRONBASE_ERROR_INTERNAL -17

/**
 * Nothing is logged.
 */
#define IRONBASE_LOG_OFF 0

/**
 * Failures that no function could return, such as one met while a handle was freed.
 */
#define IRONBASE_LOG_ERROR 1

/**
 * What a careful operator would want to know, such as a log that was cut after a crash.
 */
#define IRONBASE_LOG_WARN 2

/**
 * Opening, closing and recovery.
 */
#define IRONBASE_LOG_INFO 3

/**
 * Background work.
 */
#define IRONBASE_LOG_DEBUG 4

/**
 * Everything.
 */
#define IRONBASE_LOG_TRACE 5

/**
 * A batch is one JSON array.
 */
#define IRONBASE_FORMAT_ARRAY 0

/**
 * A batch is one document a line, each line ended by `'\n'`.
 */
#define IRONBASE_FORMAT_LINES 1

/**
 * A batch is BSON: one document after another, each beginning with its length as BSON does.
 */
#define IRONBASE_FORMAT_BSON 2

/**
 * A collection of an open database. Thread-safe.
 *
 * @ingroup collection
 */
typedef struct ironbase_collection_t ironbase_collection_t;

/**
 * A place in the results of a query. For one thread at a time.
 *
 * @ingroup cursor
 */
typedef struct ironbase_cursor_t ironbase_cursor_t;

/**
 * An open database. Thread-safe.
 *
 * @ingroup database
 */
typedef struct ironbase_db_t ironbase_db_t;

/**
 * What went wrong, and everything known about it. Made by the function that failed, freed by the
 * caller with ironbase_error_free().
 *
 * @ingroup error
 */
typedef struct ironbase_error_t ironbase_error_t;

/**
 * A transaction. Thread-safe; calls of several threads in one transaction are carried out one after
 * the other.
 *
 * @ingroup transaction
 */
typedef struct ironbase_txn_t ironbase_txn_t;

/**
 * What a function returns: `IRONBASE_OK` or another of the `IRONBASE_` statuses. 0 and above are
 * outcomes, below 0 are errors.
 *
 * @ingroup status
 */
typedef int32_t ironbase_status_t;

/**
 * Receives a line of the library's log.
 *
 * Called on whichever thread has something to say, also on several at once. It must not call
 * functions of this library, and should be quick.
 *
 * @param user The pointer given to ironbase_set_log_callback().
 * @param level One of `IRONBASE_LOG_ERROR` ... `IRONBASE_LOG_TRACE`.
 * @param message One line, NUL-terminated UTF-8, borrowed for the call.
 * @ingroup library
 */
typedef void (*ironbase_log_fn)(void *user,
                                int32_t level,
                                const char *message);

/**
 * Learns how far an operation is; decides whether it goes on.
 *
 * Called on the operation's thread, at its beginning, about ten times a second, and once at its end. It may call other functions of
 * this library, but neither ironbase_db_op_set_progress() nor ironbase_db_op_free() for the same
 * id, nor ironbase_db_close(): an operation is under way. Locks may be held meanwhile, so that a
 * write from within it may wait for ever, if the operation builds an index of a small collection.
 *
 * @param user The pointer given to ironbase_db_op_set_progress().
 * @param done Documents, keys or bytes dealt with.
 * @param total How many there will be, at most; 0 if that is not known.
 * @return false kills the id as ironbase_db_op_kill() does.
 * @ingroup operation
 */
typedef bool (*ironbase_progress_fn)(void *user,
                                     uint64_t done,
                                     uint64_t total);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Names a status, for messages and logs.
 *
 * @param status Any number.
 * @return The name as in this header, e.g. `"IRONBASE_ERROR_LOCKED"`; `"unknown status"` for a
 *         number that is none. Lives as long as the program.
 * @ingroup status
 * @since 0.1.0
 */
const char *ironbase_status_name(ironbase_status_t status);

/**
 * Returns the version of the library that is running, e.g. `"0.1.0"`; compare it with
 * #IRONBASE_VERSION_STRING, the version that the program was compiled with.
 *
 * @return Text that lives as long as the program.
 * @ingroup library
 * @since 0.1.0
 */
const char *ironbase_version(void);

/**
 * Returns the version of the binary interface. Programs run with every library that has the
 * #IRONBASE_ABI_VERSION they were compiled with.
 *
 * @return The number in the name of the shared library, `libironbase.so.<number>`.
 * @ingroup library
 * @since 0.1.0
 */
uint32_t ironbase_abi_version(void);

/**
 * Sends the log of the whole library to a function; without one nothing is logged.
 *
 * When this returns, the function set before is not running any more and will not be called again,
 * so what its `user` pointed to may go. Called out of a log function it does nothing.
 *
 * @param callback NULL for none.
 * @param user Handed to the callback; may be NULL. Used from several threads.
 * @param level Lines above this level are left out: `IRONBASE_LOG_OFF` ... `IRONBASE_LOG_TRACE`.
 * @ingroup library
 * @since 0.1.0
 */
void ironbase_set_log_callback(ironbase_log_fn callback,
                               void *user,
                               int32_t level);

/**
 * Counts the handles that were made and not freed yet, errors among them: 0 at the end of a program
 * that freed all it got. For tests that look for leaks.
 *
 * @return The number of databases, collections, cursors, transactions and errors, of all threads.
 * @ingroup library
 * @since 0.1.0
 */
uint64_t ironbase_live_handles(void);

/**
 * Frees a text that a function of this library returned through an `out` parameter.
 *
 * @param text May be NULL.
 * @ingroup library
 * @since 0.1.0
 */
void ironbase_string_free(char *text);

/**
 * Returns an error's status, the same that the failed call returned.
 *
 * @param error May be NULL.
 * @return The status; #IRONBASE_OK for NULL.
 * @ingroup error
 * @since 0.1.0
 */
ironbase_status_t ironbase_error_status(const ironbase_error_t *error);

/**
 * Returns MongoDB's number for an error, such as 11000 (DuplicateKey) or 2 (BadValue).
 *
 * @param error May be NULL.
 * @return The number; 0 where MongoDB has none, and for NULL.
 * @ingroup error
 * @since 0.1.0
 */
int32_t ironbase_error_code(const ironbase_error_t *error);

/**
 * Returns MongoDB's name for an error, such as `"DuplicateKey"`.
 *
 * @param error May be NULL.
 * @return The name; empty where MongoDB has none, and for NULL. Borrowed until the error is freed.
 * @ingroup error
 * @since 0.1.0
 */
const char *ironbase_error_code_name(const ironbase_error_t *error);

/**
 * Returns an error's message: one line for people, which names the operator, field, file or
 * parameter concerned.
 *
 * @param error May be NULL.
 * @return The message, without the code; empty for NULL. Borrowed until the error is freed.
 * @ingroup error
 * @since 0.1.0
 */
const char *ironbase_error_message(const ironbase_error_t *error);

/**
 * Returns what programs may want to know of an error, as a JSON document.
 *
 * Always there: `causes` (messages, the nearest first) and `labels`. Where they apply: `position`
 * (`offset`, `line`, `column` in a text), `path` and `parameter` of what was wrong there;
 * `keyPattern` and `keyValue` of a duplicate key; `writeErrors` (`index`, `code`, `errmsg` ...)
 * and `result` of ironbase_collection_insert_many(); `errInfo` (`failingDocumentId`, `details`) of
 * a document that a validator refused; `errno` of a refused file operation.
 *
 * It is relaxed Extended JSON, but whole numbers beyond 2^53 - 1 are `{"$numberLong": ..}`.
 *
 * @param error May be NULL.
 * @return The document; `"{}"` for NULL. Borrowed until the error is freed.
 * @ingroup error
 * @since 0.1.0
 */
const char *ironbase_error_details(const ironbase_error_t *error);

/**
 * Tells whether an error has a label, such as `"TransientTransactionError"`.
 *
 * @param error May be NULL.
 * @param label NUL-terminated; may be NULL.
 * @return `true` if it has; `false` if not, and for NULL.
 * @ingroup error
 * @since 0.1.0
 */
bool ironbase_error_has_label(const ironbase_error_t *error,
                              const char *label);

/**
 * Frees an error and the texts borrowed from it.
 *
 * @param error May be NULL.
 * @ingroup error
 * @since 0.1.0
 */
void ironbase_error_free(ironbase_error_t *error);

/**
 * Opens a database: a directory, made unless it exists.
 *
 * Options:
 * - `create` (true): make the database if there is none.
 * - `readOnly` (false): refuse all writes.
 * - `durability` (`"full"`): what a power cut can take. `"full"`: nothing that a call returned
 *   #IRONBASE_OK for; `"interval"`: the last `syncIntervalMs`; `"none"`: what the system has not
 *   written yet. A crash of the program alone takes nothing.
 * - `syncIntervalMs` (100): see `durability`.
 * - `cacheSize` (67108864): bytes of memory for pages.
 * - `pageSize` (8192): of files made from now on; 4096, 8192, 16384 or 32768.
 * - `readMode` (`"mmap"`): `"pread"` reads without memory maps.
 * - `strictCollections` (false): reading a collection that does not exist is an error.
 * - `jsonMode` (`"relaxed"`): the form of all results; `"canonical"` shows every type;
 *   `"javascript"` is relaxed but for longs beyond 2^53 - 1, which show theirs.
 * - `transactionLifetimeLimitSeconds` (60): a transaction that is open for longer is aborted.
 * - `logRetentionBytes` (0): so much log stays behind what recovery needs, for incremental backups: see
 *   ironbase_db_backup().
 * - `maxOpenFiles` (256), `queryCacheSize` (1000 shapes of queries).
 * - `background` (true): upkeep on threads of its own; false: in the calls that make it necessary, and no
 *   compaction. `{"compaction": false}` leaves out compaction alone, `{"compaction": {"freePercent":
 *   50, "freeBytes": 16777216, "idleMs": 10000}}` says when it begins: so much of a collection's files would
 *   be given back, and nobody has written for so long.
 *
 * @param path NUL-terminated; `":memory:"` opens an empty database that lives in memory only.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The database; free it with ironbase_db_free().
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_ARGUMENT for an unknown option or a bad value;
 *         #IRONBASE_ERROR_LOCKED if it is open already, here or in another process;
 *         #IRONBASE_ERROR_NOT_FOUND if there is none and `create` is false, or if the directory
 *         that it would lie in does not exist; #IRONBASE_ERROR_IO and
 *         #IRONBASE_ERROR_FULL from the system; #IRONBASE_ERROR_CORRUPT for damaged files;
 *         #IRONBASE_ERROR_UNSUPPORTED for files of a newer version.
 * @ingroup database
 * @since 0.1.0
 */
ironbase_status_t ironbase_open(const char *path,
                                const char *options,
                                size_t options_len,
                                ironbase_db_t **out,
                                ironbase_error_t **err);

/**
 * Closes a database: waits for calls under way, makes everything durable, gives up the lock.
 *
 * Every handle that came from it answers #IRONBASE_ERROR_CLOSED from then on, and must still be
 * freed. Safe from any thread; closing again does nothing and succeeds.
 *
 * @param db The database.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_IO or #IRONBASE_ERROR_FULL for what writing met. It is
 *         closed then too.
 * @ingroup database
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_close(ironbase_db_t *db,
                                    ironbase_error_t **err);

/**
 * Closes a database if it is open, and frees its handle.
 *
 * What closing met is only logged: call ironbase_db_close() first to learn of it. Handles that
 * came from the database may be freed before or after.
 *
 * @param db May be NULL.
 * @ingroup database
 * @since 0.1.0
 */
void ironbase_db_free(ironbase_db_t *db);

/**
 * Gets a handle to a collection, which need not exist: the first document inserted makes it.
 *
 * @param db The database.
 * @param name The collection's name.
 * @param name_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The collection; free it with ironbase_collection_free().
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY (73, InvalidNamespace) for a name that no collection
 *         can have.
 * @ingroup database
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_collection(ironbase_db_t *db,
                                         const char *name,
                                         size_t name_len,
                                         ironbase_collection_t **out,
                                         ironbase_error_t **err);

/**
 * Makes an empty collection. One that exists already with the same options is fine.
 *
 * Options: `capped` (false): the oldest documents make room for new ones; then `size`, the most
 * bytes of documents, is needed, and `max` limits their number. `collation`: how
 * strings compare where an operation does not say. `clusteredIndex`, which every
 * collection has: `{"key": {"_id": 1}, "unique": true}`. `validator`, a filter (often
 * `{"$jsonSchema": ..}`) that documents must match, with `validationLevel` ("strict", "moderate",
 * "off") and `validationAction` ("error", "warn", "errorAndLog"). `maxTimeMS`, `opId`, `comment`.
 *
 * @param db The database.
 * @param name The collection's name.
 * @param name_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for none.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY (73, InvalidNamespace) for a name that no collection
 *         can have, (48, NamespaceExists) if there is one with other options, (72, InvalidOptions)
 *         for options that do not fit together; those of writing (see @ref conventions).
 * @ingroup database
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_create_collection(ironbase_db_t *db,
                                                const char *name,
                                                size_t name_len,
                                                const char *options,
                                                size_t options_len,
                                                ironbase_error_t **err);

/**
 * Renames a collection, its indexes with it. Handles to the old name then see no collection.
 *
 * Options: `dropTarget` (false): drop a collection that has the new name.
 *
 * @param db The database.
 * @param from The present name.
 * @param from_len Bytes, or #IRONBASE_NUL.
 * @param to The new name.
 * @param to_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_NOT_FOUND (26, NamespaceNotFound) if `from` does not
 *         exist; #IRONBASE_ERROR_QUERY (48, NamespaceExists) if `to` does; those of writing (see
 *         @ref conventions).
 * @ingroup database
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_rename_collection(ironbase_db_t *db,
                                                const char *from,
                                                size_t from_len,
                                                const char *to,
                                                size_t to_len,
                                                const char *options,
                                                size_t options_len,
                                                ironbase_error_t **err);

/**
 * Lists the collections.
 *
 * @param db The database.
 * @param filter JSON document that the listed documents must match, e.g. `{"name": "users"}`;
 *         `(NULL, 0)` for all.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param[out] out JSON array of `{"name": .., "type": "collection", "options": {..}, "info":
 *             {..}}`; free it with ironbase_string_free().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY for a bad filter.
 * @ingroup database
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_list_collections(ironbase_db_t *db,
                                               const char *filter,
                                               size_t filter_len,
                                               char **out,
                                               size_t *out_len,
                                               ironbase_error_t **err);

/**
 * Writes everything to its place in the page files and shortens the log. Goes on by itself in the
 * background; calling it makes the next opening fast and the log small now.
 *
 * @param db The database.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; those of writing (see @ref conventions).
 * @ingroup database
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_checkpoint(ironbase_db_t *db,
                                         ironbase_error_t **err);

/**
 * Reports figures of the database: sizes, counts, the state of log and cache.
 *
 * @param db The database.
 * @param options JSON document, none defined yet; `(NULL, 0)` for none.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out JSON document; free it with ironbase_string_free().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK.
 * @ingroup database
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_stats(ironbase_db_t *db,
                                    const char *options,
                                    size_t options_len,
                                    char **out,
                                    size_t *out_len,
                                    ironbase_error_t **err);

/**
 * Frees a collection's handle; the collection stays.
 *
 * @param collection May be NULL.
 * @ingroup collection
 * @since 0.1.0
 */
void ironbase_collection_free(ironbase_collection_t *collection);

/**
 * Deletes a collection with its documents and indexes. One that does not exist is fine.
 *
 * The handle goes on: the next insert makes the collection anew.
 *
 * @param collection The collection.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; those of writing (see @ref conventions).
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_drop(ironbase_collection_t *collection,
                                           ironbase_error_t **err);

/**
 * Tells how an operation would be, or was, carried out: which index, how many keys and documents
 * looked at.
 *
 * Options: `verbosity`: `"queryPlanner"` plans only; `"executionStats"` and `"allPlansExecution"`
 * (the default) also run the operation and add its figures.
 *
 * @param collection The collection.
 * @param command JSON document: MongoDB's command `find`, `count`, `update` or `delete`, whose
 *        collection is not looked at, e.g. `{"find": "", "filter": {"age": {"$gt": 30}}}`.
 * @param command_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out JSON document like MongoDB's: `queryPlanner.winningPlan`, `executionStats`; free
 *             it with ironbase_string_free().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY for what the operation itself would be refused for.
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_explain(ironbase_collection_t *collection,
                                              const char *command,
                                              size_t command_len,
                                              const char *options,
                                              size_t options_len,
                                              char **out,
                                              size_t *out_len,
                                              ironbase_error_t **err);

/**
 * Inserts a document. One without `_id` gets an ObjectId.
 *
 * Options: `bypassDocumentValidation` (false): the validator is not asked; `comment`, which is ignored.
 *
 * @param collection The collection.
 * @param document JSON document.
 * @param document_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for none.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out JSON document `{"insertedId": ..}`; free it with ironbase_string_free(). May be
 *         NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_DUPLICATE_KEY (11000); #IRONBASE_ERROR_QUERY for a
 *         document that cannot be stored; those of writing (see @ref conventions).
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_insert_one(ironbase_collection_t *collection,
                                                 const char *document,
                                                 size_t document_len,
                                                 const char *options,
                                                 size_t options_len,
                                                 char **out,
                                                 size_t *out_len,
                                                 ironbase_error_t **err);

/**
 * Inserts many documents, read from the text one by one.
 *
 * Options: `ordered` (true): stop at the first document that cannot be inserted; false: insert all
 * others. `comment` is ignored.
 *
 * @param collection The collection.
 * @param documents JSON: one array of documents, or documents one after another, such as one a
 *         line.
 * @param documents_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out JSON document `{"insertedIds": {"0": ..}, "insertedCount": n}`, the keys being
 *             positions in `documents`; free it with ironbase_string_free(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions. Its details give `writeErrors`, and in `result` the
 *         `insertedCount`: what was inserted before stays.
 * @return #IRONBASE_OK; for documents refused, the status of the first as from
 *         ironbase_collection_insert_one(); #IRONBASE_ERROR_JSON for a malformed document, behind
 *         which nothing is read; those of writing (see @ref conventions).
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_insert_many(ironbase_collection_t *collection,
                                                  const char *documents,
                                                  size_t documents_len,
                                                  const char *options,
                                                  size_t options_len,
                                                  char **out,
                                                  size_t *out_len,
                                                  ironbase_error_t **err);

/**
 * Runs one of MongoDB's commands, e.g. `{"find": "users", "filter": {"age": {"$gt": 30}}}`, and gives
 * its reply, e.g. `{"cursor": {"firstBatch": [..], "id": 0, "ns": "app.users"}, "ok": 1.0}`.
 *
 * The first field names the command; fields, replies and codes are those of MongoDB's manual. Which
 * commands there are is in docs/compatibility.md. A command that fails is an error, never a reply with
 * `"ok": 0`. Documents and statements that a write refuses are not a failure: they are in the reply's
 * `writeErrors`.
 *
 * In namespaces the database is called by its directory's name without the extension: `app` for
 * `/data/app.mlite`. A cursor whose `id` is not 0 is read on with `getMore` and given up with
 * `killCursors`; one that nobody reads for ten minutes is given up by itself.
 *
 * @param db The database.
 * @param txn The transaction that the command works in; NULL for none. A command may also name one of
 *            its own by `lsid`, `txnNumber`, `startTransaction` and `autocommit`.
 * @param command JSON document.
 * @param command_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The reply as a JSON document; free it with ironbase_string_free(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY (59, CommandNotFound) for a command that there is not;
 *         #IRONBASE_ERROR_ARGUMENT (40415, IDLUnknownField) for a field that it does not have; those of
 *         the command.
 * @ingroup database
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_run_command(ironbase_db_t *db,
                                          ironbase_txn_t *txn,
                                          const char *command,
                                          size_t command_len,
                                          char **out,
                                          size_t *out_len,
                                          ironbase_error_t **err);

/**
 * Starts reading the documents that match a filter. The cursor sees the database as it is now,
 * whatever is written later. No document is read before the first is asked for.
 *
 * Options: `projection`, `sort`, `skip`, `limit` (0: no limit), `batchSize` (for
 * ironbase_cursor_next_batch() without limits of its own), `singleBatch` (only so many, or 101),
 * `collation` (`{"locale": "en", "strength": 2}`: how strings compare),
 * `hint` (an index's name or key pattern, or `{"$natural": 1}`), `min`, `max` (the keys of that
 * index to go through), `returnKey`, `showRecordId`,
 * `allowDiskUse` (false: a sort beyond 100 MiB fails); of capped
 * collections `tailable`, `awaitData` and `maxAwaitTimeMS` (1000), see ironbase_cursor_next();
 * `maxTimeMS`, `opId`; `comment`, `noCursorTimeout`, `readConcern`, `readPreference` (ignored).
 *
 * @param collection The collection; one that does not exist is empty, unless opened with
 *         `strictCollections`.
 * @param filter JSON document; `(NULL, 0)` for all documents.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The cursor; free it with ironbase_cursor_free().
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY for a bad filter, projection, sort or hint;
 *         #IRONBASE_ERROR_NOT_FOUND (26, NamespaceNotFound) under `strictCollections`.
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_find(ironbase_collection_t *collection,
                                           const char *filter,
                                           size_t filter_len,
                                           const char *options,
                                           size_t options_len,
                                           ironbase_cursor_t **out,
                                           ironbase_error_t **err);

/**
 * Reads the first document that matches a filter.
 *
 * Options: as for ironbase_collection_find().
 *
 * @param collection The collection; one that does not exist is empty, unless opened with
 *         `strictCollections`.
 * @param filter JSON document; `(NULL, 0)` for any document.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The document as JSON, NULL if there is none; free it with
 *         ironbase_string_free().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_DONE if no document matches; otherwise as
 *         ironbase_collection_find().
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_find_one(ironbase_collection_t *collection,
                                               const char *filter,
                                               size_t filter_len,
                                               const char *options,
                                               size_t options_len,
                                               char **out,
                                               size_t *out_len,
                                               ironbase_error_t **err);

/**
 * Counts the documents that match a filter.
 *
 * Options: `skip`, `limit` (0: no limit), `collation`, `hint`, `let`; `maxTimeMS`, `opId`; `comment` (ignored).
 *
 * @param collection The collection; one that does not exist is empty, unless opened with
 *         `strictCollections`.
 * @param filter JSON document; `(NULL, 0)` for all documents.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The number of documents.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; otherwise as ironbase_collection_find().
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_count_documents(ironbase_collection_t *collection,
                                                      const char *filter,
                                                      size_t filter_len,
                                                      const char *options,
                                                      size_t options_len,
                                                      int64_t *out,
                                                      ironbase_error_t **err);

/**
 * Gives the number of documents in a collection without looking at any. It is exact.
 *
 * Options: `maxTimeMS`, `opId`; `comment` (ignored).
 *
 * @param collection The collection; one that does not exist is empty, unless opened with
 *         `strictCollections`.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The number of documents.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY (263, OperationNotSupportedInTransaction) in a
 *         transaction; #IRONBASE_ERROR_NOT_FOUND (26, NamespaceNotFound) under `strictCollections`.
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_estimated_document_count(ironbase_collection_t *collection,
                                                               const char *options,
                                                               size_t options_len,
                                                               int64_t *out,
                                                               ironbase_error_t **err);

/**
 * Gives the distinct values of a field among the documents that match a filter, as a JSON array in
 * the order in which they are met. Of an array each element counts.
 *
 * Options: `collation`, `hint`, `let`; `maxTimeMS`, `opId`; `comment`, `readConcern`,
 * `readPreference` (ignored).
 *
 * @param collection The collection; one that does not exist is empty, unless opened with
 *         `strictCollections`.
 * @param field The field's name, a path as in `address.city`.
 * @param field_len Bytes, or #IRONBASE_NUL.
 * @param filter JSON document; `(NULL, 0)` for all documents.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The array; free it with ironbase_string_free().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY for a field that is no path (40352, 40353, 16410),
 *         or for more than 16 MiB of values (17217); otherwise as ironbase_collection_find().
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_distinct(ironbase_collection_t *collection,
                                               const char *field,
                                               size_t field_len,
                                               const char *filter,
                                               size_t filter_len,
                                               const char *options,
                                               size_t options_len,
                                               char **out,
                                               size_t *out_len,
                                               ironbase_error_t **err);

/**
 * Updates the first document that matches a filter.
 *
 * Options: `upsert` (false): insert a document made of filter and update if none matches;
 * `arrayFilters`: which elements each `$[identifier]` of the update stands for; `sort`: which
 * document is the first; `collation`; `hint` (an index's name or key pattern); `let`, and for
 * pipelines `constants` (variables: expressions, and plain values); `maxTimeMS`, `opId`; `comment`
 * (ignored).
 *
 * @param collection The collection.
 * @param filter JSON document; `{}` for any document.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param update JSON document of update operators, e.g. `{"$set": {"age": 41}}`, or JSON array of
 *               the stages of a pipeline, e.g. `[{"$set": {"sum": {"$add": ["$a", "$b"]}}}]`.
 * @param update_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out JSON document `{"matchedCount": n, "modifiedCount": n, "upsertedCount": n}`,
 *             with `"upsertedId"` if a document was inserted; free it with ironbase_string_free().
 *             May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK, also if nothing matched; #IRONBASE_ERROR_QUERY for a bad filter or update,
 *         or an update that a document does not allow; #IRONBASE_ERROR_DUPLICATE_KEY (11000);
 *         those of writing (see @ref conventions).
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_update_one(ironbase_collection_t *collection,
                                                 const char *filter,
                                                 size_t filter_len,
                                                 const char *update,
                                                 size_t update_len,
                                                 const char *options,
                                                 size_t options_len,
                                                 char **out,
                                                 size_t *out_len,
                                                 ironbase_error_t **err);

/**
 * Updates every document that matches a filter. On an error, what was updated before stays.
 *
 * Parameters, options, result and statuses: as ironbase_collection_update_one(); there is no `sort`.
 *
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_update_many(ironbase_collection_t *collection,
                                                  const char *filter,
                                                  size_t filter_len,
                                                  const char *update,
                                                  size_t update_len,
                                                  const char *options,
                                                  size_t options_len,
                                                  char **out,
                                                  size_t *out_len,
                                                  ironbase_error_t **err);

/**
 * Replaces the first document that matches a filter by another, which keeps the `_id`.
 *
 * Options, result and statuses: as ironbase_collection_update_one(); there are no `arrayFilters`.
 *
 * @param collection The collection.
 * @param filter JSON document; `{}` for any document.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param replacement JSON document without update operators; an `_id` in it must be the present
 *         one.
 * @param replacement_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out As ironbase_collection_update_one(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return As ironbase_collection_update_one(); #IRONBASE_ERROR_QUERY (66, ImmutableField) for
 *         another `_id`.
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_replace_one(ironbase_collection_t *collection,
                                                  const char *filter,
                                                  size_t filter_len,
                                                  const char *replacement,
                                                  size_t replacement_len,
                                                  const char *options,
                                                  size_t options_len,
                                                  char **out,
                                                  size_t *out_len,
                                                  ironbase_error_t **err);

/**
 * Deletes the first document that matches a filter.
 *
 * Options: `collation`, `hint` (an index's name or key pattern), `comment` (ignored).
 *
 * @param collection The collection.
 * @param filter JSON document; `{}` for any document.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out JSON document `{"deletedCount": n}`; free it with ironbase_string_free(). May be
 *         NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK, also if nothing matched; #IRONBASE_ERROR_QUERY for a bad filter; those of
 *         writing (see @ref conventions).
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_delete_one(ironbase_collection_t *collection,
                                                 const char *filter,
                                                 size_t filter_len,
                                                 const char *options,
                                                 size_t options_len,
                                                 char **out,
                                                 size_t *out_len,
                                                 ironbase_error_t **err);

/**
 * Deletes every document that matches a filter. On an error, what was deleted before stays.
 *
 * Parameters, options, result and statuses: as ironbase_collection_delete_one().
 *
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_delete_many(ironbase_collection_t *collection,
                                                  const char *filter,
                                                  size_t filter_len,
                                                  const char *options,
                                                  size_t options_len,
                                                  char **out,
                                                  size_t *out_len,
                                                  ironbase_error_t **err);

/**
 * Updates the first document that matches a filter, and returns it. Nobody sees or changes it in
 * between.
 *
 * Options: those of ironbase_collection_update_one(); `projection`: which fields to return;
 * `returnDocument`: `"before"` (the default) or `"after"` the update.
 *
 * @param collection The collection.
 * @param filter JSON document; `{}` for any document.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param update JSON document of update operators, e.g. `{"$inc": {"seq": 1}}`.
 * @param update_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The document as JSON, NULL if there is none; free it with
 *         ironbase_string_free(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_DONE if there is no document to return: none matched, or one was
 *         inserted and `"before"` is asked for; otherwise as ironbase_collection_update_one().
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_find_one_and_update(ironbase_collection_t *collection,
                                                          const char *filter,
                                                          size_t filter_len,
                                                          const char *update,
                                                          size_t update_len,
                                                          const char *options,
                                                          size_t options_len,
                                                          char **out,
                                                          size_t *out_len,
                                                          ironbase_error_t **err);

/**
 * Replaces the first document that matches a filter by another, which keeps the `_id`, and returns
 * it.
 *
 * Options, result and statuses: as ironbase_collection_find_one_and_update(); there are no
 * `arrayFilters`.
 *
 * @param collection The collection.
 * @param filter JSON document; `{}` for any document.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param replacement JSON document without update operators; an `_id` in it must be the present
 *         one.
 * @param replacement_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out As ironbase_collection_find_one_and_update(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return As ironbase_collection_find_one_and_update().
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_find_one_and_replace(ironbase_collection_t *collection,
                                                           const char *filter,
                                                           size_t filter_len,
                                                           const char *replacement,
                                                           size_t replacement_len,
                                                           const char *options,
                                                           size_t options_len,
                                                           char **out,
                                                           size_t *out_len,
                                                           ironbase_error_t **err);

/**
 * Deletes the first document that matches a filter, and returns it.
 *
 * Options: `projection`: which fields to return; `sort`: which document is the first; `hint` (an
 * index's name or key pattern); `comment` (ignored).
 *
 * @param collection The collection.
 * @param filter JSON document; `{}` for any document.
 * @param filter_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The document as JSON, NULL if there is none; free it with
 *         ironbase_string_free(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_DONE if no document matched; otherwise as
 *         ironbase_collection_delete_one().
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_find_one_and_delete(ironbase_collection_t *collection,
                                                          const char *filter,
                                                          size_t filter_len,
                                                          const char *options,
                                                          size_t options_len,
                                                          char **out,
                                                          size_t *out_len,
                                                          ironbase_error_t **err);

/**
 * Makes many writes of different kinds, in order. They become durable together, which is much
 * faster than one by one.
 *
 * Options: `ordered` (true): stop at the first write that is refused; false: make all others.
 * `comment` is ignored.
 *
 * @param collection The collection.
 * @param models JSON: one array of models, or models one after another, such as one a line. A model
 *         is `{"insertOne": {"document"}}`, `{"updateOne": {"filter", "update"}}`, `updateMany`,
 *         `{"replaceOne": {"filter", "replacement"}}`, `{"deleteOne": {"filter"}}` or
 *         `deleteMany`; updates and replacements take `upsert`, `hint`, `arrayFilters` and `sort`
 *         too, deletes `hint`.
 * @param models_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out JSON document with `insertedCount`, `matchedCount`, `modifiedCount`,
 *         `deletedCount`, `upsertedCount`, and `insertedIds` and `upsertedIds` by the models'
 *         positions; free it with ironbase_string_free(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions. Its details give `writeErrors` (`index`, `code`, `errmsg`,
 *         `keyPattern`, `keyValue`), and in `result` what was written: it stays.
 * @return #IRONBASE_OK; for writes refused, the status of the first as from the function for it
 *         alone; #IRONBASE_ERROR_ARGUMENT or #IRONBASE_ERROR_JSON for a malformed model, behind
 *         which nothing is read; those of writing (see @ref conventions).
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_bulk_write(ironbase_collection_t *collection,
                                                 const char *models,
                                                 size_t models_len,
                                                 const char *options,
                                                 size_t options_len,
                                                 char **out,
                                                 size_t *out_len,
                                                 ironbase_error_t **err);

/**
 * Makes indexes, all or none, and the collection if it does not exist. An index that exists already is fine.
 *
 * On a collection with more than 4 MiB of documents others go on reading and writing meanwhile; a unique index counts what
 * is there at the end. One such call works at a time, others wait for it. Whatever ends it early leaves nothing of the indexes.
 *
 * Options: `comment`, which is ignored.
 *
 * @param collection The collection.
 * @param specs JSON array of `{"key": {"age": 1}, "name": "age_1", "unique": false}`; 1 sorts up
 *        and -1 down, the name may be left out.
 * @param specs_len Bytes, or #IRONBASE_NUL.
 * @param options JSON document; `(NULL, 0)` for none.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out JSON array of the indexes' names, in the order of `specs`; free it with
 *             ironbase_string_free(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY (67, CannotCreateIndex) for a bad specification,
 *         (85, IndexOptionsConflict) or (86, IndexKeySpecsConflict) if another index has the key
 *         or the name, (276, IndexBuildAborted) if the collection is dropped meanwhile;
 *         #IRONBASE_ERROR_DUPLICATE_KEY (11000) if documents violate a unique index: the details name the key and
 *         both `_id`s; those of writing (see @ref conventions).
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_create_indexes(ironbase_collection_t *collection,
                                                     const char *specs,
                                                     size_t specs_len,
                                                     const char *options,
                                                     size_t options_len,
                                                     char **out,
                                                     size_t *out_len,
                                                     ironbase_error_t **err);

/**
 * Deletes an index.
 *
 * @param collection The collection.
 * @param name The index's name.
 * @param name_len Bytes, or #IRONBASE_NUL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_NOT_FOUND (27, IndexNotFound); #IRONBASE_ERROR_QUERY (72,
 *         InvalidOptions) for `_id_`; those of writing (see @ref conventions).
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_drop_index(ironbase_collection_t *collection,
                                                 const char *name,
                                                 size_t name_len,
                                                 ironbase_error_t **err);

/**
 * Lists the indexes.
 *
 * @param collection The collection.
 * @param[out] out JSON array of the indexes' specifications, the one on `_id` first; free it with
 *             ironbase_string_free().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_NOT_FOUND (26, NamespaceNotFound) if the collection does
 *         not exist.
 * @ingroup collection
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_list_indexes(ironbase_collection_t *collection,
                                                   char **out,
                                                   size_t *out_len,
                                                   ironbase_error_t **err);

/**
 * Moves to the next document.
 *
 * @param cursor The cursor.
 * @param[out] document The document as NUL-terminated JSON, borrowed until the next call with this
 *             cursor; NULL at the end.
 * @param[out] document_len Its length in bytes, without the NUL; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_DONE behind the last document. A cursor found with `tailable` may
 *         be asked again then; with `awaitData` it waits for a document first, and returns
 *         #IRONBASE_TIMEOUT if none came. #IRONBASE_ERROR_QUERY if its place was lost: (136,
 *         CappedPositionLost) removed to make room, (175, QueryPlanKilled) dropped or renamed.
 * @ingroup cursor
 * @since 0.1.0
 */
ironbase_status_t ironbase_cursor_next(ironbase_cursor_t *cursor,
                                       const char **document,
                                       size_t *document_len,
                                       ironbase_error_t **err);

/**
 * Reads the next documents, many in one text: faster than one by one, above all from other
 * languages. With #IRONBASE_FORMAT_BSON the text is bytes, which may hold NULs.
 *
 * @param cursor The cursor.
 * @param max_docs Documents at most; 0 for no limit.
 * @param max_bytes Bytes of text at most, except that one document is always returned; 0 for no
 *        limit. With both 0, batches have the `batchSize` that `find` was given, and 1 MiB at
 *        most.
 * @param format #IRONBASE_FORMAT_ARRAY, #IRONBASE_FORMAT_LINES or #IRONBASE_FORMAT_BSON.
 * @param[out] out The documents; NULL at the end. Free it with ironbase_string_free().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] count The number of documents in it; may be NULL.
 * @param[out] err See @ref conventions. An error behind the first documents of a batch is returned
 *         by the next call.
 * @return #IRONBASE_OK; #IRONBASE_DONE if there are no more documents; for tailable cursors as
 *         ironbase_cursor_next().
 * @ingroup cursor
 * @since 0.1.0
 */
ironbase_status_t ironbase_cursor_next_batch(ironbase_cursor_t *cursor,
                                             uint32_t max_docs,
                                             size_t max_bytes,
                                             int32_t format,
                                             char **out,
                                             size_t *out_len,
                                             uint32_t *count,
                                             ironbase_error_t **err);

/**
 * Frees a cursor and the document borrowed from it.
 *
 * @param cursor May be NULL.
 * @ingroup cursor
 * @since 0.1.0
 */
void ironbase_cursor_free(ironbase_cursor_t *cursor);

/**
 * Frees BSON that a function of this library returned through an `out` parameter.
 *
 * @param bson May be NULL.
 * @ingroup bson
 * @since 0.1.0
 */
void ironbase_bson_free(uint8_t *bson);

/**
 * ironbase_collection_insert_one() without JSON.
 *
 * @param collection The collection.
 * @param document BSON document.
 * @param document_len Its length in bytes.
 * @param options BSON document; `(NULL, 0)` for none.
 * @param options_len Its length in bytes.
 * @param[out] out BSON document `{"insertedId": ..}`; free it with ironbase_bson_free(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return As ironbase_collection_insert_one().
 * @ingroup bson
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_insert_one_bson(ironbase_collection_t *collection,
                                                      const uint8_t *document,
                                                      size_t document_len,
                                                      const uint8_t *options,
                                                      size_t options_len,
                                                      uint8_t **out,
                                                      size_t *out_len,
                                                      ironbase_error_t **err);

/**
 * ironbase_collection_insert_many() without JSON.
 *
 * @param collection The collection.
 * @param documents BSON documents, one after another.
 * @param documents_len Their length in bytes.
 * @param options BSON document; `(NULL, 0)` for the defaults.
 * @param options_len Its length in bytes.
 * @param[out] inserted The number of documents inserted; may be NULL.
 * @param[out] err See @ref conventions. Its details are those of ironbase_collection_insert_many():
 *             `writeErrors`, and in `result` the `insertedCount`.
 * @return As ironbase_collection_insert_many(); #IRONBASE_ERROR_JSON for a malformed document, behind
 *         which nothing is read.
 * @ingroup bson
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_insert_many_bson(ironbase_collection_t *collection,
                                                       const uint8_t *documents,
                                                       size_t documents_len,
                                                       const uint8_t *options,
                                                       size_t options_len,
                                                       uint64_t *inserted,
                                                       ironbase_error_t **err);

/**
 * ironbase_collection_find() without JSON. The cursor is one like any other.
 *
 * @param collection The collection.
 * @param filter BSON document; `(NULL, 0)` for all documents.
 * @param filter_len Its length in bytes.
 * @param options BSON document; `(NULL, 0)` for the defaults.
 * @param options_len Its length in bytes.
 * @param[out] out The cursor; free it with ironbase_cursor_free().
 * @param[out] err See @ref conventions.
 * @return As ironbase_collection_find().
 * @ingroup bson
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_find_bson(ironbase_collection_t *collection,
                                                const uint8_t *filter,
                                                size_t filter_len,
                                                const uint8_t *options,
                                                size_t options_len,
                                                ironbase_cursor_t **out,
                                                ironbase_error_t **err);

/**
 * ironbase_collection_find_one() without JSON.
 *
 * @param collection The collection.
 * @param filter BSON document; `(NULL, 0)` for any document.
 * @param filter_len Its length in bytes.
 * @param options BSON document; `(NULL, 0)` for the defaults.
 * @param options_len Its length in bytes.
 * @param[out] out The document, NULL if there is none; free it with ironbase_bson_free().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return As ironbase_collection_find_one().
 * @ingroup bson
 * @since 0.1.0
 */
ironbase_status_t ironbase_collection_find_one_bson(ironbase_collection_t *collection,
                                                    const uint8_t *filter,
                                                    size_t filter_len,
                                                    const uint8_t *options,
                                                    size_t options_len,
                                                    uint8_t **out,
                                                    size_t *out_len,
                                                    ironbase_error_t **err);

/**
 * Moves to the next document, which is lent as it is stored: no copy, no JSON. May be mixed with the
 * other functions of a cursor.
 *
 * @param cursor The cursor.
 * @param[out] document The document as BSON, borrowed until the next call with this cursor; NULL at the end.
 * @param[out] document_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return As ironbase_cursor_next().
 * @ingroup bson
 * @since 0.1.0
 */
ironbase_status_t ironbase_cursor_next_bson(ironbase_cursor_t *cursor,
                                            const uint8_t **document,
                                            size_t *document_len,
                                            ironbase_error_t **err);

/**
 * ironbase_db_run_command() without JSON: whatever the library can do, for programs that speak BSON.
 *
 * @param db The database.
 * @param txn The transaction that the command works in; NULL for none.
 * @param command BSON document.
 * @param command_len Its length in bytes.
 * @param[out] out The reply; free it with ironbase_bson_free(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return As ironbase_db_run_command().
 * @ingroup bson
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_run_command_bson(ironbase_db_t *db,
                                               ironbase_txn_t *txn,
                                               const uint8_t *command,
                                               size_t command_len,
                                               uint8_t **out,
                                               size_t *out_len,
                                               ironbase_error_t **err);

/**
 * Begins a transaction.
 *
 * It sees the database as it is now, and beyond that only its own writes.
 *
 * Options: `transactionLifetimeLimitSeconds`: it is aborted when it has been open for so long (the
 * database's, 60 if nothing else was said); `durability` or `writeConcern`: how safe its commit is
 * when it returns, as for a single write (the database's `durability`); `readConcern`:
 * `{"level": ..}` with `"local"`, `"majority"` or `"snapshot"`, which all mean the same here.
 *
 * @param db The database.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The transaction; free it with ironbase_txn_free().
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_CLOSED; #IRONBASE_ERROR_FULL when 32,768 are open.
 * @ingroup transaction
 * @since 0.1.0
 */
ironbase_status_t ironbase_txn_begin(ironbase_db_t *db,
                                     const char *options,
                                     size_t options_len,
                                     ironbase_txn_t **out,
                                     ironbase_error_t **err);

/**
 * Gives a handle on a collection within the transaction, which need not exist.
 *
 * All calls on it work in the transaction: they see what it sees, and what they write belongs to it.
 * A call that fails aborts the transaction. When the transaction has ended they answer
 * `NoSuchTransaction` (251) or `TransactionCommitted` (256).
 *
 * @param txn The transaction.
 * @param name The collection's name.
 * @param name_len Bytes, or #IRONBASE_NUL.
 * @param[out] out The handle; free it with ironbase_collection_free(), before or after the
 *             transaction.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_QUERY for a name that MongoDB refuses;
 *         #IRONBASE_ERROR_NOT_FOUND or #IRONBASE_ERROR_CLOSED when the transaction has ended.
 * @ingroup transaction
 * @since 0.1.0
 */
ironbase_status_t ironbase_txn_collection(ironbase_txn_t *txn,
                                          const char *name,
                                          size_t name_len,
                                          ironbase_collection_t **out,
                                          ironbase_error_t **err);

/**
 * Makes the transaction's changes visible and, at the database's durability, safe: all or none.
 *
 * Committing once more what has been committed is fine.
 *
 * @param txn The transaction.
 * @param[out] err See @ref conventions. With the label `TransientTransactionError` the whole
 *             transaction may be tried again from its beginning.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_CONFLICT (`WriteConflict`, 112) when a document that it wrote
 *         was changed by someone else since it began, or a unique key was taken; then, as after
 *         every other error, it is aborted. #IRONBASE_ERROR_NOT_FOUND (`NoSuchTransaction`, 251) when
 *         it was aborted before; those of writing (see @ref conventions).
 * @ingroup transaction
 * @since 0.1.0
 */
ironbase_status_t ironbase_txn_commit(ironbase_txn_t *txn,
                                      ironbase_error_t **err);

/**
 * Undoes what the transaction has done. Aborting once more is fine.
 *
 * @param txn The transaction.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_CLOSED (`TransactionCommitted`, 256) when it has been
 *         committed.
 * @ingroup transaction
 * @since 0.1.0
 */
ironbase_status_t ironbase_txn_abort(ironbase_txn_t *txn,
                                     ironbase_error_t **err);

/**
 * Frees a transaction's handle, and aborts it unless it has ended.
 *
 * @param txn May be NULL.
 * @ingroup transaction
 * @since 0.1.0
 */
void ironbase_txn_free(ironbase_txn_t *txn);

/**
 * Gives the space that deleted and changed documents have left back to the file system: packs the
 * files of collections and indexes, one after the other, and cuts off their ends.
 *
 * Others read and write meanwhile. It takes a few megabytes of memory, and a file grows by an
 * eighth or 32 MiB at most on the way. Nothing is lost when it is killed (`opId`) or the program ends; what
 * was done so far stays done. What a long read still needs is kept: then `heldBack` is true, and
 * another compaction later gives back more.
 *
 * Options: `collection` (all): the name of the one to compact. `dryRun` (false): only estimate.
 * `freeSpaceTargetMB` (0): leave alone what would give back less. `maxTimeMS`, `opId`, `comment`.
 *
 * @param db The database.
 * @param options JSON document; `(NULL, 0)` for none.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out JSON document: `bytesBefore`, `bytesAfter`, `bytesFreed`, `documentsScanned`,
 *             `documentsKept`, `pagesScanned`, `pagesWritten`, `pagesBefore`, `pagesKept`,
 *             `heldBack`, `durationMs`, and `collections`, an array of the same for each; with
 *             `dryRun` `{"estimatedBytesFreed": ..}`. Free it with ironbase_string_free(). May be
 *             NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_NOT_FOUND (26, NamespaceNotFound) if there is no such
 *         collection; #IRONBASE_ERROR_INTERRUPTED; those of writing (see @ref conventions).
 * @ingroup database
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_compact(ironbase_db_t *db,
                                      const char *options,
                                      size_t options_len,
                                      char **out,
                                      size_t *out_len,
                                      ironbase_error_t **err);

/**
 * Makes an id. Operations run under it if their option `opId` names it; any number of them, one
 * after another or at once.
 *
 * @param db The database.
 * @return The id, never used before; 0 if `db` is not a database. Give it back with
 *         ironbase_db_op_free().
 * @ingroup operation
 * @since 0.1.0
 */
uint64_t ironbase_db_op_new(ironbase_db_t *db);

/**
 * Stops what runs under an id, and what will: those calls return #IRONBASE_ERROR_INTERRUPTED
 * (11601, Interrupted) when they are through with what they are at: some hundred documents or entries, a commit, a file's sync.
 *
 * What an insert, update or delete of many documents has done so far stays done. A call that
 * already waits for the disk returns its result.
 *
 * @param db The database.
 * @param op_id An id from ironbase_db_op_new().
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK, also if nothing runs; #IRONBASE_ERROR_ARGUMENT (2, BadValue) for an id
 *         that does not exist.
 * @ingroup operation
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_op_kill(ironbase_db_t *db,
                                      uint64_t op_id,
                                      ironbase_error_t **err);

/**
 * Has a function told how far the operations under an id are.
 *
 * Counting, reading, updating, deleting, inserting many, building indexes, verifying, compacting and backing up tell it. When this
 * returns, the function set before is not running any more and will not be called again, so what
 * its `user` pointed to may go.
 *
 * @param db The database.
 * @param op_id An id from ironbase_db_op_new().
 * @param progress NULL for none.
 * @param user Handed to the function; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_ARGUMENT for an id that does not exist (2, BadValue), or
 *         out of the function itself.
 * @ingroup operation
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_op_set_progress(ironbase_db_t *db,
                                              uint64_t op_id,
                                              ironbase_progress_fn progress,
                                              void *user,
                                              ironbase_error_t **err);

/**
 * Gives an id back. Its progress function is not called any more when this returns; operations
 * that still run under it go on, and cannot be killed.
 *
 * @param db The database.
 * @param op_id An id from ironbase_db_op_new().
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_ARGUMENT for an id that does not exist (2, BadValue), or
 *         out of its progress function.
 * @ingroup operation
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_op_free(ironbase_db_t *db,
                                      uint64_t op_id,
                                      ironbase_error_t **err);

/**
 * Looks for damage in an open database: reads every page anew, and holds trees, indexes and documents, free pages, catalog and
 * log against each other. Readers and writers go on meanwhile; each collection is looked at as it is at one instant.
 *
 * Damage is no error of this function: `valid` is then false, and `errors` says what is wrong with which `file`, `page`,
 * `collection`, `index` and `key` (as docs/format.md describes keys). What to do then is in docs/maintenance.md.
 *
 * Options: `maxErrors` (100): so many are named, the others only counted; `maxTimeMS`, `opId`,
 * `comment`. Progress counts documents and index entries.
 *
 * @param db The database.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out `{"valid": .., "collections": n, "documents": n, "indexEntries": n, "pages": n, "freePages": n,
 *             "leakedPages": n, "errorCount": n, "errors": [..], "warnings": [..], "durationMs": n}`; free it with
 *             ironbase_string_free().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK, whether or not there is damage; #IRONBASE_ERROR_INTERRUPTED.
 * @ingroup maintenance
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_verify(ironbase_db_t *db,
                                     const char *options,
                                     size_t options_len,
                                     char **out,
                                     size_t *out_len,
                                     ironbase_error_t **err);

/**
 * Looks for damage in a database that nobody has open for writing, whether or not it can be opened. Writes nothing: what a
 * crash left is recovered in memory only.
 *
 * @param path The database's directory, NUL-terminated.
 * @param options As for ironbase_db_verify(), without `opId`; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param progress Told how far it is; false stops it. NULL for none.
 * @param user Handed to the function; may be NULL.
 * @param[out] out As for ironbase_db_verify().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK, whether or not there is damage; #IRONBASE_ERROR_NOT_FOUND if there is no database;
 *         #IRONBASE_ERROR_LOCKED if it is open for writing; #IRONBASE_ERROR_UNSUPPORTED for one of a newer format;
 *         #IRONBASE_ERROR_INTERRUPTED.
 * @ingroup maintenance
 * @since 0.1.0
 */
ironbase_status_t ironbase_verify(const char *path,
                                  const char *options,
                                  size_t options_len,
                                  ironbase_progress_fn progress,
                                  void *user,
                                  char **out,
                                  size_t *out_len,
                                  ironbase_error_t **err);

/**
 * Saves every document that can be read of a damaged database into a new one, whatever is damaged: pages, the catalog, the
 * superblock, the log; files that are cut, missing or another database's. Collections keep their names and options and get
 * their indexes again as far as the catalog can be read. The damaged database is only read.
 *
 * What was lost, and what could not be told apart, is in the result: for each collection `documents` (in the new database),
 * `lostDocuments` (of those that the last checkpoint counted; null if that is not known), `uncertain` (from pages that may
 * not have been the newest, so that deleted documents and old forms may be among them), `olderVersions` (passed over),
 * `invalid`, `damagedPages`, `lostRanges`, and whether each index was made again. docs/maintenance.md explains them.
 *
 * Options: `pageSize` (8192) of the new database, `maxTimeMS`, `comment`. Progress counts documents and pages.
 *
 * @param damaged The damaged database's directory, NUL-terminated.
 * @param into A directory for the new database, made if it is not there; there must be nothing of a database in it.
 *             NUL-terminated.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param progress Told how far it is; false stops it. NULL for none.
 * @param user Handed to the function; may be NULL.
 * @param[out] out `{"documents": n, "lostDocuments": n, "collections": [..], "lastCommit": n, "lostCommits": n, "notes": [..],
 *             "durationMs": n}`; free it with ironbase_string_free().
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK, whatever was lost; #IRONBASE_ERROR_NOT_FOUND if nothing of a database is there;
 *         #IRONBASE_ERROR_LOCKED if it is open for writing; #IRONBASE_ERROR_ARGUMENT if `into` holds something;
 *         #IRONBASE_ERROR_UNSUPPORTED for a newer format; #IRONBASE_ERROR_FULL, #IRONBASE_ERROR_IO,
 *         #IRONBASE_ERROR_INTERRUPTED: the new database's files have been removed again.
 * @ingroup maintenance
 * @since 0.1.0
 */
ironbase_status_t ironbase_salvage(const char *damaged,
                                   const char *into,
                                   const char *options,
                                   size_t options_len,
                                   ironbase_progress_fn progress,
                                   void *user,
                                   char **out,
                                   size_t *out_len,
                                   ironbase_error_t **err);

/**
 * Makes a backup of an open database in another directory, or continues one. Readers and writers go on meanwhile.
 *
 * A backup is a database directory: the pages as of the last checkpoint and the log since, up to the commits that there are at its
 * end. It opens as any other database; ironbase_restore() makes another one of it, of any commit from `baseLsn` to `lsn`, and
 * leaves it as it is. Every page and every commit is checked on the way: where the database is damaged the backup fails and says
 * where.
 *
 * An incremental backup adds the log since the end of the one that is there. The database must still have it: open the
 * database with `logRetentionBytes`. It leaves alone what another database, or this one in a state that went another way, cannot continue.
 *
 * Options: `incremental` (false): continue the backup in `destination`. `sinceLsn`: the same, and it must end with this commit.
 * `maxTimeMS`, `opId`, `comment`. Progress counts bytes.
 *
 * @param db The database, also one open for reading or in memory.
 * @param destination A directory, NUL-terminated: made if it is not there, with nothing of a database in it; for an
 *             incremental backup that of the backup.
 * @param options JSON document; `(NULL, 0)` for the defaults.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param[out] out `{"incremental": .., "lsn": n, "time": .., "baseLsn": n, "previousLsn": n, "bytes": n, "pageBytes": n,
 *             "logBytes": n, "durationMs": n}`: `lsn` is the backup's last commit, `previousLsn` the one before it was
 *             continued, `time` when the last was written. Free it with ironbase_string_free(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_ARGUMENT if `destination` holds something, or a backup that this database does not
 *         continue; #IRONBASE_ERROR_NOT_FOUND if there is none to continue, or the log for it is gone: make a full one;
 *         #IRONBASE_ERROR_LOCKED if somebody has `destination` open; #IRONBASE_ERROR_CORRUPT for damage;
 *         #IRONBASE_ERROR_FULL, #IRONBASE_ERROR_IO, #IRONBASE_ERROR_INTERRUPTED. After an error `destination` is as it was
 *         before, and the database goes on.
 * @ingroup maintenance
 * @since 0.1.0
 */
ironbase_status_t ironbase_db_backup(ironbase_db_t *db,
                                     const char *destination,
                                     const char *options,
                                     size_t options_len,
                                     char **out,
                                     size_t *out_len,
                                     ironbase_error_t **err);

/**
 * Makes a new database of a backup: as it was at the backup's end, after a certain commit, or at a time. The backup is only read.
 *
 * The log tells the time to a tenth of a second, by the host's clock: `toTime` takes the commits before the first that the log
 * says is younger. If the clock was set back, the time stands still in the log until the clock has caught up.
 *
 * The new database has an id of its own, so that it needs a full backup of its own.
 *
 * Options: `toLsn`, a commit from the backup's `baseLsn` to its `lsn`; or `toTime`, a date (`{"$date": ..}`) or milliseconds since
 * 1970. `maxTimeMS`, `comment`. Progress counts bytes.
 *
 * @param backup The backup's directory, NUL-terminated.
 * @param destination A directory for the new database, made if it is not there; there must be nothing of a database in it.
 *             NUL-terminated.
 * @param options JSON document; `(NULL, 0)` for the backup's end.
 * @param options_len Bytes, or #IRONBASE_NUL.
 * @param progress Told how far it is; false stops it. NULL for none.
 * @param user Handed to the function; may be NULL.
 * @param[out] out `{"lsn": n, "time": .., "baseLsn": n, "documents": n, "bytes": n, "durationMs": n}`: `lsn` is the last
 *             commit restored, `time` when the log says it was made. Free it with ironbase_string_free(). May be NULL.
 * @param[out] out_len Its length in bytes; may be NULL.
 * @param[out] err See @ref conventions.
 * @return #IRONBASE_OK; #IRONBASE_ERROR_NOT_FOUND if there is no backup; #IRONBASE_ERROR_LOCKED if somebody has it open for writing,
 *         or `destination` open; #IRONBASE_ERROR_ARGUMENT if `destination` holds something, or for a commit or time that
 *         the backup does not have (the message says which it has); #IRONBASE_ERROR_CORRUPT for damage;
 *         #IRONBASE_ERROR_UNSUPPORTED for a newer format; #IRONBASE_ERROR_FULL, #IRONBASE_ERROR_IO,
 *         #IRONBASE_ERROR_INTERRUPTED. After an error the new database's files have been removed again.
 * @ingroup maintenance
 * @since 0.1.0
 */
ironbase_status_t ironbase_restore(const char *backup,
                                   const char *destination,
                                   const char *options,
                                   size_t options_len,
                                   ironbase_progress_fn progress,
                                   void *user,
                                   char **out,
                                   size_t *out_len,
                                   ironbase_error_t **err);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* IRONBASE_H */
