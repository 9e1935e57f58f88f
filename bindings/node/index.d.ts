// Types of IronBase for Node.js, written by hand; test/types.test-d.mts uses them.

import { Document, ObjectId } from 'bson';

export {
  BSONRegExp,
  BSONSymbol,
  Binary,
  Code,
  DBRef,
  Decimal128,
  Document,
  Double,
  EJSON,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from 'bson';

// ---- documents ------------------------------------------------------------------------------

/** A document as it is inserted: `_id` may be left out. */
export type OptionalId<T> = T extends { _id?: any } ? Omit<T, '_id'> & { _id?: T['_id'] } : T & { _id?: any };
/** A document as it is read. */
export type WithId<T> = T extends { _id: any } ? T : T & { _id: any };
/** The type of a collection's `_id`. */
export type IdOf<T> = T extends { _id: infer I } ? I : any;

/** MongoDB's query language; of the fields that `T` has, the values may be given plainly. */
export type Filter<T> = { [K in keyof WithId<T>]?: any } & Document;
/** Update operators, or the stages of a pipeline. */
export type Update<T> = Document | Document[];
export type SortDirection = 1 | -1 | 'asc' | 'ascending' | 'desc' | 'descending' | { $meta: string };
export type Sort =
  | string
  | string[]
  | [string, SortDirection]
  | [string, SortDirection][]
  | { [field: string]: SortDirection }
  | Map<string, SortDirection>;
export type IndexKeys = string | (string | [string, number | string])[] | Document;

// ---- opening --------------------------------------------------------------------------------

export interface OpenOptions {
  /** Make the database if there is none (true). */
  create?: boolean;
  /** Refuse all writes. */
  readOnly?: boolean;
  /** What a power cut can take: nothing ("full"), the last `syncIntervalMs`, or what the system has not written. */
  durability?: 'full' | 'interval' | 'none';
  syncIntervalMs?: number;
  /** Bytes of memory for pages (64 MiB). */
  cacheSize?: number;
  pageSize?: 4096 | 8192 | 16384 | 32768;
  readMode?: 'mmap' | 'pread';
  /** Reading a collection that does not exist is an error. */
  strictCollections?: boolean;
  transactionLifetimeLimitSeconds?: number;
  maxOpenFiles?: number;
  queryCacheSize?: number;
  /** How much of the log that checkpoints have made superfluous is kept for incremental backups. */
  logRetentionBytes?: number;
  background?: boolean;
}

/** Opens a database: a directory, made unless it exists; ":memory:" for one in memory. */
export function open(path: string, options?: OpenOptions): Promise<Db>;
export function openSync(path: string, options?: OpenOptions): Db;

/** Sets how many asynchronous calls run at a time (4; 1 to 64), for all databases of this thread. */
export function setThreads(count: number): void;

/** The version of the native library. */
export const libraryVersion: string;

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';
/**
 * Sends the log of all databases to a function, null for nowhere, which is how a program begins. `level` is the most talkative that
 * is wanted ("info"). Lines come when the event loop comes round to them, the last when the process exits. On the main
 * thread only.
 */
export function setLogger(logger: ((level: LogLevel, message: string) => void) | null, level?: LogLevel): void;

// ---- maintenance ----------------------------------------------------------------------------

/** How far a call is: documents, index entries or pages; `total` is 0 where it is not known. */
export type ProgressFunction = (done: number, total: number) => void;

export interface MaintenanceOptions {
  /** Stops it in the engine; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Called some ten times a second, and at the end. What it throws stops the call and is thrown by it. Of an asynchronous call it runs
   * as events do; of a synchronous one out of the call: then a write in it may wait for ever.
   */
  onProgress?: ProgressFunction;
  /** Milliseconds that the engine may work. */
  maxTimeMS?: number;
  comment?: unknown;
}

export interface CompactOptions extends MaintenanceOptions {
  /** The one to compact (all). */
  collection?: string;
  /** Only estimate: the result is `{estimatedBytesFreed}`. */
  dryRun?: boolean;
  /** Leave alone what would give back less. */
  freeSpaceTargetMB?: number;
}

export interface CompactFigures {
  bytesBefore: number;
  bytesAfter: number;
  bytesFreed: number;
  documentsScanned: number;
  documentsKept: number;
  pagesScanned: number;
  pagesWritten: number;
  pagesBefore: number;
  pagesKept: number;
  /** A long read or transaction still needs pages; another compaction later gives back more. */
  heldBack: boolean;
  durationMs: number;
}

export interface CompactResult extends CompactFigures {
  collections: (CompactFigures & { name: string })[];
}

export interface VerifyOptions extends MaintenanceOptions {
  /** So many problems are named (100); all are counted. */
  maxErrors?: number;
}

export interface VerifyProblem {
  kind:
    | 'page'
    | 'tree'
    | 'freeMap'
    | 'document'
    | 'missingIndexEntry'
    | 'extraIndexEntry'
    | 'duplicate'
    | 'catalog'
    | 'file'
    | 'log';
  file: string;
  page?: number;
  collection?: string;
  index?: string;
  /** In hexadecimal. */
  key?: string;
  problem: string;
}

export interface VerifyResult {
  /** There is no damage. */
  valid: boolean;
  collections: number;
  documents: number;
  indexEntries: number;
  pages: number;
  freePages: number;
  leakedPages: number;
  errorCount: number;
  errors: VerifyProblem[];
  warnings: string[];
  durationMs: number;
}

export interface BackupOptions extends MaintenanceOptions {
  /** Continue the backup that is there. */
  incremental?: boolean;
  /** The same; it must end with this commit. */
  sinceLsn?: number;
}

export interface BackupResult {
  incremental: boolean;
  /** The backup's last commit. */
  lsn: number;
  time: Date | null;
  /** The first commit that can be restored. */
  baseLsn: number;
  /** The last commit before it was continued. */
  previousLsn: number | null;
  bytes: number;
  pageBytes: number;
  logBytes: number;
  durationMs: number;
}

export interface RestoreOptions extends MaintenanceOptions {
  /** As it was after this commit. */
  toLsn?: number;
  /** As it was at this time. */
  toTime?: Date | number;
}

export interface RestoreResult {
  lsn: number;
  time: Date | null;
  baseLsn: number;
  documents: number;
  bytes: number;
  durationMs: number;
}

/** Makes a new database of a backup: as it was at the backup's end, after a commit, or at a time. */
export function restore(backup: string, destination: string, options?: RestoreOptions): Promise<RestoreResult>;
export function restoreSync(backup: string, destination: string, options?: RestoreOptions): RestoreResult;

export interface SalvageOptions extends MaintenanceOptions {
  /** Of the new database. */
  pageSize?: 4096 | 8192 | 16384 | 32768;
}

export interface SalvagedCollection {
  name: string;
  file: string;
  documents: number;
  /** Of those that the last checkpoint counted; null if that is not known. */
  lostDocuments: number | null;
  olderVersions: number;
  /** Documents that may be old, or deleted. */
  uncertain: number;
  invalid: number;
  damagedPages: number;
  lostRanges: { page: number; from: string; to: string | null; problem: string }[];
  indexes: { name: string; created: boolean; problem?: string }[];
}

export interface SalvageResult {
  documents: number;
  lostDocuments: number;
  collections: SalvagedCollection[];
  lastCommit: number | null;
  lostCommits: number;
  notes: string[];
  durationMs: number;
}

/** Looks for damage in a database that nobody has open for writing. Damage is no error: it is in the result. */
export function verify(path: string, options?: VerifyOptions): Promise<VerifyResult>;
export function verifySync(path: string, options?: VerifyOptions): VerifyResult;

/** Saves what can be read of a damaged database into a new one. What was lost is no error: it is in the result. */
export function salvage(damaged: string, into: string, options?: SalvageOptions): Promise<SalvageResult>;
export function salvageSync(damaged: string, into: string, options?: SalvageOptions): SalvageResult;

// ---- databases ------------------------------------------------------------------------------

export interface CreateCollectionOptions {
  capped?: boolean;
  size?: number;
  max?: number;
  collation?: CollationOptions;
  validator?: Document;
  validationLevel?: 'off' | 'strict' | 'moderate';
  validationAction?: 'error' | 'warn' | 'errorAndLog';
  clusteredIndex?: Document;
  maxTimeMS?: number;
  comment?: unknown;
}

export interface CollectionInfo {
  name: string;
  type: string;
  options: Document;
  info: Document;
}

export interface TransactionOptions {
  transactionLifetimeLimitSeconds?: number;
  readConcern?: { level: 'local' | 'majority' | 'snapshot' };
}

export interface WithTransactionOptions extends TransactionOptions {
  /** For how long it is tried again (120,000). */
  retryMS?: number;
}

export interface ListCursor<T> extends AsyncIterable<T> {
  toArray(): Promise<T[]>;
}

export class Db implements AsyncDisposable {
  private constructor();
  readonly path: string;
  readonly databaseName: string;
  readonly closed: boolean;

  /** A collection; it need not exist. */
  collection<T extends Document = Document>(name: string): Collection<T>;
  createCollection<T extends Document = Document>(name: string, options?: CreateCollectionOptions): Promise<Collection<T>>;
  createCollectionSync<T extends Document = Document>(name: string, options?: CreateCollectionOptions): Collection<T>;
  listCollections(filter?: Document): ListCursor<CollectionInfo>;
  listCollectionsSync(filter?: Document): CollectionInfo[];
  collections(): Promise<Collection[]>;
  dropCollection(name: string): Promise<boolean>;
  dropCollectionSync(name: string): boolean;
  renameCollection(from: string, to: string, options?: { dropTarget?: boolean }): Promise<void>;
  renameCollectionSync(from: string, to: string, options?: { dropTarget?: boolean }): void;

  /** Runs one of MongoDB's commands. */
  command(command: Document, options?: { session?: Transaction }): Promise<Document>;
  commandSync(command: Document, options?: { session?: Transaction }): Document;
  stats(): Promise<Document>;
  statsSync(): Document;
  /** Gives the space that deleted and changed documents have left back to the file system, while others read and write. */
  compact(options: CompactOptions & { dryRun: true }): Promise<{ estimatedBytesFreed: number }>;
  compact(options?: CompactOptions): Promise<CompactResult>;
  compactSync(options: CompactOptions & { dryRun: true }): { estimatedBytesFreed: number };
  compactSync(options?: CompactOptions): CompactResult;
  /** Looks for damage, while others read and write. Damage is no error: it is in the result. */
  verify(options?: VerifyOptions): Promise<VerifyResult>;
  verifySync(options?: VerifyOptions): VerifyResult;
  /** Makes a backup in another directory, or continues one, while others read and write. */
  backup(destination: string, options?: BackupOptions): Promise<BackupResult>;
  backupSync(destination: string, options?: BackupOptions): BackupResult;
  /** Writes everything to its place in the page files; goes on by itself otherwise. */
  checkpoint(): Promise<void>;
  checkpointSync(): void;

  startTransaction(options?: TransactionOptions): Promise<Transaction>;
  startTransactionSync(options?: TransactionOptions): Transaction;
  /** Runs `work` in a transaction and commits it; anew if another got in its way, so `work` must bear being repeated. */
  withTransaction<R>(
    work: (transaction: Transaction) => Promise<R> | R,
    options?: WithTransactionOptions & { signal?: AbortSignal },
  ): Promise<R>;
  withTransactionSync<R>(work: (transaction: Transaction) => R, options?: WithTransactionOptions): R;

  /**
   * Waits for calls under way, makes everything durable, gives up the lock. It waits for a long call to its end: abort its signal first
   * to be quicker. Calls made meanwhile are carried out or refused, those made later refused. Closing again is fine.
   */
  close(): Promise<void>;
  /** The same, with the thread waiting; not out of a synchronous call's `onProgress`. */
  closeSync(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Several documents, all or none. */
export class Transaction implements AsyncDisposable {
  private constructor();
  readonly hasEnded: boolean;
  /** A collection in the transaction. */
  collection<T extends Document = Document>(name: string): Collection<T>;
  commit(): Promise<void>;
  commitSync(): void;
  abort(): Promise<void>;
  abortSync(): void;
  /** Frees it; aborts it unless it has ended. */
  end(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

// ---- options --------------------------------------------------------------------------------

export interface CollationOptions {
  locale: string;
  strength?: 1 | 2 | 3 | 4 | 5;
  caseLevel?: boolean;
  caseFirst?: 'upper' | 'lower' | 'off';
  numericOrdering?: boolean;
  alternate?: 'non-ignorable' | 'shifted';
  maxVariable?: 'punct' | 'space';
  backwards?: boolean;
  normalization?: boolean;
}

export interface OperationOptions {
  /** The transaction that the call works in. */
  session?: Transaction;
  /** Stops the call in the engine; it rejects with the signal's reason. Synchronous calls only look at it before they begin. */
  signal?: AbortSignal;
  /** Told how far it is, where it takes long; see MaintenanceOptions. */
  onProgress?: ProgressFunction;
  /** Milliseconds that the engine may work for the call. */
  maxTimeMS?: number;
  comment?: unknown;
}

export interface WriteOptions extends OperationOptions {
  /** Of this write, in place of the database's. */
  durability?: 'full' | 'interval' | 'none';
  writeConcern?: Document;
}

export interface InsertOneOptions extends WriteOptions {
  bypassDocumentValidation?: boolean;
}

export interface InsertManyOptions extends InsertOneOptions {
  /** Stop at the first document that is refused (true). */
  ordered?: boolean;
}

export interface FindOptions extends OperationOptions {
  /** Index bounds: from `min` on, up to but without `max`; they need a `hint`. */
  min?: Document;
  max?: Document;
  /** Only the fields of the index that is used. */
  returnKey?: boolean;
  projection?: Document;
  sort?: Sort;
  skip?: number;
  limit?: number;
  batchSize?: number;
  singleBatch?: boolean;
  collation?: CollationOptions;
  hint?: string | Document;
  let?: Document;
  allowDiskUse?: boolean;
  showRecordId?: boolean;
  tailable?: boolean;
  awaitData?: boolean;
  maxAwaitTimeMS?: number;
  noCursorTimeout?: boolean;
}

export interface CountOptions extends OperationOptions {
  skip?: number;
  limit?: number;
  collation?: CollationOptions;
  hint?: string | Document;
}

export type DistinctOptions = Omit<CountOptions, 'skip' | 'limit'> & { let?: Document };

export interface UpdateOptions extends WriteOptions {
  upsert?: boolean;
  arrayFilters?: Document[];
  sort?: Document;
  collation?: CollationOptions;
  hint?: string | Document;
  let?: Document;
  bypassDocumentValidation?: boolean;
}

export type ReplaceOptions = Omit<UpdateOptions, 'arrayFilters'>;

export interface DeleteOptions extends WriteOptions {
  collation?: CollationOptions;
  hint?: string | Document;
  let?: Document;
}

export interface FindOneAndUpdateOptions extends UpdateOptions {
  projection?: Document;
  returnDocument?: 'before' | 'after';
}

export type FindOneAndReplaceOptions = Omit<FindOneAndUpdateOptions, 'arrayFilters'>;

export interface FindOneAndDeleteOptions extends DeleteOptions {
  projection?: Document;
  sort?: Document;
}

export interface IndexSpecification {
  key: Document;
  name?: string;
  unique?: boolean;
  [option: string]: unknown;
}

export interface CreateIndexOptions extends OperationOptions {
  name?: string;
  unique?: boolean;
  collation?: CollationOptions;
  [option: string]: unknown;
}

// ---- results --------------------------------------------------------------------------------

export interface InsertOneResult<T = Document> {
  acknowledged: true;
  insertedId: IdOf<T>;
}

export interface InsertManyResult<T = Document> {
  acknowledged: true;
  insertedCount: number;
  insertedIds: { [position: number]: IdOf<T> };
}

export interface UpdateResult<T = Document> {
  acknowledged: true;
  matchedCount: number;
  modifiedCount: number;
  upsertedCount: number;
  upsertedId: IdOf<T> | null;
}

export interface DeleteResult {
  acknowledged: true;
  deletedCount: number;
}

export interface BulkWriteResult {
  acknowledged: true;
  insertedCount: number;
  matchedCount: number;
  modifiedCount: number;
  deletedCount: number;
  upsertedCount: number;
  insertedIds: { [position: number]: any };
  upsertedIds: { [position: number]: any };
}

interface UpdateModel<T> {
  filter: Filter<T>;
  update: Update<T>;
  upsert?: boolean;
  arrayFilters?: Document[];
  sort?: Document;
  collation?: CollationOptions;
  hint?: string | Document;
}

interface DeleteModel<T> {
  filter: Filter<T>;
  collation?: CollationOptions;
  hint?: string | Document;
}

export type AnyBulkWriteOperation<T extends Document = Document> =
  | { insertOne: { document: OptionalId<T> } }
  | { updateOne: UpdateModel<T> }
  | { updateMany: Omit<UpdateModel<T>, 'sort'> }
  | { replaceOne: Omit<UpdateModel<T>, 'update' | 'arrayFilters'> & { replacement: OptionalId<T> } }
  | { deleteOne: DeleteModel<T> }
  | { deleteMany: DeleteModel<T> };

// ---- collections ----------------------------------------------------------------------------

/** Each operation as MongoDB's driver has it, and with `Sync` on the caller's thread. */
export class Collection<T extends Document = Document> {
  private constructor();
  readonly collectionName: string;
  readonly namespace: string;

  find(filter?: Filter<T>, options?: FindOptions): FindCursor<WithId<T>>;
  findOne(filter?: Filter<T>, options?: FindOptions): Promise<WithId<T> | null>;
  findOneSync(filter?: Filter<T>, options?: FindOptions): WithId<T> | null;

  /** Gives `document` an `_id` if it has none. */
  insertOne(document: OptionalId<T>, options?: InsertOneOptions): Promise<InsertOneResult<T>>;
  insertOneSync(document: OptionalId<T>, options?: InsertOneOptions): InsertOneResult<T>;
  insertMany(documents: readonly OptionalId<T>[], options?: InsertManyOptions): Promise<InsertManyResult<T>>;
  insertManySync(documents: readonly OptionalId<T>[], options?: InsertManyOptions): InsertManyResult<T>;

  updateOne(filter: Filter<T>, update: Update<T>, options?: UpdateOptions): Promise<UpdateResult<T>>;
  updateOneSync(filter: Filter<T>, update: Update<T>, options?: UpdateOptions): UpdateResult<T>;
  updateMany(filter: Filter<T>, update: Update<T>, options?: UpdateOptions): Promise<UpdateResult<T>>;
  updateManySync(filter: Filter<T>, update: Update<T>, options?: UpdateOptions): UpdateResult<T>;
  replaceOne(filter: Filter<T>, replacement: OptionalId<T>, options?: ReplaceOptions): Promise<UpdateResult<T>>;
  replaceOneSync(filter: Filter<T>, replacement: OptionalId<T>, options?: ReplaceOptions): UpdateResult<T>;

  deleteOne(filter: Filter<T>, options?: DeleteOptions): Promise<DeleteResult>;
  deleteOneSync(filter: Filter<T>, options?: DeleteOptions): DeleteResult;
  /** The filter must be given: `{}` for all documents. */
  deleteMany(filter: Filter<T>, options?: DeleteOptions): Promise<DeleteResult>;
  deleteManySync(filter: Filter<T>, options?: DeleteOptions): DeleteResult;

  bulkWrite(models: readonly AnyBulkWriteOperation<T>[], options?: InsertManyOptions): Promise<BulkWriteResult>;
  bulkWriteSync(models: readonly AnyBulkWriteOperation<T>[], options?: InsertManyOptions): BulkWriteResult;

  findOneAndUpdate(filter: Filter<T>, update: Update<T>, options?: FindOneAndUpdateOptions): Promise<WithId<T> | null>;
  findOneAndUpdateSync(filter: Filter<T>, update: Update<T>, options?: FindOneAndUpdateOptions): WithId<T> | null;
  findOneAndReplace(
    filter: Filter<T>,
    replacement: OptionalId<T>,
    options?: FindOneAndReplaceOptions,
  ): Promise<WithId<T> | null>;
  findOneAndReplaceSync(
    filter: Filter<T>,
    replacement: OptionalId<T>,
    options?: FindOneAndReplaceOptions,
  ): WithId<T> | null;
  findOneAndDelete(filter: Filter<T>, options?: FindOneAndDeleteOptions): Promise<WithId<T> | null>;
  findOneAndDeleteSync(filter: Filter<T>, options?: FindOneAndDeleteOptions): WithId<T> | null;

  countDocuments(filter?: Filter<T>, options?: CountOptions): Promise<number>;
  countDocumentsSync(filter?: Filter<T>, options?: CountOptions): number;
  /** By the database's own count, without looking at documents. */
  estimatedDocumentCount(options?: OperationOptions): Promise<number>;
  estimatedDocumentCountSync(options?: OperationOptions): number;

  distinct<K extends keyof WithId<T> & string>(
    field: K,
    filter?: Filter<T>,
    options?: DistinctOptions,
  ): Promise<WithId<T>[K][]>;
  distinct(field: string, filter?: Filter<T>, options?: DistinctOptions): Promise<any[]>;
  distinctSync(field: string, filter?: Filter<T>, options?: DistinctOptions): any[];

  createIndex(keys: IndexKeys, options?: CreateIndexOptions): Promise<string>;
  createIndexSync(keys: IndexKeys, options?: CreateIndexOptions): string;
  createIndexes(indexes: IndexSpecification[], options?: OperationOptions): Promise<string[]>;
  createIndexesSync(indexes: IndexSpecification[], options?: OperationOptions): string[];
  dropIndex(name: string): Promise<void>;
  dropIndexSync(name: string): void;
  dropIndexes(): Promise<boolean>;
  indexes(): Promise<IndexSpecification[]>;
  indexesSync(): IndexSpecification[];
  indexExists(name: string | string[]): Promise<boolean>;

  drop(): Promise<boolean>;
  dropSync(): boolean;
  rename(name: string, options?: { dropTarget?: boolean }): Promise<Collection<T>>;
  renameSync(name: string, options?: { dropTarget?: boolean }): Collection<T>;
  /** How an operation would be, or was, carried out. */
  explain(command: Document, options?: { verbosity?: ExplainVerbosity }): Promise<Document>;
  explainSync(command: Document, options?: { verbosity?: ExplainVerbosity }): Document;
}

export type ExplainVerbosity = 'queryPlanner' | 'executionStats' | 'allPlansExecution';

/** The results of a query; nothing is read before the first document is asked for. Leaving a loop closes it. */
export class FindCursor<T = Document> implements AsyncDisposable, AsyncIterable<T>, Iterable<T> {
  private constructor();
  readonly closed: boolean;

  sort(sort: Sort, direction?: SortDirection): this;
  limit(limit: number): this;
  skip(skip: number): this;
  project<P extends Document = Document>(projection: Document): FindCursor<P>;
  hint(hint: string | Document): this;
  collation(collation: CollationOptions): this;
  batchSize(batchSize: number): this;
  maxTimeMS(maxTimeMS: number): this;
  allowDiskUse(allow?: boolean): this;
  comment(comment: unknown): this;
  map<U>(transform: (document: T) => U): FindCursor<U>;
  clone(): FindCursor<T>;

  /** The next document; null behind the last. */
  next(): Promise<T | null>;
  nextSync(): T | null;
  /** Of a tailable cursor: the next document, null if there is none now. */
  tryNext(): Promise<T | null>;
  hasNext(): Promise<boolean>;
  hasNextSync(): boolean;
  toArray(): Promise<T[]>;
  toArraySync(): T[];
  /** Calls `iterator` with each document, until it returns false. */
  forEach(iterator: (document: T) => boolean | void): Promise<void>;
  [Symbol.asyncIterator](): AsyncGenerator<T, void, void>;
  [Symbol.iterator](): Generator<T, void, void>;
  bufferedCount(): number;
  explain(verbosity?: ExplainVerbosity): Promise<Document>;
  explainSync(verbosity?: ExplainVerbosity): Document;

  close(): Promise<void>;
  closeSync(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

// ---- errors ---------------------------------------------------------------------------------

/** Everything that this package throws, but for the reasons of aborted signals. */
export class IronBaseError extends Error {
  readonly errorLabels: string[];
  hasErrorLabel(label: string): boolean;
}

/** An error of the engine. */
export class IronBaseServerError extends IronBaseError {
  /** The C status, e.g. "IRONBASE_ERROR_DUPLICATE_KEY". */
  readonly status: string;
  /** MongoDB's number, e.g. 11000; 0 where it has none. */
  readonly code: number;
  /** MongoDB's name, e.g. "DuplicateKey"; empty where it has none. */
  readonly codeName: string;
  readonly details: Document;
  readonly keyPattern?: Document;
  readonly keyValue?: Document;
  /** Why a validator refused a document. */
  readonly errInfo?: Document;
}

export interface WriteError {
  index: number;
  code: number;
  errmsg: string;
  keyPattern?: Document;
  keyValue?: Document;
}

/** Some of several writes were refused; the others are in `result`. */
export class IronBaseBulkWriteError extends IronBaseServerError {
  readonly writeErrors: WriteError[];
  readonly result: Partial<BulkWriteResult>;
  readonly insertedCount: number;
  readonly matchedCount: number;
  readonly modifiedCount: number;
  readonly deletedCount: number;
  readonly upsertedCount: number;
  readonly insertedIds: { [position: number]: any };
  readonly upsertedIds: { [position: number]: any };
}

/** A call that cannot be made: an argument of a wrong type. */
export class IronBaseInvalidArgumentError extends IronBaseError {
  readonly status: 'IRONBASE_ERROR_ARGUMENT';
  readonly code: 0;
  readonly codeName: '';
}

/** A database, cursor or transaction that is closed. */
export class IronBaseClosedError extends IronBaseError {
  readonly status: 'IRONBASE_ERROR_CLOSED';
  readonly code: 0;
  readonly codeName: '';
}

/** The native library cannot be found or loaded. */
export class IronBaseRuntimeError extends IronBaseError {}
