'use strict';
/*
 * Calls of the library, on this thread or on another: the handles they hold, what becomes of their results and errors,
 * and how a signal stops them.
 *
 * A call is described by
 *   function  its number (ffi.js's FUNCTION)
 *   handles   the handles that are its first arguments; null for none
 *   args      what follows: texts (null: not given) and numbers
 *   decode    makes its result: (slots, slot, status) => value
 *   failed    (error, details) => void, adds to an error what only the caller knows; may be left out
 *   operation the Operation it runs under; may be left out
 */
const { FUNCTION, SLOT_BYTES, Slots, newOperation } = require('./ffi');
const { parse } = require('./ejson');
const { IronBaseBulkWriteError, IronBaseClosedError, IronBaseServerError } = require('./errors');
const pool = require('./pool');

const CLOSED = -9;
const INTERRUPTED = -10;

const own = new Slots(new SharedArrayBuffer(SLOT_BYTES), 0);

const addressOf = (handle) => (handle === null ? 0 : handle.address);

function enter(handles) {
  let entered = 0;
  try {
    for (; entered < handles.length; entered++) handles[entered]?.enter();
  } catch (error) {
    while (entered > 0) handles[--entered]?.leave();
    throw error;
  }
}

function leave(handles) {
  for (const handle of handles) handle?.leave();
}

const argumentsOf = (call) =>
  call.handles.length === 1 ? [call.handles[0].address, ...call.args] : [...call.handles.map(addressOf), ...call.args];

/** The result of a call that is over; throws its error. */
function outcomeOf(call, slots, slot) {
  const status = slots.status(slot);
  if (status >= 0) return call.decode(slots, slot, status);
  const error = slots.takeError(slot);
  if (error.status === INTERRUPTED && call.operation?.signal.aborted) throw call.operation.signal.reason;
  throw errorOf(call, error);
}

function errorOf(call, error) {
  const details = parse(error.details);
  if (error.status === CLOSED && error.code === 0) return new IronBaseClosedError(error.message);
  call.failed?.(details);
  return details.writeErrors ? new IronBaseBulkWriteError(error, details) : new IronBaseServerError(error, details);
}

function begin(call) {
  try {
    call.operation?.signal.throwIfAborted();
    enter(call.handles);
  } catch (error) {
    call.operation?.end();
    throw error;
  }
}

/** Carries out a call on this thread. */
function runSync(call) {
  begin(call);
  try {
    own.write(0, call.function, argumentsOf(call));
    own.callAt(0);
    return outcomeOf(call, own, 0);
  } finally {
    leave(call.handles);
    call.operation?.end();
  }
}

/** Carries out a call on a worker thread. */
function run(call) {
  return new Promise((resolve, reject) => {
    const { operation } = call;
    begin(call);
    let isOver = false;
    const end = (settle, value) => {
      if (isOver) return;
      isOver = true;
      operation?.stopListening();
      settle(value);
      leave(call.handles);
      operation?.end();
    };
    const submission = {
      number: call.function,
      args: argumentsOf(call),
      slot: undefined,
      kept: null,
      failed: (error) => end(reject, error),
      over: (slots, slot) => {
        try {
          end(resolve, outcomeOf(call, slots, slot));
        } catch (error) {
          end(reject, error);
        }
      },
    };
    operation?.listen(() => {
      if (pool.cancel(submission)) end(reject, operation.signal.reason);
      else operation.kill();
    });
    pool.submit(submission);
  });
}

/** The operations that wait for a signal: it has one listener of ours, however many they are. */
const listening = new WeakMap();

/** An id by which a signal stops what runs under it. One call's, or a cursor's with all its batches. */
class Operation {
  #database;
  #isOfCursor;
  #onAbort = null;

  constructor(database, signal, isOfCursor = false) {
    this.signal = signal;
    this.#database = database;
    this.#isOfCursor = isOfCursor;
    database.enter();
    this.id = newOperation(database.address);
  }

  listen(onAbort) {
    this.#onAbort = onAbort;
    let operations = listening.get(this.signal);
    if (!operations) {
      const all = { of: new Set(), tell: () => [...all.of].forEach((operation) => operation.#onAbort()) };
      listening.set(this.signal, (operations = all));
    }
    if (operations.of.size === 0) this.signal.addEventListener('abort', operations.tell);
    operations.of.add(this);
  }

  stopListening() {
    const operations = listening.get(this.signal);
    if (operations?.of.delete(this) && operations.of.size === 0) {
      this.signal.removeEventListener('abort', operations.tell);
    }
  }

  kill() {
    this.#tell(FUNCTION.db_op_kill);
  }

  /** A call under it is over; a cursor goes on. */
  end() {
    if (!this.#isOfCursor) this.free();
  }

  free() {
    if (this.id === 0) return;
    this.stopListening();
    this.#tell(FUNCTION.db_op_free);
    this.id = 0;
    this.#database.leave();
  }

  /** Failing means that the database is closed: nothing runs in it any more. */
  #tell(number) {
    own.write(0, number, [this.#database.address, Number(this.id)]);
    own.callAt(0);
    if (own.status(0) < 0) own.takeError(0);
  }
}

/* What calls return. */
const nothing = () => undefined;
const number = (slots, slot) => slots.result(slot);
function value(slots, slot) {
  const text = slots.takeText(slot);
  return text === null ? null : parse(text);
}

module.exports = { Operation, nothing, number, run, runSync, value };
