import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'How long a call may take',
    line: 'It took as long as it took; now it has a deadline, and what is left of that travels with it.',
    after: ['07/src/deadline.ts#deadline', '07/src/deadlined.ts#deadlined', '07/src/calling.ts#call-within'],
  },
  {
    title: 'Who is told of the end',
    line: 'Only the caller knew that it had given up; now it says so, and the other end can stop.',
    after: ['07/src/calling.ts#ending', '07/src/cancels.ts#cancels', '07/src/deadline.ts#errors'],
  },
  {
    title: 'What becomes of a request that nobody waits for',
    line: 'It was served all the same; now it is not begun if it is over, leaves the queue, or hears that it must end.',
    before: ['06/src/queued.ts#wait'],
    after: ['07/src/answering.ts#handle-within', '07/src/answering.ts#in-time', '07/src/requests.ts#requests', '07/src/recent.ts#recent'],
  },
  {
    title: 'What a handler passes on',
    line: 'Nothing, unless it did so by hand; now its calls inherit its deadline and its end.',
    after: ['07/src/scope.ts#scope', '07/src/relay.ts#relaying'],
  },
] satisfies readonly Idea[]
