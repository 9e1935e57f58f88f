'use strict';
const bson = require('bson');
const { Collection } = require('./lib/collection');
const { FindCursor } = require('./lib/cursor');
const { Db, open, openSync } = require('./lib/db');
const errors = require('./lib/errors');
const { libraryVersion } = require('./lib/ffi');
const { setThreads } = require('./lib/pool');

exports.open = open;
exports.openSync = openSync;
exports.setThreads = setThreads;
exports.libraryVersion = libraryVersion;
exports.Db = Db;
exports.Collection = Collection;
exports.FindCursor = FindCursor;

exports.IronBaseError = errors.IronBaseError;
exports.IronBaseServerError = errors.IronBaseServerError;
exports.IronBaseBulkWriteError = errors.IronBaseBulkWriteError;
exports.IronBaseInvalidArgumentError = errors.IronBaseInvalidArgumentError;
exports.IronBaseClosedError = errors.IronBaseClosedError;
exports.IronBaseRuntimeError = errors.IronBaseRuntimeError;

exports.BSONRegExp = bson.BSONRegExp;
exports.BSONSymbol = bson.BSONSymbol;
exports.Binary = bson.Binary;
exports.Code = bson.Code;
exports.DBRef = bson.DBRef;
exports.Decimal128 = bson.Decimal128;
exports.Double = bson.Double;
exports.EJSON = bson.EJSON;
exports.Int32 = bson.Int32;
exports.Long = bson.Long;
exports.MaxKey = bson.MaxKey;
exports.MinKey = bson.MinKey;
exports.ObjectId = bson.ObjectId;
exports.Timestamp = bson.Timestamp;
exports.UUID = bson.UUID;
