'use strict';
/*
 * The memory that the main thread and its worker threads share, and who writes what in it.
 *
 *   control   SUBMITTED  calls submitted so far; written by the main thread, waited for by the workers
 *             TAKEN      calls taken so far; a worker takes the next by moving it on
 *             FINISHED   moves on when a call is finished, or tells how far it is; written by the workers, waited for by
 *                        the main thread
 *             PLACE      places handed out in `finished`
 *             READY      workers that have loaded the library
 *             STOPPED    1: the process ends, and no more calls are to be taken
 *   submitted a ring of slots' numbers, in the order of submission
 *   finished  a ring of slots' numbers plus one, in the order of finishing; 0: not yet
 *   states    of each slot: QUEUED, RUNNING, or CANCELLED by the main thread before a worker took it
 *   slots     the calls themselves, see ffi.js
 *
 * A call occupies a slot from its submission until the main thread has read its results, so neither ring can
 * overflow.
 */
const { SLOT_BYTES } = require('./ffi');

/** Calls on their way at a time; more wait in the main thread. */
const SLOTS = 256;

const SUBMITTED = 0;
const TAKEN = 1;
const FINISHED = 2;
const PLACE = 3;
const READY = 4;
const STOPPED = 5;

const QUEUED = 0;
const RUNNING = 1;
const CANCELLED = 2;

const CONTROL_BYTES = 64;
const RING_BYTES = SLOTS * 4;
const SLOTS_OFFSET = CONTROL_BYTES + 3 * RING_BYTES;

const newMemory = () => new SharedArrayBuffer(SLOTS_OFFSET + SLOTS * SLOT_BYTES);

function viewsOf(memory) {
  return {
    control: new Int32Array(memory, 0, CONTROL_BYTES / 4),
    submitted: new Int32Array(memory, CONTROL_BYTES, SLOTS),
    finished: new Int32Array(memory, CONTROL_BYTES + RING_BYTES, SLOTS),
    states: new Int32Array(memory, CONTROL_BYTES + 2 * RING_BYTES, SLOTS),
  };
}

module.exports = {
  SLOTS,
  SLOTS_OFFSET,
  SUBMITTED,
  TAKEN,
  FINISHED,
  PLACE,
  READY,
  STOPPED,
  QUEUED,
  RUNNING,
  CANCELLED,
  newMemory,
  viewsOf,
};
