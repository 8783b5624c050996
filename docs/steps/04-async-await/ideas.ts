import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'Who waits',
    line: 'The function that asked was over before the answer came; now it is put aside, and goes on in the same line.',
    more: 'The client of step 03 is that of step 02 on another loop, so this is the call of both.',
    before: ['02/src/client.ts#call'],
    after: ['04/src/peer.ts#call'],
  },
  {
    title: 'How a function is put aside',
    line: 'A generator stops at `yield`, and a small driver resumes it when the promise is settled.',
    after: ['04/src/coroutine.ts#coroutine'],
  },
  {
    title: 'What a loop owes to those who wait',
    line: 'Our loop kept the thread for many turns; now it gives it back to Node after each one, and Node resumes the functions that wait.',
    before: ['03/src/loop.ts#run'],
    after: ['04/src/promises-on-loop.ts#run', '04/src/promises-on-loop.ts#promises'],
  },
  {
    title: 'Who may give up',
    line: 'Nobody could give up a call; now a signal ends the waiting, and leaves nothing behind.',
    after: ['04/src/signals.ts#signals'],
  },
  {
    title: 'Two ends, one class',
    line: 'There was a client that called and a server that answered; now each end is a peer, with one type of function to call and one to answer.',
    after: ['04/src/call.ts#types', '04/src/call.ts#context', '04/src/peer.ts#notify'],
  },
  {
    title: 'How the server waits',
    line: 'A handler was given a function to answer with, and another to wait with; now it returns a value, or the promise of one.',
    before: ['03/src/answer.ts#answer'],
    after: ['04/src/service.ts#service', '04/src/call.ts#methods'],
  },
  {
    title: 'Who is told when a handler throws',
    line: 'What was thrown at once and what was thrown later were caught in two places; a promise brings both to the same one.',
    before: ['02/src/handler.ts#handler'],
    after: ['04/src/peer.ts#handle'],
  },
  {
    title: 'Who holds back whom',
    line: '`call` returned false, and hoped that somebody would look; now a caller who awaits is slowed down without noticing.',
  },
  {
    title: 'Who may come in',
    line: 'A server made a connection of each socket that it accepted; now a peer needs a stream and no more, and somebody is asked before there is one.',
    before: ['03/src/server.ts#accept'],
    after: ['04/src/net.ts#connect', '04/src/net.ts#listen'],
  },
  {
    title: 'How we part',
    line: 'Closing set things in motion and called back some time; now it is a promise to await.',
    after: ['04/src/peer.ts#close'],
  },
  {
    title: 'What the editor knows',
    line: 'A method was a string and its result anything; now a call has the types of the service.',
    after: ['04/src/typed.ts#types', '04/src/typed.ts#client'],
  },
] satisfies readonly Idea[]
