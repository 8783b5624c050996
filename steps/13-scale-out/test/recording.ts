import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { exporting } from '../src/index.ts'

// Records spans by the hundred thousand, for a collector that takes none; says by how many MiB the heap has grown.
const { tracer, close } = exporting('recording', { otlp: process.argv[2] })!
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const used = () => {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}
const before = used()
for (let n = 0; n < 300; n++) {
  for (let i = 0; i < 1_000; i++) tracer.startSpan('x').end()
  await new Promise((resolve) => setImmediate(resolve))
}
await close()
console.log(JSON.stringify({ grown: used() - before }))
