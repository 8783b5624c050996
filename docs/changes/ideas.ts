/** One thing that a step does in another way than the step before it. */
export interface Idea {
  title: string
  /** One sentence, for the chapter and for the page. Markdown. */
  line: string
  /** What the page says besides. */
  more?: string
  /** Regions of earlier code and of this step's, such as `02/src/client.ts#call`. */
  before?: readonly string[]
  after?: readonly string[]
}

/**
 * What each step changes, by its number. Every region of a step's `src` stands with one of its
 * ideas. Step 01 has nothing before it: it is compared with the call of a function.
 */
export const ideas: Readonly<Record<string, readonly Idea[]>> = {
  '01': [
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
  ],

  '02': [
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
  ],

  '03': [
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
  ],

  '04': [
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
  ],

  '05': [
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
  ],
}
