'use strict';
/*
 * IronBase beside SQLite, both called from Node: npm install && IRONBASE_LIBRARY=../../../target/release/libironbase.so node bench.js
 *
 * The same documents, objects in and objects out; a point get by `_id`, a read of 1,000 documents and an insert of 1,000.
 * SQLite is better-sqlite3, set up as in benches/: WAL, synchronous FULL, 256 MiB of cache, prepared statements, JSON in a
 * text column, which is the quicker of its two forms here, as nothing looks into the documents. It is synchronous; its
 * asynchronous rows are what its documentation recommends for that, a worker thread to which queries are posted.
 *
 * Contenders take turns; the median of the rounds is shown, with the lowest and the highest.
 */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const ironbase = require('..');
const { document } = require('./documents');
const { openSqlite } = require('./sqlite');

const DOCUMENTS = 100_000;
const BATCH = 1_000;
const ROUNDS = 5;
const AT_ONCE = 100;

const randomId = () => Math.floor(Math.random() * DOCUMENTS);

/** Calls `query` `count` times, `AT_ONCE` of them on their way at a time. */
async function manyAtOnce(count, query) {
  let left = count;
  const one = async () => {
    while (left-- > 0) await query();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

function sqliteInWorker(file) {
  const worker = new Worker(path.join(__dirname, 'sqlite-worker.js'), { workerData: file });
  const waiting = new Map();
  let last = 0;
  worker.on('message', ({ id, result }) => {
    waiting.get(id)(result);
    waiting.delete(id);
  });
  return {
    ask: (method, ...args) =>
      new Promise((resolve) => {
        waiting.set(++last, resolve);
        worker.postMessage({ id: last, method, args });
      }),
    close: () => worker.terminate(),
  };
}

async function cases(directory) {
  const db = await ironbase.open(path.join(directory, 'bench.mlite'), { cacheSize: 256 << 20 });
  const c = db.collection('docs');
  const file = path.join(directory, 'bench.sqlite');
  const sqlite = openSqlite(file);
  for (let start = 0; start < DOCUMENTS; start += BATCH) {
    const docs = Array.from({ length: BATCH }, (_, i) => document(start + i));
    await c.insertMany(docs);
    sqlite.insertMany(docs);
  }
  await db.checkpoint();
  const worker = sqliteInWorker(file);
  await worker.ask('get', 1);

  let nextId = DOCUMENTS;
  const fresh = () => {
    const docs = Array.from({ length: BATCH }, (_, i) => document(nextId + i));
    nextId += BATCH;
    return docs;
  };
  const range = () => {
    const first = Math.floor(Math.random() * (DOCUMENTS - BATCH));
    return [first, first + BATCH];
  };
  const repeat = (count, query) => () => {
    for (let i = 0; i < count; i++) query();
  };
  const repeatAsync = (count, query) => async () => {
    for (let i = 0; i < count; i++) await query();
  };
  const between = ([first, end]) => ({ _id: { $gte: first, $lt: end } });
  const inserting = (count, insert) => async () => {
    const batches = Array.from({ length: count }, fresh);
    const started = performance.now();
    for (const docs of batches) await insert(docs);
    return performance.now() - started;
  };

  return {
    close: async () => {
      await worker.close();
      sqlite.close();
      await db.close();
    },
    tables: [
      ['point get, synchronous', 20_000, {
        IronBase: repeat(20_000, () => c.findOneSync({ _id: randomId() })),
        'SQLite, better-sqlite3': repeat(20_000, () => sqlite.get(randomId())),
      }],
      ['point get, asynchronous, 100 at a time', 20_000, {
        IronBase: () => manyAtOnce(20_000, () => c.findOne({ _id: randomId() })),
        'SQLite, better-sqlite3 in a worker thread': () => manyAtOnce(20_000, () => worker.ask('get', randomId())),
      }],
      ['point get, asynchronous, one after another', 5_000, {
        IronBase: repeatAsync(5_000, () => c.findOne({ _id: randomId() })),
        'SQLite, better-sqlite3 in a worker thread': repeatAsync(5_000, () => worker.ask('get', randomId())),
      }],
      ['read of 1,000 documents, synchronous', 100, {
        IronBase: repeat(100, () => c.find(between(range())).toArraySync()),
        'SQLite, better-sqlite3': repeat(100, () => sqlite.between(...range())),
      }],
      ['read of 1,000 documents, asynchronous', 100, {
        IronBase: repeatAsync(100, () => c.find(between(range())).toArray()),
        'SQLite, better-sqlite3 in a worker thread': repeatAsync(100, () => worker.ask('between', ...range())),
      }],
      ['durable insert of 1,000 documents, synchronous', 20, {
        IronBase: inserting(20, (docs) => c.insertManySync(docs)),
        'SQLite, better-sqlite3': inserting(20, (docs) => sqlite.insertMany(docs)),
      }],
      ['durable insert of 1,000 documents, asynchronous', 20, {
        IronBase: inserting(20, (docs) => c.insertMany(docs)),
        'SQLite, better-sqlite3 in a worker thread': inserting(20, (docs) => worker.ask('insertMany', docs)),
      }],
    ],
  };
}

async function time(run) {
  const started = performance.now();
  return (await run()) ?? performance.now() - started;
}

async function main() {
  const directory = fs.mkdtempSync(path.join(process.env.BENCH_DIR ?? os.tmpdir(), 'ironbase-bench-'));
  const { tables, close } = await cases(directory);
  for (const [title, calls, contenders] of tables) {
    const names = Object.keys(contenders);
    const rates = Object.fromEntries(names.map((name) => [name, []]));
    for (const name of names) await contenders[name]();
    for (let round = 0; round < ROUNDS; round++) {
      const order = names.map((_, i) => names[(i + round) % names.length]);
      for (const name of order) rates[name].push((calls / (await time(contenders[name]))) * 1000);
    }
    console.log(`\n| ${title} | a second | lowest | highest | IronBase is |\n|---|---:|---:|---:|---:|`);
    const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
    const own = median(rates.IronBase);
    const shown = (value) => Math.round(value).toLocaleString('en');
    for (const name of names) {
      const rate = median(rates[name]);
      const ratio = name === 'IronBase' ? '' : `${(own / rate).toFixed(2)} x as fast`;
      console.log(`| ${name} | ${shown(rate)} | ${shown(rates[name][0])} | ${shown(rates[name].at(-1))} | ${ratio} |`);
    }
  }
  await close();
  fs.rmSync(directory, { recursive: true });
}

main();
