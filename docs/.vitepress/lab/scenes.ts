import { besidePages } from '../beside.ts'
import type { Plan } from './plan.ts'
import type { Scenes } from './scene.ts'

const all = await besidePages<Scenes>('scenes')

/** Every trace that the site shows, `NUMBER-NAME`, and what is run for it. */
export const scenes: Readonly<Record<string, Plan>> = Object.fromEntries(
  all.flatMap(([{ number: step }, scenes]) =>
    Object.entries(scenes).map(([name, scene]): [string, Plan] => [`${step}-${name}`, { step, ...scene }]),
  ),
)
