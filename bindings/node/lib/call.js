'use strict';
/*
 * Calls of the library, on this thread or on another: the handles they hold, what becomes of their results and errors,
 * how a signal stops them, and who is told how far they are.
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
const { IronBaseBulkWriteError, IronBaseClosedError, IronBaseError, IronBaseServerError } = require('./errors');
const pool = require('./pool');

const CLOSED = -9;
const INTERRUPTED = -10;

/** Slots for calls on this thread: one, and another for each call that is made out of a progress function. */
const own = [];
let depth = 0;
const ownSlots = () => (own[depth] ??= new Slots(new SharedArrayBuffer(SLOT_BYTES), 0));

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

/** The result of a call that is over; throws its error, or what its progress function has thrown. */
function outcomeOf(call, slots, slot) {
  const { operation } = call;
  const status = slots.status(slot);
  if (status >= 0) {
    const result = call.decode(slots, slot, status);
    operation?.rethrow();
    return result;
  }
  const error = slots.takeError(slot);
  operation?.rethrow();
  if (error.status === INTERRUPTED && operation?.signal?.aborted) throw operation.signal.reason;
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
    call.operation?.signal?.throwIfAborted();
    enter(call.handles);
  } catch (error) {
    call.operation?.end();
    throw error;
  }
}

/** Refuses what waits for the calls on this thread, out of the progress function of one of them. */
function refuseInProgress() {
  if (depth > 0) {
    throw new IronBaseError('a database cannot be closed out of a progress function: it would wait for the call that the function is told of');
  }
}

/** Carries out a call on this thread. */
function runSync(call) {
  begin(call);
  const { operation } = call;
  const slots = ownSlots();
  try {
    slots.kept = slots.write(0, call.function, argumentsOf(call), watchOf(operation));
    if (operation?.isWatched) callWatched(slots, operation);
    else slots.callAt(0);
    return outcomeOf(call, slots, 0);
  } finally {
    slots.kept = null;
    leave(call.handles);
    operation?.end();
  }
}

function callWatched(slots, operation) {
  depth++;
  try {
    slots.callWatched(0, (done, total) => operation.tell(done, total));
  } finally {
    depth--;
  }
}

const watchOf = (operation) => (operation?.isWatched ? operation.watch : null);

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
      watch: watchOf(operation),
      slot: undefined,
      kept: null,
      told: (done, total) => {
        if (!isOver && !operation.tell(done, total)) operation.kill(submission);
      },
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
      else operation.kill(submission);
    });
    pool.submit(submission);
  });
}

/** The operations that wait for a signal: it has one listener of ours, however many they are. */
const listening = new WeakMap();

/**
 * An id by which a signal stops what runs under it, and a progress function is told of it. One call's, or a cursor's with all
 * its batches. A call without a database has no id: it is stopped when it next tells how far it is.
 */
class Operation {
  #database;
  #isOfCursor;
  #onProgress;
  #onAbort = null;
  #thrown = null;

  /** @param watchers the signal and the progress function, each undefined if there is none */
  constructor(database, { signal, onProgress }, isOfCursor = false) {
    this.signal = signal;
    this.#onProgress = onProgress;
    this.#database = database;
    this.#isOfCursor = isOfCursor;
    database?.enter();
    this.id = database ? newOperation(database.address) : 0;
  }

  /** Whether its calls are to tell how far they are. */
  get isWatched() {
    return this.#onProgress !== undefined || this.#database === null;
  }

  /** For ffi.js: what a watched call is watched by. */
  get watch() {
    return [addressOf(this.#database), Number(this.id)];
  }

  /** Tells the progress function; `false`: the call is to stop. */
  tell(done, total) {
    try {
      if (this.#thrown === null) this.#onProgress?.(done, total);
    } catch (error) {
      this.#thrown = { error };
    }
    return this.#thrown === null && !this.signal?.aborted;
  }

  /** Throws what the progress function has thrown. */
  rethrow() {
    const thrown = this.#thrown;
    this.#thrown = null;
    if (thrown) throw thrown.error;
  }

  listen(onAbort) {
    if (!this.signal) return;
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
    const operations = this.signal && listening.get(this.signal);
    if (operations?.of.delete(this) && operations.of.size === 0) {
      this.signal.removeEventListener('abort', operations.tell);
    }
  }

  /** Stops what was submitted to the pool. */
  kill(submission) {
    if (this.#database) this.#tell(FUNCTION.db_op_kill);
    else pool.stop(submission);
  }

  /** A call under it is over; a cursor goes on. */
  end() {
    if (!this.#isOfCursor) this.free();
  }

  free() {
    this.stopListening();
    if (!this.#database || this.id === 0) return;
    this.#tell(FUNCTION.db_op_free);
    this.id = 0;
    this.#database.leave();
  }

  /** Failing means that the database is closed: nothing runs in it any more. */
  #tell(number) {
    const slots = ownSlots();
    slots.write(0, number, [this.#database.address, Number(this.id)]);
    slots.callAt(0);
    if (slots.status(0) < 0) slots.takeError(0);
  }
}

/* What calls return. */
const nothing = () => undefined;
const number = (slots, slot) => slots.result(slot);
function value(slots, slot) {
  const text = slots.takeText(slot);
  return text === null ? null : parse(text);
}

module.exports = { Operation, nothing, number, refuseInProgress, run, runSync, value };
