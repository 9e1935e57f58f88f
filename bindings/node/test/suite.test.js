'use strict';
/*
 * The behaviour suite that all languages run: tests/behaviour/*.json, see its README.md. Asynchronously and synchronously.
 */
const { test } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { EJSON, openSync, open } = require('..');
const { stringify } = require('../lib/ejson');

const DIRECTORY = path.join(__dirname, '../../../tests/behaviour');

/** How each operation of the suite is called: the method, its arguments, and what makes the suite's result of its own. */
const collection = (method, names, result = (own) => own) => ({ on: 'collection', method, names, result });
const database = (method, names, result = (own) => own) => ({ on: 'database', method, names, result });
const none = () => null;

function withoutDriverFields({ acknowledged, ...result }) {
  if (result.upsertedId === null) delete result.upsertedId;
  return result;
}

const insertedMany = ({ insertedIds, insertedCount }) => ({ insertedIds, insertedCount });

const OPERATIONS = {
  insertOne: collection('insertOne', ['document', 'options'], withoutDriverFields),
  insertMany: collection('insertMany', ['documents', 'options'], insertedMany),
  findOne: collection('findOne', ['filter', 'options']),
  countDocuments: collection('countDocuments', ['filter', 'options']),
  estimatedDocumentCount: collection('estimatedDocumentCount', ['options']),
  distinct: collection('distinct', ['field', 'filter', 'options']),
  updateOne: collection('updateOne', ['filter', 'update', 'options'], withoutDriverFields),
  updateMany: collection('updateMany', ['filter', 'update', 'options'], withoutDriverFields),
  replaceOne: collection('replaceOne', ['filter', 'replacement', 'options'], withoutDriverFields),
  deleteOne: collection('deleteOne', ['filter', 'options'], withoutDriverFields),
  deleteMany: collection('deleteMany', ['filter', 'options'], withoutDriverFields),
  findOneAndUpdate: collection('findOneAndUpdate', ['filter', 'update', 'options']),
  findOneAndReplace: collection('findOneAndReplace', ['filter', 'replacement', 'options']),
  findOneAndDelete: collection('findOneAndDelete', ['filter', 'options']),
  bulkWrite: collection('bulkWrite', ['models', 'options'], withoutDriverFields),
  createIndexes: collection('createIndexes', ['indexes', 'options']),
  dropIndex: collection('dropIndex', ['name'], none),
  listIndexes: collection('indexes', []),
  drop: collection('drop', [], none),
  createCollection: database('createCollection', ['name', 'options'], none),
  renameCollection: database('renameCollection', ['from', 'to', 'options'], none),
  runCommand: database('command', ['command', 'options']),
  compact: database('compact', ['options']),
  verify: database('verify', ['options']),
  stats: database('stats', ['options']),
  checkpoint: database('checkpoint', [], none),
  close: database('close', [], none),
};

/* The two faces: how a method is called, and the operations that look different in them. */
const FACES = {
  asynchronous: {
    open,
    call: (object, method, args) => object[method](...args),
    find: (c, filter, options) => c.find(filter, options).toArray(),
    listCollections: (db, filter) => db.listCollections(filter).toArray(),
    begin: (db, options) => db.startTransaction(options),
    end: (transaction, method) => transaction[method](),
  },
  synchronous: {
    open: openSync,
    call: (object, method, args) => object[`${method}Sync`](...args),
    find: (c, filter, options) => c.find(filter, options).toArraySync(),
    listCollections: (db, filter) => db.listCollectionsSync(filter),
    begin: (db, options) => db.startTransactionSync(options),
    end: (transaction, method) => transaction[`${method}Sync`](),
  },
};

async function carryOut(face, db, transactions, operation) {
  const { name, transaction: transactionName, arguments: args = {} } = operation;
  if (name === 'startTransaction') {
    transactions[transactionName] = await face.begin(db, args.options);
    return null;
  }
  const transaction = transactions[transactionName];
  if (name === 'commitTransaction' || name === 'abortTransaction') {
    await face.end(transaction, name.replace('Transaction', ''));
    return null;
  }
  const c = () => (transaction ?? db).collection(operation.collection ?? 'test');
  if (name === 'find') return face.find(c(), args.filter, args.options);
  if (name === 'listCollections') return face.listCollections(db, args.filter);
  const described = OPERATIONS[name];
  assert.ok(described, `the suite has an operation that this runner does not know: ${name}`);
  const values = described.names.map((each) => args[each]);
  if (name === 'runCommand' && transaction) values[1] = { session: transaction };
  if (name === 'runCommand' && !transaction) values.length = 1;
  const object = described.on === 'collection' ? c() : db;
  return described.result(await face.call(object, described.method, values));
}

/** A value as the suite compares it: its text, numbers as their values, whatever their types. */
function comparable(value) {
  return JSON.stringify(plain(JSON.parse(stringify(value))));
}

function plain(value) {
  if (typeof value === 'number') return { number: wholeOrDouble(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const keys = Object.keys(value);
  if (keys.length === 1 && /^\$number(Int|Long|Double)$/.test(keys[0])) {
    const text = String(Object.values(value)[0]);
    return { number: /^-?\d+$/.test(text) ? String(BigInt(text)) : wholeOrDouble(Number(text)) };
  }
  if (keys.length === 1 && keys[0] === '$numberDecimal') return { number: wholeOrDouble(Number(value.$numberDecimal)) };
  return Object.fromEntries(keys.map((key) => [key, plain(value[key])]));
}

const wholeOrDouble = (number) => (Number.isInteger(number) ? String(BigInt(number)) : String(number));

/** Whether a filter matches a document: a second database finds out. */
function matches(document, filter) {
  const db = openSync(':memory:');
  try {
    const c = db.collection('results');
    c.insertOneSync(document);
    return c.countDocumentsSync(filter) === 1;
  } finally {
    db.closeSync();
  }
}

function checkError(error, expected) {
  assert.match(error.name, /^IronBase/, error.stack);
  if (expected.status) assert.strictEqual(error.status, `IRONBASE_ERROR_${expected.status}`);
  if (expected.code !== undefined) assert.strictEqual(error.code, Number(expected.code));
  if (expected.codeName) assert.strictEqual(error.codeName, expected.codeName);
  if (expected.message) assert.ok(error.message.includes(expected.message), error.message);
  for (const label of expected.labels ?? []) assert.ok(error.hasErrorLabel(label), label);
  if (expected.details) {
    assert.ok(matches({ _id: 1, details: error.details }, expected.details), JSON.stringify(error.details));
  }
}

/** The operation with a signal that is aborted, whose reason it must reject with. */
async function checkCancelled(face, db, transactions, operation) {
  const signal = AbortSignal.abort();
  const args = { ...operation.arguments, options: { ...operation.arguments?.options, signal } };
  await assert.rejects(
    async () => carryOut(face, db, transactions, { ...operation, arguments: args }),
    (error) => error === signal.reason,
  );
}

async function checkOperation(face, db, transactions, operation) {
  if (operation.cancelled) return checkCancelled(face, db, transactions, operation);
  if (operation.error) {
    await assert.rejects(
      async () => carryOut(face, db, transactions, operation),
      (error) => checkError(error, operation.error) ?? true,
    );
    return;
  }
  const result = await carryOut(face, db, transactions, operation);
  if (operation.result !== undefined) assert.strictEqual(comparable(result), comparable(operation.result));
  if (operation.matches) assert.ok(matches({ _id: 1, result }, operation.matches), EJSON.stringify(result));
}

async function checkCase(face, wanted) {
  const db = await face.open(':memory:', wanted.open);
  const transactions = {};
  try {
    for (const [name, docs] of Object.entries(wanted.data ?? {})) {
      if (docs.length === 0) await db.createCollection(name);
      else await db.collection(name).insertMany(docs);
    }
    for (const [name, specs] of Object.entries(wanted.indexes ?? {})) await db.collection(name).createIndexes(specs);
    for (const [i, operation] of wanted.operations.entries()) {
      try {
        await checkOperation(face, db, transactions, operation);
      } catch (error) {
        error.message = `operation ${i}, ${operation.name}: ${error.message}`;
        throw error;
      }
    }
    for (const [name, docs] of Object.entries(wanted.outcome ?? {})) {
      const found = await db.collection(name).find().sort({ _id: 1 }).toArray();
      assert.strictEqual(comparable(found), comparable(docs));
    }
  } finally {
    for (const transaction of Object.values(transactions)) transaction.end();
    await db.close();
  }
}

for (const file of fs.readdirSync(DIRECTORY).filter((name) => name.endsWith('.json')).sort()) {
  // Not relaxed: a double with a whole value, or a small long, goes in as what it is.
  const suite = EJSON.parse(fs.readFileSync(path.join(DIRECTORY, file), 'utf8'), { relaxed: false });
  for (const [name, face] of Object.entries(FACES)) {
    for (const wanted of suite.tests) test(`${file}, ${name}: ${wanted.description}`, () => checkCase(face, wanted));
  }
}
