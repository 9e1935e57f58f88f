'use strict';
/* A collection: finding here, everything else in operations.js. */
const { FindCursor } = require('./cursor');
const { Handle } = require('./handle');
const { IronBaseInvalidArgumentError } = require('./errors');
const { document, shown, string } = require('./arguments');
const { FUNCTION } = require('./ffi');
const { number, run, runSync } = require('./call');
const { COLLECTION, addMethods } = require('./operations');

class Collection {
  #db;
  #name;
  #session;
  /** Of a transaction's collection the transaction has the handle. */
  #handle = null;

  /** For Db.collection() and Transaction.collection(). */
  constructor(db, name, session = null) {
    this.#db = db;
    this.#name = string('name', name);
    this.#session = session;
    if (session) {
      session._collectionHandle(name);
      return;
    }
    const address = runSync({ function: FUNCTION.db_collection, handles: [db.handle], args: [name], decode: number });
    this.#handle = new Handle('collection', address, this, `the collection ${name}`);
  }

  get collectionName() {
    return this.#name;
  }

  /** The database's name, that of its directory, and the collection's. */
  get namespace() {
    return `${this.#db.databaseName}.${this.#name}`;
  }

  /** The documents that match a filter: a cursor, which reads nothing before it is asked. */
  find(filter = {}, options = undefined) {
    return new FindCursor(this, document('filter', filter), options);
  }

  async dropIndexes() {
    await this.#db.command({ dropIndexes: this.#name, index: '*' });
    return true;
  }

  async indexExists(name) {
    const names = new Set((await this.indexes()).map((index) => index.name));
    return [name].flat().every((each) => names.has(each));
  }

  /** Renames the collection; returns one of the new name. */
  async rename(name, options) {
    await this.#db.renameCollection(this.#name, name, options);
    return this.#db.collection(name);
  }

  renameSync(name, options) {
    this.#db.renameCollectionSync(this.#name, name, options);
    return this.#db.collection(name);
  }

  /** For this package: the transaction that calls with these options work in; null for none. */
  _session(options) {
    const session = options?.session ?? this.#session;
    if (session !== null && typeof session._collectionHandle !== 'function') {
      throw new IronBaseInvalidArgumentError(`session must be a transaction, found ${shown(session)}`);
    }
    return session;
  }

  /** For this package: the handles that calls with these options are made with. */
  _target(options) {
    const session = this._session(options);
    return { handle: session ? session._collectionHandle(this.#name) : this.#handle, database: this.#db.handle };
  }
}

addMethods(Collection.prototype, COLLECTION, (collection, options) => collection._target(options));

module.exports = { Collection };
