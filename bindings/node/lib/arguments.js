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

/** Options without those that are ours (session, signal), with the id of the operation; null if none are left. */
function optionsText(options, operation) {
  if (options === undefined || options === null) return operation ? `{"opId":${operation.id}}` : null;
  const { session, signal, ...rest } = document('options', options);
  for (const key of Object.keys(rest)) if (rest[key] === undefined) delete rest[key];
  if (operation) rest.opId = Number(operation.id);
  return Object.keys(rest).length === 0 ? null : stringify(rest);
}

module.exports = { array, callback, document, documentText, documents, optionsText, shown, signalOf, string, updateText };
