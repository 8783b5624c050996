/** The pages that `fetch` knows, each with the milliseconds that it takes to come. */
export const pages: Readonly<Record<string, number>> = {
  '/home': 120,
  '/news': 300,
  '/mail': 200,
  '/maps': 250,
  '/feed': 160,
}
