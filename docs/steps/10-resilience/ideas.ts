import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'What an error is',
    line: 'It was the end of the call; now it says what became of the request, and what the server is worth.',
    after: ['10/src/status.ts#status', '10/src/status.ts#fate'],
  },
  {
    title: 'How many tries a call has',
    line: 'It had one; now it has several, if that is safe, is paid for, and can be in time.',
    before: ['07/src/calling.ts#call-within'],
    after: [
      '10/src/backoff.ts#backoff',
      '10/src/budget.ts#budget',
      '10/src/tries.ts#tries',
      '10/src/tries.ts#pause',
      '10/src/retrying.ts#retrying',
      '10/src/latencies.ts#latencies',
      '10/src/hedged.ts#hedged',
      '10/src/hedged.ts#race',
    ],
  },
  {
    title: 'How long a connection lasts',
    line: 'When it had ended, so had all that used it; now there is another one, and calls go over that.',
    before: ['04/src/peer.ts#call'],
    after: [
      '10/src/reconnecting.ts#state',
      '10/src/reconnecting.ts#attempt',
      '10/src/reconnecting.ts#take',
      '10/src/reconnecting.ts#call',
      '10/src/reconnecting.ts#wait',
      '10/src/reconnecting.ts#observe',
      '10/src/reconnecting.ts#close',
    ],
  },
  {
    title: 'Who is asked',
    line: 'The one server was; now whichever of several is there, works, and has the least to do.',
    after: [
      '10/src/picking.ts#picker',
      '10/src/picking.ts#pickers',
      '10/src/outliers.ts#outliers',
      '10/src/balanced.ts#balanced',
      '10/src/resilient.ts#resilient',
      '10/src/steady.ts#steady',
    ],
  },
  {
    title: 'Who is not asked',
    line: 'A server that fails was asked again by everybody; now one call finds out for all whether it is back.',
    after: ['10/src/breaking.ts#breaker'],
  },
  {
    title: 'How often it is done',
    line: 'As often as it was asked for; now a call has a name, and what has the same name is done once.',
    after: [
      '10/src/keyed.ts#keyed',
      '10/src/idempotent.ts#idempotent',
      '10/src/idempotent.ts#answers',
      '10/src/idempotent.ts#lasting',
    ],
  },
  {
    title: 'How a server ends',
    line: 'It refused what was new, and left it to its clients to find somebody; now it says so in advance.',
    after: ['10/src/draining.ts#tell', '10/src/draining.ts#hear'],
  },
] satisfies readonly Idea[]
