'use strict';
/*
 * The library's log, handed to a function.
 *
 * The library calls its log function on whatever thread has something to say: threads of its own, our workers, the main thread in
 * the middle of a synchronous call. koffi carries a call from another thread to the thread that registered the callback, and
 * lets the caller wait. That thread must not be the main one, which may itself be waiting for the caller (closeSync() for
 * the engine's thread that checkpoints). So a worker thread has the callback, does nothing else, and sends the lines on.
 *
 * Invariants: the library has the callback only while that worker runs, so it is taken back when the process exits; what was
 * logged before that is delivered.
 */
const path = require('node:path');
const { MessageChannel, Worker, isMainThread, receiveMessageOnPort } = require('node:worker_threads');
const { setLogCallback } = require('./ffi');
const { callback, shown } = require('./arguments');
const { IronBaseInvalidArgumentError, IronBaseRuntimeError } = require('./errors');

/** By the library's numbers. */
const LEVELS = ['off', 'error', 'warn', 'info', 'debug', 'trace'];
/** How long the thread may take to start. */
const START_MS = 10_000;

let logger = null;
/** Where the lines come from; null until a logger is first set. */
let port = null;
let address = 0;

/**
 * Sends the log of all databases to `logger(level, message)`, or nowhere if that is null, which is how a program begins.
 * `level` is the most talkative that is wanted. Lines come when the event loop comes round to them.
 */
function setLogger(receiver, level = 'info') {
  if (receiver !== null) callback('logger', receiver);
  const number = LEVELS.indexOf(level);
  if (number < 1) {
    throw new IronBaseInvalidArgumentError(`level must be one of ${LEVELS.slice(1).join(', ')}, found ${shown(level)}`);
  }
  if (!isMainThread) throw new IronBaseRuntimeError('the log is one for the process: setLogger() can be called on its main thread only');
  if (receiver !== null && port === null) start();
  if (port === null) return;
  setLogCallback(receiver === null ? 0 : address, 0, receiver === null ? 0 : number);
  deliver(); // to the one before
  logger = receiver;
}

function start() {
  const { port1, port2 } = new MessageChannel();
  const started = new BigInt64Array(new SharedArrayBuffer(8));
  const worker = new Worker(path.join(__dirname, 'log-worker.js'), {
    name: 'ironbase log',
    workerData: { port: port2, started },
    transferList: [port2],
    execArgv: [],
    stdin: false,
  });
  worker.unref();
  worker.on('error', () => {}); // it says so by not starting
  Atomics.wait(started, 0, 0n, START_MS);
  address = Number(Atomics.load(started, 0));
  if (address === 0) {
    worker.terminate();
    throw new IronBaseRuntimeError('the thread that receives the log does not start');
  }
  port = port1;
  port.on('message', receive);
  port.unref();
  process.once('exit', () => {
    setLogCallback(0, 0, 0);
    deliver();
  });
}

/** Lines that have come, without waiting for the event loop. */
function deliver() {
  for (let next; (next = receiveMessageOnPort(port)); ) receive(next.message);
}

function receive([level, message]) {
  logger?.(LEVELS[level], message);
}

module.exports = { setLogger };
