'use strict';
/* A worker thread: takes calls in the order they were submitted, carries them out, sleeps when there are none. */
const { workerData } = require('node:worker_threads');
const { Slots } = require('./ffi');
const queue = require('./queue');

const { control, submitted, finished, states } = queue.viewsOf(workerData);
const slots = new Slots(workerData, queue.SLOTS_OFFSET);

Atomics.add(control, queue.READY, 1);
Atomics.notify(control, queue.READY);

while (Atomics.load(control, queue.STOPPED) === 0) {
  const taken = Atomics.load(control, queue.TAKEN);
  const end = Atomics.load(control, queue.SUBMITTED);
  if (taken === end) {
    Atomics.wait(control, queue.SUBMITTED, end);
    continue;
  }
  // ORDER: the slot's number is read before the call is taken: once it is, the main thread may finish with others
  // and come round to this place of the ring.
  const slot = Atomics.load(submitted, (taken >>> 0) % queue.SLOTS);
  if (Atomics.compareExchange(control, queue.TAKEN, taken, (taken + 1) | 0) !== taken) continue;
  if (Atomics.compareExchange(states, slot, queue.QUEUED, queue.RUNNING) === queue.QUEUED) carryOut(slot);
  const place = Atomics.add(control, queue.PLACE, 1) >>> 0;
  Atomics.store(finished, place % queue.SLOTS, slot + 1);
  wakeMain();
}

function carryOut(slot) {
  if (!slots.isWatched(slot)) return slots.callAt(slot);
  slots.callWatched(slot, (done, total) => {
    const goesOn = slots.tell(slot, done, total);
    wakeMain();
    return goesOn;
  });
}

function wakeMain() {
  Atomics.add(control, queue.FINISHED, 1);
  Atomics.notify(control, queue.FINISHED);
}
