import type { Idea } from '../../.vitepress/ideas.ts'

/** What a call over sockets is that the call of a function is not. */
export default [
  {
    title: 'What a call is',
    line: '`call` returns the value, as a function does; but on the way there bytes leave and bytes come, and the thread sleeps in between.',
    after: ['01/src/client.ts#connect', '01/src/client.ts#call'],
  },
  {
    title: 'What is passed',
    line: 'A function gets values; a server gets bytes, which may come in pieces or several messages at a time.',
    after: ['01/src/stream.ts#receive', '01/src/stream.ts#send'],
  },
  {
    title: 'How a result finds its caller',
    line: 'The stack knows where a function returns to; a reply needs an id, because it may come when its call has been given up.',
    after: ['01/src/connection.ts#turn'],
  },
  {
    title: 'How long it may take',
    line: 'A function that is called will run; a server may be gone, so a caller needs a limit to its waiting.',
    after: ['01/src/stream.ts#limit', '01/src/connection.ts#lost'],
  },
  {
    title: 'Who answers',
    line: 'A function is just there; a server must let callers in, serve them and see them out, while the others wait.',
    after: [
      '01/src/server.ts#serve',
      '01/src/server.ts#one',
      '01/src/handler.ts#handler',
      '01/src/threads.ts#threads',
    ],
  },
] satisfies readonly Idea[]
