'use strict';
/* The documents of the benchmarks in benches/, made from their `_id` alone: some 450 bytes of JSON each. */
const WORDS = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heath'];

function document(id) {
  const word = (n) => WORDS[(id * 7 + n * 13) % WORDS.length];
  return {
    _id: id,
    name: `${word(0)} ${word(1)} ${id}`,
    email: `user${id}@${word(2)}.example.com`,
    age: id % 90,
    score: (id % 1000) * 1.37,
    active: id % 3 === 0,
    joined: `2024-${String((id % 12) + 1).padStart(2, '0')}-15T08:30:00Z`,
    address: {
      street: `${id % 500} ${word(3)} street`,
      city: word(4),
      zip: String(10000 + (id % 90000)),
      geo: { lat: 40 + (id % 1000) / 100, lon: -70 - (id % 777) / 100 },
    },
    tags: [word(5), word(6), word(7)],
    about: `${word(1)} ${word(2)} ${word(3)} ${word(4)} ${word(5)} ${word(6)} and a little more about ${word(0)}`,
  };
}

module.exports = { document };
