/**
 * How far a real run may be from its simulation. A share of the total, for what every call costs
 * on another machine or another step; and milliseconds, for processes that start one after the
 * other or are made to wait while a machine is busy.
 */
export const tolerance = { share: 0.15, ms: 40 } as const

/** Whether a measured total is what was simulated. Both in milliseconds. */
export function agree(measured: number, simulated: number): boolean {
  return Math.abs(measured - simulated) <= tolerance.share * simulated + tolerance.ms
}
