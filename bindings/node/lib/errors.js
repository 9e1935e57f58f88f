'use strict';
/*
 * Errors, named as those of MongoDB's driver with IronBase for Mongo.
 *
 *   IronBaseError                     everything thrown here
 *     IronBaseServerError             the engine's errors, with MongoDB's code
 *       IronBaseBulkWriteError        some of several writes were refused; the others are in `result`
 *     IronBaseInvalidArgumentError    a call that cannot be made: wrong types
 *     IronBaseClosedError             a database, cursor or transaction that is closed
 *     IronBaseRuntimeError            the library cannot be found or loaded
 *
 * A call that was aborted rejects with the signal's reason, as everywhere in Node.
 */
class IronBaseError extends Error {
  get name() {
    return this.constructor.name;
  }

  /** Labels such as "TransientTransactionError". */
  get errorLabels() {
    return [];
  }

  hasErrorLabel(label) {
    return this.errorLabels.includes(label);
  }
}

/* What this package finds itself has the status that the engine would give, and no code. */

class IronBaseInvalidArgumentError extends IronBaseError {
  status = 'IRONBASE_ERROR_ARGUMENT';
  code = 0;
  codeName = '';
}

class IronBaseClosedError extends IronBaseError {
  status = 'IRONBASE_ERROR_CLOSED';
  code = 0;
  codeName = '';
}

class IronBaseRuntimeError extends IronBaseError {}

class IronBaseServerError extends IronBaseError {
  #labels;

  /** @param error what ffi.js read from the library's error; `details` parsed */
  constructor(error, details) {
    super(error.message);
    /** The C status, e.g. "IRONBASE_ERROR_DUPLICATE_KEY". */
    this.status = error.statusName;
    /** MongoDB's number, e.g. 11000; 0 where it has none. */
    this.code = error.code;
    this.codeName = error.codeName;
    /** Everything known: causes, position in a text, errno ... */
    this.details = details;
    this.#labels = details.labels ?? [];
    if (details.keyPattern) this.keyPattern = details.keyPattern;
    if (details.keyValue) this.keyValue = details.keyValue;
    if (details.errInfo) this.errInfo = details.errInfo;
  }

  get errorLabels() {
    return this.#labels;
  }
}

class IronBaseBulkWriteError extends IronBaseServerError {
  constructor(error, details) {
    super(error, details);
    /** The refused writes: index, code, errmsg, keyPattern, keyValue. */
    this.writeErrors = details.writeErrors;
    /** What was written nevertheless. */
    this.result = { acknowledged: true, ...details.result };
    this.insertedCount = this.result.insertedCount ?? 0;
    this.matchedCount = this.result.matchedCount ?? 0;
    this.modifiedCount = this.result.modifiedCount ?? 0;
    this.deletedCount = this.result.deletedCount ?? 0;
    this.upsertedCount = this.result.upsertedCount ?? 0;
    this.insertedIds = this.result.insertedIds ?? {};
    this.upsertedIds = this.result.upsertedIds ?? {};
  }
}

module.exports = {
  IronBaseError,
  IronBaseServerError,
  IronBaseBulkWriteError,
  IronBaseInvalidArgumentError,
  IronBaseClosedError,
  IronBaseRuntimeError,
};
