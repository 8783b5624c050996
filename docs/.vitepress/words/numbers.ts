import roundClaims from '../../your-language/numbers.ts'
import { besidePages } from '../beside.ts'
import { textOf } from '../source.ts'
import { about, numberIn } from './claim.ts'
import type { Claim, Claims } from './claim.ts'
import { ofCosts } from './costs.ts'

const waits = async () => Object.values((await import('@rpc-steps/service/pages')).pages)
const sum = async () => (await import('@rpc-steps/cli/demo')).sumOfAll.ms
const longest = async () => (await import('@rpc-steps/cli/demo')).longest.ms
const wire = () => import('@rpc-steps/wire')
const limits = async () => (await import('@rpc-steps/session')).defaultLimits
const mebi = 1024 * 1024
const linesOf = async (least: boolean) => {
  const { filesUnder } = await import('../source.ts')
  const { steps } = await import('../course.ts')
  const lines = steps.map(({ folder }) =>
    filesUnder(`steps/${folder}/src`, '.ts', '.mjs')
      .map((file) => textOf(file).split('\n').length - 1)
      .reduce((a, b) => a + b),
  )
  return least ? Math.min(...lines) : Math.max(...lines)
}
const bytesOf = (text: string) => Buffer.byteLength(text)
const example = '{"jsonrpc":"2.0","id":1,"method":"say","params":{"text":"Hello, server!"}}'

/** A row of the table of codes on the page about the wire. */
const codeRow = (says: string, name: keyof Awaited<ReturnType<typeof wire>>['codes']): Claim => ({
  says: [says],
  from: '`shared/wire/src/errors.ts`, `codes`',
  is: async () => [(await wire()).codes[name]],
})
/** What the benchmark says of one of its workloads. */
const inWorkload = (name: string, what: string) => numberIn('test/bench/src/workloads.ts', new RegExp(`'${name}'.*${what}: (\\d+)`))
const told = [
  codeRow('| -32700 | Parse error |', 'parseError'),
  codeRow('| -32600 | Invalid Request |', 'invalidRequest'),
  codeRow('| -32601 | Method not found |', 'methodNotFound'),
  codeRow('| -32602 | Invalid params |', 'invalidParams'),
  codeRow('| -32603 | Internal error |', 'internalError'),
  codeRow('| -32014 | Closing |', 'unavailable'),
  codeRow('| -32029 | Too many requests |', 'resourceExhausted'),
  codeRow('| -32001 | Unauthenticated |', 'unauthenticated'),
  codeRow('| -32003 | Permission denied |', 'permissionDenied'),
  codeRow('| -32008 | Deadline exceeded |', 'deadlineExceeded'),
  codeRow('| -32800 | Request cancelled |', 'requestCancelled'),
]

const beside: Claims[] = [...(await besidePages<Claims>('numbers')).map(([, claims]) => claims), roundClaims]

/** Worked out from the source or from a recorded run, each time the tests run. */
export const computed: readonly Claim[] = [
  {
    says: ['times as fast as bare with 64 calls in flight'],
    from: '`test/bench/src/workloads.ts`',
    is: () => [inWorkload('in-flight', 'inFlight')],
  },
  {
    says: ['With 64 connections it is the same picture'],
    from: '`test/bench/src/workloads.ts`',
    is: () => [inWorkload('connections', 'connections')],
  },
  {
    says: [
      'takes 120 ms to come, the others 300, 200, 250 and 160',
      '120, 300, 200, 250 and 160 milliseconds',
      '`/home` | 120 | | `/news` | 300 | | `/mail` | 200 | | `/maps` | 250 | | `/feed` | 160',
    ],
    from: '`shared/service/src/pages.ts`',
    is: waits,
  },
  {
    says: ['120 + 300 + 200 + 250 + 160 = **1030 ms**'],
    from: '`shared/service/src/pages.ts`',
    is: async () => [...(await waits()), await sum()],
  },
  {
    says: ['1,030 milliseconds', '1,030 ms'],
    from: 'the sum of `shared/service/src/pages.ts`',
    is: async () => [await sum()],
  },
  {
    says: ['**300 ms**', '300 milliseconds'],
    from: 'the longest of `shared/service/src/pages.ts`',
    is: async () => [await longest()],
  },
  {
    says: ['550 ms'],
    from: 'two at a time: `atATime(2)` in `shared/cli/src/demo.ts`',
    is: async () => [(await import('@rpc-steps/cli/demo')).atATime(2).ms],
  },
  {
    says: ['a whole number up to 60000'],
    from: '`shared/service/src/service.ts`, `sleep`',
    is: () => [numberIn('shared/service/src/service.ts', /ms: whole\(0, ([\d_]+)\)/)],
  },
  {
    says: ['`rounds` up to ten million'],
    from: '`shared/service/src/service.ts`, `hash`',
    is: () => [numberIn('shared/service/src/service.ts', /rounds: whole\(1, ([\d_]+)\)/)],
  },
  {
    says: ['the error -32602'],
    from: '`shared/wire/src/errors.ts`, `codes`',
    is: async () => [(await wire()).codes.invalidParams],
  },
  ...told,
  codeRow('ends that request with -32600', 'invalidRequest'),
  {
    says: ['You send 74 bytes', 'exactly 74 bytes of JSON'],
    from: 'the example beside it, counted',
    is: () => [bytesOf(example)],
  },
  {
    says: ['may get 74 bytes, or 3, or 148'],
    from: 'the same example; a piece of it; two of it',
    is: () => [bytesOf(example), 3, 2 * bytesOf(example)],
  },
  {
    says: ['`\\r\\n` are two bytes'],
    from: 'counted',
    is: () => [bytesOf('\r\n')],
  },
  {
    says: ['one character and two bytes of UTF-8'],
    from: 'counted',
    is: () => [bytesOf('é')],
  },
  {
    says: ['At most 8 KiB of header and 4 MiB of body'],
    from: '`shared/wire/src/framer.ts`, `defaultLimits`',
    is: async () => {
      const { header, body } = (await wire()).defaultLimits
      return [header / 1024, body / 1024 ** 2]
    },
  },
  {
    says: ['At most 100 messages in a batch'],
    from: '`shared/wire/src/messages.ts`, `defaultMessageLimits`',
    is: async () => [(await wire()).defaultMessageLimits.batch],
  },
  {
    says: ['may be nested 100 levels deep'],
    from: '`shared/wire/src/messages.ts`, `defaultMessageLimits`',
    is: async () => [(await wire()).defaultMessageLimits.depth],
  },
  {
    says: ['ends with fifteen exchanges'],
    from: 'the cases of `test/conformance/cases/official.txt`',
    is: () => [textOf('test/conformance/cases/official.txt').match(/^case:/gm)!.length],
  },
  {
    says: ['about 210 more'],
    from: 'the other cases of `test/conformance/cases`',
    is: async () => {
      const { filesUnder } = await import('../source.ts')
      const others = filesUnder('test/conformance/cases', '.txt').filter(
        (file) => !file.endsWith('official.txt'),
      )
      const cases = others.map((file) => textOf(file).match(/^case:/gm)!.length)
      return [about(cases.reduce((a, b) => a + b), 10)]
    },
  },
  {
    says: ['about a hundred lines'],
    from: 'the lines of `src` in the shortest step',
    is: async () => [about(await linesOf(true), 100)],
  },
  {
    says: ['the longest nearly three thousand'],
    from: 'the lines of `src` in the longest step',
    is: async () => [Math.ceil((await linesOf(false)) / 1000) * 1000],
  },
  {
    says: ['Node 20.19, 22.13, 24 or newer'],
    from: '`package.json`, `engines`',
    is: () => [
      numberIn('package.json', /"node": "\^([\d.]+)/),
      numberIn('package.json', /"node": .* \^([\d.]+)/),
      numberIn('package.json', /"node": .* >=(\d+)"/),
    ],
  },
  {
    says: ['connect to port 8080', 'Port 8080 is what both take'],
    from: '`shared/cli/src/options.ts`, the default of `--port`',
    is: () => [numberIn('shared/cli/src/options.ts', /'the port', (\d+)/)],
  },
  {
    says: ['two time limits, of 30 seconds each'],
    from: '`shared/session/src/limits.ts`, `frameTimeout`; `sendTimeout` is the same',
    is: async () => [(await limits()).frameTimeout / 1000],
  },
  {
    says: ['16 KiB or its end in each 30 seconds'],
    from: '`stretch` in `shared/session/src/session.ts`; `frameTimeout` in `limits.ts`',
    is: async () => [
      numberIn('shared/session/src/session.ts', /stretch = ([\d* ]+)/) / 1024,
      (await limits()).frameTimeout / 1000,
    ],
  },
  {
    says: ['"Too many requests" (-32029)'],
    from: '`shared/wire/src/errors.ts`, `codes`',
    is: async () => [(await wire()).codes.resourceExhausted],
  },
  {
    says: ['told to go elsewhere (-32014)'],
    from: '`shared/wire/src/errors.ts`, `codes`',
    is: async () => [(await wire()).codes.unavailable],
  },
  {
    says: ['| 8 KiB, 4 MiB |'],
    from: '`shared/wire/src/framer.ts`, `defaultLimits`',
    is: async () => [(await limits()).header / 1024, (await limits()).body / mebi],
  },
  {
    says: ['| 100, 100 |'],
    from: '`shared/wire/src/messages.ts`, `defaultMessageLimits`',
    is: async () => [(await limits()).depth, (await limits()).batch],
  },
  {
    says: ['`highWater` | 64 KiB |'],
    from: '`shared/session/src/limits.ts`',
    is: async () => [(await limits()).highWater / 1024],
  },
  {
    says: ['`hardCap` | 16 MiB |'],
    from: '`shared/session/src/limits.ts`',
    is: async () => [(await limits()).hardCap / mebi],
  },
  {
    says: ['`windowSize` | 1,024, 1 Mi characters', '`parkedSize` | 1,024, 1 Mi characters'],
    from: '`shared/session/src/limits.ts`',
    is: async () => [(await limits()).window, (await limits()).windowSize / mebi],
  },
  {
    says: ['`frameTimeout` | 30 s | the next 16 KiB'],
    from: '`shared/session/src/limits.ts`; `stretch` in `session.ts`',
    is: async () => [
      (await limits()).frameTimeout / 1000,
      numberIn('shared/session/src/session.ts', /stretch = ([\d* ]+)/) / 1024,
    ],
  },
  {
    says: ['`sendTimeout` | 30 s |'],
    from: '`shared/session/src/limits.ts`',
    is: async () => [(await limits()).sendTimeout / 1000],
  },
  {
    says: ['`grace` | 5 s |'],
    from: '`shared/session/src/limits.ts`',
    is: async () => [(await limits()).grace / 1000],
  },
  {
    says: ['`linger` | 1 s |'],
    from: '`shared/session/src/limits.ts`',
    is: async () => [(await limits()).linger / 1000],
  },
  {
    says: ['A run is ended after 30 seconds'],
    from: '`docs/.vitepress/lab/lab.ts`, `limit`',
    is: () => [numberIn('docs/.vitepress/lab/lab.ts', /limit = ([\d_]+)/) / 1000],
  },
  {
    says: ['that takes 50 milliseconds is answered last'],
    from: '`test/conformance/cases/waiting.txt`, the shortest of the five',
    is: () => {
      const five = textOf('test/conformance/cases/waiting.txt').split(/^case: /m)[2]!
      return [Math.min(...[...five.matchAll(/"ms":(\d+)/g)].map(([, ms]) => Number(ms)))]
    },
  },
  {
    says: ['send it ten thousand calls at once'],
    from: '`test/conformance/cases/waiting.txt`, the flood',
    is: () => [numberIn('test/conformance/cases/waiting.txt', /^(\d+) x -->/m)],
  },
  {
    says: ['Three threads', 'of the three threads'],
    from: 'the link beside it',
    is: () => [numberIn('docs/model.md', /clients=4&threads=(\d)#/)],
  },
  {
    says: ['With two threads'],
    from: 'the setting of the total beside it',
    is: () => [numberIn('docs/model.md', /clients=4&threads=(\d)"/)],
  },
  {
    says: ['takes 100 milliseconds, as over an ocean'],
    from: 'the link below it',
    is: () => [numberIn('docs/model.md', /communication=(\d+)#/)],
  },
  {
    says: ['waits 50 milliseconds and then needs the processor for 20'],
    from: 'the link below it, and what the explorer begins with',
    is: () => [
      numberIn('docs/.vitepress/theme/model/setting.ts', /latency: (\d+)/),
      numberIn('docs/model.md', /request=(\d+)#/),
    ],
  },
  ...ofCosts,
  ...beside.flatMap(({ computed = [] }) => computed),
]

/** What others have written down. */
export const cited: readonly Claim[] = [
  {
    says: ['PowerShell 7 with npm 11'],
    from: 'what is typed reaches the program as it is: [npm 8278](https://github.com/npm/cli/pull/8278)',
  },
  {
    says: ['On 22.18 and later'],
    from: 'types are stripped without a flag: [Node 22.18.0](https://nodejs.org/en/blog/release/v22.18.0)',
  },
  {
    says: ['a pool of four threads'],
    from: "libuv's [thread pool](https://docs.libuv.org/en/v1.x/threadpool.html)",
  },
  {
    says: ['more than 64 KiB'],
    from: "`asyncio/transports.py` of Python; ours: `shared/session/src/limits.ts`",
    is: async () => [(await limits()).highWater / 1024],
  },
  {
    says: ['stops accepting for one second'],
    from: '`asyncio/constants.py` of Python, `ACCEPT_RETRY_DELAY`',
  },
  {
    says: ['reads 100 bytes'],
    from: '[Streams](https://docs.python.org/3/library/asyncio-stream.html#tcp-echo-server-using-streams) of Python',
  },
  {
    says: ['Python 3.11'],
    from: '[What is new in Python 3.11](https://docs.python.org/3/whatsnew/3.11.html#asyncio)',
  },
  {
    says: ['six connections'],
    from: '`net/socket/client_socket_pool_manager.cc` of Chromium',
  },
  ...beside.flatMap(({ cited = [] }) => cited),
]

/** Made up, so that a sentence has something to hold on to. They claim nothing. */
export const examples: readonly Claim[] = [
  {
    says: ['after the first of four hundred small questions'],
    from: 'an example; a test in `shared/session/test/session.test.ts` asks as many',
  },
  { says: ['carry sixty replies'], from: 'any number of them' },
  { says: ['the other fifty-nine'], from: 'the sixty, less the first' },
  { says: ['half a frame, or sixty'], from: 'any number of them' },
  {
    says: ['one byte where it could return a hundred, takes three bytes of forty'],
    from: 'a seed decides',
  },
  { says: ['We gave it three threads'], from: '`ThreadsPerChild 3`, for that run' },
  { says: ['ten calls where the server allows two'], from: 'as that run was set' },
  { says: ['Two threads serve two clients'], from: '`--threads 2`' },
  { says: ['announces 2 GB', 'announce two gigabytes'], from: 'anything over the limit' },
  { says: ['two hundred pictures'], from: 'a page with many' },
  { says: ['wait for a thousand', 'holds a thousand'], from: 'many' },
  ...beside.flatMap(({ examples = [] }) => examples),
]
