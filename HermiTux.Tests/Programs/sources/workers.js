const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const fs = require('fs'), path = require('path'), os = require('os'), zlib = require('zlib'), crypto = require('crypto');
if (!isMainThread) {
  const shared = new Int32Array(workerData.shared);
  for (let i = 0; i < 500; i++) Atomics.add(shared, 0, 1);
  Atomics.wait(shared, 1, 0);
  parentPort.postMessage(workerData.n * 2);
} else {
  (async () => {
    const shared = new SharedArrayBuffer(8), view = new Int32Array(shared);
    const workers = [1, 2, 3].map(n => new Worker(__filename, { workerData: { n, shared } }));
    const answers = workers.map(w => new Promise((resolve, reject) => { w.on('message', resolve); w.on('error', reject); }));
    while (Atomics.load(view, 0) < 1500) await new Promise(r => setTimeout(r, 2));
    Atomics.store(view, 1, 1); Atomics.notify(view, 1);
    console.log((await Promise.all(answers)).join(), view[0]);
    const file = path.join(os.tmpdir(), 'node-test-' + process.pid);
    await fs.promises.writeFile(file, 'written');
    console.log(await fs.promises.readFile(file, 'utf8'), fs.statSync(file).size);
    fs.unlinkSync(file);
    const packed = await new Promise((r, j) => zlib.gzip('x'.repeat(10000), (e, b) => e ? j(e) : r(b)));
    console.log(zlib.gunzipSync(packed).length);
    console.log(await new Promise(r => crypto.pbkdf2('a', 'b', 100, 16, 'sha256', (e, k) => r(k.toString('hex')))));
    let n = 0; for (let i = 0; i < 300000; i++) n = (n * 31 + i) % 1000003;
    console.log(n);
    const order = [];
    setImmediate(() => order.push('immediate')); process.nextTick(() => order.push('tick')); setTimeout(() => order.push('timeout'), 5);
    await new Promise(r => setTimeout(r, 20));
    console.log(order.join());
    process.on('SIGUSR2', () => { console.log('signal'); process.exit(3); });
    setInterval(() => {}, 1000);
    process.kill(process.pid, 'SIGUSR2');
  })();
}
