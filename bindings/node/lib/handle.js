'use strict';
/*
 * A handle of the library's: its address, and when it may be freed.
 *
 * Whoever uses it on any thread is counted, and a handle that was released is freed when the last of them is
 * through: no call ever meets freed memory, whatever is closed meanwhile. Handles whose owner was forgotten without
 * closing it are released when it is collected.
 */
const { FREE } = require('./ffi');
const { IronBaseClosedError } = require('./errors');

const forgotten = new FinalizationRegistry((handle) => handle.release());

class Handle {
  #free;
  #what;
  #uses = 0;
  #isReleased = false;

  /**
   * @param kind "db", "collection", "cursor" or "txn"
   * @param owner the object whose collection releases the handle
   * @param what the owner's name in messages
   */
  constructor(kind, address, owner, what) {
    this.address = address;
    this.#free = FREE[kind];
    this.#what = what;
    forgotten.register(owner, this, this);
  }

  get isReleased() {
    return this.#isReleased;
  }

  enter() {
    if (this.#isReleased) throw new IronBaseClosedError(`${this.#what} is closed`);
    this.#uses++;
  }

  leave() {
    this.#uses--;
    this.#freeIfUnused();
  }

  release() {
    if (this.#isReleased) return;
    this.#isReleased = true;
    forgotten.unregister(this);
    this.#freeIfUnused();
  }

  #freeIfUnused() {
    if (!this.#isReleased || this.#uses > 0 || this.address === 0) return;
    this.#free(this.address);
    this.address = 0;
  }
}

module.exports = { Handle };
