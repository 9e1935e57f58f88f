'use strict';
/*
 * What can be asked of a collection and of a database, each operation once: the function of the library, the texts it
 * takes, and what becomes of its result. `addMethods` gives every one its two faces, `findOne` on a worker thread and
 * `findOneSync` on the caller's.
 *
 * An operation says: `function`, `texts`, `options` (null if the function has none), `decode`, and `failed` where
 * its error needs what only the caller knows.
 */
const { ObjectId } = require('bson');
const { FUNCTION } = require('./ffi');
const { set, stringify } = require('./ejson');
const { IronBaseInvalidArgumentError } = require('./errors');
const { array, document, documentText, documents, optionsText, pathText, shown, string, updateText, watchersOf } = require('./arguments');
const { Operation, nothing, number, run, runSync, value } = require('./call');

const acknowledged = (slots, slot) => ({ acknowledged: true, ...value(slots, slot) });

/** Of updates, with `upsertedId` always there, as MongoDB's driver has it. */
function updated(slots, slot) {
  const { upsertedId = null, ...counts } = value(slots, slot);
  return { acknowledged: true, ...counts, upsertedId };
}

/** Gives a document an `_id` if it has none, as MongoDB's driver does: in place, or in a copy of what is frozen. */
function withId(doc) {
  if (doc instanceof Map) {
    if (doc.get('_id') == null) doc.set('_id', new ObjectId());
    return doc;
  }
  if (doc._id !== undefined && doc._id !== null) return doc;
  if (!Object.isExtensible(doc)) return { _id: new ObjectId(), ...doc };
  doc._id = new ObjectId();
  return doc;
}

const idOf = (doc) => (doc instanceof Map ? doc.get('_id') : doc._id);

/** The `_id`s of the documents at some positions, by position. */
const idsAt = (docs, positions) => Object.fromEntries(positions.map((i) => [i, idOf(docs[i])]));

/** The positions of documents that were inserted although others were refused. */
function insertedDespite(docs, writeErrors, isOrdered) {
  const refused = new Set(writeErrors.map((error) => error.index));
  const end = isOrdered ? Math.min(...refused) : docs.length;
  return [...docs.keys()].slice(0, end).filter((i) => !refused.has(i));
}

/** Models of bulkWrite, with an `_id` in each document that is inserted. */
function withIds(models) {
  return documents('models', models).map((model, i) => {
    if (model.insertOne === undefined) return model;
    const { document: doc, ...rest } = document(`models[${i}].insertOne`, model.insertOne);
    return { insertOne: { ...rest, document: withId(document(`models[${i}].insertOne.document`, doc)) } };
  });
}

/** An index's keys as a document: they may be a name, `[name, direction]` pairs or a Map, too. */
function indexKeys(keys) {
  if (typeof keys === 'string') return { [keys]: 1 };
  if (!Array.isArray(keys)) return document('keys', keys);
  const key = {};
  for (const part of keys) {
    if (typeof part === 'string') set(key, part, 1);
    else if (Array.isArray(part) && typeof part[0] === 'string' && part.length === 2) set(key, part[0], part[1]);
    else throw new IronBaseInvalidArgumentError(`keys must hold names or [name, direction] pairs, found ${shown(part)}`);
  }
  return key;
}

/* Options of createIndexes itself; all others of createIndex belong to the index. */
const COMMAND_OPTIONS = ['session', 'signal', 'onProgress', 'maxTimeMS', 'comment', 'writeConcern', 'durability'];

function createIndexes(specs, options) {
  return {
    function: FUNCTION.collection_create_indexes,
    texts: [stringify(documents('indexes', specs))],
    options,
    decode: value,
  };
}

function createIndex(keys, options = {}) {
  const spec = { key: indexKeys(keys) };
  const rest = {};
  for (const [name, option] of Object.entries(document('options', options))) {
    if (option !== undefined) set(COMMAND_OPTIONS.includes(name) ? rest : spec, name, option);
  }
  return { ...createIndexes([spec], rest), decode: (slots, slot) => value(slots, slot)[0] };
}

const read = (name, decode) => (filter, options) => ({
  function: FUNCTION[name],
  texts: [filter === undefined ? null : documentText('filter', filter)],
  options,
  decode,
});

const change = (name, decode) => (filter, update, options) => ({
  function: FUNCTION[name],
  texts: [documentText('filter', filter), updateText(update)],
  options,
  decode,
});

const replace = (name, decode) => (filter, replacement, options) => ({
  function: FUNCTION[name],
  texts: [documentText('filter', filter), documentText('replacement', replacement)],
  options,
  decode,
});

const remove = (name, decode) => (filter, options) => ({
  function: FUNCTION[name],
  texts: [documentText('filter', filter)],
  options,
  decode,
});

const COLLECTION = {
  insertOne(doc, options) {
    const inserted = withId(document('document', doc));
    return {
      function: FUNCTION.collection_insert_one,
      texts: [stringify(inserted)],
      options,
      decode: () => ({ acknowledged: true, insertedId: idOf(inserted) }),
    };
  },

  insertMany(docs, options) {
    const inserted = documents('documents', docs).map(withId);
    return {
      function: FUNCTION.collection_insert_many,
      texts: [stringify(inserted)],
      options,
      decode: () => ({
        acknowledged: true,
        insertedCount: inserted.length,
        insertedIds: idsAt(inserted, [...inserted.keys()]),
      }),
      failed: (details) => {
        if (!details.writeErrors) return;
        const positions = insertedDespite(inserted, details.writeErrors, options?.ordered !== false);
        details.result = { ...details.result, insertedIds: idsAt(inserted, positions) };
      },
    };
  },

  findOne: read('collection_find_one', value),
  countDocuments: read('collection_count_documents', number),

  estimatedDocumentCount: (options) => ({
    function: FUNCTION.collection_estimated_document_count,
    texts: [],
    options,
    decode: number,
  }),

  distinct: (field, filter, options) => ({
    function: FUNCTION.collection_distinct,
    texts: [string('field', field), filter === undefined ? null : documentText('filter', filter)],
    options,
    decode: value,
  }),

  updateOne: change('collection_update_one', updated),
  updateMany: change('collection_update_many', updated),
  replaceOne: replace('collection_replace_one', updated),
  deleteOne: remove('collection_delete_one', acknowledged),
  deleteMany: remove('collection_delete_many', acknowledged),

  findOneAndUpdate: change('collection_find_one_and_update', value),
  findOneAndReplace: replace('collection_find_one_and_replace', value),
  findOneAndDelete: remove('collection_find_one_and_delete', value),

  bulkWrite: (models, options) => ({
    function: FUNCTION.collection_bulk_write,
    texts: [stringify(withIds(models))],
    options,
    decode: acknowledged,
  }),

  createIndex,
  createIndexes,
  dropIndex: (name) => ({
    function: FUNCTION.collection_drop_index,
    texts: [string('name', name)],
    options: null,
    decode: nothing,
  }),
  indexes: () => ({ function: FUNCTION.collection_list_indexes, texts: [], options: null, decode: value }),

  drop: () => ({ function: FUNCTION.collection_drop, texts: [], options: null, decode: () => true }),

  explain: (command, options) => ({
    function: FUNCTION.collection_explain,
    texts: [documentText('command', command)],
    options,
    decode: value,
  }),
};

/** The session, unless there are other options: those of a command are its fields. */
function only(session, others) {
  const [name] = Object.keys(others);
  if (name === undefined) return session;
  throw new IronBaseInvalidArgumentError(`command() has the option session only, found ${shown(name)}: options of a command are its fields`);
}

const DATABASE = {
  command: (command, { session = null, ...others } = {}) => ({
    function: FUNCTION.db_run_command,
    transaction: only(session, others),
    texts: [documentText('command', command)],
    options: null,
    decode: value,
  }),

  renameCollection: (from, to, options) => ({
    function: FUNCTION.db_rename_collection,
    texts: [string('from', from), string('to', to)],
    options,
    decode: nothing,
  }),

  dropCollection: (name) => ({
    function: FUNCTION.db_run_command,
    transaction: null,
    texts: [stringify({ drop: string('name', name) })],
    options: null,
    decode: (slots, slot) => value(slots, slot) !== null,
  }),

  checkpoint: () => ({ function: FUNCTION.db_checkpoint, texts: [], options: null, decode: nothing }),

  stats: (options) => ({ function: FUNCTION.db_stats, texts: [], options, decode: value }),

  compact: (options) => ({ function: FUNCTION.db_compact, texts: [], options, decode: value }),

  verify: (options) => ({ function: FUNCTION.db_verify, texts: [], options, decode: value }),

  backup: (destination, options) => ({
    function: FUNCTION.db_backup,
    texts: [pathText('destination', destination)],
    options,
    decode: value,
  }),
};

/**
 * Gives a class two methods for each operation, `name` and `nameSync`. `targetOf(object, options)` are the handle that the
 * operation is called with and the database's.
 */
function addMethods(prototype, operations, targetOf) {
  const callOf = (object, operation) => {
    const { options, transaction } = operation;
    const { handle, database } = targetOf(object, options);
    const watchers = watchersOf(options);
    let args = operation.texts;
    if (options !== null) args = [...args, optionsText(options, null)];
    const id = watchers && new Operation(database, watchers);
    if (id) args[args.length - 1] = optionsText(options, id);
    return {
      function: operation.function,
      handles: transaction === undefined ? [handle] : [handle, transaction && transaction.handle],
      args,
      decode: operation.decode,
      failed: operation.failed,
      operation: id ?? undefined,
    };
  };
  for (const [name, describe] of Object.entries(operations)) {
    const methods = {
      async [name](...args) {
        return run(callOf(this, describe(...args)));
      },
      [`${name}Sync`](...args) {
        return runSync(callOf(this, describe(...args)));
      },
    };
    for (const [method, value] of Object.entries(methods)) {
      Object.defineProperty(prototype, method, { value, writable: true, configurable: true });
    }
  }
}

module.exports = { COLLECTION, DATABASE, addMethods };
