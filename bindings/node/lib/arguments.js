'use strict';
/*
 * Arguments as they come from callers, checked and made into the texts that the library takes.
 */
const { inspect } = require('node:util');
const { stringify } = require('./ejson');
const { IronBaseInvalidArgumentError } = require('./errors');

const shown = (value) => inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 40 });

function isDocument(value) {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof RegExp) &&
    !ArrayBuffer.isView(value) &&
    (value._bsontype === undefined || value._bsontype === 'DBRef')
  );
}

function document(name, value) {
  if (!isDocument(value)) throw new IronBaseInvalidArgumentError(`${name} must be a document, found ${shown(value)}`);
  return value;
}

const documentText = (name, value) => stringify(document(name, value));

function array(name, value) {
  if (!Array.isArray(value)) throw new IronBaseInvalidArgumentError(`${name} must be an array, found ${shown(value)}`);
  return value;
}

function documents(name, values) {
  array(name, values).forEach((value, i) => document(`${name}[${i}]`, value));
  return values;
}

/** An update: a document of operators, or the stages of a pipeline. */
const updateText = (value) => (Array.isArray(value) ? stringify(documents('update', value)) : documentText('update', value));

function string(name, value) {
  if (typeof value !== 'string') throw new IronBaseInvalidArgumentError(`${name} must be a string, found ${shown(value)}`);
  if (!value.isWellFormed()) {
    throw new IronBaseInvalidArgumentError(`${name} has half of a surrogate pair: ${JSON.stringify(value)}`);
  }
  return value;
}

function callback(name, value) {
  if (typeof value !== 'function') throw new IronBaseInvalidArgumentError(`${name} must be a function, found ${shown(value)}`);
  return value;
}

function signalOf(options) {
  const signal = options?.signal;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new IronBaseInvalidArgumentError(`signal must be an AbortSignal, found ${shown(signal)}`);
  }
  return signal;
}

/** The signal and the progress function of a call; null if there is neither. */
function watchersOf(options) {
  const signal = signalOf(options);
  const onProgress = options?.onProgress;
  if (onProgress !== undefined) callback('onProgress', onProgress);
  return signal === undefined && onProgress === undefined ? null : { signal, onProgress };
}

/** Options without those that are ours (session, signal, onProgress), with the id of the operation; null if none are left. */
function optionsText(options, operation) {
  if (options === undefined || options === null) return operation?.id ? `{"opId":${operation.id}}` : null;
  const { session, signal, onProgress, ...rest } = document('options', options);
  for (const key of Object.keys(rest)) if (rest[key] === undefined) delete rest[key];
  if (operation?.id) rest.opId = Number(operation.id);
  return Object.keys(rest).length === 0 ? null : stringify(rest);
}

/** A path, which must not be cut off at a NUL. */
function pathText(name, value) {
  if (string(name, value).includes('\0')) throw new IronBaseInvalidArgumentError(`${name} has a NUL character: ${shown(value)}`);
  return value;
}

module.exports = {
  array,
  callback,
  document,
  documentText,
  documents,
  optionsText,
  pathText,
  shown,
  signalOf,
  string,
  updateText,
  watchersOf,
};
