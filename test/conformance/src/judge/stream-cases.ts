import { notGivenUp } from './broken.ts'
import type { ClientCase, Known } from './cases.ts'
import { pages } from './pages.ts'
import type { Problem } from './shown.ts'

const page = pages.items
const down = ({ kind }: Known) => (kind.host.streams.flows.some((flow) => flow.call.meta['credit'] !== undefined && flow.items.length > 0) ? undefined : 'no answer of it comes in pieces: no request has meta.credit')
const common = { stage: 'streams', page } as const

export const streamCases: ClientCase[] = [
  {
    ...common,
    name: 'one item at a time',
    why: ['Who asks says with meta.credit for how many items there is room, and grants more as it reads.'],
    manner: () => ({ streaming: { together: 1 } }),
    cause: (broken, _, played) => played.host.streams.stuck() ?? `it does not read a stream to its end: ${broken.says}`,
    check: ({ host }) => notAsked(host.streams.flows.length),
  },
  {
    ...common,
    name: 'as many items at once as were granted',
    why: ['A message has as many items as the writer likes, within what was granted.'],
    skip: down,
    manner: () => ({ streaming: { together: 1_000_000 } }),
    cause: (_, __, played) => played.host.streams.stuck() ?? 'it takes one item of each message: there may be several',
  },
  {
    ...common,
    name: 'items of a stream that is none of its own',
    why: ['What comes for a request that is over, or never was, is passed over.'],
    skip: down,
    manner: () => ({ streaming: { stray: true } }),
    cause: 'it takes items of another stream for its own: their id says whose they are',
  },
  {
    ...common,
    name: 'an error in the middle',
    why: ['The reply is the end of a stream: null, or an error. What came before it stays.'],
    skip: down,
    manner: () => ({ streaming: { fails: { after: 2, code: -32055, message: 'The café is closed' } } }),
    cause: (broken) => (broken.how === 'hangs' ? 'it waits on when a stream ends with an error' : 'it prints the items, but does not say with which error they ended'),
  },
  {
    ...common,
    name: 'the connection ends in the middle',
    why: ['A stream without its reply has not come to its end.'],
    skip: down,
    manner: () => ({ streaming: { breaks: 2 } }),
    cause: 'the connection ends in the middle of a stream',
    check: (played) => notGivenUp(played, 'the connection ends in the middle of a stream'),
  },
]

function notAsked(flows: number): Problem | undefined {
  if (flows > 0) return undefined
  const cause = 'no request of it asks for a stream: call count or feed with meta.credit, or total with meta.stream'
  return { cause, page, expected: ['"meta":{"credit":N}'], came: { kind: 'nothing', on: 'A', says: 'neither meta.credit nor meta.stream came' } }
}
