'use strict';
/*
 * The worker threads that carry out asynchronous calls, at most `threads` at a time.
 *
 * They are our own, and not libuv's, on which koffi's asynchronous calls run: those are four for everything in the
 * process, so that four slow queries would hold up every fs.stat and DNS look-up, and a limit below four would leave
 * commits with three to share a sync; their stack is 128 KiB, too. Nor do calls go through postMessage: a thread is
 * woken through a futex and reads the call from shared memory (see queue.js), and while many calls are on their way nobody sleeps
 * and nobody is woken. Measured, of point gets: one after another 50 µs each, as with koffi's; a hundred at a time 5 µs each,
 * of which koffi's can make three at a time, at 25 µs.
 *
 * Threads start when there are calls for them; idle ones do not keep the process alive.
 */
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { Slots } = require('./ffi');
const { IronBaseRuntimeError, IronBaseInvalidArgumentError } = require('./errors');
const queue = require('./queue');

const DEFAULT_THREADS = 4;
const MAX_THREADS = 64;

const memory = queue.newMemory();
const { control, submitted, finished, states } = queue.viewsOf(memory);
const slots = new Slots(memory, queue.SLOTS_OFFSET);

let limit = DEFAULT_THREADS;
const workers = [];
const freeSlots = Array.from({ length: queue.SLOTS }, (_, slot) => slot);
/** The call in each slot. */
const calls = new Array(queue.SLOTS).fill(null);
/** Those of them that are told how far they are. */
const watched = new Set();
/** Calls for which there is no slot yet; those before `firstWaiting` have gone. */
let waiting = [];
let firstWaiting = 0;
let pending = 0;
let submittedCount = 0;
let readCount = 0;
let isWatching = false;

/** Sets how many calls run at a time, from now on; threads that exist stay. */
function setThreads(count) {
  if (!Number.isInteger(count) || count < 1 || count > MAX_THREADS) {
    throw new IronBaseInvalidArgumentError(`threads must be a whole number from 1 to ${MAX_THREADS}, found ${String(count)}`);
  }
  limit = count;
}

/**
 * Submits a call: `{ number, args, watch }`. If it is watched its `told(done, total)` is called now and then. When it is
 * over its `over(slots, slot)` is called, which must take what the library returned; or its `failed(error)`, if no thread
 * could carry it out.
 */
function submit(call) {
  pending++;
  if (freeSlots.length === 0) {
    waiting.push(call);
    return;
  }
  place(call);
  if (pending > workers.length && workers.length < limit) startWorker();
  if (pending === 1) workers[0]?.ref();
  watch();
}

function place(call) {
  const slot = freeSlots.pop();
  calls[slot] = call;
  call.slot = slot;
  call.kept = slots.write(slot, call.number, call.args, call.watch);
  if (call.watch !== null) {
    call.timesTold = 0;
    watched.add(call);
  }
  Atomics.store(states, slot, queue.QUEUED);
  Atomics.store(submitted, submittedCount % queue.SLOTS, slot);
  submittedCount = (submittedCount + 1) >>> 0;
  Atomics.store(control, queue.SUBMITTED, submittedCount | 0);
  Atomics.notify(control, queue.SUBMITTED, 1);
}

/** Takes back a call that no thread has begun. `false`: it runs, or is over. */
function cancel(call) {
  if (call.slot === undefined) {
    const at = waiting.indexOf(call, firstWaiting);
    if (at < 0) return false;
    waiting.splice(at, 1);
    settle();
    return true;
  }
  return (
    calls[call.slot] === call && Atomics.compareExchange(states, call.slot, queue.QUEUED, queue.CANCELLED) === queue.QUEUED
  );
}

/** Has a watched call stop that runs on a thread. */
function stop(call) {
  if (watched.has(call)) slots.stop(call.slot);
}

/** Passes on how far a call is, if it has told anything new. */
function readProgress(call) {
  const { times, done, total } = slots.told(call.slot);
  if (times === call.timesTold) return;
  call.timesTold = times;
  call.told(done, total);
}

/** Reads the results of the calls that are over. */
function readFinished() {
  for (;;) {
    const slot = Atomics.exchange(finished, readCount % queue.SLOTS, 0) - 1;
    if (slot < 0) return;
    readCount = (readCount + 1) >>> 0;
    const call = calls[slot];
    calls[slot] = null;
    try {
      if (Atomics.load(states, slot) === queue.RUNNING) {
        if (watched.has(call)) readProgress(call);
        call.over(slots, slot);
      }
    } finally {
      call.kept = null;
      watched.delete(call);
      freeSlots.push(slot);
      if (firstWaiting < waiting.length) {
        const next = waiting[firstWaiting];
        waiting[firstWaiting++] = undefined;
        if (firstWaiting === waiting.length) {
          waiting = [];
          firstWaiting = 0;
        }
        place(next);
      }
      settle();
    }
  }
}

function settle() {
  if (--pending === 0) workers[0]?.unref();
}

/** Reads results as they come, as long as there are calls on their way. */
function watch() {
  if (isWatching) return;
  isWatching = true;
  const seen = Atomics.load(control, queue.FINISHED);
  readFinished();
  watched.forEach(readProgress);
  if (pending === 0) {
    isWatching = false;
    return;
  }
  const { async, value } = Atomics.waitAsync(control, queue.FINISHED, seen);
  if (async) value.then(woken);
  else setImmediate(woken);
}

function woken() {
  isWatching = false;
  watch();
}

/** How long the process waits at its end for threads that are starting. */
const START_MS = 5_000;

/**
 * The process ends: no thread begins another call. It waits for those that are starting: one that is stopped while it loads
 * koffi takes the whole process down with it, as native modules abort when they can no longer throw.
 */
function atExit() {
  Atomics.store(control, queue.STOPPED, 1);
  const end = performance.now() + START_MS;
  for (let left = START_MS; left > 0; left = end - performance.now()) {
    const ready = Atomics.load(control, queue.READY);
    if (ready >= workers.length) return;
    Atomics.wait(control, queue.READY, ready, left);
  }
}

function startWorker() {
  if (workers.length === 0) process.once('exit', atExit);
  const worker = new Worker(path.join(__dirname, 'worker.js'), {
    name: 'ironbase',
    workerData: memory,
    execArgv: [],
    stdin: false,
  });
  workers.push(worker);
  worker.unref();
  worker.on('error', (error) => workerFailed(worker, error));
}

/** A thread could not start: nobody would answer. The calls on their way fail if it was the last. */
function workerFailed(worker, cause) {
  workers.splice(workers.indexOf(worker), 1);
  if (workers.length > 0) return;
  const error = new IronBaseRuntimeError(`no thread can be started: ${cause.message}`, { cause });
  const unplaced = waiting.slice(firstWaiting);
  waiting = [];
  firstWaiting = 0;
  pending -= unplaced.length;
  // Those in slots stay on their way, cancelled, until another thread comes.
  const placed = calls.filter((call) => call !== null && cancel(call));
  for (const call of [...placed, ...unplaced]) call.failed(error);
}

module.exports = { cancel, setThreads, stop, submit };
