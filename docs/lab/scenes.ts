import { steps } from '../.vitepress/course.ts'
import type { Plan } from './plan.ts'

/** Every trace that the site shows: `docs/traces/NAME.json`, and what is run for it. */
export const scenes: Readonly<Record<string, Plan>> = {
  ...Object.fromEntries(
    steps.flatMap(({ number: step }): [string, Plan][] => [
      [`${step}-five-fetches`, { step, clients: 1, calls: 5, latency: 'pages' }],
      [`${step}-five-clients`, { step, clients: 5, calls: 1, latency: 'pages' }],
    ]),
  ),
  '01-one-call': { step: '01', clients: 1, calls: 1, latency: 300 },
  '01-five-clients-threads': { step: '01', clients: 5, calls: 1, latency: 'pages', threads: 5 },
  '05-five-fetches-two': { step: '05', clients: 1, calls: 5, latency: 'pages', limit: 2 },
}
