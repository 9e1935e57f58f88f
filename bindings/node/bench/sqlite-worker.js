'use strict';
/* SQLite on a thread of its own, as better-sqlite3's documentation has it: queries come as messages, results go as messages. */
const { parentPort, workerData } = require('node:worker_threads');
const { openSqlite } = require('./sqlite');

const sqlite = openSqlite(workerData);
parentPort.on('message', ({ id, method, args }) => {
  const result = sqlite[method](...args);
  parentPort.postMessage({ id, result: method === 'insertMany' ? undefined : result });
});
