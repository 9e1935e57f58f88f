'use strict';
/*
 * Documents to Extended JSON and back.
 *
 * V8's own JSON does the work. A document made of nothing but strings, finite numbers, booleans, nulls, arrays and
 * plain objects goes to JSON.stringify as it is; others are copied first, with what JSON cannot say put as
 * `{"$oid": ..}` and the like. A text without `$` is what JSON.parse makes of it; in others the `{"$oid": ..}`
 * are replaced where they are. The library writes longs beyond 2^53 - 1 as `{"$numberLong": ..}` (jsonMode
 * "javascript"), so that none is rounded.
 *
 * Types are those of MongoDB's driver: numbers for int32, double and longs that fit, Long beyond, Date, RegExp where
 * JavaScript has the pattern, Binary (UUID), undefined fields are written as null.
 */
const bson = require('bson');
const { IronBaseInvalidArgumentError } = require('./errors');

/** Deeper than any document that can be stored (100 levels): whoever gets here goes in a circle. */
const MAX_DEPTH = 256;
const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

/** The text of a document, array or value. */
function stringify(value) {
  return JSON.stringify(toJson(value, 0));
}

/** The value itself if JSON.stringify writes it as it should, else a copy that it does. */
function toJson(value, depth) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return numberToJson(value);
    case 'undefined':
      return null;
    case 'bigint':
      if (value < MIN_LONG || value > MAX_LONG) {
        throw new IronBaseInvalidArgumentError(`${value}n does not fit into 64 bits; use Decimal128 for larger numbers`);
      }
      return { $numberLong: value.toString() };
    case 'object':
      return value === null ? null : objectToJson(value, depth);
    default:
      throw new IronBaseInvalidArgumentError(`a ${typeof value} cannot be stored in a document`);
  }
}

function numberToJson(value) {
  if (Number.isInteger(value) ? Number.isSafeInteger(value) && !Object.is(value, -0) : Number.isFinite(value)) return value;
  return { $numberDouble: Object.is(value, -0) ? '-0.0' : String(value) };
}

function objectToJson(value, depth) {
  if (depth > MAX_DEPTH) {
    throw new IronBaseInvalidArgumentError('a document refers to itself, or nests deeper than the 100 levels that can be stored');
  }
  if (Array.isArray(value)) return arrayToJson(value, depth);
  if (value._bsontype !== undefined) return bsonToJson(value, depth);
  if (value instanceof Date) return dateToJson(value);
  if (value instanceof RegExp) return regexToJson(value);
  if (value instanceof Uint8Array) return bytesToJson(value);
  if (value instanceof Map) return copyOf(Object.fromEntries(value), depth, true);
  if (typeof value.toBSON === 'function') return toJson(value.toBSON(), depth + 1);
  return copyOf(value, depth, typeof value.toJSON === 'function');
}

function arrayToJson(array, depth) {
  let copy = null;
  for (let i = 0; i < array.length; i++) {
    const value = array[i];
    const kind = typeof value;
    const json = kind === 'function' || kind === 'symbol' ? null : toJson(value, depth + 1);
    if (copy !== null) copy.push(json);
    else if (json !== value) (copy = array.slice(0, i)).push(json);
  }
  return copy ?? array;
}

/** The object, or a copy of its fields if one of them must be said otherwise, or `mustCopy`. */
function copyOf(object, depth, mustCopy) {
  const keys = Object.keys(object);
  let copy = mustCopy ? {} : null;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const value = object[key];
    const kind = typeof value;
    const skipped = kind === 'function' || kind === 'symbol';
    const json = skipped ? undefined : toJson(value, depth + 1);
    if (copy === null) {
      if (json === value && !skipped) continue;
      copy = {};
      for (let k = 0; k < i; k++) set(copy, keys[k], object[keys[k]]);
    }
    if (!skipped) set(copy, key, json);
  }
  return copy ?? object;
}

/** Sets a field, also one named `__proto__`, which plain assignment would take for something else. */
function set(object, key, value) {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

function bsonToJson(value, depth) {
  if (typeof value.toExtendedJSON !== 'function') {
    throw new IronBaseInvalidArgumentError(`an object whose _bsontype is ${JSON.stringify(value._bsontype)} is none of bson's`);
  }
  const json = value.toExtendedJSON({ relaxed: false });
  // Code with a scope and DBRef hold values of their own.
  return value._bsontype === 'Code' || value._bsontype === 'DBRef' ? copyOf(json, depth, false) : json;
}

function dateToJson(date) {
  const ms = date.getTime();
  if (Number.isNaN(ms)) throw new IronBaseInvalidArgumentError('an invalid Date cannot be stored in a document');
  return { $date: { $numberLong: String(ms) } };
}

function regexToJson(regex) {
  const options = (regex.ignoreCase ? 'i' : '') + (regex.multiline ? 'm' : '') + (regex.dotAll ? 's' : '');
  // JavaScript writes `/` as `\/`, and no pattern as `(?:)`.
  const pattern = regex.source.replace(/\\(.)/gs, (escape, character) => (character === '/' ? '/' : escape));
  return { $regularExpression: { pattern: pattern === '(?:)' ? '' : pattern, options } };
}

function bytesToJson(bytes) {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return { $binary: { base64, subType: '00' } };
}

/** What a text of the library says. */
function parse(text) {
  const value = JSON.parse(text);
  return text.indexOf('$') < 0 ? value : revive(value);
}

/** Replaces what stands for a type of BSON, in place; returns what the value itself becomes. */
function revive(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const element = value[i];
      if (typeof element === 'object' && element !== null) value[i] = revive(element);
    }
    return value;
  }
  const keys = Object.keys(value);
  if (keys.length > 0 && keys[0].charCodeAt(0) === 36 /* $ */) {
    const type = TYPES[keys[0]];
    const revived = type && type(value, keys.length);
    if (revived !== undefined || keys[0] === '$undefined') return revived;
  }
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const field = value[key];
    if (typeof field === 'object' && field !== null) set(value, key, revive(field));
  }
  return value;
}

/* By its first key, what an object stands for; undefined: itself, as in `{"$date": "tomorrow", "x": 1}`. */
const TYPES = {
  __proto__: null,
  $oid: (v, n) => (n === 1 && typeof v.$oid === 'string' ? bson.ObjectId.createFromHexString(v.$oid) : undefined),
  $date: (v, n) => {
    if (n !== 1) return undefined;
    if (typeof v.$date === 'string') return new Date(v.$date);
    return v.$date?.$numberLong === undefined ? undefined : new Date(Number(v.$date.$numberLong));
  },
  $numberInt: (v, n) => (n === 1 ? Number(v.$numberInt) : undefined),
  $numberLong: (v, n) => (n === 1 ? longFrom(v.$numberLong) : undefined),
  $numberDouble: (v, n) => (n === 1 ? Number(v.$numberDouble) : undefined),
  $numberDecimal: (v, n) => (n === 1 ? bson.Decimal128.fromString(v.$numberDecimal) : undefined),
  $binary: (v, n) => (n === 1 && v.$binary?.base64 !== undefined ? binaryFrom(v.$binary) : undefined),
  $uuid: (v, n) => (n === 1 ? new bson.UUID(v.$uuid) : undefined),
  $regularExpression: (v, n) => (n === 1 && v.$regularExpression ? regexFrom(v.$regularExpression) : undefined),
  $timestamp: (v, n) => (n === 1 && v.$timestamp ? new bson.Timestamp(v.$timestamp) : undefined),
  $code: (v) => new bson.Code(v.$code, v.$scope && revive(v.$scope)),
  $symbol: (v, n) => (n === 1 ? new bson.BSONSymbol(v.$symbol) : undefined),
  $minKey: (v, n) => (n === 1 ? new bson.MinKey() : undefined),
  $maxKey: (v, n) => (n === 1 ? new bson.MaxKey() : undefined),
  $undefined: () => undefined,
  $dbPointer: (v, n) =>
    n === 1 && v.$dbPointer?.$id ? new bson.DBRef(v.$dbPointer.$ref, revive(v.$dbPointer.$id)) : undefined,
  $ref: (v) => {
    if (typeof v.$ref !== 'string' || v.$id === undefined) return undefined;
    const { $ref, $id, $db, ...fields } = v;
    return new bson.DBRef($ref, revive($id), $db, revive(fields));
  },
};

function longFrom(digits) {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : bson.Long.fromString(digits);
}

function binaryFrom({ base64, subType }) {
  const binary = new bson.Binary(Buffer.from(base64, 'base64'), parseInt(subType, 16));
  return binary.sub_type === bson.Binary.SUBTYPE_UUID && binary.length() === 16 ? binary.toUUID() : binary;
}

/** A RegExp if JavaScript means the same by it, else what bson has for all others. */
function regexFrom({ pattern, options }) {
  if (/^[ims]*$/.test(options)) {
    try {
      return new RegExp(pattern, options);
    } catch {
      // a pattern that JavaScript does not know
    }
  }
  return new bson.BSONRegExp(pattern, options);
}

module.exports = { parse, set, stringify };
