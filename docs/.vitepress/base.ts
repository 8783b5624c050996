/**
 * The path that the site lives under, such as `/rpc-steps/`, from the environment variable BASE.
 *
 * @throws Error when it does not begin and end with a slash, as VitePress needs it.
 */
export function baseFrom(value: string | undefined): string {
  const base = value || '/'
  if (!/^\/(?:[^/].*\/)?$/.test(base)) {
    throw new Error(`BASE must begin and end with a slash, such as /rpc-steps/, but is ${base}`)
  }
  return base
}

/**
 * Scheme and host of the site, such as `https://example.org`, from the environment variable SITE.
 * Undefined when it is not given: then whatever needs absolute addresses is left out.
 *
 * @throws Error when it is anything else; the path belongs into BASE
 */
export function siteFrom(value: string | undefined): string | undefined {
  if (!value) return undefined
  if (!/^https?:\/\/[^/?#\s]+$/.test(value)) {
    throw new Error(`SITE must be scheme and host, such as https://example.org, but is ${value}`)
  }
  return value
}
