'use strict';
/* The thread that the library's log comes to, see log.js. It calls nothing of the library. */
const { parentPort, workerData } = require('node:worker_threads');
const { registerLog } = require('./ffi');

const { port, started } = workerData;

const address = registerLog((level, message) => port.postMessage([level, message]));
// Keeps the thread's event loop, and so the thread.
parentPort.on('message', () => {});
Atomics.store(started, 0, BigInt(address));
Atomics.notify(started, 0);
