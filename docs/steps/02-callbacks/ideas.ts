import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'Who waits',
    line: 'The thread slept inside `call` until the reply was there; now `call` returns at once, and the reply will find a function.',
    more: 'So there is no value to return and nobody to throw to. Both go to the callback.',
    before: ['01/src/client.ts#call'],
    after: ['02/src/client.ts#connect', '02/src/client.ts#call'],
  },
  {
    title: 'How an error travels',
    line: 'An exception went up the stack to the caller; now it is the first argument of a callback, and what the language did for us is a promise that we must keep.',
    after: ['02/src/callback.ts#callback'],
  },
  {
    title: 'How a reply finds its caller',
    line: 'There was one caller, and a reply with another id was passed over; now the id finds the callback in a table.',
    more: 'The table is in [the connection](../connection.md), which both steps drive. A lost connection was one exception in one call. Now everybody in the table must be told.',
  },
  {
    title: 'How several results come together',
    line: 'A `for` loop got them in order without effort; now there is a counter, and a place for each.',
    after: ['02/client.ts#join'],
  },
  {
    title: 'How the server waits',
    line: 'It slept; now it sets a timer, and leaves.',
    before: ['01/src/handler.ts#handler'],
    after: ['02/src/handler.ts#handler'],
  },
  {
    title: 'Who is let in',
    line: 'A client was served inside the loop that accepts, while the others stood at the door; now a connection is a few callbacks, and the door is free at once.',
    before: ['01/src/server.ts#serve'],
    after: ['02/src/server.ts#listen'],
  },
  {
    title: 'Who reads',
    line: 'We asked for bytes, and slept until there were some; now Node has read them, and calls us.',
    more: 'The time limit of a frame was a countdown before each `recv`. Now it is a timer.',
    before: ['01/src/connection.ts#turn', '01/src/stream.ts#limit', '01/src/connection.ts#lost'],
    after: ['02/src/connection.ts#drive', '02/src/connection.ts#onread'],
  },
  {
    title: 'How replies leave',
    line: 'Whatever slept had to flush first, or both ends slept for ever; now what is answered in one turn leaves together, at the end of the turn.',
    before: ['01/src/server.ts#one'],
  },
  {
    title: 'Who holds back whom',
    line: 'A peer that did not read put us to sleep in `send`; now we have to notice it ourselves, and stop reading from it.',
    before: ['01/src/stream.ts#send'],
  },
  {
    title: 'The system calls',
    line: 'Signals, short reads and the steps of connecting are gone from our code: Node does them, out of sight.',
    before: ['01/src/stream.ts#receive', '01/src/client.ts#connect'],
  },
  {
    title: 'Threads',
    line: 'More clients needed more threads; one is enough for all of them now.',
    before: ['01/src/threads.ts#threads'],
  },
] satisfies readonly Idea[]
