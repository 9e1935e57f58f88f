'use strict';
/* A database in memory for a test, closed when the test is over. */
const { open } = require('..');

async function memory(t, options) {
  const db = await open(':memory:', options);
  t.after(() => db.close());
  return db;
}

/** A collection of `count` documents {_id, v, tag}. */
async function filled(t, count) {
  const db = await memory(t);
  const c = db.collection('c');
  await c.insertMany(Array.from({ length: count }, (_, i) => ({ _id: i, v: i % 10, tag: `tag${i % 3}` })));
  return { db, c };
}

module.exports = { filled, memory };
