import { output, row } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { say, times, words } from '../../.vitepress/predict/say.ts'

const demo = output('09-demo', (text) => {
  const line = /^a stranger's certificate(.*)(?:-|yes)$/m.exec(text)![0]
  const [, handshake, known] = line.slice(26).trim().split(/\s+/).map((cell) => cell === 'yes')
  return { handshake: handshake!, known: known! }
})

const wiretap = output('09-wiretap', (text) => {
  const [, secure, plain] = /answer has (\d+) bytes with its header\. In step 08 it had (\d+)/.exec(text)!.map(Number)
  const [, read] = /and (\d+) times in step 09/.exec(text)!.map(Number)
  return { secure: secure!, plain: plain!, read: read! }
})

const cost = output('09-cost', (text) => ({
  call: row(text, 'by TLS, for everybody')[1]!,
  connection: row(text, 'by TLS, and both ends say who they are')[1]!,
  token: row(text, 'verified for the first time')[1]!,
}))

export default [
  question('09-stranger', demo, [/Each of them is stopped at another door/], ({ handshake, known }) => ({
    text: say`Somebody has founded an authority of their own, and has made a certificate for themselves with the name ada in it. How far do they get with it?`,
    options: [
      {
        text: say`They cannot connect`,
        holds: false,
        why: say`To connect is a matter of the kernel, which knows nothing of certificates. The server asks only afterwards.`,
      },
      {
        text: say`Not through the handshake: they cannot sign it`,
        holds: !handshake,
        why: say`They can: the private key to this certificate is their own. It is the certificate that nobody believes.`,
      },
      {
        text: say`Through the handshake, and no further`,
        holds: handshake && !known,
        why: say`All that is asked in it they can do, for the key is their own. Then the server looks at who has signed the certificate, and does not know them.`,
      },
      {
        text: say`They are ada`,
        holds: known,
        why: say`The name is the right one, but anybody can write a name. What counts is who has signed that it is theirs.`,
      },
    ],
  })),

  question('09-size', wiretap, [/tell `\/home` from `\/news` by their sizes/], ({ secure, plain, read }) => ({
    text: say`Somebody on the way records an encrypted call, and knows neither key. What can they tell of the answer?`,
    options: [
      {
        text: say`Nothing, not even how long it is`,
        holds: read === 0 && Math.abs(secure - plain) > plain,
        why: say`What is encrypted is not hidden. It has a beginning and an end, and these can be counted.`,
      },
      {
        text: say`Roughly how long it is`,
        holds: read === 0 && secure !== plain && Math.abs(secure - plain) <= plain,
        why: say`Nothing is added by chance. What TLS adds to a record is always the same, and can be taken off.`,
      },
      {
        text: say`How long it is, to the byte`,
        holds: read === 0 && secure === plain,
        why: say`The record is as long as what is in it, and always the same few bytes more. Take them off, and there are ${words(secure)} bytes, as many as in clear.`,
      },
      {
        text: say`Some of its words`,
        holds: read > 0,
        why: say`Whoever has no key sees bytes that are like random ones.`,
      },
    ],
  })),

  question('09-handshake', cost, [/What costs is to begin/], ({ call, connection }) => {
    const told = say`With TLS a call took ${times(call)} times as long, and a connection ${times(connection)} times.`
    return {
      text: say`The same work is done in clear and by TLS: once as calls on one connection, one after the other, and once as a new connection for each call. What does TLS make longer, and how much?`,
      options: [
        {
          text: say`The calls, since each is encrypted. To connect takes about as long as before`,
          holds: connection < call,
          why: say`To encrypt a short message is hardly any work. ${told}`,
        },
        {
          text: say`Both, about as much`,
          holds: connection >= call && connection < 2 * call,
          why: say`There is a handshake in one of them, with a signature at either end. ${told}`,
        },
        {
          text: say`Above all the connections`,
          holds: connection >= 2 * call,
          why: say`${told} In a handshake both ends make keys, sign, and check what the other one has signed. Afterwards there is only a key to be used.`,
        },
      ],
    }
  }),

  question('09-token', cost, [/dear when it is seen for the first time/], ({ token }) => {
    const told = say`It took ${times(token)} times as long as the next time.`
    return {
      text: say`A request carries a token. The server has to check the signature under it, and remembers that it was good. How much longer does the first time take than the next one?`,
      options: [
        {
          text: say`About as long: it has to be looked at each time`,
          holds: token < 3,
          why: say`It is looked at, but only to see that it is one of those. ${told}`,
        },
        {
          text: say`A few times as long`,
          holds: token >= 3 && token < 30,
          why: say`So it would be for a hash, which is quick. A signature is another matter. ${told}`,
        },
        {
          text: say`Very much longer`,
          holds: token >= 30,
          why: say`${told} To check a signature is arithmetic with very large numbers. To find a hash in a table is neither large nor arithmetic.`,
        },
      ],
    }
  }),
]
