import { withoutContract } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'
import streaming from '../08-streaming/step.ts'

const { credit } = streaming.options

/** In the lab: a server that knows its callers, and what a client shows it. */
const server = '--certificates certificates --policy steps/09-security/policy.json'
const client = '--certificates certificates'

export default {
  title: 'Security',
  waiting: 'waits for who it knows',
  part: 'serving',
  adds: 'Names: nothing is done for somebody before it is known who that is.',
  options: {
    ...streaming.options,
    // More streams than one caller may have are refused.
    credit: { ...credit, lab: { ...credit.lab, fails: true } },
    certificates: { of: ['server', 'client'], hint: 'FOLDER', help: 'speaks TLS 1.3, with what is in this folder', text: true },
    policy: { of: ['server'], hint: 'FILE', help: 'who may call what: JSON; needs --certificates', text: true },
    watch: { of: ['server'], help: 'takes up new certificates when the folder changes', flag: true },
    connections: { of: ['server'], hint: 'N', help: 'connections in all', default: 10_000, least: 1, most: 1_000_000 },
    'per-address': { of: ['server'], hint: 'N', help: 'connections of one address', default: 4000, least: 1, most: 1_000_000 },
    strangers: { of: ['server'], hint: 'N', help: 'connections whose owner is not known yet', default: 64, least: 1, most: 1_000_000 },
    handshake: { of: ['server'], hint: 'MS', help: 'time for them to say who they are', default: 5000, least: 1, most: 600_000 },
    'in-flight': { of: ['server'], hint: 'N', help: 'requests of one connection', default: 1024, least: 1, most: 1_000_000 },
    'in-flight-size': { of: ['server'], hint: 'N', help: 'characters of them', default: 8_388_608, least: 1, most: 1_000_000_000 },
    streams: { of: ['server'], hint: 'N', help: 'streams of one caller; without it, half as many as workers', least: 1, most: 1_000_000 },
    batch: { of: ['server'], hint: 'N', help: 'requests in a batch', default: 100, least: 1, most: 1_000_000 },
    as: { of: ['client'], hint: 'NAME', help: 'shows the certificate of this name', text: true },
    who: {
      of: [],
      help: 'who calls',
      choices: ['ada', 'bob', 'nobody'],
      stands: {
        ada: { server, client: `${client} --as ada` },
        bob: { server, client: `${client} --as bob` },
        nobody: { server, client },
      },
      lab: { label: 'Who calls', without: 'anybody', says: 'over TLS, as #', fails: true },
    },
    token: { of: ['client'], hint: 'FILE', help: 'says by the token in this file who it is; needs --certificates', text: true },
  },
  pieces: streaming.pieces,
  makes: 'certificates',
  // Whoever knows no TLS is led through it, with the certificate of somebody who may call everything.
  server: { mustFail: withoutContract },
  ways: [{
    args: 'tunnel', isProgram: true, mustFail: withoutContract,
    skip: { 'security: who has not said who they are is refused': 'the tunnel says it' },
  }],
  bench: {
    cannot: streaming.bench.cannot,
    bars: [{ workload: 'in-flight', atLeast: 0.2, against: '04-async-await' }],
  },
} as const satisfies StepInfo
