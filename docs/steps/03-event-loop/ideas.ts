import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'Who calls back',
    line: "It was Node's loop, which we never saw; now it is ours, and here is one turn of it.",
    after: ['03/src/loop.ts#turn'],
  },
  {
    title: 'Where the thread sleeps',
    line: 'Nowhere in our code did a thread sleep; now it sleeps in one place, and there are several ways to ask what is ready.',
    after: [
      '03/src/selector.ts#interest',
      '03/src/spin.ts#spin',
      '03/src/poll.ts#poll',
      '03/src/epoll.ts#epoll',
    ],
  },
  {
    title: 'How the server waits, and who catches',
    line: 'Each callback of a handler needed a `try` of its own; now the timer is ours, and the one who calls back also catches.',
    before: ['02/src/handler.ts#handler'],
    after: ['03/src/answer.ts#answer'],
  },
  {
    title: 'How bytes leave',
    line: 'Node kept what the kernel did not take; now we keep it, and ask to be told when there is room.',
    before: ['02/src/connection.ts#drive'],
    after: ['03/src/connection.ts#write', '03/src/connection.ts#turn', '03/src/connection.ts#read'],
  },
  {
    title: 'Who is let in',
    line: 'Node accepted each client and told us; now we accept, and must know what to do when the file descriptors run out.',
    before: ['02/src/server.ts#listen'],
    after: ['03/src/server.ts#accept'],
  },
  {
    title: 'How a connection begins',
    line: 'Node told us when it was there; now the socket becomes writable, and we have to ask how it went.',
    after: ['03/src/client.ts#connect'],
  },
  {
    title: 'Whose thread it is',
    line: "Node's loop ran, and our callbacks were its guests; now ours runs, and Node stands still.",
    after: ['03/src/loop.ts#run'],
  },
] satisfies readonly Idea[]
