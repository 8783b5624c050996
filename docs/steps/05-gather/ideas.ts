import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'When the next call is made',
    line: 'It was made when the one before had its answer; now all are made before the first is awaited.',
    before: ['05/src/fetches.ts#in-sequence'],
    after: ['05/src/fetches.ts#all'],
  },
  {
    title: 'What becomes of the others when one fails',
    line: 'In the loop there were no others; now they are in flight, and you either want each outcome or must end the rest.',
    after: ['05/src/fetches.ts#settled', '05/src/gather.ts#gather-settled'],
  },
  {
    title: 'How many are in flight',
    line: 'It was always one; now it is as many as there are workers that draw from the same list.',
    after: ['05/src/gather.ts#gather'],
  },
  {
    title: 'The server',
    line: 'Nothing changed: it is the client that waits for many things at once.',
  },
] satisfies readonly Idea[]
