'use strict';
/* Databases: opening and closing, and the collections inside. */
const path = require('node:path');
const { FUNCTION } = require('./ffi');
const { Collection } = require('./collection');
const { ListCursor, asyncDispose } = require('./cursor');
const { Handle } = require('./handle');
const { IronBaseInvalidArgumentError } = require('./errors');
const { document, documentText, optionsText, pathText, string } = require('./arguments');
const { nothing, number, refuseInProgress, run, runSync, value } = require('./call');
const { DATABASE, addMethods } = require('./operations');
const transactions = require('./transaction');

const MEMORY = ':memory:';

class Db {
  #path;
  #handle;
  #closing = null;

  /** For open(). */
  constructor(location, address) {
    this.#path = location;
    this.#handle = new Handle('db', address, this, `the database ${location}`);
  }

  /** For this package. */
  get handle() {
    return this.#handle;
  }

  get path() {
    return this.#path;
  }

  /** The database's name in namespaces: that of its directory, without the extension. */
  get databaseName() {
    return this.#path === MEMORY ? 'memory' : path.parse(path.resolve(this.#path)).name;
  }

  get closed() {
    return this.#closing !== null || this.#handle.isReleased;
  }

  /** A collection; it need not exist. */
  collection(name) {
    return new Collection(this, name);
  }

  async createCollection(name, options = undefined) {
    await run(this.#create(name, options));
    return this.collection(name);
  }

  createCollectionSync(name, options = undefined) {
    runSync(this.#create(name, options));
    return this.collection(name);
  }

  #create(name, options) {
    return {
      function: FUNCTION.db_create_collection,
      handles: [this.#handle],
      args: [string('name', name), optionsText(options, null)],
      decode: nothing,
    };
  }

  /** `{name, type, options, info}` of each collection that matches a filter. */
  listCollections(filter = {}) {
    const call = this.#list(filter);
    return new ListCursor(() => run(call));
  }

  listCollectionsSync(filter = {}) {
    return runSync(this.#list(filter));
  }

  #list(filter) {
    return {
      function: FUNCTION.db_list_collections,
      handles: [this.#handle],
      args: [documentText('filter', filter)],
      decode: value,
    };
  }

  async collections() {
    return (await this.listCollections().toArray()).map((info) => this.collection(info.name));
  }

  startTransaction(options) {
    return transactions.startTransaction(this, options);
  }

  startTransactionSync(options) {
    return transactions.startTransactionSync(this, options);
  }

  /** Runs `work(transaction)` in a transaction and commits it; anew if another transaction got in its way. */
  withTransaction(work, options) {
    return transactions.withTransaction(this, work, options);
  }

  withTransactionSync(work, options) {
    return transactions.withTransactionSync(this, work, options);
  }

  /** Waits for calls under way, makes everything durable, gives up the lock. Closing again is fine. */
  close() {
    this.#closing ??= this.#handle.isReleased ? Promise.resolve() : run(this.#close()).finally(() => this.#handle.release());
    return this.#closing;
  }

  closeSync() {
    if (this.#handle.isReleased) return;
    refuseInProgress();
    try {
      runSync(this.#close());
    } finally {
      this.#handle.release();
    }
  }

  #close() {
    return { function: FUNCTION.db_close, handles: [this.#handle], args: [], decode: nothing };
  }

  async [asyncDispose]() {
    await this.close();
  }
}

addMethods(Db.prototype, DATABASE, (db) => ({ handle: db.handle, database: db.handle }));

function openCall(location, options) {
  const { jsonMode, ...others } = document('options', options);
  if (jsonMode !== undefined) {
    throw new IronBaseInvalidArgumentError('jsonMode is no option here: documents come as objects, with their types');
  }
  return {
    function: FUNCTION.open,
    handles: [],
    args: [location, optionsText({ ...others, jsonMode: 'javascript' }, null)],
    decode: number,
  };
}

/** Opens a database: a directory, made unless it exists; ":memory:" for one in memory. */
async function open(location, options = {}) {
  return new Db(location, await run(openCall(pathText('path', location), options)));
}

function openSync(location, options = {}) {
  return new Db(location, runSync(openCall(pathText('path', location), options)));
}

module.exports = { Db, open, openSync };
