import { answer, listen } from '../../src/index.ts'
import { five } from './filters.ts'

const { host, port } = await listen(five(answer), { host: '127.0.0.1', port: 0 })
console.log(`listening on ${host}:${port}`)
