#!/usr/bin/env node
// undici: a Pool with as many connections as requests at a time, and dispatch(), the fastest of its calls.
// NODE_PATH says where it is installed.
'use strict';
const { Pool } = require('undici');

const defaults = { requests: 1000, concurrency: 1, repeat: 1, warmup: 100, 'body-size': 0, bufsize: 262144 };
const given = { mode: 'get', collect: false, ...defaults };
for (let i = 2; i < process.argv.length; ++i) {
  const name = process.argv[i].replace(/^--/, '');
  if (name === 'collect') given.collect = true;
  else given[name] = name in defaults ? Number(process.argv[++i]) : process.argv[++i];
}
const url = new URL(given.url);
const method = { post: 'POST', upload: 'PUT' }[given.mode] || 'GET';
const body = given.mode === 'post' ? Buffer.from('{"text":"' + 'j'.repeat(given['body-size'] - 11) + '"}')
  : given.mode === 'upload' ? Buffer.alloc(given['body-size'], 'u') : null;
const headers = body && { 'content-type': given.mode === 'post' ? 'application/json' : 'application/octet-stream' };
const gathers = given.mode !== 'download' || given.collect;

// What undici's own request() would do with a body that is gathered, without its streams.
class Handler {
  constructor(resolve, reject) {
    this.resolve = resolve;
    this.reject = reject;
    this.received = 0;
    this.pieces = [];
  }
  onConnect() {}
  onHeaders(status) {
    if (status !== 200) this.reject(new Error(`status ${status}`));
    return true;
  }
  onData(piece) {
    this.received += piece.length;
    if (gathers) this.pieces.push(piece);
    return true;
  }
  onComplete() {
    if (gathers) this.received = (this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces)).length;
    this.resolve(this.received);
  }
  onError(error) {
    this.reject(error);
  }
}

function client() {
  const pool = new Pool(url.origin, {
    connections: given.mode === 'idle' ? given.requests : given.concurrency, pipelining: 1,
    keepAliveTimeout: 300e3, keepAliveMaxTimeout: 600e3,
  });
  const one = () => new Promise((resolve, reject) =>
    pool.dispatch({ path: url.pathname, method, body, headers }, new Handler(resolve, reject)));
  return {
    async perform(requests, concurrency) {
      let left = requests;
      let total = 0;
      const lane = async () => {
        while (left > 0) {
          --left;
          const received = await one();
          total += received;
        }
      };
      await Promise.all(Array.from({ length: Math.min(requests, concurrency) }, lane));
      return total;
    },
    close: () => pool.destroy(),
  };
}

function sample() {
  const { user, system } = process.cpuUsage();
  return { wall: Number(process.hrtime.bigint()) * 1e-9, user: user * 1e-6, system: system * 1e-6 };
}

function report(requests, bytes, before, after, more) {
  const wall = after.wall - before.wall;
  const user = after.user - before.user;
  const system = after.system - before.system;
  console.log(JSON.stringify({
    peer: 'undici', mode: given.mode, requests, bytes, wall_s: wall, user_s: user, sys_s: system,
    cpu_us_per_req: (user + system) / requests * 1e6, rps: requests / wall,
    max_rss_kb: process.resourceUsage().maxRSS, ...more,
  }));
}

async function main() {
  if (given.mode === 'fresh') {
    const batch = async () => {
      const one = client();
      const received = await one.perform(given.concurrency, given.concurrency);
      await one.close();
      return received;
    };
    await batch();
    const batches = [];
    let bytes = 0;
    const before = sample();
    for (let i = 0; i < given.repeat; ++i) {
      const start = process.hrtime.bigint();
      bytes += await batch();
      batches.push(Number(process.hrtime.bigint() - start) * 1e-6);
    }
    const after = sample();
    const cpu = after.user - before.user + after.system - before.system;
    batches.sort((a, b) => a - b);
    report(given.repeat * given.concurrency, bytes, before, after,
      { batch_ms_med: batches[batches.length >> 1], batch_cpu_ms: cpu / given.repeat * 1e3 });
    return;
  }
  const one = client();
  if (given.mode === 'idle') await one.perform(10, 1);
  else if (given.warmup > 0) await one.perform(given.warmup, given.concurrency);
  if (given.mode === 'idle' && global.gc) global.gc();
  const resident = process.memoryUsage.rss();
  const before = sample();
  const concurrency = given.mode === 'idle' ? given.requests : given.concurrency;
  const bytes = await one.perform(given.requests, concurrency);
  const after = sample();
  if (given.mode === 'idle' && global.gc) global.gc();
  const more = given.mode === 'idle'
    ? { rss_per_conn_kb: (process.memoryUsage.rss() - resident) / 1024 / (given.requests - 1) } : {};
  report(given.requests, bytes, before, after, more);
  await one.close();
}

main().catch((error) => {
  console.error(`undici: ${error.message}`);
  process.exit(1);
});
