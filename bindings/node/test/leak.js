'use strict';
/* The program of leak.test.js: fails if memory grows. */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setImmediate: turn } = require('node:timers/promises');
const { open } = require('..');
const { liveHandles } = require('../lib/ffi');

const CALLS = 100_000;
const ROUNDS = 4;
/** A text of 20 bytes forgotten by each call, with what malloc adds to it, would be 3 MB; one document's 20 MB. */
const ALLOWED_BYTES = 2 << 20;

/** Memory in use, when all that was forgotten has been collected. */
async function memory() {
  for (let before = Infinity, turns = 0; turns < 4 || liveHandles() < before; turns++) {
    before = liveHandles();
    global.gc();
    await turn();
  }
  return process.memoryUsage.rss();
}

async function main() {
  // On disk: the log of a database in memory is memory.
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ironbase-'));
  try {
    await calls(await open(path.join(directory, 'leak.mlite'), { durability: 'none' }));
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

async function calls(db) {
  const c = db.collection('c');
  await c.insertOne({ _id: 1, text: 'x'.repeat(200) });
  const { signal } = new AbortController();
  const kinds = {
    sync: (n) => {
      for (let i = 0; i < n; i++) c.findOneSync({ _id: 1 });
    },
    errors: (n) => {
      for (let i = 0; i < n / 2; i++) {
        try {
          c.insertOneSync({ _id: 1, text: 'x'.repeat(200) });
        } catch {}
      }
    },
    async: async (n) => {
      for (let i = 0; i < n; i += 100) await Promise.all(Array.from({ length: 100 }, () => c.findOne({ _id: 1 })));
    },
    updates: (n) => {
      for (let i = 0; i < n; i++) c.updateOneSync({ _id: 1 }, { $set: { n: i % 100 } });
    },
    cursors: (n) => {
      for (let i = 0; i < n; i++) c.find({ _id: 1 }).toArraySync();
    },
    forgotten: async (n) => {
      for (let i = 0; i < n / 4; i++) {
        c.find({ _id: 1 }).nextSync();
        if (i % 100 === 0) await turn();
      }
    },
    handles: async (n) => {
      for (let i = 0; i < n; i++) {
        db.collection(`c${i % 10}`);
        if (i % 1000 === 0) await turn();
      }
    },
    signals: async (n) => {
      for (let i = 0; i < n / 10; i += 100) await Promise.all(Array.from({ length: 100 }, () => c.findOne({}, { signal })));
    },
    long: (n) => {
      for (let i = 0; i < n / 10; i++) c.countDocumentsSync({ text: 'y'.repeat(2000) });
    },
  };
  let failed = false;
  for (const [name, call] of Object.entries(kinds)) {
    let grown = Infinity;
    // What takes room once takes it in the first rounds; a leak takes more in each.
    for (let round = 0; round < ROUNDS && grown > ALLOWED_BYTES; round++) {
      const before = await memory();
      await call(CALLS);
      grown = (await memory()) - before;
    }
    console.log(`${name}: ${(grown / 1024).toFixed(0)} KiB`);
    if (grown > ALLOWED_BYTES) failed = true;
  }
  await db.close();
  await memory(); // what was forgotten is collected
  // This collection and some that are still to be collected; 100,000 were made.
  console.log(`live handles: ${liveHandles()}`);
  if (liveHandles() > 100) failed = true;
  process.exitCode = failed ? 1 : 0;
}

main();
