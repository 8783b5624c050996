import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the loop that it is compared with, that of step 03. */
export default [
  {
    title: 'What the kernel is asked',
    line: 'Who is ready, and then each thing by a system call of its own; now a list of what is to be done.',
    before: ['03/src/epoll.ts#epoll'],
    after: ['14/src/rings.ts#rings', '14/src/rings.ts#operations', '14/src/rings.ts#submit'],
  },
  {
    title: 'What the kernel says',
    line: 'That one may try; now what was done, and of which operation it is told by a number that is nobody else\'s.',
    after: ['14/src/rings.ts#flight', '14/src/rings.ts#complete'],
  },
  {
    title: 'What one turn does',
    line: 'It slept, and then worked; now it sleeps while the work is done, and what it wants next goes with the sleep.',
    before: ['03/src/loop.ts#turn'],
    after: ['14/src/loop.ts#turn'],
  },
  {
    title: 'Whose memory it is',
    line: 'A buffer was shown for the length of one call; now the kernel has it until it says that it is done.',
    before: ['03/src/connection.ts#read'],
    after: ['14/src/buffers.ts#buffers', '14/src/connection.ts#read'],
  },
  {
    title: 'In which order bytes leave',
    line: 'What was sent first left first; now the order is ours to keep, with one send at a time.',
    before: ['03/src/connection.ts#write', '03/src/connection.ts#turn'],
    after: ['14/src/connection.ts#write', '14/src/connection.ts#turn'],
  },
  {
    title: 'How a connection ends',
    line: 'A socket was closed, and that was all; now what is in flight is asked to end, and the socket is closed when it has.',
    after: ['14/src/connection.ts#end'],
  },
  {
    title: 'Who is let in, and how one gets in',
    line: 'A socket became ready and was asked how it went; now the answer is a number, and one question is enough for all who come.',
    before: ['03/src/server.ts#accept', '03/src/client.ts#connect'],
    after: ['14/src/server.ts#accept', '14/src/client.ts#connect'],
  },
] satisfies readonly Idea[]
