'use strict';
/*
 * Cursors. Documents come in batches, one hop to a worker thread each: 101 documents first, as a cursor may be left
 * after the first few, then a megabyte at a time. toArray() wants all of them, so there the next batch is read while the
 * one before is being parsed; and its batches are small, on either face: a text that fits the processor's cache, and V8's
 * space for young objects, is parsed in two thirds of the time.
 */
const { FUNCTION } = require('./ffi');
const { parse, stringify } = require('./ejson');
const { Handle } = require('./handle');
const { Operation, number, run, runSync } = require('./call');
const { IronBaseClosedError, IronBaseError, IronBaseInvalidArgumentError } = require('./errors');
const { array, callback, document, optionsText, shown, watchersOf } = require('./arguments');

const FIRST_BATCH = 101;
const BATCH_BYTES = 1 << 20;
/** Of toArray(). */
const SMALL_BATCH_BYTES = 64 << 10;
const ARRAY_FORMAT = 0;
const TIMEOUT = 2;
const asyncDispose = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose');

class FindCursor {
  #collection;
  #filter;
  #options;
  #transform = null;
  /** null until the first document is asked for. */
  #handle = null;
  #operation = null;
  #batch = [];
  #at = 0;
  #isFirstBatch = true;
  /** The library has no more; of a tailable cursor, for now. */
  #isExhausted = false;
  #timedOut = false;
  #isClosed = false;
  /** The batch on its way, which all who wait for a document share. */
  #fetching = null;

  /** For Collection.find(). */
  constructor(collection, filter, options = {}) {
    this.#collection = collection;
    this.#filter = stringify(filter);
    this.#options = { ...document('options', options) };
    watchersOf(options);
  }

  // ---- what to find -------------------------------------------------------------------------

  sort(sort, direction = 1) {
    return this.#set('sort', sortOf(sort, direction));
  }

  limit(limit) {
    return this.#set('limit', count('limit', limit));
  }

  skip(skip) {
    return this.#set('skip', count('skip', skip));
  }

  project(projection) {
    return this.#set('projection', document('projection', projection));
  }

  hint(hint) {
    return this.#set('hint', hint);
  }

  collation(collation) {
    return this.#set('collation', document('collation', collation));
  }

  batchSize(batchSize) {
    return this.#set('batchSize', count('batchSize', batchSize));
  }

  maxTimeMS(maxTimeMS) {
    return this.#set('maxTimeMS', count('maxTimeMS', maxTimeMS));
  }

  allowDiskUse(allow = true) {
    return this.#set('allowDiskUse', allow);
  }

  comment(comment) {
    return this.#set('comment', comment);
  }

  /** Documents are returned as `transform` makes them. */
  map(transform) {
    callback('transform', transform);
    const before = this.#transform;
    this.#transform = before ? (doc) => transform(before(doc)) : transform;
    return this;
  }

  #set(name, option) {
    if (this.#handle || this.#isClosed) {
      throw new IronBaseError(`${name} cannot be set: the cursor is being read already`);
    }
    this.#options[name] = option;
    return this;
  }

  /** A cursor over the same, unread. */
  clone() {
    const clone = this.#collection.find({}, this.#options);
    clone.#filter = this.#filter;
    clone.#transform = this.#transform;
    return clone;
  }

  // ---- reading ------------------------------------------------------------------------------

  get closed() {
    return this.#isClosed;
  }

  /** Documents that have been read already. */
  bufferedCount() {
    return this.#batch.length - this.#at;
  }

  /** The next document; null behind the last. A cursor with `awaitData` waits for one. */
  async next() {
    do {
      await this.#fill();
    } while (this.#timedOut && !this.#isClosed);
    return this.#take();
  }

  /** The next document; null if there is none now. */
  async tryNext() {
    await this.#fill();
    return this.#take();
  }

  async hasNext() {
    await this.#fill();
    return this.bufferedCount() > 0;
  }

  async toArray() {
    const all = [];
    await this.#fetching;
    this.#drainInto(all);
    if (!this.#isAtEnd()) {
      this.#fetching = this.#fetchAll(all).finally(() => (this.#fetching = null));
      await this.#fetching;
    }
    this.closeSync();
    return all;
  }

  /** Calls `iterator` with each document, until it returns false. */
  async forEach(iterator) {
    callback('iterator', iterator);
    for await (const doc of this) if (iterator(doc) === false) break;
  }

  async *[Symbol.asyncIterator]() {
    try {
      for (;;) {
        while (this.#at < this.#batch.length) yield this.#take();
        const doc = await this.next();
        if (doc === null) return;
        yield doc;
      }
    } finally {
      await this.close();
    }
  }

  nextSync() {
    do {
      this.#fillSync();
    } while (this.#timedOut);
    return this.#take();
  }

  hasNextSync() {
    return this.#fillSync();
  }

  toArraySync() {
    const all = [];
    while (this.#fillSync(SMALL_BATCH_BYTES)) this.#drainInto(all);
    this.closeSync();
    return all;
  }

  *[Symbol.iterator]() {
    try {
      for (let doc = this.nextSync(); doc !== null; doc = this.nextSync()) yield doc;
    } finally {
      this.closeSync();
    }
  }

  /** How the documents are, or were, found. */
  async explain(verbosity) {
    return this.#collection.explain(this.#command(), verbosity === undefined ? undefined : { verbosity });
  }

  explainSync(verbosity) {
    return this.#collection.explainSync(this.#command(), verbosity === undefined ? undefined : { verbosity });
  }

  #command() {
    const { session, signal, onProgress, ...options } = this.#options;
    return { find: this.#collection.collectionName, filter: JSON.parse(this.#filter), ...options };
  }

  async close() {
    this.closeSync();
  }

  closeSync() {
    this.#isClosed = true;
    this.#batch = [];
    this.#at = 0;
    this.#release();
  }

  async [asyncDispose]() {
    this.closeSync();
  }

  // ---- batches ------------------------------------------------------------------------------

  #take() {
    if (this.#at === this.#batch.length) return null;
    const doc = this.#batch[this.#at];
    this.#batch[this.#at++] = undefined;
    return this.#transform ? this.#transform(doc) : doc;
  }

  #drainInto(all) {
    while (this.#at < this.#batch.length) all.push(this.#take());
  }

  /** Sees to it that there is a document in the batch, if there is any. */
  async #fill() {
    if (this.#at < this.#batch.length) return true;
    if (this.#isAtEnd()) return false;
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = null));
    await this.#fetching;
    return this.#at < this.#batch.length;
  }

  async #fetch() {
    try {
      await this.#open();
      this.#received(await run(this.#batchCall(BATCH_BYTES)));
    } catch (error) {
      this.closeSync();
      throw error;
    }
  }

  async #fetchAll(all) {
    try {
      await this.#open();
      let received = await run(this.#batchCall(SMALL_BATCH_BYTES));
      while (received.text !== null) {
        const next = run(this.#batchCall(SMALL_BATCH_BYTES));
        next.catch(() => {}); // it is waited for below
        this.#received(received);
        this.#drainInto(all);
        received = await next;
      }
      this.#received(received);
    } catch (error) {
      this.closeSync();
      throw error;
    }
  }

  async #open() {
    if (this.#handle) return;
    this.#opened(this.#isInTransaction() ? await run(this.#openCall()) : runSync(this.#openCall()));
  }

  #fillSync(bytes = BATCH_BYTES) {
    if (this.#at < this.#batch.length) return true;
    if (this.#isAtEnd()) return false;
    if (this.#fetching) throw new IronBaseError('the cursor is being read asynchronously');
    try {
      if (!this.#handle) this.#opened(runSync(this.#openCall()));
      this.#received(runSync(this.#batchCall(bytes)));
    } catch (error) {
      this.closeSync();
      throw error;
    }
    return this.#at < this.#batch.length;
  }

  /** Nothing will come any more. To ask a cursor that was closed is an error. */
  #isAtEnd() {
    if (this.#isExhausted && !this.#options.tailable) return true;
    if (this.#isClosed) throw new IronBaseClosedError('the cursor is closed');
    return false;
  }

  /** In a transaction even making a cursor waits for the calls before it; elsewhere it reads nothing. */
  #isInTransaction() {
    return this.#collection._session(this.#options) !== null;
  }

  #openCall() {
    const { handle, database } = this.#collection._target(this.#options);
    const watchers = watchersOf(this.#options);
    watchers?.signal?.throwIfAborted();
    const text = optionsText(this.#options, null);
    if (watchers) this.#operation = new Operation(database, watchers, true);
    return {
      function: FUNCTION.collection_find,
      handles: [handle],
      args: [this.#filter, this.#operation ? optionsText(this.#options, this.#operation) : text],
      decode: number,
      operation: this.#operation ?? undefined,
    };
  }

  #opened(address) {
    this.#handle = new Handle('cursor', address, this, 'the cursor');
    if (this.#isClosed) this.#release();
  }

  #batchCall(bytes) {
    const size = this.#options.batchSize ?? 0;
    const first = bytes === BATCH_BYTES && this.#isFirstBatch ? FIRST_BATCH : 0;
    this.#isFirstBatch = false;
    return {
      function: FUNCTION.cursor_next_batch,
      handles: [this.#handle],
      args: [size || first, bytes, ARRAY_FORMAT],
      decode: (slots, slot, status) => ({ status, text: slots.takeText(slot) }),
      operation: this.#operation ?? undefined,
    };
  }

  #received({ status, text }) {
    this.#timedOut = status === TIMEOUT;
    this.#batch = text === null ? [] : parse(text);
    this.#at = 0;
    if (text !== null || this.#timedOut) return;
    this.#isExhausted = true;
    if (!this.#options.tailable) {
      this.#isClosed = true;
      this.#release();
    }
  }

  #release() {
    this.#handle?.release();
    this.#operation?.free();
    this.#operation = null;
  }
}

function count(name, value) {
  if (!Number.isSafeInteger(value)) throw new IronBaseInvalidArgumentError(`${name} must be a whole number, found ${shown(value)}`);
  return value;
}

/** A sort as a document: it may be a field's name, names, `[name, direction]` pairs or a Map, too. */
function sortOf(sort, direction) {
  if (typeof sort === 'string') return { [sort]: directionOf(direction) };
  const pairs = sort instanceof Map ? [...sort] : Array.isArray(sort) ? pairsOf(sort) : Object.entries(document('sort', sort));
  return Object.fromEntries(pairs.map(([name, way]) => [name, directionOf(way)]));
}

function pairsOf(sort) {
  if (sort.length === 2 && typeof sort[0] === 'string' && sort[1] in DIRECTIONS) return [sort];
  return array('sort', sort).map((part) => (Array.isArray(part) ? part : [part, 1]));
}

const DIRECTIONS = { __proto__: null, asc: 1, ascending: 1, 1: 1, desc: -1, descending: -1, '-1': -1 };
const directionOf = (direction) => typeof direction === 'string' ? (DIRECTIONS[direction] ?? direction) : direction;

/** What is listed at once, with the face of a cursor. */
class ListCursor {
  #list;

  constructor(list) {
    this.#list = list;
  }

  async toArray() {
    return this.#list();
  }

  async *[Symbol.asyncIterator]() {
    yield* await this.#list();
  }
}

module.exports = { FindCursor, ListCursor, asyncDispose };
