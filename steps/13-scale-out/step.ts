import type { StepInfo } from '@rpc-steps/course'
import standards from '../12-standards/step.ts'

export default {
  title: 'Scale-out',
  waiting: 'waits for whoever is there',
  part: 'serving',
  adds: 'A queue with a name: who answers does not matter any more, and may change.',
  options: {
    ...standards.options,
    nats: { of: ['server', 'client'], hint: 'HOST:PORT', help: 'goes by the NATS server there, or by one of several', text: true },
    otlp: { of: ['server', 'client'], hint: 'URL', help: 'sends its spans to the OpenTelemetry collector there', text: true },
    spans: { of: ['server', 'client'], hint: 'FILE', help: 'writes its spans there, a line of JSON each', text: true },
    durable: { of: ['client'], help: 'has each call stored first, so that it survives whoever works on it', flag: true },
  },
  pieces: standards.pieces,
  makes: standards.makes,
  group: standards.group,
  bench: standards.bench,
} as const satisfies StepInfo
