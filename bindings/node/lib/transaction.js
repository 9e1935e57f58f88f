'use strict';
/*
 * Transactions: several documents, all or none. A collection taken from one works in it, as do calls that name it as
 * their `session`.
 */
const { setTimeout: sleep } = require('node:timers/promises');
const { FUNCTION } = require('./ffi');
const { Collection } = require('./collection');
const { asyncDispose } = require('./cursor');
const { Handle } = require('./handle');
const { callback, document, optionsText, signalOf } = require('./arguments');
const { nothing, number, run, runSync } = require('./call');

/* How withTransaction tries again: after 5 ms at first, then longer, each time a random part of that. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 500;
const PAUSE_GROWTH = 1.5;
/** How long it tries altogether. */
const RETRY_MS = 120_000;

class Transaction {
  #db;
  #handle;
  #collections = new Map();
  #hasEnded = false;

  /** For Db.startTransaction(). */
  constructor(db, address) {
    this.#db = db;
    this.#handle = new Handle('txn', address, this, 'the transaction');
  }

  /** For this package. */
  get handle() {
    return this.#handle;
  }

  get hasEnded() {
    return this.#hasEnded;
  }

  /** A collection in the transaction. */
  collection(name) {
    return new Collection(this.#db, name, this);
  }

  async commit() {
    this.#hasEnded = true;
    return run(this.#call(FUNCTION.txn_commit));
  }

  commitSync() {
    this.#hasEnded = true;
    return runSync(this.#call(FUNCTION.txn_commit));
  }

  async abort() {
    this.#hasEnded = true;
    return run(this.#call(FUNCTION.txn_abort));
  }

  abortSync() {
    this.#hasEnded = true;
    return runSync(this.#call(FUNCTION.txn_abort));
  }

  #call(number) {
    return { function: number, handles: [this.#handle], args: [], decode: nothing };
  }

  /** Frees the handles; aborts the transaction unless it has ended. */
  end() {
    this.#hasEnded = true;
    for (const handle of this.#collections.values()) handle.release();
    this.#handle.release();
  }

  async [asyncDispose]() {
    this.end();
  }

  /** For this package: a collection's handle in this transaction. */
  _collectionHandle(name) {
    let handle = this.#collections.get(name);
    if (!handle) {
      const address = runSync({ function: FUNCTION.txn_collection, handles: [this.#handle], args: [name], decode: number });
      handle = new Handle('collection', address, this, 'the transaction');
      this.#collections.set(name, handle);
    }
    return handle;
  }
}

const optionsOf = (options) => {
  const { retryMS, ...others } = document('options', options);
  return optionsText(others, null);
};

const beginCall = (db, options) => ({
  function: FUNCTION.txn_begin,
  handles: [db.handle],
  args: [optionsOf(options)],
  decode: number,
});

async function startTransaction(db, options = {}) {
  return new Transaction(db, await run(beginCall(db, options)));
}

function startTransactionSync(db, options = {}) {
  return new Transaction(db, runSync(beginCall(db, options)));
}

const mayRetry = (error) => typeof error?.hasErrorLabel === 'function' && error.hasErrorLabel('TransientTransactionError');

/** The pause before trying again for the n-th time, n from 1: none of two that collided should come at the same moment. */
const pauseMs = (n) => Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * PAUSE_GROWTH ** (n - 1));

/**
 * Runs `work` in a transaction and commits it; all anew if the error of it says that this may help. `work` must not do what
 * cannot be done twice. `retryMS` says for how long it is tried, `signal` stops it.
 */
async function withTransaction(db, work, options = {}) {
  callback('work', work);
  const signal = signalOf(options);
  const end = Date.now() + (options.retryMS ?? RETRY_MS);
  for (let n = 1; ; n++) {
    signal?.throwIfAborted();
    const transaction = await startTransaction(db, options);
    try {
      const result = await work(transaction);
      if (!transaction.hasEnded) await transaction.commit();
      return result;
    } catch (error) {
      const pause = pauseMs(n);
      if (!mayRetry(error) || Date.now() + pause >= end) throw error;
      transaction.end();
      await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
    } finally {
      transaction.end();
    }
  }
}

/** The same on this thread. It does not pause: nobody but another thread can be in the way. */
function withTransactionSync(db, work, options = {}) {
  callback('work', work);
  const end = Date.now() + (options.retryMS ?? RETRY_MS);
  for (;;) {
    const transaction = startTransactionSync(db, options);
    try {
      const result = work(transaction);
      if (!transaction.hasEnded) transaction.commitSync();
      return result;
    } catch (error) {
      if (!mayRetry(error) || Date.now() >= end) throw error;
    } finally {
      transaction.end();
    }
  }
}

module.exports = { startTransaction, startTransactionSync, withTransaction, withTransactionSync };
