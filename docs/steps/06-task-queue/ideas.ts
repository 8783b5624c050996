import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'When a request is run',
    line: 'It was run when it was read; now it is run when a worker is free, and until then it waits.',
    before: ['04/src/service.ts#service'],
    after: ['06/src/queued.ts#places', '06/src/queued.ts#take', '06/src/queued.ts#wait'],
  },
  {
    title: 'What becomes of too much',
    line: 'Everything was taken on; now who would wait too long is told at once, and when to come back.',
    after: ['06/src/service-time.ts#service-time'],
  },
  {
    title: 'How many are worked on',
    line: 'The client chose how many were in flight; now the server has so many places, and gives each back once.',
    before: ['05/src/gather.ts#gather'],
    after: ['06/src/queued.ts#run', '06/src/queued.ts#move'],
  },
  {
    title: 'Who is next',
    line: 'It was whoever came first; now one can say: the first, the most urgent, or each connection in its turn.',
    after: ['06/src/line.ts#line', '06/src/fifo.ts#fifo', '06/src/priority.ts#priority', '06/src/fair.ts#fair'],
  },
  {
    title: 'Who computes',
    line: 'The one thread did, and all waited for it; now what is named goes to threads of a pool.',
    after: ['06/src/threads.ts#on-threads', '06/src/thread.ts#thread'],
  },
  {
    title: 'How a server ends',
    line: 'It closed its connections, whatever was under way; now it takes nothing on, finishes, and then closes.',
    after: ['06/src/queued.ts#drain'],
  },
  {
    title: 'What can be said of waiting',
    line: 'How long a request would wait was anybody\'s guess; now there is a formula, and the queue can be run in made-up time beside it.',
    after: ['06/src/erlang.ts#erlang', '06/src/simulate.ts#simulate'],
  },
] satisfies readonly Idea[]
