'use strict';
/*
 * The C library: the only file that knows koffi.
 *
 * A call is laid out in a slot of shared memory, as a row of doubles: which function, and its arguments as
 * numbers, pointers being addresses (which fit a double). Texts lie behind them. Any thread that has loaded the
 * library can then carry it out: `callAt` reads the slot and stores status and results into it. So synchronous
 * calls and those of the worker threads are one thing, nothing is serialised on the way, and the texts that
 * the library returns are read and freed by the thread that wanted them.
 *
 * A watched call is told how far it is: the thread that carries it out has a callback of its own (koffi binds callbacks to
 * threads), which is only ever called out of that call, on that thread.
 *
 * Invariants: an address in a slot belongs to memory that the caller keeps alive until the call is over; a slot
 * is used by one call at a time; every text and error that a call returned is freed in `takeText` or `takeError`.
 */
const koffi = require('koffi');
const { locate } = require('./locate');
const { IronBaseRuntimeError } = require('./errors');

const path = locate();
let library;
try {
  library = koffi.load(path);
} catch (error) {
  throw new IronBaseRuntimeError(`the IronBase library cannot be loaded from ${path}: ${error.message}`, { cause: error });
}

/*
 * The functions, without their prefix `ironbase_`. What follows the name are the parameters:
 *
 *   h  handle          s  size or other 64-bit number    u  uint32    i  int32
 *   t  text: address and length, (0, 0) for null         z  text that ends in NUL
 *   p  progress function and its argument; null unless the call is watched
 *   O L C  where to put the result, its length, its count: places in the slot
 *   o      NULL: the result is not wanted
 *   E  where to put the error
 */
const SIGNATURES = {
  open: 'ztOE',
  db_close: 'hE',
  db_collection: 'htOE',
  db_create_collection: 'httE',
  db_rename_collection: 'htttE',
  db_list_collections: 'htOLE',
  db_run_command: 'hhtOLE',
  db_checkpoint: 'hE',
  db_stats: 'htOLE',
  db_compact: 'htOLE',
  db_verify: 'htOLE',
  db_backup: 'hztOLE',
  verify: 'ztpOLE',
  salvage: 'zztpOLE',
  restore: 'zztpOLE',
  db_op_kill: 'hsE',
  db_op_free: 'hsE',
  collection_insert_one: 'httooE',
  collection_insert_many: 'httooE',
  collection_find: 'httOE',
  collection_find_one: 'httOLE',
  collection_count_documents: 'httOE',
  collection_estimated_document_count: 'htOE',
  collection_distinct: 'htttOLE',
  collection_update_one: 'htttOLE',
  collection_update_many: 'htttOLE',
  collection_replace_one: 'htttOLE',
  collection_delete_one: 'httOLE',
  collection_delete_many: 'httOLE',
  collection_find_one_and_update: 'htttOLE',
  collection_find_one_and_replace: 'htttOLE',
  collection_find_one_and_delete: 'httOLE',
  collection_bulk_write: 'httOLE',
  collection_create_indexes: 'httOLE',
  collection_drop_index: 'htE',
  collection_list_indexes: 'hOLE',
  collection_explain: 'httOLE',
  collection_drop: 'hE',
  cursor_next_batch: 'husiOLCE',
  txn_begin: 'htOE',
  txn_collection: 'htOE',
  txn_commit: 'hE',
  txn_abort: 'hE',
};

const C_TYPES = { u: ['uint32_t'], i: ['int32_t'], t: ['uint64_t', 'uint64_t'], p: ['uint64_t', 'uint64_t'] };

const typesOf = (parameters) => [...parameters].flatMap((p) => C_TYPES[p] ?? ['uint64_t']);

const names = Object.keys(SIGNATURES);
const functions = names.map((name) => library.func(`ironbase_${name}`, 'int32_t', typesOf(SIGNATURES[name])));
const arities = names.map((name) => typesOf(SIGNATURES[name]).length);
const signatures = Object.values(SIGNATURES);
/** Where the progress function stands among the arguments; -1: nowhere. */
const progressPlaces = signatures.map((parameters) =>
  parameters.includes('p') ? typesOf(parameters.slice(0, parameters.indexOf('p'))).length : -1,
);
/** The functions' numbers in slots, by name. */
const FUNCTION = Object.fromEntries(names.map((name, number) => [name, number]));

const free = (name) => library.func(`ironbase_${name}_free`, 'void', ['uint64_t']);
const freeText = free('string');
const freeError = free('error');
/** Functions that free a handle, which is an address. */
const FREE = { db: free('db'), collection: free('collection'), cursor: free('cursor'), txn: free('txn') };

const errorStatus = library.func('ironbase_error_status', 'int32_t', ['uint64_t']);
const errorCode = library.func('ironbase_error_code', 'int32_t', ['uint64_t']);
const errorCodeName = library.func('ironbase_error_code_name', 'str', ['uint64_t']);
const errorMessage = library.func('ironbase_error_message', 'str', ['uint64_t']);
const errorDetails = library.func('ironbase_error_details', 'str', ['uint64_t']);
const statusName = library.func('ironbase_status_name', 'str', ['int32_t']);
const version = library.func('ironbase_version', 'str', []);
const liveHandles = library.func('ironbase_live_handles', 'uint64_t', []);
const newOperation = library.func('ironbase_db_op_new', 'uint64_t', ['uint64_t']);
const setProgress = library.func('ironbase_db_op_set_progress', 'int32_t', Array(5).fill('uint64_t'));
const setLogCallback = library.func('ironbase_set_log_callback', 'void', ['uint64_t', 'uint64_t', 'int32_t']);

/* Callbacks: registered when they are first needed, one of each kind for the thread. */
const progressType = koffi.proto('bool ironbase_progress(uint64_t user, uint64_t done, uint64_t total)');
const logType = koffi.proto('void ironbase_log(uint64_t user, int32_t level, const char *message)');

/** Who is told of the call that this thread carries out: `(done, total) => boolean`, which throws nothing. */
let teller = null;
let progressAddress = 0;
function progressCallback() {
  progressAddress ||= Number(koffi.register((_, done, total) => teller(done, total), koffi.pointer(progressType)));
  return progressAddress;
}

/** The address of a callback that is called with each line of the log: `(level, message) => void`, which throws nothing. */
const registerLog = (receive) => Number(koffi.register((_, level, message) => receive(level, message), koffi.pointer(logType)));

/* A slot, in doubles: the function's number, up to 10 arguments, the status, then the results; texts behind. */
const ARGUMENTS = 1;
const STATUS = 11;
const RESULT = 12;
const LENGTH = 13;
const COUNT = 14;
const ERROR = 15;
/* Of a watched call: 1, and the database and the id that it is watched by, 0 for a function that takes the callback itself. */
const WATCHED = 16;
const DATABASE = 17;
const OPERATION = 18;
const DONE = 19;
const TOTAL = 20;
/** Two words: how often progress was told, and whether the call is to stop. */
const SIGNS = 21;
const TEXTS = 22;
/** Doubles in a slot. */
const SLOT_DOUBLES = 128;
const SLOT_BYTES = SLOT_DOUBLES * 8;

/** Slots in memory that threads share: reading, writing and carrying out the calls in them. */
class Slots {
  constructor(memory, offset) {
    this.doubles = new Float64Array(memory);
    this.words = new Uint32Array(memory);
    this.signs = new Int32Array(memory);
    this.bytes = Buffer.from(memory);
    this.first = offset / 8;
    this.address = Number(koffi.address(this.bytes));
  }

  /**
   * Lays a call out in a slot. `args` has one value for each of the function's letters up to `t`, `z`, `h` and the
   * numbers; texts are strings or null. `watch` are the addresses of database and operation of a watched call, null for
   * others. Returns what must be kept alive until the call is over.
   */
  write(slot, number, args, watch = null) {
    const { doubles, address } = this;
    const start = this.first + slot * SLOT_DOUBLES;
    const signature = signatures[number];
    let at = start + ARGUMENTS;
    let text = (start + TEXTS) * 8;
    const end = (start + SLOT_DOUBLES) * 8;
    let kept = null;
    let next = 0;
    doubles[start] = number;
    doubles[start + WATCHED] = watch === null ? 0 : 1;
    if (watch !== null) {
      [doubles[start + DATABASE], doubles[start + OPERATION]] = watch;
      this.signs.fill(0, (start + SIGNS) * 2, (start + SIGNS) * 2 + 2);
    }
    for (let i = 0; i < signature.length; i++) {
      switch (signature.charCodeAt(i)) {
        case 116: /* t */
        case 122: {
          /* z */
          const value = args[next++];
          const terminated = signature.charCodeAt(i) === 122;
          if (value === null) {
            doubles[at++] = 0;
            if (!terminated) doubles[at++] = 0;
            break;
          }
          // A character of a string takes three bytes of UTF-8 at most.
          if (value.length * 3 + 1 <= end - text) {
            const length = this.bytes.utf8Write(value, text, end - text);
            doubles[at++] = address + text;
            if (terminated) this.bytes[text + length] = 0;
            else doubles[at++] = length;
            text += length + 1;
          } else {
            const bytes = Buffer.from(terminated ? `${value}\0` : value);
            (kept ??= []).push(bytes);
            doubles[at++] = Number(koffi.address(bytes));
            if (!terminated) doubles[at++] = bytes.length;
          }
          break;
        }
        case 112 /* p */:
          doubles[at++] = 0;
          doubles[at++] = 0;
          break;
        case 79 /* O */:
          doubles[start + RESULT] = 0;
          doubles[at++] = address + (start + RESULT) * 8;
          break;
        case 111 /* o */:
          doubles[at++] = 0;
          break;
        case 76 /* L */:
          doubles[at++] = address + (start + LENGTH) * 8;
          break;
        case 67 /* C */:
          doubles[at++] = address + (start + COUNT) * 8;
          break;
        case 69 /* E */:
          doubles[start + ERROR] = 0;
          doubles[at++] = address + (start + ERROR) * 8;
          break;
        default:
          doubles[at++] = args[next++];
      }
    }
    return kept;
  }

  isWatched(slot) {
    return this.doubles[this.first + slot * SLOT_DOUBLES + WATCHED] === 1;
  }

  /** Carries out the watched call that lies in a slot, on this thread, and tells `tell` how far it is. */
  callWatched(slot, tell) {
    const d = this.doubles;
    const s = this.first + slot * SLOT_DOUBLES;
    const place = progressPlaces[d[s]];
    const before = teller;
    teller = tell;
    try {
      if (place >= 0) d[s + ARGUMENTS + place] = progressCallback();
      else setProgress(d[s + DATABASE], d[s + OPERATION], progressCallback(), 0, 0);
      this.callAt(slot);
    } finally {
      if (place < 0) setProgress(d[s + DATABASE], d[s + OPERATION], 0, 0, 0);
      teller = before;
    }
  }

  /** For the thread that carries a call out: leaves word how far it is. `false`: it is to stop. */
  tell(slot, done, total) {
    const s = this.first + slot * SLOT_DOUBLES;
    this.doubles[s + DONE] = Number(done);
    this.doubles[s + TOTAL] = Number(total);
    Atomics.add(this.signs, (s + SIGNS) * 2, 1);
    return Atomics.load(this.signs, (s + SIGNS) * 2 + 1) === 0;
  }

  /** How often progress was told, and what was told last. */
  told(slot) {
    const s = this.first + slot * SLOT_DOUBLES;
    return { times: Atomics.load(this.signs, (s + SIGNS) * 2), done: this.doubles[s + DONE], total: this.doubles[s + TOTAL] };
  }

  /** Has a watched call stop when it next tells how far it is. */
  stop(slot) {
    Atomics.store(this.signs, (this.first + slot * SLOT_DOUBLES + SIGNS) * 2 + 1, 1);
  }

  /** Carries out the call that lies in a slot, on this thread. */
  callAt(slot) {
    const d = this.doubles;
    const s = this.first + slot * SLOT_DOUBLES;
    const f = functions[d[s]];
    const arity = arities[d[s]];
    let status;
    switch (arity) {
      case 2:
        status = f(d[s + 1], d[s + 2]);
        break;
      case 3:
        status = f(d[s + 1], d[s + 2], d[s + 3]);
        break;
      case 4:
        status = f(d[s + 1], d[s + 2], d[s + 3], d[s + 4]);
        break;
      case 5:
        status = f(d[s + 1], d[s + 2], d[s + 3], d[s + 4], d[s + 5]);
        break;
      case 6:
        status = f(d[s + 1], d[s + 2], d[s + 3], d[s + 4], d[s + 5], d[s + 6]);
        break;
      case 8:
        status = f(d[s + 1], d[s + 2], d[s + 3], d[s + 4], d[s + 5], d[s + 6], d[s + 7], d[s + 8]);
        break;
      default:
        status = f(...d.subarray(s + 1, s + 1 + arity));
    }
    d[s + STATUS] = status;
  }

  status(slot) {
    return this.doubles[this.first + slot * SLOT_DOUBLES + STATUS];
  }

  /** A 64-bit number that the library stored: an address, a length, a count. */
  #number(slot, place) {
    const at = (this.first + slot * SLOT_DOUBLES + place) * 2;
    return this.words[at + 1] * 4294967296 + this.words[at];
  }

  result(slot) {
    return this.#number(slot, RESULT);
  }

  /** The text that the library returned; null if there is none. It is freed. */
  takeText(slot) {
    const address = this.#number(slot, RESULT);
    if (address === 0) return null;
    try {
      return koffi.decode.string(address, this.#number(slot, LENGTH));
    } finally {
      freeText(address);
    }
  }

  /** What is known of the error of a call. It is freed. */
  takeError(slot) {
    const address = this.#number(slot, ERROR);
    const status = this.status(slot);
    if (address === 0) {
      return { status, statusName: statusName(status), code: 0, codeName: '', message: statusName(status), details: '{}' };
    }
    try {
      return {
        status: errorStatus(address),
        statusName: statusName(errorStatus(address)),
        code: errorCode(address),
        codeName: errorCodeName(address),
        message: errorMessage(address),
        details: errorDetails(address),
      };
    } finally {
      freeError(address);
    }
  }
}

module.exports = {
  FREE,
  FUNCTION,
  SLOT_BYTES,
  Slots,
  libraryVersion: version(),
  liveHandles,
  newOperation,
  registerLog,
  setLogCallback,
};
